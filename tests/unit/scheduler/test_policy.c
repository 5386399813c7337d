/* test_policy.c - the table of policies is whole, and its orders rank as they say */

#include "scheduler/core/policy.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <string.h>

#define HOUR_US INT64_C(3600000000)

static void test_every_policy_is_found_by_its_name(void)
{
    CLEANUP(buffer_clear) struct buffer names;

    buffer_init(&names);
    policy_print_names(&names);
    for (size_t i = 0; policy_at(i); i++) {
        const struct policy *policy = policy_at(i);

        CU_ASSERT_PTR_EQUAL(policy_find(policy->name), policy);
        CU_ASSERT_PTR_NOT_NULL(policy->queue);
        CU_ASSERT_PTR_NOT_NULL(policy->candidates);
        CU_ASSERT(policy->reorder_us > 0);
        /* What is planned once keeps its place. */
        CU_ASSERT(policy->backfill != BACKFILL_CONSERVATIVE ||
                  (!policy->queue->moves && policy->guard_limits == 0));
        CU_ASSERT_PTR_NOT_NULL(strstr(names.bytes, policy->name));
    }
    CU_ASSERT_PTR_NULL(policy_find("no-such"));
    CU_ASSERT_PTR_EQUAL(policy_find("default"), policy_default());
}

static double rank(const char *name, struct standing standing)
{
    return policy_find(name)->queue->rank(&standing);
}

static void test_orders_rank_as_they_say(void)
{
    struct standing shorter = {.limit_us = HOUR_US, .run_us = HOUR_US, .cores = 100};
    struct standing smaller = {.limit_us = 2 * HOUR_US, .run_us = 2 * HOUR_US, .cores = 1};
    struct standing waited = shorter;

    waited.wait_us = HOUR_US;
    CU_ASSERT(rank("sjf", shorter) < rank("sjf", smaller));
    CU_ASSERT(rank("saf", smaller) < rank("saf", shorter));
    CU_ASSERT(rank("wfp", waited) < rank("wfp", shorter));
    waited.priority = 1;
    CU_ASSERT(rank("multifactor", waited) < rank("multifactor", shorter));
}

/* The largest is due in three times the time in which all that waits could be done, or in two
 * days; whoever comes after that cannot pass it, however small. */
static void test_default_is_due(void)
{
    struct standing small = {.since_us = HOUR_US, .place = 0.1, .backlog_us = 8.0 * HOUR_US};
    struct standing large = {.since_us = 0, .place = 1, .backlog_us = 8.0 * HOUR_US};

    CU_ASSERT(rank("default", small) < rank("default", large));
    small.since_us = 23 * HOUR_US;
    CU_ASSERT(rank("default", small) < rank("default", large));
    small.since_us = 24 * HOUR_US;
    CU_ASSERT(rank("default", small) > rank("default", large));
    small.backlog_us = large.backlog_us = 1000.0 * HOUR_US;
    CU_ASSERT(rank("default", small) < rank("default", large));
    small.since_us = 48 * HOUR_US;
    CU_ASSERT(rank("default", small) > rank("default", large));
    /* Without a backlog, by arrival. */
    small.since_us = 1;
    small.backlog_us = large.backlog_us = 0;
    CU_ASSERT(rank("default", small) > rank("default", large));
    CU_ASSERT(policy_default()->predicts && policy_default()->queue->moves);
}

static void test_arrival_has_no_ranks(void)
{
    CU_ASSERT_PTR_NULL(policy_find("easy")->queue->rank);
    CU_ASSERT_EQUAL(policy_find("easy")->backfill, BACKFILL_EASY);
    CU_ASSERT_EQUAL(policy_find("fcfs")->backfill, BACKFILL_NONE);
    CU_ASSERT_EQUAL(policy_find("conservative")->backfill, BACKFILL_CONSERVATIVE);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every policy is found by its name", test_every_policy_is_found_by_its_name},
        {"orders rank as they say",           test_orders_rank_as_they_say          },
        {"the default ranks by what is due",  test_default_is_due                   },
        {"arrival has no ranks",              test_arrival_has_no_ranks             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("policy", tests);
}
