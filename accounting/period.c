/* period.c - the months that books are kept in */

#include "accounting/period.h"

#include "base/parse.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The instant at which a month begins; month 13 is January of the next year. */
static int64_t month_start_us(int year, int month)
{
    struct tm first = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 1, .tm_isdst = -1};

    return (int64_t)mktime(&first) * US_PER_SECOND;
}

static void fill(struct period *period, unsigned year, unsigned month)
{
    snprintf(period->name, sizeof period->name, "%04u-%02u", year % 10000u, month % 100u);
    period->start_us = month_start_us((int)year, (int)month);
    period->end_us = month_start_us((int)year, (int)month + 1);
}

bool period_parse(const char *text, struct period *ret_period, struct error *err)
{
    struct error ignored;
    uint32_t year, month;
    char year_text[5] = {0};

    if (strlen(text) != 7 || text[4] != '-')
        return fail(err, ERROR_INVALID, "'%.20s' is not a month: write it as 2026-11", text);
    memcpy(year_text, text, 4);
    if (!parse_u32(year_text, 2000, 2999, &year, &ignored) ||
        !parse_u32(text + 5, 1, 12, &month, &ignored))
        return fail(err, ERROR_INVALID, "'%.20s' is not a month: write it as 2026-11", text);
    fill(ret_period, year, month);
    return true;
}

void period_of(int64_t at_us, struct period *ret_period)
{
    time_t seconds = (time_t)(at_us / US_PER_SECOND);
    struct tm local;

    assert(localtime_r(&seconds, &local));
    fill(ret_period, (unsigned)local.tm_year + 1900, (unsigned)local.tm_mon + 1);
}
