/* test_why.c - everything that blocks a pending job */

#include "scheduler/core/core.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

static const struct blocker *find(const struct blocker *blockers, unsigned count,
                                  enum job_reason reason)
{
    for (unsigned i = 0; i < count; i++)
        if (blockers[i].reason == reason)
            return &blockers[i];
    return NULL;
}

static void test_all_at_once(void)
{
    struct blocker blockers[BLOCKER_MAX];
    const struct blocker *found;
    struct scene scene;
    unsigned count;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 64, "x");
    (void)scene_submit(&scene, (struct request){.tasks = 1, .limit_us = US_PER_HOUR});
    job = scene_submit(&scene, (struct request){.tasks = 64,
                                                .nodes_least = 1,
                                                .limit_us = US_PER_DAY,
                                                .begin_us = SCENE_START + US_PER_MINUTE});
    scene_job(&scene, EVENT_JOB_HELD, job, "ana");
    count = core_why(scene.core, job, blockers);
    CU_ASSERT_PTR_NOT_NULL(find(blockers, count, REASON_HELD_USER));
    found = find(blockers, count, REASON_BEGIN_TIME);
    CU_ASSERT(found && found->free_us == SCENE_START + US_PER_MINUTE);
    found = find(blockers, count, REASON_BUDGET);
    CU_ASSERT(found && strcmp(found->place, "institution unam for alpha") == 0);
    CU_ASSERT(found && strcmp(found->needs, "1536.533333 SU") == 0);
    found = find(blockers, count, REASON_RESOURCES);
    CU_ASSERT(found && strcmp(found->place, "alpha/batch") == 0);
    CU_ASSERT(found && strcmp(found->has, "63 cores free") == 0);
    CU_ASSERT(found && found->free_us == SCENE_START + US_PER_HOUR);
    CU_ASSERT_PTR_NOT_NULL(find(blockers, count, REASON_NODE_NOT_AVAILABLE)); /* beta has none */
    scene_clear(&scene);
}

/* Both nodes are there: that one of them refused the last launch makes neither missing. */
static void test_a_refusal_is_no_missing_node(void)
{
    struct blocker blockers[BLOCKER_MAX];
    struct scene scene;
    unsigned count;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    job = scene_submit(&scene, (struct request){.tasks = 2, .nodes_least = 2, .nodes_most = 2});
    scene_news(&scene, EVENT_PART_REFUSED, job, 0);
    scene_news(&scene, EVENT_PART_REFUSED, job, 1);
    scene_pass(&scene, US_PER_MINUTE);
    scene_news(&scene, EVENT_PART_REFUSED, job, 0);
    scene_news(&scene, EVENT_PART_REFUSED, job, 1);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->reason, REASON_LAUNCH_FAILED_HELD);
    count = core_why(scene.core, job, blockers);
    CU_ASSERT_PTR_NOT_NULL(find(blockers, count, REASON_LAUNCH_FAILED_HELD));
    CU_ASSERT_PTR_NULL(find(blockers, count, REASON_BAD_CONSTRAINTS));
    scene_clear(&scene);
}

static void test_turn(void)
{
    struct blocker blockers[BLOCKER_MAX];
    struct request alpha = {.clusters = (char *)"alpha", .nodes_least = 1};
    const struct blocker *found;
    struct scene scene;
    unsigned count;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    alpha.tasks = 3;
    (void)scene_submit(&scene, alpha);
    alpha.tasks = 4;
    (void)scene_submit(&scene, alpha);
    alpha.tasks = 1;
    alpha.limit_us = 2 * US_PER_HOUR;
    job = scene_submit(&scene, alpha);
    count = core_why(scene.core, job, blockers);
    found = find(blockers, count, REASON_PRIORITY);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT(found && strcmp(found->needs, "the turn of job 2") == 0);
    CU_ASSERT(found && found->free_us == SCENE_START + US_PER_HOUR);
    scene_clear(&scene);
}

/* What is short is told alone, and both where both are. */
static void test_each_thing(void)
{
    struct blocker blockers[BLOCKER_MAX];
    struct request request = {.tasks = 1,
                              .nodes_least = 1,
                              .memory_per_node = UINT64_C(1) << 30,
                              .limit_us = US_PER_HOUR};
    struct event join = {
        .kind = EVENT_NODE_JOINED,
        .node = {.name = "a1",
                 .cluster = "alpha",
                 .boot_id = "x",
                 .cores = 4,
                 .memory_bytes = UINT64_C(4) << 30},
    };
    struct scene scene;
    unsigned count;

    scene_init(&scene);
    scene_step(&scene, join);
    request.clusters = (char *)"alpha";
    request.memory_per_node = UINT64_C(3) << 30;
    (void)scene_submit(&scene, request);
    request.memory_per_node = UINT64_C(2) << 30;
    count = core_why(scene.core, scene_submit(&scene, request), blockers);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_STRING_EQUAL(blockers[0].needs, "2G a node");
    CU_ASSERT_STRING_EQUAL(blockers[0].has, "at most 1G free on one node");
    CU_ASSERT_EQUAL(blockers[0].free_us, SCENE_START + US_PER_HOUR);
    request.tasks = 4;
    count = core_why(scene.core, scene_submit(&scene, request), blockers);
    CU_ASSERT(count >= 2);
    CU_ASSERT_STRING_EQUAL(blockers[0].needs, "4 cores on one node");
    CU_ASSERT_STRING_EQUAL(blockers[0].has, "3 cores free");
    CU_ASSERT_STRING_EQUAL(blockers[1].needs, "2G a node");
    scene_clear(&scene);
}

static void test_nobody(void)
{
    struct blocker blockers[BLOCKER_MAX];
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    CU_ASSERT_EQUAL(core_why(scene.core, 1, blockers), 0);
    scene_join(&scene, "a1", 4, "x");
    job = scene_submit(&scene, (struct request){.tasks = 1});
    CU_ASSERT_EQUAL(core_why(scene.core, job, blockers), 0);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every obstacle, not the first alone", test_all_at_once                 },
        {"whose turn it is",                    test_turn                        },
        {"what is short, and nothing else",     test_each_thing                  },
        {"nothing blocks what does not wait",   test_nobody                      },
        {"a refusal is no missing node",        test_a_refusal_is_no_missing_node},
        CU_TEST_INFO_NULL,
    };

    return run_suite("why", tests);
}
