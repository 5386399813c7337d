/* output_json.c - rows as a JSON array of objects */

#include "base/memory.h"
#include "base/parse.h"
#include "client/output_inside.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Texts that are not UTF-8 do not become JSON as they are: then the escaped form. */
static json_t *json_of_text(const char *text)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};
    json_t *value = json_string(text);

    if (value)
        return value;
    buffer_init(&buffer);
    buffer_add_escaped(&buffer, text);
    return json_string(buffer.bytes);
}

/* Times in UTC, durations in seconds, sizes in bytes, amounts as exact decimals. */
static json_t *json_of_cell(const struct cell *cell)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    switch (cell->kind) {
    case CELL_NONE:
        return json_null();
    case CELL_TEXT:
        return json_of_text(cell->text);
    case CELL_NUMBER:
    case CELL_SIZE:
        return json_integer(cell->number);
    case CELL_FRACTION:
        return json_real(cell->fraction);
    case CELL_FLAG:
        return json_boolean(cell->number != 0);
    case CELL_DURATION:
        if (cell->number == PARSE_UNLIMITED)
            return json_string("UNLIMITED");
        return json_integer(cell->number / US_PER_SECOND);
    case CELL_TIME:
        buffer_init(&buffer);
        print_time_utc(cell->number, &buffer);
        return json_string(buffer.bytes);
    case CELL_AMOUNT:
        buffer_init(&buffer);
        print_amount(cell->number, &buffer);
        return json_string(buffer.bytes);
    }
    return json_null();
}

static json_t *json_of_row(const void *row, const struct format *format, struct buffer *scratch)
{
    json_t *object = json_object();

    for (size_t i = 0; i < format->count; i++) {
        const struct column *column = format->items[i].column;
        struct cell cell;

        if (!column)
            continue;
        output_read(column, row, &cell, scratch);
        json_object_set_new(object, column->name, json_of_cell(&cell));
    }
    return object;
}

void output_json(const struct output *output, const struct format *format)
{
    CLEANUP(buffer_clear) struct buffer scratch;

    buffer_init(&scratch);
    putchar('[');
    for (size_t i = 0; i < output->count; i++) {
        json_t *object = json_of_row(output->rows[i], format, &scratch);

        fputs(i ? ",\n " : "\n ", stdout);
        json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
        json_decref(object);
    }
    puts(output->count ? "\n]" : "]");
}

static void add_row(json_t *object, const struct column *columns, const void *row,
                    struct buffer *scratch)
{
    for (const struct column *column = columns; column->name; column++) {
        struct cell cell;

        output_read(column, row, &cell, scratch);
        json_object_set_new(object, column->name, json_of_cell(&cell));
    }
}

static json_t *json_of_part(const struct output *output, struct buffer *scratch)
{
    json_t *list = json_array();

    for (size_t i = 0; i < output->count; i++) {
        json_t *object = json_object();

        add_row(object, output->columns, output->rows[i], scratch);
        json_array_append_new(list, object);
    }
    return list;
}

void output_object(const struct output_part *parts, size_t count)
{
    CLEANUP(buffer_clear) struct buffer scratch;
    json_t *object = json_object();

    buffer_init(&scratch);
    for (size_t i = 0; i < count; i++) {
        const struct output *output = &parts[i].output;

        if (parts[i].name)
            json_object_set_new(object, parts[i].name, json_of_part(output, &scratch));
        else
            add_row(object, output->columns, output->rows[0], &scratch);
    }
    json_dumpf(object, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    json_decref(object);
    putchar('\n');
}
