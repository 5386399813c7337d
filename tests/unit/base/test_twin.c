/* test_twin.c - a copy of this process that answers one question */

#include "base/twin.h"

#include "tests/lib/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct state {
    int number;
    int descriptor;
};

static void change(void *owner, int output)
{
    struct state *state = owner;

    state->number++;
    (void)twin_write(output, &state->number, sizeof(state->number));
}

static void test_what_a_twin_does_stays_there(void)
{
    struct state state = {.number = 41};
    struct error err;
    int answer = 0;

    CU_ASSERT(twin_ask(change, &state, &answer, sizeof(answer), &err));
    CU_ASSERT_EQUAL(answer, 42);
    CU_ASSERT_EQUAL(state.number, 41);
}

static void try_descriptor(void *owner, int output)
{
    struct state *state = owner;
    bool open = fcntl(state->descriptor, F_GETFD) >= 0;

    (void)twin_write(output, &open, sizeof(open));
}

static void test_it_has_no_descriptor_of_its_origin(void)
{
    int ends[2];
    struct state state;
    struct error err;
    bool open = true;

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    state.descriptor = ends[1];
    while (state.descriptor <= 3) /* that is where its output is */
        state.descriptor = dup(state.descriptor);
    CU_ASSERT(twin_ask(try_descriptor, &state, &open, sizeof(open), &err));
    CU_ASSERT_FALSE(open);
    close(state.descriptor);
    close(ends[0]);
    if (ends[1] != state.descriptor)
        close(ends[1]);
}

static void die(void *owner, int output)
{
    (void)owner;
    (void)output;
    (void)raise(SIGKILL);
}

static void test_no_answer_is_a_failure(void)
{
    struct error err = {0};
    int answer = 7;

    CU_ASSERT_FALSE(twin_ask(die, NULL, &answer, sizeof(answer), &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INTERNAL);
    CU_ASSERT_EQUAL(answer, 7);
}

static void stay(void *owner, int output)
{
    (void)owner;
    (void)twin_write(output, "x", 1);
    for (;;)
        pause();
}

static void test_an_end_kills_and_reaps(void)
{
    struct error err;
    struct twin twin;
    char byte;

    CU_ASSERT_FATAL(twin_start(stay, NULL, &twin, &err));
    CU_ASSERT_EQUAL(read(twin.descriptor, &byte, 1), 1);
    twin_end(&twin);
    CU_ASSERT(waitpid(twin.pid, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void ask_another(void *owner, int output)
{
    struct error err;
    int answer = 0;

    if (twin_ask(change, owner, &answer, sizeof(answer), &err))
        (void)twin_write(output, &answer, sizeof(answer));
}

static void test_a_twin_may_have_a_twin(void)
{
    struct state state = {.number = 1};
    struct error err;
    int answer = 0;

    CU_ASSERT(twin_ask(ask_another, &state, &answer, sizeof(answer), &err));
    CU_ASSERT_EQUAL(answer, 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what a twin does stays there",       test_what_a_twin_does_stays_there      },
        {"it has no descriptor of its origin", test_it_has_no_descriptor_of_its_origin},
        {"no answer is a failure",             test_no_answer_is_a_failure            },
        {"an end kills and reaps",             test_an_end_kills_and_reaps            },
        {"a twin may have a twin",             test_a_twin_may_have_a_twin            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("twin", tests);
}
