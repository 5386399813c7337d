/* test_job_stage.c - --stage-in and --stage-out, as they are typed */

#include "client/job_stage.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <string.h>
#include <sys/stat.h>

#define SUM "b1103d32344cbf2a2c482741e37bdd8392ad6404375f39263a1e6d2309084892"

static bool fill(bool out, const char *text, struct arena *arena, Wire__JobSpec *spec)
{
    struct job_stage stage = {0};
    struct error err = {.text = ""};

    *spec = (Wire__JobSpec)WIRE__JOB_SPEC__INIT;
    return (out ? job_stage_out : job_stage_in)(&stage, text, &err) &&
           job_stage_fill(&stage, arena, spec, &err);
}

static void test_in(void)
{
    static const struct {
        const char *text, *url, *path, *digest;
    } cases[] = {
        {"https://h/d/f.tar",                "https://h/d/f.tar",        "f.tar", "" },
        {"https://h/f=in/g",                 "https://h/f",              "in/g",  "" },
        {"https://h/f#sha256=" SUM,          "https://h/f",              "f",     SUM},
        {"https://h/f#sha256=" SUM "=in/g",  "https://h/f",              "in/g",  SUM},
        {"https://h/f?a=b&c==",              "https://h/f?a=b&c==",      "f",     "" },
        {"https://h/f?a=b#sha256=" SUM "=g", "https://h/f?a=b",          "g",     SUM},
        {"in/g=https://h/f?a=b",             "https://h/f?a=b",          "in/g",  "" },
        {"g=https://h/f?u=http://x/y",       "https://h/f?u=http://x/y", "g",     "" },
        {"a=b=https://h/f#sha256=" SUM,      "https://h/f",              "a=b",   SUM},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        Wire__JobSpec spec;

        CU_ASSERT_FATAL(fill(false, cases[i].text, arena, &spec));
        CU_ASSERT_EQUAL_FATAL(spec.n_stage_in, 1);
        CU_ASSERT_STRING_EQUAL(spec.stage_in[0]->url, cases[i].url);
        CU_ASSERT_STRING_EQUAL(spec.stage_in[0]->path, cases[i].path);
        CU_ASSERT_STRING_EQUAL(spec.stage_in[0]->digest, cases[i].digest);
    }
}

static void test_out(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    Wire__JobSpec spec;

    CU_ASSERT_FATAL(fill(true, "a=b/f=sftp://h/~/f", arena, &spec));
    CU_ASSERT_EQUAL_FATAL(spec.n_stage_out, 1);
    CU_ASSERT_STRING_EQUAL(spec.stage_out[0]->path, "a=b/f");
    CU_ASSERT_STRING_EQUAL(spec.stage_out[0]->url, "sftp://h/~/f");
}

static void test_bad(void)
{
    static const char *const in[] = {
        "",
        "/none",
        "/dev/null=f",
        "/none=g",
        "https://h/",
        "https://h/d/",
        "=https://h/f",
        "https://h/f=",
        "https://h/f=/g",
        "https://h/f=../g",
        "https://h/%20f",
        "https://h/f#sha256=12",
        "https://h/f#md5=12",
        "https://h/f=\xff",
    };
    static const char with_sum[] = "f=https://h/f#sha256=" SUM;
    const char *const out[] = {"https://h/f", "f", "f=g", "../f=https://h/f", with_sum};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    Wire__JobSpec spec;

    for (size_t i = 0; i < COUNT_OF(in); i++)
        CU_ASSERT(!fill(false, in[i], arena, &spec));
    for (size_t i = 0; i < COUNT_OF(out); i++)
        CU_ASSERT(!fill(true, out[i], arena, &spec));
}

static void test_along(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(memory_freep) char *file = scratch_file("a=b", "x\0y", 3);
    CLEANUP(memory_freep) char *text = memory_format("%s=in/c", file);
    Wire__JobSpec spec;

    CU_ASSERT_FATAL(fill(false, text, arena, &spec));
    CU_ASSERT_STRING_EQUAL(spec.stage_in[0]->path, "in/c");
    CU_ASSERT_STRING_EQUAL(spec.stage_in[0]->url, "");
    CU_ASSERT_EQUAL_FATAL(spec.stage_in[0]->content.len, 3);
    CU_ASSERT_EQUAL(memcmp(spec.stage_in[0]->content.data, "x\0y", 3), 0);
    CU_ASSERT(!spec.stage_in[0]->executable);
    CU_ASSERT_STRING_EQUAL(spec.stage_in[0]->digest,
                           "ce3890a816f5237a17aa7e1436113bbac398dfe216cf965537cd035bdbad900a");
    CU_ASSERT_EQUAL(chmod(file, 0755), 0);
    CU_ASSERT_FATAL(fill(false, text, arena, &spec));
    CU_ASSERT(spec.stage_in[0]->executable);
    CU_ASSERT(!fill(true, text, arena, &spec));
}

static void test_how_many(void)
{
    struct job_stage stage = {0};
    struct error err;

    for (int i = 0; i < STAGE_ITEMS_MAX; i++)
        CU_ASSERT(job_stage_in(&stage, "https://h/f", &err));
    CU_ASSERT(!job_stage_in(&stage, "https://h/f", &err));
    CU_ASSERT(job_stage_out(&stage, "f=https://h/f", &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is brought",         test_in      },
        {"what is carried away",    test_out     },
        {"what is none is refused", test_bad     },
        {"how many",                test_how_many},
        {"files that go along",     test_along   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("job_stage", tests);
}
