/* test_step.c - steps: tasks on the nodes of a job, asked for inside it */

#include "agent/part.h"
#include "agent/step.h"
#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ENDED WIRE__PART_EVENT__PART_EVENT_ENDED

static const char machine[] = "synthetic:package:2 numa:1 core:4 pu:1";

/* The batch script runs for ever; a step for as many seconds as its first argument, with the
 * second as exit code. */
static struct simulated_plan as_asked(void *owner, const struct task_start *start)
{
    struct simulated_plan plan = {.run_us = INT64_MAX};

    (void)owner;
    if (start->key.step == 0)
        return plan;
    plan.fails = strcmp(start->arguments[0], "fail") == 0;
    if (start->arguments[1])
        plan.run_us = strtoll(start->arguments[1], NULL, 10) * SECOND;
    if (start->arguments[1] && start->arguments[2])
        plan.exit_code = (uint32_t)strtoul(start->arguments[2], NULL, 10);
    return plan;
}

/* Job 17 on `nodes` nodes with 4 cores each; it runs. */
static struct scene *job_scene(size_t nodes)
{
    struct scene *scene = scene_new(nodes, machine, as_asked, NULL);

    scene_launch(scene, 17, nodes, 4);
    scene_run(scene, SECOND);
    scene_start(scene, 17, nodes, 4);
    scene_run(scene, SECOND);
    return scene;
}

/* What the job reads from the file that TEQUIO_CREDENTIAL names; zeros when it is gone. */
static void find_credential(const struct scene *scene, size_t node, uint8_t credential[16])
{
    const struct task_key part = scene_key(17, (uint32_t)node, 0);

    memset(credential, 0, 16);
    runtime_simulated_credential(scene->nodes[node].simulated, &part, credential);
}

struct step_ask {
    const char *nodes;
    uint32_t tasks, per_node, cpus;
    bool whole_part;
    bool keep_on_failure;
    char *words[4];
};

static void ask_start(struct scene *scene, size_t node, uint8_t number, const struct step_ask *ask)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepStart start = WIRE__STEP_START__INIT;
    uint8_t key[16] = {number}, credential[16];

    find_credential(scene, node, credential);
    start.key = (ProtobufCBinaryData){.len = sizeof(key), .data = key};
    start.credential = (ProtobufCBinaryData){.len = sizeof(credential), .data = credential};
    start.job = 17;
    start.nodes = (char *)ask->nodes;
    start.tasks = ask->tasks;
    start.tasks_per_node = ask->per_node;
    start.cpus_per_task = ask->cpus;
    start.whole_part = ask->whole_part;
    start.keep_on_failure = ask->keep_on_failure;
    start.arguments = (char **)ask->words;
    while (start.n_arguments < COUNT_OF(ask->words) && ask->words[start.n_arguments])
        start.n_arguments++;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    envelope.step_start = &start;
    scene_ask(scene, node, &envelope);
    scene_run(scene, SECOND / 2);
}

static void ask_wait(struct scene *scene, size_t node, uint64_t step, int64_t wait_us)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepWait wait = WIRE__STEP_WAIT__INIT;
    uint8_t credential[16];

    find_credential(scene, node, credential);
    wait.job = 17;
    wait.step = step;
    wait.credential = (ProtobufCBinaryData){.len = sizeof(credential), .data = credential};
    wait.wait_us = wait_us;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_WAIT;
    envelope.step_wait = &wait;
    scene_ask(scene, node, &envelope);
}

static void ask_signal(struct scene *scene, size_t node, uint64_t step, uint32_t signal)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepSignal ask = WIRE__STEP_SIGNAL__INIT;
    uint8_t credential[16];

    find_credential(scene, node, credential);
    ask.job = 17;
    ask.step = step;
    ask.credential = (ProtobufCBinaryData){.len = sizeof(credential), .data = credential};
    ask.signal = signal;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_SIGNAL;
    envelope.step_signal = &ask;
    scene_ask(scene, node, &envelope);
    scene_run(scene, SECOND / 2);
}

