/* fuzz_parse.c - what people write is refused with a reason, or printed so that it reads back */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/fuzz/target.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef bool read_fn(const char *text, int64_t *ret_value, struct error *err);
typedef void print_fn(int64_t value, struct buffer *buffer);

static bool read_size(const char *text, int64_t *ret_value, struct error *err)
{
    uint64_t bytes;

    if (!parse_size(text, 1, &bytes, err))
        return false;
    *ret_value = (int64_t)bytes;
    return true;
}

static void write_size(int64_t value, struct buffer *buffer)
{
    print_size((uint64_t)value, buffer);
}

static bool read_time(const char *text, int64_t *ret_value, struct error *err)
{
    return parse_time(text, INT64_C(1700000000) * US_PER_SECOND, ret_value, err);
}

static bool read_number(const char *text, int64_t *ret_value, struct error *err)
{
    uint64_t number;

    if (!parse_u64(text, 0, INT64_MAX, &number, err))
        return false;
    *ret_value = (int64_t)number;
    return true;
}

static void write_number(int64_t value, struct buffer *buffer)
{
    buffer_print(buffer, "%" PRId64, value);
}

static const struct {
    read_fn *read;
    print_fn *print;
} kinds[] = {
    {parse_duration, print_duration},
    {read_size,      write_size    },
    {read_time,      print_time_utc},
    {parse_amount,   print_amount  },
    {read_number,    write_number  },
};

static void check_kind(size_t kind, const char *text)
{
    CLEANUP(buffer_clear) struct buffer printed = {0};
    struct error err = {0};
    int64_t value, again;

    if (!kinds[kind].read(text, &value, &err)) {
        if (err.code != ERROR_INVALID || !*err.text)
            abort();
        return;
    }
    buffer_init(&printed);
    kinds[kind].print(value, &printed);
    if (!kinds[kind].read(printed.bytes, &again, &err) || again != value)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const names[] = {"cancel", "hold", "release", "submit", NULL};
    CLEANUP(buffer_clear) struct buffer text = {0};
    char shown[TEXT_SHOWN_SIZE];
    struct error err = {0};
    int number;

    buffer_init(&text);
    buffer_add(&text, bytes, size);
    for (size_t kind = 0; kind < COUNT_OF(kinds); kind++)
        check_kind(kind, text.bytes);

    if (parse_name(text.bytes, "cluster name", 64, &err) && strlen(text.bytes) > 64)
        abort();
    if (parse_signal(text.bytes, &number, &err) && number <= 0)
        abort();
    text_show(text.bytes, shown);
    if (!text_is_utf8(shown, strlen(shown)))
        abort();
    (void)nearest_name(text.bytes, names);
    return 0;
}
