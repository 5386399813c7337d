/* store_sqlite_schema.c - the database made, brought up to this version, or refused */

#include "base/parse.h"
#include "base/random.h"
#include "scheduler/store_sqlite_inside.h"

#include <inttypes.h>
#include <string.h>

/* PRAGMA application_id: "TEQ1".  Another program's database has another. */
#define APPLICATION_ID 1413829937

static const char schema_sql[] =
#include "scheduler/schema.sql.h"
    ;

/* Step i brings a database of version i to i + 1, in one transaction. */
static const char *const steps[SCHEMA_VERSION] = {
    schema_sql,
};

static bool read_number(struct connection *connection, const char *sql, int64_t *ret_number,
                        struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(connection->database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return fail_sqlite(err, connection->database, sql);
    *ret_number = sqlite3_column_int64(statement, 0);
    return true;
}

bool meta_put(struct connection *connection, const char *name, const void *bytes, size_t size,
              struct error *err)
{
    const struct write write = {
        .verb = WRITE_PUT,
        .row = {.kind = ROW_META, .meta = {.name = name, .value = {bytes, size}}},
    };

    return row_write(connection, &write, err);
}

bool meta_number(struct connection *connection, const char *name, int64_t *ret_number,
                 struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    const char *sql = "SELECT CAST(value AS TEXT) FROM meta WHERE name = ?";
    uint64_t number;

    if (sqlite3_prepare_v2(connection->database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return fail(err, ERROR_IO, "%s: no %s in table meta",
                    sqlite3_db_filename(connection->database, "main"), name);
    if (!parse_u64((const char *)sqlite3_column_text(statement, 0), 0, INT64_MAX, &number, err))
        return fail_in(err, "table meta: %s", name);
    *ret_number = (int64_t)number;
    return true;
}

static bool meta_put_number(struct connection *connection, const char *name, int64_t number,
                            struct error *err)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    return meta_put(connection, name, text, strlen(text), err);
}

/* What a new database begins with. */
static bool fill_meta(struct connection *connection, const char *network, struct error *err)
{
    uint8_t lineage[LINEAGE_SIZE];

    random_fill(lineage, sizeof(lineage));
    return meta_put(connection, "lineage", lineage, sizeof(lineage), err) &&
           meta_put(connection, "network", network, strlen(network), err) &&
           meta_put_number(connection, "epoch", 0, err) &&
           meta_put_number(connection, "id_epoch", 1, err) &&
           meta_put_number(connection, "clean_stop", 1, err);
}

static bool do_step(struct connection *connection, int64_t version, const char *network,
                    struct error *err)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "PRAGMA user_version = %" PRId64, version + 1);
    return connection_execute(connection, steps[version], err) &&
           (version > 0 || fill_meta(connection, network, err)) &&
           meta_put_number(connection, "schema", version + 1, err) &&
           connection_execute(connection, sql, err);
}

static bool step_up(struct connection *connection, int64_t version, const char *network,
                    struct error *err)
{
    struct error ignored;

    if (!connection_execute(connection, "BEGIN IMMEDIATE", err))
        return false;
    if (do_step(connection, version, network, err) && connection_execute(connection, "COMMIT", err))
        return true;
    connection_execute(connection, "ROLLBACK", &ignored);
    return fail_in(err, "schema %" PRId64, version + 1);
}

static bool check_owner(struct connection *connection, const char *path, struct error *err)
{
    int64_t application, tables;

    if (!read_number(connection, "PRAGMA application_id", &application, err) ||
        !read_number(connection, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return false;
    if (application == APPLICATION_ID)
        return true;
    if (tables > 0)
        return fail(err, ERROR_CONFLICT, "%s: a database, but not one of tequio-scheduler", path);
    return true;
}

/* WAL and its durability; both last for the connection, the first also in the file. */
static bool set_durability(struct connection *connection, struct error *err)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", APPLICATION_ID);
    return connection_execute(connection,
                              "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA wal_autocheckpoint = 4000;"
                              "PRAGMA journal_size_limit = 67108864;",
                              err) &&
           connection_execute(connection, sql, err);
}

static bool check_pages(struct connection *connection, const char *path, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    const char *text;

    if (sqlite3_prepare_v2(connection->database, "PRAGMA quick_check(1)", -1, &statement, NULL) !=
            SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return fail_sqlite(err, connection->database, "quick_check");
    text = (const char *)sqlite3_column_text(statement, 0);
    if (text && strcmp(text, "ok") == 0)
        return true;
    return fail(err, ERROR_IO, "%s is damaged: %s; restore a backup", path, text ? text : "?");
}

bool schema_bring_up(struct connection *connection, const char *path, const char *network,
                     struct error *err)
{
    int64_t version;

    if (!check_owner(connection, path, err) ||
        !read_number(connection, "PRAGMA user_version", &version, err))
        return false;
    if (version > SCHEMA_VERSION)
        return fail(err, ERROR_CONFLICT,
                    "%s has schema %" PRId64 ", this program knows up to %d: install the newer "
                    "tequio-scheduler",
                    path, version, SCHEMA_VERSION);
    if (!check_pages(connection, path, err) || !set_durability(connection, err))
        return false;
    for (; version < SCHEMA_VERSION; version++)
        if (!step_up(connection, version, network, err))
            return fail_in(err, "%s", path);
    return true;
}
