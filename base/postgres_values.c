/* postgres_values.c - values as PostgreSQL takes and gives them in binary */

#include "base/postgres_inside.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* Of pg_type: they have been the same in every version. */
static const struct {
    Oid one, list;
} types[] = {
    [POSTGRES_NUMBER] = {20, 1016},
    [POSTGRES_TEXT] = {25, 1009},
    [POSTGRES_BYTES] = {17, 1001},
};

void postgres_values_init(struct postgres_values *values)
{
    values->count = 0;
    buffer_init(&values->bytes);
}

void postgres_values_clear(struct postgres_values *values)
{
    buffer_clear(&values->bytes);
}

void postgres_values_reset(struct postgres_values *values)
{
    values->count = 0;
    buffer_reset(&values->bytes);
}

static void begin(struct postgres_values *values, enum postgres_kind kind, bool list)
{
    if (values->count == POSTGRES_VALUES_MOST)
        __builtin_trap(); /* one of our own statements has more columns: a bug */
    values->values[values->count].kind = kind;
    values->values[values->count].list = list;
    values->values[values->count].start = values->bytes.length;
    values->values[values->count].size = 0;
    values->count++;
}

/* What was put into the buffer belongs to the last value. */
static void extend(struct postgres_values *values)
{
    values->values[values->count - 1].size =
        values->bytes.length - values->values[values->count - 1].start;
}

void postgres_add_number(struct postgres_values *values, int64_t number)
{
    begin(values, POSTGRES_NUMBER, false);
    buffer_add_u64(&values->bytes, (uint64_t)number);
    extend(values);
}

void postgres_add_text(struct postgres_values *values, const char *text)
{
    begin(values, POSTGRES_TEXT, false);
    buffer_add(&values->bytes, text, strlen(text));
    extend(values);
}

void postgres_add_bytes(struct postgres_values *values, const void *bytes, size_t size)
{
    begin(values, POSTGRES_BYTES, false);
    buffer_add(&values->bytes, bytes, size);
    extend(values);
}

/* One dimension, no NULL in it, the element's type, how many, from number 1. */
void postgres_add_list(struct postgres_values *values, enum postgres_kind kind, size_t count)
{
    begin(values, kind, true);
    buffer_add_u32(&values->bytes, count > 0);
    buffer_add_u32(&values->bytes, 0);
    buffer_add_u32(&values->bytes, types[kind].one);
    if (count > 0) {
        buffer_add_u32(&values->bytes, (uint32_t)count);
        buffer_add_u32(&values->bytes, 1);
    }
    extend(values);
}

void postgres_list_number(struct postgres_values *values, int64_t number)
{
    buffer_add_u32(&values->bytes, sizeof(number));
    buffer_add_u64(&values->bytes, (uint64_t)number);
    extend(values);
}

void postgres_list_bytes(struct postgres_values *values, const void *bytes, size_t size)
{
    buffer_add_u32(&values->bytes, (uint32_t)size);
    buffer_add(&values->bytes, bytes, size);
    extend(values);
}

void postgres_point(const struct postgres_values *values, struct postgres_pointers *ret_pointers)
{
    for (int i = 0; values && i < values->count; i++) {
        ret_pointers->types[i] = values->values[i].list ? types[values->values[i].kind].list
                                                        : types[values->values[i].kind].one;
        ret_pointers->values[i] = values->bytes.bytes + values->values[i].start;
        ret_pointers->sizes[i] = (int)values->values[i].size;
        ret_pointers->formats[i] = 1;
    }
}

char *postgres_translate(const char *sqlite)
{
    static const char hint[] = " INDEXED BY ";
    const char *place = strstr(sqlite, hint);
    const char *rest = place ? place + sizeof(hint) - 1 : NULL;
    char *sql =
        place ? memory_format("%.*s%s", (int)(place - sqlite), sqlite, rest + strcspn(rest, " "))
              : memory_copy(sqlite);

    for (char *mark = sql; (mark = strchr(mark, '?'));)
        *mark = '$';
    return sql;
}

/* --- answers ---------------------------------------------------------------------------------- */

static const PGresult *result_of(const struct postgres_rows *rows)
{
    return (const PGresult *)(const void *)rows;
}

void postgres_rows_free(struct postgres_rows *rows)
{
    PQclear((PGresult *)(void *)rows);
}

size_t postgres_row_count(const struct postgres_rows *rows)
{
    return (size_t)PQntuples(result_of(rows));
}

size_t postgres_changed(const struct postgres_rows *rows)
{
    /* libpq wants it writable and does not write. */
    return strtoul(PQcmdTuples((PGresult *)(uintptr_t)rows), NULL, 10);
}

static bool is_there(const struct postgres_rows *rows, size_t row, unsigned column)
{
    return row < postgres_row_count(rows) && (int)column < PQnfields(result_of(rows)) &&
           !PQgetisnull(result_of(rows), (int)row, (int)column);
}

const void *postgres_bytes_at(const struct postgres_rows *rows, size_t row, unsigned column,
                              size_t *ret_size)
{
    *ret_size = 0;
    if (!is_there(rows, row, column))
        return "";
    *ret_size = (size_t)PQgetlength(result_of(rows), (int)row, (int)column);
    return PQgetvalue(result_of(rows), (int)row, (int)column);
}

/* libpq puts a NUL behind each value; a text of PostgreSQL has none inside. */
const char *postgres_text_at(const struct postgres_rows *rows, size_t row, unsigned column)
{
    size_t size;

    return postgres_bytes_at(rows, row, column, &size);
}

int64_t postgres_number_at(const struct postgres_rows *rows, size_t row, unsigned column)
{
    size_t size;
    const void *bytes = postgres_bytes_at(rows, row, column, &size);
    uint64_t number = 0;
    uint32_t small;

    if (size == sizeof(small)) {
        memcpy(&small, bytes, sizeof(small));
        return (int32_t)be32toh(small);
    }
    if (size == sizeof(number))
        memcpy(&number, bytes, sizeof(number));
    return (int64_t)be64toh(number);
}
