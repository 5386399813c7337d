/* test_lent.c - an agent whose node is lent by another scheduler */

#include "agent/agent.h"

#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#include <string.h>

#define STARTED    WIRE__PART_EVENT__PART_EVENT_STARTED
#define REFUSED    WIRE__PART_EVENT__PART_EVENT_REFUSED
#define GIVEN_BACK WIRE__PART_EVENT__PART_EVENT_GIVEN_BACK
#define HEARTBEATS WIRE__ENVELOPE__BODY_HEARTBEAT

static const char machine[] = "synthetic:package:1 core:8 pu:1";

static struct simulated_plan given_back(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.fails = true, .gives_back = true};
}

static struct simulated_plan long_run(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.run_us = 100 * SECOND};
}

static struct scene *lent_scene(simulated_plan_fn *plan)
{
    struct scene *scene = scene_new(1, machine, plan, NULL);

    scene_stop_agent(scene, 0);
    scene->nodes[0].lent = true;
    scene_start_agent(scene, 0);
    scene_run(scene, SECOND);
    return scene;
}

static void test_what_is_given_back_is_told_so(void)
{
    CLEANUP(scene_freep) struct scene *scene = lent_scene(given_back);

    scene->acknowledge = false;
    scene_launch(scene, 17, 1, 2);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 2);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, GIVEN_BACK));
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, GIVEN_BACK)->text,
                           "the directory is not there");
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), 0);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
    scene_stop_agent(scene, 0); /* the journal tells the same */
    scene_start_agent(scene, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), 0);
    CU_ASSERT(scene_reports(scene, 17, 0, GIVEN_BACK) >= 2);
    scene->acknowledge = true;
    scene_run(scene, 40 * SECOND);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 0);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 0);
}

static const Wire__Heartbeat *last_beat(const struct scene *scene)
{
    const Wire__Envelope *envelope = scene_last(scene, HEARTBEATS);

    return envelope ? envelope->heartbeat : NULL;
}

static void test_that_it_is_occupied_is_told_at_once(void)
{
    CLEANUP(scene_freep) struct scene *scene = lent_scene(NULL);
    struct agent *agent = scene->nodes[0].agent;
    size_t before = scene->heard_of[HEARTBEATS];

    agent_set_occupied(agent, "the site uses it");
    scene_run(scene, SECOND / 2);
    CU_ASSERT_EQUAL_FATAL(scene->heard_of[HEARTBEATS], before + 1);
    CU_ASSERT(last_beat(scene)->lent);
    CU_ASSERT_STRING_EQUAL(last_beat(scene)->occupied, "the site uses it");
    agent_set_occupied(agent, "the site uses it"); /* no news */
    scene_run(scene, SECOND / 2);
    CU_ASSERT_EQUAL(scene->heard_of[HEARTBEATS], before + 1);
    agent_set_occupied(agent, NULL);
    scene_run(scene, SECOND / 2);
    CU_ASSERT_EQUAL_FATAL(scene->heard_of[HEARTBEATS], before + 2);
    CU_ASSERT_STRING_EQUAL(last_beat(scene)->occupied, "");
}

static void test_how_long_ago_it_started_is_told(void)
{
    CLEANUP(scene_freep) struct scene *scene = lent_scene(long_run);

    scene->acknowledge = false;
    scene_launch(scene, 17, 1, 2);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 2);
    scene_run(scene, 20 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, STARTED));
    CU_ASSERT(scene_report(scene, 17, 0, STARTED)->ago_us >= 3 * SECOND); /* of the last of many */
    CU_ASSERT(scene_report(scene, 17, 0, STARTED)->ago_us <= 20 * SECOND);
}

static void test_other_nodes_say_nothing_of_that(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, long_run, NULL);

    scene->acknowledge = false;
    scene_launch(scene, 17, 1, 2);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 2);
    scene_run(scene, 20 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, STARTED));
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, STARTED)->ago_us, 0);
    CU_ASSERT_FALSE(last_beat(scene)->lent);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is given back is told so",       test_what_is_given_back_is_told_so      },
        {"that it is occupied is told at once", test_that_it_is_occupied_is_told_at_once},
        {"how long ago it started is told",     test_how_long_ago_it_started_is_told    },
        {"other nodes say nothing of that",     test_other_nodes_say_nothing_of_that    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("lent", tests);
}
