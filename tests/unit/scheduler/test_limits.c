/* test_limits.c - holders and what is given to them, associations */

#include "scheduler/core/limits.h"
#include "tests/lib/runner.h"

static void set(struct limits *limits, enum limit_source source, int64_t amount)
{
    limits_set(limits, source,
               &(struct limit){LIMIT_OF_PROJECT, "bio", LIMIT_TOTAL, LIMIT_CORES, amount});
}

static int64_t most(const struct limits *limits)
{
    size_t place = 0;
    const struct holder *holder = limits_next(limits, &place);

    CU_ASSERT_PTR_NULL(limits_next(limits, &place));
    return holder ? holder->most[LIMIT_TOTAL][LIMIT_CORES] : -1;
}

static void test_the_tightest_wins(void)
{
    struct limits *limits = limits_new();

    CU_ASSERT_EQUAL(most(limits), -1);
    set(limits, LIMIT_CONFIGURED, 100);
    CU_ASSERT(most(limits) == 100 && limits->has_any && !limits->has_places);
    set(limits, LIMIT_GIVEN, 150);
    CU_ASSERT_EQUAL(most(limits), 100);
    set(limits, LIMIT_GIVEN, 50);
    CU_ASSERT_EQUAL(most(limits), 50);
    limits_drop_source(limits, LIMIT_CONFIGURED);
    CU_ASSERT(most(limits) == 50 && limits->has_any);
    set(limits, LIMIT_GIVEN, LIMIT_NONE);
    CU_ASSERT_EQUAL(most(limits), LIMIT_NONE);
    limits_free(limits);
}

static void test_associations_share_meters(void)
{
    struct limits *limits = limits_new();
    struct association *ana = limits_associate(limits, "uni", "bio", "ana", NULL);
    struct association *eva = limits_associate(limits, "uni", "bio", "eva", "high");

    CU_ASSERT_PTR_EQUAL(limits_associate(limits, "uni", "bio", "ana", NULL), ana);
    CU_ASSERT_PTR_NOT_EQUAL(limits_associate(limits, "uni", "bio", "ana", "high"), ana);
    CU_ASSERT_PTR_NULL(ana->meters[0]); /* no QOS */
    CU_ASSERT_PTR_EQUAL(ana->meters[5], eva->meters[5]);
    CU_ASSERT_PTR_EQUAL(ana->meters[9], eva->meters[9]);
    CU_ASSERT_PTR_NOT_EQUAL(ana->meters[4], eva->meters[4]);
    limits_submit(ana, 3);
    limits_submit(eva, 2);
    limits_submit(eva, -1);
    CU_ASSERT_EQUAL(ana->meters[5]->used[LIMIT_SUBMITTED], 4);
    CU_ASSERT_EQUAL(ana->meters[2]->used[LIMIT_SUBMITTED], 3);
    CU_ASSERT_EQUAL(eva->meters[1]->used[LIMIT_SUBMITTED], 1);
    limits_free(limits);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the tightest of all sources wins",           test_the_tightest_wins        },
        {"associations share the meters of ancestors", test_associations_share_meters},
        CU_TEST_INFO_NULL,
    };

    return run_suite("limits", tests);
}
