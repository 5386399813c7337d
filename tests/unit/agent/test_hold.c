/* test_hold.c - what a node does while its launcher is away, and when it may start at once */

#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#define READY   WIRE__PART_EVENT__PART_EVENT_READY
#define STARTED WIRE__PART_EVENT__PART_EVENT_STARTED
#define ENDED   WIRE__PART_EVENT__PART_EVENT_ENDED
#define REFUSED WIRE__PART_EVENT__PART_EVENT_REFUSED

static const char machine[] = "synthetic:package:2 numa:1 core:4 pu:2";

static struct simulated_plan run_ten_seconds(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.run_us = 10 * SECOND, .exit_code = 3};
}

static void test_start_at_once_is_told_once(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);

    scene_start(scene, 17, 1, 4); /* the first that is heard of it */
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, READY), 0);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, STARTED)->core_list, "0-3");
    scene_run(scene, 20 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
}

static void test_what_needs_the_launcher_waits_for_it(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, NULL, NULL);
    struct runtime_simulated *runtime = scene->nodes[0].simulated;
    const struct task_key key = scene_key(17, 0, 0);

    runtime_simulated_leave(runtime, true);
    scene_start(scene, 17, 1, 4);
    scene_run(scene, 30 * SECOND);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 4);
    runtime_simulated_leave(runtime, false);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), 0);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
    CU_ASSERT_EQUAL(runtime_simulated_starts(runtime), 1);

    runtime_simulated_leave(runtime, true);
    scene_part_stop(scene, 0, 17, 0, 12);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_last_signal(runtime, &key), -1);
    runtime_simulated_leave(runtime, false);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_last_signal(runtime, &key), 12);

    runtime_simulated_leave(runtime, true); /* for longer than anybody would wait */
    scene_start(scene, 18, 1, 4);
    scene_run(scene, 120 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 18, 0, REFUSED), 0); /* something may be left of it */
    runtime_simulated_leave(runtime, false);
    scene_run(scene, 30 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 18, 0, REFUSED), 1);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 4);
}

/* Whoever asks again for what has ended has not believed it: it is told once more each time. */
static void test_a_launch_of_what_has_ended_is_refused(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);

    scene_start(scene, 17, 1, 4);
    scene_run(scene, 20 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    for (size_t i = 1; i <= 3; i++) {
        scene_start(scene, 17, 1, 4);
        scene_start(scene, 17, 1, 4);
        scene_run(scene, SECOND);
        CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), i);
    }
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 1);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a start at once is told once",          test_start_at_once_is_told_once           },
        {"what needs the launcher waits for it",  test_what_needs_the_launcher_waits_for_it },
        {"a launch of what has ended is refused", test_a_launch_of_what_has_ended_is_refused},
        CU_TEST_INFO_NULL,
    };

    return run_suite("hold", tests);
}
