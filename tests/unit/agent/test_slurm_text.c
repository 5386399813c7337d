/* test_slurm_text.c - what Slurm's commands print, taken apart */

#include "agent/gateway/slurm_text.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <string.h>

#define SECOND INT64_C(1000000)

/* As Slurm 22.05 prints it; a job's user can write what stands behind its command. */
static const char shown[] =
    "JobId=21 JobName=tequio-9a0c UserId=lent(990) GroupId=lent(990) MCS_label=N/A "
    "Priority=4294901745 "
    "Nice=0 Account=(null) QOS=normal JobState=FAILED Reason=NonZeroExitCode Dependency=(null) "
    "Requeue=0 "
    "Restarts=0 BatchFlag=1 Reboot=0 ExitCode=7:0 RunTime=00:00:02 TimeLimit=00:07:00 TimeMin=N/A "
    "SubmitTime=1795369000 EligibleTime=1795369000 AccrueTime=1795369000 StartTime=1795369001 "
    "EndTime=1795369003 Deadline=N/A Partition=lent NumNodes=1 "
    "Comment=tequio job 5 of ana for JobState=COMPLETED ExitCode=0:0\n";

static void test_a_node(void)
{
    struct slurm_node node;
    struct error err;

    CU_ASSERT_FATAL(slurm_read_node("a1|mixed|2/6/0/8|2000|2|2|2", &node, &err));
    CU_ASSERT_STRING_EQUAL(node.name, "a1");
    CU_ASSERT_STRING_EQUAL(node.state, "mixed");
    CU_ASSERT_EQUAL(node.cpus_taken, 2);
    CU_ASSERT_EQUAL(node.memory_bytes, UINT64_C(2000) << 20);
    CU_ASSERT_EQUAL(node.sockets, 2);
    CU_ASSERT_EQUAL(node.cores_each, 2);
    CU_ASSERT_EQUAL(node.threads_each, 2);
}

static void test_no_node(void)
{
    static const char *const lines[] = {
        "",
        "a1",
        "a1|idle|0/4/0/4|2000|1|4",
        "a1|idle|0/4/0/4|2000|1|4|1|1",
        "|idle|0/4/0/4|2000|1|4|1",
        "a1||0/4/0/4|2000|1|4|1",
        "a1|idle|4|2000|1|4|1",
        "a1|idle|0/4/0/4/1|2000|1|4|1",
        "a1|idle|-1/4/0/4|2000|1|4|1",
        "a1|idle|0/4/0/4|2000+|1|4|1",
        "a1|idle|0/4/0/4|0|1|4|1",
        "a1|idle|0/4/0/4|2000|0|4|1",
        "a1|idle|0/4/0/4|2000|1|many|1",
    };
    struct slurm_node node = {.cpus_taken = 99};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        CU_ASSERT_FALSE(slurm_read_node(lines[i], &node, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    }
    CU_ASSERT_EQUAL(node.cpus_taken, 99);
}

static void test_a_job(void)
{
    struct slurm_job job;
    struct error err;

    CU_ASSERT_FATAL(slurm_read_job("17|tequio-0a|RUNNING|1795369001|4|2", &job, &err));
    CU_ASSERT_EQUAL(job.id, 17);
    CU_ASSERT_STRING_EQUAL(job.name, "tequio-0a");
    CU_ASSERT_EQUAL(job.phase, SLURM_RUNS);
    CU_ASSERT_EQUAL(job.start_us, 1795369001 * SECOND);
    CU_ASSERT_EQUAL(job.cpus, 4);
    CU_ASSERT_EQUAL(job.nodes, 2);
    CU_ASSERT_FATAL(slurm_read_job("17|tequio-0a|PENDING|N/A|1|1", &job, &err));
    CU_ASSERT_EQUAL(job.phase, SLURM_WAITS);
    CU_ASSERT_EQUAL(job.start_us, 0);
}

static void test_jobs_of_others_are_passed_over(void)
{
    static const char *const lines[] = {
        "17_[1-9]|wrap|PENDING|N/A|1|1",
        "17_[1-9]|tequio-0a|PENDING|N/A|1|1",
        "17|a|name|with|bars|RUNNING|N/A|1|1",
        "17|tequio",
        "||",
    };
    struct slurm_job job;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        job.id = 99;
        CU_ASSERT(slurm_read_job(lines[i], &job, &err));
        CU_ASSERT_EQUAL(job.id, 0);
    }
}

