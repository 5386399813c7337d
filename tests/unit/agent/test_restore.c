/* test_restore.c - an agent that starts again: journal and node brought to agree */

#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#include <string.h>

#define READY   WIRE__PART_EVENT__PART_EVENT_READY
#define STARTED WIRE__PART_EVENT__PART_EVENT_STARTED
#define ENDED   WIRE__PART_EVENT__PART_EVENT_ENDED
#define REFUSED WIRE__PART_EVENT__PART_EVENT_REFUSED

static const char machine[] = "synthetic:package:2 numa:1 core:4 pu:1";

static struct simulated_plan run_a_minute(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.run_us = 60 * SECOND, .exit_code = 3};
}

static void restart(struct scene *scene)
{
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
}

/* A job that runs, on the first four cores. */
static struct scene *running_scene(void)
{
    struct scene *scene = scene_new(1, machine, run_a_minute, NULL);

    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
    return scene;
}

static void test_running_job_goes_on(void)
{
    CLEANUP(scene_freep) struct scene *scene = running_scene();

    for (int i = 0; i < 3; i++) {
        restart(scene);
        scene_run(scene, 5 * SECOND);
        CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 4);
    }
    scene_run(scene, 60 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 1);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->exit_code, 3);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

static void test_end_while_the_agent_was_away(void)
{
    CLEANUP(scene_freep) struct scene *scene = running_scene();

    scene_stop_agent(scene, 0);
    scene_run(scene, 600 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 0);
    scene_start_agent(scene, 0);
    scene_run(scene, 5 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, ENDED));
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->cause, WIRE__END_CAUSE__END_CAUSE_EXIT);
}

static void test_reports_survive(void)
{
    CLEANUP(scene_freep) struct scene *scene = running_scene();
    uint64_t number;

    scene->acknowledge = false;
    scene_run(scene, 70 * SECOND);
    number = scene_report(scene, 17, 0, ENDED)->sequence;
    restart(scene);
    scene->acknowledge = true;
    scene_run(scene, 30 * SECOND);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->sequence, number);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->incarnation.data[1], 2);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 0);
    scene_launch(scene, 18, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT(scene_report(scene, 18, 0, READY)->sequence > number);
}

static bool used_a_second(void *state, const struct task_key *part, struct series *ret_series)
{
    (void)state;
    series_init(ret_series, (int64_t)part->job * SECOND);
    series_add(ret_series, &(struct series_step){.cpu_us = SECOND / 4, .memory_bytes = 4096});
    return true;
}

/* With the part its file has gone: what is sent is what the journal has. */
static void test_what_was_used_survives(void)
{
    static const char used[] = "17000000 250000 250000;250000 4096 0 0";
    CLEANUP(scene_freep) struct scene *scene = running_scene();

    scene->nodes[0].runtime.measured = used_a_second;
    scene->acknowledge = false;
    scene_run(scene, 70 * SECOND);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, ENDED)->samples, used);
    CU_ASSERT_EQUAL(runtime_simulated_parts(scene->nodes[0].simulated), 0);
    scene_stop_agent(scene, 0);
    scene->nodes[0].runtime.measured = NULL;
    scene_start_agent(scene, 0);
    scene->acknowledge = true;
    scene_run(scene, 30 * SECOND);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->incarnation.data[1], 2);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, ENDED)->samples, used);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, STARTED)->samples, "");
}

static void test_vanished_shepherd_is_told(void)
{
    CLEANUP(scene_freep) struct scene *scene = running_scene();
    const struct task_key key = scene_key(17, 0, 0);

    scene_stop_agent(scene, 0);
    runtime_simulated_lose(scene->nodes[0].simulated, &key);
    scene_start_agent(scene, 0);
    scene_run(scene, 5 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, ENDED));
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->cause, WIRE__END_CAUSE__END_CAUSE_UNKNOWN);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

