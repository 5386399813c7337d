/* parse_time.c - when: points in time */

#include "base/parse.h"

#include "base/memory.h"
#include "base/parse_inside.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define YEAR_LEAST 1970
#define YEAR_MOST  9999

/* Times of day with a name; the next one is meant. */
static const struct {
    const char *name;
    int hour;
} hours[] = {
    {"midnight",  0 },
    {"elevenses", 11},
    {"noon",      12},
    {"fika",      15},
    {"teatime",   16},
};

/* What may follow "now+N", or the start of it. */
static const struct {
    const char *name;
    int64_t us;
} units[] = {
    {"seconds", US_PER_SECOND },
    {"minutes", US_PER_MINUTE },
    {"hours",   US_PER_HOUR   },
    {"days",    US_PER_DAY    },
    {"weeks",   7 * US_PER_DAY},
};

static bool fail_form(struct error *err, const char *text)
{
    char shown[TEXT_SHOWN_SIZE];

    return fail(err, ERROR_INVALID,
                "%s is not a time: write 2026-11-01T10:00, 10:00, now+2hours, today, yesterday "
                "or tomorrow",
                text_show(text, shown));
}

static bool fail_range(struct error *err, const char *text, const char *why)
{
    char shown[TEXT_SHOWN_SIZE];

    return fail(err, ERROR_INVALID, "%s %s", text_show(text, shown), why);
}

static struct tm local_of(int64_t time_us)
{
    time_t seconds = (time_t)(time_us / US_PER_SECOND);
    struct tm local;

    localtime_r(&seconds, &local);
    return local;
}

/* False when the zone's clock never shows this time. */
static bool from_local(const struct tm *wanted, int64_t *ret_us)
{
    struct tm made = *wanted;
    time_t seconds;

    made.tm_isdst = -1;
    seconds = mktime(&made);
    *ret_us = (int64_t)seconds * US_PER_SECOND;
    return made.tm_mday == wanted->tm_mday && made.tm_hour == wanted->tm_hour &&
           made.tm_min == wanted->tm_min && made.tm_sec == wanted->tm_sec;
}

/* The next time that the local clock shows hour:minute:second. */
static int64_t next_time(int64_t now_us, int hour, int minute, int second)
{
    struct tm day = local_of(now_us);
    int64_t time_us = 0;

    day.tm_hour = hour;
    day.tm_min = minute;
    day.tm_sec = second;
    for (int i = 0; i < 3; i++, day.tm_mday++) {
        struct tm normal = day;

        normal.tm_isdst = -1;
        mktime(&normal); /* the 32nd is the 1st */
        normal.tm_hour = hour;
        normal.tm_min = minute;
        normal.tm_sec = second;
        if (from_local(&normal, &time_us) && time_us > now_us)
            break;
    }
    return time_us;
}

/* The first moment of the day that is `days` after today. */
static int64_t day_start(int64_t now_us, int days)
{
    struct tm day = local_of(now_us);

    day.tm_mday += days;
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    return (int64_t)mktime(&day) * US_PER_SECOND;
}

/* After "now": "", "+N" or "-N" and a unit. */
static bool parse_offset(const char *text, const char *place, int64_t now_us, int64_t *ret_us,
                         struct error *err)
{
    int64_t sign = *place == '-' ? -1 : 1;
    int64_t unit_us = US_PER_SECOND;
    uint64_t count;

    if (!*place) {
        *ret_us = now_us;
        return true;
    }
    if ((!scan_char(&place, '+') && !scan_char(&place, '-')) ||
        !scan_number(&place, UINT64_MAX, &count))
        return fail_form(err, text);
    if (*place) {
        size_t i = 0;

        while (i < COUNT_OF(units) && strncasecmp(units[i].name, place, strlen(place)) != 0)
            i++;
        if (i == COUNT_OF(units))
            return fail_form(err, text);
        unit_us = units[i].us;
    }
    if (count > (uint64_t)(PARSE_DURATION_MAX_US / unit_us))
        return fail_range(err, text, "is more than ten years away");
    *ret_us = now_us + sign * (int64_t)count * unit_us;
    return *ret_us >= 0 || fail_range(err, text, "is before 1970");
}

/* Take "HH:MM[:SS]" into the fields of `tm`. */
static bool scan_clock(const char **place, struct tm *tm)
{
    tm->tm_sec = 0;
    if (!scan_digits(place, 2, &tm->tm_hour) || !scan_char(place, ':') ||
        !scan_digits(place, 2, &tm->tm_min))
        return false;
    return !scan_char(place, ':') || scan_digits(place, 2, &tm->tm_sec);
}

static bool clock_is_right(const struct tm *tm)
{
    return tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 59;
}

