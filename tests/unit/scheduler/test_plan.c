/* test_plan.c - who starts, who waits, and why */

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

static struct request ask(uint32_t tasks, int64_t minutes)
{
    return (struct request){
        .tasks = tasks,
        .nodes_least = 1,
        .clusters = (char *)"alpha",
        .limit_us = minutes * US_PER_MINUTE,
    };
}

static enum job_state state_of(const struct scene *scene, uint64_t job)
{
    return scene_find(scene, job)->state;
}

static void test_order_and_backfill(void)
{
    struct scene scene;
    uint64_t first, wide, longer, shorter;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    first = scene_submit(&scene, ask(3, 60));
    wide = scene_submit(&scene, ask(4, 60));
    longer = scene_submit(&scene, ask(1, 61));
    shorter = scene_submit(&scene, ask(1, 60));
    CU_ASSERT_EQUAL(state_of(&scene, first), JOB_CONFIGURING);
    CU_ASSERT_EQUAL(scene_find(&scene, wide)->reason, REASON_RESOURCES);
    CU_ASSERT_EQUAL(scene_find(&scene, wide)->planned_us, SCENE_START + US_PER_HOUR);
    CU_ASSERT_EQUAL(scene_find(&scene, longer)->reason, REASON_PRIORITY);
    CU_ASSERT_EQUAL(scene_find(&scene, longer)->planned_us, 0);
    CU_ASSERT_EQUAL(state_of(&scene, shorter), JOB_CONFIGURING);
    scene_clear(&scene);
}

/* A job that comes before the first that waits takes its place. */
static void test_coming_in_front(void)
{
    struct scene scene;
    struct request eager = ask(4, 60);
    uint64_t waiting, front;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    (void)scene_submit(&scene, ask(4, 60));
    waiting = scene_submit(&scene, ask(4, 30));
    eager.nice = -1;
    front = scene_submit(&scene, eager);
    CU_ASSERT_EQUAL(scene_find(&scene, front)->reason, REASON_RESOURCES);
    CU_ASSERT_EQUAL(scene_find(&scene, waiting)->reason, REASON_PRIORITY);
    scene_job(&scene, EVENT_JOB_CANCELLED, front, "ana");
    CU_ASSERT_EQUAL(scene_find(&scene, waiting)->reason, REASON_RESOURCES);
    scene_clear(&scene);
}

static struct request ask_memory(int64_t minutes)
{
    struct request request = ask(1, minutes);

    request.memory_per_node = UINT64_C(3) << 30;
    return request;
}

static void test_depth(void)
{
    struct scene scene;
    uint64_t last;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    (void)scene_submit(&scene, ask_memory(30));
    (void)scene_submit(&scene, ask(4, 10));
    /* Ten shapes behind it, each easier than the one before, are looked at in vain, as memory is
     * not among the sums; the eleventh is not looked at. */
    for (uint32_t i = 0; i < 10; i++)
        (void)scene_submit(&scene, ask_memory(25 - i));
    last = scene_submit(&scene, ask(1, 5));
    CU_ASSERT_EQUAL(state_of(&scene, last), JOB_PENDING);
    CU_ASSERT_EQUAL(scene_find(&scene, last)->reason, REASON_PRIORITY);
    scene_clear(&scene);
}

/* What asks for as much as one that failed is passed over, and does not count. */
static void test_failures_tell_of_others(void)
{
    struct scene scene;
    uint64_t last;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    (void)scene_submit(&scene, ask_memory(30));
    (void)scene_submit(&scene, ask(4, 10));
    for (uint32_t i = 0; i < 10; i++)
        (void)scene_submit(&scene, ask_memory(15 + i));
    last = scene_submit(&scene, ask(1, 5));
    CU_ASSERT_EQUAL(state_of(&scene, last), JOB_CONFIGURING);
    scene_clear(&scene);
}

/* The cheapest way in: the cluster that could start it, and of these the one with most room. */
static void test_choice_of_cluster(void)
{
    struct scene scene;
    struct request anywhere = {.tasks = 2, .nodes_least = 1};
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "b1", 8, "x");
    job = scene_submit(&scene, anywhere);
    CU_ASSERT_STRING_EQUAL(scene_find(&scene, job)->cluster->name, "beta");
    anywhere.tasks = 3;
    job = scene_submit(&scene, anywhere); /* 4 free against 6 */
    CU_ASSERT_STRING_EQUAL(scene_find(&scene, job)->cluster->name, "beta");
    job = scene_submit(&scene, anywhere); /* 4 against 3 */
    CU_ASSERT_STRING_EQUAL(scene_find(&scene, job)->cluster->name, "alpha");
    scene_clear(&scene);
}

