/* test_submit.c - what is submitted is there once, or refused with a reason */

#include "base/parse.h"
#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char good_script[] = "#!/bin/sh\ntrue\n";

/* One submission of one job, to be changed before it is sent. */
struct
try {
    Wire__Envelope ask;
    Wire__Submit submit;
    Wire__JobSpec spec;
    Wire__JobSpec *specs[1];
    ProtobufCBinaryData scripts[1];
    uint8_t key[16];
};

static void try_init(struct try *one)
{
    wire__envelope__init(&one->ask);
    wire__submit__init(&one->submit);
    wire__job_spec__init(&one->spec);
    one->specs[0] = &one->spec;
    one->scripts[0] = (ProtobufCBinaryData){sizeof(good_script) - 1, (uint8_t *)good_script};
    random_fill(one->key, sizeof(one->key));
    one->spec.name = (char *)"job";
    one->spec.limit_us = US_PER_MINUTE;
    one->submit.key = (ProtobufCBinaryData){sizeof(one->key), one->key};
    one->submit.jobs = one->specs;
    one->submit.n_jobs = 1;
    one->submit.scripts = one->scripts;
    one->submit.n_scripts = 1;
    one->ask.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    one->ask.submit = &one->submit;
}

static uint64_t first_id(struct bench *bench, struct caller *caller, struct try *one)
{
    CLEANUP(message_freep) Wire__Envelope *answer = bench_ask(bench, caller, &one->ask);

    if (answer && answer->body_case == WIRE__ENVELOPE__BODY_SUBMITTED)
        return answer->submitted->n_first_ids ? answer->submitted->first_ids[0] : 0;
    printf("# %s\n", answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE
                         ? answer->failure->text
                         : "no answer");
    return 0;
}

static struct caller *start(struct bench *bench)
{
    bench_init(bench);
    bench_books(bench, "ana");
    return bench_person(bench, "ana", NULL, NULL, NULL);
}

static void test_the_same_key_is_the_same_job(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    struct try one;

    try_init(&one);
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
    bench_restart(&bench);
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
    one.spec.nice = 1;
    CU_ASSERT(bench_refuses(&bench, ana, &one.ask, ERROR_CONFLICT, "another request"));
    one.spec.nice = 0;
    CU_ASSERT(bench_refuses(&bench, &bench.root, &one.ask, ERROR_CONFLICT, "another request"));
    one.submit.key.len = 15;
    CU_ASSERT(bench_refuses(&bench, ana, &one.ask, ERROR_INVALID, "16 bytes"));
    CU_ASSERT_EQUAL(core_next_job(service_core(bench.service)), 2);
}

/* While the first is being committed the second must wait for it, and get the same answer. */
static void test_twice_before_the_commit(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    CLEANUP(message_freep) Wire__Envelope *first = NULL;
    CLEANUP(message_freep) Wire__Envelope *second = NULL;
    struct try one;
    uint64_t a, b;

    try_init(&one);
    a = bench_send(&bench, ana, &one.ask);
    bench_turn(&bench);
    b = bench_send(&bench, ana, &one.ask);
    bench_turn(&bench);
    CU_ASSERT_PTR_NULL(bench_take(&bench, ana, a, 0));
    CU_ASSERT_PTR_NULL(bench_take(&bench, ana, b, 0));
    bench_run(&bench);
    first = bench_take(&bench, ana, a, 0);
    second = bench_take(&bench, ana, b, 0);
    CU_ASSERT_FATAL(first && second);
    CU_ASSERT_EQUAL(first->submitted->first_ids[0], second->submitted->first_ids[0]);
    CU_ASSERT_EQUAL(core_next_job(service_core(bench.service)), 2);
}

/* The crash comes before the commit: nothing was promised, and nothing is there. */
static void test_what_was_not_committed_is_gone(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    struct try one;

    try_init(&one);
    bench_send(&bench, ana, &one.ask);
    bench_turn(&bench);
    bench_restart(&bench);
    CU_ASSERT_EQUAL(core_next_job(service_core(bench.service)), 1);
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
}

static void test_copies_follow_without_gaps(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    struct try one;

    try_init(&one);
    one.spec.copies = 7;
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
    CU_ASSERT_EQUAL(bench_submit(&bench, ana, 2), 8);
    CU_ASSERT_EQUAL(core_next_job(service_core(bench.service)), 10);
}

static void test_a_test_changes_nothing(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct try one;

    try_init(&one);
    one.submit.test_only = true;
    answer = bench_ask(&bench, ana, &one.ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_SUBMITTED);
    CU_ASSERT_EQUAL(answer->submitted->n_first_ids, 0);
    CU_ASSERT_EQUAL(answer->submitted->n_notes, 1);
    CU_ASSERT(strstr(answer->submitted->notes[0], "would be accepted") != NULL);
    CU_ASSERT_EQUAL(core_next_job(service_core(bench.service)), 1);
}

