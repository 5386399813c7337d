/* test_meet.c - the PMIx servers of a step find each other, through their agents */

#include "agent/part.h"
#include "agent/step.h"
#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#include <stdlib.h>
#include <string.h>

static const char machine[] = "synthetic:package:1 numa:1 core:4 pu:1";

static struct simulated_plan runs(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.run_us = INT64_MAX};
}

/* Into *ret_credential; it is that of the job's part on the node. */
static ProtobufCBinaryData credential_on(const struct scene *scene, size_t node,
                                         uint8_t ret_credential[16])
{
    const struct task_key part = scene_key(17, (uint32_t)node, 0);

    runtime_simulated_credential(scene->nodes[node].simulated, &part, ret_credential);
    return (ProtobufCBinaryData){.len = 16, .data = ret_credential};
}

/* Job 17 on two nodes, and step 1 of it: an MPI program on both. */
static struct scene *step_scene(void)
{
    struct scene *scene = scene_new(2, machine, runs, NULL);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepStart start = WIRE__STEP_START__INIT;
    uint8_t key[16] = {1}, credential[16];
    char *words[] = {(char *)"mpi"};

    scene_launch(scene, 17, 2, 4);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 2, 4);
    scene_run(scene, SECOND);
    start.key = (ProtobufCBinaryData){.len = sizeof(key), .data = key};
    start.credential = credential_on(scene, 0, credential);
    start.job = 17;
    start.nodes = (char *)"";
    start.tasks = 2;
    start.pmix = true;
    start.n_arguments = 1;
    start.arguments = words;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    envelope.step_start = &start;
    scene_ask(scene, 0, &envelope);
    scene_run(scene, SECOND / 2);
    return scene;
}

static void ask_meet(struct scene *scene, size_t node, const char *address, const char *other)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepMeet meet = WIRE__STEP_MEET__INIT;
    uint8_t credential[16];

    meet.job = 17;
    meet.step = 1;
    meet.credential = credential_on(scene, node, credential);
    meet.address = (char *)address;
    meet.node = (char *)other;
    meet.wait_us = 20 * SECOND;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_MEET;
    envelope.step_meet = &meet;
    scene_ask(scene, node, &envelope);
}

/* What the server on n1 was told last; NULL: nothing. */
static const char *met(const struct scene *scene)
{
    const char *last = NULL;

    LIST_EACH(&scene->answers, node) {
        const struct heard *heard = CONTAINER_OF(node, struct heard, of_scene);

        if (heard->node == 1 && heard->envelope->body_case == WIRE__ENVELOPE__BODY_STEP_MET)
            last = heard->envelope->step_met->address;
    }
    return last;
}

static const char *failure(const struct scene *scene)
{
    const Wire__Envelope *answer = scene_answer(scene, WIRE__ENVELOPE__BODY_FAILURE);

    return answer ? answer->failure->text : "";
}

static void test_both_orders(void)
{
    for (int first = 0; first < 2; first++) {
        CLEANUP(scene_freep) struct scene *scene = step_scene();

        if (first == 0)
            ask_meet(scene, 0, "tcp://n0:1", "");
        else
            ask_meet(scene, 1, "", "n0");
        scene_run(scene, SECOND / 10);
        CU_ASSERT_PTR_NULL(met(scene));
        if (first == 0)
            ask_meet(scene, 1, "", "n0");
        else
            ask_meet(scene, 0, "tcp://n0:1", "");
        scene_run(scene, SECOND / 10); /* at once: nobody asks again in that time */
        CU_ASSERT_PTR_NOT_NULL_FATAL(met(scene));
        CU_ASSERT_STRING_EQUAL(met(scene), "tcp://n0:1");
    }
}

static void test_losses_and_restarts_only_take_time(void)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene();

    scene->lose_percent = 40;
    ask_meet(scene, 0, "tcp://n0:1", "");
    ask_meet(scene, 1, "", "n0");
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    for (int i = 0; i < 10 && !(met(scene) && *met(scene)); i++) {
        ask_meet(scene, 0, "tcp://n0:1", ""); /* the servers ask until they know */
        ask_meet(scene, 1, "", "n0");
        scene_run(scene, 20 * SECOND);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(met(scene));
    CU_ASSERT_STRING_EQUAL(met(scene), "tcp://n0:1");
}

static void test_who_waits_too_long_is_told(void)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene();

    ask_meet(scene, 1, "", "n0");
    scene_run(scene, 19 * SECOND);
    CU_ASSERT_PTR_NULL(met(scene));
    scene_run(scene, 2 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(met(scene));
    CU_ASSERT_STRING_EQUAL(met(scene), "");
}

static void test_what_is_wrong_is_told(void)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene();
    char *address = memory_get(5001, 1);
    uint8_t nothing[16] = {0};
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepMeet meet = WIRE__STEP_MEET__INIT;

    ask_meet(scene, 1, "", "n1");
    scene_run(scene, SECOND);
    CU_ASSERT_STRING_EQUAL(failure(scene), "n1 is not another node of the job");
    memset(address, 'a', 5000);
    ask_meet(scene, 1, address, "");
    scene_run(scene, SECOND);
    CU_ASSERT_STRING_EQUAL(failure(scene), "the address has more than 4096 bytes");
    free(address);
    meet.job = 17;
    meet.step = 1;
    meet.credential = (ProtobufCBinaryData){.len = sizeof(nothing), .data = nothing};
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_MEET;
    envelope.step_meet = &meet;
    scene_ask(scene, 1, &envelope);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure(scene), "no job 17 with this credential"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"both orders",                        test_both_orders                       },
        {"losses and restarts only take time", test_losses_and_restarts_only_take_time},
        {"who waits too long is told",         test_who_waits_too_long_is_told        },
        {"what is wrong is told",              test_what_is_wrong_is_told             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("meetings of PMIx servers", tests);
}