static bool date_is_right(const struct tm *tm)
{
    struct tm normal = *tm;

    if (tm->tm_year + 1900 < YEAR_LEAST || tm->tm_mon < 0 || tm->tm_mon > 11)
        return false;
    normal.tm_hour = 12;
    timegm(&normal);
    return normal.tm_mon == tm->tm_mon && normal.tm_mday == tm->tm_mday;
}

/* "Z", "+HH:MM", "-HH:MM" or nothing; true in *ret_given if there is one. */
static bool scan_zone(const char **place, int *ret_east_s, bool *ret_given)
{
    int hours_east, minutes_east, sign = **place == '-' ? -1 : 1;

    *ret_east_s = 0;
    *ret_given = **place != '\0';
    if (!*ret_given || scan_char(place, 'Z'))
        return true;
    if ((!scan_char(place, '+') && !scan_char(place, '-')) || !scan_digits(place, 2, &hours_east) ||
        !scan_char(place, ':') || !scan_digits(place, 2, &minutes_east) || hours_east > 14 ||
        minutes_east > 59)
        return false;
    *ret_east_s = sign * (hours_east * 3600 + minutes_east * 60);
    return true;
}

/* "YYYY-MM-DD[THH:MM[:SS][zone]]". */
static bool parse_date(const char *text, int64_t *ret_us, struct error *err)
{
    const char *place = text;
    struct tm tm = {0};
    int year, month, east_s = 0;
    bool zone = false;

    if (!scan_digits(&place, 4, &year) || !scan_char(&place, '-') ||
        !scan_digits(&place, 2, &month) || !scan_char(&place, '-') ||
        !scan_digits(&place, 2, &tm.tm_mday))
        return fail_form(err, text);
    if (scan_char(&place, 'T') && (!scan_clock(&place, &tm) || !scan_zone(&place, &east_s, &zone)))
        return fail_form(err, text);
    if (*place)
        return fail_form(err, text);
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    if (!date_is_right(&tm))
        return fail_range(err, text, "is not in the calendar");
    if (!clock_is_right(&tm))
        return fail_range(err, text, "is not on the clock: 00:00:00 to 23:59:59");
    if (zone) {
        *ret_us = ((int64_t)timegm(&tm) - east_s) * US_PER_SECOND;
    } else if (!from_local(&tm, ret_us)) {
        return fail_range(err, text, "is skipped by the clocks of this time zone");
    }
    return *ret_us >= 0 || fail_range(err, text, "is before 1970");
}

static bool parse_clock(const char *text, int64_t now_us, int64_t *ret_us, struct error *err)
{
    const char *place = text;
    struct tm tm;

    if (!scan_clock(&place, &tm) || *place)
        return fail_form(err, text);
    if (!clock_is_right(&tm))
        return fail_range(err, text, "is not on the clock: 00:00:00 to 23:59:59");
    *ret_us = next_time(now_us, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return true;
}

bool parse_time(const char *text, int64_t now_us, int64_t *ret_us, struct error *err)
{
    int64_t time_us;
    bool good = true;

    if (strcasecmp(text, "today") == 0)
        time_us = day_start(now_us, 0);
    else if (strcasecmp(text, "yesterday") == 0)
        time_us = day_start(now_us, -1);
    else if (strcasecmp(text, "tomorrow") == 0)
        time_us = day_start(now_us, 1);
    else if (strncasecmp(text, "now", 3) == 0)
        good = parse_offset(text, text + 3, now_us, &time_us, err);
    else if (strchr(text, '-'))
        good = parse_date(text, &time_us, err);
    else if (strchr(text, ':'))
        good = parse_clock(text, now_us, &time_us, err);
    else {
        size_t i = 0;

        while (i < COUNT_OF(hours) && strcasecmp(hours[i].name, text) != 0)
            i++;
        if (i == COUNT_OF(hours))
            return fail_form(err, text);
        time_us = next_time(now_us, hours[i].hour, 0, 0);
    }
    if (good)
        *ret_us = time_us;
    return good;
}

static void print_fields(const struct tm *tm, struct buffer *buffer)
{
    buffer_print(buffer, "%04d-%02d-%02dT%02d:%02d:%02d", tm->tm_year + 1900, tm->tm_mon + 1,
                 tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec);
}

void print_time(int64_t time_us, struct buffer *buffer)
{
    struct tm tm = local_of(time_us);
    long minutes_east = tm.tm_gmtoff / 60;
    long size = minutes_east < 0 ? -minutes_east : minutes_east;

    print_fields(&tm, buffer);
    buffer_print(buffer, "%c%02ld:%02ld", minutes_east < 0 ? '-' : '+', size / 60, size % 60);
}

void print_time_utc(int64_t time_us, struct buffer *buffer)
{
    time_t seconds = (time_t)(time_us / US_PER_SECOND);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    print_fields(&tm, buffer);
    buffer_add_char(buffer, 'Z');
}
