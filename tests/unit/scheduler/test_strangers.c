/* test_strangers.c - what nodes have that another database has started */

#include "base/digest.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/agent_scene.h"

static Wire__PartHeld stranger(uint64_t job, const uint8_t digest[32])
{
    Wire__PartHeld held = WIRE__PART_HELD__INIT;

    held.job = job;
    held.attempt = 1;
    held.state = WIRE__PART_STATE__PART_STATE_RUNNING;
    held.strange = true;
    held.token_digest = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)digest};
    return held;
}

static bool end_strangers(struct scene *scene)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__NodeChange change = WIRE__NODE_CHANGE__INIT;
    uint8_t key[16] = {(uint8_t)++scene->bench.last_request};

    change.key = (ProtobufCBinaryData){16, key};
    change.verb = WIRE__NODE_VERB__NODE_VERB_END_UNKNOWN;
    change.nodes = (char *)"n1";
    change.reason = (char *)"restored";
    ask.body_case = WIRE__ENVELOPE__BODY_NODE_CHANGE;
    ask.node_change = &change;
    answer = bench_ask(&scene->bench, &scene->bench.root, &ask);
    return answer && answer->body_case == WIRE__ENVELOPE__BODY_DONE;
}

/* A copy of the database was put back: what it knows is its own, the rest waits for an operator. */
static void test_strangers_are_told_apart(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(message_freep) Wire__Envelope *stop = NULL;
    CLEANUP(message_freep) Wire__Envelope *later = NULL;
    Wire__PartHeld held[2], *parts[] = {&held[0], &held[1]};
    struct digest digest;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    run_a_job(&scene, &launch);
    digest = digest_of(launch->part_launch->token.data, 16);
    held[0] = stranger(1, digest.bytes);
    held[1] = stranger(77, digest.bytes);
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-1"));
    answer = bench_inventory(&scene.bench, scene.n1, parts, 2);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    CU_ASSERT_EQUAL(answer->inventory_verdict->verdicts[0], WIRE__VERDICT__VERDICT_KEEP);
    CU_ASSERT_EQUAL(answer->inventory_verdict->verdicts[1], WIRE__VERDICT__VERDICT_UNKNOWN);
    CU_ASSERT(answer->inventory_verdict->known[0] && !answer->inventory_verdict->known[1]);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_RUNNING);
    CU_ASSERT_FATAL(node_of(&scene, "n1")->drained);
    CU_ASSERT_STRING_EQUAL(node_of(&scene, "n1")->drain_reason,
                           "jobs run there that are not known here: 77");
    CU_ASSERT(end_strangers(&scene));
    stop = bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_PART_STOP);
    CU_ASSERT(stop && stop->part_stop->job == 77 && stop->part_stop->unknown);
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-1"));
    later = bench_inventory(&scene.bench, scene.n1, parts, 1);
    CU_ASSERT(later != NULL);
    CU_ASSERT_FALSE(node_of(&scene, "n1")->drained);
    CU_ASSERT_FALSE(end_strangers(&scene));
}

/* The number of a job is no proof that it is that job: nothing of a stranger is ended by it, and the job
 * itself is gone from the node. */
static void test_a_number_proves_nothing(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *first = NULL;
    CLEANUP(message_freep) Wire__Envelope *second = NULL;
    Wire__PartHeld held, *parts[] = {&held};
    const uint8_t zeros[32] = {0};

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    run_a_job(&scene, &launch);
    held = stranger(1, zeros);
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-1"));
    first = bench_inventory(&scene.bench, scene.n1, parts, 1);
    CU_ASSERT_FATAL(first && first->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    CU_ASSERT_EQUAL(first->inventory_verdict->verdicts[0], WIRE__VERDICT__VERDICT_UNKNOWN);
    CU_ASSERT(job_state_is_final(job_of(&scene, 1)->state));
    bench_restart(&scene.bench); /* only the store knows it now: it has ended there */
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-1"));
    second = bench_inventory(&scene.bench, scene.n1, parts, 1);
    CU_ASSERT_FATAL(second && second->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    CU_ASSERT_EQUAL(second->inventory_verdict->verdicts[0], WIRE__VERDICT__VERDICT_UNKNOWN);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"strangers are told apart", test_strangers_are_told_apart},
        {"a number proves nothing",  test_a_number_proves_nothing },
        CU_TEST_INFO_NULL,
    };

    return run_suite("parts of another database", tests);
}
