/* test_memory.c - memory is zeroed, grows, is handed over, or ends the process */

#include "base/memory.h"

#include "tests/lib/runner.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_memory_is_zeroed(void)
{
    CLEANUP(memory_freep) unsigned char *bytes = NEW_ARRAY(unsigned char, 1000);

    for (size_t i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL(bytes[i], 0);
}

static void test_nothing_is_a_pointer_too(void)
{
    CLEANUP(memory_freep) char *none = memory_get(0, 8);
    CLEANUP(memory_freep) char *copy = memory_copy_bytes(NULL, 0);

    CU_ASSERT_PTR_NOT_NULL(none);
    CU_ASSERT_PTR_NOT_NULL(copy);
    none = memory_resize(none, 0, 4);
    CU_ASSERT_PTR_NOT_NULL(none);
}

static void test_resize_keeps_what_was_there(void)
{
    CLEANUP(memory_freep) int *numbers = NEW_ARRAY(int, 3);

    numbers[0] = 7;
    numbers[2] = 9;
    numbers = memory_resize(numbers, 1000, sizeof(*numbers));
    CU_ASSERT_EQUAL(numbers[0], 7);
    CU_ASSERT_EQUAL(numbers[2], 9);
    numbers = memory_resize(numbers, 1, sizeof(*numbers));
    CU_ASSERT_EQUAL(numbers[0], 7);
}

static void test_copies(void)
{
    CLEANUP(memory_freep) char *text = memory_copy("tequio");
    CLEANUP(memory_freep) char *bytes = memory_copy_bytes("a\0b", 3);
    CLEANUP(memory_freep) char *formatted = memory_format("%s-%03d", "n", 7);

    CU_ASSERT_STRING_EQUAL(text, "tequio");
    CU_ASSERT_EQUAL(memcmp(bytes, "a\0b", 3), 0);
    CU_ASSERT_STRING_EQUAL(formatted, "n-007");
}

static void test_put_text(void)
{
    char place[6] = "-----";

    memory_put_text(place, sizeof(place), "abc");
    CU_ASSERT_EQUAL(memcmp(place, "abc\0-", sizeof(place)), 0);
    memory_put_text(place, sizeof(place), "tequio");
    CU_ASSERT_STRING_EQUAL(place, "tequi");
    memory_put_text(place, 1, "abc");
    CU_ASSERT_STRING_EQUAL(place, "");
}

/* Whether it comes from the small or from the large, used before or not. */
static void test_each_size_is_zeroed(void)
{
    static const size_t sizes[] = {1, 16, 1023, 1024, 1025, 2000, 100000};

    for (size_t i = 0; i < 2 * COUNT_OF(sizes); i++) {
        CLEANUP(memory_freep) unsigned char *bytes = NEW_ARRAY(unsigned char, sizes[i / 2]);

        for (size_t j = 0; j < sizes[i / 2]; j++)
            CU_ASSERT_EQUAL(bytes[j], 0);
        memset(bytes, 0xa5, sizes[i / 2]);
    }
}

static void test_wipe(void)
{
    char key[] = "secret";

    memory_wipe(key, sizeof(key));
    for (size_t i = 0; i < sizeof(key); i++)
        CU_ASSERT_EQUAL(key[i], 0);
    memory_wipe(NULL, 0);
}

static char *give_away(void)
{
    CLEANUP(memory_freep) char *text = memory_copy("mine");

    return STEAL(text);
}

static void test_steal_hands_over(void)
{
    CLEANUP(memory_freep) char *text = give_away();

    CU_ASSERT_STRING_EQUAL(text, "mine");
}

struct holder {
    int before;
    int member;
};

static void test_container_of(void)
{
    struct holder holder = {0};

    CU_ASSERT_PTR_EQUAL(CONTAINER_OF(&holder.member, struct holder, member), &holder);
}

static void ask_for_too_many(void)
{
    memory_get(SIZE_MAX / 2, 4);
}

static void resize_to_too_many(void)
{
    memory_resize(NULL, SIZE_MAX / 2, 4);
}

/* In a child, as the process is to end.  Standard error goes nowhere: what it
 * says there is expected. */
static bool ends_by_abort(void (*function)(void))
{
    struct rlimit no_core = {0, 0};
    pid_t child;
    int status;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        if (!freopen("/dev/null", "w", stderr))
            _exit(0); /* not as expected either */
        function();
        _exit(0);
    }
    return waitpid(child, &status, 0) == child &&
           (WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT : WEXITSTATUS(status) != 0);
}

static void test_too_much_ends_the_process(void)
{
    CU_ASSERT_TRUE(ends_by_abort(ask_for_too_many));
    CU_ASSERT_TRUE(ends_by_abort(resize_to_too_many));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"memory is zeroed",            test_memory_is_zeroed           },
        {"nothing is a pointer too",    test_nothing_is_a_pointer_too   },
        {"resize keeps what was there", test_resize_keeps_what_was_there},
        {"copies",                      test_copies                     },
        {"put text",                    test_put_text                   },
        {"each size is zeroed",         test_each_size_is_zeroed        },
        {"wipe",                        test_wipe                       },
        {"steal hands over",            test_steal_hands_over           },
        {"container of",                test_container_of               },
        {"too much ends the process",   test_too_much_ends_the_process  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("memory", tests);
}
