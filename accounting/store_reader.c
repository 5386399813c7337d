/* store_reader.c - what the accounting service reads of the scheduler's database */

#include "accounting/store_reader.h"

#include "accounting/store_reader_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a later version too: each statement names the columns that it reads, and fails when one is
 * not there. */
#define SCHEMA_LEAST 11
#define BUSY_MS      5000

bool reader_fail(struct store_reader *reader, const char *what, struct error *err)
{
    return fail(err, ERROR_IO, "%s: %s", what, sqlite3_errmsg(reader->database));
}

sqlite3_stmt *reader_prepare(struct store_reader *reader, const char *sql, struct error *err)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(reader->database, sql, -1, &statement, NULL) == SQLITE_OK)
        return statement;
    reader_fail(reader, "read the database", err);
    return NULL;
}

const char *reader_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text ? text : "";
}

static bool check_schema(struct store_reader *reader, const char *path, struct error *err)
{
    CLEANUP(memory_freep) char *schema = store_reader_meta(reader, "schema");

    if (!schema)
        return fail(err, ERROR_INVALID, "%s is not a database of tequio-scheduler", path);
    if (strtol(schema, NULL, 10) < SCHEMA_LEAST)
        return fail(err, ERROR_INVALID,
                    "%s has schema version %s, this program reads %d and later: start the "
                    "scheduler of the same version once",
                    path, schema, SCHEMA_LEAST);
    return true;
}

struct store_reader *store_reader_open(const char *path, struct error *err)
{
    CLEANUP(store_reader_freep) struct store_reader *reader = NEW(struct store_reader);

    if (sqlite3_open_v2(path, &reader->database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        fail(err, ERROR_IO, "open %s: %s", path, sqlite3_errmsg(reader->database));
        return NULL;
    }
    sqlite3_busy_timeout(reader->database, BUSY_MS);
    sqlite3_exec(reader->database, "PRAGMA trusted_schema=OFF; PRAGMA query_only=ON;", NULL, NULL,
                 NULL);
    if (!check_schema(reader, path, err))
        return NULL;
    return STEAL(reader);
}

void store_reader_free(struct store_reader *reader)
{
    if (!reader)
        return;
    sqlite3_close(reader->database);
    free(reader);
}

bool store_reader_changed(struct store_reader *reader)
{
    struct error ignored;
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    int64_t version;

    statement = reader_prepare(reader, "PRAGMA data_version", &ignored);
    if (!statement || sqlite3_step(statement) != SQLITE_ROW)
        return true;
    version = sqlite3_column_int64(statement, 0);
    if (reader->seen && version == reader->version)
        return false;
    reader->seen = true;
    reader->version = version;
    return true;
}

char *store_reader_meta(struct store_reader *reader, const char *name)
{
    struct error ignored;
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    size_t size;
    char *text;

    statement = reader_prepare(reader, "SELECT value FROM meta WHERE name = ?1", &ignored);
    if (!statement)
        return NULL;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return NULL;
    size = (size_t)sqlite3_column_bytes(statement, 0);
    text = memory_get(size + 1, 1);
    if (size > 0)
        memcpy(text, sqlite3_column_blob(statement, 0), size);
    return text;
}

static bool load_principals(struct store_reader *reader, struct identities *identities,
                            struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement =
        reader_prepare(reader, "SELECT name, institution, cluster, roles FROM principal", err);
    if (!statement)
        return false;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *institution = reader_text(statement, 1);
        const char *cluster = reader_text(statement, 2);
        struct principal principal = {
            .name = (char *)(uintptr_t)reader_text(statement, 0),
            .institution = *institution ? (char *)(uintptr_t)institution : NULL,
            .cluster = *cluster ? (char *)(uintptr_t)cluster : NULL,
            .roles = (unsigned)sqlite3_column_int(statement, 3),
        };

        identities_put(identities, &principal);
    }
    return true;
}

static bool load_keys(struct store_reader *reader, struct identities *identities, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement =
        reader_prepare(reader, "SELECT public_key, name, is_node, revoked_us FROM public_key", err);
    if (!statement)
        return false;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *key = reader_text(statement, 0);

        if (sqlite3_column_int64(statement, 3) != 0)
            identities_revoke_key(identities, key);
        else if (!identities_bind_key(identities, key, reader_text(statement, 1),
                                      sqlite3_column_int(statement, 2) != 0, err))
            return false;
    }
    return true;
}

bool store_reader_identities(struct store_reader *reader, struct identities *identities,
                             struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    if (!load_principals(reader, identities, err) || !load_keys(reader, identities, err))
        return false;
    statement = reader_prepare(reader, "SELECT uid, name FROM local_uid", err);
    if (!statement)
        return false;
    while (sqlite3_step(statement) == SQLITE_ROW)
        if (!identities_bind_uid(identities, (uid_t)sqlite3_column_int64(statement, 0),
                                 reader_text(statement, 1), err))
            return false;
    return true;
}

