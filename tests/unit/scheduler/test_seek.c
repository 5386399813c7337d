/* test_seek.c - where a job could start now */

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

/* "NODE:TASKS …" for a request in cluster alpha, or "". */
static void seek(const struct scene *scene, struct request request, char chosen[80])
{
    CLEANUP(placement_clear) struct placement placement;
    const struct cluster *alpha = inventory_cluster(core_inventory(scene->core), 0);
    struct need need = {.request = &request};
    struct error err;

    placement_init(&placement);
    chosen[0] = '\0';
    CU_ASSERT(core_check_request(scene->core, &request, "ana", "astro", 1, &err));
    if (!seek_now(scene->core, &need, alpha, 0, &placement))
        return;
    for (size_t i = 0; i < placement.count; i++)
        snprintf(chosen + strlen(chosen), 80 - strlen(chosen), "%s%s:%u", i ? " " : "",
                 placement.seats[i].node->name, placement.seats[i].tasks);
}

/* Half of a3 is in use.  The least room, by name among equals; of several nodes few, with
 * little left over. */
static void test_best_fit(void)
{
    static const struct {
        struct request request;
        const char *chosen;
    } cases[] = {
        {{.tasks = 1},                                                "a3:1"               },
        {{.tasks = 2},                                                "a3:2"               },
        {{.tasks = 3},                                                "a1:3"               },
        {{.tasks = 5},                                                "a4:5"               },
        {{.tasks = 8, .nodes_least = 1},                              "a4:8"               },
        {{.tasks = 9},                                                "a3:2 a4:7"          },
        {{.tasks = 14},                                               "a2:4 a3:2 a4:8"     },
        {{.tasks = 18},                                               "a1:4 a2:4 a3:2 a4:8"},
        {{.tasks = 6, .nodes_least = 2},                              "a1:4 a3:2"          },
        {{.nodes_least = 2, .exclusive = true},                       "a1:1 a2:1"          },
        {{.tasks = 1, .exclusive = true},                             "a1:1"               },
        {{.tasks = 1, .memory_per_node = UINT64_C(8) << 30},          "a4:1"               },
        {{.tasks = 2, .cpus_per_task = 4, .memory_per_cpu = 1 << 30}, "a4:2"               },
    };
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "a2", 4, "x");
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a4", 8, "x");
    scene_join(&scene, "a3", 4, "x");
    CU_ASSERT(scene_submit(&scene, (struct request){.tasks = 2, .node_list = (char *)"a3"}) != 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char chosen[80];

        seek(&scene, cases[i].request, chosen);
        CU_ASSERT_STRING_EQUAL(chosen, cases[i].chosen);
        if (strcmp(chosen, cases[i].chosen) != 0)
            printf("# case %zu: %s\n", i, chosen);
    }
    scene_clear(&scene);
}

static void test_full(void)
{
    char chosen[80];
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    CU_ASSERT(scene_submit(&scene, (struct request){.tasks = 3}) != 0);
    CU_ASSERT(scene_submit(&scene, (struct request){.tasks = 3}) != 0);
    seek(&scene, (struct request){.tasks = 2, .nodes_least = 1, .nodes_most = 1}, chosen);
    CU_ASSERT_STRING_EQUAL(chosen, "");
    seek(&scene, (struct request){.tasks = 2}, chosen);
    CU_ASSERT_STRING_EQUAL(chosen, "a1:1 a2:1");
    seek(&scene, (struct request){.tasks = 3}, chosen);
    CU_ASSERT_STRING_EQUAL(chosen, "");
    scene_node(&scene, EVENT_NODE_DRAINED, "a2");
    seek(&scene, (struct request){.tasks = 2}, chosen);
    CU_ASSERT_STRING_EQUAL(chosen, "");
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the least room, the fewest nodes, by name", test_best_fit},
        {"no room, no place",                         test_full    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("seek", tests);
}
