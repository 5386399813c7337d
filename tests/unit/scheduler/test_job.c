/* test_job.c - what a job has or asks for, and the names of reasons */

#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"
#include "scheduler/core/limit.h"
#include "tests/lib/runner.h"

#include <string.h>

/* Limits are called as Slurm calls them, where two of ours may be one. */
static void test_names(void)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        CU_ASSERT(strlen(job_reason_name((enum job_reason)i)) > 0);
        for (int j = 0; j < i && !reason_is_limit((enum job_reason)i); j++)
            CU_ASSERT(strcmp(job_reason_name((enum job_reason)i),
                             job_reason_name((enum job_reason)j)) != 0);
    }
    CU_ASSERT_STRING_EQUAL(job_reason_name(REASON_HELD_USER), "JobHeldUser");
    CU_ASSERT_STRING_EQUAL(job_reason_name(REASON_BUDGET), "AssocGrpBillingMinutes");
    CU_ASSERT_STRING_EQUAL(part_state_name(PART_LAUNCHING), "launching");
    CU_ASSERT_STRING_EQUAL(part_state_name(PART_LOST), "lost");
}

/* Numbers that a database might hold from before they were bounded. */
static void test_use_is_never_below_zero(void)
{
    struct part parts[] = {
        {.cpu_used_us = INT64_MAX, .memory_peak_bytes = 7},
        {.cpu_used_us = 5,         .memory_peak_bytes = 9},
    };
    struct job job = {.parts = parts, .part_count = 2};
    uint64_t memory;
    int64_t cpu_us;

    job_measured(&job, &cpu_us, &memory);
    CU_ASSERT_EQUAL(cpu_us, INT64_MAX);
    CU_ASSERT_EQUAL(memory, 9);
}

static void test_sizes(void)
{
    struct part parts[] = {
        {.cores = 4, .memory_bytes = 100},
        {.cores = 2, .memory_bytes = 50 },
    };
    struct job job = {
        .request = {.tasks = 6, .cpus_per_task = 2, .nodes_least = 3}
    };

    CU_ASSERT_EQUAL(job_cores(&job), 12);
    CU_ASSERT_EQUAL(job_memory(&job), 0);
    job.request.memory_per_node = 10;
    CU_ASSERT_EQUAL(job_memory(&job), 30);
    job.request.memory_per_node = 0;
    job.request.memory_per_cpu = 10;
    CU_ASSERT_EQUAL(job_memory(&job), 120);
    job.part_count = 2;
    job.parts = parts;
    CU_ASSERT_EQUAL(job_cores(&job), 6);
    CU_ASSERT_EQUAL(job_memory(&job), 150);
}

static void test_limit(void)
{
    struct partition partition = {.limit_us = 100};
    struct job job = {.request = {.limit_us = 60}};

    CU_ASSERT_EQUAL(job_limit(&job), 60);
    job.partition = &partition;
    CU_ASSERT_EQUAL(job_limit(&job), 60);
    job.request.limit_us = INT64_MAX;
    CU_ASSERT_EQUAL(job_limit(&job), 100);
}

static void test_free(void)
{
    struct job *job = NEW(struct job);

    job_free(NULL);
    job_set_names(job, "name", "ana", "astro", "unam");
    CU_ASSERT_STRING_EQUAL(job->name, "name");
    CU_ASSERT_STRING_EQUAL(job->user, "ana");
    CU_ASSERT_STRING_EQUAL(job->project, "astro");
    CU_ASSERT_STRING_EQUAL(job->institution, "unam");
    job->request.node_list = memory_copy("n1");
    job->request.clusters = memory_copy("alpha");
    job->parts = NEW_ARRAY(struct part, 2);
    job->parts[1].core_list = memory_copy("0-3");
    job->part_count = 2;
    job_free(job);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each reason has its own name",              test_names                  },
        {"cores and memory, asked for and allocated", test_sizes                  },
        {"the limit in force",                        test_limit                  },
        {"everything is freed",                       test_free                   },
        {"use is never below zero",                   test_use_is_never_below_zero},
        CU_TEST_INFO_NULL,
    };

    return run_suite("job", tests);
}
