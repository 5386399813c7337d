/* test_lent_job.c - what must not be forgotten of a job on lent nodes: written, and read back */

#include "agent/gateway/lent_job.h"

#include "agent/gateway/handover.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct task_key key = {.job = 17, .attempt = 2};

static void fill(struct lent_job *job)
{
    job->stage = LENT_ENDED;
    job->id = 4711;
    job->memory_bytes = UINT64_C(1) << 40;
    job->limit_us = INT64_MAX;
    job->kill_wait_us = 30000000;
    job->submitted_us = 1;
    job->started_us = 2;
    job->stop = true;
    job->given_back = true;
    job->end = (struct task_end){.cause = TASK_LIMIT,
                                 .exit_code = 3,
                                 .exit_signal = 9,
                                 .wall_used_us = 4,
                                 .cpu_used_us = 5,
                                 .memory_peak_bytes = 6,
                                 .ended_us = 7};
    lent_job_set(&job->name, "tequio-0011223344556677");
    lent_job_set(&job->user, "ana");
    lent_job_set(&job->project, "science");
    lent_job_set(&job->why, "two words\nand a line");
    lent_job_set(&job->output, "/shared/work/ana/with blanks.txt");
    job->parts[1] = (struct lent_part){.node = "a2", .cores = 4, .tasks = 2, .there = true};
}

static void test_what_is_written_is_read_back(void)
{
    CLEANUP(lent_job_freep) struct lent_job *job = NULL;
    CLEANUP(lent_job_freep) struct lent_job *again = NULL;
    struct error err;

    job = lent_job_new(scratch_directory(), &key, 2, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(job);
    fill(job);
    CU_ASSERT_FATAL(lent_job_save(job, &err));
    again = lent_job_read(job->folder, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    CU_ASSERT_EQUAL(again->job, 17);
    CU_ASSERT_EQUAL(again->attempt, 2);
    CU_ASSERT_EQUAL(again->stage, LENT_ENDED);
    CU_ASSERT_EQUAL(again->id, 4711);
    CU_ASSERT_EQUAL(again->memory_bytes, UINT64_C(1) << 40);
    CU_ASSERT_EQUAL(again->limit_us, INT64_MAX);
    CU_ASSERT(again->stop && again->given_back);
    CU_ASSERT_EQUAL(again->end.cause, TASK_LIMIT);
    CU_ASSERT(again->end.exit_code == 3 && again->end.exit_signal == 9);
    CU_ASSERT(again->end.wall_used_us == 4 && again->end.cpu_used_us == 5);
    CU_ASSERT(again->end.memory_peak_bytes == 6 && again->end.ended_us == 7);
    CU_ASSERT_STRING_EQUAL(again->name, job->name);
    CU_ASSERT_STRING_EQUAL(again->why, job->why);
    CU_ASSERT_PTR_NULL(strchr(again->why, '\n'));
    CU_ASSERT_STRING_EQUAL(again->output, "/shared/work/ana/with blanks.txt");
    CU_ASSERT_STRING_EQUAL(again->error_output, "");
    CU_ASSERT_EQUAL(again->part_count, 2);
    CU_ASSERT_STRING_EQUAL(again->parts[0].node, "");
    CU_ASSERT_STRING_EQUAL(again->parts[1].node, "a2");
    CU_ASSERT_EQUAL(again->parts[1].cores, 4);
    CU_ASSERT_EQUAL(again->parts[1].tasks, 2);
    CU_ASSERT(again->parts[1].there && !again->parts[0].there);
    CU_ASSERT(handover_remove(job->folder, &err));
    CU_ASSERT_NOT_EQUAL(access(job->folder, F_OK), 0);
}

static void test_what_is_damaged_is_refused(void)
{
    static const char *const texts[] = {
        "",
        "tequio lent job 2\njob 17\nparts 1\n",
        "tequio lent job 1\njob 17\n",
        "tequio lent job 1\nparts 1\n",
        "tequio lent job 1\njob 17\nparts 0\n",
        "tequio lent job 1\njob 17\nparts 99999999\n",
        "tequio lent job 1\njob 17\nparts 1\nparts 2\n",
        "tequio lent job 1\njob 17\nparts 1\npart 1 1 1 1 a1\n",
        "tequio lent job 1\njob 17\nparts 1\npart 0 1 1 1\n",
        "tequio lent job 1\njob 17\npart 0 1 1 1 a1\nparts 1\n",
        "tequio lent job 1\njob 17\nparts 1\nstage 6\n",
        "tequio lent job 1\njob 17\nparts 1\nstop 2\n",
        "tequio lent job 1\njob 17\nparts 1\nstarted -1\n",
        "tequio lent job 1\njob 17\nparts 1\ncolour blue\n",
        "tequio lent job 1\njob 17\nparts 1\nalone\n",
    };
    struct error err;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        free(scratch_file("state", texts[i], strlen(texts[i])));
        CU_ASSERT_PTR_NULL(lent_job_read(scratch_directory(), &err));
    }
}

static void test_whole_jobs_only(void)
{
    struct error err;

    CU_ASSERT_PTR_NULL(lent_job_new(scratch_directory(), &key, 0, &err));
    CU_ASSERT_PTR_NULL(lent_job_new(scratch_directory(), &key, 65537, &err));
    CU_ASSERT_PTR_NULL(lent_job_new("/nowhere/at/all", &key, 1, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is written is read back", test_what_is_written_is_read_back},
        {"what is damaged is refused",   test_what_is_damaged_is_refused  },
        {"a job has parts and a folder", test_whole_jobs_only             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("lent_job", tests);
}
