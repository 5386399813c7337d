/* test_match.c - how many tasks a node holds, and whether a spread of nodes holds a job */

#include "scheduler/core/match.h"
#include "tests/lib/runner.h"

static void test_capacity(void)
{
    static const struct {
        struct request request;
        struct room room;
        uint32_t capacity;
    } cases[] = {
        {{.tasks = 9, .cpus_per_task = 1},                         {6, 100, false, {0}}, 6},
        {{.tasks = 4, .cpus_per_task = 1},                         {6, 100, false, {0}}, 4},
        {{.tasks = 9, .cpus_per_task = 4},                         {6, 100, false, {0}}, 1},
        {{.tasks = 9, .cpus_per_task = 7},                         {6, 100, false, {0}}, 0},
        {{.tasks = 9, .cpus_per_task = 1, .tasks_per_node = 2},    {6, 100, false, {0}}, 2},
        {{.tasks = 9, .cpus_per_task = 1, .memory_per_node = 100}, {6, 100, false, {0}}, 6},
        {{.tasks = 9, .cpus_per_task = 1, .memory_per_node = 101}, {6, 100, false, {0}}, 0},
        {{.tasks = 9, .cpus_per_task = 2, .memory_per_cpu = 20},   {6, 100, false, {0}}, 2},
        {{.tasks = 9, .cpus_per_task = 1, .memory_per_cpu = 101},  {6, 100, false, {0}}, 0},
        {{.tasks = 9, .cpus_per_task = 1, .exclusive = true},      {6, 100, false, {0}}, 0},
        {{.tasks = 9, .cpus_per_task = 1, .exclusive = true},      {8, 100, true, {0}},  8},
    };
    struct node node = {.name = (char *)"n1", .cores = 8, .memory_bytes = 100};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct need need = {.request = &cases[i].request};

        CU_ASSERT_EQUAL(need_capacity(&need, &node, &cases[i].room), cases[i].capacity);
    }
}

static void test_what_is_taken(void)
{
    struct node node = {.name = (char *)"n1", .cores = 8, .memory_bytes = 100};
    struct request request = {.tasks = 4, .cpus_per_task = 2};
    struct need need = {.request = &request};

    CU_ASSERT_EQUAL(need_cores(&need, &node, 3), 6);
    CU_ASSERT_EQUAL(need_memory(&need, &node, 3), 0);
    request.memory_per_cpu = 5;
    CU_ASSERT_EQUAL(need_memory(&need, &node, 3), 30);
    request.memory_per_cpu = 0;
    request.memory_per_node = 40;
    CU_ASSERT_EQUAL(need_memory(&need, &node, 3), 40);
    request.exclusive = true;
    CU_ASSERT_EQUAL(need_cores(&need, &node, 3), 8);
    CU_ASSERT_EQUAL(need_memory(&need, &node, 3), 100);
}

static void test_admits(void)
{
    struct error err;
    struct node first = {.name = (char *)"n1"}, second = {.name = (char *)"n2"};
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_parse("n[2-4]", &err);
    struct need need = {.only = list};

    CU_ASSERT_FALSE(need_admits(&need, &first));
    CU_ASSERT(need_admits(&need, &second));
    need.avoid = &second;
    CU_ASSERT_FALSE(need_admits(&need, &second));
    need = (struct need){.except = list};
    CU_ASSERT(need_admits(&need, &first));
    CU_ASSERT_FALSE(need_admits(&need, &second));
}

static void test_spread(void)
{
    CLEANUP(spread_clear) struct spread spread;
    struct request request = {.tasks = 10, .nodes_least = 1, .nodes_most = 10};

    spread_init(&spread);
    CU_ASSERT_FALSE(spread_holds(&spread, &request));
    spread_add(&spread, 4, 2);
    spread_add(&spread, 1, 2);
    CU_ASSERT(spread_holds(&spread, &request)); /* 4 + 4 + 1 + 1 */
    request.nodes_most = 3;
    CU_ASSERT_FALSE(spread_holds(&spread, &request));
    request.tasks = 9;
    CU_ASSERT(spread_holds(&spread, &request));
    request = (struct request){.tasks = 4, .nodes_least = 4, .nodes_most = 4};
    CU_ASSERT(spread_holds(&spread, &request));
    spread_remove(&spread, 1);
    CU_ASSERT_FALSE(spread_holds(&spread, &request));
    spread_add(&spread, 0, 5); /* nodes without room are none */
    CU_ASSERT_FALSE(spread_holds(&spread, &request));
    spread_add(&spread, 1000, 1);
    CU_ASSERT(spread_holds(&spread, &request));
    spread_reset(&spread);
    CU_ASSERT_FALSE(spread_holds(&spread, &request));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"how many tasks fit into a room", test_capacity     },
        {"what tasks take of a node",      test_what_is_taken},
        {"lists of nodes",                 test_admits       },
        {"does a spread of nodes hold it", test_spread       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("match", tests);
}
