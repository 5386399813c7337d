/* test_job_end.c - each end of a job has a sentence of its own */

#include "client/job_end.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <string.h>

static void check(const Wire__JobView *job, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer sentence;

    buffer_init(&sentence);
    job_end_print(job, &sentence);
    if (strcmp(sentence.bytes, expected) != 0)
        printf("# %s\n", sentence.bytes);
    CU_ASSERT_STRING_EQUAL(sentence.bytes, expected);
}

static void test_each_end(void)
{
    static const struct {
        const char *state, *reason, *ended_by;
        uint32_t code, signal;
        uint64_t preempted_by;
        const char *sentence;
    } cases[] = {
        {"PENDING",       "Priority",                 "",    0, 0,  0, ""                                              },
        {"RUNNING",       "None",                     "",    0, 0,  0, ""                                              },
        {"COMPLETED",     "None",                     "",    0, 0,  0, "its program ended by itself, with success"     },
        {"FAILED",        "NonZeroExitCode",          "",    7, 0,  0, "its program ended with exit code 7"            },
        {"FAILED",        "NonZeroExitCode",          "",    0, 11, 0, "its program was ended by signal SEGV"          },
        {"FAILED",        "NonZeroExitCode",          "",    0, 99, 0, "its program was ended by signal 99"            },
        {"FAILED",        "ExitUnknown",              "",    0, 0,  0, "nobody saw how it ended, perhaps in the middle"},
        {"FAILED",        "DependencyNeverSatisfied", "",    0, 0,  0,
         "what it waited for cannot come about any more"                                                               },
        {"CANCELLED",     "None",                     "ana", 0, 15, 0, "it was ended by ana"                           },
        {"CANCELLED",     "None",                     "",    0, 15, 0, "it was cancelled"                              },
        {"TIMEOUT",       "TimeLimit",                "",    0, 15, 0,
         "its time limit of 01:00:00 was over: --time asks for more"                                                   },
        {"OUT_OF_MEMORY", "OutOfMemory",              "",    0, 9,  0,
         "its memory of 1G on a node was full: --mem asks for more"                                                    },
        {"NODE_FAIL",     "NodeDown",                 "",    0, 0,  0, "a node was lost while it ran there (n[1-2])"   },
        {"DEADLINE",      "DeadLine",                 "",    0, 15, 0, "it could not end before its deadline any more" },
        {"PREEMPTED",     "Preempted",                "",    0, 15, 9, "it made room for job 9"                        },
        {"PREEMPTED",     "Preempted",                "",    0, 15, 0, "it made room for others"                       },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Wire__JobView job = WIRE__JOB_VIEW__INIT;

        job.state = (char *)(uintptr_t)cases[i].state;
        job.reason = (char *)(uintptr_t)cases[i].reason;
        job.ended_by = (char *)(uintptr_t)cases[i].ended_by;
        job.exit_code = cases[i].code;
        job.exit_signal = cases[i].signal;
        job.preempted_by = cases[i].preempted_by;
        job.start_us = 1;
        job.nodes = 2;
        job.node_list = (char *)(uintptr_t) "n[1-2]";
        job.memory = UINT64_C(2) << 30;
        job.limit_us = INT64_C(3600) * 1000000;
        check(&job, cases[i].sentence);
    }
}

static void test_what_is_not_known_is_not_told(void)
{
    Wire__JobView job = WIRE__JOB_VIEW__INIT;

    job.state = (char *)(uintptr_t) "OUT_OF_MEMORY";
    check(&job, "the memory of a node was full: --mem asks for more");
    job.state = (char *)(uintptr_t) "CANCELLED";
    check(&job, "it was cancelled before it had begun");
    job.state = (char *)(uintptr_t) "\033[2J";
    check(&job, "");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each end",                      test_each_end                     },
        {"what is not known is not told", test_what_is_not_known_is_not_told},
        CU_TEST_INFO_NULL,
    };

    return run_suite("job_end", tests);
}