static const Wire__StepStarted *started(const struct scene *scene)
{
    const Wire__Envelope *answer = scene_answer(scene, WIRE__ENVELOPE__BODY_STEP_STARTED);

    return answer ? answer->step_started : NULL;
}

static const Wire__StepEnded *ended(const struct scene *scene)
{
    const Wire__Envelope *answer = scene_answer(scene, WIRE__ENVELOPE__BODY_STEP_ENDED);

    return answer ? answer->step_ended : NULL;
}

static const char *failure(const struct scene *scene)
{
    const Wire__Envelope *answer = scene_answer(scene, WIRE__ENVELOPE__BODY_FAILURE);

    return answer ? answer->failure->text : "";
}

/* --- what goes where ------------------------------------------------------------------------- */

/* Of a job with 3 nodes of 4 cores and 4 tasks each. */
static const struct {
    struct step_ask ask;
    const char *layout; /* part:tasks+first …; or a piece of the reason why not */
} layouts[] = {
    {{.nodes = ""},                                   "0:4+0 1:4+4 2:4+8"},
    {{.nodes = "", .tasks = 12},                      "0:4+0 1:4+4 2:4+8"},
    {{.nodes = "", .tasks = 3},                       "0:1+0 1:1+1 2:1+2"},
    {{.nodes = "", .tasks = 2},                       "0:1+0 1:1+1"      },
    {{.nodes = "", .tasks = 5},                       "0:2+0 1:2+2 2:1+4"},
    {{.nodes = "n1"},                                 "1:4+0"            },
    {{.nodes = "n[1-2]", .tasks = 3},                 "1:2+0 2:1+2"      },
    {{.nodes = "", .per_node = 1},                    "0:1+0 1:1+1 2:1+2"},
    {{.nodes = "", .per_node = 2, .tasks = 4},        "0:2+0 1:1+2 2:1+3"},
    {{.nodes = "", .cpus = 2},                        "0:2+0 1:2+2 2:2+4"},
    {{.nodes = "", .cpus = 4, .tasks = 1},            "0:1+0"            },
    {{.nodes = "n2", .tasks = 1, .whole_part = true}, "2:1+0"            },
    {{.nodes = "n2", .tasks = 9, .whole_part = true}, "2:9+0"            },
    {{.nodes = "", .whole_part = true},               "0:1+0 1:1+1 2:1+2"},
    {{.nodes = "", .tasks = 13},                      "room for 12"      },
    {{.nodes = "", .cpus = 5},                        "room for 0"       },
    {{.nodes = "n9"},                                 "0 of them are the"},
    {{.nodes = "n1,n9"},                              "1 of them are the"},
    {{.nodes = "n[1-"},                               "nodes of the step"},
    {{.nodes = "", .tasks = 4000000},                 "at most 65536"    },
};

static void print_layout(const struct step *step, struct buffer *text)
{
    for (size_t i = 0; i < step->count; i++)
        buffer_print(text, "%s%" PRIu32 ":%" PRIu32 "+%" PRIu32, i > 0 ? " " : "",
                     step->parts[i].part, step->parts[i].tasks, step->parts[i].first_task);
}

