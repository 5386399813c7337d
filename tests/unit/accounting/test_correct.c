/* test_correct.c - refunds, transfers and ends of grants are entries; balances follow them */

#include "accounting/core/ledger.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <string.h>

#define SU INT64_C(1000000)

/* Institution uni (1000 SU) with projects a (100 SU, grant 2) and b; otra with c. */
static struct ledger *make_ledger(void)
{
    struct ledger *ledger = ledger_new();
    const struct grant grants[] = {
        {.id = 1,        .institution = "uni", .amount_micro = 1000 * SU, .start_us = 1},
        { .id = 2,
         .institution = "uni",
         .project = "a",
         .amount_micro = 100 * SU,
         .start_us = 1,
         .end_us = 1000},
    };
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_add_institution(ledger, "uni", &err));
    CU_ASSERT(ledger_add_institution(ledger, "otra", &err));
    CU_ASSERT(ledger_add_project(ledger, "a", "uni", &err));
    CU_ASSERT(ledger_add_project(ledger, "b", "uni", &err));
    CU_ASSERT(ledger_add_project(ledger, "c", "otra", &err));
    for (size_t i = 0; i < COUNT_OF(grants); i++)
        CU_ASSERT(ledger_grant(ledger, &grants[i], 10, &txn, &err));
    return ledger;
}

/* Job of so many core-hours, charged to project a. */
static void charge(struct ledger *ledger, uint64_t job, uint32_t hours)
{
    struct usage usage = {
        .job = job, .attempt = 1, .cores = hours, .wall_us = US_PER_HOUR, .factor_ppm = 1000000};
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_hold(ledger, job, 1, "a", hours * SU, 20, &err));
    CU_ASSERT(ledger_settle(ledger, &usage, false, 20, &txn, &err));
}

static int64_t available(const struct ledger *ledger, const char *project, int64_t now_us)
{
    struct balance balance = {0};

    CU_ASSERT(ledger_balance(ledger, "uni", project, now_us, &balance));
    CU_ASSERT_EQUAL(balance.granted_micro,
                    balance.charged_micro + balance.held_micro + balance.available_micro);
    return balance.available_micro;
}

static int64_t sum_of(const struct txn *txn)
{
    int64_t sum = 0;

    for (unsigned i = 0; i < txn->entry_count; i++)
        sum += txn->entries[i].amount_micro;
    return sum;
}

static void test_a_refund(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    struct refund refund = {.id = 7, .job = 3, .project = "a", .amount_micro = 10 * SU};
    struct error err;
    struct txn txn;

    charge(ledger, 3, 40);
    CU_ASSERT(ledger_refund(ledger, &refund, 30, &txn, &err));
    CU_ASSERT_STRING_EQUAL(txn.key, "RFD/3/7");
    CU_ASSERT_STRING_EQUAL(txn_project(&txn), "a");
    CU_ASSERT(sum_of(&txn) == 0 && txn.sequence == 4);
    CU_ASSERT_EQUAL(available(ledger, "a", 30), 70 * SU);
    CU_ASSERT_EQUAL(available(ledger, NULL, 30), 970 * SU);
    refund.amount_micro = 31 * SU;
    CU_ASSERT(!ledger_refund(ledger, &refund, 30, &txn, &err));
    CU_ASSERT(strstr(err.text, "has only 30 SU") != NULL);
    refund.amount_micro = 0;
    CU_ASSERT(!ledger_refund(ledger, &refund, 30, &txn, &err));
    refund.project = "nobody";
    CU_ASSERT(!ledger_refund(ledger, &refund, 30, &txn, &err));
    CU_ASSERT(ledger_check(ledger, &err));
}

/* What was drawn from a grant that is over does not come back to be spent. */
static void test_a_refund_after_the_grant(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    const struct refund refund = {.id = 7, .job = 3, .project = "a", .amount_micro = 40 * SU};
    struct balance balance;
    struct error err;
    struct txn txn;

    charge(ledger, 3, 40);
    CU_ASSERT(ledger_refund(ledger, &refund, 2000, &txn, &err));
    CU_ASSERT_EQUAL(available(ledger, "a", 2000), 0);
    CU_ASSERT(ledger_balance(ledger, "uni", "a", 2000, &balance) && balance.charged_micro == 0);
    CU_ASSERT(ledger_check(ledger, &err));
}

/* A debt is paid back first. */
static void test_a_refund_of_a_debt(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    const struct refund refund = {.id = 7, .job = 3, .project = "a", .amount_micro = 50 * SU};
    struct usage usage = {
        .job = 3, .attempt = 1, .cores = 130, .wall_us = US_PER_HOUR, .factor_ppm = 1000000};
    struct error err;
    struct txn txn;

    CU_ASSERT(ledger_hold(ledger, 3, 1, "a", 100 * SU, 20, &err));
    CU_ASSERT(ledger_settle(ledger, &usage, false, 20, &txn, &err));
    CU_ASSERT_EQUAL(available(ledger, "a", 30), -30 * SU);
    CU_ASSERT(ledger_refund(ledger, &refund, 30, &txn, &err));
    CU_ASSERT_EQUAL(available(ledger, "a", 30), 20 * SU);
    CU_ASSERT(ledger_check(ledger, &err));
}

static struct transfer transfer_of(int64_t amount_micro, const char *project)
{
    return (struct transfer){
        .from = 2,
        .from_project = "a",
        .to = {.id = 3, .project = project, .amount_micro = amount_micro}
    };
}

