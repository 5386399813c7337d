/* test_series.c - what something used over its time, in a fixed number of steps */

#include "base/memory.h"
#include "base/series.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000)

static struct series made(int64_t start_us, uint32_t steps, uint64_t cpu_us)
{
    struct series series;

    series_init(&series, start_us);
    for (uint32_t i = 0; i < steps; i++)
        series_add(&series, &(struct series_step){cpu_us, i + 1, 2, 3, 0});
    return series;
}

static void test_a_long_one_is_no_longer(void)
{
    struct series series = made(0, 10, 5);
    struct series_step total;

    CU_ASSERT_EQUAL(series.count, 10);
    CU_ASSERT_EQUAL(series_span(&series), 10 * SERIES_STEP_US);
    series = made(0, SERIES_MOST, 5);
    CU_ASSERT_EQUAL(series.count, SERIES_MOST / 2);
    CU_ASSERT_EQUAL(series.step_us, 2 * SERIES_STEP_US);
    CU_ASSERT_EQUAL(series_span(&series), SERIES_MOST * SERIES_STEP_US);
    CU_ASSERT_EQUAL(series.steps[0].cpu_us, 10);
    CU_ASSERT_EQUAL(series.steps[0].memory_bytes, 2); /* the more of both */
    total = series_total(&series);
    CU_ASSERT_EQUAL(total.cpu_us, SERIES_MOST * 5);
    CU_ASSERT_EQUAL(total.memory_bytes, SERIES_MOST);
    CU_ASSERT_EQUAL(total.read_bytes, SERIES_MOST * 2);
    CU_ASSERT_EQUAL(total.written_bytes, SERIES_MOST * 3);
    series = made(0, 500, 1);
    CU_ASSERT(series.count < SERIES_MOST);
    CU_ASSERT_EQUAL(series_total(&series).cpu_us, 500);
}

static void test_the_end_is_shorter(void)
{
    struct series series = made(0, 2, 5);

    series_end(&series, &(struct series_step){.cpu_us = 1}, SERIES_STEP_US / 5);
    CU_ASSERT_EQUAL(series.count, 3);
    CU_ASSERT_EQUAL(series_span(&series), 2 * SERIES_STEP_US + SERIES_STEP_US / 5);
    series = made(0, SERIES_MOST - 1, 5);
    series_end(&series, &(struct series_step){.cpu_us = 1}, SERIES_STEP_US / 5);
    CU_ASSERT_EQUAL(series_span(&series), (SERIES_MOST - 1) * SERIES_STEP_US + SERIES_STEP_US / 5);
    series = made(0, 0, 0);
    series_end(&series, &(struct series_step){.cpu_us = 1}, -5);
    CU_ASSERT_EQUAL(series_span(&series), 1);
}

/* The second begins two steps after the first, and is the coarser one of both. */
static void test_two_together(void)
{
    struct series first = made(10 * SECOND, 4, 5), second = made(10 * SECOND + SECOND / 2, 64, 7);
    struct series joined = first;

    series_join(&joined, &second, false);
    CU_ASSERT_EQUAL(joined.start_us, 10 * SECOND);
    CU_ASSERT_EQUAL(joined.step_us, 2 * SERIES_STEP_US);
    CU_ASSERT_EQUAL(joined.count, 33);
    CU_ASSERT_EQUAL(joined.steps[0].cpu_us, 10);
    CU_ASSERT_EQUAL(joined.steps[1].cpu_us, 10 + 14);
    CU_ASSERT_EQUAL(joined.steps[1].memory_bytes, 4 + 2);
    CU_ASSERT_EQUAL(joined.steps[32].cpu_us, 14);
    CU_ASSERT_EQUAL(series_total(&joined).cpu_us, 4 * 5 + 64 * 7);
    series_join(&second, &first, true); /* the other way round, of one memory */
    CU_ASSERT_EQUAL(second.start_us, 10 * SECOND);
    CU_ASSERT_EQUAL(second.steps[1].memory_bytes, 4);
    CU_ASSERT_EQUAL(series_total(&second).cpu_us, 4 * 5 + 64 * 7);
}