static void test_reboot_is_told(void)
{
    CLEANUP(scene_freep) struct scene *scene = running_scene();
    struct scene_node *node = &scene->nodes[0];

    scene_launch(scene, 18, 1, 2);
    scene_run(scene, SECOND);
    scene_stop_agent(scene, 0);
    runtime_simulated_reboot(node->simulated);
    snprintf(node->boot_id, sizeof(node->boot_id), "second-boot");
    scene_start_agent(scene, 0);
    scene_run(scene, 5 * SECOND);
    for (uint64_t job = 17; job <= 18; job++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, job, 0, ENDED));
        CU_ASSERT_EQUAL(scene_report(scene, job, 0, ENDED)->cause,
                        WIRE__END_CAUSE__END_CAUSE_REBOOT);
    }
    CU_ASSERT_EQUAL(agent_cores_left(node->agent), 8);
}

static void test_ready_part_is_still_ready(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_a_minute, NULL);

    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    restart(scene);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 4);
    scene_start(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
}

/* A job whose launch is in the journal, and waits for a launcher, when the agent is killed. */
static struct scene *waiting_scene(void)
{
    struct scene *scene = scene_new(1, machine, run_a_minute, NULL);

    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    runtime_simulated_leave(scene->nodes[0].simulated, true);
    scene_start(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene_stop_agent(scene, 0);
    runtime_simulated_leave(scene->nodes[0].simulated, false);
    return scene;
}

static void test_nothing_starts_on_the_journals_word(void)
{
    CLEANUP(scene_freep) struct scene *scene = waiting_scene();

    scene->mute_inventory = true;
    scene_start_agent(scene, 0);
    scene_run(scene, 3 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 0);
    scene->mute_inventory = false;
    scene_run(scene, 30 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 1);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
}

/* The scheduler had heard that it could not start, and what the journal said of that is lost. */
static void test_what_is_over_does_not_start(void)
{
    static const struct {
        Wire__Verdict verdict;
        uint32_t cores_left; /* what nobody knows is kept */
    } cases[] = {
        {WIRE__VERDICT__VERDICT_FORGET,  8},
        {WIRE__VERDICT__VERDICT_STOP,    8},
        {WIRE__VERDICT__VERDICT_UNKNOWN, 4},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(scene_freep) struct scene *scene = waiting_scene();

        scene->verdict = cases[i].verdict;
        scene_start_agent(scene, 0);
        scene_run(scene, 60 * SECOND);
        CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 0);
        CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), cases[i].cores_left);
    }
}

static void test_stop_goes_on(void)
{
    CLEANUP(scene_freep) struct scene *scene = running_scene();

    scene->nodes[0].cut = true;
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene->nodes[0].cut = false;
    scene->verdict = WIRE__VERDICT__VERDICT_STOP;
    scene_run(scene, 2 * SECOND);
    restart(scene);
    scene_run(scene, 2 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, ENDED));
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->cause, WIRE__END_CAUSE__END_CAUSE_STOPPED);
}

/* What the job asks for on its own node. */
static void ask_for_a_step(struct scene *scene)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepStart start = WIRE__STEP_START__INIT;
    const struct task_key part = scene_key(17, 0, 0);
    char *words[] = {(char *)"sleep"};
    uint8_t key[16] = {1}, credential[16] = {0};

    CU_ASSERT(runtime_simulated_credential(scene->nodes[0].simulated, &part, credential));
    start.key = (ProtobufCBinaryData){.len = sizeof(key), .data = key};
    start.credential = (ProtobufCBinaryData){.len = sizeof(credential), .data = credential};
    start.job = 17;
    start.nodes = (char *)"";
    start.arguments = words;
    start.n_arguments = 1;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    envelope.step_start = &start;
    scene_ask(scene, 0, &envelope);
}

/* The agent is killed when the launcher has its request, and nobody has told it of the start. */
static void test_start_of_a_step_is_told(void)
{
    CLEANUP(scene_freep) struct scene *scene = running_scene();
    int64_t next_us;
    struct error err;

    ask_for_a_step(scene);
    CU_ASSERT(agent_turn(scene->nodes[0].agent, &next_us, &err));
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 2);
    restart(scene);
    CU_ASSERT_PTR_NULL(scene_answer(scene, WIRE__ENVELOPE__BODY_STEP_STARTED));
    ask_for_a_step(scene); /* as who had no answer does */
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL(scene_answer(scene, WIRE__ENVELOPE__BODY_STEP_STARTED));
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 2);
}