static void test_no_job(void)
{
    static const char *const lines[] = {
        "17|tequio-0a|RUNNING|1795369001|4",
        "17|tequio-0a|RUNNING|2026-11-22T10:00:00|4|2",
        "17|tequio-0a|RUNNING|1795369001|four|2",
        "0|tequio-0a|RUNNING|1795369001|4|2",
    };
    struct slurm_job job;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(lines); i++)
        CU_ASSERT_FALSE(slurm_read_job(lines[i], &job, &err));
}

static void test_an_end(void)
{
    struct slurm_end end;
    struct error err;

    CU_ASSERT_FATAL(slurm_read_end(shown, &end, &err));
    CU_ASSERT_STRING_EQUAL(end.state->name, "FAILED");
    CU_ASSERT_EQUAL(end.exit_code, 7);
    CU_ASSERT_EQUAL(end.exit_signal, 0);
    CU_ASSERT_EQUAL(end.start_us, 1795369001 * SECOND);
    CU_ASSERT_EQUAL(end.end_us, 1795369003 * SECOND);
}

static void test_no_end(void)
{
    static const char *const lines[] = {
        "",
        "slurm_load_jobs error: Invalid job id specified",
        "JobState=FAILED ExitCode=7 StartTime=1 EndTime=2",
        "JobState=FAILED ExitCode=700:0 StartTime=1 EndTime=2",
        "JobState=FAILED ExitCode=7:0 StartTime=soon EndTime=2",
        "JobState=FAILED ExitCode=7:0 StartTime=1",
        "XJobState=FAILED ExitCode=7:0 StartTime=1 EndTime=2",
    };
    struct slurm_end end;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(lines); i++)
        CU_ASSERT_FALSE(slurm_read_end(lines[i], &end, &err));
}

static void test_what_sbatch_prints(void)
{
    struct error err;
    uint64_t id = 0;

    CU_ASSERT(slurm_read_submitted("4711\n", &id, &err));
    CU_ASSERT_EQUAL(id, 4711);
    CU_ASSERT(slurm_read_submitted("4712;alfa\n", &id, &err));
    CU_ASSERT_EQUAL(id, 4712);
    CU_ASSERT_FALSE(slurm_read_submitted("Submitted batch job 4713\n", &id, &err));
    CU_ASSERT_FALSE(slurm_read_submitted("", &id, &err));
    CU_ASSERT_EQUAL(id, 4712);
}

static void test_what_a_job_has_used(void)
{
    struct slurm_use use;
    struct error err;

    CU_ASSERT_FATAL(
        slurm_read_use("21|1-02:03:04|\n21.batch|00:03.250|1500K\n21.0|01:00:01|2G\n", &use, &err));
    CU_ASSERT_EQUAL(use.cpu_us, (((24 + 2) * 60 + 3) * 60 + 4) * SECOND);
    CU_ASSERT_EQUAL(use.memory_peak_bytes, UINT64_C(2) << 30);
    CU_ASSERT_FATAL(slurm_read_use("21|00:03.250|\n", &use, &err));
    CU_ASSERT_EQUAL(use.cpu_us, 3250000);
    CU_ASSERT_EQUAL(use.memory_peak_bytes, 0);
    CU_ASSERT_FATAL(slurm_read_use("", &use, &err));
    CU_ASSERT_EQUAL(use.cpu_us, 0);
    CU_ASSERT_FALSE(slurm_read_use("21|00:03.25|\n", &use, &err));
    CU_ASSERT_FALSE(slurm_read_use("21|00:03.250\n", &use, &err));
    CU_ASSERT_FALSE(slurm_read_use("21|00:03.250|much\n", &use, &err));
}

static void test_lines(void)
{
    char text[] = "one\n\ntwo\nthree";
    char *rest = text;

    CU_ASSERT_STRING_EQUAL(slurm_next_line(&rest), "one");
    CU_ASSERT_STRING_EQUAL(slurm_next_line(&rest), "two");
    CU_ASSERT_STRING_EQUAL(slurm_next_line(&rest), "three");
    CU_ASSERT_PTR_NULL(slurm_next_line(&rest));
    CU_ASSERT_PTR_NULL(slurm_next_line(&rest));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a node",                         test_a_node                        },
        {"what is no node is refused",     test_no_node                       },
        {"a job",                          test_a_job                         },
        {"jobs of others are passed over", test_jobs_of_others_are_passed_over},
        {"what is no job is refused",      test_no_job                        },
        {"an end",                         test_an_end                        },
        {"what is no end is refused",      test_no_end                        },
        {"what sbatch prints",             test_what_sbatch_prints            },
        {"what a job has used",            test_what_a_job_has_used           },
        {"lines, without empty ones",      test_lines                         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("slurm_text", tests);
}
