/* test_hold.c - hold before the start, settle once at the end */

#include "accounting/core/ledger.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#include <string.h>

#define NOW INT64_C(1700000000000000)

static struct ledger *make_ledger(int64_t institution_micro, int64_t project_micro)
{
    struct ledger *ledger = ledger_new();
    struct grant grant = {1, "unam", NULL, institution_micro, NOW, 0};
    struct grant own = {2, "unam", "astro", project_micro, NOW, 0};
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_add_institution(ledger, "unam", &err));
    CU_ASSERT(ledger_add_project(ledger, "astro", "unam", &err));
    if (institution_micro)
        CU_ASSERT(ledger_grant(ledger, &grant, NOW, &txn, &err));
    if (project_micro)
        CU_ASSERT(ledger_grant(ledger, &own, NOW, &txn, &err));
    return ledger;
}

/* Institution's rest, project's rest (0: never granted any), quote, and who says no. */
static void test_truth_table(void)
{
    static const struct {
        int64_t institution, project, quote;
        const char *refused_by;
    } cases[] = {
        {1000, 200, 150, NULL              },
        {1000, 0,   150, NULL              },
        {1000, 100, 150, "project astro"   },
        {100,  500, 150, "institution unam"},
        {0,    0,   150, "institution unam"},
        {0,    500, 150, "institution unam"},
        {150,  150, 150, NULL              },
        {150,  150, 151, "project astro"   },
        {0,    0,   0,   NULL              },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(ledger_freep)
        struct ledger *ledger = make_ledger(cases[i].institution, cases[i].project);
        struct error err = {0};
        bool can = ledger_can_hold(ledger, "astro", cases[i].quote, NOW, &err);
        bool held = ledger_hold(ledger, 1, 1, "astro", cases[i].quote, NOW, &err);

        CU_ASSERT_EQUAL(can, cases[i].refused_by == NULL);
        CU_ASSERT_EQUAL(held, can);
        if (cases[i].refused_by) {
            CU_ASSERT_EQUAL(err.code, ERROR_EXHAUSTED);
            CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].refused_by));
        }
    }
}

static struct balance balance_of(const struct ledger *ledger)
{
    struct balance balance;

    CU_ASSERT(ledger_balance(ledger, "unam", NULL, NOW, &balance));
    return balance;
}

static struct usage usage_of(uint64_t job, int64_t wall_us)
{
    return (struct usage){
        .job = job,
        .attempt = 1,
        .cluster = "alpha",
        .cores = 4,
        .wall_us = wall_us,
        .factor_ppm = 1000000,
        .state = "COMPLETED",
    };
}

static void test_settled_once(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger(10000000, 9000000);
    struct usage usage = usage_of(7, US_PER_HOUR);
    struct balance balance;
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_hold(ledger, 7, 1, "astro", 8000000, NOW, &err));
    CU_ASSERT_EQUAL(balance_of(ledger).available_micro, 2000000);
    CU_ASSERT(ledger_settle(ledger, &usage, false, NOW, &txn, &err));
    CU_ASSERT_EQUAL(usage.charged_micro, 4000000);
    CU_ASSERT_EQUAL(usage.waived_micro, 0);
    CU_ASSERT_STRING_EQUAL(usage.institution, "unam");
    CU_ASSERT_STRING_EQUAL(usage.project, "astro");
    CU_ASSERT_STRING_EQUAL(txn.key, "CHG/7/1/0");
    CU_ASSERT_EQUAL(txn.sequence, 3);
    CU_ASSERT_EQUAL(txn.entry_count, 4);
    CU_ASSERT_EQUAL(balance_of(ledger).available_micro, 6000000);
    CU_ASSERT_EQUAL(balance_of(ledger).held_micro, 0);
    CU_ASSERT(ledger_balance(ledger, "unam", "astro", NOW, &balance));
    CU_ASSERT_EQUAL(balance.available_micro, 5000000);

    CU_ASSERT_FALSE(ledger_settle(ledger, &usage, false, NOW, &txn, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT_FALSE(ledger_release(ledger, 7, 1, &err));
    CU_ASSERT_EQUAL(balance_of(ledger).available_micro, 6000000);
    CU_ASSERT(ledger_check(ledger, &err));
}

static void test_waived(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger(10000000, 0);
    struct usage usage = usage_of(7, US_PER_HOUR);
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_hold(ledger, 7, 1, "astro", 8000000, NOW, &err));
    CU_ASSERT(ledger_settle(ledger, &usage, true, NOW, &txn, &err));
    CU_ASSERT_EQUAL(usage.charged_micro, 0);
    CU_ASSERT_EQUAL(usage.waived_micro, 4000000);
    CU_ASSERT_EQUAL(txn.kind, TXN_WAIVE);
    CU_ASSERT_STRING_EQUAL(txn.entries[0].account, "waived:alpha");
    CU_ASSERT_EQUAL(balance_of(ledger).available_micro, 10000000);
}

/* What was used is never refused, also when it is more than was held. */
static void test_more_than_held(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger(1000, 0);
    struct usage usage = usage_of(7, US_PER_HOUR);
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_hold(ledger, 7, 1, "astro", 1000, NOW, &err));
    CU_ASSERT(ledger_settle(ledger, &usage, false, NOW, &txn, &err));
    CU_ASSERT_EQUAL(balance_of(ledger).available_micro, 1000 - 4000000);
    CU_ASSERT_FALSE(ledger_can_hold(ledger, "astro", 1, NOW, &err));
    CU_ASSERT(ledger_check(ledger, &err));
}

static void test_released(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger(1000, 0);
    struct error err;

    CU_ASSERT(ledger_hold(ledger, 7, 1, "astro", 1000, NOW, &err));
    CU_ASSERT_FALSE(ledger_hold(ledger, 7, 1, "astro", 0, NOW, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT_FALSE(ledger_hold(ledger, 7, 2, "none", 0, NOW, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT(ledger_release(ledger, 7, 1, &err));
    CU_ASSERT_EQUAL(balance_of(ledger).available_micro, 1000);
    CU_ASSERT_EQUAL(balance_of(ledger).charged_micro, 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every budget above must have it", test_truth_table   },
        {"settled once, and never again",   test_settled_once  },
        {"a waived attempt costs nothing",  test_waived        },
        {"use beyond the hold is charged",  test_more_than_held},
        {"released without a charge",       test_released      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("hold", tests);
}
