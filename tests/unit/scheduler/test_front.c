/* test_front.c - who comes before a waiting job */

#include "scheduler/core/front.h"

#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

static uint64_t submit(struct scene *scene, const char *cluster, uint32_t tasks, int32_t nice)
{
    return scene_submit(scene, (struct request){.clusters = (char *)(uintptr_t)cluster,
                                                .nodes_least = 1,
                                                .tasks = tasks,
                                                .limit_us = US_PER_HOUR,
                                                .nice = nice});
}

static void test_those_of_its_lanes_by_turn(void)
{
    struct scene scene;
    struct front front;
    uint64_t nice, plain, held, job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "b1", 4, "x");
    (void)submit(&scene, "alpha", 4, 0);
    (void)submit(&scene, "beta", 4, 0);
    nice = submit(&scene, "alpha", 4, 5);
    plain = submit(&scene, "alpha", 3, 0);
    (void)submit(&scene, "beta", 4, 0); /* elsewhere */
    held = submit(&scene, "alpha", 4, 0);
    scene_job(&scene, EVENT_JOB_HELD, held, "ana");
    job = submit(&scene, "alpha", 2, 9);
    core_front(scene.core, job, &front);
    CU_ASSERT_EQUAL(front.count, 2);
    CU_ASSERT_EQUAL(front.cores, 7);
    CU_ASSERT_EQUAL(front.listed, 2);
    CU_ASSERT_EQUAL(front.jobs[0], plain);
    CU_ASSERT_EQUAL(front.jobs[1], nice);
    core_front(scene.core, held, &front);
    CU_ASSERT_EQUAL(front.count, 0);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"those that may run where it may, by turn", test_those_of_its_lanes_by_turn},
        CU_TEST_INFO_NULL,
    };

    return run_suite("front", tests);
}
