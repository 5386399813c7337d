/* test_quota.c - one principal does not take the places that are everybody's */

#include "base/parse.h"
#include "scheduler/forwards.h"
#include "scheduler/quota.h"
#include "scheduler/waits.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/agent_scene.h"

static void test_counts(void)
{
    CLEANUP(quota_freep) struct quota *quota = quota_new();

    CU_ASSERT(quota_take(quota, "ana", 2));
    CU_ASSERT(quota_take(quota, "ana", 2));
    CU_ASSERT(!quota_take(quota, "ana", 2));
    CU_ASSERT(quota_take(quota, "eva", 2));
    quota_give(quota, "ana");
    CU_ASSERT(quota_take(quota, "ana", 2));
    quota_reset(quota);
    CU_ASSERT(quota_take(quota, "ana", 1));
}

/* Whoever asks for more than their share is told to wait; others are served. */
static void test_one_asker_does_not_take_all(void)
{
    CLEANUP(scene_clear) struct scene scene;
    Wire__Envelope read_ask = WIRE__ENVELOPE__INIT, binding_ask = WIRE__ENVELOPE__INIT;
    Wire__OutputRead wanted = WIRE__OUTPUT_READ__INIT;
    Wire__BindingAsk binding = WIRE__BINDING_ASK__INIT;
    Wire__TaskLayout layout = WIRE__TASK_LAYOUT__INIT;
    uint32_t tasks = 1;
    unsigned passed_on = 0;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.n1, 0));
    wanted.job = 1;
    wanted.wait_us = 30 * US_PER_SECOND;
    read_ask.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    read_ask.output_read = &wanted;
    for (int i = 0; i < FORWARDS_EACH; i++)
        bench_send(&scene.bench, scene.ana, &read_ask);
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &read_ask, ERROR_EXHAUSTED, "of yours"));
    for (Wire__Envelope *read;
         (read = bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_OUTPUT_READ));
         passed_on++)
        message_free(read);
    CU_ASSERT_EQUAL(passed_on, FORWARDS_EACH);
    binding.node = (char *)"n1";
    binding.cores = 1;
    binding.node_tasks = &tasks;
    binding.n_node_tasks = 1;
    binding.layout = &layout;
    binding_ask.body_case = WIRE__ENVELOPE__BODY_BINDING_ASK;
    binding_ask.binding_ask = &binding;
    bench_send(&scene.bench, &scene.bench.root, &binding_ask);
    message_free(bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_BINDING_ASK));
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &binding_ask, ERROR_EXHAUSTED, "of yours"));
    bench_pass(&scene.bench, US_PER_MINUTE);
    CU_ASSERT(bench_send(&scene.bench, scene.ana, &read_ask) != 0);
    message_free(bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_OUTPUT_READ));
}

static void test_one_waiter_does_not_take_all(void)
{
    CLEANUP(scene_clear) struct scene scene;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWait wait = WIRE__JOB_WAIT__INIT;
    uint64_t request;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    wait.job = 1;
    wait.wait_us = 30 * US_PER_SECOND;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_WAIT;
    ask.job_wait = &wait;
    for (int i = 0; i < WAITS_EACH; i++)
        bench_send(&scene.bench, scene.ana, &ask);
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_EXHAUSTED, "with your name"));
    request = bench_send(&scene.bench, &scene.bench.root, &ask);
    bench_pass(&scene.bench, US_PER_MINUTE);
    {
        CLEANUP(message_freep)
        Wire__Envelope *answer = bench_take(&scene.bench, &scene.bench.root, request, 0);

        CU_ASSERT(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_ENDED);
    }
    request = bench_send(&scene.bench, scene.ana, &ask);
    bench_pass(&scene.bench, US_PER_MINUTE);
    {
        CLEANUP(message_freep)
        Wire__Envelope *answer = bench_take(&scene.bench, scene.ana, request, 0);

        CU_ASSERT(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_ENDED);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"counts are each principal's",  test_counts                      },
        {"one asker does not take all",  test_one_asker_does_not_take_all },
        {"one waiter does not take all", test_one_waiter_does_not_take_all},
        CU_TEST_INFO_NULL,
    };

    return run_suite("quota", tests);
}
