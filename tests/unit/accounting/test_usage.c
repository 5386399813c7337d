/* test_usage.c - prices, and the text that the chain hashes */

#include "accounting/core/ledger.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

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
        CU_TEST_INFO_NULL,
    };

    return run_suite("usage", tests);
}
