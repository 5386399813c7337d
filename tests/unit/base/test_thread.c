/* test_thread.c - signals pass a thread by, and the one that started it gets them as before */

#include "base/thread.h"
#include "tests/lib/runner.h"

#include <signal.h>

/* Of those that can be kept away; between 31 and SIGRTMIN are the C library's own. */
static bool is_ours(int signal)
{
    return (signal <= SIGSYS || signal >= SIGRTMIN) && signal != SIGKILL && signal != SIGSTOP;
}

/* The signals that may reach the thread. */
static void *count_open(void *owner)
{
    int *count = owner;
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        if (is_ours(signal) && sigismember(&mask, signal) == 0)
            ++*count;
    return owner;
}

static void test_no_signal_reaches_it(void)
{
    sigset_t before, after;
    struct error err;
    pthread_t thread;
    void *result;
    int count = 0;

    pthread_sigmask(SIG_SETMASK, NULL, &before);
    if (!thread_start(&thread, count_open, &count, &err)) {
        CU_FAIL("a thread starts");
        return;
    }
    CU_ASSERT_EQUAL(pthread_join(thread, &result), 0);
    CU_ASSERT_PTR_EQUAL(result, &count);
    CU_ASSERT_EQUAL(count, 0);

    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        CU_ASSERT_EQUAL(sigismember(&before, signal), sigismember(&after, signal));
}

static void test_one_that_must_start(void)
{
    int count = 0;

    CU_ASSERT_EQUAL(pthread_join(thread_new(count_open, &count), NULL), 0);
    CU_ASSERT_EQUAL(count, 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a thread blocks every signal, who started it does not", test_no_signal_reaches_it},
        {"one without which nothing goes on",                     test_one_that_must_start },
        CU_TEST_INFO_NULL,
    };

    return run_suite("thread", tests);
}
