/* test_limits_plan.c - limits and the waiting jobs: who is kept, and until when */

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

static void set(struct scene *scene, enum limit_of of, const char *name, enum limit_form form,
                enum limit_what what, int64_t amount)
{
    scene_step(scene, (struct event){
                          .kind = EVENT_LIMIT_SET, .limit_set = {of, name, form, what, amount}
    });
}

static uint64_t submit_as(struct scene *scene, const char *user, uint32_t tasks)
{
    struct request request = {.tasks = tasks, .nodes_least = 1, .limit_us = US_PER_HOUR};
    uint64_t id = core_next_job(scene->core);

    if (!core_check_request(scene->core, &request, user, "astro", 1, &scene->err))
        return 0;
    scene_step(
        scene,
        (struct event){
            .kind = EVENT_JOB_SUBMITTED,
            .submission = {
                           .first = id, .copies = 1, .user = user, .project = "astro", .request = &request}
    });
    return id;
}

static const char *reason(const struct scene *scene, uint64_t job)
{
    return job_reason_name(scene_find(scene, job)->reason);
}

static bool runs(const struct scene *scene, uint64_t job)
{
    return scene_find(scene, job)->state == JOB_CONFIGURING;
}

/* Who is kept is in nobody's way, and starts when another of the same has ended. */
static void test_who_is_kept_waits_aside(void)
{
    struct scene scene;
    uint64_t first, second, other;

    scene_init(&scene);
    scene_join(&scene, "a1", 8, "x");
    set(&scene, LIMIT_OF_USER, "ana", LIMIT_TOTAL, LIMIT_JOBS, 1);
    first = submit_as(&scene, "ana", 2);
    second = submit_as(&scene, "ana", 2);
    other = submit_as(&scene, "eva", 6);
    CU_ASSERT(runs(&scene, first) && runs(&scene, other));
    CU_ASSERT_STRING_EQUAL(reason(&scene, second), "AssocMaxJobsLimit");
    CU_ASSERT_EQUAL(scene_find(&scene, second)->planned_us, 0);
    scene_end(&scene, other, 0, END_BY_ITSELF, 0);
    CU_ASSERT_FALSE(runs(&scene, second));
    scene_end(&scene, first, 0, END_BY_ITSELF, 0);
    CU_ASSERT(runs(&scene, second));
    scene_clear(&scene);
}

/* The first that waits for room loses its reservation when a limit comes to keep it. */
static void test_a_kept_job_has_no_reservation(void)
{
    struct scene scene;
    uint64_t big, long_one, late;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    big = submit_as(&scene, "eva", 3);
    long_one = submit_as(&scene, "ana", 4);
    CU_ASSERT(runs(&scene, big));
    CU_ASSERT_STRING_EQUAL(reason(&scene, long_one), "Resources");
    CU_ASSERT(scene_find(&scene, long_one)->planned_us > 0);
    set(&scene, LIMIT_OF_USER, "ana", LIMIT_TOTAL, LIMIT_CORES, 2);
    CU_ASSERT_STRING_EQUAL(reason(&scene, long_one), "AssocGrpCpuLimit");
    scene_pass(&scene, US_PER_MINUTE);
    late = submit_as(&scene, "eva", 1); /* would stay beyond the reservation */
    CU_ASSERT(runs(&scene, late));
    set(&scene, LIMIT_OF_USER, "ana", LIMIT_TOTAL, LIMIT_CORES, LIMIT_NONE);
    CU_ASSERT_STRING_EQUAL(reason(&scene, long_one), "Resources");
    scene_clear(&scene);
}

static void test_submissions_are_refused(void)
{
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    set(&scene, LIMIT_OF_PROJECT, "astro", LIMIT_TOTAL, LIMIT_SUBMITTED, 1);
    CU_ASSERT(submit_as(&scene, "ana", 1) > 0);
    CU_ASSERT_EQUAL(submit_as(&scene, "eva", 1), 0);
    CU_ASSERT_EQUAL(scene.err.code, ERROR_EXHAUSTED);
    CU_ASSERT(strstr(scene.err.text, "AssocGrpSubmitJobsLimit") &&
              strstr(scene.err.text, "1 of at most 1 jobs of project astro"));
    set(&scene, LIMIT_OF_PROJECT, "astro", LIMIT_TOTAL, LIMIT_SUBMITTED, LIMIT_NONE);
    set(&scene, LIMIT_OF_NETWORK, "", LIMIT_PER_JOB, LIMIT_WALL, US_PER_MINUTE);
    CU_ASSERT_EQUAL(submit_as(&scene, "ana", 1), 0);
    CU_ASSERT(strstr(scene.err.text, "AssocMaxWallDurationPerJobLimit") != NULL);
    scene_clear(&scene);
}

