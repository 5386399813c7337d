/* test_filter.c - which jobs people mean */

#include "base/memory.h"
#include "client/filter.h"
#include "client/job_names.h"
#include "client/session.h"
#include "tests/lib/runner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Numbers joined with ','; NULL: refused. */
static const struct {
    const char *text;
    const char *jobs;
} lists[] = {
    {"17",                    "17"                                    },
    {"1,2,3",                 "1,2,3"                                 },
    {"5-8",                   "5,6,7,8"                               },
    {"1,5-6,9",               "1,5,6,9"                               },
    {"5-5",                   "5"                                     },
    {"9223372036854775807",   "9223372036854775807"                   },
    {"9223372036854775808",   NULL                                    },
    {"18446744073709551616",  NULL                                    },
    {"1-9223372036854775807", NULL                                    },
    {"1-17",                  NULL                                    }, /* 16 are the most here */
    {"1-16",                  "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"},
    {"1-8,11-18,20",          NULL                                    },
    {"0",                     NULL                                    },
    {"-1",                    NULL                                    },
    {"8-5",                   NULL                                    },
    {"5-",                    NULL                                    },
    {"",                      NULL                                    },
    {"1,,2",                  NULL                                    },
    {"x",                     NULL                                    },
    {"1 2",                   NULL                                    },
    {"0x10",                  NULL                                    },
    {"1_4",                   "6"                                     },
    {"1_4,9",                 "6,9"                                   },
    {"10_[0-2,8]",            "11,12,13,19"                           },
    {"10_0-6:3,20",           "11,14,17,20"                           },
    {"10_[0-6:3],20",         "11,14,17,20"                           },
    {"10_",                   NULL                                    },
    {"10_[]",                 NULL                                    },
    {"10_[3-1]",              NULL                                    },
    {"10_[1-9:0]",            NULL                                    },
    {"10_[0-99]",             NULL                                    },
    {"10_x",                  NULL                                    },
    {"_4",                    NULL                                    },
    {"10_4_5",                NULL                                    },
    {"1.0",                   NULL                                    },
};

static void test_job_lists(void)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        CLEANUP(job_names_clear) struct job_names names = {0};
        CLEANUP(memory_freep) struct job_ref *jobs = NULL;
        CLEANUP(buffer_clear) struct buffer joined;
        size_t count = 0;
        struct error err = {0};
        bool good = job_names_add(&names, lists[i].text, 16, &err) &&
                    job_names_refs(&names, 16, &jobs, &count, &err);

        buffer_init(&joined);
        for (size_t j = 0; j < count; j++)
            buffer_print(&joined, "%s%" PRIu64, j ? "," : "", jobs[j].job);
        CU_ASSERT_EQUAL(good, lists[i].jobs != NULL);
        CU_ASSERT_STRING_EQUAL(good ? joined.bytes : "", lists[i].jobs ? lists[i].jobs : "");
        CU_ASSERT_EQUAL(err.code, good ? ERROR_NONE : ERROR_INVALID);
    }
}

struct filled {
    struct arena *arena;
    struct session *session;
    Wire__JobFilter message;
    struct filter_sets *rest;
};

static bool fill(const struct filter *filter, struct filled *filled, struct error *err)
{
    filled->arena = arena_new();
    filled->session = session_new(NULL);
    filled->rest = NULL;
    return filter_fill(filter, filled->session, filled->arena, &filled->message, &filled->rest,
                       err);
}

static void drop(struct filled *filled)
{
    filter_sets_free(filled->rest);
    session_free(filled->session);
    arena_free(filled->arena);
}

