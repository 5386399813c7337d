/* hostlist.c - names of nodes, and their short form */

#include "base/hostlist.h"

#include "base/parse.h"
#include "base/parse_inside.h"
#include "base/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX   UINT64_C(999999999) /* in brackets: nine digits */
#define NUMBER_WIDTH 9
#define BRACKETS_MAX 8 /* in one name: site, room, row, rack, ... */
#define DIGITS       "0123456789"
#define LETTERS      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "._-"

struct hostlist {
    char **names;
    size_t count;
    size_t capacity;
    struct table *places; /* from a name to its pointer in here */
};

struct hostlist *hostlist_new(void)
{
    struct hostlist *list = NEW(struct hostlist);

    list->places = table_new();
    return list;
}

void hostlist_free(struct hostlist *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    table_free(list->places);
    free(list);
}

size_t hostlist_count(const struct hostlist *list)
{
    return list->count;
}

const char *hostlist_at(const struct hostlist *list, size_t index)
{
    assert(index < list->count);
    return list->names[index];
}

bool hostlist_has(const struct hostlist *list, const char *name)
{
    return table_get_text(list->places, name) != NULL;
}

/* Names become file names and arguments of programs, so "..", "-x" are none. */
static bool check_name(const char *name, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (!*name)
        return fail(err, ERROR_INVALID, "a name of a node is empty");
    if (strnlen(name, HOSTLIST_NAME_MAX + 1) > HOSTLIST_NAME_MAX)
        return fail(err, ERROR_INVALID, "%s is too long for a name of a node: at most %d bytes",
                    text_show(name, shown), HOSTLIST_NAME_MAX);
    if (*name == '-' || *name == '.')
        return fail(err, ERROR_INVALID, "%s: a name of a node does not start with '%c'",
                    text_show(name, shown), *name);
    if (name[strspn(name, LETTERS)])
        return fail(err, ERROR_INVALID,
                    "%s: a name of a node has only letters A-Z, digits, '.', '_' and '-'",
                    text_show(name, shown));
    return true;
}

bool hostlist_add(struct hostlist *list, const char *name, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (!check_name(name, err))
        return false;
    if (hostlist_has(list, name))
        return fail(err, ERROR_INVALID, "node %s is named twice", text_show(name, shown));
    if (list->count == HOSTLIST_MAX)
        return fail(err, ERROR_EXHAUSTED, "more than %d nodes", HOSTLIST_MAX);
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 8;
        list->names = memory_resize(list->names, list->capacity, sizeof(char *));
    }
    list->names[list->count] = memory_copy(name);
    table_put_text(list->places, name, list->names[list->count]);
    list->count++;
    return true;
}

/* One range in brackets: first .. last, written with at least `width` digits. */
struct range {
    uint64_t first, last;
    int width; /* 0: as many as it needs */
};

static bool fail_at(struct error *err, const char *place, const char *why)
{
    char shown[TEXT_SHOWN_SIZE];

    return fail(err, ERROR_INVALID, "%s at %s", why, text_show(place, shown));
}

/* Take "N" or "N-M" at *place. */
static bool take_range(const char **place, struct range *ret_range, struct error *err)
{
    const char *start = *place, *second = NULL;
    struct range range;
    size_t width, second_width;

    if (!scan_number(place, NUMBER_MAX, &range.first))
        return fail_at(err, start, "expected a number of up to nine digits");
    width = (size_t)(*place - start);
    range.last = range.first;
    range.width = (int)width;
    if (scan_char(place, '-')) {
        second = *place;
        if (!scan_number(place, NUMBER_MAX, &range.last))
            return fail_at(err, second, "expected a number of up to nine digits");
        second_width = (size_t)(*place - second);
        if (width != second_width && ((*start == '0' && width > 1) || *second == '0'))
            return fail_at(err, start, "the two ends have different widths");
        if (width != second_width)
            range.width = 0;
    }
    if (width > NUMBER_WIDTH)
        return fail_at(err, start, "expected a number of up to nine digits");
    if (range.first > range.last)
        return fail_at(err, start, "the range runs backwards");
    *ret_range = range;
    return true;
}

