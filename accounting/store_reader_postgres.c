/* store_reader_postgres.c - the scheduler's database on a server, read */

#include "accounting/store_reader_inside.h"
#include "base/digest.h"
#include "base/postgres.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA      "tequio" /* the scheduler's */
#define VALUES_MOST 8

struct postgres_reader {
    struct store_reader base;
    struct postgres *postgres;
    struct error error; /* the last one */
};

struct postgres_statement {
    struct reader_statement base;
    char *sql;
    struct {
        const char *text; /* NULL: it is a number */
        int64_t number;
    } values[VALUES_MOST];
    int value_count;
    struct postgres_cursor cursor;
    bool open;
    size_t at; /* the row at hand, in the cursor's piece */
};

static struct postgres_reader *inside(struct store_reader *reader)
{
    return CONTAINER_OF(reader, struct postgres_reader, base);
}

static struct postgres_statement *own(struct reader_statement *statement)
{
    return CONTAINER_OF(statement, struct postgres_statement, base);
}

static void free_reader(struct store_reader *reader)
{
    postgres_free(inside(reader)->postgres);
    free(reader->name);
    free(inside(reader));
}

static struct store_reader *open_server(const char *where, struct error *err)
{
    struct postgres_reader *reader = NEW(struct postgres_reader);

    reader->base.kind = &reader_postgres;
    reader->postgres = postgres_open(where, SCHEMA, 0, err);
    if (reader->postgres &&
        postgres_execute(reader->postgres, "SET default_transaction_read_only = on", err)) {
        reader->base.name = memory_copy(postgres_name(reader->postgres));
        return &reader->base;
    }
    free_reader(&reader->base);
    return NULL;
}

static const char *error_text(struct store_reader *reader)
{
    return inside(reader)->error.text;
}

/* Whatever the scheduler commits changes its tally. */
static uint64_t read_version(struct store_reader *reader)
{
    struct postgres *postgres = inside(reader)->postgres;
    struct error *err = &inside(reader)->error;
    struct postgres_rows *rows;
    uint64_t version = 0;
    const void *mac;
    size_t size;

    if (!postgres_revive(postgres, err))
        return 0;
    rows = postgres_ask_alone(postgres, "SELECT mac FROM meta WHERE name = 'tally'", NULL, err);
    if (!rows)
        return 0;
    mac = postgres_bytes_at(rows, 0, 0, &size);
    if (size >= sizeof(version))
        memcpy(&version, mac, sizeof(version));
    postgres_rows_free(rows);
    return version;
}

static struct reader_statement *prepare(struct store_reader *reader, const char *sql)
{
    struct postgres_statement *statement = NEW(struct postgres_statement);

    statement->base.reader = reader;
    statement->sql = postgres_translate(sql);
    return &statement->base;
}

static void bind(struct postgres_statement *statement, int index, const char *text, int64_t number)
{
    if (index > VALUES_MOST)
        __builtin_trap(); /* one of our own statements has more: a bug */
    statement->values[index - 1].text = text;
    statement->values[index - 1].number = number;
    if (index > statement->value_count)
        statement->value_count = index;
}

static void bind_number(struct reader_statement *statement, int index, int64_t number)
{
    bind(own(statement), index, NULL, number);
}

static void bind_text(struct reader_statement *statement, int index, const char *text)
{
    bind(own(statement), index, text, 0);
}

static bool open_cursor(struct postgres_statement *statement)
{
    struct postgres_reader *reader = inside(statement->base.reader);
    CLEANUP(postgres_values_clear) struct postgres_values values;

    postgres_values_init(&values);
    for (int i = 0; i < statement->value_count; i++)
        if (statement->values[i].text)
            postgres_add_text(&values, statement->values[i].text);
        else
            postgres_add_number(&values, statement->values[i].number);
    statement->open = true;
    return postgres_cursor_open(&statement->cursor, reader->postgres, statement->sql, &values,
                                &reader->error);
}

static enum reader_step step(struct reader_statement *base)
{
    struct postgres_statement *statement = own(base);
    bool there;

    if (!statement->open && !open_cursor(statement))
        return READER_FAILED;
    if (!postgres_cursor_next(&statement->cursor, &there, &statement->at,
                              &inside(base->reader)->error))
        return READER_FAILED;
    return there ? READER_ROW : READER_DONE;
}

static void reset(struct reader_statement *statement)
{
    if (own(statement)->open)
        postgres_cursor_close(&own(statement)->cursor);
    own(statement)->open = false;
}

static void end(struct reader_statement *statement)
{
    reset(statement);
    free(own(statement)->sql);
    free(own(statement));
}

static int64_t number(struct reader_statement *statement, int column)
{
    return postgres_number_at(own(statement)->cursor.rows, own(statement)->at, (unsigned)column);
}

static const char *text(struct reader_statement *statement, int column)
{
    return postgres_text_at(own(statement)->cursor.rows, own(statement)->at, (unsigned)column);
}

static const void *bytes(struct reader_statement *statement, int column, size_t *ret_size)
{
    return postgres_bytes_at(own(statement)->cursor.rows, own(statement)->at, (unsigned)column,
                             ret_size);
}

const struct reader_kind reader_postgres = {
    .begins = POSTGRES_PREFIX,
    .open = open_server,
    .free = free_reader,
    .version = read_version,
    .error = error_text,
    .prepare = prepare,
    .bind_number = bind_number,
    .bind_text = bind_text,
    .step = step,
    .reset = reset,
    .number = number,
    .text = text,
    .bytes = bytes,
    .end = end,
};
