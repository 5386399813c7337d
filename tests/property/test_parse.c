/* test_parse.c - what is printed reads back, and edit distances agree with their definition */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 20000 };

/* Numbers of all sizes are equally likely. */
static uint64_t any_number(struct test_random *random, unsigned bits)
{
    return test_random_next(random) >> (63 - test_random_below(random, bits));
}

static void test_durations_read_back(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP(buffer_clear) struct buffer text;
        int64_t seconds = (int64_t)any_number(&random, 28) + 1, again = 0;
        struct error err;

        buffer_init(&text);
        print_duration(seconds * US_PER_SECOND, &text);
        CU_ASSERT_TRUE_FATAL(parse_duration(text.bytes, &again, &err));
        CU_ASSERT_EQUAL_FATAL(again, seconds * US_PER_SECOND);
    }
}

static void test_sizes_read_back(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP(buffer_clear) struct buffer text;
        unsigned shift = 10 * test_random_below(&random, 4);
        uint64_t bytes = any_number(&random, 63 - shift) << shift, again = 0;
        struct error err;

        buffer_init(&text);
        print_size(bytes, &text);
        CU_ASSERT_TRUE_FATAL(parse_size(text.bytes, 4711, &again, &err));
        CU_ASSERT_EQUAL_FATAL(again, bytes);
    }
}

static void test_amounts_read_back(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP(buffer_clear) struct buffer text;
        int64_t amount = (int64_t)any_number(&random, 62), again = 0;
        struct error err;

        if (test_random_chance(&random, 50))
            amount = -amount;
        buffer_init(&text);
        print_amount(amount, &text);
        CU_ASSERT_TRUE_FATAL(parse_amount(text.bytes, &again, &err));
        CU_ASSERT_EQUAL_FATAL(again, amount);
    }
}

static void check_times(struct test_random *random)
{
    for (int round = 0; round < ROUNDS / 10; round++) {
        CLEANUP(buffer_clear) struct buffer local;
        CLEANUP(buffer_clear) struct buffer utc;
        int64_t seconds = test_random_between(random, 0, INT64_C(253402300799) - 86400);
        int64_t again = 0;
        struct error err;

        buffer_init(&local);
        buffer_init(&utc);
        print_time(seconds * US_PER_SECOND, &local);
        print_time_utc(seconds * US_PER_SECOND, &utc);
        CU_ASSERT_TRUE_FATAL(parse_time(local.bytes, 0, &again, &err));
        CU_ASSERT_EQUAL_FATAL(again, seconds * US_PER_SECOND);
        CU_ASSERT_TRUE_FATAL(parse_time(utc.bytes, 0, &again, &err));
        CU_ASSERT_EQUAL_FATAL(again, seconds * US_PER_SECOND);
    }
}

static void test_times_read_back_in_any_zone(void)
{
    static const char *const zones[] = {"UTC", "CST6", "CET-1CEST,M3.5.0,M10.5.0/3", "IST-5:30",
                                        "NST3:30NDT,M3.2.0,M11.1.0"};
    struct test_random random = test_random_from_environment();

    for (size_t i = 0; i < COUNT_OF(zones); i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        check_times(&random);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment as it is defined, by recursion. */
static size_t model_distance(const char *a, size_t i, const char *b, size_t j)
{
    size_t distance;

    if (i == 0 || j == 0)
        return i + j;
    distance = model_distance(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]);
    distance = least(distance, model_distance(a, i - 1, b, j) + 1);
    distance = least(distance, model_distance(a, i, b, j - 1) + 1);
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        distance = least(distance, model_distance(a, i - 2, b, j - 2) + 1);
    return distance;
}

static void test_nearest_agrees_with_the_definition(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < ROUNDS / 20; round++) {
        char text[7] = "", words[4][7] = {""};
        const char *names[5] = {words[0], words[1], words[2], words[3], NULL};
        const char *expected = NULL;
        size_t length = 1 + test_random_below(&random, 6), nearest = (length + 1) / 3 + 1;

        for (size_t i = 0; i < length; i++)
            text[i] = (char)('a' + test_random_below(&random, 3));
        for (size_t w = 0; w < 4; w++) {
            size_t size = 1 + test_random_below(&random, 6), distance;

            for (size_t i = 0; i < size; i++)
                words[w][i] = (char)('a' + test_random_below(&random, 3));
            distance = model_distance(text, length, words[w], size);
            if (length >= 3 && strncmp(words[w], text, length) == 0 && distance > length / 3)
                distance = length / 3; /* its end is missing */
            if (distance < nearest) {
                nearest = distance;
                expected = words[w];
            }
        }
        CU_ASSERT_PTR_EQUAL_FATAL(nearest_name(text, names), expected);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"durations read back",                test_durations_read_back               },
        {"sizes read back",                    test_sizes_read_back                   },
        {"amounts read back",                  test_amounts_read_back                 },
        {"times read back in any zone",        test_times_read_back_in_any_zone       },
        {"nearest agrees with the definition", test_nearest_agrees_with_the_definition},
        CU_TEST_INFO_NULL,
    };

    return run_suite("parse", tests);
}