/* An item is what stands between commas outside of brackets.  Its names are made one
 * after the other: each bracket is a wheel of an odometer, the last one the fastest. */
struct wheel {
    struct range *ranges;
    size_t count;
    size_t at;       /* which range */
    uint64_t number; /* in it */
};

struct item {
    struct wheel *wheels;
    const char **texts; /* texts[i] goes before wheels[i]; one more at the end */
    size_t *sizes;      /* of texts */
    size_t count;       /* of wheels */
};

static void item_clear(struct item *item)
{
    for (size_t i = 0; i < item->count; i++)
        free(item->wheels[i].ranges);
    free(item->wheels);
    free(item->texts);
    free(item->sizes);
}

/* Take "[range,range...]" at *place as one more wheel; *total counts the item's names. */
static bool take_wheel(const char **place, struct item *item, uint64_t *total, struct error *err)
{
    struct wheel *wheel;
    uint64_t count = 0;

    item->wheels = memory_resize(item->wheels, item->count + 1, sizeof(struct wheel));
    wheel = &item->wheels[item->count++];
    *wheel = (struct wheel){0};
    do {
        struct range *range;

        wheel->ranges = memory_resize(wheel->ranges, wheel->count + 1, sizeof(struct range));
        range = &wheel->ranges[wheel->count++];
        if (!take_range(place, range, err))
            return false;
        count += range->last - range->first + 1;
        if (count * *total > HOSTLIST_MAX)
            return fail(err, ERROR_EXHAUSTED, "more than %d nodes", HOSTLIST_MAX);
    } while (scan_char(place, ','));
    if (!scan_char(place, ']'))
        return fail_at(err, *place, "expected ',' or ']'");
    wheel->number = wheel->ranges[0].first;
    *total *= count;
    return true;
}

static void take_text(const char **place, struct item *item)
{
    item->texts = memory_resize(item->texts, item->count + 1, sizeof(char *));
    item->sizes = memory_resize(item->sizes, item->count + 1, sizeof(size_t));
    item->texts[item->count] = *place;
    item->sizes[item->count] = strcspn(*place, "[],");
    *place += item->sizes[item->count];
}

static bool take_item(const char **place, struct item *item, struct error *err)
{
    uint64_t total = 1;

    take_text(place, item);
    while (scan_char(place, '[')) {
        if (item->count == BRACKETS_MAX)
            return fail_at(err, *place, "more brackets in one name than 8");
        if (!take_wheel(place, item, &total, err))
            return false;
        take_text(place, item);
    }
    if (**place == ']')
        return fail_at(err, *place, "unexpected ']'");
    return true;
}

/* Turn to the next name; false after the last one. */
static bool turn(struct item *item)
{
    for (size_t i = item->count; i-- > 0;) {
        struct wheel *wheel = &item->wheels[i];

        if (wheel->number < wheel->ranges[wheel->at].last) {
            wheel->number++;
            return true;
        }
        wheel->at = (wheel->at + 1) % wheel->count;
        wheel->number = wheel->ranges[wheel->at].first;
        if (wheel->at > 0)
            return true;
    }
    return false;
}

static bool add_names(struct hostlist *list, struct item *item, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer name;

    buffer_init(&name);
    do {
        buffer_reset(&name);
        for (size_t i = 0; i < item->count; i++) {
            const struct wheel *wheel = &item->wheels[i];

            buffer_add(&name, item->texts[i], item->sizes[i]);
            buffer_print(&name, "%0*" PRIu64, wheel->ranges[wheel->at].width, wheel->number);
        }
        buffer_add(&name, item->texts[item->count], item->sizes[item->count]);
        if (!hostlist_add(list, name.bytes, err))
            return false;
    } while (turn(item));
    return true;
}

static bool parse_items(struct hostlist *list, const char *text, struct error *err)
{
    const char *place = text;

    do {
        CLEANUP(item_clear) struct item item = {0};

        if (!take_item(&place, &item, err) || !add_names(list, &item, err))
            return false;
    } while (scan_char(&place, ','));
    assert(!*place); /* an item ends at nothing else */
    return true;
}