static void test_layouts(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(3, machine, as_asked, NULL);
    CLEANUP(part_freep) struct part *part = NULL;
    const struct task_key key = scene_key(17, 0, 0);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    Wire__PartLaunch launch;
    struct error err;

    part = part_new(&key);
    scene_fill_launch(scene, &launch, 17, 3, 0, 4);
    envelope.body_case = WIRE__ENVELOPE__BODY_PART_LAUNCH;
    envelope.part_launch = &launch;
    buffer_init(&bytes);
    message_encode(&envelope, &bytes);
    part->launch = message_decode((const uint8_t *)bytes.bytes, bytes.length, &err);
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        const struct step_ask *ask = &layouts[i].ask;
        Wire__StepStart start = WIRE__STEP_START__INIT;
        CLEANUP(step_freep) struct step *step = NULL;
        CLEANUP(buffer_clear) struct buffer text = {0};

        start.nodes = (char *)ask->nodes;
        start.tasks = ask->tasks;
        start.tasks_per_node = ask->per_node;
        start.cpus_per_task = ask->cpus;
        start.whole_part = ask->whole_part;
        step = step_new(part, 1, &start, 1000, &err);
        buffer_init(&text);
        if (step)
            print_layout(step, &text);
        else
            buffer_add_text(&text, err.text);
        if (!strstr(text.bytes, layouts[i].layout))
            printf("# layout %zu: %s\n", i, text.bytes);
        CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, layouts[i].layout));
    }
}

/* --- the course ------------------------------------------------------------------------------ */

static void test_step_on_two_nodes(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {
        .nodes = "", .words = {(char *)"sleep", (char *)"10"}
    };
    const struct task_key here = scene_key(17, 0, 1), there = scene_key(17, 1, 1);

    ask_start(scene, 0, 1, &ask);
    CU_ASSERT_PTR_NOT_NULL_FATAL(started(scene));
    CU_ASSERT_EQUAL(started(scene)->step, 1);
    CU_ASSERT_EQUAL(started(scene)->n_parts, 2);
    CU_ASSERT_STRING_EQUAL(started(scene)->parts[1]->node, "n1");
    CU_ASSERT_STRING_EQUAL(runtime_simulated_arguments(scene->nodes[1].simulated, &there),
                           "sleep 10");
    CU_ASSERT_STRING_EQUAL(
        runtime_simulated_variable(scene->nodes[1].simulated, &there, "SLURM_NTASKS"), "8");
    CU_ASSERT_STRING_EQUAL(
        runtime_simulated_variable(scene->nodes[1].simulated, &there, "SLURM_NODEID"), "1");
    CU_ASSERT_PTR_NOT_NULL(runtime_simulated_task_cpus(scene->nodes[0].simulated, &here, 3));
    ask_wait(scene, 0, 1, 3 * SECOND);
    scene_run(scene, 4 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ended(scene));
    CU_ASSERT(ended(scene)->timeout);
    ask_wait(scene, 0, 1, 30 * SECOND);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_FALSE(ended(scene)->timeout);
    CU_ASSERT_EQUAL(ended(scene)->exit_code, 0);
    CU_ASSERT_EQUAL(ended(scene)->n_part_codes, 2);

    /* and both nodes forget it */
    scene_run(scene, 120 * SECOND);
    CU_ASSERT_PTR_NULL(runtime_simulated_arguments(scene->nodes[1].simulated, &there));
    CU_ASSERT_PTR_NULL(runtime_simulated_arguments(scene->nodes[0].simulated, &here));
}

/* Who exits with 137 was not killed; the low byte is alike, as for a shell. */
static void test_a_signal_is_told_from_a_code(void)
{
    const struct task_end exits = {.exit_code = 137}, killed = {.exit_signal = 9};

    CU_ASSERT_EQUAL(task_end_code(&exits), 137);
    CU_ASSERT_EQUAL(task_end_code(&killed), 9 << 8 | 137);
}

static void test_failure_ends_the_others(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {
        .nodes = "", .words = {(char *)"sleep", (char *)"1000"}
    };
    const struct task_key there = scene_key(17, 1, 1);

    ask_start(scene, 0, 1, &ask);
    runtime_simulated_end(scene->nodes[1].simulated, &there, 5, 0);
    ask_wait(scene, 0, 1, 30 * SECOND);
    scene_run(scene, 30 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ended(scene));
    CU_ASSERT_FALSE(ended(scene)->timeout);
    CU_ASSERT_EQUAL(ended(scene)->exit_code, 5); /* not of those whom it has ended */
    CU_ASSERT_EQUAL(ended(scene)->part_codes[1], 5);
}

