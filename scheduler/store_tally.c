/* store_tally.c - how many rows each table has, and the sum of their MACs */

#include "scheduler/store_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE (sizeof(uint64_t) + MAC_SIZE)

static unsigned __int128 number_of(const void *mac, size_t size)
{
    unsigned __int128 number = 0;

    static_assert(sizeof(number) == MAC_SIZE, "a MAC is a number of 128 bits");
    if (size == MAC_SIZE)
        memcpy(&number, mac, sizeof(number));
    return number;
}

void tally_add(struct tally_line *line, const void *mac, size_t size)
{
    line->count++;
    line->sum += number_of(mac, size);
}

void tally_take(struct tally_line *line, const void *mac, size_t size)
{
    line->count--;
    line->sum -= number_of(mac, size);
}

void tally_print(const struct tally *tally, uint8_t ret_bytes[TALLY_SIZE])
{
    for (size_t kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct tally_line *line = &tally->lines[kind];
        uint8_t *place = ret_bytes + kind * LINE_SIZE;

        memcpy(place, &line->count, sizeof(line->count));
        memcpy(place + sizeof(line->count), &line->sum, sizeof(line->sum));
    }
}

void tally_parse(struct bytes bytes, struct tally *ret_tally)
{
    *ret_tally = (struct tally){0};
    for (size_t kind = 0; kind < ROW_KIND_COUNT && (kind + 1) * LINE_SIZE <= bytes.size; kind++) {
        const uint8_t *place = (const uint8_t *)bytes.bytes + kind * LINE_SIZE;
        struct tally_line *line = &ret_tally->lines[kind];

        memcpy(&line->count, place, sizeof(line->count));
        line->sum = number_of(place + sizeof(line->count), MAC_SIZE);
    }
}

bool tally_fail_row(struct error *err, const char *database)
{
    return fail(err, ERROR_IO, "%s: row " TALLY_NAME " of table meta was changed by something else",
                database);
}

void tally_compare(enum row_kind kind, const struct tally_line *kept,
                   const struct tally_line *found, finding_fn *on_finding, void *owner)
{
    const char *table = row_shape(kind)->table;
    char text[200];

    if (found->count != kept->count)
        snprintf(text, sizeof(text),
                 "table %s has %" PRIu64 " rows and should have %" PRIu64
                 ": added or taken away by something else than tequio-scheduler",
                 table, found->count, kept->count);
    else
        snprintf(text, sizeof(text),
                 "table %s: a row is not as it was left: changed or put back by something else "
                 "than tequio-scheduler",
                 table);
    if (found->count != kept->count || found->sum != kept->sum)
        on_finding(owner, text);
}
