/* test_csv.c - rows are read back as they were written, and nothing else is */

#include "accounting/csv.h"
#include "base/memory.h"
#include "tests/lib/runner.h"

static void start(struct csv *csv, const char *text)
{
    struct buffer bytes;

    buffer_init(&bytes);
    buffer_add_text(&bytes, text);
    csv_init(csv, &bytes);
    buffer_clear(&bytes);
}

static void test_plain_rows(void)
{
    CLEANUP(csv_clear) struct csv csv = {0};
    struct error err;

    start(&csv, "a,b\n1,\n");
    CU_ASSERT_EQUAL(csv_next(&csv, &err), 1);
    CU_ASSERT_EQUAL(csv.count, 2);
    CU_ASSERT_STRING_EQUAL(csv.fields[1], "b");
    CU_ASSERT_EQUAL(csv_next(&csv, &err), 1);
    CU_ASSERT_STRING_EQUAL(csv.fields[0], "1");
    CU_ASSERT_STRING_EQUAL(csv.fields[1], "");
    CU_ASSERT_EQUAL(csv_next(&csv, &err), 0);
}

static void test_quotes(void)
{
    CLEANUP(csv_clear) struct csv csv = {0};
    struct error err;

    start(&csv, "\"a,\"\"b\"\"\n\",c\n");
    CU_ASSERT_EQUAL(csv_next(&csv, &err), 1);
    CU_ASSERT_EQUAL(csv.count, 2);
    CU_ASSERT_STRING_EQUAL(csv.fields[0], "a,\"b\"\n");
    CU_ASSERT_STRING_EQUAL(csv.fields[1], "c");
}

static void test_what_is_no_row(void)
{
    static const char *const texts[] = {
        "a,b",
        "\"a,b\n",
        "\"a\"b\n",
        "1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3\n",
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CLEANUP(csv_clear) struct csv csv = {0};
        struct error err;

        start(&csv, texts[i]);
        CU_ASSERT_EQUAL(csv_next(&csv, &err), -1);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"plain rows",     test_plain_rows    },
        {"quotes",         test_quotes        },
        {"what is no row", test_what_is_no_row},
        CU_TEST_INFO_NULL,
    };

    return run_suite("csv", tests);
}