static void test_far_apart(void)
{
    struct series first = made(0, 40, 5), second = made(INT64_MAX, 40, 7);

    series_join(&first, &second, false);
    CU_ASSERT(first.count <= SERIES_MOST);
    CU_ASSERT_EQUAL(series_total(&first).cpu_us, 40 * 12);
    first = made(0, 40, 5);
    second = made(86400 * SECOND, 40, 7);
    series_join(&first, &second, false);
    CU_ASSERT(first.count <= SERIES_MOST);
    CU_ASSERT_EQUAL(series_total(&first).cpu_us, 40 * 12);
    CU_ASSERT(series_span(&first) >= 86000 * SECOND && series_span(&first) <= 90000 * SECOND);
}

static void test_text_and_back(void)
{
    struct series series = made(1234567, 5, 99), back;
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error err;

    buffer_init(&text);
    series_print(&series, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes, "1234567 250000 250000;99 1 2 3;99 2 2 3;99 3 2 3;99 4 2 3;"
                                       "99 5 2 3");
    CU_ASSERT_FATAL(series_parse(text.bytes, &back, &err));
    CU_ASSERT_EQUAL(back.start_us, series.start_us);
    CU_ASSERT_EQUAL(back.step_us, series.step_us);
    CU_ASSERT_EQUAL(back.last_us, series.last_us);
    CU_ASSERT_EQUAL_FATAL(back.count, series.count);
    CU_ASSERT_EQUAL(memcmp(back.steps, series.steps, series.count * sizeof(*series.steps)), 0);
    buffer_reset(&text);
    series_print(&(struct series){0}, &text);
    CU_ASSERT_EQUAL(text.length, 0);
}

static void test_text_is_bounded(void)
{
    const struct series_step much = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct series series, back;
    struct error err;

    series_init(&series, INT64_C(1) << 50);
    for (uint32_t i = 0; i < SERIES_MOST - 1; i++)
        series_add(&series, &much);
    buffer_init(&text);
    series_print(&series, &text);
    CU_ASSERT(text.length <= SERIES_TEXT_MAX);
    CU_ASSERT_FATAL(series_parse(text.bytes, &back, &err));
    CU_ASSERT_EQUAL(series_span(&back), series_span(&series));
    series_join(&back, &series, false); /* nothing runs over */
    CU_ASSERT(series_total(&back).cpu_us < UINT64_C(1) << 56);
}

static void test_what_is_none(void)
{
    static const char *const texts[] = {
        "",
        "x",
        "0 250000 250000",
        "0 250000 250000;",
        "0 250000 250000;1 2 3",
        "0 250000 250000;1 2 3 4 5 6",
        "0 250000 250000;1 2 3 -4",
        "0 250000 250000;1 2 3 99999999999999999999",
        "0 250000 250000;1 2 3 4;",
        "0 250000 250000;1 2 3 4 ",
        "0 250000 0;1 2 3 4",
        "0 250000 250001;1 2 3 4",
        "0 0 0;1 2 3 4",
        "0 300000 1;1 2 3 4",
        "0 125000 1;1 2 3 4",
        "0 9007199254740992 1;1 2 3 4",
        "-1 250000 1;1 2 3 4",
    };
    struct series series;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err = {0};

        if (series_parse(texts[i], &series, &err))
            printf("# taken: %s\n", texts[i]);
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    }
}

/* A node may send what it likes: one long step would leave the others' series as coarse. */
static void test_long_steps_are_many(void)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct series series;
    struct error err = {0};

    buffer_init(&text);
    buffer_print(&text, "0 %" PRId64 " 1", 2 * SERIES_STEP_US);
    for (uint32_t i = 0; i < SERIES_COARSE - 1; i++)
        buffer_add_text(&text, ";1 2 3 4");
    CU_ASSERT_FALSE(series_parse(text.bytes, &series, &err));
    CU_ASSERT_STRING_EQUAL(err.text, "a series of 7 steps of 500000 us each");
    buffer_add_text(&text, ";1 2 3 4");
    CU_ASSERT(series_parse(text.bytes, &series, &err));
    CU_ASSERT(series_parse("0 250000 1;1 2 3 4", &series, &err)); /* a short one of one step */
}

