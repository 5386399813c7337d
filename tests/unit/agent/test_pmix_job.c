/* test_pmix_job.c - what the agent tells a PMIx server is read whole or not at all */

#include "agent/pmix_job.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <unistd.h>

static void set_all(const char *nodes, const char *tasks, const char *plane, const char *index,
                    const char *cpus)
{
    setenv("TEQUIO_PMIX_NODES", nodes, 1);
    setenv("TEQUIO_PMIX_TASKS", tasks, 1);
    setenv("TEQUIO_PMIX_PLANE", plane, 1);
    setenv("TEQUIO_PMIX_INDEX", index, 1);
    setenv("TEQUIO_PMIX_CPUS", cpus, 1);
}

static void test_it_is_read(void)
{
    struct pmix_job job = {.all = 0};
    struct error err;

    set_all("n1,n2", "3,2", "1", "1", "0;1-2");
    CU_ASSERT_FATAL(pmix_job_read(&job, &err));
    CU_ASSERT_EQUAL(job.count, 2);
    CU_ASSERT_EQUAL(job.all, 5);
    CU_ASSERT_EQUAL(pmix_job_tasks(&job), 2);
    CU_ASSERT_EQUAL(pmix_job_rank(&job, 1), 3);
    CU_ASSERT_EQUAL(pmix_job_node_of(&job, 4), 0);
    CU_ASSERT_EQUAL(pmix_job_node_of(&job, 5), 2);
    CU_ASSERT_STRING_EQUAL(job.cpus[1], "1-2");
    rmdir(job.directory);
    pmix_job_clear(&job);
}

static void test_what_is_wrong(void)
{
    static const char *const cases[][5] = {
        {"n1,n2", "3",     "0", "0", "" },
        {"n1",    "0",     "0", "0", "" },
        {"n1",    "x",     "0", "0", "" },
        {"n1",    "2",     "0", "1", "" },
        {"n1",    "2",     "-", "0", "" },
        {"n1",    "2",     "0", "0", "0"},
        {"n1",    "70000", "0", "0", "" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pmix_job job = {.all = 0};
        struct error err;

        set_all(cases[i][0], cases[i][1], cases[i][2], cases[i][3], cases[i][4]);
        CU_ASSERT(!pmix_job_read(&job, &err));
        pmix_job_clear(&job);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"it is read",            test_it_is_read   },
        {"what is wrong is told", test_what_is_wrong},
        CU_TEST_INFO_NULL,
    };

    return run_suite("PMIx job", tests);
}
