/* notice_store_sqlite.c - which thresholds were crossed, and who is still to be told */

#include "accounting/notice_store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MS 5000

struct notice_store {
    sqlite3 *database;
};

DEFINE_CLEANUP(sqlite3_stmt *, sqlite3_finalize)

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
    "CREATE TABLE IF NOT EXISTS level ("
    "  institution TEXT NOT NULL, project TEXT NOT NULL, percent INTEGER NOT NULL,"
    "  PRIMARY KEY (institution, project)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS notice ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, institution TEXT NOT NULL,"
    "  project TEXT NOT NULL, percent INTEGER NOT NULL, granted INTEGER NOT NULL,"
    "  used INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS outbox ("
    "  id INTEGER PRIMARY KEY, notice INTEGER NOT NULL REFERENCES notice(id),"
    "  channel TEXT NOT NULL, address TEXT NOT NULL, tries INTEGER NOT NULL,"
    "  next_us INTEGER NOT NULL, sent_us INTEGER NOT NULL, why TEXT NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS outbox_due ON outbox(next_us) WHERE sent_us = 0;"
    "CREATE INDEX IF NOT EXISTS outbox_notice ON outbox(notice);";

static bool fail_sqlite(struct notice_store *store, const char *what, struct error *err)
{
    return fail(err, ERROR_IO, "%s: %s", what, sqlite3_errmsg(store->database));
}

static bool execute(struct notice_store *store, const char *sql, struct error *err)
{
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK ||
           fail_sqlite(store, "the database of notices", err);
}

static sqlite3_stmt *prepare(struct notice_store *store, const char *sql, struct error *err)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) == SQLITE_OK)
        return statement;
    fail_sqlite(store, "the database of notices", err);
    return NULL;
}

char *notice_store_path(const char *state_directory)
{
    return memory_format("%s/notices.db", state_directory);
}

struct notice_store *notice_store_open(const char *path, struct error *err)
{
    CLEANUP(notice_store_freep) struct notice_store *store = NEW(struct notice_store);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    if (sqlite3_open_v2(path, &store->database, flags, NULL) != SQLITE_OK) {
        fail(err, ERROR_IO, "open %s: %s", path, sqlite3_errmsg(store->database));
        return NULL;
    }
    sqlite3_busy_timeout(store->database, BUSY_MS);
    return execute(store, schema, err) ? STEAL(store) : NULL;
}

