/* csv.c - read comma-separated rows (RFC 4180) back, strictly */

#include "accounting/csv.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void csv_init(struct csv *csv, const struct buffer *bytes)
{
    *csv = (struct csv){.text = memory_copy_bytes(bytes->bytes, bytes->length + 1)};
    csv->place = csv->text;
}

void csv_clear(struct csv *csv)
{
    free(csv->text);
    csv->text = NULL;
}

/* Take the quotes off in place; returns what follows the closing one, NULL if it is missing. */
static char *read_quoted(char *from, char **ret_field)
{
    char *to = from;

    *ret_field = from;
    for (; *from; from++) {
        if (*from == '"' && from[1] != '"') {
            *to = '\0';
            return from + 1;
        }
        if (*from == '"')
            from++;
        *to++ = *from;
    }
    return NULL;
}

/* One field; returns its end: the place of a comma or a line's end. */
static char *read_field(char *from, char **ret_field)
{
    if (*from == '"')
        return read_quoted(from + 1, ret_field);
    *ret_field = from;
    return from + strcspn(from, ",\n");
}

int csv_next(struct csv *csv, struct error *err)
{
    char *place = csv->place;
    char end = ',';

    csv->count = 0;
    if (!*place)
        return 0;
    csv->row++;
    while (end == ',') {
        if (csv->count == CSV_COLUMNS_MAX) {
            fail(err, ERROR_INVALID, "row %zu has more than %d columns", csv->row, CSV_COLUMNS_MAX);
            return -1;
        }
        place = read_field(place, &csv->fields[csv->count++]);
        if (!place || (*place != ',' && *place != '\n')) {
            fail(err, ERROR_INVALID, "row %zu does not end as a row must", csv->row);
            return -1;
        }
        end = *place;
        *place++ = '\0';
    }
    csv->place = place;
    return 1;
}
