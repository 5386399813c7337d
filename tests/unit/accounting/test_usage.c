/* test_usage.c - prices, and the text that the chain hashes */

#include "accounting/core/ledger.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#include <string.h>

static void test_price(void)
{
    static const struct {
        uint32_t cores;
        int64_t wall_us;
        uint32_t factor_ppm;
        int64_t price_micro;
    } cases[] = {
        {1,          US_PER_HOUR,     1000000,    1000000          },
        {0,          US_PER_HOUR,     1000000,    0                },
        {64,         0,               1000000,    0                },
        {64,         US_PER_DAY,      1000000,    1536000000       },
        {2,          US_PER_HOUR / 2, 1500000,    1500000          },
        {1,          1,               1000000,    0                }, /* 0.00028 */
        {1,          1800,            1000000,    0                }, /* 0.5: to even */
        {1,          1801,            1000000,    1                },
        {1,          5400,            1000000,    2                }, /* 1.5: to even */
        {1,          9000,            1000000,    2                }, /* 2.5: to even */
        {1,          9001,            1000000,    3                },
        {1,          3600,            1,          0                },
        {UINT32_MAX, INT64_MAX,       UINT32_MAX, LEDGER_AMOUNT_MAX},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_EQUAL(ledger_price(cases[i].cores, cases[i].wall_us, cases[i].factor_ppm),
                        cases[i].price_micro);
}

/* The books have no other place for what was used and for the entries. */
static void check_read_back(const char *text, const struct txn *txn, const struct usage *usage)
{
    CLEANUP(buffer_clear) struct buffer again;
    const char *place = text;
    struct usage read;
    struct entry entry;
    struct txn copy = {.kind = txn->kind, .at_us = txn->at_us};

    buffer_init(&again);
    memcpy(copy.key, txn->key, sizeof(copy.key));
    memcpy(copy.institution, txn->institution, sizeof(copy.institution));
    while (txn_next_entry(&place, &entry))
        copy.entries[copy.entry_count++] = entry;
    CU_ASSERT_EQUAL(copy.entry_count, txn->entry_count);
    CU_ASSERT_FATAL(usage_read_canonical(text, &read));
    txn_print_canonical(&copy, &read, &again);
    CU_ASSERT_STRING_EQUAL(again.bytes, text);
    CU_ASSERT_EQUAL(read.charged_micro, usage->charged_micro);
}

static void test_damaged_texts(void)
{
    static const char *const no_usage[] = {
        "",
        "txn 1 GRT/1 grant-institution uni 1\nentry pool -1\nentry inst:uni 1\n",
        "txn\nusage 1 1 0 uni p u c b 1 2 3 4 5 6 7 8 9 10 11 0 1000000",
        "txn\nusage 1 1 0 uni p u c b 1 2 3 4 5 6 7 8 9 10 11 0 1000000 DONE more\n",
        "txn\nusage 1 x 0 uni p u c b 1 2 3 4 5 6 7 8 9 10 11 0 1000000 DONE\n",
        "txn\nusage 1 1 0 uni p u c b -1 2 3 4 5 6 7 8 9 10 11 0 1000000 DONE\n",
        "txn\nusage 1 4294967296 0 uni p u c b 1 2 3 4 5 6 7 8 9 10 11 0 1000000 DONE\n",
        ("txn\nusage 1 1 0 uni p u c b 1 2 3 4 5 6 7 8 9 10 11 0 1000000 "
         "A_STATE_THAT_IS_TOO_LONG\n"),
    };
    static const char *const no_entry[] = {
        "",
        "entry pool 1\n",
        "txn\nentry pool\n",
        "txn\nentry pool x\n",
        "txn\nentry pool 1",
        "txn\nentry  1\n",
        "txn\nentry pool 99999999999999999999\n",
    };
    struct usage usage;
    struct entry entry;

    for (size_t i = 0; i < COUNT_OF(no_usage); i++)
        CU_ASSERT(!usage_read_canonical(no_usage[i], &usage));
    for (size_t i = 0; i < COUNT_OF(no_entry); i++) {
        const char *place = no_entry[i];

        CU_ASSERT(!txn_next_entry(&place, &entry));
    }
}

/* The verifier of a university rebuilds this text: it never changes. */
static void test_canonical_text(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct usage usage = {
        .job = 17,
        .attempt = 2,
        .slice = 0,
        .institution = "unam",
        .project = "astro",
        .user = "ana@unam",
        .cluster = "alpha",
        .partition = "batch",
        .submit_us = 1,
        .eligible_us = 2,
        .start_us = 3,
        .end_us = 4,
        .nodes = 5,
        .cores = 6,
        .wall_us = 7,
        .cpu_used_us = 8,
        .memory_bytes = 9,
        .memory_peak_bytes = 10,
        .charged_micro = 11,
        .waived_micro = 0,
        .factor_ppm = 1000000,
        .state = "COMPLETED",
    };
    struct txn txn = {
        .kind = TXN_CHARGE,
        .key = "CHG/17/2/0",
        .institution = "unam",
        .sequence = 3,
        .at_us = 1700000000000000,
        .entry_count = 2,
        .entries = {{"inst:unam", -11}, {"used:unam", 11}},
    };

    buffer_init(&text);
    txn_print_canonical(&txn, &usage, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes,
                           "txn 1 CHG/17/2/0 charge unam 1700000000000000\n"
                           "entry inst:unam -11\n"
                           "entry used:unam 11\n"
                           "usage 17 2 0 unam astro ana@unam alpha batch 1 2 3 4 5 6 7 8 9 10 "
                           "11 0 1000000 COMPLETED\n");
    check_read_back(text.bytes, &txn, &usage);
    buffer_reset(&text);
    usage.user[0] = '\0';
    usage_print_canonical(&usage, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes, "usage 17 2 0 unam astro - alpha batch 1 2 3 4 5 6 7 8 9 "
                                       "10 11 0 1000000 COMPLETED\n");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a price is rounded once, half to even", test_price         },
        {"the canonical text",                    test_canonical_text},
        {"a damaged text is read as nothing",     test_damaged_texts },
        CU_TEST_INFO_NULL,
    };

    return run_suite("usage", tests);
}
