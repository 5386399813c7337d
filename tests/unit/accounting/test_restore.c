/* test_restore.c - a ledger made from what was stored is the same ledger */

#include "accounting/core/ledger.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#define NOW INT64_C(1700000000000000)

static struct ledger *make_structure(void)
{
    struct ledger *ledger = ledger_new();
    struct error err;

    CU_ASSERT(ledger_add_institution(ledger, "unam", &err));
    CU_ASSERT(ledger_add_project(ledger, "astro", "unam", &err));
    return ledger;
}

static const struct grant grant = {1, "unam", NULL, 5000000, NOW, NOW + US_PER_DAY};

/* One grant, one charge, one open hold; their transactions. */
static struct ledger *make_ledger(struct txn txns[2])
{
    struct ledger *ledger = make_structure();
    struct usage usage = {
        .job = 1, .attempt = 1, .cores = 1, .wall_us = US_PER_HOUR, .factor_ppm = 1000000};
    struct error err;

    CU_ASSERT(ledger_grant(ledger, &grant, NOW, &txns[0], &err));
    CU_ASSERT(ledger_hold(ledger, 1, 1, "astro", 2000000, NOW, &err));
    CU_ASSERT(ledger_settle(ledger, &usage, false, NOW, &txns[1], &err));
    CU_ASSERT(ledger_hold(ledger, 2, 1, "astro", 3000000, NOW, &err));
    return ledger;
}

static void check_same(const struct ledger *a, const struct ledger *b, int64_t at_us)
{
    static const char *const projects[] = {NULL, "astro"};

    for (size_t i = 0; i < COUNT_OF(projects); i++) {
        struct balance first, second;

        CU_ASSERT(ledger_balance(a, "unam", projects[i], at_us, &first));
        CU_ASSERT(ledger_balance(b, "unam", projects[i], at_us, &second));
        CU_ASSERT_EQUAL(first.granted_micro, second.granted_micro);
        CU_ASSERT_EQUAL(first.charged_micro, second.charged_micro);
        CU_ASSERT_EQUAL(first.held_micro, second.held_micro);
        CU_ASSERT_EQUAL(first.available_micro, second.available_micro);
    }
}

/* The next transaction of both has the same place in the chain. */
static void check_chain(struct ledger *a, struct ledger *b)
{
    struct usage usage = {.job = 2, .attempt = 1, .cores = 1, .wall_us = 5, .factor_ppm = 1000000};
    struct txn first, second;
    struct error err;

    CU_ASSERT(ledger_settle(a, &usage, false, NOW + 5, &first, &err));
    CU_ASSERT(ledger_settle(b, &usage, false, NOW + 5, &second, &err));
    CU_ASSERT_EQUAL(first.sequence, 3);
    CU_ASSERT_EQUAL(second.sequence, 3);
    CU_ASSERT(digest_equal(&first.head, &second.head));
}

static void test_by_transactions(void)
{
    struct txn txns[2];
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger(txns);
    CLEANUP(ledger_freep) struct ledger *again = make_structure();
    struct error err;

    CU_ASSERT(ledger_restore_txn(again, &txns[0], &grant, &err));
    CU_ASSERT(ledger_restore_txn(again, &txns[1], NULL, &err));
    CU_ASSERT(ledger_restore_hold(again, 2, 1, "astro", 3000000, &err));
    CU_ASSERT(ledger_check(again, &err));
    check_same(ledger, again, NOW);
    check_same(ledger, again, NOW + 2 * US_PER_DAY);
    check_chain(ledger, again);
}

static void test_by_sums(void)
{
    struct txn txns[2];
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger(txns);
    CLEANUP(ledger_freep) struct ledger *again = make_structure();
    struct error err;

    CU_ASSERT(ledger_restore_grant(again, &grant, NOW, &err));
    CU_ASSERT(ledger_restore_balance(again, "unam", "astro", 1000000, &err));
    CU_ASSERT(ledger_restore_head(again, &txns[1], &err));
    CU_ASSERT(ledger_restore_hold(again, 2, 1, "astro", 3000000, &err));
    CU_ASSERT(ledger_check(again, &err));
    check_same(ledger, again, NOW);
    check_chain(ledger, again);
}

static void test_what_makes_no_sense(void)
{
    struct txn txns[2];
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger(txns);
    struct txn other = txns[1];
    struct error err;

    CU_ASSERT_FALSE(ledger_restore_txn(ledger, &txns[0], &grant, &err)); /* is there */
    CU_ASSERT_FALSE(ledger_restore_txn(ledger, &txns[0], NULL, &err));
    CU_ASSERT_FALSE(ledger_restore_txn(ledger, &txns[1], &grant, &err));
    snprintf(other.institution, sizeof(other.institution), "ipn");
    CU_ASSERT_FALSE(ledger_restore_txn(ledger, &other, NULL, &err));
    other = txns[1];
    other.entry_count = 1;
    CU_ASSERT_FALSE(ledger_restore_txn(ledger, &other, NULL, &err));
    CU_ASSERT_FALSE(ledger_restore_hold(ledger, 2, 1, "astro", 1, &err)); /* is there */
    CU_ASSERT_FALSE(ledger_restore_hold(ledger, 3, 1, "bio", 1, &err));
    CU_ASSERT_FALSE(ledger_restore_hold(ledger, 3, 1, "astro", -1, &err));
    CU_ASSERT_FALSE(ledger_restore_balance(ledger, "ipn", NULL, 1, &err));
    CU_ASSERT_FALSE(ledger_restore_balance(ledger, "unam", "bio", 1, &err));
    CU_ASSERT_FALSE(ledger_restore_balance(ledger, "unam", "astro", -1, &err));
    snprintf(other.institution, sizeof(other.institution), "ipn");
    CU_ASSERT_FALSE(ledger_restore_head(ledger, &other, &err));
    CU_ASSERT(ledger_check(ledger, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"from its transactions",          test_by_transactions    },
        {"from sums and the last head",    test_by_sums            },
        {"what makes no sense is refused", test_what_makes_no_sense},
        CU_TEST_INFO_NULL,
    };

    return run_suite("restore", tests);
}
