/* test_pattern.c - names of output files */

#include "proto/pattern.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <string.h>

static const struct pattern_facts batch = {
    .job = 17,
    .name = "calor",
    .user = "ana",
    .node = "n3.norte.example",
    .node_number = 2,
    .task = 5,
};

static const struct {
    const char *pattern;
    const char *directory;
    const char *path; /* NULL: refused */
} cases[] = {
    {"slurm-%j.out",  "/home/ana", "/home/ana/slurm-17.out"},
    {"/tmp/%j",       "/home/ana", "/tmp/17"               },
    {"%4j",           "/w",        "/w/0017"               },
    {"%04j",          "/w",        "/w/0017"               },
    {"%10j",          "/w",        "/w/0000000017"         },
    {"%1j",           "/w",        "/w/17"                 },
    {"%J.%A",         "/w",        "/w/17.17"              },
    {"%a",            "/w",        "/w/4294967294"         },
    {"%x-%u",         "/w",        "/w/calor-ana"          },
    {"%N_%n_%3n",     "/w",        "/w/n3_2_002"           },
    {"%t %s",         "/w",        "/w/5 batch"            },
    {"100%%",         "/w",        "/w/100%"               },
    {"%%j",           "/w",        "/w/%j"                 },
    {"\\%j",          "/w",        "/w/%j"                 },
    {"a\\b%j",        "/w",        "/w/ab%j"               },
    {"%j%j%j",        "/w",        "/w/171717"             },
    {"../%j",         "/w",        "/w/../17"              },
    {"%",             "/w",        NULL                    },
    {"%4",            "/w",        NULL                    },
    {"%z",            "/w",        NULL                    },
    {"%11j",          "/w",        NULL                    },
    {"%99999999999j", "/w",        NULL                    },
    {"% j",           "/w",        NULL                    },
    {"",              "",          NULL                    },
};

static void test_each_pattern(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer path = {0};
        struct error err;
        bool done;

        buffer_init(&path);
        buffer_add_text(&path, "<");
        done = pattern_path(cases[i].pattern, cases[i].directory, &batch, &path, &err);
        CU_ASSERT_EQUAL(done, cases[i].path != NULL);
        CU_ASSERT_EQUAL(pattern_check(cases[i].pattern, &err), done || !*cases[i].pattern);
        CU_ASSERT_STRING_EQUAL(path.bytes + 1, done ? cases[i].path : "");
    }
}

static void test_name_stays_in_its_directory(void)
{
    struct pattern_facts hostile = batch;
    CLEANUP(buffer_clear) struct buffer path = {0};
    struct error err;

    buffer_init(&path);
    hostile.name = "../../etc/passwd";
    CU_ASSERT(pattern_path("%x.out", "/w", &hostile, &path, &err));
    CU_ASSERT_STRING_EQUAL(path.bytes, "/w/.._.._etc_passwd.out");
}

static void test_step_has_its_own_names(void)
{
    struct pattern_facts step = batch;
    CLEANUP(buffer_clear) struct buffer path = {0};
    struct error err;

    buffer_init(&path);
    step.step = 3;
    CU_ASSERT(pattern_expand("%J %2s", &step, &path, &err));
    CU_ASSERT_STRING_EQUAL(path.bytes, "17.3 03");
}

static void test_element_of_an_array(void)
{
    struct pattern_facts element = batch;
    CLEANUP(buffer_clear) struct buffer path = {0};
    struct error err;

    buffer_init(&path);
    element.array = 12;
    element.element = 4;
    CU_ASSERT(pattern_expand("slurm-%A_%a.out %3a %j", &element, &path, &err));
    CU_ASSERT_STRING_EQUAL(path.bytes, "slurm-12_4.out 004 17");
}

/* "%j" ten thousand times is neither slow nor a file. */
static void test_long_results_are_refused(void)
{
    CLEANUP(buffer_clear) struct buffer pattern = {0};
    CLEANUP(buffer_clear) struct buffer path = {0};
    struct error err;

    buffer_init(&pattern);
    buffer_init(&path);
    for (int i = 0; i < 10000; i++)
        buffer_add_text(&pattern, "%10j");
    CU_ASSERT_FALSE(pattern_path(pattern.bytes, "/w", &batch, &path, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    buffer_reset(&pattern);
    for (int i = 0; i < 26; i++)
        buffer_add_text(&pattern, "%10j");
    CU_ASSERT_FALSE(pattern_path(pattern.bytes, "/w", &batch, &path, &err));
    pattern.bytes[4 * 25] = '\0';
    CU_ASSERT(pattern_path(pattern.bytes, "/w", &batch, &path, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each pattern",                       test_each_pattern               },
        {"a name stays in its directory",      test_name_stays_in_its_directory},
        {"a step has its own names",           test_step_has_its_own_names     },
        {"an element of an array has its own", test_element_of_an_array        },
        {"results too long are refused",       test_long_results_are_refused   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("pattern", tests);
}
