/* setters.c - options that several commands have, from text to field */

#include "client/setters.h"

#include "base/clock.h"
#include "base/parse.h"
#include "client/text.h"

bool set_amount(void *place, const char *text, struct error *err)
{
    return parse_amount(text, place, err);
}

bool set_time(void *place, const char *text, struct error *err)
{
    return parse_time(text, clock_wall_us(&clock_real), place, err);
}

bool is_given(const char *value, const char *option, struct error *err)
{
    return value ? true : fail(err, ERROR_INVALID, _("%s is needed"), option);
}
