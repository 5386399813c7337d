/* test_profile.c - what is free when, in a few steps (tests/property has many) */

#include "scheduler/core/profile.h"
#include "tests/lib/runner.h"

static void test_taking_and_giving(void)
{
    struct profile profile;

    profile_init(&profile, 100, 8);
    profile_add(&profile, 100, 200, -5);
    profile_add(&profile, 150, 300, -2);
    CU_ASSERT_EQUAL(profile_at(&profile, 100), 3);
    CU_ASSERT_EQUAL(profile_at(&profile, 149), 3);
    CU_ASSERT_EQUAL(profile_at(&profile, 150), 1);
    CU_ASSERT_EQUAL(profile_at(&profile, 200), 6);
    CU_ASSERT_EQUAL(profile_at(&profile, 300), 8);
    profile_add(&profile, 100, 200, 5);
    profile_add(&profile, 150, 300, 2);
    CU_ASSERT_EQUAL(profile_at(&profile, 160), 8);
    CU_ASSERT_EQUAL(profile.block_count, 1);
    CU_ASSERT_EQUAL(profile.blocks[0]->count, 1); /* no point is left that says nothing */
    profile_clear(&profile);
}

static void test_seeking(void)
{
    struct profile profile;

    profile_init(&profile, 0, 8);
    profile_add(&profile, 0, 100, -6);
    profile_add(&profile, 120, 200, -4);
    CU_ASSERT_EQUAL(profile_seek(&profile, 0, 50, 2, INT64_MAX), 0);
    CU_ASSERT_EQUAL(profile_seek(&profile, 0, 20, 8, INT64_MAX), 100); /* fits the gap */
    CU_ASSERT_EQUAL(profile_seek(&profile, 0, 21, 8, INT64_MAX), 200); /* does not */
    CU_ASSERT_EQUAL(profile_seek(&profile, 0, 500, 4, INT64_MAX), 100);
    CU_ASSERT_EQUAL(profile_seek(&profile, 110, 10, 8, INT64_MAX), 110);
    CU_ASSERT_EQUAL(profile_seek(&profile, 0, 10, 9, INT64_MAX), INT64_MAX);
    CU_ASSERT_EQUAL(profile_seek(&profile, 0, 21, 8, 200), INT64_MAX); /* only what is sooner */
    profile_clear(&profile);
}

static void test_forgetting(void)
{
    struct profile profile;

    profile_init(&profile, 0, 4);
    profile_add(&profile, 10, 20, -1);
    profile_add(&profile, 30, 40, -2);
    profile_forget(&profile, 15);
    CU_ASSERT_EQUAL(profile_at(&profile, 15), 3);
    CU_ASSERT_EQUAL(profile_at(&profile, 20), 4);
    CU_ASSERT_EQUAL(profile_at(&profile, 35), 2);
    profile_add(&profile, 0, 25, -1); /* what is over changes nothing */
    CU_ASSERT_EQUAL(profile_at(&profile, 15), 2);
    CU_ASSERT_EQUAL(profile_at(&profile, 25), 4);
    profile_clear(&profile);
}

/* More points than one block holds, taken and given back. */
static void test_many_points(void)
{
    struct profile profile;

    profile_init(&profile, 0, 1000);
    for (int64_t i = 0; i < 500; i++)
        profile_add(&profile, i, 1000 + i, -1);
    CU_ASSERT(profile.block_count > 1);
    CU_ASSERT_EQUAL(profile_at(&profile, 250), 749);
    CU_ASSERT_EQUAL(profile_at(&profile, 750), 500);
    CU_ASSERT_EQUAL(profile_seek(&profile, 500, 1, 1000, INT64_MAX), 1499);
    for (int64_t i = 0; i < 500; i++)
        profile_add(&profile, i, 1000 + i, 1);
    CU_ASSERT_EQUAL(profile_seek(&profile, 0, 5000, 1000, INT64_MAX), 0);
    profile_clear(&profile);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"taking and giving back", test_taking_and_giving},
        {"seeking",                test_seeking          },
        {"forgetting the past",    test_forgetting       },
        {"many points",            test_many_points      },
        CU_TEST_INFO_NULL
    };

    return run_suite("profile", tests);
}
