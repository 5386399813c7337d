/* test_placement.c - few nodes, little left over, tasks in blocks */

#include "scheduler/core/placement.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <string.h>

/* Capacities of nodes n1, n2, … by digit; what is chosen as "NODE:TASKS …". */
static void test_choices(void)
{
    static const struct {
        const char *capacities;
        struct request request;
        const char *chosen;
    } cases[] = {
        {"484",  {.tasks = 3, .nodes_least = 1, .nodes_most = 3},   "n1:3"          },
        {"843",  {.tasks = 3, .nodes_least = 1, .nodes_most = 3},   "n3:3"          },
        {"444",  {.tasks = 10, .nodes_least = 1, .nodes_most = 10}, "n1:4 n2:4 n3:2"},
        {"444",  {.tasks = 6, .nodes_least = 2, .nodes_most = 2},   "n1:4 n2:2"     },
        {"444",  {.tasks = 2, .nodes_least = 2, .nodes_most = 2},   "n1:1 n2:1"     },
        {"444",  {.tasks = 4, .nodes_least = 3, .nodes_most = 3},   "n1:2 n2:1 n3:1"},
        {"826",  {.tasks = 8, .nodes_least = 2, .nodes_most = 2},   "n2:2 n3:6"     },
        {"8442", {.tasks = 9, .nodes_least = 1, .nodes_most = 2},   "n1:8 n4:1"     },
        {"8442", {.tasks = 8, .nodes_least = 2, .nodes_most = 2},   "n2:4 n3:4"     },
        {"111",  {.tasks = 4, .nodes_least = 1, .nodes_most = 4},   ""              },
        {"444",  {.tasks = 9, .nodes_least = 1, .nodes_most = 2},   ""              },
        {"040",  {.tasks = 2, .nodes_least = 2, .nodes_most = 2},   ""              },
        {"",     {.tasks = 1, .nodes_least = 1, .nodes_most = 1},   ""              },
    };
    struct node nodes[9] = {0};
    char names[9][4];

    for (int i = 0; i < 9; i++) {
        snprintf(names[i], sizeof(names[i]), "n%d", i + 1);
        nodes[i].name = names[i];
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(placement_clear) struct placement placement;
        char chosen[80] = "";

        placement_init(&placement);
        for (size_t j = 0; cases[i].capacities[j]; j++) {
            uint32_t capacity = (uint32_t)(cases[i].capacities[j] - '0');

            placement_offer(&placement, &nodes[j], capacity, capacity);
        }
        (void)placement_choose(&placement, &cases[i].request);
        for (size_t j = 0; j < placement.count; j++)
            snprintf(chosen + strlen(chosen), sizeof(chosen) - strlen(chosen), "%s%s:%u",
                     j ? " " : "", placement.seats[j].node->name, placement.seats[j].tasks);
        CU_ASSERT_STRING_EQUAL(chosen, cases[i].chosen);
    }
}

static void test_cores_and_swap(void)
{
    CLEANUP(placement_clear) struct placement first;
    CLEANUP(placement_clear) struct placement second;
    struct node node = {.name = (char *)"n1", .cores = 8};
    struct request request = {.tasks = 3, .cpus_per_task = 2, .nodes_least = 1, .nodes_most = 1};
    struct need need = {.request = &request};

    placement_init(&first);
    placement_init(&second);
    placement_offer(&first, &node, 4, 8);
    CU_ASSERT(placement_choose(&first, &request));
    CU_ASSERT_EQUAL(placement_cores(&first, &need), 6);
    placement_swap(&first, &second);
    CU_ASSERT_EQUAL(first.count, 0);
    CU_ASSERT_EQUAL(placement_cores(&second, &need), 6);
    request.exclusive = true;
    CU_ASSERT_EQUAL(placement_cores(&second, &need), 8);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"few nodes, little left over, blocks", test_choices       },
        {"cores of a placement",                test_cores_and_swap},
        CU_TEST_INFO_NULL,
    };

    return run_suite("placement", tests);
}