/* A copy of before is put back: it knows the job by its launch, and hears all that came of it. */
static void test_restored_database_takes_over(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_a_minute, NULL);

    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 4);
    scene_start(scene, 18, 1, 4);
    scene_run(scene, SECOND);
    scene->acknowledge = false;
    scene_run(scene, 70 * SECOND); /* they end, and nobody hears it */
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 2);
    memset(scene->lineage, 0x66, sizeof(scene->lineage));
    scene->epoch = 1;
    scene->knows = 17;
    scene->acknowledge = true;
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene_run(scene, 20 * SECOND);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->exit_code, 3);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 1); /* 18's, for its own */
    scene_stop_unknown(scene, 0, 18);
    scene_run(scene, 20 * SECOND);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 0);
}

/* What was told and heard is told to it again where it asks; what it stops ends. */
static void test_restored_database_asks_again(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, NULL, NULL);

    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 4);
    scene_start(scene, 18, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
    memset(scene->lineage, 0x66, sizeof(scene->lineage));
    scene->knows = 17;
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 2);
    scene_stop_agent(scene, 0); /* whose it is now is in the journal */
    scene_start_agent(scene, 0);
    scene->knows = 0;
    scene_run(scene, SECOND);
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_part_stop(scene, 0, 18, 0, 0);
    scene_run(scene, 60 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 1);
    scene_stop_unknown(scene, 0, 18);
    scene_run(scene, 60 * SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 0);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

/* Whenever it is killed, whatever is lost: each job starts at most once, ends, and gives
 * its cores back. */
static void test_killed_again_and_again(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_a_minute, NULL);
    struct test_random random = test_random_from_seed(scene->random.seed + 1);
    uint64_t job = 100;

    scene->lose_percent = 10;
    scene->double_percent = 10;
    for (int round = 0; round < 120; round++) {
        if (test_random_chance(&random, 40))
            scene_launch(scene, ++job, 1, 1 + test_random_below(&random, 4));
        if (job > 100 && test_random_chance(&random, 60))
            scene_start(scene, job - test_random_below(&random, 2), 1, 2);
        if (test_random_chance(&random, 20))
            scene_part_stop(scene, 0, job, 0, 0);
        if (test_random_chance(&random, 30))
            restart(scene);
        scene_run(scene, test_random_between(&random, 1, 10 * SECOND));
    }
    scene->lose_percent = 0;
    for (uint64_t each = 101; each <= job; each++)
        scene_part_stop(scene, 0, each, 0, 0);
    scene_run(scene, 300 * SECOND);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 0);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 0);
    CU_ASSERT_EQUAL(runtime_simulated_parts(scene->nodes[0].simulated), 0);
    CU_ASSERT(runtime_simulated_starts(scene->nodes[0].simulated) <= job - 100);
    for (uint64_t each = 101; each <= job; each++)
        CU_ASSERT((scene_report(scene, each, 0, READY) == NULL) ||
                  (scene_report(scene, each, 0, ENDED) != NULL) ||
                  (scene_report(scene, each, 0, REFUSED) != NULL));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a running job goes on",                test_running_job_goes_on                },
        {"an end while the agent was away",      test_end_while_the_agent_was_away       },
        {"reports survive",                      test_reports_survive                    },
        {"what was used survives",               test_what_was_used_survives             },
        {"a vanished shepherd is told",          test_vanished_shepherd_is_told          },
        {"a reboot is told",                     test_reboot_is_told                     },
        {"a ready part is still ready",          test_ready_part_is_still_ready          },
        {"nothing starts on the journal's word", test_nothing_starts_on_the_journals_word},
        {"what is over does not start",          test_what_is_over_does_not_start        },
        {"a stop goes on",                       test_stop_goes_on                       },
        {"the start of a step is told",          test_start_of_a_step_is_told            },
        {"a restored database takes over",       test_restored_database_takes_over       },
        {"a restored database asks again",       test_restored_database_asks_again       },
        {"killed again and again",               test_killed_again_and_again             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("agent restart", tests);
}
