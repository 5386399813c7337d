/* store_sqlite_tally.c - how many rows each table has, and the sum of their MACs
 *
 * A row's MAC says nothing of a row that is gone, or that was put back as it was some time ago.
 * The tally does: it is kept in table meta, under a MAC of its own, and changes in the
 * transaction that changes the rows.  Each change of a row is seen before it is done, so that
 * nothing needs to be read for it. */

#include "scheduler/store_sqlite_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define TALLY_NAME "tally"
#define LINE_SIZE  (sizeof(uint64_t) + MAC_SIZE)

static unsigned __int128 number_of(const void *mac)
{
    unsigned __int128 number;

    static_assert(sizeof(number) == MAC_SIZE, "a MAC is a number of 128 bits");
    memcpy(&number, mac, sizeof(number));
    return number;
}

/* A row that has no MAC of ours counts all the same: it will not add up. */
static unsigned __int128 number_in(sqlite3_value *value)
{
    if (!value || sqlite3_value_bytes(value) != MAC_SIZE)
        return 0;
    return number_of(sqlite3_value_blob(value));
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
    if (connection->tally.quiet || strcmp(table, shape->table) != 0)
        return;
    if (operation != SQLITE_INSERT &&
        sqlite3_preupdate_old(database, (int)shape->column_count, &value) == SQLITE_OK) {
        line->count--;
        line->sum -= number_in(value);
    }
    if (operation != SQLITE_DELETE) {
        line->count++;
        line->sum += number_of(connection->mac);
    }
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
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        line.count++;
        line.sum += number_in(sqlite3_column_value(statement, 0));
    }
    if (code != SQLITE_DONE)
        return fail_sqlite(err, connection->database, sql);
    *ret_line = line;
    return true;
}

bool tally_write(struct connection *connection, struct error *err)
{
    uint8_t bytes[ROW_KIND_COUNT * LINE_SIZE];
    bool good;

    for (size_t kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct tally_line *line = &connection->tally.lines[kind];

        memcpy(bytes + kind * LINE_SIZE, &line->count, sizeof(line->count));
        memcpy(bytes + kind * LINE_SIZE + sizeof(line->count), &line->sum, sizeof(line->sum));
    }
    connection->tally.changed = false;
    connection->tally.quiet = true;
    good = meta_put(connection, TALLY_NAME, bytes, sizeof(bytes), err);
    connection->tally.quiet = false;
    return good;
}

bool tally_make(struct connection *connection, struct error *err)
{
    for (int kind = 0; kind < ROW_KIND_COUNT; kind++)
        if (!add_up(connection, (enum row_kind)kind, &connection->tally.lines[kind], err))
            return false;
    return tally_write(connection, err);
}

/* Kinds that came later than the tally was written have no rows yet. */
bool tally_read(struct connection *connection, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    const char *sql = "SELECT * FROM meta WHERE name = '" TALLY_NAME "'";
    struct row row = {.kind = ROW_META};
    struct tally tally = {0};
    bool good;

    if (sqlite3_prepare_v2(connection->database, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail_sqlite(err, connection->database, sql);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return fail(err, ERROR_IO, "%s: no " TALLY_NAME " in table meta",
                    sqlite3_db_filename(connection->database, "main"));
    row_read(connection, statement, &row, &good);
    if (!good)
        return fail(err, ERROR_IO,
                    "%s: row " TALLY_NAME " of table meta was changed by something "
                    "else",
                    sqlite3_db_filename(connection->database, "main"));
    for (size_t kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const uint8_t *line = (const uint8_t *)row.meta.value.bytes + kind * LINE_SIZE;

        if ((kind + 1) * LINE_SIZE > row.meta.value.size)
            break;
        memcpy(&tally.lines[kind].count, line, sizeof(tally.lines[kind].count));
        tally.lines[kind].sum = number_of(line + sizeof(tally.lines[kind].count));
    }
    connection->tally = tally;
    return true;
}

void tally_watch(struct connection *connection)
{
    sqlite3_preupdate_hook(connection->database, on_change, connection);
}

static void compare(enum row_kind kind, const struct tally_line *kept,
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
        compare((enum row_kind)kind, &connection->tally.lines[kind], &found, on_finding, owner);
    }
    return true;
}
