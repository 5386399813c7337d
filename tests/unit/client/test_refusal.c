/* test_refusal.c - a refusal of the scheduler's keeps what it names when it is translated */

#include "base/memory.h"
#include "client/refusal.h"
#include "tests/lib/runner.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void test_render(void)
{
    static const struct {
        const char *text, *from, *to, *expected; /* NULL: does not fit */
    } cases[] = {
        {"no job 17",             "no job %s",                "ningún trabajo %s",                       "ningún trabajo 17"},
        {"no jobs",               "no job %s",                "x",                                        NULL                },
        {"a no job 17",           "no job %s",                "x",                                        NULL                },
        {"job 1 ended (FAILED)",  "job %s ended (%s)",        "(%2$s) acabó %1$s",                       "(FAILED) acabó 1" },
        {"job 1 ended (FAILED",   "job %s ended (%s)",        "x",                                        NULL                },
        {"job  ended ()",         "job %s ended (%s)",        "%s/%s.",                                   "/."                },
        {"a is for b; you are c", "%s is for %s; you are %s", "%s|%s|%s",                                 "a|b|c"             },
        {"empty",                 "empty",                    "vacío",                                   "vacío"            },
        {"empty.",                "empty",                    "vacío",                                   NULL                },
        {"100%s of %n",           "%s of %s",                 "%s de %s 5%",                              "100%s de %n 5%"    },
        {"no job 17",             "no job %s",                "%2$s",                                     NULL                },
        {"no job 17",             "no job %s",                "0123456789012345678901234567890123456789", NULL                },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[40] = "";
        bool fits = refusal_render(cases[i].text, cases[i].from, cases[i].to, text, sizeof(text));

        CU_ASSERT_EQUAL(fits, cases[i].expected != NULL);
        if (fits && cases[i].expected)
            CU_ASSERT_STRING_EQUAL(text, cases[i].expected);
    }
}

/* Every template fits itself, and its translation names as much. */
static void test_templates(void)
{
    for (size_t i = 0; refusals[i]; i++) {
        char text[400];

        CU_ASSERT(refusal_render(refusals[i], refusals[i], refusals[i], text, sizeof(text)));
        CU_ASSERT_STRING_EQUAL(text, refusals[i]);
    }
}

static void test_in_spanish(void)
{
    const char *build = getenv("TEQUIO_BUILD");
    CLEANUP(memory_freep) char *folder = memory_format("%s/po", build ? build : ".");
    struct error err;

    setenv("LANGUAGE", "es", 1);
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return;
    bindtextdomain("tequio", folder);
    textdomain("tequio");
    fail(&err, ERROR_NOT_FOUND, "there is no job 17");
    refusal_translate(&err);
    CU_ASSERT_STRING_EQUAL(err.text, "no hay ningún trabajo 17");
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    fail(&err, ERROR_INVALID, "something that nobody has listed");
    refusal_translate(&err);
    CU_ASSERT_STRING_EQUAL(err.text, "something that nobody has listed");
    for (size_t i = 0; refusals[i]; i++) {
        char text[400];

        CU_ASSERT_STRING_NOT_EQUAL(gettext(refusals[i]), refusals[i]);
        CU_ASSERT(
            refusal_render(refusals[i], refusals[i], gettext(refusals[i]), text, sizeof(text)));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what it names is kept", test_render    },
        {"templates",             test_templates },
        {"in Spanish",            test_in_spanish},
        CU_TEST_INFO_NULL,
    };

    return run_suite("refusal", tests);
}
