/* test_service.c - jobs through the whole service: submitted, launched, ended, charged, kept */

#include "base/parse.h"
#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static Wire__Envelope *ask_show(struct bench *bench, struct caller *caller, uint64_t job)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow show = WIRE__JOB_SHOW__INIT;

    show.job = job;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &show;
    return bench_ask(bench, caller, &ask);
}

static bool has_state(struct bench *bench, struct caller *caller, uint64_t job, const char *state)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_show(bench, caller, job);

    if (answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN &&
        strcmp(answer->job_shown->job->state, state) == 0)
        return true;
    printf("# job %" PRIu64 " is not %s but %s\n", job, state,
           answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN
               ? answer->job_shown->job->state
               : "unknown");
    return false;
}

static void test_a_job_runs_and_is_charged(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana, *node;
    uint64_t job;

    bench_init(&bench);
    bench_books(&bench, "ana");
    ana = bench_person(&bench, "ana", NULL, NULL, NULL);
    node = bench_node_key(&bench, "n1", "sur");
    CU_ASSERT(bench_join(&bench, node, "n1"));
    job = bench_submit(&bench, ana, 1);
    CU_ASSERT_EQUAL(job, 1);
    CU_ASSERT(bench_run_job(&bench, node, 7));
    CU_ASSERT(has_state(&bench, ana, job, "FAILED"));
    bench_restart(&bench);
    CU_ASSERT(has_state(&bench, ana, job, "FAILED"));
    CU_ASSERT_EQUAL(bench_submit(&bench, ana, 1), 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a job runs and is charged", test_a_job_runs_and_is_charged},
        CU_TEST_INFO_NULL,
    };

    return run_suite("service", tests);
}