void notice_store_free(struct notice_store *store)
{
    if (!store)
        return;
    sqlite3_close(store->database);
    free(store);
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

static bool finish(struct notice_store *store, sqlite3_stmt *statement, struct error *err)
{
    return sqlite3_step(statement) == SQLITE_DONE ||
           fail_sqlite(store, "the database of notices", err);
}

bool notice_store_level(struct notice_store *store, const struct notice *of, unsigned *ret_percent,
                        struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    int code;

    statement =
        prepare(store, "SELECT percent FROM level WHERE institution = ?1 AND project = ?2", err);
    if (!statement)
        return false;
    bind_text(statement, 1, of->institution);
    bind_text(statement, 2, of->project);
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail_sqlite(store, "the database of notices", err);
    *ret_percent = code == SQLITE_ROW ? (unsigned)sqlite3_column_int(statement, 0) : 0;
    return true;
}

static bool put_level(struct notice_store *store, const struct notice *notice, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement = prepare(store, "INSERT OR REPLACE INTO level VALUES (?1, ?2, ?3)", err);
    if (!statement)
        return false;
    bind_text(statement, 1, notice->institution);
    bind_text(statement, 2, notice->project);
    sqlite3_bind_int64(statement, 3, notice->percent);
    return finish(store, statement, err);
}

static bool put_notice(struct notice_store *store, const struct notice *notice, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement = prepare(store,
                        "INSERT INTO notice (at_us, institution, project, percent, granted, used)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        err);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, notice->at_us);
    bind_text(statement, 2, notice->institution);
    bind_text(statement, 3, notice->project);
    sqlite3_bind_int64(statement, 4, notice->percent);
    sqlite3_bind_int64(statement, 5, notice->granted_micro);
    sqlite3_bind_int64(statement, 6, notice->used_micro);
    return finish(store, statement, err);
}

/* To the notice that was put last. */
static bool put_targets(struct notice_store *store, int64_t at_us,
                        const struct notice_target *targets, size_t count, struct error *err)
{
    sqlite3_int64 notice = sqlite3_last_insert_rowid(store->database);

    for (size_t i = 0; i < count; i++) {
        CLEANUP(sqlite3_finalizep)
        sqlite3_stmt *statement =
            prepare(store,
                    "INSERT INTO outbox (notice, channel, address, tries, next_us, sent_us, why)"
                    " VALUES (?1, ?2, ?3, 0, ?4, 0, '')",
                    err);

        if (!statement)
            return false;
        sqlite3_bind_int64(statement, 1, notice);
        bind_text(statement, 2, targets[i].channel);
        bind_text(statement, 3, targets[i].address);
        sqlite3_bind_int64(statement, 4, at_us);
        if (!finish(store, statement, err))
            return false;
    }
    return true;
}

bool notice_store_put(struct notice_store *store, const struct notice *notice,
                      const struct notice_target *targets, size_t count, struct error *err)
{
    struct error ignored;

    if (!execute(store, "BEGIN IMMEDIATE", err))
        return false;
    if (put_level(store, notice, err) &&
        (!targets || (put_notice(store, notice, err) &&
                      put_targets(store, notice->at_us, targets, count, err))) &&
        execute(store, "COMMIT", err))
        return true;
    (void)execute(store, "ROLLBACK", &ignored);
    return false;
}

/* --- the outbox ------------------------------------------------------------------------------ */

/* The columns of a notice, from the first on. */
static void read_notice(sqlite3_stmt *statement, int first, struct notice *notice)
{
    *notice = (struct notice){
        .id = (uint64_t)sqlite3_column_int64(statement, first),
        .at_us = sqlite3_column_int64(statement, first + 1),
        .percent = (unsigned)sqlite3_column_int(statement, first + 4),
        .granted_micro = sqlite3_column_int64(statement, first + 5),
        .used_micro = sqlite3_column_int64(statement, first + 6),
    };
    memory_put_text(notice->institution, sizeof(notice->institution),
                    (const char *)sqlite3_column_text(statement, first + 2));
    memory_put_text(notice->project, sizeof(notice->project),
                    (const char *)sqlite3_column_text(statement, first + 3));
}

bool notice_store_due(struct notice_store *store, int64_t now_us, struct delivery *ret_delivery,
                      struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement = prepare(store,
                        "SELECT outbox.id, channel, address, tries, notice.id, at_us, institution,"
                        " project, percent, granted, used FROM outbox JOIN notice"
                        " ON notice.id = outbox.notice WHERE sent_us = 0 AND next_us <= ?1"
                        " ORDER BY next_us, outbox.id LIMIT 1",
                        err);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, now_us);
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        break;
    case SQLITE_DONE:
        return false;
    default:
        return fail_sqlite(store, "the database of notices", err);
    }
    *ret_delivery = (struct delivery){.id = (uint64_t)sqlite3_column_int64(statement, 0),
                                      .tries = (unsigned)sqlite3_column_int(statement, 3)};
    memory_put_text(ret_delivery->channel, sizeof(ret_delivery->channel),
                    (const char *)sqlite3_column_text(statement, 1));
    memory_put_text(ret_delivery->address, sizeof(ret_delivery->address),
                    (const char *)sqlite3_column_text(statement, 2));
    read_notice(statement, 4, &ret_delivery->notice);
    return true;
}

bool notice_store_sent(struct notice_store *store, uint64_t delivery, int64_t at_us,
                       struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement = prepare(
        store, "UPDATE outbox SET sent_us = ?2, tries = tries + 1, why = '' WHERE id = ?1", err);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)delivery);
    sqlite3_bind_int64(statement, 2, at_us);
    return finish(store, statement, err);
}

bool notice_store_failed(struct notice_store *store, uint64_t delivery, int64_t next_us,
                         const char *why, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    statement = prepare(
        store, "UPDATE outbox SET next_us = ?2, tries = tries + 1, why = ?3 WHERE id = ?1", err);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)delivery);
    sqlite3_bind_int64(statement, 2, next_us);
    bind_text(statement, 3, why);
    return finish(store, statement, err);
}

bool notice_store_list(struct notice_store *store, const struct notice_query *query,
                       notice_fn *each, void *owner, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    struct notice notice;
    int code;

    statement =
        prepare(store,
                "SELECT id, at_us, institution, project, percent, granted, used,"
                " (SELECT count(*) FROM outbox WHERE outbox.notice = notice.id AND sent_us > 0),"
                " (SELECT count(*) FROM outbox WHERE outbox.notice = notice.id AND sent_us = 0)"
                " FROM notice WHERE id > ?1 AND (?2 = '' OR institution = ?2) ORDER BY id LIMIT ?3",
                err);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)query->after);
    bind_text(statement, 2, query->institution);
    sqlite3_bind_int64(statement, 3, query->most);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        read_notice(statement, 0, &notice);
        notice.sent = (unsigned)sqlite3_column_int(statement, 7);
        notice.waiting = (unsigned)sqlite3_column_int(statement, 8);
        each(owner, &notice);
    }
    return code == SQLITE_DONE || fail_sqlite(store, "the database of notices", err);
}
