/* series.c - what something used over its time, in a fixed number of steps */

#include "base/series.h"

#include "base/memory.h"
#include "base/parse.h"

#include <inttypes.h>
#include <string.h>

/* A century: sums of that many steps do not overflow the clock. */
#define SPAN_MOST_US (INT64_C(100) * 366 * 86400 * 1000000)
#define VALUE_MOST   ((UINT64_C(1) << 56) - 1) /* 64 of them are no overflow either */

void series_init(struct series *series, int64_t start_us)
{
    *series = (struct series){.start_us = start_us, .step_us = SERIES_STEP_US};
}

static uint64_t bounded(uint64_t value)
{
    return value < VALUE_MOST ? value : VALUE_MOST;
}

static uint64_t bounded_sum(uint64_t a, uint64_t b)
{
    return bounded(bounded(a) + bounded(b));
}

static void add(struct series_step *into, const struct series_step *step, bool together)
{
    into->cpu_us = bounded_sum(into->cpu_us, step->cpu_us);
    into->read_bytes = bounded_sum(into->read_bytes, step->read_bytes);
    into->written_bytes = bounded_sum(into->written_bytes, step->written_bytes);
    if (!together)
        into->memory_bytes = bounded_sum(into->memory_bytes, step->memory_bytes);
    else if (step->memory_bytes > into->memory_bytes)
        into->memory_bytes = bounded(step->memory_bytes);
}

/* Each two steps become one. */
static void halve(struct series *series)
{
    uint32_t left = (series->count + 1) / 2;

    if (series->count > 0 && series->count % 2 == 0)
        series->last_us += series->step_us;
    for (uint32_t i = 0; i < left; i++) {
        struct series_step both = series->steps[2 * (size_t)i];

        if (2 * i + 1 < series->count)
            add(&both, &series->steps[2 * (size_t)i + 1], true);
        series->steps[i] = both;
    }
    memset(series->steps + left, 0, (SERIES_MOST - left) * sizeof(*series->steps));
    series->count = left;
    series->step_us *= 2;
}

static void append(struct series *series, const struct series_step *step, int64_t last_us)
{
    struct series_step added = {0};

    add(&added, step, true);
    series->steps[series->count++] = added;
    series->last_us = last_us;
    if (series->count == SERIES_MOST && series->step_us < SPAN_MOST_US / SERIES_MOST)
        halve(series);
}

void series_add(struct series *series, const struct series_step *step)
{
    if (series->count < SERIES_MOST)
        append(series, step, series->step_us);
}

void series_end(struct series *series, const struct series_step *step, int64_t last_us)
{
    if (last_us < 1)
        last_us = 1;
    if (series->count < SERIES_MOST)
        append(series, step, last_us < series->step_us ? last_us : series->step_us);
}

struct series_step series_total(const struct series *series)
{
    struct series_step total = {0};

    for (uint32_t i = 0; i < series->count; i++)
        add(&total, &series->steps[i], true);
    return total;
}

int64_t series_span(const struct series *series)
{
    return series->count > 0 ? (series->count - 1) * series->step_us + series->last_us : 0;
}

/* --- two of them ------------------------------------------------------------------------------- */

/* Put empty steps before the first, so that it begins no later than `start_us`. */
static void begin_at(struct series *series, int64_t start_us)
{
    int64_t away_us = series->start_us - start_us;
    uint32_t steps;

    if (away_us <= 0)
        return;
    if (away_us > SPAN_MOST_US)
        away_us = 0;
    while (series->count + (away_us + series->step_us / 2) / series->step_us > SERIES_MOST)
        halve(series);
    steps = (uint32_t)((away_us + series->step_us / 2) / series->step_us);
    memmove(series->steps + steps, series->steps, series->count * sizeof(*series->steps));
    memset(series->steps, 0, steps * sizeof(*series->steps));
    series->count += steps;
    series->start_us = start_us;
}

