/* test_priority.c - factors of a priority, and the order that they make */

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

static double factor(const struct scene *scene, uint64_t job, enum priority_factor factor)
{
    return priority_factor(scene->core, scene_find(scene, job), factor);
}

static uint64_t submit_as(struct scene *scene, const char *user, uint32_t tasks, int32_t nice)
{
    struct request request = {
        .tasks = tasks, .nodes_least = 1, .nice = nice, .limit_us = US_PER_HOUR};
    uint64_t id = core_next_job(scene->core);
    struct error err;

    CU_ASSERT(core_check_request(scene->core, &request, user, "astro", 1, &err));
    scene_step(
        scene,
        (struct event){
            .kind = EVENT_JOB_SUBMITTED,
            .submission = {
                           .first = id, .copies = 1, .user = user, .project = "astro", .request = &request}
    });
    return id;
}

static void open_scene(struct scene *scene)
{
    scene_init_with(scene, policy_find("multifactor"),
                    (struct priority_settings){
                        .weights = {[PRIORITY_AGE] = 100, [PRIORITY_FAIR_SHARE] = 1000},
                        .age_most_us = US_PER_HOUR,
                        .half_life_us = US_PER_DAY,
    });
    scene_join(scene, "a1", 4, "x");
}

/* Of all that a job may run in, the highest counts. */
static void test_the_highest_partition_counts(void)
{
    struct request request = {.partition = (char *)"batch,lent",
                              .clusters = (char *)"alpha",
                              .tasks = 4,
                              .nodes_least = 1};
    struct scene scene;

    open_scene(&scene);
    inventory_cluster(scene.core->inventory, 0)->partitions[1].priority = PRIORITY_PARTITION_MAX;
    CU_ASSERT_EQUAL(factor(&scene, scene_submit(&scene, request), PRIORITY_PARTITION), 1);
    request.partition = (char *)"batch";
    CU_ASSERT_EQUAL(factor(&scene, scene_submit(&scene, request), PRIORITY_PARTITION), 0);
    scene_clear(&scene);
}

static void test_factors(void)
{
    struct scene scene;
    uint64_t job;

    open_scene(&scene);
    (void)submit_as(&scene, "ana", 4, 0);
    job = submit_as(&scene, "ana", 2, 7);
    CU_ASSERT_EQUAL(factor(&scene, job, PRIORITY_AGE), 0);
    CU_ASSERT_EQUAL(factor(&scene, job, PRIORITY_FAIR_SHARE), 1);
    CU_ASSERT_EQUAL(factor(&scene, job, PRIORITY_SIZE), 0.5);
    CU_ASSERT_EQUAL(factor(&scene, job, PRIORITY_PARTITION), 0);
    CU_ASSERT_EQUAL(factor(&scene, job, PRIORITY_NICE), -7);
    scene_pass(&scene, US_PER_HOUR / 4);
    CU_ASSERT_EQUAL(factor(&scene, job, PRIORITY_AGE), 0.25);
    CU_ASSERT_EQUAL(priority_of_job(scene.core, scene_find(&scene, job)), 1000 + 25 - 7);
    scene_pass(&scene, 2 * US_PER_HOUR);
    CU_ASSERT_EQUAL(factor(&scene, job, PRIORITY_AGE), 1);
    CU_ASSERT_STRING_EQUAL(priority_factor_name(PRIORITY_FAIR_SHARE), "fair-share");
    scene_clear(&scene);
}

/* What people are shown is what the queue goes by. */
static void test_view(void)
{
    struct scene scene;
    struct priority_view view;
    uint64_t job;

    open_scene(&scene);
    (void)submit_as(&scene, "ana", 4, 0);
    job = submit_as(&scene, "ana", 2, 7);
    scene_pass(&scene, US_PER_HOUR / 4);
    priority_view(scene.core, scene_find(&scene, job), &view);
    CU_ASSERT_EQUAL(view.factors[PRIORITY_AGE], 0.25);
    CU_ASSERT_EQUAL(view.weighted[PRIORITY_AGE], 25);
    CU_ASSERT_EQUAL(view.priority, priority_of_job(scene.core, scene_find(&scene, job)));
    CU_ASSERT(view.is_ranked);
    CU_ASSERT_EQUAL(view.rank, -view.priority);
    CU_ASSERT_EQUAL(view.standing.cores, 2);
    scene_job(&scene, EVENT_JOB_HELD, job, "ana");
    priority_view(scene.core, scene_find(&scene, job), &view);
    CU_ASSERT_FALSE(view.is_ranked);
    scene_clear(&scene);
}

/* More shares are in force at once. */
static void test_shares_are_set(void)
{
    struct scene scene;
    uint64_t first, second, other;

    open_scene(&scene);
    first = submit_as(&scene, "ana", 4, 0);
    scene_news(&scene, EVENT_PART_STARTED, first, 0);
    second = submit_as(&scene, "ana", 4, 0);
    scene_pass(&scene, US_PER_HOUR / 2);
    other = submit_as(&scene, "eva", 4, 0);
    scene_step(&scene, (struct event){
                           .kind = EVENT_SHARE_SET, .share = {"unam", "astro", "eva", 0}
    });
    scene_end(&scene, first, 0, END_BY_ITSELF, 0);
    CU_ASSERT_EQUAL(scene_find(&scene, second)->state, JOB_CONFIGURING);
    CU_ASSERT_EQUAL(scene_find(&scene, other)->state, JOB_PENDING);
    scene_clear(&scene);
}

/* Who has used nothing passes who has. */
static void test_shares_order_the_queue(void)
{
    struct scene scene;
    uint64_t first, second, other;

    open_scene(&scene);
    first = submit_as(&scene, "ana", 4, 0);
    scene_news(&scene, EVENT_PART_STARTED, first, 0);
    second = submit_as(&scene, "ana", 4, 0);
    scene_pass(&scene, US_PER_HOUR / 2);
    other = submit_as(&scene, "eva", 4, 0);
    scene_end(&scene, first, 0, END_BY_ITSELF, 0);
    CU_ASSERT_EQUAL(scene_find(&scene, second)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(scene_find(&scene, other)->state, JOB_CONFIGURING);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each factor",                       test_factors                     },
        {"the highest partition counts",      test_the_highest_partition_counts},
        {"what is shown is what is done",     test_view                        },
        {"shares that are set count at once", test_shares_are_set              },
        {"who has used less goes first",      test_shares_order_the_queue      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("priority", tests);
}
