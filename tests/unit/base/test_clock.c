/* test_clock.c - the real clock agrees with the system's; a simulated one can stand in */

#include "base/clock.h"

#include "tests/lib/runner.h"

#include <time.h>

static int64_t system_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void test_boot_clock_lies_between_two_looks(void)
{
    int64_t before = system_us(CLOCK_BOOTTIME);
    int64_t now = clock_boot_us(&clock_real);

    CU_ASSERT(before <= now && now <= system_us(CLOCK_BOOTTIME));
}

/* The wall clock may be set back between two looks; a day is what must agree. */
static void test_wall_clock_counts_from_1970(void)
{
    int64_t difference = clock_wall_us(&clock_real) - system_us(CLOCK_REALTIME);

    CU_ASSERT(difference < 86400 * INT64_C(1000000) && difference > -86400 * INT64_C(1000000));
}

static void test_boot_clock_never_goes_back(void)
{
    int64_t last = clock_boot_us(&clock_real);

    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_boot_us(&clock_real);

        CU_ASSERT(now >= last);
        last = now;
    }
}

static int64_t read_state(void *state)
{
    const int64_t *now = state;

    return *now;
}

static int64_t read_state_from_1970(void *state)
{
    return read_state(state) + 1000;
}

static void test_a_simulated_clock(void)
{
    int64_t now = 5;
    struct clock clock = {read_state, read_state_from_1970, &now};

    CU_ASSERT_EQUAL(clock_boot_us(&clock), 5);
    now = 7;
    CU_ASSERT_EQUAL(clock_boot_us(&clock), 7);
    CU_ASSERT_EQUAL(clock_wall_us(&clock), 1007);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"boot clock lies between two looks", test_boot_clock_lies_between_two_looks},
        {"wall clock counts from 1970",       test_wall_clock_counts_from_1970      },
        {"boot clock never goes back",        test_boot_clock_never_goes_back       },
        {"a simulated clock",                 test_a_simulated_clock                },
        CU_TEST_INFO_NULL,
    };

    return run_suite("clock", tests);
}
