/* settings_priority.c - what weighs in the order of waiting jobs, from the configuration */

#include "scheduler/settings_inside.h"

#include "base/parse.h"

#include <confuse.h>
#include <string.h>

void settings_priority_defaults(struct priority_settings *priority)
{
    *priority = (struct priority_settings){
        .weights = {[PRIORITY_AGE] = 1000,
                    [PRIORITY_FAIR_SHARE] = 10000,
                    [PRIORITY_PARTITION] = 1000,
                    [PRIORITY_QOS] = 2000,
                    [PRIORITY_NICE] = 1},
        .age_most_us = 7 * US_PER_DAY,
        .half_life_us = 7 * US_PER_DAY,
    };
}

static bool read_period(cfg_t *section, const char *name, int64_t *ret_us, struct error *err)
{
    const char *value = cfg_getstr(section, name);

    if (!value)
        return true;
    if (!parse_duration(value, ret_us, err))
        return fail_in(err, "priority: %s", name);
    if (*ret_us >= US_PER_MINUTE && *ret_us <= 366 * US_PER_DAY)
        return true;
    return fail(err, ERROR_INVALID, "priority: %s = %.40s is not between 1m and 366d", name, value);
}

static bool read_weight(cfg_t *section, enum priority_factor factor, uint32_t *weights,
                        struct error *err)
{
    const char *name = priority_factor_name(factor);
    long value;

    if (cfg_size(section, name) == 0)
        return true;
    value = cfg_getint(section, name);
    if (value < 0 || value > PRIORITY_WEIGHT_MAX)
        return fail(err, ERROR_INVALID, "priority: %s = %ld is not between 0 and %d", name, value,
                    PRIORITY_WEIGHT_MAX);
    weights[factor] = (uint32_t)value;
    return true;
}

bool settings_read_priority(struct cfg_t *file, struct settings *settings, struct error *err)
{
    cfg_t *section = cfg_getsec(file, "priority");

    for (unsigned i = 0; section && i < PRIORITY_NICE; i++)
        if (!read_weight(section, i, settings->priority.weights, err))
            return false;
    return !section || (read_period(section, "age-most", &settings->priority.age_most_us, err) &&
                        read_period(section, "half-life", &settings->priority.half_life_us, err));
}
