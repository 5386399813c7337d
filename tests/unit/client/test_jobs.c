/* test_jobs.c - what a job's columns say, and its end as an exit status */

#include "base/memory.h"
#include "base/parse.h"
#include "client/jobs.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column *find(const char *name)
{
    for (const struct column *column = job_columns; column->name; column++)
        if (strcmp(column->name, name) == 0)
            return column;
    return NULL;
}

/* The cell's text; free() it. */
static char *text_of(const char *name, const Wire__JobView *view, int64_t now_us)
{
    const struct column *column = find(name);
    const struct job_row row = {.view = view, .now_us = now_us};
    CLEANUP(buffer_clear) struct buffer scratch, text;
    struct cell cell = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(column);
    buffer_init(&scratch);
    buffer_init(&text);
    column->cell(&row, &cell, &scratch);
    output_cell(&cell, &text);
    return buffer_steal(&text);
}

static void check(const char *name, const Wire__JobView *view, const char *expected)
{
    CLEANUP(memory_freep) char *text = text_of(name, view, 1000 * US_PER_SECOND);

    CU_ASSERT_STRING_EQUAL(text, expected);
    if (strcmp(text, expected) != 0)
        printf("# %s: %s, not %s\n", name, text, expected);
}

static void test_a_job_that_waits(void)
{
    Wire__JobView job = WIRE__JOB_VIEW__INIT;
    char state[] = "PENDING", code[] = "PD", reason[] = "Resources";

    job.state = state;
    job.state_code = code;
    job.reason = reason;
    job.eligible_us = 900 * US_PER_SECOND;
    job.limit_us = 2 * US_PER_HOUR;
    check("place", &job, "(Resources)");
    check("time", &job, "00:00:00");
    check("timelimit", &job, "02:00:00");
    check("timeleft", &job, "02:00:00");
    check("waited", &job, "00:01:40");
    check("start", &job, "N/A");
    check("end", &job, "N/A");
    check("exitcode", &job, "0:0");
    check("qos", &job, "");
}

static void test_a_job_that_runs(void)
{
    Wire__JobView job = WIRE__JOB_VIEW__INIT;
    char state[] = "RUNNING", nodes[] = "n[3-5]";

    job.state = state;
    job.node_list = nodes;
    job.start_us = 400 * US_PER_SECOND;
    job.limit_us = 500 * US_PER_SECOND;
    job.cores = 4;
    job.cpu_used_us = 1200 * US_PER_SECOND;
    check("place", &job, "n[3-5]");
    check("batchhost", &job, "n3");
    check("time", &job, "00:10:00");
    check("timeleft", &job, "00:00:00"); /* late, not negative */
    check("efficiency", &job, "50%");
    job.limit_us = PARSE_UNLIMITED;
    check("timeleft", &job, "UNLIMITED");
}

static void test_a_job_that_was_cancelled(void)
{
    Wire__JobView job = WIRE__JOB_VIEW__INIT;
    char state[] = "CANCELLED", by[] = "ana";

    job.state = state;
    check("state", &job, "CANCELLED");
    job.ended_by = by;
    check("state", &job, "CANCELLED by ana");
}

static void test_exit_statuses(void)
{
    static const struct {
        const char *state;
        uint32_t code;
        uint32_t signal;
        int status;
    } cases[] = {
        {"COMPLETED",     0,   0,  0  },
        {"FAILED",        7,   0,  7  },
        {"FAILED",        0,   11, 139},
        {"FAILED",        256, 0,  255},
        {"CANCELLED",     0,   0,  1  },
        {"CANCELLED",     0,   15, 143},
        {"TIMEOUT",       0,   0,  1  },
        {"OUT_OF_MEMORY", 0,   9,  137},
        {"NODE_FAIL",     0,   0,  1  },
        {"PREEMPTED",     0,   0,  1  },
        {"FAILED",        0,   0,  1  },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Wire__JobView job = WIRE__JOB_VIEW__INIT;
        CLEANUP(memory_freep) char *state = memory_copy(cases[i].state);

        job.state = state;
        job.exit_code = cases[i].code;
        job.exit_signal = cases[i].signal;
        CU_ASSERT_EQUAL(job_exit_status(&job), cases[i].status);
    }
}

/* Names, other names and letters each mean one column. */
static void test_columns_are_unique(void)
{
    for (const struct column *a = job_columns; a->name; a++)
        for (const struct column *b = job_columns; b < a; b++) {
            CU_ASSERT(strcmp(a->name, b->name) != 0);
            CU_ASSERT(!a->alias || strcmp(a->alias, b->name) != 0);
            CU_ASSERT(!b->alias || strcmp(a->name, b->alias) != 0);
            CU_ASSERT(!a->alias || !b->alias || strcmp(a->alias, b->alias) != 0);
            CU_ASSERT(!a->letter || a->letter != b->letter);
        }
}

/* A message from elsewhere has every text empty and every number 0: no cell may mind. */
static void test_an_empty_job(void)
{
    Wire__JobView job = WIRE__JOB_VIEW__INIT;

    for (const struct column *column = job_columns; column->name; column++)
        free(text_of(column->name, &job, 0));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a job that waits",           test_a_job_that_waits        },
        {"a job that runs",            test_a_job_that_runs         },
        {"a job that was cancelled",   test_a_job_that_was_cancelled},
        {"ends as exit statuses",      test_exit_statuses           },
        {"columns are unique",         test_columns_are_unique      },
        {"an empty job is no trouble", test_an_empty_job            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("jobs", tests);
}
