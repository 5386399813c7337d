/* test_parts_use.c - what nodes say that a part has used counts for what can be, and no further */

#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/agent_scene.h"

#include <string.h>

/* A scene with one job that runs on n1. */
static Wire__Envelope *run_one(struct scene *scene)
{
    Wire__Envelope *launch;

    scene_init(scene);
    CU_ASSERT(bench_join(&scene->bench, scene->n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene->bench, scene->ana, 1), 1);
    launch = take_launch(scene, scene->n1);
    CU_ASSERT_FATAL(launch != NULL);
    for (Wire__PartEvent event = WIRE__PART_EVENT__PART_EVENT_READY;
         event <= WIRE__PART_EVENT__PART_EVENT_STARTED; event++)
        CU_ASSERT(bench_report(&scene->bench, scene->n1, launch->part_launch, event, 0));
    return launch;
}

/* A node's word counts for what can be, and no further. */
static void test_use_that_cannot_be(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport report = WIRE__PART_REPORT__INIT;

    launch = run_one(&scene);
    report.job = report.attempt = 1;
    report.token = launch->part_launch->token;
    report.event = WIRE__PART_EVENT__PART_EVENT_ENDED;
    report.cause = (Wire__EndCause)4711;
    report.exit_code = UINT32_MAX;
    report.exit_signal = UINT32_MAX;
    report.wall_used_us = INT64_MIN;
    report.cpu_used_us = INT64_MIN;
    report.memory_peak = UINT64_MAX;
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &report;
    CU_ASSERT(bench_does(&scene.bench, scene.n1, &ask, WIRE__ENVELOPE__BODY_PART_REPORTED));
    CU_ASSERT_TRUE(job_state_is_final(job_of(&scene, 1)->state));
    CU_ASSERT(job_of(&scene, 1)->exit_code <= 255);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->parts[0].cpu_used_us, 0);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->parts[0].memory_peak_bytes, 0);
}

/* What a hostile node claims is charged, printed and kept for ever: it stays a number. */
static void test_use_above_what_there_is(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport report = WIRE__PART_REPORT__INIT;
    const struct part *part;
    char gpus[5000];

    launch = run_one(&scene);
    bench_pass(&scene.bench, 10 * US_PER_SECOND);
    report.job = report.attempt = 1;
    report.token = launch->part_launch->token;
    report.event = WIRE__PART_EVENT__PART_EVENT_ENDED;
    report.cause = WIRE__END_CAUSE__END_CAUSE_EXIT;
    report.wall_used_us = 10 * US_PER_SECOND;
    report.cpu_used_us = INT64_MAX;
    report.memory_peak = INT64_MAX;
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &report;
    memset(gpus, '1', sizeof(gpus));
    gpus[sizeof(gpus) - 1] = '\0';
    report.gpu_list = gpus;
    CU_ASSERT(bench_refuses(&scene.bench, scene.n1, &ask, ERROR_INVALID, "more than 4096 bytes"));
    report.gpu_list = (char *)"";
    CU_ASSERT(bench_does(&scene.bench, scene.n1, &ask, WIRE__ENVELOPE__BODY_PART_REPORTED));
    part = &job_of(&scene, 1)->parts[0];
    CU_ASSERT(part->cpu_used_us >= 10 * US_PER_SECOND);
    CU_ASSERT(part->cpu_used_us <= 2 * part->cores * US_PER_MINUTE);
    CU_ASSERT_EQUAL(part->memory_peak_bytes, part->node->memory_bytes);
}

/* Its node ends the job after a minute, and says this of its use. */
static void end_with(struct scene *scene, const Wire__Envelope *launch, const char *samples,
                     int64_t cpu_used_us)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport report = WIRE__PART_REPORT__INIT;

    bench_pass(&scene->bench, US_PER_MINUTE);
    report.job = report.attempt = 1;
    report.token = launch->part_launch->token;
    report.event = WIRE__PART_EVENT__PART_EVENT_ENDED;
    report.cause = WIRE__END_CAUSE__END_CAUSE_EXIT;
    report.wall_used_us = US_PER_MINUTE;
    report.cpu_used_us = cpu_used_us;
    report.samples = (char *)(uintptr_t)samples;
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &report;
    CU_ASSERT(bench_does(&scene->bench, scene->n1, &ask, WIRE__ENVELOPE__BODY_PART_REPORTED));
    CU_ASSERT_TRUE(job_state_is_final(job_of(scene, 1)->state));
}

/* What is shown of job 1; free() it. */
static char *shown_samples(struct scene *scene)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow show = WIRE__JOB_SHOW__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    show.job = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &show;
    answer = bench_ask(&scene->bench, scene->ana, &ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN);
    return memory_copy(answer->job_shown->samples);
}

/* What a part of one core on a node of 8 says of its time, and what is shown. */
static void check_samples(const char *said, const char *shown)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = run_one(&scene);
    CLEANUP(memory_freep) char *before = NULL;
    CLEANUP(memory_freep) char *after = NULL;

    end_with(&scene, launch, said, 0);
    before = shown_samples(&scene);
    bench_restart(&scene.bench);
    after = shown_samples(&scene);
    CU_ASSERT_STRING_EQUAL(before, after);
    CU_ASSERT_STRING_EQUAL(strchr(before, ' ') ? strchr(before, ' ') : before, shown);
}

/* What is none, or is longer than the job was, is left out; the end counts all the same. */
static void test_series(void)
{
    check_samples("", "");
    check_samples("<script>", "");
    check_samples("0 250000 250000;1 2 3", "");
    check_samples("0 33554432000000 1;1 2 3 4;1 2 3 4", "");
    check_samples("0 250000 250000;1000 2000 30 40;1000 2000 30 40",
                  " 250000 250000;1000 2000 30 40;1000 2000 30 40");
    check_samples("0 250000 100000;9000000 99999999999999 30 40;9000000 5 0 0",
                  " 250000 100000;500000 17179869184 30 40;200000 5 0 0");
}

/* After a restart of the scheduler a job has not run since then alone. */
static void test_use_before_a_restart(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = run_one(&scene);
    CLEANUP(memory_freep) char *shown = NULL;

    bench_pass(&scene.bench, 60 * US_PER_MINUTE);
    bench_restart(&scene.bench);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    end_with(&scene, launch, "0 512000000 512000000;1 2 3 4;1 2 3 4", 30 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->parts[0].cpu_used_us, 30 * US_PER_MINUTE);
    shown = shown_samples(&scene);
    CU_ASSERT_PTR_NOT_NULL(strstr(shown, " 512000000 512000000;1 2 3 4;1 2 3 4"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"use that cannot be",        test_use_that_cannot_be     },
        {"use above what there is",   test_use_above_what_there_is},
        {"series that cannot be",     test_series                 },
        {"use from before a restart", test_use_before_a_restart   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("use of parts", tests);
}
