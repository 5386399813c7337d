/* test_posting.c - lines of a transaction, and its place in the chain */

#include "accounting/core/books.h"
#include "tests/lib/runner.h"

#include <string.h>

static void test_seal(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct account institution, other;
    struct ledger ledger = {.last_chain = 6};
    struct txn first = {.kind = TXN_GRANT_INSTITUTION, .key = "GRT/1", .at_us = 5};
    struct txn second = {.kind = TXN_GRANT_INSTITUTION, .key = "GRT/2", .at_us = 6};
    struct digest zero = {0}, leaf, head;

    account_init(&institution, "unam", NULL);
    posting_add(&first, "pool", NULL, -7);
    posting_add(&first, "inst", "unam", 7);
    CU_ASSERT_EQUAL(first.entry_count, 2);
    CU_ASSERT_STRING_EQUAL(first.entries[0].account, "pool");
    CU_ASSERT_STRING_EQUAL(first.entries[1].account, "inst:unam");
    posting_seal(&ledger, &first, NULL, &institution);
    CU_ASSERT_EQUAL(first.sequence, 1);
    CU_ASSERT_STRING_EQUAL(first.institution, "unam");

    buffer_init(&text);
    txn_print_canonical(&first, NULL, &text);
    leaf = chain_leaf(text.bytes, text.length);
    head = chain_next(&zero, 1, &leaf);
    CU_ASSERT(digest_equal(&first.leaf, &leaf));
    CU_ASSERT(digest_equal(&first.head, &head));

    posting_seal(&ledger, &second, NULL, &institution);
    CU_ASSERT_EQUAL(second.sequence, 2);
    head = chain_next(&first.head, 2, &second.leaf);
    CU_ASSERT(digest_equal(&second.head, &head));
    CU_ASSERT(digest_equal(&institution.head, &head));
    account_clear(&institution);

    /* A chain has its number from its first transaction on. */
    account_init(&other, "ipn", NULL);
    posting_seal(&ledger, &second, NULL, &other);
    CU_ASSERT(first.chain == 7 && institution.chain == 7);
    CU_ASSERT(second.chain == 8 && second.sequence == 1);
    account_clear(&other);
}

/* The longest names still fit, whole. */
static void test_long_names(void)
{
    struct txn txn = {0};
    char name[LEDGER_NAME_MAX + 1];

    memset(name, 'p', LEDGER_NAME_MAX);
    name[LEDGER_NAME_MAX] = '\0';
    posting_add(&txn, "waived_contra", name, 0);
    CU_ASSERT_EQUAL(strlen(txn.entries[0].account), strlen("waived_contra:") + LEDGER_NAME_MAX);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"transactions are chained", test_seal      },
        {"the longest names fit",    test_long_names},
        CU_TEST_INFO_NULL,
    };

    return run_suite("posting", tests);
}