bool store_reader_institution(struct store_reader *reader, const char *name,
                              struct institution_row *ret_row, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement = reader_prepare(reader, "SELECT title, ror FROM institution WHERE name = ?1", err);
    if (!statement)
        return false;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return fail(err, ERROR_NOT_FOUND, "no institution %s in this network", name);
    ret_row->title = memory_copy(reader_text(statement, 0));
    ret_row->ror = memory_copy(reader_text(statement, 1));
    return true;
}

void institution_row_clear(struct institution_row *row)
{
    free(row->title);
    free(row->ror);
    *row = (struct institution_row){0};
}

static bool read_rate(sqlite3_stmt *statement, struct rate *ret_rate, struct error *err)
{
    struct rate rate = {
        .id = (uint64_t)sqlite3_column_int64(statement, 0),
        .prices = {(uint32_t)sqlite3_column_int64(statement, 5),
                   (uint32_t)sqlite3_column_int64(statement, 6),
                   (uint32_t)sqlite3_column_int64(statement, 7),
                   (uint32_t)sqlite3_column_int64(statement, 8)},
        .listed = sqlite3_column_int(statement, 9) != 0,
        .start_us = sqlite3_column_int64(statement, 10),
        .end_us = sqlite3_column_int64(statement, 11),
    };

    if (!rate_mode_parse(reader_text(statement, 4), &rate.mode, err))
        return fail_in(err, "rate card %llu", (unsigned long long)rate.id);
    snprintf(rate.cluster, sizeof(rate.cluster), "%s", reader_text(statement, 1));
    snprintf(rate.partition, sizeof(rate.partition), "%s", reader_text(statement, 2));
    snprintf(rate.qos, sizeof(rate.qos), "%s", reader_text(statement, 3));
    *ret_rate = rate;
    return true;
}

bool store_reader_rates(struct store_reader *reader, int64_t before_us, rate_fn *each, void *owner,
                        struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    struct rate rate;
    int code;

    statement =
        reader_prepare(reader,
                       "SELECT id, cluster, partition, qos, mode, core, gib, gpu, node, listed,"
                       " start_us, end_us, made_us FROM rate WHERE start_us < ?1 ORDER BY id",
                       err);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, before_us);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (!read_rate(statement, &rate, err) ||
            !each(owner, &rate, sqlite3_column_int64(statement, 12), err))
            return false;
    return code == SQLITE_DONE || reader_fail(reader, "read the rate cards", err);
}

/* What was refunded from `from_us` on: corrections are few, and have an index. */
static bool add_refunds(struct store_reader *reader, const char *institution, int64_t from_us,
                        int64_t *sum, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    int64_t amount;
    int code;

    statement = reader_prepare(reader,
                               "SELECT text FROM txn INDEXED BY txn_cause WHERE job = 0"
                               " AND txn_key >= 'RFD/' AND txn_key < 'RFD0' AND institution = ?1"
                               " AND at_us >= ?2",
                               err);
    if (!statement)
        return false;
    sqlite3_bind_text(statement, 1, institution, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, from_us);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!txn_first_amount(reader_text(statement, 0), &amount))
            return fail(err, ERROR_IO, "a refund of %s has a damaged text", institution);
        *sum += amount;
    }
    return code == SQLITE_DONE || reader_fail(reader, "add up the refunds", err);
}

/* What is charged until the period's end is what is charged in all, less what came later. */
bool store_reader_budget(struct store_reader *reader, const char *institution,
                         const struct period *period, int64_t *ret_granted, int64_t *ret_charged,
                         struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement =
        reader_prepare(reader,
                       "SELECT (SELECT coalesce(sum(amount), 0) FROM grant_ WHERE institution = ?1"
                       "  AND project = '' AND start_us < ?3 AND (end_us = 0 OR end_us > ?2)),"
                       " (SELECT coalesce(sum(charged), 0) FROM balance WHERE institution = ?1) -"
                       " (SELECT coalesce(sum(charged), 0) FROM txn WHERE institution = ?1"
                       "  AND job > 0 AND end_us >= ?3)",
                       err);
    if (!statement)
        return false;
    sqlite3_bind_text(statement, 1, institution, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, period->start_us);
    sqlite3_bind_int64(statement, 3, period->end_us);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return reader_fail(reader, "add up the budget", err);
    *ret_granted = sqlite3_column_int64(statement, 0);
    *ret_charged = sqlite3_column_int64(statement, 1);
    return add_refunds(reader, institution, period->end_us, ret_charged, err);
}
