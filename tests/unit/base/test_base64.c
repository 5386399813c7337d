/* test_base64.c - the examples of RFC 4648, section 10 */

#include "base/base64.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <string.h>

static bool reads(const char *text, const char *expected)
{
    char bytes[8];
    size_t size = strlen(expected);

    return base64_read(text, strlen(text), bytes, size) && memcmp(bytes, expected, size) == 0;
}

static void test_examples(void)
{
    static const char *const examples[][2] = {
        {"",       ""        },
        {"f",      "Zg=="    },
        {"fo",     "Zm8="    },
        {"foo",    "Zm9v"    },
        {"foob",   "Zm9vYg=="},
        {"fooba",  "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };

    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        CLEANUP(buffer_clear) struct buffer text;

        buffer_init(&text);
        buffer_add_text(&text, "is ");
        base64_print(examples[i][0], strlen(examples[i][0]), &text);
        CU_ASSERT_STRING_EQUAL(text.bytes + 3, examples[i][1]);
        CU_ASSERT_EQUAL(text.length, 3 + strlen(examples[i][1]));
        CU_ASSERT(reads(examples[i][1], examples[i][0]));
    }
}

static void test_one_way_to_write(void)
{
    static const char *const wrong[] = {
        "Zg",
        "Zg=",
        "Zh==", /* its last bits are not 0 */
        "Z===",
        "Zg==\n",
        " Zg==",
        "Zm9v Zm9v",
        ("Zm\x80"
         "9v"),
        "Zm9-",
        "====",
    };
    char bytes[8];

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        for (size_t size = 0; size < sizeof(bytes); size++)
            CU_ASSERT(!base64_read(wrong[i], strlen(wrong[i]), bytes, size));
    CU_ASSERT(!base64_read("Zm9v", 4, bytes, 2));
    CU_ASSERT(base64_read("Zm8=", 4, bytes, 2));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the examples of RFC 4648",     test_examples        },
        {"there is one way to write it", test_one_way_to_write},
        CU_TEST_INFO_NULL,
    };

    return run_suite("base64", tests);
}
