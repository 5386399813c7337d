/* parse_duration.c - how long: time limits */

#include "base/parse.h"

#include "base/memory.h"
#include "base/parse_inside.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static const struct {
    char letter;
    int64_t us;
} units[] = {
    {'d', US_PER_DAY   },
    {'h', US_PER_HOUR  },
    {'m', US_PER_MINUTE},
    {'s', US_PER_SECOND},
};

static bool fail_form(struct error *err, const char *text)
{
    char shown[TEXT_SHOWN_SIZE];

    return fail(err, ERROR_INVALID,
                "%s is not a duration: write minutes, H:M:S, D-H:M:S, 90s, 1h30m or UNLIMITED",
                text_show(text, shown));
}

static bool fail_clock(struct error *err, const char *text, const char *field, int most)
{
    char shown[TEXT_SHOWN_SIZE];

    return fail(err, ERROR_INVALID, "%s: %s after the first field are 0 to %d",
                text_show(text, shown), field, most);
}

/* A product that is too large counts as just above the limit. */
static int64_t times(uint64_t count, int64_t unit_us)
{
    return count > (uint64_t)(PARSE_DURATION_MAX_US / unit_us) ? PARSE_DURATION_MAX_US + 1
                                                               : (int64_t)count * unit_us;
}

/* "1d2h30m": each unit at most once, the larger first. */
static bool parse_units(const char *text, int64_t *ret_us, struct error *err)
{
    const char *place = text;
    int64_t sum_us = 0;

    for (size_t i = 0; i < COUNT_OF(units) && *place; i++) {
        const char *field = place;
        uint64_t count;

        if (!scan_number(&field, UINT64_MAX, &count))
            return fail_form(err, text);
        if (scan_char(&field, units[i].letter)) {
            sum_us += times(count, units[i].us);
            place = field;
        }
    }
    if (*place)
        return fail_form(err, text);
    *ret_us = sum_us;
    return true;
}

/* The fields between colons; returns how many, 0 if it is something else. */
static size_t scan_fields(const char *place, uint64_t fields[3])
{
    size_t count = 0;

    do {
        if (count == 3 || !scan_number(&place, UINT64_MAX, &fields[count]))
            return 0;
        count++;
    } while (scan_char(&place, ':'));
    return *place ? 0 : count;
}

/* "H", "H:M" or "H:M:S" after days. */
static bool parse_after_days(const char *text, const char *place, int64_t *ret_us,
                             struct error *err)
{
    uint64_t fields[3] = {0};

    if (scan_fields(place, fields) == 0)
        return fail_form(err, text);
    if (fields[0] > 23)
        return fail_clock(err, text, "hours", 23);
    if (fields[1] > 59)
        return fail_clock(err, text, "minutes", 59);
    if (fields[2] > 59)
        return fail_clock(err, text, "seconds", 59);
    *ret_us = times(fields[0], US_PER_HOUR) + times(fields[1], US_PER_MINUTE) +
              times(fields[2], US_PER_SECOND);
    return true;
}

/* "M", "M:S" or "H:M:S". */
static bool parse_clock(const char *text, int64_t *ret_us, struct error *err)
{
    uint64_t fields[3] = {0};
    size_t count = scan_fields(text, fields);

    if (count == 0)
        return fail_form(err, text);
    if (count == 3 && fields[1] > 59)
        return fail_clock(err, text, "minutes", 59);
    if (count > 1 && fields[count - 1] > 59)
        return fail_clock(err, text, "seconds", 59);
    if (count == 3)
        *ret_us = times(fields[0], US_PER_HOUR) + times(fields[1], US_PER_MINUTE) +
                  times(fields[2], US_PER_SECOND);
    else
        *ret_us = times(fields[0], US_PER_MINUTE) + times(fields[1], US_PER_SECOND);
    return true;
}

static bool parse_finite(const char *text, int64_t *ret_us, struct error *err)
{
    const char *place = text;
    uint64_t days;

    if (strpbrk(text, "dhms"))
        return parse_units(text, ret_us, err);
    if (!strchr(text, '-'))
        return parse_clock(text, ret_us, err);
    if (!scan_number(&place, UINT64_MAX, &days) || !scan_char(&place, '-'))
        return fail_form(err, text);
    if (!parse_after_days(text, place, ret_us, err))
        return false;
    *ret_us += times(days, US_PER_DAY);
    return true;
}

bool parse_duration(const char *text, int64_t *ret_us, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    int64_t duration_us = 0;

    if (strcasecmp(text, "UNLIMITED") == 0 || strcasecmp(text, "INFINITE") == 0) {
        *ret_us = PARSE_UNLIMITED;
        return true;
    }
    if (!parse_finite(text, &duration_us, err))
        return false;
    if (duration_us == 0)
        return fail(err, ERROR_INVALID, "%s: a duration is at least one second",
                    text_show(text, shown));
    if (duration_us > PARSE_DURATION_MAX_US)
        return fail(err, ERROR_INVALID, "%s is longer than %" PRId64 " days; write UNLIMITED",
                    text_show(text, shown), PARSE_DURATION_MAX_US / US_PER_DAY);
    *ret_us = duration_us;
    return true;
}

void print_duration(int64_t duration_us, struct buffer *buffer)
{
    uint64_t size = duration_us < 0 ? 0 - (uint64_t)duration_us : (uint64_t)duration_us;
    uint64_t seconds = size / (uint64_t)US_PER_SECOND;

    if (duration_us == PARSE_UNLIMITED) {
        buffer_add_text(buffer, "UNLIMITED");
        return;
    }
    if (duration_us < 0)
        buffer_add_char(buffer, '-');
    if (seconds >= 86400)
        buffer_print(buffer, "%" PRIu64 "-", seconds / 86400);
    buffer_print(buffer, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600 % 24,
                 seconds / 60 % 60, seconds % 60);
}
