/* test_pmix_job.c - what the agent tells a PMIx server is read whole or not at all */

#include "agent/pmix_job.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set_all(const char *nodes, const char *tasks, const char *plane, const char *index,
                    const char *cpus)
{
    setenv("TEQUIO_PMIX_NODES", nodes, 1);
    setenv("TEQUIO_PMIX_TASKS", tasks, 1);
    setenv("TEQUIO_PMIX_PLANE", plane, 1);
    setenv("TEQUIO_PMIX_INDEX", index, 1);
    setenv("TEQUIO_PMIX_CPUS", cpus, 1);
    setenv("TEQUIO_PMIX_KEY", "00112233445566778899aabbccddeeff", 1);
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
    CU_ASSERT_EQUAL(job.key[1], 0x11);
    CU_ASSERT_PTR_NULL(getenv("TEQUIO_PMIX_KEY")); /* the ranks do not see it */
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

static void test_several_need_a_key(void)
{
    static const char *const keys[] = {NULL, "", "00", "00112233445566778899aabbccddeefg"};

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct pmix_job job = {.all = 0};
        struct error err;

        set_all("n1,n2", "1,1", "0", "0", "");
        if (keys[i])
            setenv("TEQUIO_PMIX_KEY", keys[i], 1);
        else
            unsetenv("TEQUIO_PMIX_KEY");
        CU_ASSERT(!pmix_job_read(&job, &err));
        CU_ASSERT(strstr(err.text, "TEQUIO_PMIX_KEY") != NULL);
        pmix_job_clear(&job);
    }
}

/* Servers 0 .. 39: 1 to 16 are below 0, 17 to 32 below 1, 33 to 39 below 2. */
static void test_the_tree(void)
{
    static const struct {
        size_t index, parent, children, node, slot;
    } cases[] = {
        {0,  40, 16, 16, 15        },
        {0,  40, 16, 39, 1         },
        {1,  0,  16, 17, 0         },
        {1,  0,  16, 33, PMIX_ARITY},
        {1,  0,  16, 0,  PMIX_ARITY},
        {1,  0,  16, 1,  PMIX_ARITY},
        {2,  0,  7,  39, 6         },
        {2,  0,  7,  40, PMIX_ARITY},
        {3,  0,  0,  39, PMIX_ARITY},
        {39, 2,  0,  38, PMIX_ARITY},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pmix_job job = {.count = 40, .index = cases[i].index};

        CU_ASSERT_EQUAL(pmix_job_parent(&job), cases[i].parent);
        CU_ASSERT_EQUAL(pmix_job_children(&job), cases[i].children);
        CU_ASSERT_EQUAL(pmix_job_slot_of(&job, cases[i].node), cases[i].slot);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"it is read",            test_it_is_read        },
        {"what is wrong is told", test_what_is_wrong     },
        {"several need a key",    test_several_need_a_key},
        {"the tree",              test_the_tree          },
        CU_TEST_INFO_NULL,
    };

    return run_suite("PMIx job", tests);
}
