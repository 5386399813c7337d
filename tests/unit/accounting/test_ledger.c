/* test_ledger.c - institutions, projects, grants and balances */

#include "accounting/core/ledger.h"
#include "tests/lib/runner.h"

#define NOW INT64_C(1700000000000000)

static struct ledger *make_ledger(void)
{
    struct ledger *ledger = ledger_new();
    struct error err;

    CU_ASSERT(ledger_add_institution(ledger, "unam", &err));
    CU_ASSERT(ledger_add_institution(ledger, "ipn", &err));
    CU_ASSERT(ledger_add_project(ledger, "astro", "unam", &err));
    CU_ASSERT(ledger_add_project(ledger, "bio", "unam", &err));
    return ledger;
}

static struct balance balance_of(const struct ledger *ledger, const char *project)
{
    struct balance balance = {-1, -1, -1, -1};

    CU_ASSERT(ledger_balance(ledger, "unam", project, NOW, &balance));
    CU_ASSERT_EQUAL(balance.granted_micro,
                    balance.charged_micro + balance.held_micro + balance.available_micro);
    return balance;
}

static void test_structure(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    struct balance balance;
    struct error err;

    CU_ASSERT_FALSE(ledger_add_institution(ledger, "unam", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT_FALSE(ledger_add_institution(ledger, "no good", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT_FALSE(ledger_add_project(ledger, "astro", "ipn", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT_FALSE(ledger_add_project(ledger, "chem", "uam", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(ledger_institution_of(ledger, "bio"), "unam");
    CU_ASSERT_PTR_NULL(ledger_institution_of(ledger, "chem"));
    CU_ASSERT_FALSE(ledger_balance(ledger, "uam", NULL, NOW, &balance));
    CU_ASSERT_FALSE(ledger_balance(ledger, "ipn", "astro", NOW, &balance));
}

static void test_grants(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    struct grant grant = {1, "unam", NULL, 100, NOW, 0};
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_grant(ledger, &grant, NOW, &txn, &err));
    CU_ASSERT_EQUAL(txn.kind, TXN_GRANT_INSTITUTION);
    CU_ASSERT_STRING_EQUAL(txn.key, "GRT/1");
    CU_ASSERT_EQUAL(txn.sequence, 1);
    CU_ASSERT_EQUAL(balance_of(ledger, NULL).available_micro, 100);
    /* Without a grant of its own a project has what its institution has. */
    CU_ASSERT_EQUAL(balance_of(ledger, "astro").available_micro, 100);

    grant = (struct grant){2, "unam", "astro", 30, NOW, 0};
    CU_ASSERT(ledger_grant(ledger, &grant, NOW, &txn, &err));
    CU_ASSERT_EQUAL(txn.kind, TXN_GRANT_PROJECT);
    CU_ASSERT_EQUAL(txn.sequence, 2);
    CU_ASSERT_EQUAL(balance_of(ledger, "astro").available_micro, 30);
    CU_ASSERT_EQUAL(balance_of(ledger, NULL).available_micro, 100);
    CU_ASSERT(ledger_check(ledger, &err));
}

static void test_bad_grants(void)
{
    static const struct {
        struct grant grant;
        enum error_code code;
    } cases[] = {
        {{3, "uam", NULL, 100, NOW, 0},                    ERROR_NOT_FOUND},
        {{3, "ipn", "astro", 100, NOW, 0},                 ERROR_NOT_FOUND},
        {{3, "unam", NULL, 0, NOW, 0},                     ERROR_INVALID  },
        {{3, "unam", NULL, -5, NOW, 0},                    ERROR_INVALID  },
        {{3, "unam", NULL, LEDGER_AMOUNT_MAX + 1, NOW, 0}, ERROR_INVALID  },
        {{3, "unam", NULL, 100, NOW, NOW},                 ERROR_INVALID  },
        {{1, "unam", NULL, 100, NOW, 0},                   ERROR_CONFLICT },
    };
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    struct grant good = {1, "unam", NULL, 100, NOW, 0};
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_grant(ledger, &good, NOW, &txn, &err));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT_FALSE(ledger_grant(ledger, &cases[i].grant, NOW, &txn, &err));
        CU_ASSERT_EQUAL(err.code, cases[i].code);
    }
    CU_ASSERT_EQUAL(balance_of(ledger, NULL).granted_micro, 100);
}

static void test_next_start(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    struct grant grants[] = {
        {1, "unam", NULL, 100, NOW + 50, 0       },
        {2, "ipn",  NULL, 100, NOW + 20, NOW + 30},
    };
    struct error err;
    struct txn txn;

    CU_ASSERT_EQUAL(ledger_next_start(ledger), INT64_MAX);
    for (size_t i = 0; i < COUNT_OF(grants); i++)
        CU_ASSERT(ledger_grant(ledger, &grants[i], NOW, &txn, &err));
    CU_ASSERT_EQUAL(ledger_next_start(ledger), NOW + 20);
    ledger_advance(ledger, NOW + 19);
    CU_ASSERT_EQUAL(ledger_next_start(ledger), NOW + 20);
    ledger_advance(ledger, NOW + 20);
    CU_ASSERT_EQUAL(ledger_next_start(ledger), NOW + 50);
    ledger_advance(ledger, NOW + 70);
    CU_ASSERT_EQUAL(ledger_next_start(ledger), INT64_MAX);
}

static void test_copy(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    CLEANUP(ledger_freep) struct ledger *copy = NULL;
    struct grant grant = {1, "unam", NULL, 100, NOW, 0};
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_grant(ledger, &grant, NOW, &txn, &err));
    CU_ASSERT(ledger_hold(ledger, 7, 1, "astro", 60, NOW, &err));
    copy = ledger_copy(ledger);
    CU_ASSERT(ledger_check(copy, &err));
    CU_ASSERT_EQUAL(balance_of(copy, NULL).held_micro, 60);
    CU_ASSERT(ledger_release(copy, 7, 1, &err));
    CU_ASSERT_EQUAL(balance_of(copy, NULL).held_micro, 0);
    CU_ASSERT_EQUAL(balance_of(ledger, NULL).held_micro, 60);
    CU_ASSERT(ledger_check(ledger, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names are taken once",                test_structure },
        {"grants to institutions and projects", test_grants    },
        {"a bad grant changes nothing",         test_bad_grants},
        {"when the next grant begins",          test_next_start},
        {"a copy is a ledger of its own",       test_copy      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("ledger", tests);
}
