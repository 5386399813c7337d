/* test_task_gpus.c - each task finds its own GPUs in the text of all */

#include "agent/task_gpus.h"
#include "base/memory.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

static void test_each_finds_its_own(void)
{
    static const struct {
        const char *text;
        uint32_t local;
        const char *cuda, *rocr; /* NULL: none for it */
    } cases[] = {
        {"0,1/2;2,3/0",  0, "0,1", "2" },
        {"0,1/2;2,3/0",  1, "2,3", "0" },
        {"0,1/2;2,3/0",  2, NULL,  NULL},
        {"/;5/",         0, "",    ""  },
        {"/;5/",         1, "5",   ""  },
        {NULL,           0, NULL,  NULL},
        {"",             0, NULL,  NULL},
        {"no slash;1/1", 0, NULL,  NULL},
        {"no slash;1/1", 1, "1",   "1" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct task_gpus gpus = {.cuda = ""};
        bool found = task_gpus_find(cases[i].text, cases[i].local, &gpus);

        CU_ASSERT_EQUAL(found, cases[i].cuda != NULL);
        if (found && cases[i].cuda) {
            CU_ASSERT_STRING_EQUAL(gpus.cuda, cases[i].cuda);
            CU_ASSERT_STRING_EQUAL(gpus.rocr, cases[i].rocr);
        }
    }
}

static void test_what_is_too_long_is_none(void)
{
    char text[2 * TASK_GPUS_SIZE];
    struct task_gpus gpus;

    memset(text, '1', sizeof(text));
    text[sizeof(text) - 2] = '/';
    text[sizeof(text) - 1] = '\0';
    CU_ASSERT_FALSE(task_gpus_find(text, 0, &gpus));
}

static void test_the_own_environment(void)
{
    setenv("SOME_GPUS", "4/0;6/1", 1);
    task_gpus_set("SOME_GPUS", 1);
    CU_ASSERT_STRING_EQUAL(getenv("CUDA_VISIBLE_DEVICES"), "6");
    CU_ASSERT_STRING_EQUAL(getenv("ROCR_VISIBLE_DEVICES"), "1");
    task_gpus_set("SOME_GPUS", 2); /* none for it: as it is */
    CU_ASSERT_STRING_EQUAL(getenv("GPU_DEVICE_ORDINAL"), "6");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each finds its own",       test_each_finds_its_own      },
        {"what is too long is none", test_what_is_too_long_is_none},
        {"the own environment",      test_the_own_environment     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("task_gpus", tests);
}