static void test_a_transfer(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    struct transfer transfer = transfer_of(60 * SU, "b");
    struct error err;
    struct txn txn;

    charge(ledger, 3, 10);
    CU_ASSERT(ledger_transfer(ledger, &transfer, 30, &txn, &err));
    CU_ASSERT_STRING_EQUAL(txn.key, "TRF/3/2");
    CU_ASSERT(sum_of(&txn) == 0);
    CU_ASSERT(transfer.to.start_us == 30 && transfer.to.end_us == 1000);
    CU_ASSERT_EQUAL(available(ledger, "a", 30), 30 * SU);
    CU_ASSERT_EQUAL(available(ledger, "b", 30), 60 * SU);
    CU_ASSERT_EQUAL(available(ledger, "b", 1000), 0); /* it ends with the grant it came from */
    CU_ASSERT_EQUAL(available(ledger, NULL, 30), 990 * SU);
    CU_ASSERT(ledger_check(ledger, &err));
}

static void test_transfers_that_cannot_be(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    struct transfer transfer;
    struct error err;
    struct txn txn;
    static const struct {
        int64_t amount_micro;
        const char *project;
        int64_t now_us;
        const char *words;
    } cases[] = {
        {101 * SU, "b",    30,   "the grant has only 100 SU" },
        {0,        "b",    30,   "not between 1"             },
        {-SU,      "b",    30,   "not between 1"             },
        {SU,       "a",    30,   "has the grant already"     },
        {SU,       "c",    30,   "are not of one institution"},
        {SU,       "none", 30,   "no project none"           },
        {31 * SU,  "b",    30,   "what its running jobs hold"},
        {SU,       "b",    1000, "grant 2 has ended"         }, /* last: time never goes back */
    };

    CU_ASSERT(ledger_hold(ledger, 9, 1, "a", 70 * SU, 20, &err));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        transfer = transfer_of(cases[i].amount_micro, cases[i].project);
        CU_ASSERT(!ledger_transfer(ledger, &transfer, cases[i].now_us, &txn, &err));
        if (!strstr(err.text, cases[i].words)) {
            printf("# %zu: %s\n", i, err.text);
            CU_ASSERT(false);
        }
    }
    transfer = transfer_of(SU, "b");
    transfer.from = 77;
    CU_ASSERT(!ledger_transfer(ledger, &transfer, 1000, &txn, &err));
    CU_ASSERT_EQUAL(available(ledger, NULL, 1000), 930 * SU); /* nothing has changed */
    CU_ASSERT(ledger_check(ledger, &err));
}

static void test_the_end_of_a_grant(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    const struct grant of = {.id = 2, .institution = "uni", .project = "a"};
    const struct grant institution = {.id = 1, .institution = "uni"};
    int64_t left = -1;
    struct error err;
    struct txn txn;

    charge(ledger, 3, 10);
    CU_ASSERT(ledger_grant_left(ledger, &of, 30, &left) && left == 90 * SU);
    CU_ASSERT(ledger_end_grant(ledger, &of, 30, &txn, &err));
    CU_ASSERT_STRING_EQUAL(txn.key, "END/2");
    CU_ASSERT(sum_of(&txn) == 0);
    CU_ASSERT(ledger_grant_left(ledger, &of, 30, &left) && left == 0);
    CU_ASSERT_EQUAL(available(ledger, "a", 30), 0);
    CU_ASSERT(!ledger_end_grant(ledger, &of, 30, &txn, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT(ledger_end_grant(ledger, &institution, 30, &txn, &err));
    CU_ASSERT_STRING_EQUAL(txn.entries[1].account, "expired:uni");
    CU_ASSERT_EQUAL(txn.entries[1].amount_micro, 990 * SU);
    CU_ASSERT_EQUAL(available(ledger, NULL, 30), 0);
    CU_ASSERT(ledger_check(ledger, &err));
}

/* The same balances from what the database has: grants, cuts, sums. */
static void test_restored(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = make_ledger();
    CLEANUP(ledger_freep) struct ledger *again = make_ledger();
    const struct grant from = {.id = 2, .institution = "uni", .project = "a"};
    struct transfer transfer = transfer_of(60 * SU, "b");
    int64_t amount = 0;
    struct error err;
    struct txn txn;

    charge(ledger, 3, 10);
    CU_ASSERT(ledger_transfer(ledger, &transfer, 30, &txn, &err));
    CU_ASSERT(ledger_restore_cut(again, &from, 60 * SU, &err));
    CU_ASSERT(ledger_restore_grant(again, &transfer.to, 30, &err));
    CU_ASSERT(ledger_restore_balance(again, "uni", "a", 10 * SU, &err));
    CU_ASSERT_EQUAL(available(ledger, "a", 40), available(again, "a", 40));
    CU_ASSERT_EQUAL(available(ledger, "b", 40), available(again, "b", 40));
    CU_ASSERT_EQUAL(available(ledger, NULL, 40), available(again, NULL, 40));
    CU_ASSERT(!ledger_restore_cut(again, &from, 41 * SU, &err));
    CU_ASSERT(txn_first_amount("txn 1 x\nentry limit:a -60\n", &amount) && amount == 60);
    CU_ASSERT(!txn_first_amount("txn 1 x\n", &amount));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a refund gives back, and no more than was charged", test_a_refund                },
        {"what is refunded after its grant is not spent",     test_a_refund_after_the_grant},
        {"a refund pays a debt first",                        test_a_refund_of_a_debt      },
        {"a transfer, up to the same end",                    test_a_transfer              },
        {"transfers that cannot be change nothing",           test_transfers_that_cannot_be},
        {"a grant is ended",                                  test_the_end_of_a_grant      },
        {"restored, the balances are the same",               test_restored                },
        CU_TEST_INFO_NULL,
    };

    return run_suite("correct", tests);
}