/* Whatever is made here is taken: of any length, joined with any other, printed and read. */
static void check_taken(const struct series *series)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct series back;
    struct error err = {0};

    buffer_init(&text);
    series_print(series, &text);
    if (!series_check(series, &err) || !series_parse(text.bytes, &back, &err))
        printf("# %s: %s\n", err.text, text.bytes);
    CU_ASSERT_STRING_EQUAL(err.text, "");
}

static void test_what_is_made_is_taken(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < 2000; round++) {
        int64_t away_us = (int64_t)1 << test_random_below(&random, 56);
        struct series first = made(test_random_below(&random, 2) ? 0 : away_us,
                                   test_random_below(&random, 200), UINT64_MAX);
        struct series second = made(away_us, test_random_below(&random, 3000), 7);
        struct series ended = second;

        series_end(&second, &(struct series_step){.cpu_us = 1}, 1);
        series_end(
            &ended,
            &(struct series_step){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
            INT64_MAX);
        series_join(&first, &second, round % 2);
        series_join(&second, &ended, round % 3);
        series_join(&ended, &first, false);
        check_taken(&first);
        check_taken(&second);
        check_taken(&ended);
    }
}

/* From 1970: of a node without a clock that goes on. */
static void test_after_the_clock_was_set(void)
{
    struct series unset = made(0, 40, 5), right = made(INT64_C(1790000000) * SECOND, 40, 7);

    series_join(&unset, &right, true);
    CU_ASSERT_EQUAL(unset.start_us, 0);
    CU_ASSERT_EQUAL(unset.step_us, SERIES_STEP_US); /* as if both had begun together */
    CU_ASSERT_EQUAL(unset.count, 40);
    CU_ASSERT_EQUAL(series_total(&unset).cpu_us, 40 * 12);
}

/* Of two task sets the second began earlier by the clock, which was put back; or much later. */
static void test_after_the_clock_jumped(void)
{
    const int64_t hour_us = 3600 * SECOND, now_us = INT64_C(1790000000) * SECOND;
    const int64_t jumps_us[] = {-hour_us, hour_us, -20 * 365 * 24 * hour_us};

    for (size_t i = 0; i < COUNT_OF(jumps_us); i++) {
        struct series before = made(now_us, 40, 5), after = made(now_us + jumps_us[i], 40, 7);
        int64_t most_us = jumps_us[i] < 0 ? -jumps_us[i] : jumps_us[i];
        struct series other = after;
        int64_t first_us = before.start_us < after.start_us ? before.start_us : after.start_us;

        series_join(&other, &before, true);
        series_join(&before, &after, true);
        CU_ASSERT_EQUAL(before.start_us, first_us);
        CU_ASSERT_EQUAL(other.start_us, first_us);
        CU_ASSERT_EQUAL(series_total(&before).cpu_us, 40 * 12);
        CU_ASSERT_EQUAL(series_total(&other).cpu_us, 40 * 12);
        CU_ASSERT(series_span(&before) >= most_us - before.step_us);
        CU_ASSERT(series_span(&before) <= most_us + 40 * SERIES_STEP_US + before.step_us);
        CU_ASSERT_EQUAL(series_span(&other), series_span(&before));
    }
}