/* What one of its partitions could never let start goes to the other. */
static void test_another_partition_may_do(void)
{
    struct request request = {
        .partition = (char *)"batch", .clusters = (char *)"alpha", .tasks = 2, .nodes_least = 1};
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    set(&scene, LIMIT_OF_PARTITION, "alpha/batch", LIMIT_PER_JOB, LIMIT_CORES, 1);
    CU_ASSERT_EQUAL(scene_submit(&scene, request), 0);
    request.partition = (char *)"batch,lent";
    job = scene_submit(&scene, request);
    CU_ASSERT_FATAL(job != 0);
    CU_ASSERT_STRING_EQUAL(scene_find(&scene, job)->partition->name, "lent");
    scene_clear(&scene);
}

/* A limit of one cluster sends jobs to the other; of both it keeps them. */
static void test_limits_of_places(void)
{
    struct scene scene;
    uint64_t first, second, third;

    scene_init(&scene);
    scene_join(&scene, "a1", 8, "x");
    scene_join(&scene, "b1", 4, "x");
    set(&scene, LIMIT_OF_CLUSTER, "alpha", LIMIT_TOTAL, LIMIT_JOBS, 1);
    set(&scene, LIMIT_OF_PARTITION, "beta/batch", LIMIT_PER_USER, LIMIT_CORES, 2);
    first = submit_as(&scene, "ana", 2);
    second = submit_as(&scene, "ana", 2);
    third = submit_as(&scene, "ana", 2);
    CU_ASSERT(runs(&scene, first) && runs(&scene, second) && !runs(&scene, third));
    CU_ASSERT_STRING_NOT_EQUAL(scene_find(&scene, first)->cluster->name,
                               scene_find(&scene, second)->cluster->name);
    CU_ASSERT(reason_is_limit(scene_find(&scene, third)->reason));
    scene_end(&scene, second, 0, END_BY_ITSELF, 0);
    CU_ASSERT(runs(&scene, third));
    scene_clear(&scene);
}

/* Kept from one cluster by a limit of which nothing is left, and from the other by its nodes. */
static void test_nodes_come_where_no_limit_is(void)
{
    struct scene scene;
    uint64_t first, second, third;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "b1", 4, "x");
    scene_node(&scene, EVENT_NODE_DRAINED, "b1");
    set(&scene, LIMIT_OF_CLUSTER, "alpha", LIMIT_TOTAL, LIMIT_JOBS, 1);
    first = submit_as(&scene, "ana", 1);
    second = submit_as(&scene, "eva", 1);
    third = submit_as(&scene, "ana", 1);
    CU_ASSERT(runs(&scene, first));
    CU_ASSERT_FALSE(runs(&scene, second) || runs(&scene, third));
    scene_join(&scene, "a2", 4, "x"); /* nodes that do not help them */
    CU_ASSERT_FALSE(runs(&scene, second) || runs(&scene, third));
    scene_node(&scene, EVENT_NODE_RESUMED, "b1");
    CU_ASSERT(runs(&scene, second) && runs(&scene, third));
    scene_clear(&scene);
}

/* Each full minute it is seen whether enough core minutes have passed. */
static void test_core_minutes_pass(void)
{
    struct scene scene;
    uint64_t first, second;

    scene_init(&scene);
    scene_join(&scene, "a1", 8, "x");
    set(&scene, LIMIT_OF_USER, "ana", LIMIT_TOTAL, LIMIT_CORE_SECONDS, 100 * 60);
    first = submit_as(&scene, "ana", 1);
    scene_news(&scene, EVENT_PART_STARTED, first, 0);
    second = submit_as(&scene, "ana", 1);
    CU_ASSERT_STRING_EQUAL(reason(&scene, second), "AssocGrpCPURunMinutesLimit");
    scene.now_us = core_next_time(scene.core);
    CU_ASSERT(scene.now_us >= SCENE_START + 20 * US_PER_MINUTE &&
              scene.now_us < SCENE_START + 22 * US_PER_MINUTE);
    scene_step(&scene, (struct event){.kind = EVENT_TIME_PASSED});
    CU_ASSERT(runs(&scene, second));
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"who is kept waits aside",               test_who_is_kept_waits_aside      },
        {"a job that is kept has no reservation", test_a_kept_job_has_no_reservation},
        {"submissions above a limit are refused", test_submissions_are_refused      },
        {"limits of clusters and partitions",     test_limits_of_places             },
        {"another partition may do",              test_another_partition_may_do     },
        {"nodes come where no limit is",          test_nodes_come_where_no_limit_is },
        {"core minutes pass",                     test_core_minutes_pass            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("limits_plan", tests);
}
