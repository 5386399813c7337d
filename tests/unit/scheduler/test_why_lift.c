/* test_why_lift.c - what blocks a job is taken out of its way, on a copy of the core */

#include "base/twin.h"
#include "scheduler/core/core.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

struct trial {
    struct scene *scene;
    uint64_t job;
    const struct blocker *blockers;
    unsigned count;
};

static void lift(void *owner, int output)
{
    struct trial *trial = owner;
    bool started = core_lift(trial->scene->core, trial->job, NULL, trial->blockers, trial->count);

    (void)twin_write(output, &started, sizeof(started));
}

static bool starts(struct scene *scene, uint64_t job, const struct blocker *blockers,
                   unsigned count)
{
    struct trial trial = {scene, job, blockers, count};
    struct error err;
    bool started = false;

    CU_ASSERT(twin_ask(lift, &trial, &started, sizeof(started), &err));
    return started;
}

static void test_all_or_nothing(void)
{
    struct request alpha = {.clusters = (char *)"alpha", .nodes_least = 1};
    struct blocker blockers[BLOCKER_MAX];
    struct scene scene;
    unsigned count;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    alpha.tasks = 4;
    (void)scene_submit(&scene, alpha);
    alpha.begin_us = SCENE_START + US_PER_MINUTE;
    job = scene_submit(&scene, alpha);
    scene_job(&scene, EVENT_JOB_HELD, job, "ana");
    count = core_why(scene.core, job, blockers);
    CU_ASSERT_EQUAL_FATAL(count, 3);
    CU_ASSERT_EQUAL(blockers[0].tier, BLOCKER_WAIT);
    CU_ASSERT_EQUAL(blockers[2].reason, REASON_RESOURCES);
    CU_ASSERT(starts(&scene, job, blockers, 3));
    CU_ASSERT_FALSE(starts(&scene, job, blockers, 2));
    CU_ASSERT_FALSE(starts(&scene, job, blockers + 1, 2));
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_PENDING);
    core_check_invariants(scene.core);
    scene_clear(&scene);
}

static void test_a_drained_node_comes_back(void)
{
    struct request alpha = {.clusters = (char *)"alpha", .tasks = 2};
    struct blocker blockers[BLOCKER_MAX];
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_node(&scene, EVENT_NODE_DRAINED, "a1");
    job = scene_submit(&scene, alpha);
    CU_ASSERT_EQUAL_FATAL(core_why(scene.core, job, blockers), 1);
    CU_ASSERT_EQUAL(blockers[0].reason, REASON_NODE_NOT_AVAILABLE);
    CU_ASSERT(starts(&scene, job, blockers, 1));
    CU_ASSERT_FALSE(starts(&scene, job, blockers, 0));
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"it starts without all of them, not sooner", test_all_or_nothing           },
        {"a drained node comes back",                 test_a_drained_node_comes_back},
        CU_TEST_INFO_NULL,
    };

    return run_suite("why_lift", tests);
}
