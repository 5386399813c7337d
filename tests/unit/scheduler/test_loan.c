/* test_loan.c - the hours at which a cluster lends its nodes to others */

#include "scheduler/core/loan.h"

#include "base/parse.h"
#include "tests/lib/runner.h"

/* A day that began at midnight. */
#define DAY      (INT64_C(20000) * US_PER_DAY)
#define AT(h, m) (DAY + (h)*US_PER_HOUR + (m)*US_PER_MINUTE)

static struct cluster lending(const char *hours)
{
    struct cluster cluster = {.name = (char *)"alpha", .institution = (char *)"unam"};
    struct error err;

    CU_ASSERT(loan_parse_hours(hours, &cluster, &err));
    return cluster;
}

static void test_hours_are_read(void)
{
    static const char *const wrong[] = {"",
                                        "22",
                                        "22:00",
                                        "22:00-",
                                        "22:00-6:00",
                                        "22:60-06:00",
                                        "25:00-06:00",
                                        "2200-0600",
                                        "22:00 06:00",
                                        "22:00-06:00x",
                                        "-1:00-06:00",
                                        "24:01-06:00"};
    struct cluster cluster = lending("22:15-24:00");
    struct error err;

    CU_ASSERT_EQUAL(cluster.lend_from_us, 22 * US_PER_HOUR + 15 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(cluster.lend_until_us, 0);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CU_ASSERT(!loan_parse_hours(wrong[i], &cluster, &err));
        CU_ASSERT_EQUAL(cluster.lend_until_us, 0);
    }
}

static void test_all_of_a_job_lies_in_them(void)
{
    static const struct {
        const char *hours;
        int64_t at_us, limit_min;
        bool lets;
    } cases[] = {
        {"08:00-18:00", AT(8,  0),  600,  true },
        {"08:00-18:00", AT(8,  0),  601,  false},
        {"08:00-18:00", AT(7,  59), 1,    false},
        {"08:00-18:00", AT(17, 59), 1,    true },
        {"08:00-18:00", AT(18, 0),  1,    false},
        {"22:00-06:00", AT(21, 59), 1,    false},
        {"22:00-06:00", AT(22, 0),  480,  true },
        {"22:00-06:00", AT(1,  0),  300,  true },
        {"22:00-06:00", AT(1,  0),  301,  false},
        {"22:00-06:00", AT(6,  0),  1,    false},
        {"00:00-24:00", AT(3,  0),  9999, true },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct cluster cluster = lending(cases[i].hours);
        int64_t limit_us = cases[i].limit_min * US_PER_MINUTE;

        CU_ASSERT_EQUAL(loan_lets(&cluster, "ipn", cases[i].at_us, limit_us), cases[i].lets);
        CU_ASSERT(loan_lets(&cluster, "unam", cases[i].at_us, limit_us));
    }
}

static void test_when_that_changes(void)
{
    struct cluster night = lending("22:00-06:00"), always = lending("00:00-00:00");

    CU_ASSERT_EQUAL(loan_next(&night, AT(5, 0)), AT(6, 0));
    CU_ASSERT_EQUAL(loan_next(&night, AT(6, 0)), AT(22, 0));
    CU_ASSERT_EQUAL(loan_next(&night, AT(22, 0)), AT(30, 0));
    CU_ASSERT_EQUAL(loan_next(&always, AT(5, 0)), INT64_MAX);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hours are read",            test_hours_are_read           },
        {"all of a job lies in them", test_all_of_a_job_lies_in_them},
        {"when that changes",         test_when_that_changes        },
        CU_TEST_INFO_NULL,
    };

    return run_suite("loan", tests);
}