static void test_reasons(void)
{
    struct scene scene;
    struct request listed = ask(1, 10);
    uint64_t none_yet, away, dear;

    scene_init(&scene);
    none_yet = scene_submit(&scene, ask(1, 10));
    CU_ASSERT_EQUAL(scene_find(&scene, none_yet)->reason, REASON_NODE_NOT_AVAILABLE);
    scene_join(&scene, "a1", 64, "x");
    CU_ASSERT_EQUAL(state_of(&scene, none_yet), JOB_CONFIGURING);
    scene_join(&scene, "a2", 4, "x");
    scene_node(&scene, EVENT_NODE_LOST, "a2");
    listed.node_list = (char *)"a2";
    away = scene_submit(&scene, listed);
    CU_ASSERT_EQUAL(scene_find(&scene, away)->reason, REASON_NODE_NOT_AVAILABLE);
    dear = scene_submit(&scene, ask(63, 24 * 60)); /* more than 1,000 SU */
    CU_ASSERT_EQUAL(scene_find(&scene, dear)->reason, REASON_BUDGET);
    /* It comes back smaller than the job was when it was taken. */
    scene_join(&scene, "a2", 4, "y");
    CU_ASSERT_EQUAL(state_of(&scene, away), JOB_CONFIGURING);
    scene_clear(&scene);
}

static void test_constraints_lost(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 8, "x");
    (void)scene_submit(&scene, ask(8, 10));
    job = scene_submit(&scene, ask(8, 10));
    scene_node(&scene, EVENT_NODE_LOST, "a1");
    scene_join(&scene, "a1", 4, "y");
    CU_ASSERT_EQUAL(scene_find(&scene, job)->reason, REASON_BAD_CONSTRAINTS);
    scene_clear(&scene);
}

/* Whole nodes cost what they have, not what is asked for. */
static void test_price_of_whole_nodes(void)
{
    struct scene scene;
    struct request whole = ask(1, 24 * 60);
    uint64_t job, small;

    scene_init(&scene);
    scene_join(&scene, "a1", 64, "x"); /* a day of it: 1,536 SU */
    whole.exclusive = true;
    job = scene_submit(&scene, whole);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->reason, REASON_BUDGET);
    small = scene_submit(&scene, ask(64, 10)); /* it stands in nobody's way */
    CU_ASSERT_EQUAL(state_of(&scene, small), JOB_CONFIGURING);
    scene_clear(&scene);
}

/* More may start than one step starts. */
static void test_many_starts(void)
{
    struct scene scene;
    struct request request = ask(1, 10);
    struct error err;
    uint64_t pending, running;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_node(&scene, EVENT_NODE_DRAINED, "a1");
    CU_ASSERT(core_check_request(scene.core, &request, "ana", "astro", 1, &err));
    scene_step(&scene, (struct event){
                           .kind = EVENT_JOB_SUBMITTED,
                           .submission = {.first = 1,
                                          .copies = 5500,
                                          .user = "ana",
                                          .project = "astro",
                                          .request = &request}
    });
    scene_join(&scene, "a2", 8000, "x");
    core_count(scene.core, &pending, &running);
    CU_ASSERT(running > 0 && running < 5500);
    while (core_next_time(scene.core) <= scene.now_us)
        scene_pass(&scene, 0);
    core_count(scene.core, &pending, &running);
    CU_ASSERT_EQUAL(running, 5500);
    scene_clear(&scene);
}

/* Who runs as long as the partition lets him fits where he did not once it lets him less. */
static void test_limits_change(void)
{
    struct partition partitions[] = {
        {.name = (char *)"batch",
         .is_default = true,
         .up = true,
         .limit_us = 30 * US_PER_MINUTE,
         .default_limit_us = 30 * US_PER_MINUTE},
    };
    struct cluster alpha = {.name = (char *)"alpha",
                            .institution = (char *)"unam",
                            .factor_ppm = 1000000,
                            .partition_count = 1,
                            .partitions = partitions};
    struct core_settings settings = {
        .clusters = &alpha,
        .cluster_count = 1,
        .keep_ended_us = US_PER_MINUTE,
        .launch_failures_most = 2,
        .pending_most = 20,
        .pending_most_per_user = 15,
    };
    struct request endless = ask(1, 1);
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    (void)scene_submit(&scene, ask(3, 60));
    (void)scene_submit(&scene, ask(4, 20));
    endless.limit_us = INT64_MAX;
    job = scene_submit(&scene, endless);
    CU_ASSERT_EQUAL(state_of(&scene, job), JOB_PENDING);
    core_change_settings(scene.core, &settings);
    scene_pass(&scene, 0);
    CU_ASSERT_EQUAL(state_of(&scene, job), JOB_CONFIGURING);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"in order, and early where it delays nobody", test_order_and_backfill     },
        {"a job may come in front",                    test_coming_in_front        },
        {"a failure tells of all that is harder",      test_failures_tell_of_others},
        {"a pass goes so deep and no deeper",          test_depth                  },
        {"the cluster with most room",                 test_choice_of_cluster      },
        {"why jobs wait",                              test_reasons                },
        {"what no node is like any more",              test_constraints_lost       },
        {"whole nodes at their whole price",           test_price_of_whole_nodes   },
        {"what one step leaves, the next starts",      test_many_starts            },
        {"other limits of partitions",                 test_limits_change          },
        CU_TEST_INFO_NULL,
    };

    return run_suite("plan", tests);
}
