/* test_core_arrays.c - what is asked of arrays, and what the core keeps of them */

#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

static uint64_t submit(struct scene *scene, const char *text, uint32_t limit)
{
    CLEANUP(elements_clear) struct elements all = {0};
    struct request request = {.tasks = 1, .limit_us = 10 * US_PER_MINUTE};
    uint64_t first = core_next_job(scene->core);
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = first,
                       .copies = 1,
                       .user = "ana",
                       .project = "astro",
                       .throttle = limit,
                       .elements = &all,
                       .request = &request},
    };

    CU_ASSERT_FATAL(elements_parse(text, ELEMENTS_RUNS_MAX, &all, &scene->err));
    CU_ASSERT_FATAL(core_check_request(scene->core, &request, "ana", "astro", 1, &scene->err));
    scene_step(scene, event);
    return first;
}

static bool check(struct scene *scene, enum event_kind kind, uint64_t array, const char *text,
                  bool by_admin)
{
    CLEANUP(elements_clear) struct elements elements = {0};

    CU_ASSERT_FATAL(elements_parse(text, ELEMENTS_RUNS_MAX, &elements, &scene->err));
    return core_check_array(scene->core, kind, scene_find(scene, array), &elements, by_admin,
                            &scene->err);
}

/* A job is found by the id of any element that it stands for, and a walk passes heads by. */
static void test_many_are_one_job(void)
{
    struct scene scene;
    uint64_t array, pending, running;

    scene_init(&scene);
    array = submit(&scene, "0-999999", 0);
    CU_ASSERT_EQUAL(core_next_job(scene.core), array + 1000001);
    core_count(scene.core, &pending, &running);
    CU_ASSERT_EQUAL(pending, 1);
    CU_ASSERT_PTR_NULL(scene_find(&scene, array + 1 + 17));
    CU_ASSERT_EQUAL(core_find_element(scene.core, array + 1 + 17)->id, array + 1 + 999999);
    CU_ASSERT_PTR_NULL(core_find_element(scene.core, array + 1 + 1000000));
    CU_ASSERT_EQUAL(core_job_after(scene.core, 0)->id, array + 1 + 999999);
    CU_ASSERT_PTR_NULL(core_job_after(scene.core, array + 1 + 999999));
    scene_clear(&scene);
}

/* The last element goes by itself too, though its id is that of the many. */
static void test_one_is_cancelled(void)
{
    struct scene scene;
    uint64_t array;

    scene_init(&scene);
    array = submit(&scene, "0-9", 0);
    scene_job(&scene, EVENT_JOB_CANCELLED, array + 1 + 9, "ana");
    CU_ASSERT(scene_wants(&scene, "ended job 1_9 CANCELLED"));
    CU_ASSERT(scene_wants(&scene, "save job 1_[0-8] PENDING"));
    scene_job(&scene, EVENT_JOB_CANCELLED, array + 1 + 3, "ana");
    CU_ASSERT(scene_wants(&scene, "ended job 1_3 CANCELLED"));
    scene_job(&scene, EVENT_JOB_CANCELLED, array, "ana");
    CU_ASSERT(scene_wants(&scene, "ended job 1_[0-2,4-8] CANCELLED"));
    CU_ASSERT(scene_wants(&scene, "ended job 1 CANCELLED"));
    CU_ASSERT_EQUAL(scene_find(&scene, array)->array->cancelled, 10);
    scene_clear(&scene);
}

static void test_checks(void)
{
    struct scene scene;
    uint64_t array, job;

    scene_init(&scene);
    array = submit(&scene, "0-9:3", 2);
    job = scene_submit(&scene, (struct request){.tasks = 1, .limit_us = US_PER_MINUTE});
    CU_ASSERT(check(&scene, EVENT_JOB_HELD, array, "0-9:3", false));
    CU_ASSERT_FALSE(check(&scene, EVENT_JOB_HELD, array, "0-1", false));
    CU_ASSERT_EQUAL(scene.err.code, ERROR_NOT_FOUND);
    CU_ASSERT_FALSE(check(&scene, EVENT_JOB_REQUEUED, array, "3", false));
    CU_ASSERT_EQUAL(scene.err.code, ERROR_CONFLICT);
    CU_ASSERT_FALSE(check(&scene, EVENT_JOB_RELEASED, array, "3", false));
    scene_job(&scene, EVENT_JOB_HELD, array, "root");
    CU_ASSERT_FALSE(check(&scene, EVENT_JOB_RELEASED, array, "3", false));
    CU_ASSERT_EQUAL(scene.err.code, ERROR_DENIED);
    CU_ASSERT(check(&scene, EVENT_JOB_RELEASED, array, "3", true));
    CU_ASSERT_FALSE(core_check_release(scene.core, array, false, &scene.err));
    CU_ASSERT(core_check_release(scene.core, array, true, &scene.err));
    CU_ASSERT(core_check_limit(scene.core, array, &scene.err));
    CU_ASSERT_FALSE(core_check_limit(scene.core, job, &scene.err));
    CU_ASSERT_EQUAL(scene.err.code, ERROR_CONFLICT);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a million elements that wait are one job", test_many_are_one_job},
        {"one of them is cancelled, whichever",      test_one_is_cancelled},
        {"what may be asked of elements",            test_checks          },
        CU_TEST_INFO_NULL,
    };

    return run_suite("core_arrays", tests);
}
