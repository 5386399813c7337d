/* test_job_index.c - jobs by id, with gaps */

#include "scheduler/core/job_index.h"
#include "tests/lib/runner.h"

#define JOBS 1000

static void test_find_and_walk(void)
{
    static struct job jobs[JOBS];
    struct job_index index;
    uint64_t after = 0;
    size_t seen = 0;

    job_index_init(&index);
    CU_ASSERT_PTR_NULL(job_index_find(&index, 1));
    CU_ASSERT_PTR_NULL(job_index_after(&index, 0));
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i].id = 10 + 3 * i;
        job_index_add(&index, &jobs[i]);
    }
    CU_ASSERT_PTR_EQUAL(job_index_find(&index, 10), &jobs[0]);
    CU_ASSERT_PTR_EQUAL(job_index_find(&index, 13), &jobs[1]);
    CU_ASSERT_PTR_NULL(job_index_find(&index, 12));
    CU_ASSERT_PTR_EQUAL(job_index_after(&index, 10), &jobs[1]);
    CU_ASSERT_PTR_EQUAL(job_index_after(&index, 11), &jobs[1]);
    CU_ASSERT_PTR_NULL(job_index_after(&index, 10 + 3 * (JOBS - 1)));
    CU_ASSERT_PTR_NULL(job_index_after(&index, UINT64_MAX));
    CU_ASSERT_PTR_NULL(job_index_before(&index, 10));
    CU_ASSERT_PTR_EQUAL(job_index_before(&index, 11), &jobs[0]);
    CU_ASSERT_PTR_EQUAL(job_index_before(&index, 13), &jobs[0]);

    for (size_t i = 0; i < JOBS; i++)
        if (i % 7 != 0)
            job_index_remove(&index, &jobs[i]);
    CU_ASSERT(index.used < JOBS / 2); /* gaps were closed */
    for (struct job *job; (job = job_index_after(&index, after)); after = job->id) {
        CU_ASSERT((job->id - 10) / 3 % 7 == 0);
        seen++;
    }
    CU_ASSERT_EQUAL(seen, (JOBS + 6) / 7);
    CU_ASSERT_EQUAL(index.count, seen);
    job_index_clear(&index);
}

/* A restored job may come out of order, and into a gap. */
static void test_out_of_order(void)
{
    struct job jobs[] = {{.id = 5}, {.id = 2}, {.id = 9}, {.id = 2}};
    struct job_index index;

    job_index_init(&index);
    for (size_t i = 0; i < 3; i++)
        job_index_add(&index, &jobs[i]);
    CU_ASSERT_PTR_EQUAL(job_index_after(&index, 0), &jobs[1]);
    CU_ASSERT_PTR_EQUAL(job_index_after(&index, 2), &jobs[0]);
    job_index_remove(&index, &jobs[1]);
    CU_ASSERT_PTR_NULL(job_index_find(&index, 2));
    job_index_add(&index, &jobs[3]);
    CU_ASSERT_PTR_EQUAL(job_index_find(&index, 2), &jobs[3]);
    job_index_clear(&index);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"found by id, walked in order, gaps closed", test_find_and_walk},
        {"added out of order",                        test_out_of_order },
        CU_TEST_INFO_NULL,
    };

    return run_suite("job_index", tests);
}
