/* test_advice.c - what else could be asked for, so that it starts now */

#include "scheduler/core/advice.h"

#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

static const struct proposal *find(const struct proposal *proposals, unsigned count,
                                   const char *change)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(proposals[i].change, change) == 0)
            return &proposals[i];
    return NULL;
}

/* a1 has 4 cores and 4 GiB, of which 1 and 1 GiB are free; b1 is idle. */
static void fill(struct scene *scene)
{
    scene_init(scene);
    scene_join(scene, "a1", 4, "x");
    scene_join(scene, "b1", 2, "x");
    (void)scene_submit(scene, (struct request){.clusters = (char *)"alpha",
                                               .nodes_least = 1,
                                               .tasks = 3,
                                               .memory_per_node = UINT64_C(3) << 30,
                                               .limit_us = US_PER_HOUR});
}

static void test_the_least_change_of_each_kind(void)
{
    struct proposal proposals[PROPOSAL_MAX] = {0};
    struct scene scene;
    unsigned count;
    uint64_t job;

    fill(&scene);
    job = scene_submit(&scene, (struct request){.clusters = (char *)"alpha",
                                                .nodes_least = 1,
                                                .tasks = 1,
                                                .memory_per_node = UINT64_C(2) << 30,
                                                .limit_us = US_PER_HOUR});
    count = core_propose(scene.core, job, proposals);
    CU_ASSERT_PTR_NOT_NULL(find(proposals, count, "--mem=1G"));
    CU_ASSERT_PTR_NOT_NULL(find(proposals, count, "without --clusters"));
    CU_ASSERT_PTR_NULL(find(proposals, count, "--ntasks=1"));
    proposals_clear(proposals, count);
    scene_clear(&scene);
}

static void test_fewer_tasks(void)
{
    struct proposal proposals[PROPOSAL_MAX] = {0};
    const struct proposal *found;
    struct scene scene;
    struct tried tried;
    unsigned count;
    uint64_t job;

    fill(&scene);
    job = scene_submit(&scene, (struct request){.clusters = (char *)"alpha",
                                                .nodes_least = 1,
                                                .tasks = 4,
                                                .limit_us = US_PER_HOUR});
    count = core_propose(scene.core, job, proposals);
    found = find(proposals, count, "--ntasks=1");
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    core_try(scene.core, job, &found->request, false, &tried);
    CU_ASSERT(tried.started);
    CU_ASSERT_STRING_EQUAL(tried.place, "alpha/batch");
    CU_ASSERT_STRING_EQUAL(tried.nodes, "a1");
    proposals_clear(proposals, count);
    scene_clear(&scene);
}

/* Nodes without a task are not asked for, so both numbers go down, and both are said. */
static void test_fewer_nodes(void)
{
    struct proposal proposals[PROPOSAL_MAX] = {0};
    const struct request request = {.clusters = (char *)"alpha",
                                    .nodes_least = 99,
                                    .nodes_most = 99,
                                    .tasks = 99,
                                    .cpus_per_task = 1,
                                    .limit_us = US_PER_HOUR};
    struct scene scene;
    unsigned count;

    fill(&scene);
    scene_join(&scene, "a2", 4, "x");
    count = core_propose_possible(scene.core, &request, proposals);
    CU_ASSERT_PTR_NOT_NULL(find(proposals, count, "--nodes=2 --ntasks=2"));
    CU_ASSERT_PTR_NULL(find(proposals, count, "--ntasks=2"));
    proposals_clear(proposals, count);
    scene_clear(&scene);
}

static void test_a_trial_that_fails(void)
{
    struct request request = {.tasks = 4,
                              .cpus_per_task = 1,
                              .nodes_least = 1,
                              .nodes_most = 1,
                              .clusters = (char *)"alpha",
                              .limit_us = US_PER_HOUR};
    struct scene scene;
    struct tried tried;
    uint64_t job;

    fill(&scene);
    job = scene_submit(&scene, request);
    core_try(scene.core, job, &request, true, &tried);
    CU_ASSERT_FALSE(tried.started);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_CANCELLED);
    scene_clear(&scene);
}

/* It is the first in its turn, and there is room: what begins in two hours is in its way. */
static void test_a_time_before_the_window(void)
{
    struct proposal proposals[PROPOSAL_MAX] = {0};
    const struct proposal *found;
    struct scene scene;
    struct tried tried;
    unsigned count;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_step(&scene, (struct event){
                           .kind = EVENT_WINDOW_SET,
                           .by = "root",
                           .window = {.name = "fans",
                                      .cluster = "alpha",
                                      .nodes = "a1",
                                      .start_us = SCENE_START + 2 * US_PER_HOUR,
                                      .end_us = SCENE_START + 3 * US_PER_HOUR,
                                      .maintenance = true,
                                      .users = "",
                                      .projects = "",
                                      .institutions = ""}
    });
    job = scene_submit(
        &scene,
        (struct request){.clusters = (char *)"alpha", .tasks = 1, .limit_us = 4 * US_PER_HOUR});
    count = core_propose(scene.core, job, proposals);
    found = find(proposals, count, "--time=01:55:00");
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    core_try(scene.core, job, &found->request, false, &tried);
    CU_ASSERT(tried.started);
    proposals_clear(proposals, count);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"fewer nodes",                   test_fewer_nodes                  },
        {"the least change of each kind", test_the_least_change_of_each_kind},
        {"fewer tasks",                   test_fewer_tasks                  },
        {"a trial that fails",            test_a_trial_that_fails           },
        {"a time before the window",      test_a_time_before_the_window     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("advice", tests);
}
