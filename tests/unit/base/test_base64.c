/* test_base64.c - the examples of RFC 4648, section 10 */

#include "base/base64.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <string.h>

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
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the examples of RFC 4648", test_examples},
        CU_TEST_INFO_NULL,
    };

    return run_suite("base64", tests);
}