static void test_the_bound_of_processors(void)
{
    struct series series = made(0, 3, 10 * SECOND);

    series.steps[1].cpu_us = 2 * SERIES_STEP_US;
    series_end(&series, &(struct series_step){.cpu_us = SECOND, .memory_bytes = 100}, 1000);
    series_bound(&series, 2, 2);
    CU_ASSERT_EQUAL(series.steps[0].cpu_us, 2 * SERIES_STEP_US);
    CU_ASSERT_EQUAL(series.steps[1].cpu_us, 2 * SERIES_STEP_US); /* just what there is */
    CU_ASSERT_EQUAL(series.steps[2].cpu_us, 2 * SERIES_STEP_US);
    CU_ASSERT_EQUAL(series.steps[3].cpu_us, 2000); /* of the part of a step that it was */
    CU_ASSERT_EQUAL(series.steps[0].memory_bytes, 1);
    CU_ASSERT_EQUAL(series.steps[3].memory_bytes, 2);
    series_bound(&series, UINT32_MAX, UINT64_MAX); /* nothing runs over, nothing changes */
    CU_ASSERT_EQUAL(series_total(&series).cpu_us, 6 * SERIES_STEP_US + 2000);
    series.steps[2].cpu_us = 5;
    series_bound(&series, 0, 0);
    CU_ASSERT_EQUAL(series_total(&series).cpu_us, 0);
    CU_ASSERT_EQUAL(series_total(&series).memory_bytes, 0);
}

/* A fifth number where there is any; without it all is as it was before. */
static void test_energy_is_a_fifth_number(void)
{
    static const char *const others[] = {"0 250000 250000;1 2 3 4;1 2 3 4 5 6 7",
                                         "0 250000 250000;1 2 3 4 ", "0 250000 250000;1 2 3 4 x"};
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct series series = made(0, 3, 5), read;
    struct error err;

    buffer_init(&text);
    series_print(&series, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes, "0 250000 250000;5 1 2 3;5 2 2 3;5 3 2 3");
    CU_ASSERT(series_parse(text.bytes, &read, &err));
    CU_ASSERT_EQUAL(series_total(&read).energy_mj, 0);
    series.steps[1].energy_mj = 70;
    series_join(&series, &series, false);
    buffer_reset(&text);
    series_print(&series, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes, "0 250000 250000;10 2 4 6 0;10 4 4 6 140;10 6 4 6 0");
    CU_ASSERT(series_parse(text.bytes, &read, &err));
    CU_ASSERT_EQUAL(read.steps[1].energy_mj, 140);
    CU_ASSERT_EQUAL(read.steps[2].memory_bytes, 6);
    CU_ASSERT_EQUAL(series_total(&read).energy_mj, 140);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        CU_ASSERT_FALSE(series_parse(others[i], &read, &err));
}

/* A kilowatt for each processor. */
static void test_the_bound_of_energy(void)
{
    struct series series = made(0, 2, 5);

    series.steps[0].energy_mj = UINT64_MAX;
    series.steps[1].energy_mj = 1234;
    series_bound(&series, 2, 100);
    CU_ASSERT_EQUAL(series.steps[0].energy_mj, 2 * SERIES_STEP_US);
    CU_ASSERT_EQUAL(series.steps[1].energy_mj, 1234);
}

static void test_too_many_steps(void)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct series series;
    struct error err;

    buffer_init(&text);
    buffer_add_text(&text, "0 250000 250000");
    for (uint32_t i = 0; i < SERIES_MOST; i++)
        buffer_add_text(&text, ";1 2 3 4");
    CU_ASSERT(series_parse(text.bytes, &series, &err));
    buffer_add_text(&text, ";1 2 3 4");
    CU_ASSERT_FALSE(series_parse(text.bytes, &series, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a long one has no more steps", test_a_long_one_is_no_longer },
        {"the end is shorter",           test_the_end_is_shorter      },
        {"two together",                 test_two_together            },
        {"two that are far apart",       test_far_apart               },
        {"text and back",                test_text_and_back           },
        {"the text is bounded",          test_text_is_bounded         },
        {"what is none",                 test_what_is_none            },
        {"too many steps",               test_too_many_steps          },
        {"long steps are many",          test_long_steps_are_many     },
        {"what is made is taken",        test_what_is_made_is_taken   },
        {"after the clock jumped",       test_after_the_clock_jumped  },
        {"after the clock was set",      test_after_the_clock_was_set },
        {"the bound of processors",      test_the_bound_of_processors },
        {"the bound of energy",          test_the_bound_of_energy     },
        {"energy is a fifth number",     test_energy_is_a_fifth_number},
        CU_TEST_INFO_NULL,
    };

    return run_suite("series", tests);
}
