/* series.c - what something used over its time, in a fixed number of steps */

#include "base/series.h"

#include "base/memory.h"
#include "base/parse.h"

#include <inttypes.h>
#include <string.h>

/* A century: sums of that many steps do not overflow the clock. */
#define SPAN_MOST_US (INT64_C(100) * 366 * 86400 * 1000000)
#define STEP_MOST_US (SPAN_MOST_US / SERIES_MOST)
#define AWAY_MOST_US (SPAN_MOST_US / 4)        /* a few of the longest steps */
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
    into->energy_mj = bounded_sum(into->energy_mj, step->energy_mj);
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
    if (series->count == SERIES_MOST && series->step_us <= STEP_MOST_US / 2)
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

static int64_t steps_of(const struct series *series, int64_t time_us)
{
    return (time_us + series->step_us / 2) / series->step_us;
}

/* Put empty steps before the first, so that it begins no later than `start_us`; where that is very far
 * away, a clock has jumped, and it stays as it is. */
static void begin_at(struct series *series, int64_t start_us)
{
    int64_t away_us = series->start_us - start_us;
    uint32_t steps;

    if (away_us <= 0 || away_us > AWAY_MOST_US)
        return;
    while (series->count + steps_of(series, away_us) > SERIES_MOST) {
        if (series->step_us > STEP_MOST_US / 2)
            return;
        halve(series);
    }
    steps = (uint32_t)steps_of(series, away_us);
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
    memset(series->steps + series->count, 0,
           (SERIES_MOST - series->count) * sizeof(*series->steps));
    if (added.count > series->count)
        series->count = added.count;
    for (uint32_t i = 0; i < added.count; i++)
        add(&series->steps[i], &added.steps[i], together);
    series->last_us = span_us - (series->count - 1) * series->step_us;
}

/* --- what others say ---------------------------------------------------------------------------- */

/* Steps got longer because there were many: a long one of few is made up, and would make all that it is
 * joined to as coarse. */
static bool is_too_coarse(const struct series *series)
{
    return series->step_us > SERIES_STEP_US && series->count < SERIES_COARSE;
}

/* Such that all that is calculated from them fits; of the steps only those that doubling leads to, so that
 * any two series can be made alike. */
static bool are_times(const struct series *series)
{
    int64_t step_us = series->step_us;

    if (series->start_us < 0 || (uint64_t)series->start_us > VALUE_MOST || step_us < 1 ||
        step_us > STEP_MOST_US || series->last_us < 1 || series->last_us > step_us)
        return false;
    while (step_us > SERIES_STEP_US && step_us % 2 == 0)
        step_us /= 2;
    return step_us == SERIES_STEP_US;
}

bool series_check(const struct series *series, struct error *err)
{
    if (series->count == 0 || series->count > SERIES_MOST)
        return fail(err, ERROR_INVALID, "a series of %" PRIu32 " steps, not of 1 to %d",
                    series->count, SERIES_MOST);
    if (!are_times(series))
        return fail(err, ERROR_INVALID, "a series whose times are wrong");
    if (is_too_coarse(series))
        return fail(err, ERROR_INVALID, "a series of %" PRIu32 " steps of %" PRId64 " us each",
                    series->count, series->step_us);
    for (uint32_t i = 0; i < series->count; i++) {
        const struct series_step *step = &series->steps[i];

        if (step->cpu_us > VALUE_MOST || step->memory_bytes > VALUE_MOST ||
            step->read_bytes > VALUE_MOST || step->written_bytes > VALUE_MOST ||
            step->energy_mj > VALUE_MOST)
            return fail(err, ERROR_INVALID, "a series whose step %" PRIu32 " is wrong", i);
    }
    return true;
}

void series_bound(struct series *series, uint32_t cpus, uint64_t memory_bytes)
{
    for (uint32_t i = 0; i < series->count; i++) {
        int64_t length_us = i + 1 == series->count ? series->last_us : series->step_us;
        struct series_step *step = &series->steps[i];

        if (cpus == 0 || step->cpu_us / cpus >= (uint64_t)length_us)
            step->cpu_us = bounded(cpus * (uint64_t)length_us);
        if (cpus == 0 || step->energy_mj / cpus >= (uint64_t)length_us)
            step->energy_mj = bounded(cpus * (uint64_t)length_us); /* 1 mJ in 1 us is 1 kW */
        if (step->memory_bytes > memory_bytes)
            step->memory_bytes = memory_bytes;
    }
}

/* --- as text ------------------------------------------------------------------------------------ */

/* Energy has a fifth number in each step where it is known. */
static void print(const struct series *series, struct buffer *buffer)
{
    bool energy = series_total(series).energy_mj > 0;

    buffer_print(buffer, "%" PRId64 " %" PRId64 " %" PRId64, series->start_us, series->step_us,
                 series->last_us);
    for (uint32_t i = 0; i < series->count; i++) {
        const struct series_step *step = &series->steps[i];

        buffer_print(buffer, ";%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, step->cpu_us,
                     step->memory_bytes, step->read_bytes, step->written_bytes);
        if (energy)
            buffer_print(buffer, " %" PRIu64, step->energy_mj);
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
    if (*at != ';' && *at != '\0')
        return false;
    *text = at;
    return true;
}

static bool take_step(const char **text, struct series_step *ret_step)
{
    uint64_t numbers[5] = {0};

    if (!take_numbers(text, numbers, 5)) {
        numbers[4] = 0;
        if (!take_numbers(text, numbers, 4))
            return false;
    }
    *ret_step = (struct series_step){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
    return true;
}

bool series_parse(const char *text, struct series *ret_series, struct error *err)
{
    struct series series = {0};
    const char *at = text;
    uint64_t numbers[3];

    if (strlen(text) > SERIES_TEXT_MAX)
        return fail(err, ERROR_INVALID, "a series of %zu bytes, at most %d are taken", strlen(text),
                    SERIES_TEXT_MAX);
    if (!take_numbers(&at, numbers, 3))
        return fail(err, ERROR_INVALID, "a series without times");
    series.start_us = (int64_t)numbers[0];
    series.step_us = (int64_t)numbers[1];
    series.last_us = (int64_t)numbers[2];
    while (*at == ';') {
        at++;
        if (series.count == SERIES_MOST || !take_step(&at, &series.steps[series.count]))
            return fail(err, ERROR_INVALID, "a series whose step %" PRIu32 " is wrong",
                        series.count);
        series.count++;
    }
    if (!series_check(&series, err))
        return false;
    *ret_series = series;
    return true;
}
