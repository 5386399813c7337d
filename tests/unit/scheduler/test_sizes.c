/* test_sizes.c - the place of a job is the share of recent jobs that were smaller */

#include "scheduler/core/sizes.h"
#include "tests/lib/runner.h"

#define SECOND_US INT64_C(1000000)

static uint8_t add(struct sizes *sizes, int64_t run_s, uint32_t cores)
{
    return sizes_add(sizes, run_s * SECOND_US, run_s * SECOND_US, cores);
}

static void test_share_of_smaller(void)
{
    struct sizes sizes = {0};
    uint8_t place;

    place = add(&sizes, 64, 1);
    CU_ASSERT_EQUAL(place, PLACE_MOST / 2); /* there is nothing to compare it with */
    for (unsigned i = 0; i < 100; i++) {
        (void)add(&sizes, 16, 1);
        (void)add(&sizes, 4096, 1);
        (void)add(&sizes, 4096, 64);
        (void)add(&sizes, 4096, 4096);
    }
    CU_ASSERT_EQUAL(add(&sizes, 1, 1), 1);
    place = add(&sizes, 256, 1);
    CU_ASSERT(place > 60 && place < 68);
    place = add(&sizes, 256, 64);
    CU_ASSERT(place > 120 && place < 132);
    place = add(&sizes, 4096, 1024);
    CU_ASSERT(place > 187 && place < 195);
    CU_ASSERT_EQUAL(add(&sizes, 400000, 100000), PLACE_MOST);
}

/* Larger in anything is never a smaller place, at one time. */
static void test_order(void)
{
    struct sizes sizes = {0};

    for (int64_t run_s = 1; run_s < 100000; run_s = run_s * 9 / 8 + 1)
        (void)add(&sizes, run_s, 3);
    for (int64_t run_s = 1; run_s < 100000; run_s = run_s * 5 / 4 + 1) {
        struct sizes copies[3] = {sizes, sizes, sizes};
        uint8_t place = sizes_add(&copies[0], run_s * SECOND_US, 2 * run_s * SECOND_US, 3);

        CU_ASSERT(place <= sizes_add(&copies[1], run_s * SECOND_US, 3 * run_s * SECOND_US, 3));
        CU_ASSERT(place <= sizes_add(&copies[2], run_s * SECOND_US, 2 * run_s * SECOND_US, 4));
    }
}

/* What was large once is small when others are larger. */
static void test_forgets(void)
{
    struct sizes sizes = {0};

    for (unsigned i = 0; i < 4 * SIZES_MEMORY; i++)
        (void)add(&sizes, 10, 1);
    CU_ASSERT(sizes.total < 2 * SIZES_MEMORY);
    CU_ASSERT_EQUAL(add(&sizes, 1000, 1), PLACE_MOST);
    for (unsigned i = 0; i < 12 * SIZES_MEMORY; i++)
        (void)add(&sizes, 100000, 1);
    CU_ASSERT(add(&sizes, 1000, 1) < 8);
}

static void test_extremes(void)
{
    struct sizes sizes = {0};

    for (unsigned i = 0; i < 10; i++) {
        CU_ASSERT(sizes_add(&sizes, INT64_MAX, INT64_MAX, UINT32_MAX) >= 1);
        CU_ASSERT(sizes_add(&sizes, 1, 1, 1) >= 1);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the share of those that were smaller", test_share_of_smaller},
        {"larger is never before smaller",       test_order           },
        {"what was long ago does not count",     test_forgets         },
        {"the largest and the smallest",         test_extremes        },
        CU_TEST_INFO_NULL,
    };

    return run_suite("sizes", tests);
}
