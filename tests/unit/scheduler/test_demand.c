/* test_demand.c - a demand tells truly which request is harder */

#include "scheduler/core/demand.h"
#include "tests/lib/runner.h"

#include "base/parse.h"

static const struct request plain = {
    .tasks = 8, .cpus_per_task = 2, .nodes_least = 2, .nodes_most = 4, .tasks_per_node = 3};

static void test_counts(void)
{
    struct demand demand = demand_of(&plain, US_PER_HOUR);

    CU_ASSERT_EQUAL(demand.counts[DEMAND_CORES], 16);
    CU_ASSERT_EQUAL(demand.counts[DEMAND_NODE_CORES], 4); /* 8 tasks on 4 nodes, of 2 cores */
    CU_ASSERT_EQUAL(demand.counts[DEMAND_IDLE_NODES], 0);
    CU_ASSERT_EQUAL(demand.counts[DEMAND_TASK_CORES], 2);
    CU_ASSERT_EQUAL(demand.counts[DEMAND_TASKS], 8);
    CU_ASSERT_EQUAL(demand.counts[DEMAND_NODES], 2);
    CU_ASSERT_EQUAL(demand.counts[DEMAND_FEWNESS], UINT32_MAX - 4);
    CU_ASSERT_EQUAL(demand.counts[DEMAND_THINNESS], UINT32_MAX - 3);
    CU_ASSERT_EQUAL(demand.amounts[DEMAND_TIME], (uint64_t)US_PER_HOUR);
}

static void test_tasks_that_do_not_divide(void)
{
    struct request request = plain;

    request.tasks = 9;
    CU_ASSERT_EQUAL(demand_of(&request, 1).counts[DEMAND_NODE_CORES], 6); /* one has 3 of 9 */
}

/* One thing asked for in addition makes it harder, and nothing else easier. */
static void test_harder_covers(void)
{
    struct request harder[] = {plain, plain, plain, plain, plain, plain, plain, plain};
    struct demand demand = demand_of(&plain, US_PER_HOUR);

    harder[0].tasks++;
    harder[1].cpus_per_task++;
    harder[2].nodes_least++;
    harder[3].nodes_most--;
    harder[4].tasks_per_node--;
    harder[5].memory_per_node = 1;
    harder[6].memory_per_cpu = 1;
    harder[7].exclusive = true;
    for (unsigned i = 0; i < COUNT_OF(harder); i++) {
        struct demand more = demand_of(&harder[i], US_PER_HOUR);

        CU_ASSERT(demand_covers(&more, &demand));
        CU_ASSERT_FALSE(demand_covers(&demand, &more));
    }
    CU_ASSERT(demand_covers(&demand, &demand));
}

static void test_time_counts(void)
{
    struct demand shorter = demand_of(&plain, US_PER_HOUR);
    struct demand longer = demand_of(&plain, US_PER_HOUR + 1);

    CU_ASSERT(demand_covers(&longer, &shorter));
    CU_ASSERT_FALSE(demand_covers(&shorter, &longer));
}

/* The least of two is covered by both, and is no less than need be. */
static void test_least_of_both(void)
{
    struct request wide = plain, long_one = plain;
    struct demand a, b, least;

    wide.tasks = 12;
    long_one.memory_per_node = 4096;
    a = demand_of(&wide, US_PER_MINUTE);
    b = demand_of(&long_one, US_PER_HOUR);
    least = a;
    demand_lower(&least, &b);
    CU_ASSERT(demand_covers(&a, &least));
    CU_ASSERT(demand_covers(&b, &least));
    CU_ASSERT_EQUAL(least.counts[DEMAND_TASKS], 8);
    CU_ASSERT_EQUAL(least.amounts[DEMAND_NODE_MEMORY], 0);
    CU_ASSERT_EQUAL(least.amounts[DEMAND_TIME], (uint64_t)US_PER_MINUTE);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"counts",                   test_counts                  },
        {"tasks that do not divide", test_tasks_that_do_not_divide},
        {"what is harder covers",    test_harder_covers           },
        {"time counts",              test_time_counts             },
        {"the least of both",        test_least_of_both           },
        CU_TEST_INFO_NULL
    };

    return run_suite("demand", tests);
}
