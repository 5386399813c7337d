/* test_hostlist.c - what is printed reads back as the same names, and what is read agrees with
 * a slow expansion */

#include "base/hostlist.h"
#include "base/memory.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5000, NAMES_MOST = 60 };

/* Names close to each other, so that ranges, widths and mere beginnings meet. */
static void make_name(struct test_random *random, char *name, size_t size)
{
    static const char *const prefixes[] = {"n", "rack1n", "n-", "", "a.b", "n0", "gpu"};
    static const char *const suffixes[] = {"", "", "", "-ib0", "x", "-1", ".mx"};
    static const uint32_t limits[] = {3, 12, 110, 1010, 2000000000};
    int width = (int)test_random_below(random, 5);
    const char *prefix = prefixes[test_random_below(random, COUNT_OF(prefixes))];
    const char *suffix = suffixes[test_random_below(random, COUNT_OF(suffixes))];
    uint32_t number = test_random_below(random, limits[test_random_below(random, 5)]);

    snprintf(name, size, "%s%0*u%s", prefix, width, number, suffix);
}

/* The names that follow one another are often neighbours. */
static void next_name(struct test_random *random, char *name, size_t size)
{
    char digits[16];
    size_t length = strlen(name), end = strcspn(name, "0123456789");
    int number = 0, width = 0;

    if (test_random_chance(random, 30) || end == length || length >= 40) {
        make_name(random, name, size);
        return;
    }
    snprintf(digits, sizeof(digits), "%.*s", (int)strspn(name + end, "0123456789"), name + end);
    width = (int)strlen(digits);
    if (width > 9 || sscanf(digits, "%d", &number) != 1) {
        make_name(random, name, size);
        return;
    }
    CLEANUP(memory_freep)
    char *next =
        memory_format("%.*s%0*d%s", (int)end, name, width, number + 1, name + end + (size_t)width);
    snprintf(name, size, "%s", next);
}

static void compare(const struct hostlist *a, const struct hostlist *b)
{
    CU_ASSERT_EQUAL_FATAL(hostlist_count(a), hostlist_count(b));
    for (size_t i = 0; i < hostlist_count(a); i++)
        CU_ASSERT_STRING_EQUAL_FATAL(hostlist_at(a, i), hostlist_at(b, i));
}

static void test_short_form_reads_back(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP(hostlist_freep) struct hostlist *list = hostlist_new();
        CLEANUP(hostlist_freep) struct hostlist *again = NULL;
        CLEANUP(buffer_clear) struct buffer text;
        uint32_t count = test_random_below(&random, NAMES_MOST);
        char name[64] = "n1";
        struct error err = {0};

        for (uint32_t i = 0; i < count; i++) {
            bool known;

            next_name(&random, name, sizeof(name));
            known = hostlist_has(list, name);
            CU_ASSERT_EQUAL_FATAL(hostlist_add(list, name, &err), !known && name[0] != '-');
        }
        buffer_init(&text);
        hostlist_print(list, &text);
        again = hostlist_parse(text.bytes, &err);
        if (!again)
            printf("# %s\n# %s\n", text.bytes, err.text);
        CU_ASSERT_PTR_NOT_NULL_FATAL(again);
        compare(list, again);
    }
}

/* Two brackets of one range each, expanded by two loops. */
static void test_brackets_agree_with_loops(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < ROUNDS; round++) {
        int width = (int)test_random_below(&random, 5);
        unsigned a = test_random_below(&random, 1200), b = a + test_random_below(&random, 8);
        unsigned c = test_random_below(&random, 120), d = c + test_random_below(&random, 8);
        CLEANUP(memory_freep)
        char *text = memory_format("r[%0*u-%0*u]n[%u-%u]x", width, a, width, b, c, d);
        struct error err = {0};
        CLEANUP(hostlist_freep) struct hostlist *list = hostlist_parse(text, &err);
        size_t i = 0;

        /* 0999-1000 has equal widths, 099-1000 has not: then it must be refused. */
        if (width > 1 && a < 1000 && b >= 1000 && width < 4 && (width > 3 || a < 100)) {
            CU_ASSERT_PTR_NULL_FATAL(list);
            continue;
        }
        CU_ASSERT_PTR_NOT_NULL_FATAL(list);
        CU_ASSERT_EQUAL_FATAL(hostlist_count(list), (size_t)(b - a + 1) * (d - c + 1));
        for (unsigned k = a; k <= b; k++)
            for (unsigned m = c; m <= d; m++) {
                CLEANUP(memory_freep) char *name = memory_format("r%0*un%ux", width, k, m);

                CU_ASSERT_STRING_EQUAL_FATAL(hostlist_at(list, i++), name);
            }
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the short form reads back", test_short_form_reads_back    },
        {"brackets agree with loops", test_brackets_agree_with_loops},
        CU_TEST_INFO_NULL,
    };

    return run_suite("hostlist", tests);
}
