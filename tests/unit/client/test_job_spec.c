/* test_job_spec.c - from what was asked for to the message */

#include "base/memory.h"
#include "base/parse.h"
#include "client/dependency.h"
#include "client/job_spec.h"
#include "tests/lib/runner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const some_variables[] = {"HOME=/home/ana",
                                             "PATH=/bin",
                                             "EDITOR=vi",
                                             "SLURM_JOB_ID=5",
                                             "TEQUIO_AGENT=x",
                                             "TEQUIO_SERVER=s",
                                             "TEQUIO_CREDENTIAL=secret",
                                             "SBATCH_TIMELIMIT=4",
                                             "EQUALS=a=b",
                                             "=odd",
                                             "NOTHING",
                                             "EMPTY=",
                                             "LATIN=\341rbol",
                                             "LINES=a\nb",
                                             NULL};

#define some_environment ((char *const *)some_variables)

/* Names that arrive, with commas. */
static const struct {
    const char *export;
    const char *names;
    size_t dropped;
} exports[] = {
    {NULL,              "HOME,PATH,EDITOR,TEQUIO_SERVER,EQUALS,EMPTY,LINES", 1},
    {"ALL",             "HOME,PATH,EDITOR,TEQUIO_SERVER,EQUALS,EMPTY,LINES", 1},
    {"all",             "HOME,PATH,EDITOR,TEQUIO_SERVER,EQUALS,EMPTY,LINES", 1},
    {"NONE",            "HOME,PATH",                                         0},
    {"nil",             "HOME,PATH",                                         0},
    {"EDITOR",          "HOME,PATH,EDITOR",                                  0},
    {"EDITOR,OWN=5,NO", "HOME,PATH,EDITOR,OWN",                              0},
    {"EQUALS",          "HOME,PATH,EQUALS",                                  0},
    {"OWN=x=y",         "HOME,PATH,OWN",                                     0},
    {"",                "HOME,PATH",                                         0},
};

static void test_export(void)
{
    for (size_t i = 0; i < COUNT_OF(exports); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        CLEANUP(buffer_clear) struct buffer names;
        struct job_environment environment;
        struct error err;

        buffer_init(&names);
        CU_ASSERT_TRUE_FATAL(
            job_spec_environment(exports[i].export, some_environment, arena, &environment, &err));
        for (size_t j = 0; j < environment.count; j++)
            buffer_print(&names, "%s%.*s", j ? "," : "", (int)strcspn(environment.entries[j], "="),
                         environment.entries[j]);
        CU_ASSERT_STRING_EQUAL(names.bytes, exports[i].names);
        CU_ASSERT_EQUAL(environment.dropped, exports[i].dropped);
    }
}

