/* test_openings.c - whose seals they are, and how the ledger uses them */

#include "accounting/core/openings.h"

#include "tests/lib/runner.h"

#include <string.h>

#define NOW INT64_C(1700000000000000)

static const uint8_t salt[SEAL_SALT_SIZE] = {7}, other[SEAL_SALT_SIZE] = {8};

static void test_names_of_seals(void)
{
    CLEANUP(openings_freep) struct openings *openings = openings_new();
    char seal[SEAL_SIZE];
    size_t place = 0;

    seal_make("ana", salt, seal);
    CU_ASSERT_STRING_EQUAL(openings_name(openings, seal), seal);
    CU_ASSERT(openings_add(openings, "ana", salt));
    CU_ASSERT_FALSE(openings_add(openings, "ana", other));
    CU_ASSERT_STRING_EQUAL(openings_name(openings, seal), "ana");
    CU_ASSERT_STRING_EQUAL(openings_name(openings, "eva"), "eva");
    CU_ASSERT_PTR_NULL(openings_find(openings, "eva"));
    CU_ASSERT_PTR_EQUAL(openings_next(openings, &place), openings_find(openings, "ana"));
    CU_ASSERT_PTR_NULL(openings_next(openings, &place));
}

/* Charge an hour of ana's; what the books call her. */
static void charge(struct ledger *ledger, uint64_t job, char ret_user[LEDGER_NAME_MAX + 1])
{
    struct usage usage = {.job = job, .attempt = 1, .cores = 1, .wall_us = 1, .factor_ppm = 1};
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;
    struct txn txn;

    buffer_init(&text);
    memory_put_text(usage.user, sizeof(usage.user), "ana");
    CU_ASSERT(ledger_hold(ledger, job, 1, "astro", 0, NOW, &err));
    CU_ASSERT(ledger_settle(ledger, &usage, SETTLE_CHARGE, NOW, &txn, &err));
    memory_put_text(ret_user, LEDGER_NAME_MAX + 1, usage.user);
    txn_print_canonical(&txn, &usage, &text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, ret_user));
}

static void test_the_books_have_the_seal(void)
{
    CLEANUP(ledger_freep) struct ledger *ledger = ledger_new();
    CLEANUP(ledger_freep) struct ledger *copy = NULL;
    char seal[SEAL_SIZE], user[LEDGER_NAME_MAX + 1];
    struct error err;

    CU_ASSERT(ledger_add_institution(ledger, "unam", &err));
    CU_ASSERT(ledger_add_project(ledger, "astro", "unam", &err));
    charge(ledger, 1, user);
    CU_ASSERT_STRING_EQUAL(user, "ana");
    seal_make("ana", salt, seal);
    ledger_seal(ledger, "ana", seal);
    charge(ledger, 2, user);
    CU_ASSERT_STRING_EQUAL(user, seal);
    copy = ledger_copy(ledger);
    charge(copy, 3, user);
    CU_ASSERT_STRING_EQUAL(user, seal);
    ledger_seal(ledger, "ana", NULL);
    CU_ASSERT_PTR_NULL(ledger_seal_of(ledger, "ana"));
    charge(ledger, 3, user);
    CU_ASSERT_STRING_EQUAL(user, "ana");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a seal that can be opened is a name", test_names_of_seals         },
        {"the books have the seal",             test_the_books_have_the_seal},
        CU_TEST_INFO_NULL,
    };

    return run_suite("openings", tests);
}
