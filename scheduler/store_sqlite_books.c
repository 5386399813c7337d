/* store_sqlite_books.c - the steps to versions 11 to 13: what an attempt used is in its transaction,
 * and who in a table apart
 *
 * Before there were three tables: txn with the text that the chain hashes, usage and priced with
 * what is in that text.  Now a charge is one row, which its text follows from. */

#include "scheduler/booking_rows.h"
#include "scheduler/store_sqlite_inside.h"

#include <string.h>

/* txn becomes old_txn, out of which books_gather() makes the new one.  A chain lies in one piece:
 * `place` is the chain's number, then the transaction's in it.  Rows of attempts have no key:
 * that each is posted once is seen to by what it is. */
const char books_sql[] =
    "DROP TRIGGER txn_keep_update; DROP TRIGGER txn_keep_delete; DROP INDEX txn_cause;"
    "ALTER TABLE txn RENAME TO old_txn;"
    "CREATE TABLE txn ("
    "  id INTEGER NOT NULL UNIQUE, chain INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL, institution TEXT NOT NULL, at_us INTEGER NOT NULL,"
    "  head BLOB NOT NULL, txn_key TEXT NOT NULL, text TEXT NOT NULL, job INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL, slice INTEGER NOT NULL, project TEXT NOT NULL,"
    "  user TEXT NOT NULL, cluster TEXT NOT NULL, partition TEXT NOT NULL,"
    "  submit_us INTEGER NOT NULL, eligible_us INTEGER NOT NULL, start_us INTEGER NOT NULL,"
    "  end_us INTEGER NOT NULL, nodes INTEGER NOT NULL, cores INTEGER NOT NULL,"
    "  wall_us INTEGER NOT NULL, cpu_used_us INTEGER NOT NULL, memory INTEGER NOT NULL,"
    "  memory_peak INTEGER NOT NULL, charged INTEGER NOT NULL, waived INTEGER NOT NULL,"
    "  listed INTEGER NOT NULL, factor_ppm INTEGER NOT NULL, card INTEGER NOT NULL,"
    "  gpus INTEGER NOT NULL, qos_ppm INTEGER NOT NULL, state TEXT NOT NULL, mac BLOB NOT NULL,"
    "  place INTEGER PRIMARY KEY CHECK (place = (chain << 32) + sequence)) STRICT;"
    "CREATE UNIQUE INDEX txn_job ON txn(job, attempt, slice) WHERE job > 0;"
    "CREATE UNIQUE INDEX txn_cause ON txn(txn_key) WHERE job = 0;"
    "CREATE UNIQUE INDEX txn_first ON txn(institution) WHERE sequence = 1;"
    "CREATE INDEX txn_used ON txn(institution, end_us) WHERE job > 0;"
    "CREATE TRIGGER txn_keep_update BEFORE UPDATE ON txn"
    " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;"
    "CREATE TRIGGER txn_keep_delete BEFORE DELETE ON txn"
    " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;";

/* To version 12: whom the seals in them stand for, apart from them. */
const char seal_sql[] =
    "CREATE TABLE seal ("
    "  name TEXT PRIMARY KEY, seal TEXT NOT NULL, salt BLOB NOT NULL, made_us INTEGER NOT NULL,"
    "  mac BLOB NOT NULL) STRICT, WITHOUT ROWID;";

/* To version 13: who is to be erased.  Of a line of the audit log what it said can go; its digest, which
 * the chain goes on from, stays. */
const char erasure_sql[] =
    "CREATE TABLE erasure ("
    "  name TEXT PRIMARY KEY, reason TEXT NOT NULL, made_by TEXT NOT NULL,"
    "  made_us INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "DROP TRIGGER audit_keep_update;"
    "CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit"
    " WHEN NOT (NEW.id = OLD.id AND NEW.at_us = OLD.at_us AND NEW.head = OLD.head"
    " AND NEW.principal = '' AND NEW.act = 'erased')"
    " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;";

/* To version 14. */
const char series_sql[] =
    "CREATE TABLE series ("
    "  job INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, samples TEXT NOT NULL,"
    "  mac BLOB NOT NULL) STRICT;";

/* `place` had the number of the chain in it already. */
static const char old_sql[] =
    "SELECT id, txn_key, kind, institution, sequence, at_us, canonical, head, place >> 32,"
    "  mac = mac_of('txn', id, txn_key, kind, institution, sequence, at_us, canonical, leaf, head)"
    " FROM old_txn ORDER BY place";

static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text ? text : "";
}

static struct txn_row read_old(sqlite3_stmt *statement)
{
    return (struct txn_row){
        .id = sqlite3_column_int64(statement, 0),
        .chain = sqlite3_column_int64(statement, 8),
        .sequence = sqlite3_column_int64(statement, 4),
        .kind = sqlite3_column_int64(statement, 2),
        .institution = text_of(statement, 3),
        .at_us = sqlite3_column_int64(statement, 5),
        .head = {sqlite3_column_blob(statement, 7), (size_t)sqlite3_column_bytes(statement, 7)},
        .txn_key = text_of(statement, 1),
        .text = text_of(statement, 6),
        .project = "",
        .user = "",
        .cluster = "",
        .partition = "",
        .state = "",
    };
}

/* Into the columns; the text goes only if it follows from them. */
static bool take_usage(struct txn_row *row, struct usage *usage, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct txn_row without;

    buffer_init(&text);
    if (!usage_read_canonical(row->text, usage))
        return fail(err, ERROR_IO, "transaction %s has a damaged text", row->txn_key);
    booking_put_usage(row, usage);
    without = *row;
    without.txn_key = without.text = "";
    booking_print_text(&without, &text);
    if (strcmp(text.bytes, row->text) == 0)
        *row = without;
    return true;
}

static bool gather(struct connection *connection, sqlite3_stmt *statement, struct error *err)
{
    struct write write = {
        .verb = WRITE_PUT,
        .row = {.kind = ROW_TXN, .txn = read_old(statement)},
    };
    struct txn_row *row = &write.row.txn;
    struct usage usage;

    if (sqlite3_column_int(statement, 9) != 1)
        return fail(err, ERROR_IO,
                    "transaction %s was changed by something else than tequio-scheduler: restore a "
                    "backup",
                    row->txn_key);
    if (txn_posts_usage((enum txn_kind)row->kind) && !take_usage(row, &usage, err))
        return false;
    return row_write(connection, &write, err);
}

bool books_gather(struct connection *connection, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    int code;

    if (sqlite3_prepare_v2(connection->database, old_sql, -1, &statement, NULL) != SQLITE_OK)
        return fail_sqlite(err, connection->database, old_sql);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (!gather(connection, statement, err))
            return false;
    if (code != SQLITE_DONE)
        return fail_sqlite(err, connection->database, old_sql);
    sqlite3_finalize(STEAL(statement));
    return connection_execute(connection, "DROP TABLE old_txn; DROP TABLE usage; DROP TABLE priced",
                              err);
}
