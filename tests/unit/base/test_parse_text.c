/* test_parse_text.c - what a text is, and what was meant by it */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#include <string.h>

static void test_utf8(void)
{
    static const struct {
        const char *text;
        size_t size;
        bool valid;
    } cases[] = {
        {"",                 0, true },
        {"abc\t\n",          5, true },
        {"\xc3\xb1",         2, true },
        {"\xe2\x82\xac",     3, true },
        {"\xf0\x9f\x98\x80", 4, true },
        {"\xf4\x8f\xbf\xbf", 4, true }, /* U+10FFFF */
        {"\xed\x9f\xbf",     3, true }, /* before the surrogates */
        {"\xee\x80\x80",     3, true }, /* and after */
        {"a\0b",             3, false},
        {"\x80",             1, false},
        {"\xc3",             1, false},
        {"\xc3(",            2, false},
        {"\xe2\x82",         2, false},
        {"\xe2\x82(",        3, false},
        {"\xf0\x9f\x98",     3, false},
        {"\xc0\xaf",         2, false}, /* too long a form of '/' */
        {"\xc1\xbf",         2, false},
        {"\xe0\x80\xaf",     3, false},
        {"\xe0\x9f\xbf",     3, false},
        {"\xf0\x80\x80\xaf", 4, false},
        {"\xed\xa0\x80",     3, false}, /* a surrogate */
        {"\xf4\x90\x80\x80", 4, false}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 4, false},
        {"\xff",             1, false},
        {"\xfe\xff",         2, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_EQUAL(text_is_utf8(cases[i].text, cases[i].size), cases[i].valid);
}

static void test_nearest(void)
{
    static const char *const names[] = {"nodes",     "ntasks", "time",        "mem",
                                        "partition", "debug",  "clima-norte", NULL};
    static const struct {
        const char *text;
        const char *nearest;
    } cases[] = {
        {"nods",                                                                "nodes"      }, /* one left out */
        {"ndoes",                                                               "nodes"      }, /* two swapped */
        {"nodess",                                                              "nodes"      },
        {"NODES",                                                               "nodes"      },
        {"tiem",                                                                "time"       },
        {"men",                                                                 "mem"        },
        {"partitoin",                                                           "partition"  },
        {"partitions",                                                          "partition"  },
        {"degub",                                                               "debug"      },
        {"clima",                                                               "clima-norte"},
        {"cl",                                                                  NULL         },
        {"x",                                                                   NULL         },
        {"",                                                                    NULL         },
        {"account",                                                             NULL         },
        {"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", NULL         },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *nearest = nearest_name(cases[i].text, names);

        CU_ASSERT_EQUAL(nearest == NULL, cases[i].nearest == NULL);
        if (nearest && cases[i].nearest)
            CU_ASSERT_STRING_EQUAL(nearest, cases[i].nearest);
    }
}

static void test_shown(void)
{
    char shown[TEXT_SHOWN_SIZE];
    char text[5001];

    CU_ASSERT_STRING_EQUAL(text_show("n1", shown), "\"n1\"");
    CU_ASSERT_STRING_EQUAL(text_show("", shown), "\"\"");
    CU_ASSERT_STRING_EQUAL(text_show("a\x1b[2Jb", shown), "\"a\\x1b[2Jb\"");
    CU_ASSERT_STRING_EQUAL(text_show("\xe2\x80\xae", shown), "\"\\u{202e}\"");
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    text_show(text, shown);
    CU_ASSERT(strlen(shown) < TEXT_SHOWN_SIZE);
    CU_ASSERT_STRING_EQUAL(shown + strlen(shown) - 4, "...\"");
    /* However it is cut, half a character is not shown. */
    for (size_t start = 0; start < 4; start++) {
        for (size_t i = start; i + 1 < sizeof(text) - 1; i += 2)
            memcpy(text + i, "\xc3\xb1", 2);
        text[5000 - 5000 % 2] = '\0';
        text_show(text, shown);
        CU_ASSERT_TRUE(text_is_utf8(shown, strlen(shown)));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"UTF-8",            test_utf8   },
        {"the nearest name", test_nearest},
        {"texts as shown",   test_shown  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("parse_text", tests);
}
