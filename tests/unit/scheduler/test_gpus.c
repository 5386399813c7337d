/* test_gpus.c - stocks of GPUs are read, compared and told as they are */

#include "base/memory.h"
#include "scheduler/core/gpus.h"
#include "tests/lib/runner.h"

static void test_reads_and_prints(void)
{
    static const struct {
        const char *text;
        const char *printed; /* NULL: refused */
        uint32_t total;
    } cases[] = {
        {"",                   "",                0},
        {"a100",               "a100:1",          1},
        {"v100:2,a100:4",      "a100:4,v100:2",   6},
        {"a100:2,a100:2",      "a100:4",          4},
        {"a,b,c,d",            "a:1,b:1,c:1,d:1", 4},
        {"a,b,c,d,e",          NULL,              0},
        {"a100:0",             NULL,              0},
        {"a100:1025",          NULL,              0},
        {"a100:1000,a100:100", NULL,              0},
        {"a100:x",             NULL,              0},
        {":3",                 NULL,              0},
        {"a b:3",              NULL,              0},
        {"a,,b",               NULL,              0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer text;
        struct gpu_stock stock = {0};
        struct error err;

        buffer_init(&text);
        CU_ASSERT_EQUAL(gpu_stock_parse(cases[i].text, &stock, &err), cases[i].printed != NULL);
        gpu_stock_print(&stock, &text);
        CU_ASSERT_STRING_EQUAL(text.bytes, cases[i].printed ? cases[i].printed : "");
        CU_ASSERT_EQUAL(gpu_stock_total(&stock), cases[i].total);
    }
}

static void test_order_is_total(void)
{
    static const char *const texts[] = {"", "a100:2", "a100:4", "v100:2", "a100:2,v100:1"};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t j = 0; j < COUNT_OF(texts); j++) {
            struct gpu_stock a, b;
            struct error err;

            CU_ASSERT(gpu_stock_parse(texts[i], &a, &err) && gpu_stock_parse(texts[j], &b, &err));
            CU_ASSERT_EQUAL(gpu_stock_equal(&a, &b), i == j);
            CU_ASSERT_EQUAL(gpu_stock_compare(&a, &b) < 0, i < j);
        }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"stocks are read and printed",   test_reads_and_prints},
        {"their order knows all of them", test_order_is_total  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("gpus", tests);
}