static void test_failure_is_kept_when_asked_so(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {
        .nodes = "", .keep_on_failure = true, .words = {(char *)"sleep", (char *)"20"}
    };
    const struct task_key there = scene_key(17, 1, 1);

    ask_start(scene, 0, 1, &ask);
    runtime_simulated_end(scene->nodes[1].simulated, &there, 5, 0);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_live(scene->nodes[0].simulated), 2);
    scene_run(scene, 20 * SECOND);
    ask_wait(scene, 0, 1, SECOND);
    scene_run(scene, 2 * SECOND);
    CU_ASSERT_EQUAL(ended(scene)->exit_code, 5);
}

static void test_what_cannot_start_there_is_told_here(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {.nodes = "n1", .words = {(char *)"fail"}};

    ask_start(scene, 0, 1, &ask);
    CU_ASSERT_PTR_NULL(started(scene));
    CU_ASSERT_STRING_EQUAL(failure(scene), "n1: the directory is not there");
    runtime_simulated_refuse(scene->nodes[0].simulated, 0, 1);
    ask_start(scene, 0, 2, &(struct step_ask){.nodes = "n0", .words = {(char *)"true"}});
    CU_ASSERT_STRING_EQUAL(failure(scene), "no process can be made");
}

static void test_same_key_is_the_same_step(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {
        .nodes = "", .words = {(char *)"sleep", (char *)"10"}
    };

    for (int i = 0; i < 3; i++)
        ask_start(scene, 0, 1, &ask);
    CU_ASSERT_EQUAL(started(scene)->step, 1);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[1].simulated), 1);
    ask_start(scene, 0, 2, &ask);
    CU_ASSERT_EQUAL(started(scene)->step, 2);
    ask_start(scene, 1, 1, &ask); /* asked for on the other node: another step */
    CU_ASSERT_EQUAL(started(scene)->step, (UINT64_C(1) << 32) + 1);
}

static void test_signals_reach_all_nodes(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {
        .nodes = "", .words = {(char *)"sleep", (char *)"1000"}
    };
    const struct task_key here = scene_key(17, 0, 1), there = scene_key(17, 1, 1);

    ask_start(scene, 0, 1, &ask);
    ask_signal(scene, 0, 1, 10);
    CU_ASSERT_EQUAL(runtime_simulated_last_signal(scene->nodes[0].simulated, &here), 10);
    CU_ASSERT_EQUAL(runtime_simulated_last_signal(scene->nodes[1].simulated, &there), 10);
    ask_signal(scene, 0, 1, 0);
    ask_wait(scene, 0, 1, SECOND);
    scene_run(scene, 5 * SECOND);
    CU_ASSERT_FALSE(ended(scene)->timeout);
    ask_signal(scene, 0, 1, 99);
    CU_ASSERT_STRING_EQUAL(failure(scene), "99 is no signal");
}

static void test_credential_is_needed(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(1);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepStart start = WIRE__STEP_START__INIT;
    char *words[] = {(char *)"true"};
    uint8_t key[16] = {1}, credential[17] = {0};

    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    envelope.step_start = &start;
    start.key = (ProtobufCBinaryData){.len = sizeof(key), .data = key};
    start.job = 17;
    start.nodes = (char *)"";
    start.n_arguments = 1;
    start.arguments = words;
    for (size_t size = 0; size <= sizeof(credential); size++) {
        start.credential = (ProtobufCBinaryData){.len = size, .data = credential};
        scene_ask(scene, 0, &envelope);
        scene_run(scene, SECOND);
        CU_ASSERT_PTR_NOT_NULL(strstr(failure(scene), "no job 17 with this credential"));
    }
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 1);
}

