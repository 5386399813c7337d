/* test_reservation.c - the first time for a job that must wait, and what is left around it */

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#define MINUTES(n) (SCENE_START + (n)*US_PER_MINUTE)

static int64_t find(const struct scene *scene, struct request request, const char **ret_node)
{
    const struct cluster *alpha = inventory_cluster(core_inventory(scene->core), 0);
    struct need need = {.request = &request};
    struct node *node;
    struct error err;
    int64_t start_us;

    CU_ASSERT(core_check_request(scene->core, &request, "ana", "astro", 1, &err));
    start_us = reservation_find(scene->core, &need, alpha, &node);
    *ret_node = node ? node->name : "";
    return start_us;
}

static void run(struct scene *scene, const char *node, uint32_t tasks, int64_t minutes)
{
    CU_ASSERT(scene_submit(scene, (struct request){.tasks = tasks,
                                                   .nodes_least = 1,
                                                   .node_list = (char *)node,
                                                   .limit_us = minutes * US_PER_MINUTE}) != 0);
}

static void test_first_time(void)
{
    static const struct {
        struct request request;
        int64_t minutes;
        const char *node;
    } cases[] = {
        {{.tasks = 1, .nodes_least = 1},                               10, "a1"},
        {{.tasks = 2, .nodes_least = 1},                               10, "a1"},
        {{.tasks = 3, .nodes_least = 1},                               20, "a2"},
        {{.tasks = 4, .nodes_least = 1},                               20, "a2"},
        {{.tasks = 6},                                                 20, ""  },
        {{.tasks = 7},                                                 30, ""  },
        {{.tasks = 2, .nodes_least = 2},                               20, ""  },
        {{.nodes_least = 1, .exclusive = true},                        20, "a2"},
        {{.nodes_least = 2, .exclusive = true},                        30, ""  },
        {{.tasks = 1, .nodes_least = 1, .node_exclude = (char *)"a2"}, 10, "a1"},
    };
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    run(&scene, "a1", 2, 10);
    run(&scene, "a1", 2, 30);
    run(&scene, "a2", 4, 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *node;

        CU_ASSERT_EQUAL(find(&scene, cases[i].request, &node), MINUTES(cases[i].minutes));
        CU_ASSERT_STRING_EQUAL(node, cases[i].node);
    }
    scene_clear(&scene);
}

/* A job past its end may end at any moment; a node that is away never frees anything. */
static void test_late_and_away(void)
{
    const char *node;
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    run(&scene, "a1", 4, 10);
    run(&scene, "a2", 4, 20);
    scene.now_us = MINUTES(15);
    scene_pass(&scene, 0);
    CU_ASSERT_EQUAL(find(&scene, (struct request){.tasks = 4, .nodes_least = 1}, &node),
                    MINUTES(15) + 1);
    scene_node(&scene, EVENT_NODE_SILENT, "a1");
    CU_ASSERT_EQUAL(find(&scene, (struct request){.tasks = 4, .nodes_least = 1}, &node),
                    MINUTES(20));
    scene_node(&scene, EVENT_NODE_DRAINED, "a2");
    CU_ASSERT_EQUAL(find(&scene, (struct request){.tasks = 4, .nodes_least = 1}, &node), INT64_MAX);
    scene_clear(&scene);
}

/* A job that is being stopped will be gone when it has been killed at the latest. */
static void test_stopped(void)
{
    const char *node;
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    run(&scene, "a1", 4, 10);
    scene_job(&scene, EVENT_JOB_CANCELLED, 1, "ana");
    CU_ASSERT_EQUAL(find(&scene, (struct request){.tasks = 4, .nodes_least = 1}, &node),
                    SCENE_START + 30 * US_PER_SECOND);
    scene_clear(&scene);
}

static void test_what_is_left(void)
{
    struct scene scene;
    const struct node *node;
    struct room room;

    scene_init(&scene);
    scene_join(&scene, "a1", 8, "x");
    run(&scene, "a1", 4, 10);
    run(&scene, "a1", 6, 60); /* waits: reserved at 10, which leaves 2 cores */
    node = inventory_find_node(core_inventory(scene.core), "a1");
    room = plan_room(&scene.core->plan, node, MINUTES(10));
    CU_ASSERT_EQUAL(room.cores, 4);
    room = plan_room(&scene.core->plan, node, MINUTES(10) + 1);
    CU_ASSERT_EQUAL(room.cores, 2);
    /* A job that stays beyond that time takes of what is left. */
    run(&scene, "a1", 1, 100);
    room = plan_room(&scene.core->plan, node, MINUTES(100));
    CU_ASSERT_EQUAL(room.cores, 1);
    room = plan_room(&scene.core->plan, node, MINUTES(5));
    CU_ASSERT_EQUAL(room.cores, 3);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the first time at which enough has ended", test_first_time   },
        {"late jobs, and nodes that are away",       test_late_and_away},
        {"a job that is being stopped",              test_stopped      },
        {"what a reservation leaves of a node",      test_what_is_left },
        CU_TEST_INFO_NULL,
    };

    return run_suite("reservation", tests);
}