void series_join(struct series *series, const struct series *other, bool together)
{
    struct series added = *other;
    int64_t span_us;

    if (other->count == 0)
        return;
    if (series->count == 0) {
        *series = *other;
        return;
    }
    begin_at(&added, series->start_us);
    begin_at(series, other->start_us);
    while (added.step_us < series->step_us)
        halve(&added);
    while (series->step_us < added.step_us)
        halve(series);
    span_us = series_span(&added) > series_span(series) ? series_span(&added) : series_span(series);
    if (added.count > series->count)
        series->count = added.count;
    for (uint32_t i = 0; i < added.count; i++)
        add(&series->steps[i], &added.steps[i], together);
    series->last_us = span_us - (series->count - 1) * series->step_us;
}

/* --- as text ------------------------------------------------------------------------------------ */

static void print(const struct series *series, struct buffer *buffer)
{
    buffer_print(buffer, "%" PRId64 " %" PRId64 " %" PRId64, series->start_us, series->step_us,
                 series->last_us);
    for (uint32_t i = 0; i < series->count; i++) {
        const struct series_step *step = &series->steps[i];

        buffer_print(buffer, ";%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, step->cpu_us,
                     step->memory_bytes, step->read_bytes, step->written_bytes);
    }
}

void series_print(const struct series *series, struct buffer *buffer)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct series coarser = *series;

    if (series->count == 0)
        return;
    buffer_init(&text);
    print(&coarser, &text);
    while (text.length > SERIES_TEXT_MAX && coarser.count > 1) {
        halve(&coarser);
        buffer_reset(&text);
        print(&coarser, &text);
    }
    buffer_add(buffer, text.bytes, text.length);
}

/* `count` numbers with one space between, up to the end or a semicolon. */
static bool take_numbers(const char **text, uint64_t *ret_numbers, size_t count)
{
    const char *at = *text;

    for (size_t i = 0; i < count; i++) {
        uint64_t number = 0;

        if (i > 0 && *at++ != ' ')
            return false;
        if (*at < '0' || *at > '9')
            return false;
        for (; *at >= '0' && *at <= '9'; at++) {
            number = 10 * number + (uint64_t)(*at - '0');
            if (number > VALUE_MOST)
                return false;
        }
        ret_numbers[i] = number;
    }
    *text = at;
    return *at == ';' || *at == '\0';
}

/* The times are such that all that is calculated from them fits. */
static bool take_times(const char **text, struct series *series)
{
    uint64_t times[3];

    if (!take_numbers(text, times, COUNT_OF(times)) || times[1] < 1 ||
        times[1] > SPAN_MOST_US / SERIES_MOST || times[2] < 1 || times[2] > times[1])
        return false;
    series->start_us = (int64_t)times[0];
    series->step_us = (int64_t)times[1];
    series->last_us = (int64_t)times[2];
    /* Only those that doubling leads to: any two can be made alike. */
    while (times[1] > (uint64_t)SERIES_STEP_US && times[1] % 2 == 0)
        times[1] /= 2;
    return times[1] == (uint64_t)SERIES_STEP_US;
}

bool series_parse(const char *text, struct series *ret_series, struct error *err)
{
    struct series series = {0};
    const char *at = text;

    if (strlen(text) > SERIES_TEXT_MAX)
        return fail(err, ERROR_INVALID, "a series of %zu bytes, at most %d are taken", strlen(text),
                    SERIES_TEXT_MAX);
    if (!take_times(&at, &series))
        return fail(err, ERROR_INVALID, "a series whose times are wrong");
    while (*at == ';') {
        uint64_t values[4];

        at++;
        if (series.count == SERIES_MOST || !take_numbers(&at, values, COUNT_OF(values)))
            return fail(err, ERROR_INVALID, "a series whose step %" PRIu32 " is wrong",
                        series.count);
        series.steps[series.count++] =
            (struct series_step){values[0], values[1], values[2], values[3]};
    }
    if (series.count == 0)
        return fail(err, ERROR_INVALID, "a series without steps");
    *ret_series = series;
    return true;
}