static bool refuses_script(struct bench *bench, struct caller *ana, const char *bytes, size_t size,
                           const char *words)
{
    struct try one;

    try_init(&one);
    one.scripts[0] = (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)bytes};
    return bench_refuses(bench, ana, &one.ask, ERROR_INVALID, words);
}

static void test_scripts(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    const size_t most = 4u << 20;
    CLEANUP(memory_freep) char *big = memory_get(1, most + 1);
    struct try one;

    CU_ASSERT(refuses_script(&bench, ana, "", 0, "empty"));
    CU_ASSERT(refuses_script(&bench, ana, "true\n", 5, "must begin with #!"));
    CU_ASSERT(refuses_script(&bench, ana, "#", 1, "must begin with #!"));
    CU_ASSERT(refuses_script(&bench, ana, "#!/bin/sh\r\ntrue\r\n", 17, "DOS line ends"));
    CU_ASSERT(refuses_script(&bench, ana, "#!/bin/sh\n\0", 11, "NUL"));
    memset(big, '\n', most + 1);
    memcpy(big, "#!/bin/sh", 9);
    CU_ASSERT(refuses_script(&bench, ana, big, most + 1, "4194305 bytes; 4194304"));
    try_init(&one);
    one.scripts[0] = (ProtobufCBinaryData){most, (uint8_t *)big};
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
}

/* --- one thing wrong at a time ------------------------------------------------------------------------ */

static char long_name[130];

static void name_of_129(struct try *one)
{
    memset(long_name, 'x', 129);
    one->spec.name = long_name;
}

static void blank_name(struct try *one)
{
    one->spec.name = (char *)"  \t";
}

static void wrong_script_index(struct try *one)
{
    one->spec.script = 1;
}

static void no_job(struct try *one)
{
    one->submit.n_jobs = 0;
}

static void no_script(struct try *one)
{
    one->submit.n_scripts = 0;
}

static void negative_limit(struct try *one)
{
    one->spec.limit_us = -1;
}

static void limit_of_eleven_years(struct try *one)
{
    one->spec.limit_us = 11 * 366 * US_PER_DAY;
}

static void limit_above_the_partition(struct try *one)
{
    one->spec.limit_us = 2 * US_PER_DAY;
}

static void nodes_backwards(struct try *one)
{
    one->spec.nodes_least = 3;
    one->spec.nodes_most = 2;
}

static void both_memories(struct try *one)
{
    one->spec.memory_per_cpu = one->spec.memory_per_node = 1;
}

static void unknown_partition(struct try *one)
{
    one->spec.partition = (char *)"nowhere";
}

static void unknown_cluster(struct try *one)
{
    static char *clusters[] = {(char *)"nowhere"};

    one->spec.clusters = clusters;
    one->spec.n_clusters = 1;
}

static void bad_node_list(struct try *one)
{
    one->spec.node_list = (char *)"n[5-1]";
}

static void foreign_project(struct try *one)
{
    one->spec.project = (char *)"quimica";
}

static void variable_without_name(struct try *one)
{
    static char *environment[] = {(char *)"=x"};

    one->spec.environment = environment;
    one->spec.n_environment = 1;
}

static void relative_directory(struct try *one)
{
    one->spec.directory = (char *)"here";
}

static void too_many_copies(struct try *one)
{
    one->spec.copies = 100001;
}

static void nice_below_zero(struct try *one)
{
    one->spec.nice = -1;
}

static void nice_out_of_range(struct try *one)
{
    one->spec.nice = -20000;
}

static void test_one_thing_wrong(void)
{
    static const struct {
        void (*spoil)(struct try *one);
        enum error_code code;
        const char *words;
    } cases[] = {
        {name_of_129,               ERROR_INVALID,   "129 bytes; 128 are the most"  },
        {blank_name,                ERROR_INVALID,   "blank"                        },
        {wrong_script_index,        ERROR_INVALID,   "script 1 of 1"                },
        {no_job,                    ERROR_INVALID,   "1 to 4096"                    },
        {no_script,                 ERROR_INVALID,   "0 scripts"                    },
        {negative_limit,            ERROR_INVALID,   "below zero"                   },
        {limit_of_eleven_years,     ERROR_INVALID,   "10 years"                     },
        {limit_above_the_partition, ERROR_INVALID,   "imit"                         },
        {nodes_backwards,           ERROR_INVALID,   "runs backwards"               },
        {both_memories,             ERROR_INVALID,   "exclude each other"           },
        {unknown_partition,         ERROR_NOT_FOUND, "nowhere"                      },
        {unknown_cluster,           ERROR_NOT_FOUND, "nowhere"                      },
        {bad_node_list,             ERROR_INVALID,   "node list"                    },
        {foreign_project,           ERROR_DENIED,    "ana is not in project quimica"},
        {variable_without_name,     ERROR_INVALID,   "NAME=value"                   },
        {relative_directory,        ERROR_INVALID,   "whole path"                   },
        {too_many_copies,           ERROR_INVALID,   "100001 copies"                },
        {nice_out_of_range,         ERROR_INVALID,   "nice"                         },
        {nice_below_zero,           ERROR_DENIED,    "only an operator"             },
    };
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct try one;

        try_init(&one);
        cases[i].spoil(&one);
        CU_ASSERT(bench_refuses(&bench, ana, &one.ask, cases[i].code, cases[i].words));
    }
    CU_ASSERT_EQUAL(core_next_job(service_core(bench.service)), 1);
}

