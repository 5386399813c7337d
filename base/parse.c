/* parse.c - numbers, amounts and names */

#include "base/parse.h"

#include "base/parse_inside.h"

#include <inttypes.h>
#include <string.h>

#define MICRO          1000000
#define MICRO_DECIMALS 6

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

bool scan_number(const char **place, uint64_t most, uint64_t *ret_value)
{
    const char *cursor = *place;
    uint64_t value = 0;

    if (!is_digit(*cursor))
        return false;
    for (; is_digit(*cursor); cursor++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*cursor - '0'), &value) || value > most)
            return false;
    *ret_value = value;
    *place = cursor;
    return true;
}

bool scan_digits(const char **place, int count, int *ret_value)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (!is_digit((*place)[i]))
            return false;
        value = value * 10 + ((*place)[i] - '0');
    }
    if (is_digit((*place)[count]))
        return false;
    *ret_value = value;
    *place += count;
    return true;
}

bool scan_char(const char **place, char character)
{
    if (**place != character)
        return false;
    (*place)++;
    return true;
}

bool scan_decimals(const char **place, int decimals, uint64_t *ret_value)
{
    uint64_t value = 0;
    int count = 0;

    *ret_value = 0;
    if (!scan_char(place, '.'))
        return true;
    for (; is_digit(**place); (*place)++) {
        if (++count > decimals)
            return false;
        value = value * 10 + (uint64_t)(**place - '0');
    }
    if (count == 0)
        return false;
    for (; count < decimals; count++)
        value *= 10;
    *ret_value = value;
    return true;
}

static bool is_all_digits(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

bool parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value,
               struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    const char *place = text;
    uint64_t value;

    if (!is_all_digits(text) && !(*text == '-' && is_all_digits(text + 1)))
        return fail(err, ERROR_INVALID, "%s is not a whole number", text_show(text, shown));
    if (!scan_number(&place, most, &value) || value < least)
        return fail(err, ERROR_INVALID, "%s is not between %" PRIu64 " and %" PRIu64,
                    text_show(text, shown), least, most);
    *ret_value = value;
    return true;
}

bool parse_u32(const char *text, uint32_t least, uint32_t most, uint32_t *ret_value,
               struct error *err)
{
    uint64_t value;

    if (!parse_u64(text, least, most, &value, err))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool parse_job_id(const char *text, uint64_t *ret_id, struct error *err)
{
    const char *end = text;
    char shown[TEXT_SHOWN_SIZE];
    uint64_t id;

    if (!scan_number(&end, INT64_MAX, &id) || *end || id == 0)
        return fail(err, ERROR_INVALID, "%s is not a job id: a job id is a number from 1",
                    text_show(text, shown));
    *ret_id = id;
    return true;
}

bool parse_amount(const char *text, int64_t *ret_micro, struct error *err)
{
    const char *place = text;
    char shown[TEXT_SHOWN_SIZE];
    uint64_t whole, decimals;
    bool negative = scan_char(&place, '-');

    if (!scan_number(&place, INT64_MAX / MICRO - 1, &whole) ||
        !scan_decimals(&place, MICRO_DECIMALS, &decimals) || *place)
        return fail(err, ERROR_INVALID,
                    "%s is not an amount: write service units as 12 or 12.345678, below %" PRId64,
                    text_show(text, shown), INT64_MAX / MICRO);
    *ret_micro = (int64_t)(whole * MICRO + decimals);
    if (negative)
        *ret_micro = -*ret_micro;
    return true;
}

void print_amount(int64_t amount_micro, struct buffer *buffer)
{
    uint64_t size = amount_micro < 0 ? 0 - (uint64_t)amount_micro : (uint64_t)amount_micro;
    unsigned decimals = (unsigned)(size % MICRO);
    int width = MICRO_DECIMALS;

    buffer_print(buffer, "%s%" PRIu64, amount_micro < 0 ? "-" : "", size / MICRO);
    if (decimals == 0)
        return;
    for (; decimals % 10 == 0; decimals /= 10)
        width--;
    buffer_print(buffer, ".%0*u", width, decimals);
}

bool parse_name(const char *text, const char *what, size_t max, struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-@";
    char shown[TEXT_SHOWN_SIZE];

    if (!*text)
        return fail(err, ERROR_INVALID, "the %s is empty", what);
    if (strnlen(text, max + 1) > max)
        return fail(err, ERROR_INVALID, "%s is too long: a %s has at most %zu bytes",
                    text_show(text, shown), what, max);
    if (*text == '-' || *text == '.')
        return fail(err, ERROR_INVALID, "%s: a %s does not start with '%c'", text_show(text, shown),
                    what, *text);
    if (text[strspn(text, allowed)])
        return fail(err, ERROR_INVALID, "%s: a %s has only letters A-Z, digits, '.', '_', '-', '@'",
                    text_show(text, shown), what);
    return true;
}
