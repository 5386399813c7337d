/* test_task_prolog.c - the lines of a task's prolog */

#include "agent/task_prolog.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What is printed when the prolog writes this; free() it. */
static char *apply(const char *text)
{
    FILE *lines = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    char *printed = NULL;
    size_t size;
    FILE *out = open_memstream(&printed, &size);

    task_prolog_apply(lines, out);
    fclose(lines);
    fclose(out);
    return printed;
}

static void test_export_and_unset(void)
{
    CLEANUP(memory_freep) char *printed = NULL;

    setenv("OLD", "x", 1);
    setenv("KEPT", "x", 1);
    printed = apply("export NEW=a b=c\nunset OLD\nexport EMPTY=\nexport =x\nexport KEPT\n"
                    "exported KEPT=y\nunset KEPT=y\nexport LAST=1");
    CU_ASSERT_STRING_EQUAL(getenv("NEW"), "a b=c");
    CU_ASSERT_PTR_NULL(getenv("OLD"));
    CU_ASSERT_STRING_EQUAL(getenv("EMPTY"), "");
    CU_ASSERT_STRING_EQUAL(getenv("KEPT"), "x");
    CU_ASSERT_STRING_EQUAL(getenv("LAST"), "1");
    CU_ASSERT_STRING_EQUAL(printed, "");
}

static void test_print(void)
{
    CLEANUP(memory_freep)
    char *printed = apply("print  hello there\necho nothing\nprint\nprinted x\nprint %s\n");

    CU_ASSERT_STRING_EQUAL(printed, "hello there\n%s\n");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"export and unset change the environment", test_export_and_unset},
        {"print prints, others do not",             test_print           },
        CU_TEST_INFO_NULL,
    };

    return run_suite("task_prolog", tests);
}
