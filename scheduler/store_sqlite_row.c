/* store_sqlite_row.c - rows to parameters, columns to rows, and their MACs */

#include "scheduler/store_sqlite_inside.h"

#include <assert.h>
#include <string.h>

static int bind_column(sqlite3_stmt *statement, int index, const struct row *row,
                       const struct column *column)
{
    const struct bytes *bytes;

    switch (column->kind) {
    case COLUMN_NUMBER:
        return sqlite3_bind_int64(statement, index, *row_number(row, column));
    case COLUMN_TEXT:
        return sqlite3_bind_text(statement, index, *row_text(row, column), -1, SQLITE_STATIC);
    case COLUMN_BYTES:
    default:
        bytes = row_bytes(row, column);
        /* A NULL pointer would bind NULL, whatever the size. */
        return sqlite3_bind_blob64(statement, index, bytes->size ? bytes->bytes : "", bytes->size,
                                   SQLITE_STATIC);
    }
}

/* Columns that the statement does not mention (fewer parameters) are left out. */
static bool bind_columns(sqlite3_stmt *statement, const struct row *row, unsigned count)
{
    const struct row_shape *shape = row_shape(row->kind);
    int parameters = sqlite3_bind_parameter_count(statement);

    for (unsigned i = 0; i < count && (int)i < parameters; i++)
        if (bind_column(statement, (int)i + 1, row, &shape->columns[i]) != SQLITE_OK)
            return false;
    return true;
}

bool row_bind_key(sqlite3_stmt *statement, const struct row *row)
{
    return bind_columns(statement, row, row_shape(row->kind)->key_count);
}

static sqlite3_stmt *statement_of(struct connection *connection, const struct write *write,
                                  struct error *err)
{
    enum row_kind kind = write->row.kind;
    const struct row_sql *sql = &row_sql[kind];

    switch (write->verb) {
    case WRITE_PUT:
        return connection_prepare(connection, &connection->put[kind], sql->put, err);
    case WRITE_REMOVE:
        return connection_prepare(connection, &connection->remove[kind], sql->remove, err);
    case WRITE_REPLACE:
        return connection_prepare(connection, &connection->replace[kind], sql->replace, err);
    case WRITE_TRIM:
    default:
        return connection_prepare(connection, &connection->trim[kind], sql->trim, err);
    }
}

bool row_write(struct connection *connection, const struct write *write, struct error *err)
{
    const struct row_shape *shape = row_shape(write->row.kind);
    sqlite3_stmt *statement = statement_of(connection, write, err);
    bool good;

    if (!statement)
        return false;
    good = bind_columns(statement, &write->row, shape->column_count);
    if (good && (write->verb == WRITE_PUT || write->verb == WRITE_REPLACE)) {
        row_mac_with(connection->mac_key, &write->row, &connection->canonical, connection->mac);
        good = sqlite3_bind_blob(statement, (int)shape->column_count + 1, connection->mac, MAC_SIZE,
                                 SQLITE_STATIC) == SQLITE_OK;
    }
    connection->writing = write->row.kind;
    good = good && sqlite3_step(statement) == SQLITE_DONE;
    if (!good)
        fail_sqlite(err, connection->database, shape->table);
    sqlite3_reset(statement);
    return good;
}

/* False: it is of another type than we write, or has more behind its end than a MAC of a text
 * covers.  The value is the row's until the next step; its connection is this thread's alone. */
static bool read_column(sqlite3_value *value, struct row *row, const struct column *column)
{
    int type = sqlite3_value_type(value);
    const char *text;
    struct bytes *bytes;

    switch (column->kind) {
    case COLUMN_NUMBER:
        *row_number(row, column) = sqlite3_value_int64(value);
        return type == SQLITE_INTEGER;
    case COLUMN_TEXT:
        text = (const char *)sqlite3_value_text(value);
        *row_text(row, column) = text ? text : "";
        return type == SQLITE_TEXT && text && strlen(text) == (size_t)sqlite3_value_bytes(value);
    case COLUMN_BYTES:
    default:
        bytes = row_bytes(row, column);
        bytes->bytes = sqlite3_value_blob(value);
        bytes->size = (size_t)sqlite3_value_bytes(value);
        if (!bytes->bytes)
            *bytes = (struct bytes){"", 0};
        return type == SQLITE_BLOB;
    }
}

void row_read(struct connection *connection, sqlite3_stmt *statement, struct row *ret_row,
              bool *ret_good)
{
    const struct row_shape *shape = row_shape(ret_row->kind);
    int mac_index = (int)shape->column_count;
    uint8_t mac[MAC_SIZE];

    *ret_good = true;
    for (unsigned i = 0; i < shape->column_count; i++)
        *ret_good &=
            read_column(sqlite3_column_value(statement, (int)i), ret_row, &shape->columns[i]);
    row_mac_with(connection->mac_key, ret_row, &connection->canonical, mac);
    *ret_good = *ret_good && sqlite3_column_bytes(statement, mac_index) == MAC_SIZE &&
                bytes_equal(sqlite3_column_blob(statement, mac_index), mac, MAC_SIZE);
}
