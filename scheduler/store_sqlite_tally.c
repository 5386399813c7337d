/* store_sqlite_tally.c - the tally, kept by SQLite's own word of each row that changes
 *
 * Each change of a row is seen before it is done, so that nothing needs to be read for it. */

#include "scheduler/store_sqlite_inside.h"

#include <stdio.h>
#include <string.h>

#define FINDING_SIZE 200

static void take_value(struct tally_line *line, sqlite3_value *value)
{
    tally_take(line, sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value));
}

/* NOLINTNEXTLINE(readability-function-size): as SQLite calls it */
static void on_change(void *owner, sqlite3 *database, int operation, char const *file,
                      char const *table, sqlite3_int64 old_row, sqlite3_int64 new_row)
{
    struct connection *connection = owner;
    const struct row_shape *shape = row_shape(connection->writing);
    struct tally_line *line = &connection->tally.lines[connection->writing];
    sqlite3_value *value = NULL;

    (void)file;
    (void)old_row;
    (void)new_row;
    if (connection->tallying || strcmp(table, shape->table) != 0)
        return;
    if (operation != SQLITE_INSERT &&
        sqlite3_preupdate_old(database, (int)shape->column_count, &value) == SQLITE_OK)
        take_value(line, value);
    if (operation != SQLITE_DELETE)
        tally_add(line, connection->mac, MAC_SIZE);
    connection->tally.changed = true;
}

/* All rows of a table, whoever wrote them. */
static bool add_up(struct connection *connection, enum row_kind kind, struct tally_line *ret_line,
                   struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    struct tally_line line = {0};
    char sql[64];
    int code;

    /* The tally itself is the one row that it cannot count. */
    snprintf(sql, sizeof(sql), "SELECT mac FROM %s%s", row_shape(kind)->table,
             kind == ROW_META ? " WHERE name <> '" TALLY_NAME "'" : "");
    if (sqlite3_prepare_v2(connection->database, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail_sqlite(err, connection->database, sql);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        tally_add(&line, sqlite3_column_blob(statement, 0),
                  (size_t)sqlite3_column_bytes(statement, 0));
    if (code != SQLITE_DONE)
        return fail_sqlite(err, connection->database, sql);
    *ret_line = line;
    return true;
}

bool tally_write(struct connection *connection, struct error *err)
{
    uint8_t bytes[TALLY_SIZE];
    bool good;

    tally_print(&connection->tally, bytes);
    connection->tally.changed = false;
    connection->tallying = true;
    good = meta_put(connection, TALLY_NAME, bytes, sizeof(bytes), err);
    connection->tallying = false;
    return good;
}

/* The kinds of rows that there were, the last of them being the one before this. */
static int kinds_of_version(int64_t version)
{
    return version < 12   ? ROW_SEAL
           : version < 13 ? ROW_ERASURE
           : version < 14 ? ROW_SERIES
                          : ROW_KIND_COUNT;
}

bool tally_make(struct connection *connection, int64_t version, struct error *err)
{
    connection->tally = (struct tally){0};
    for (int kind = 0; kind < kinds_of_version(version); kind++)
        if (!add_up(connection, (enum row_kind)kind, &connection->tally.lines[kind], err))
            return false;
    return tally_write(connection, err);
}

bool tally_read(struct connection *connection, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    const char *sql = "SELECT * FROM meta WHERE name = '" TALLY_NAME "'";
    struct row row = {.kind = ROW_META};
    bool good;

    if (sqlite3_prepare_v2(connection->database, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail_sqlite(err, connection->database, sql);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return fail(err, ERROR_IO, "%s: no " TALLY_NAME " in table meta",
                    sqlite3_db_filename(connection->database, "main"));
    row_read(connection, statement, &row, &good);
    if (!good)
        return tally_fail_row(err, sqlite3_db_filename(connection->database, "main"));
    tally_parse(row.meta.value, &connection->tally);
    return true;
}

static void note_first(void *owner, const char *text)
{
    char *first = owner;

    if (!*first)
        snprintf(first, FINDING_SIZE, "%s", text);
}

bool tally_check_before(struct connection *connection, int64_t version, const char *path,
                        struct error *err)
{
    char first[FINDING_SIZE] = "";

    if (version < VERSION_OF_TALLY)
        return true;
    if (!tally_read(connection, err))
        return false;
    for (int kind = 0; kind < kinds_of_version(version) && !*first; kind++) {
        struct tally_line found;

        if (!add_up(connection, (enum row_kind)kind, &found, err))
            return false;
        tally_compare((enum row_kind)kind, &connection->tally.lines[kind], &found, note_first,
                      first);
    }
    return !*first || fail(err, ERROR_IO, "%s: %s; restore a backup", path, first);
}

void tally_watch(struct connection *connection)
{
    sqlite3_preupdate_hook(connection->database, on_change, connection);
}

bool tally_check(struct connection *connection, finding_fn *on_finding, void *owner,
                 struct error *err)
{
    if (!tally_read(connection, err)) {
        on_finding(owner, err->text);
        return true;
    }
    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        struct tally_line found;

        if (!add_up(connection, (enum row_kind)kind, &found, err))
            return false;
        tally_compare((enum row_kind)kind, &connection->tally.lines[kind], &found, on_finding,
                      owner);
    }
    return true;
}
