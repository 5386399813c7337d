/* test_random.c - bytes differ, numbers stay below their limit and reach all of it */

#include "base/random.h"

#include "tests/lib/runner.h"

#include <string.h>

static void test_two_fills_differ(void)
{
    unsigned char a[32] = {0}, b[32] = {0};

    random_fill(a, sizeof(a));
    random_fill(b, sizeof(b));
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
}

/* A byte that stays 0 in 64 fills is not being filled: by chance 2^-512. */
static void test_every_byte_is_filled(void)
{
    unsigned char seen[33] = {0};

    for (int i = 0; i < 64; i++) {
        unsigned char bytes[33] = {0};

        random_fill(bytes, 32);
        for (size_t k = 0; k < sizeof(bytes); k++)
            seen[k] |= bytes[k];
    }
    for (size_t k = 0; k < 32; k++)
        CU_ASSERT_NOT_EQUAL(seen[k], 0);
    CU_ASSERT_EQUAL(seen[32], 0); /* and none behind */
}

static void test_below_reaches_all_and_no_more(void)
{
    unsigned count[7] = {0};

    for (int i = 0; i < 7000; i++) {
        uint32_t value = random_below(7);

        CU_ASSERT_FATAL(value < 7);
        count[value]++;
    }
    /* 1000 expected; beyond 300 off lies one run in 10^20 */
    for (size_t k = 0; k < 7; k++)
        CU_ASSERT(count[k] > 700 && count[k] < 1300);
}

static void test_below_one_is_zero(void)
{
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(random_below(1), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"two fills differ",              test_two_fills_differ             },
        {"every byte is filled",          test_every_byte_is_filled         },
        {"below reaches all and no more", test_below_reaches_all_and_no_more},
        {"below one is zero",             test_below_one_is_zero            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("random", tests);
}
