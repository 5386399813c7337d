/* test_period.c - months begin and end where the calendar says */

#include "accounting/period.h"
#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <time.h>

static void test_a_month_in_mexico(void)
{
    struct period period;
    struct error err;

    CU_ASSERT(period_parse("2026-11", &period, &err));
    CU_ASSERT_EQUAL(period.start_us, INT64_C(1793512800) * US_PER_SECOND); /* 06:00 UTC */
    CU_ASSERT_EQUAL(period.end_us - period.start_us, 30 * US_PER_DAY);
}

static void test_months_touch(void)
{
    struct period this, next;

    period_of(INT64_C(1793512800) * US_PER_SECOND, &this);
    for (int i = 0; i < 600; i++) {
        period_of(this.end_us, &next);
        CU_ASSERT_EQUAL(next.start_us, this.end_us);
        period_of(this.end_us - 1, &next);
        CU_ASSERT_STRING_EQUAL(next.name, this.name);
        period_of(this.end_us, &this);
    }
}

static void test_what_is_no_month(void)
{
    static const char *const texts[] = {"",        "2026",    "2026-13", "2026-00",
                                        "2026-1",  "26-11",   "2026/11", "2026-11-",
                                        "1999-12", "x026-11", "2026-1x", "-026-11"};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct period period;
        struct error err;

        CU_ASSERT_FALSE(period_parse(texts[i], &period, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a month in Mexico", test_a_month_in_mexico},
        {"months touch",      test_months_touch     },
        {"what is no month",  test_what_is_no_month },
        CU_TEST_INFO_NULL,
    };

    setenv("TZ", "America/Mexico_City", 1);
    tzset();
    return run_suite("period", tests);
}
