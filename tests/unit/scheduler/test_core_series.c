/* test_core_series.c - what the parts of a job used over their time, together */

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

/* Two nodes of four cores, and a job on both, which has run for a minute. */
static uint64_t run_on_both(struct scene *scene)
{
    uint64_t job;

    scene_init(scene);
    scene_join(scene, "a1", 4, "x");
    scene_join(scene, "a2", 4, "x");
    job = scene_submit(scene, (struct request){.tasks = 8, .requeue = true});
    CU_ASSERT_EQUAL_FATAL(scene_find(scene, job)->part_count, 2);
    for (uint32_t i = 0; i < 2; i++)
        scene_news(scene, EVENT_PART_READY, job, i);
    scene_news(scene, EVENT_PART_STARTED, job, 0);
    scene_pass(scene, US_PER_MINUTE);
    return job;
}

/* `count` steps up to now, each with so much cpu time. */
static struct series used(const struct scene *scene, uint32_t count, uint64_t cpu_us)
{
    struct series series;

    series_init(&series, scene->now_us - count * SERIES_STEP_US);
    for (uint32_t i = 0; i < count; i++)
        series_add(&series, &(struct series_step){cpu_us, 1000, 10, 20, 0});
    return series;
}

static void tell(struct scene *scene, enum event_kind kind, uint64_t job, uint32_t part,
                 const struct series *series)
{
    uint8_t token[TOKEN_SIZE];

    memcpy(token, scene_find(scene, job)->token, sizeof(token));
    scene_step(scene, (struct event){
                          .kind = kind,
                          .part = {.job = job,
                                   .part = part,
                                   .attempt = scene_find(scene, job)->attempt,
                                   .token = token,
                                   .cause = series ? END_BY_ITSELF : END_STOPPED,
                                   .series = series}
    });
}

static void test_parts_are_added_up(void)
{
    struct scene scene;
    uint64_t job = run_on_both(&scene);
    const struct series first = used(&scene, 40, 1000), second = used(&scene, 8, 300);
    const struct series *all;

    tell(&scene, EVENT_PART_ENDED, job, 0, &first);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_find(&scene, job)->series);
    CU_ASSERT_EQUAL(series_total(scene_find(&scene, job)->series).cpu_us, 40 * 1000);
    tell(&scene, EVENT_PART_ENDED, job, 1, &second);
    tell(&scene, EVENT_PART_ENDED, job, 1, &second); /* again: it has ended already */
    all = scene_find(&scene, job)->series;
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_COMPLETED);
    CU_ASSERT_EQUAL(all->start_us, first.start_us);
    CU_ASSERT_EQUAL(all->count, 40);
    CU_ASSERT_EQUAL(series_total(all).cpu_us, 40 * 1000 + 8 * 300);
    CU_ASSERT_EQUAL(all->steps[31].cpu_us, 1000);
    CU_ASSERT_EQUAL(all->steps[32].cpu_us, 1300);
    CU_ASSERT_EQUAL(all->steps[31].memory_bytes, 1000);
    CU_ASSERT_EQUAL(all->steps[32].memory_bytes, 2000); /* two nodes' */
    scene_clear(&scene);
}

/* Four cores of one thread each give four times a step; the last step is shorter. */
static void test_no_more_than_there_are_processors(void)
{
    struct scene scene;
    uint64_t job = run_on_both(&scene);
    struct series told = used(&scene, 10, 100 * US_PER_SECOND);
    const struct series *kept;

    told.steps[0].cpu_us = 4 * SERIES_STEP_US - 1;
    told.steps[1].memory_bytes = UINT64_C(1) << 50;
    series_end(&told, &(struct series_step){.cpu_us = US_PER_SECOND}, 1000);
    tell(&scene, EVENT_PART_ENDED, job, 0, &told);
    kept = scene_find(&scene, job)->series;
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    CU_ASSERT_EQUAL(kept->steps[0].cpu_us, 4 * SERIES_STEP_US - 1);
    CU_ASSERT_EQUAL(kept->steps[1].cpu_us, 4 * SERIES_STEP_US);
    CU_ASSERT_EQUAL(kept->steps[10].cpu_us, 4 * 1000);
    CU_ASSERT_EQUAL(kept->steps[1].memory_bytes, UINT64_C(4) << 30);
    scene_clear(&scene);
}

/* A node's clock that is wrong moves its part's series to when the job was placed. */
static void test_a_clock_that_is_wrong(void)
{
    static const int64_t wrong_us[] = {-US_PER_DAY, US_PER_DAY, -SCENE_START};

    for (size_t i = 0; i < COUNT_OF(wrong_us); i++) {
        struct scene scene;
        uint64_t job = run_on_both(&scene);
        const struct series first = used(&scene, 40, 1000);
        struct series second = used(&scene, 40, 1000);
        const struct series *all;

        second.start_us += wrong_us[i];
        if (second.start_us < 0)
            second.start_us = 0;
        tell(&scene, EVENT_PART_ENDED, job, 0, &first);
        tell(&scene, EVENT_PART_ENDED, job, 1, &second);
        all = scene_find(&scene, job)->series;
        CU_ASSERT_PTR_NOT_NULL_FATAL(all);
        CU_ASSERT_EQUAL(series_total(all).cpu_us, 2 * 40 * 1000);
        CU_ASSERT(series_span(all) <= 3 * US_PER_MINUTE);
        scene_clear(&scene);
    }
}

/* Only the end tells what was used until then: not a launch that is refused late. */
static void test_only_an_end_tells(void)
{
    struct scene scene;
    uint64_t job = run_on_both(&scene);
    const struct series told = used(&scene, 4, 1000);

    tell(&scene, EVENT_PART_READY, job, 1, &told);
    tell(&scene, EVENT_PART_STARTED, job, 0, &told);
    CU_ASSERT_PTR_NULL(scene_find(&scene, job)->series);
    scene_job(&scene, EVENT_JOB_CANCELLED, job, "ana");
    tell(&scene, EVENT_PART_REFUSED, job, 0, &told);
    CU_ASSERT_PTR_NULL(scene_find(&scene, job)->series);
    tell(&scene, EVENT_PART_ENDED, job, 1, &told);
    CU_ASSERT_PTR_NOT_NULL(scene_find(&scene, job)->series);
    scene_clear(&scene);
}

/* What an attempt used that was broken off is not what the next one used. */
static void test_another_attempt_begins_anew(void)
{
    struct scene scene;
    uint64_t job = run_on_both(&scene);
    const struct series told = used(&scene, 4, 1000);

    scene_job(&scene, EVENT_JOB_REQUEUED, job, "ana");
    tell(&scene, EVENT_PART_ENDED, job, 1, &told);
    CU_ASSERT_PTR_NOT_NULL(scene_find(&scene, job)->series);
    tell(&scene, EVENT_PART_ENDED, job, 0, NULL);
    scene_pass(&scene, US_PER_HOUR);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_find(&scene, job));
    CU_ASSERT_EQUAL(scene_find(&scene, job)->attempt, 2);
    CU_ASSERT_PTR_NULL(scene_find(&scene, job)->series);
    core_restore_series(scene.core, job, 1, &told); /* nor when it comes from the store */
    CU_ASSERT_PTR_NULL(scene_find(&scene, job)->series);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"parts are added up",                test_parts_are_added_up               },
        {"no more than there are processors", test_no_more_than_there_are_processors},
        {"a clock that is wrong",             test_a_clock_that_is_wrong            },
        {"only an end tells",                 test_only_an_end_tells                },
        {"another attempt begins anew",       test_another_attempt_begins_anew      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("core_series", tests);
}
