/* test_gpu_files.c - the device files of GPUs: one for each, and nothing else */

#include "agent/gpu_files.h"
#include "tests/lib/runner.h"

#include <string.h>

/* Devices that every Linux has stand in for those of GPUs. */
static void test_one_for_each(void)
{
    struct device devices[3] = {{.type = "a"}, {.type = "a"}, {.type = "a"}};
    struct error err = {.text = ""};

    CU_ASSERT(gpu_files_find("/dev/null,/dev/zero,/dev/full", devices, 3, &err));
    CU_ASSERT_STRING_EQUAL(err.text, "");
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT(devices[i].has_file);
        CU_ASSERT_EQUAL(devices[i].file_major, 1);
    }
    CU_ASSERT_EQUAL(devices[0].file_minor, 3);
    CU_ASSERT_EQUAL(devices[1].file_minor, 5);
    CU_ASSERT_EQUAL(devices[2].file_minor, 7);
}

static void test_what_is_wrong_is_told(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"/dev/null",                         "1 files for 2 GPUs"           },
        {"",                                  "0 files for 2 GPUs"           },
        {"/dev/null,/dev/zero,/dev/full",     "more files than the 2 GPUs"   },
        {"/dev/null,dev/zero",                "dev/zero is no absolute path" },
        {"/dev/null,/dev",                    "/dev is no character device"  },
        {"/dev/nothing-of-this-name[0,3]-at", "/dev/nothing-of-this-name0-at"},
        {"/dev/nvidia[0-1",                   "a ] is missing"               },
        {"/dev/nvidia[1-0]",                  "1-0"                          },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct device devices[2] = {{.type = "a"}, {.type = "a"}};
        struct error err = {.text = ""};

        CU_ASSERT_FALSE(gpu_files_find(cases[i].text, devices, 2, &err));
        if (!strstr(err.text, cases[i].says))
            CU_ASSERT_STRING_EQUAL(err.text, cases[i].says);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"one for each",          test_one_for_each         },
        {"what is wrong is told", test_what_is_wrong_is_told},
        CU_TEST_INFO_NULL,
    };

    return run_suite("gpu_files", tests);
}