struct hostlist *hostlist_parse(const char *text, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_new();
    char shown[TEXT_SHOWN_SIZE];

    if (*text && !parse_items(list, text, err)) {
        fail_in(err, "list of nodes %s", text_show(text, shown));
        return NULL;
    }
    return STEAL(list);
}

/* Names that differ in one number only: this before it, this after it. */
struct pattern {
    const char *name; /* of which the first and the last bytes are these */
    size_t before;
    size_t after;
};

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* The number of `name` that the pattern leaves open; false if it does not fit. */
static bool match(const struct pattern *pattern, const char *name, struct range *ret_range)
{
    size_t length = strlen(name), width = length - pattern->before - pattern->after;
    const char *place = name + pattern->before;

    if (length <= pattern->before + pattern->after || width > NUMBER_WIDTH ||
        memcmp(name, pattern->name, pattern->before) != 0 ||
        strcmp(name + length - pattern->after,
               pattern->name + strlen(pattern->name) - pattern->after) != 0 ||
        !scan_number(&place, NUMBER_MAX, &ret_range->first) ||
        place != name + length - pattern->after)
        return false;
    ret_range->last = ret_range->first;
    ret_range->width = (int)width;
    return true;
}

/* What two names have in common around one number; false when there is no such. */
static bool find_pattern(const char *a, const char *b, struct pattern *ret_pattern)
{
    size_t a_length = strlen(a), b_length = strlen(b), before = 0, after = 0;
    struct range ignored = {0};

    while (a[before] && a[before] == b[before])
        before++;
    while (before > 0 && is_digit(a[before - 1]))
        before--;
    while (after < a_length - before && after < b_length - before &&
           a[a_length - after - 1] == b[b_length - after - 1])
        after++;
    while (after > 0 && is_digit(a[a_length - after]))
        after--;
    *ret_pattern = (struct pattern){a, before, after};
    return match(ret_pattern, a, &ignored) && match(ret_pattern, b, &ignored);
}

static int digits_of(uint64_t number)
{
    int count = 1;

    for (; number >= 10; number /= 10)
        count++;
    return count;
}

/* Can `next` be written as the new end of `range`? */
static bool goes_on(const struct range *range, const struct range *next)
{
    bool padded = range->width > digits_of(range->first);

    return next->first == range->last + 1 &&
           (next->width == range->width || (!padded && next->width == digits_of(next->first)));
}

static void print_range(const struct range *range, struct buffer *buffer)
{
    buffer_print(buffer, "%0*" PRIu64, range->width, range->first);
    if (range->last > range->first)
        buffer_print(buffer, "-%0*" PRIu64, range->width, range->last);
}

/* Print the names from `start` on that fit the pattern; return how many. */
static size_t print_pattern(const struct hostlist *list, size_t start,
                            const struct pattern *pattern, struct buffer *buffer)
{
    struct range range = {0}, next = {0};
    size_t i = start;

    buffer_add(buffer, pattern->name, pattern->before);
    buffer_add_char(buffer, '[');
    match(pattern, list->names[i], &range);
    for (i++; i < list->count && match(pattern, list->names[i], &next); i++) {
        if (goes_on(&range, &next)) {
            range.last = next.first;
            continue;
        }
        print_range(&range, buffer);
        buffer_add_char(buffer, ',');
        range = next;
    }
    print_range(&range, buffer);
    buffer_add_char(buffer, ']');
    buffer_add_text(buffer, pattern->name + strlen(pattern->name) - pattern->after);
    return i - start;
}

void hostlist_print(const struct hostlist *list, struct buffer *buffer)
{
    size_t i = 0;

    while (i < list->count) {
        struct pattern pattern;

        if (i > 0)
            buffer_add_char(buffer, ',');
        if (i + 1 < list->count && find_pattern(list->names[i], list->names[i + 1], &pattern)) {
            i += print_pattern(list, i, &pattern, buffer);
        } else {
            buffer_add_text(buffer, list->names[i]);
            i++;
        }
    }
}