static void test_end_of_the_job_ends_its_steps(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {
        .nodes = "", .words = {(char *)"sleep", (char *)"1000"}
    };
    const struct task_key script = scene_key(17, 0, 0);

    ask_start(scene, 0, 1, &ask);
    ask_wait(scene, 0, 1, 60 * SECOND);
    runtime_simulated_end(scene->nodes[0].simulated, &script, 0, 0);
    scene_run(scene, 5 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->exit_code, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure(scene), "has ended"));
    scene_part_stop(scene, 1, 17, 1, 0);
    scene_run(scene, 5 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 1, ENDED), 1);
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(runtime_simulated_live(scene->nodes[i].simulated), 0);
        CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[i].agent), 8);
    }
}

static void test_step_survives_both_agents(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {
        .nodes = "", .words = {(char *)"sleep", (char *)"30"}
    };

    ask_start(scene, 0, 1, &ask);
    scene_stop_agent(scene, 1);
    scene_start_agent(scene, 1);
    scene_stop_agent(scene, 0);
    scene_run(scene, 40 * SECOND);
    scene_start_agent(scene, 0);
    scene_run(scene, 40 * SECOND);
    ask_wait(scene, 0, 1, SECOND);
    scene_run(scene, 2 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ended(scene));
    CU_ASSERT_FALSE(ended(scene)->timeout);
    CU_ASSERT_EQUAL(ended(scene)->exit_code, 0);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[1].simulated), 1);
}

static void test_silent_asker_ends_its_step(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(2);
    const struct step_ask ask = {
        .nodes = "", .words = {(char *)"sleep", (char *)"9999"}
    };

    ask_start(scene, 0, 1, &ask);
    scene_run(scene, 240 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_live(scene->nodes[1].simulated), 1);
    ask_wait(scene, 0, 1, SECOND);
    scene_run(scene, 240 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_live(scene->nodes[1].simulated), 1);
    scene_run(scene, 120 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_live(scene->nodes[1].simulated), 0);
}

static bool has_ended(struct scene *scene, uint64_t step)
{
    ask_wait(scene, 0, step, 0);
    scene_run(scene, 1);
    return !ended(scene)->timeout && ended(scene)->exit_code == 3;
}

/* Messages between the nodes are lost and doubled: each step starts once, and has ended soon
 * after the network is good again. */
static void test_lossy_network(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene(3);
    const struct step_ask ask = {
        .nodes = "", .keep_on_failure = true, .words = {(char *)"sleep", (char *)"5", (char *)"3"}
    };
    enum { STEPS = 12 };
    bool is_done[STEPS + 1] = {false};
    int done = 0;

    scene->lose_percent = 30;
    scene->double_percent = 30;
    for (int i = 1; i <= STEPS; i++)
        ask_start(scene, 0, (uint8_t)i, &ask);
    for (int second = 0; done < STEPS && second < 120; second++) {
        if (second == 40)
            scene->lose_percent = scene->double_percent = 0;
        for (uint64_t step = 1; step <= STEPS; step++)
            done += !is_done[step] && (is_done[step] = has_ended(scene, step));
        scene_run(scene, SECOND);
    }
    CU_ASSERT_EQUAL(done, STEPS);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[i].simulated),
                        (size_t)STEPS + (i == 0 ? 1 : 0));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"layouts",                              test_layouts                             },
        {"a step on two nodes",                  test_step_on_two_nodes                   },
        {"a signal is told from a code",         test_a_signal_is_told_from_a_code        },
        {"a failure ends the others",            test_failure_ends_the_others             },
        {"a failure is kept when asked so",      test_failure_is_kept_when_asked_so       },
        {"what cannot start there is told here", test_what_cannot_start_there_is_told_here},
        {"the same key is the same step",        test_same_key_is_the_same_step           },
        {"signals reach all nodes",              test_signals_reach_all_nodes             },
        {"the credential is needed",             test_credential_is_needed                },
        {"the end of the job ends its steps",    test_end_of_the_job_ends_its_steps       },
        {"a step survives both agents",          test_step_survives_both_agents           },
        {"a silent asker ends its step",         test_silent_asker_ends_its_step          },
        {"a lossy network",                      test_lossy_network                       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("step", tests);
}
