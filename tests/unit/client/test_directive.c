/* test_directive.c - one line, cut into words */

#include "base/buffer.h"
#include "base/memory.h"
#include "client/directive.h"
#include "tests/lib/runner.h"

#include <string.h>

/* Words joined with '|'. */
static const struct {
    const char *text;
    const char *words;
} cases[] = {
    {"",                "#"               },
    {"   ",             "#"               },
    {" -a b",           "#|-a|b"          },
    {"\t-a\t\tb \t",    "#|-a|b"          },
    {" --a=\"b c\"d",   "#|--a=b cd"      },
    {" 'a\\b'",         "#|a\\b"          },
    {" \"a\\\\b\"",     "#|a\\b"          },
    {" \"a\\nb\"",      "#|a\\nb"         },
    {" a\\",            "#|a\\"           },
    {" ''",             "#|"              },
    {" a '' b",         "#|a||b"          },
    {" a#b #c d",       "#|a#b"           },
    {" '#' b",          "#|#|b"           },
    {" \xc3\xa1rbol",   "#|\xc3\xa1rbol"  },
    {" \xff\xfe",       "#|\xff\xfe"      },
    {" x\xe2\x80\x94y", "#|x\xe2\x80\x94y"},
    {NULL,              NULL              },
};

static void test_words(void)
{
    for (size_t i = 0; cases[i].text; i++) {
        CLEANUP(buffer_clear) struct buffer joined;
        struct directive directive;
        struct error err;

        buffer_init(&joined);
        CU_ASSERT_TRUE_FATAL(directive_parse(cases[i].text, &directive, &err));
        for (int j = 0; j < directive.count; j++)
            buffer_print(&joined, "%s%s", j ? "|" : "", directive.words[j]);
        CU_ASSERT_STRING_EQUAL(joined.bytes, cases[i].words);
        CU_ASSERT_PTR_NULL(directive.words[directive.count]);
        directive_clear(&directive);
        CU_ASSERT_PTR_NULL(directive.words);
    }
}

static void test_what_is_a_directive(void)
{
    CU_ASSERT_STRING_EQUAL(directive_options("#SBATCH -a"), " -a");
    CU_ASSERT_STRING_EQUAL(directive_options("#TEQUIO"), "");
    CU_ASSERT_STRING_EQUAL(directive_options("#SLURM\t-b"), "\t-b");
    CU_ASSERT_PTR_NULL(directive_options("#SBATCH-a"));
    CU_ASSERT_PTR_NULL(directive_options("##SBATCH -a"));
    CU_ASSERT_PTR_NULL(directive_options("# SBATCH -a"));
    CU_ASSERT_PTR_NULL(directive_options(" #SBATCH -a"));
    CU_ASSERT_PTR_NULL(directive_options("#sbatch -a"));
    CU_ASSERT_PTR_NULL(directive_options(""));
}

static void test_refusals_leave_nothing(void)
{
    static const char *const bad[] = {
        " 'a", " -a \"b", " \"a\\\"", " \xe2\x80\x94mem", " \xe2\x88\x92n", " ok \xe2\x80\x93n"};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct directive directive = {.count = 77};
        struct error err = {0};

        CU_ASSERT_FALSE(directive_parse(bad[i], &directive, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT_EQUAL(directive.count, 77); /* written only on success */
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"words are cut as in a shell", test_words                 },
        {"what is a directive",         test_what_is_a_directive   },
        {"refusals leave nothing",      test_refusals_leave_nothing},
        CU_TEST_INFO_NULL,
    };

    return run_suite("directive", tests);
}
