/* test_parts_use.c - what nodes say that a part has used counts for what can be, and no further */

#include "base/parse.h"
#include "scheduler/jobspec.h"
#include "scheduler/store.h"
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

/* After a minute its node says this of the job, and of its use. */
static void tell_of(struct scene *scene, const Wire__Envelope *launch, Wire__PartEvent event,
                    const char *samples, int64_t cpu_used_us)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport report = WIRE__PART_REPORT__INIT;

    bench_pass(&scene->bench, US_PER_MINUTE);
    report.job = report.attempt = 1;
    report.token = launch->part_launch->token;
    report.event = event;
    report.cause = WIRE__END_CAUSE__END_CAUSE_EXIT;
    report.wall_used_us = US_PER_MINUTE;
    report.cpu_used_us = cpu_used_us;
    report.samples = (char *)(uintptr_t)samples;
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &report;
    CU_ASSERT(bench_does(&scene->bench, scene->n1, &ask, WIRE__ENVELOPE__BODY_PART_REPORTED));
}

static void end_with(struct scene *scene, const Wire__Envelope *launch, const char *samples,
                     int64_t cpu_used_us)
{
    tell_of(scene, launch, WIRE__PART_EVENT__PART_EVENT_ENDED, samples, cpu_used_us);
    CU_ASSERT_TRUE(job_state_is_final(job_of(scene, 1)->state));
}

/* What is shown of job 1 to who asks for it, or does not; free() it. */
static char *samples_shown(struct scene *scene, bool asks)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow show = WIRE__JOB_SHOW__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    show.job = 1;
    show.samples = asks;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &show;
    answer = bench_ask(&scene->bench, scene->ana, &ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN);
    return memory_copy(answer->job_shown->samples);
}

static char *shown_samples(struct scene *scene)
{
    return samples_shown(scene, true);
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
    check_samples("0 500000 1;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4", "");
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
    end_with(
        &scene, launch,
        "0 128000000 128000000;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4;1 2 3 4",
        30 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->parts[0].cpu_used_us, 30 * US_PER_MINUTE);
    shown = shown_samples(&scene);
    CU_ASSERT_PTR_NOT_NULL(strstr(shown, " 128000000 128000000;1 2 3 4;1 2 3 4;"));
}

static void test_only_an_end_has_a_series(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = run_one(&scene);
    CLEANUP(memory_freep) char *shown = NULL;

    tell_of(&scene, launch, WIRE__PART_EVENT__PART_EVENT_STARTED, "0 250000 250000;1 2 3 4", 0);
    shown = shown_samples(&scene);
    CU_ASSERT_STRING_EQUAL(shown, "");
}

/* --- in the store ---------------------------------------------------------------------------------------- */

#define GOOD "1700000000000000 250000 250000;1 2 3 4"

/* As if it had been stored so. */
static void store_series(struct scene *scene, int64_t attempt, const char *samples)
{
    struct store *store = scene->bench.store;
    struct store_marks marks;
    struct batch batch;
    struct error err = {0};

    batch_init(&batch);
    CU_ASSERT(store->marks(store, &marks, &err));
    batch.epoch = marks.epoch;
    batch_add(&batch, WRITE_PUT,
              &(struct row){
                  .kind = ROW_SERIES, .series = {1, attempt, samples}
    });
    CU_ASSERT(store->commit(store, &batch, &err));
    CU_ASSERT_STRING_EQUAL(err.text, "");
    batch_clear(&batch);
}

static void check_shown(struct scene *scene, const char *samples)
{
    CLEANUP(memory_freep) char *shown = shown_samples(scene);

    CU_ASSERT_STRING_EQUAL(shown, samples);
}

/* A job that runs is there after a restart, whatever is stored as its series. */
static void test_stored_series_of_a_job_that_runs(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = run_one(&scene);

    CU_ASSERT_PTR_NOT_NULL(launch);
    bench_run(&scene.bench);
    store_series(&scene, 1, "<script>");
    bench_restart(&scene.bench);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_RUNNING);
    check_shown(&scene, "");
    store_series(&scene, 2, GOOD);
    bench_restart(&scene.bench);
    check_shown(&scene, "");
    store_series(&scene, 1, GOOD);
    bench_restart(&scene.bench);
    check_shown(&scene, GOOD);
}

/* One of another attempt is not shown, and none to who does not ask. */
static void test_stored_series_of_a_job_that_has_ended(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = run_one(&scene);
    CLEANUP(memory_freep) char *shown = NULL;

    end_with(&scene, launch, "", 0);
    bench_restart(&scene.bench);
    check_shown(&scene, "");
    store_series(&scene, 2, GOOD);
    check_shown(&scene, "");
    store_series(&scene, 1, GOOD);
    check_shown(&scene, GOOD);
    shown = samples_shown(&scene, false);
    CU_ASSERT_STRING_EQUAL(shown, "");
}

/* Packed into the job, as it was up to version 13 of the database. */
static void check_packed(const char *samples, bool read)
{
    CLEANUP(job_freep) struct job *job = NEW(struct job);
    Wire__JobSpec spec = WIRE__JOB_SPEC__INIT;
    uint8_t packed[200];
    struct bytes bytes = {packed, 0};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err = {0};

    spec.samples = (char *)(uintptr_t)samples;
    bytes.size = wire__job_spec__pack(&spec, packed);
    CU_ASSERT(job_unpack(bytes, job, &err));
    CU_ASSERT_EQUAL(job->series != NULL, read);
    CU_ASSERT_STRING_EQUAL(job_packed_series(bytes, arena), samples);
    CU_ASSERT_STRING_EQUAL(err.text, "");
}

static void test_series_of_before(void)
{
    check_packed(GOOD, true);
    check_packed("", false);
    check_packed("1 2 3", false);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"use that cannot be",        test_use_that_cannot_be                   },
        {"use above what there is",   test_use_above_what_there_is              },
        {"series that cannot be",     test_series                               },
        {"use from before a restart", test_use_before_a_restart                 },
        {"only an end has a series",  test_only_an_end_has_a_series             },
        {"stored series, running",    test_stored_series_of_a_job_that_runs     },
        {"stored series, ended",      test_stored_series_of_a_job_that_has_ended},
        {"series of before",          test_series_of_before                     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("use of parts", tests);
}
