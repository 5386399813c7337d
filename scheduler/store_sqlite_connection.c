/* store_sqlite_connection.c - a connection to the database and what it may do */

#include "scheduler/store_sqlite_inside.h"

#include <string.h>

/* How long to wait for somebody who holds the database: a person with a shell, at most. */
#define BUSY_MS 30000

bool(fail_sqlite)(struct error *err, sqlite3 *database, const char *what)
{
    const char *file = database ? sqlite3_db_filename(database, "main") : NULL;

    if (!database)
        return fail(err, ERROR_IO, "%s: SQLite has no memory", what);
    return fail(err, ERROR_IO, "%s: %s: %s (SQLite %d)", file ? file : "database", what,
                sqlite3_errmsg(database), sqlite3_extended_errcode(database));
}

bool connection_execute(struct connection *connection, const char *sql, struct error *err)
{
    if (sqlite3_exec(connection->database, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return fail_sqlite(err, connection->database, "execute");
}

sqlite3_stmt *connection_prepare(struct connection *connection, sqlite3_stmt **place,
                                 const char *sql, struct error *err)
{
    if (*place)
        return *place;
    if (!sql) {
        fail(err, ERROR_INTERNAL, "the store has no statement for that");
        return NULL;
    }
    if (sqlite3_prepare_v3(connection->database, sql, -1, SQLITE_PREPARE_PERSISTENT, place, NULL) !=
        SQLITE_OK) {
        fail_sqlite(err, connection->database, sql);
        return NULL;
    }
    return *place;
}

/* SQL in the database file itself (triggers, views) can do nothing but what schema.sql has. */
static bool configure(sqlite3 *database, struct error *err)
{
    if (sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
        sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK ||
        sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(database, BUSY_MS) != SQLITE_OK)
        return fail_sqlite(err, database, "configure");
    sqlite3_extended_result_codes(database, 1);
    return true;
}

bool connection_open(struct connection *connection, const char *path, int flags,
                     const uint8_t *mac_key, struct error *err)
{
    CLEANUP(sqlite3_closep) sqlite3 *database = NULL;

    if (sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return fail_sqlite(err, database, "open");
    if (!configure(database, err))
        return false;
    *connection = (struct connection){.mac_key = mac_key};
    buffer_init(&connection->canonical);
    connection->database = STEAL(database);
    if (!connection_execute(connection,
                            "PRAGMA cell_size_check = ON;"
                            "PRAGMA mmap_size = 0;"
                            "PRAGMA temp_store = MEMORY;"
                            "PRAGMA cache_size = -32768;",
                            err)) {
        connection_close(connection);
        return false;
    }
    return true;
}

static void finalize_all(sqlite3_stmt **statements, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sqlite3_finalize(statements[i]);
}

void connection_close(struct connection *connection)
{
    if (!connection->database)
        return;
    sqlite3_finalize(connection->begin);
    sqlite3_finalize(connection->commit);
    sqlite3_finalize(connection->epoch);
    finalize_all(connection->put, ROW_KIND_COUNT);
    finalize_all(connection->remove, ROW_KIND_COUNT);
    finalize_all(connection->trim, ROW_KIND_COUNT);
    finalize_all(connection->replace, ROW_KIND_COUNT);
    finalize_all(connection->find, ROW_KIND_COUNT);
    finalize_all(connection->all, ROW_KIND_COUNT);
    finalize_all(connection->query, QUERY_KIND_COUNT);
    sqlite3_close(connection->database);
    buffer_clear(&connection->canonical);
    *connection = (struct connection){0};
}

static bool is_kept_for_ever(const char *table)
{
    static const char *const names[] = {"txn",    "usage",         "audit",
                                        "priced", "sqlite_master", "sqlite_schema"};

    for (size_t i = 0; table && i < COUNT_OF(names); i++)
        if (strcmp(table, names[i]) == 0)
            return true;
    return false;
}

static int authorize(void *owner, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    (void)owner;
    (void)second;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_INSERT:
    case SQLITE_TRANSACTION:
        return SQLITE_OK;
    case SQLITE_UPDATE:
        if (first && strcmp(first, "audit") == 0)
            return SQLITE_OK; /* a trigger lets a line be erased, and nothing else */
        return is_kept_for_ever(first) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_DELETE:
        return is_kept_for_ever(first) ? SQLITE_DENY : SQLITE_OK;
    default: /* ATTACH, CREATE, DROP, ALTER, PRAGMA and what later versions bring */
        return SQLITE_DENY;
    }
}

void connection_restrict(struct connection *connection)
{
    sqlite3_set_authorizer(connection->database, authorize, NULL);
}
