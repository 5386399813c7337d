/* loan.c - at which hours a cluster's nodes are lent to other institutions */

#include "scheduler/core/loan.h"

#include "base/parse.h"
#include "scheduler/core/limits_inside.h"

static bool read_time(const char **text, int64_t *ret_us)
{
    const char *place = *text;
    unsigned values[2] = {0, 0};

    for (unsigned i = 0; i < 2; i++) {
        for (unsigned digits = 0; digits < 2; digits++, place++) {
            if (*place < '0' || *place > '9')
                return false;
            values[i] = 10 * values[i] + (unsigned)(*place - '0');
        }
        if (i == 0 && *place++ != ':')
            return false;
    }
    *ret_us = values[0] * US_PER_HOUR + values[1] * US_PER_MINUTE;
    *text = place;
    return values[1] < 60 && *ret_us <= US_PER_DAY;
}

bool loan_parse_hours(const char *text, struct cluster *cluster, struct error *err)
{
    const char *place = text;
    int64_t from_us, until_us;

    if (!read_time(&place, &from_us) || *place++ != '-' || !read_time(&place, &until_us) || *place)
        return fail(err, ERROR_INVALID,
                    "\"%.32s\" are no hours: two times of day in UTC, as 22:00-06:30", text);
    cluster->lend_from_us = from_us % US_PER_DAY;
    cluster->lend_until_us = until_us % US_PER_DAY;
    return true;
}

bool loan_span(const struct cluster *cluster, int64_t at_us, int64_t *ret_from_us,
               int64_t *ret_until_us)
{
    int64_t length_us = cluster->lend_until_us - cluster->lend_from_us;
    int64_t from_us = at_us - at_us % US_PER_DAY - US_PER_DAY + cluster->lend_from_us;

    if (length_us == 0)
        return false;
    if (length_us < 0)
        length_us += US_PER_DAY;
    while (from_us + length_us <= at_us)
        from_us += US_PER_DAY;
    *ret_from_us = from_us;
    *ret_until_us = from_us + length_us;
    return true;
}

bool loan_lets(const struct cluster *cluster, const char *institution, int64_t at_us,
               int64_t limit_us)
{
    int64_t from_us, until_us;

    return !limits_is_lent(cluster, institution) ||
           !loan_span(cluster, at_us, &from_us, &until_us) ||
           (from_us <= at_us && limit_us <= until_us - at_us);
}

int64_t loan_next(const struct cluster *cluster, int64_t now_us)
{
    int64_t from_us, until_us;

    if (!loan_span(cluster, now_us, &from_us, &until_us))
        return INT64_MAX;
    return from_us > now_us ? from_us : until_us;
}