static void test_unlimited(void)
{
    CLEANUP(bench_clear) struct bench bench;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow show = WIRE__JOB_SHOW__INIT;
    struct caller *ana = start(&bench);
    struct try one;

    try_init(&one);
    one.spec.limit_us = INT64_MAX;
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
    show.job = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &show;
    answer = bench_ask(&bench, ana, &ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN);
    CU_ASSERT_EQUAL(answer->job_shown->job->limit_us, US_PER_DAY);
}

static void test_who_may_go_first(void)
{
    static const char *const operators[] = {"operator", NULL};
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    struct try one;

    try_init(&one);
    one.spec.nice = 100;
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
    bench_person(&bench, "ana", operators, NULL, NULL);
    try_init(&one);
    one.spec.nice = -100;
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 2);
}

static void test_who_has_no_project_cannot(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench), *eva;
    struct try one;

    (void)ana;
    eva = bench_person(&bench, "eva", NULL, NULL, NULL);
    try_init(&one);
    CU_ASSERT(bench_refuses(&bench, eva, &one.ask, ERROR_DENIED, "is in no project"));
    CU_ASSERT(bench_refuses(&bench, &bench.root, &one.ask, ERROR_DENIED, "is in no project"));
}

static void test_all_or_none(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    struct try one;
    Wire__JobSpec second = WIRE__JOB_SPEC__INIT, *both[2];

    try_init(&one);
    second = one.spec;
    second.partition = (char *)"nowhere";
    both[0] = &one.spec;
    both[1] = &second;
    one.submit.jobs = both;
    one.submit.n_jobs = 2;
    CU_ASSERT(bench_refuses(&bench, ana, &one.ask, ERROR_NOT_FOUND, "job 2: "));
    CU_ASSERT_EQUAL(core_next_job(service_core(bench.service)), 1);
}

static void test_pending_limits(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    struct try one;

    try_init(&one);
    one.spec.copies = bench.settings.pending_most_per_user;
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
    try_init(&one);
    CU_ASSERT(bench_refuses(&bench, ana, &one.ask, ERROR_EXHAUSTED, "10000"));
}

static void test_pace(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    struct try one;
    unsigned taken = 0;

    bench.settings.submissions_per_second = 2;
    for (int i = 0; i < 30; i++)
        taken += bench_submit(&bench, ana, 1) != 0;
    CU_ASSERT_EQUAL(taken, 20); /* 10 seconds' worth at once */
    bench_pass(&bench, US_PER_SECOND);
    try_init(&one);
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 21);
}

static void test_arrays_have_a_size(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana = start(&bench);
    struct try one;

    try_init(&one);
    one.spec.array = (char *)"0-1000000";
    CU_ASSERT(bench_refuses(&bench, ana, &one.ask, ERROR_INVALID, "1000001 elements; 1000000 are"));
    bench.settings.array_most = 10;
    one.spec.array = (char *)"0-20:2";
    CU_ASSERT(bench_refuses(&bench, ana, &one.ask, ERROR_INVALID, "11 elements; 10 are the most"));
    one.spec.array = (char *)"2-20:2";
    CU_ASSERT_EQUAL(first_id(&bench, ana, &one), 1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the same key is the same job",                 test_the_same_key_is_the_same_job  },
        {"twice before the commit",                      test_twice_before_the_commit       },
        {"what was not committed is gone",               test_what_was_not_committed_is_gone},
        {"copies follow without gaps",                   test_copies_follow_without_gaps    },
        {"a test changes nothing",                       test_a_test_changes_nothing        },
        {"scripts are checked",                          test_scripts                       },
        {"one thing wrong at a time",                    test_one_thing_wrong               },
        {"unlimited is as long as the partition allows", test_unlimited                     },
        {"who may go first",                             test_who_may_go_first              },
        {"arrays have a size",                           test_arrays_have_a_size            },
        {"who has no project cannot",                    test_who_has_no_project_cannot     },
        {"all or none",                                  test_all_or_none                   },
        {"pending limits",                               test_pending_limits                },
        {"pace",                                         test_pace                          },
        CU_TEST_INFO_NULL,
    };

    return run_suite("submit", tests);
}
