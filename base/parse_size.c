/* parse_size.c - how much: memory */

#include "base/parse.h"

#include "base/memory.h"
#include "base/parse_inside.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define DECIMALS       9
#define DECIMALS_POWER UINT64_C(1000000000)
#define SIZE_MOST      ((uint64_t)INT64_MAX)

/* The larger first. */
static const struct {
    char letter;
    uint64_t bytes;
} units[] = {
    {'T', UINT64_C(1) << 40},
    {'G', UINT64_C(1) << 30},
    {'M', UINT64_C(1) << 20},
    {'K', UINT64_C(1) << 10},
    {'B', 1                },
};

/* Bytes in what the letter, or nothing, stands for; 0 for anything else. */
static uint64_t unit_of(const char *place, uint64_t unit_bytes)
{
    if (!*place)
        return unit_bytes;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        const char letter[2] = {units[i].letter, '\0'};

        if (strncasecmp(place, letter, 1) != 0)
            continue;
        if (!place[1])
            return units[i].bytes;
        if (units[i].bytes > 1 &&
            (strcasecmp(place + 1, "B") == 0 || strcasecmp(place + 1, "iB") == 0))
            return units[i].bytes;
    }
    return 0;
}

/* value.decimals units; false when that is too many bytes. */
static bool multiply(uint64_t value, uint64_t decimals, uint64_t unit, uint64_t *ret_bytes)
{
    uint64_t whole, part = unit / DECIMALS_POWER * decimals;

    /* unit * decimals may pass 64 bits: take the unit apart. */
    part += unit % DECIMALS_POWER * decimals / DECIMALS_POWER;
    if (__builtin_mul_overflow(value, unit, &whole) ||
        __builtin_add_overflow(whole, part, &whole) || whole > SIZE_MOST)
        return false;
    *ret_bytes = whole;
    return true;
}

bool parse_size(const char *text, uint64_t unit_bytes, uint64_t *ret_bytes, struct error *err)
{
    const char *place = text;
    char shown[TEXT_SHOWN_SIZE];
    uint64_t value = 0, decimals = 0, unit = 0;

    if (strspn(text, "0123456789") > 0 && !scan_number(&place, SIZE_MOST, &value))
        return fail(err, ERROR_INVALID, "%s is too large: at most 2^63 - 1 bytes",
                    text_show(text, shown));
    if (place > text && scan_decimals(&place, DECIMALS, &decimals))
        unit = unit_of(place, unit_bytes);
    if (unit == 0)
        return fail(err, ERROR_INVALID,
                    "%s is not a size: write a number and K, M, G or T, such as 512M or 1.5G",
                    text_show(text, shown));
    if (unit == 1 && decimals > 0)
        return fail(err, ERROR_INVALID, "%s: there is no part of a byte", text_show(text, shown));
    if (!multiply(value, decimals, unit, ret_bytes))
        return fail(err, ERROR_INVALID, "%s is too large: at most 2^63 - 1 bytes",
                    text_show(text, shown));
    return true;
}

void print_size(uint64_t bytes, struct buffer *buffer)
{
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        uint64_t unit = units[i].bytes, rest = bytes % unit;

        if (bytes < unit || rest * 10 % unit != 0)
            continue;
        buffer_print(buffer, "%" PRIu64, bytes / unit);
        if (rest)
            buffer_print(buffer, ".%" PRIu64, rest * 10 / unit);
        buffer_add_char(buffer, units[i].letter);
        return;
    }
    buffer_add_char(buffer, '0');
}
