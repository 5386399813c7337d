/* runner.c - CUnit that speaks TAP */

#include "tests/lib/runner.h"

#include <CUnit/TestRun.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *skipped; /* why; NULL: it is not */

void test_skip(const char *why)
{
    skipped = why;
}

static void on_test_complete(CU_pTest test, CU_pSuite suite, CU_pFailureRecord failures)
{
    (void)suite;
    printf("%s %u - %s", failures ? "not ok" : "ok", CU_get_number_of_tests_run(), test->pName);
    if (skipped && !failures)
        printf(" # SKIP %s", skipped);
    putchar('\n');
    skipped = NULL;
    for (CU_pFailureRecord failure = failures; failure; failure = failure->pNext)
        printf("# %s:%u: %s\n", failure->strFileName, failure->uiLineNumber, failure->strCondition);
}

static void stop(const char *what)
{
    printf("Bail out! %s: %s\n", what, CU_get_error_msg());
    exit(99);
}

/* Started by make, the two signals that the C library keeps for itself are ignored, and it
 * refuses to change that.  Tests of what a child inherits begin with a clean slate. */
static void reset_inner_signals(void)
{
    static const unsigned long default_action[16]; /* the kernel's struct, all zero */

    for (long signal = 32; signal <= 33; signal++)
        (void)syscall(SYS_rt_sigaction, signal, default_action, NULL, 8L);
}

int run_suite(const char *name, const CU_TestInfo *tests)
{
    CU_pSuite suite;
    unsigned count = 0, failed;

    reset_inner_signals();
    /* A line must be out before the next test may crash. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        stop("CUnit does not start");
    suite = CU_add_suite(name, NULL, NULL);
    if (!suite)
        stop(name);
    for (; tests[count].pName; count++)
        if (!CU_add_test(suite, tests[count].pName, tests[count].pTestFunc))
            stop(tests[count].pName);

    printf("1..%u\n", count);
    CU_set_test_complete_handler(on_test_complete);
    if (CU_run_all_tests() != CUE_SUCCESS)
        stop(name);
    failed = CU_get_number_of_tests_failed();
    CU_cleanup_registry();
    return failed == 0 && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