static void test_export_refusals(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(memory_freep) char *large = memory_get(JOB_ENVIRONMENT_MAX + 8, 1);
    char *const environment[] = {large, NULL};
    struct job_environment result;
    struct error err = {0};

    CU_ASSERT_FALSE(job_spec_environment("A=1,=2", some_environment, arena, &result, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT_FALSE(job_spec_environment("A=\xff", some_environment, arena, &result, &err));
    memset(large, 'x', JOB_ENVIRONMENT_MAX + 7);
    large[1] = '=';
    CU_ASSERT_FALSE(job_spec_environment(NULL, environment, arena, &result, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_EXHAUSTED);
    CU_ASSERT_TRUE(job_spec_environment("NONE", environment, arena, &result, &err));
}

static bool fill(const struct job_request *request, const char *const *arguments,
                 struct arena *arena, Wire__JobSpec *spec, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer notes;
    struct job_words words = {
        .title = "job.sh", .arguments = (char **)arguments, .environment = some_environment};

    buffer_init(&notes);
    while (arguments[words.count])
        words.count++;
    return job_spec_fill(request, &words, arena, &notes, spec, err);
}

static void test_everything_arrives(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct job_request request = {
        .project = "p",
        .clusters = "a,,b",
        .nodes_least = 1,
        .nodes_most = 2,
        .whole_memory = true,
        .limit_us = 5,
        .nice = -3,
        .no_requeue = true,
        .copies = 9,
        .directory = "sub",
    };
    Wire__JobSpec spec;
    struct error err;
    char *here = getcwd(NULL, 0);
    CLEANUP(memory_freep) char *expected = memory_format("%s/sub", here);

    free(here);
    CU_ASSERT_TRUE_FATAL(
        fill(&request, (const char *[]){"one", "two words", NULL}, arena, &spec, &err));
    CU_ASSERT_STRING_EQUAL(spec.name, "job.sh");
    CU_ASSERT_STRING_EQUAL(spec.command, "job.sh one two words");
    CU_ASSERT_STRING_EQUAL(spec.directory, expected);
    CU_ASSERT_STRING_EQUAL(spec.project, "p");
    CU_ASSERT_STRING_EQUAL(spec.partition, "");
    CU_ASSERT_EQUAL_FATAL(spec.n_clusters, 2);
    CU_ASSERT_STRING_EQUAL(spec.clusters[1], "b");
    CU_ASSERT_EQUAL(spec.n_arguments, 2);
    CU_ASSERT_EQUAL(spec.n_environment, 7);
    CU_ASSERT(spec.exclusive && spec.no_requeue);
    CU_ASSERT_EQUAL(spec.nice, -3);
    CU_ASSERT_EQUAL(spec.copies, 9);
    CU_ASSERT_EQUAL(spec.nodes_most, 2);
}

/* What the wire would refuse as a whole is named here. */
static void test_texts_that_are_not_utf8_are_named(void)
{
    static const struct {
        size_t offset;
        const char *option;
    } texts[] = {
        {offsetof(struct job_request, name),      "--job-name" },
        {offsetof(struct job_request, project),   "--account"  },
        {offsetof(struct job_request, partition), "--partition"},
        {offsetof(struct job_request, comment),   "--comment"  },
        {offsetof(struct job_request, output),    "--output"   },
        {offsetof(struct job_request, node_list), "--nodelist" },
        {offsetof(struct job_request, directory), "--chdir"    },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    Wire__JobSpec spec;
    struct error err = {0};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct job_request request = {0};

        *(const char **)(void *)((char *)&request + texts[i].offset) = "caf\xe9";
        CU_ASSERT_FALSE(fill(&request, (const char *[]){NULL}, arena, &spec, &err));
        CU_ASSERT(strncmp(err.text, texts[i].option, strlen(texts[i].option)) == 0);
        CU_ASSERT(strstr(err.text, "not UTF-8") != NULL);
    }
    CU_ASSERT_FALSE(fill(&(struct job_request){0}, (const char *[]){"good", "b\xff", NULL}, arena,
                         &spec, &err));
    CU_ASSERT(strstr(err.text, "\\xff") != NULL);
}

static void test_names_have_128_bytes(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char name[JOB_NAME_MAX + 2];
    struct job_request request = {.name = name};
    Wire__JobSpec spec;
    struct error err = {0};

    memset(name, 'n', sizeof(name));
    name[JOB_NAME_MAX] = '\0';
    CU_ASSERT_TRUE(fill(&request, (const char *[]){NULL}, arena, &spec, &err));
    name[JOB_NAME_MAX] = 'n';
    name[JOB_NAME_MAX + 1] = '\0';
    CU_ASSERT_FALSE(fill(&request, (const char *[]){NULL}, arena, &spec, &err));
    CU_ASSERT(strstr(err.text, "129 bytes") != NULL);
}

/* What was written, and what of it arrives: "KIND JOB DELAY" each, "?" when one is enough. */
static const struct {
    const char *text;
    const char *arrives; /* NULL: refused, with the words of `refusal` */
    const char *refusal;
} dependencies[] = {
    {"afterok:17",               "2:17+0 ",               NULL                   },
    {"afterok:17:18,after:19+5", "2:17+0 2:18+0 1:19+5 ", NULL                   },
    {"afternotok:1?afterany:2",  "3:1+0 0:2+0 ?",         NULL                   },
    {"17,18",                    "0:17+0 0:18+0 ",        NULL                   },
    {"17:18",                    "0:17+0 0:18+0 ",        NULL                   },
    {"singleton",                "5:0+0 ",                NULL                   },
    {"AfterCorr:3,Singleton",    "4:3+0 5:0+0 ",          NULL                   },
    {"after:3+0",                "1:3+0 ",                NULL                   },
    {"",                         NULL,                    "missing"              },
    {",",                        NULL,                    "missing"              },
    {"afterok:1,",               NULL,                    "missing"              },
    {"afterok",                  NULL,                    "write afterok:JOB"    },
    {"afterok:",                 NULL,                    "number"               },
    {"afterok:x",                NULL,                    "x"                    },
    {"afterok:0",                NULL,                    "0"                    },
    {"afterok:1+5",              NULL,                    "only after"           },
    {"after:1+x",                NULL,                    "x"                    },
    {"afterokk:1",               NULL,                    "did you mean afterok" },
    {"whenever:1",               NULL,                    "no kind of dependency"},
    {"singleton:1",              NULL,                    "names no job"         },
    {"afterok:1,2?3",            NULL,                    "do not go together"   },
};

static void test_dependencies(void)
{
    for (size_t i = 0; i < COUNT_OF(dependencies); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        CLEANUP(buffer_clear) struct buffer text;
        Wire__JobSpec spec = WIRE__JOB_SPEC__INIT;
        struct error err = {0};
        bool good = dependency_read(dependencies[i].text, arena, &spec, &err);

        buffer_init(&text);
        for (size_t j = 0; good && j < spec.n_dependencies; j++)
            buffer_print(&text, "%d:%" PRIu64 "+%" PRId64 " ", (int)spec.dependencies[j]->kind,
                         spec.dependencies[j]->job, spec.dependencies[j]->delay_us / US_PER_MINUTE);
        if (good && spec.dependency_any)
            buffer_add_char(&text, '?');
        CU_ASSERT_EQUAL(good, dependencies[i].arrives != NULL);
        if (good && dependencies[i].arrives)
            CU_ASSERT_STRING_EQUAL(text.bytes, dependencies[i].arrives);
        if (good || !dependencies[i].refusal || strstr(err.text, dependencies[i].refusal))
            continue;
        printf("# %s: %s\n", dependencies[i].text, err.text);
        CU_FAIL("other words");
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"which variables travel",             test_export                           },
        {"environments that cannot travel",    test_export_refusals                  },
        {"everything arrives in the message",  test_everything_arrives               },
        {"texts that are not UTF-8 are named", test_texts_that_are_not_utf8_are_named},
        {"a name has at most 128 bytes",       test_names_have_128_bytes             },
        {"what --dependency says",             test_dependencies                     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("job_spec", tests);
}
