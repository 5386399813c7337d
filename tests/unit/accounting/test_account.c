/* test_account.c - grants begin and end, charges are drawn from them */

#include "accounting/core/account.h"
#include "tests/lib/runner.h"

#define DAY INT64_C(86400000000)

static void add(struct account *account, uint64_t id, int64_t amount, int64_t start, int64_t end)
{
    account_add_grant(account, &(struct allotment){id, amount, start, end, 0}, start);
}

static int64_t available(const struct account *account, int64_t at_us)
{
    return (int64_t)account_available(account, at_us);
}

static void test_windows(void)
{
    struct error err;
    struct account account;

    account_init(&account, "unam", NULL);
    CU_ASSERT_EQUAL(available(&account, 0), 0);
    account_add_grant(&account, &(struct allotment){1, 100, 5 * DAY, 10 * DAY, 0}, DAY);
    CU_ASSERT_EQUAL(available(&account, 5 * DAY - 1), 0);
    CU_ASSERT_EQUAL(available(&account, 5 * DAY), 100);
    CU_ASSERT_EQUAL(available(&account, 10 * DAY - 1), 100);
    CU_ASSERT_EQUAL(available(&account, 10 * DAY), 0);
    CU_ASSERT_EQUAL(account_next_start(&account), 5 * DAY);
    account_advance(&account, 6 * DAY);
    CU_ASSERT_EQUAL(account_next_start(&account), INT64_MAX);
    CU_ASSERT(account_check(&account, &err));
    account_clear(&account);
}

/* What ends first is used first, so that its end takes away as little as can be. */
static void test_draws_from_the_first_to_end(void)
{
    struct account account;

    account_init(&account, "unam", NULL);
    add(&account, 1, 100, 0, INT64_MAX);
    add(&account, 2, 50, 0, 10 * DAY);
    account_charge(&account, 40, DAY);
    CU_ASSERT_EQUAL(available(&account, DAY), 110);
    CU_ASSERT_EQUAL(available(&account, 10 * DAY), 100);
    account_charge(&account, 30, 2 * DAY);
    CU_ASSERT_EQUAL(available(&account, 2 * DAY), 80);
    CU_ASSERT_EQUAL(available(&account, 10 * DAY), 80);
    account_clear(&account);
}

/* Of what is used up nobody awaits the end. */
static void test_first_end(void)
{
    struct account account;

    account_init(&account, "unam", NULL);
    CU_ASSERT_EQUAL(account_first_end(&account), INT64_MAX);
    add(&account, 1, 100, 0, INT64_MAX);
    CU_ASSERT_EQUAL(account_first_end(&account), INT64_MAX);
    add(&account, 2, 50, 0, 10 * DAY);
    add(&account, 3, 20, 0, 5 * DAY);
    CU_ASSERT_EQUAL(account_first_end(&account), 5 * DAY);
    account_charge(&account, 20, DAY);
    CU_ASSERT_EQUAL(account_first_end(&account), 10 * DAY);
    account_advance(&account, 10 * DAY);
    CU_ASSERT_EQUAL(account_first_end(&account), INT64_MAX);
    account_clear(&account);
}

static void test_debt_is_covered_by_the_next_grant(void)
{
    struct account account;
    struct error err;

    account_init(&account, "unam", NULL);
    add(&account, 1, 10, 0, 5 * DAY);
    account_charge(&account, 25, DAY);
    CU_ASSERT_EQUAL(available(&account, DAY), -15);
    account_add_grant(&account, &(struct allotment){2, 100, 3 * DAY, 4 * DAY, 0}, 2 * DAY);
    CU_ASSERT_EQUAL(available(&account, 2 * DAY), -15);
    CU_ASSERT_EQUAL(available(&account, 3 * DAY), 85);
    /* It was covered when the grant began, also when nobody looked then. */
    CU_ASSERT_EQUAL(available(&account, 6 * DAY), 0);
    account_advance(&account, 6 * DAY);
    CU_ASSERT_EQUAL(available(&account, 6 * DAY), 0);
    CU_ASSERT(account_check(&account, &err));
    account_clear(&account);
}

static void test_holds_and_copies(void)
{
    struct account account, copy;

    account_init(&account, "unam", NULL);
    add(&account, 1, 100, 0, INT64_MAX);
    account.held_micro = 30;
    CU_ASSERT_EQUAL(available(&account, DAY), 70);
    copy = account_copy(&account);
    account_charge(&copy, 50, DAY);
    CU_ASSERT_EQUAL(available(&copy, DAY), 20);
    CU_ASSERT_EQUAL(available(&account, DAY), 70);
    account_clear(&account);
    account_clear(&copy);
}

/* A sum without its time leaves as little to spend as can be. */
static void test_a_sum_without_time(void)
{
    struct account account;

    account_init(&account, "unam", NULL);
    add(&account, 1, 100, 0, 10 * DAY);
    add(&account, 2, 100, 0, 20 * DAY);
    account_restore_charge(&account, 120);
    CU_ASSERT_EQUAL(available(&account, DAY), 80);
    CU_ASSERT_EQUAL(available(&account, 12 * DAY), 0);
    account_advance(&account, 12 * DAY);
    CU_ASSERT_EQUAL(available(&account, 12 * DAY), 0);
    account_clear(&account);
}

static void test_check_finds_what_is_wrong(void)
{
    struct account account;
    struct error err;

    account_init(&account, "unam", NULL);
    add(&account, 1, 100, 0, INT64_MAX);
    account_charge(&account, 10, DAY);
    CU_ASSERT(account_check(&account, &err));
    account.charged_micro++;
    CU_ASSERT_FALSE(account_check(&account, &err));
    account.charged_micro--;
    account.grants[0].drawn_micro = 101;
    CU_ASSERT_FALSE(account_check(&account, &err));
    account.grants[0].drawn_micro = 10;
    account.held_micro = -1;
    CU_ASSERT_FALSE(account_check(&account, &err));
    account_clear(&account);
}

static void test_saturate(void)
{
    CU_ASSERT_EQUAL(amount_saturate((__int128)INT64_MAX + 1), INT64_MAX);
    CU_ASSERT_EQUAL(amount_saturate((__int128)INT64_MIN - 1), INT64_MIN);
    CU_ASSERT_EQUAL(amount_saturate(-7), -7);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a grant counts from its start to its end",      test_windows                          },
        {"charges draw on the grant that ends first",     test_draws_from_the_first_to_end      },
        {"the first end of a grant",                      test_first_end                        },
        {"a debt is covered by the next grant",           test_debt_is_covered_by_the_next_grant},
        {"holds count, and a copy is apart",              test_holds_and_copies                 },
        {"a sum without a time leaves the least",         test_a_sum_without_time               },
        {"the check finds sums that do not agree",        test_check_finds_what_is_wrong        },
        {"sums beyond 64 bits become the nearest number", test_saturate                         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("account", tests);
}