static void test_one_value_travels_several_stay(void)
{
    const struct filter filter = {.users = "ana",
                                  .projects = "a,b",
                                  .partitions = "p",
                                  .states = "pd,RUNNING,oom",
                                  .jobs = "4,6-7",
                                  .nodes = "n1"};
    struct filled filled;
    struct error err;

    CU_ASSERT_TRUE_FATAL(fill(&filter, &filled, &err));
    CU_ASSERT_STRING_EQUAL(filled.message.user, "ana");
    CU_ASSERT_STRING_EQUAL(filled.message.project, "");
    CU_ASSERT_STRING_EQUAL(filled.message.partition, "p");
    CU_ASSERT_STRING_EQUAL(filled.message.node, "n1");
    CU_ASSERT_EQUAL_FATAL(filled.message.n_states, 3);
    CU_ASSERT_STRING_EQUAL(filled.message.states[0], "PENDING");
    CU_ASSERT_STRING_EQUAL(filled.message.states[2], "OUT_OF_MEMORY");
    CU_ASSERT_EQUAL_FATAL(filled.message.n_jobs, 3);
    CU_ASSERT_EQUAL(filled.message.jobs[2], 7);
    drop(&filled);
}

static void test_what_stays_is_chosen_here(void)
{
    const struct filter filter = {.projects = "a,b", .names = "x,y", .nodes = "n[1-3]"};
    Wire__JobView job = WIRE__JOB_VIEW__INIT;
    char project[] = "a", name[] = "y", nodes[] = "m1,n[3-5]", other[] = "n[4-5]", c[] = "c";
    struct filled filled;
    struct error err;

    CU_ASSERT_TRUE_FATAL(fill(&filter, &filled, &err));
    job.project = project;
    job.name = name;
    job.node_list = nodes;
    CU_ASSERT_TRUE(filter_admits(filled.rest, &job));
    job.node_list = other;
    CU_ASSERT_FALSE(filter_admits(filled.rest, &job));
    job.node_list = nodes;
    job.project = c;
    CU_ASSERT_FALSE(filter_admits(filled.rest, &job));
    drop(&filled);
}

static void test_states(void)
{
    const struct filter all = {.states = "PD,all"}, ended = {.states = "cd"}, none = {0},
                        running = {.states = "R"};
    const struct filter unknown = {.states = "RUNNINGX"};
    struct filled filled;
    struct error err = {0};

    CU_ASSERT_TRUE_FATAL(fill(&all, &filled, &err));
    CU_ASSERT_EQUAL(filled.message.n_states, 0);
    drop(&filled);
    CU_ASSERT_FALSE(fill(&unknown, &filled, &err));
    CU_ASSERT(strstr(err.text, "RUNNING") != NULL);
    drop(&filled);
    CU_ASSERT_TRUE(filter_names_ended(&all));
    CU_ASSERT_TRUE(filter_names_ended(&ended));
    CU_ASSERT_FALSE(filter_names_ended(&none));
    CU_ASSERT_FALSE(filter_names_ended(&running));
    CU_ASSERT_TRUE(filter_is_ended("COMPLETED"));
    CU_ASSERT_TRUE(filter_is_ended("NF"));
    CU_ASSERT_FALSE(filter_is_ended("COMPLETING"));
    CU_ASSERT_FALSE(filter_is_ended("whatever"));
}

static void test_bad_node_lists_are_refused(void)
{
    static const char *const bad[] = {"n[1-]",  "n[5-1]", "n[1-99999999]",
                                      "n[1,1]", "n[[1]]", "n[001-10]"};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const struct filter filter = {.nodes = bad[i]};
        struct filled filled;
        struct error err = {0};

        CU_ASSERT_FALSE(fill(&filter, &filled, &err));
        CU_ASSERT_NOT_EQUAL(err.code, ERROR_NONE);
        drop(&filled);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"numbers and ranges of jobs",                test_job_lists                     },
        {"one value travels, of several a set stays", test_one_value_travels_several_stay},
        {"what stays is chosen here",                 test_what_stays_is_chosen_here     },
        {"states, short and long",                    test_states                        },
        {"bad node lists are refused",                test_bad_node_lists_are_refused    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("filter", tests);
}
