/* store_sqlite_inside.h - what the files of the SQLite store share
 *
 * Each connection belongs to one thread at a time and keeps its statements prepared; SQL is
 * constant text everywhere (store_sqlite_sql.c).
 *
 * Owns: connections and statements.  Threads: as store.h says.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_STORE_SQLITE_INSIDE_H
#define SCHEDULER_STORE_SQLITE_INSIDE_H

#include "base/digest.h"
#include "scheduler/store_inside.h"

#define SQLITE_ENABLE_PREUPDATE_HOOK /* the tally's; configure looks whether SQLite has it */
#include <sqlite3.h>

DEFINE_CLEANUP(sqlite3 *, sqlite3_close)
DEFINE_CLEANUP(sqlite3_stmt *, sqlite3_finalize)

struct connection {
    sqlite3 *database;
    const uint8_t *mac_key;
    struct tally tally;    /* the writer's: of what it would commit */
    bool tallying;         /* the tally itself is being written, and not counted */
    enum row_kind writing; /* at the moment, with this MAC */
    uint8_t mac[MAC_SIZE];
    struct buffer canonical; /* of the row at hand */
    sqlite3_stmt *begin, *commit, *epoch;
    sqlite3_stmt *put[ROW_KIND_COUNT], *remove[ROW_KIND_COUNT], *trim[ROW_KIND_COUNT];
    sqlite3_stmt *replace[ROW_KIND_COUNT];
    sqlite3_stmt *find[ROW_KIND_COUNT], *all[ROW_KIND_COUNT];
    sqlite3_stmt *query[QUERY_KIND_COUNT];
};

struct sqlite_store {
    struct store store;
    char *name;
    char *directory;
    char *path;
    char *key_path;
    int lock;
    uint8_t mac_key[MAC_KEY_SIZE];
    struct connection writer;
    struct connection lanes[LANE_COUNT];
};

/* store_sqlite_sql.c */
struct row_sql {
    const char *put, *remove, *trim, *replace, *find, *all;
};
extern const struct row_sql row_sql[ROW_KIND_COUNT];

/* store_sqlite_connection.c: errors always say which file. */
bool fail_sqlite(struct error *err, sqlite3 *database, const char *what);
#ifdef __clang_analyzer__ /* as in base/error.h */
#define fail_sqlite(...) ((fail_sqlite)(__VA_ARGS__), false)
#endif
bool connection_open(struct connection *connection, const char *path, int flags,
                     const uint8_t *mac_key, struct error *err);
void connection_close(struct connection *connection);
bool connection_execute(struct connection *connection, const char *sql, struct error *err);

/* A statement prepared once and kept at *place; NULL on error. */
sqlite3_stmt *connection_prepare(struct connection *connection, sqlite3_stmt **place,
                                 const char *sql, struct error *err);

/* From now on: no ATTACH, no change of the schema, nothing but additions to the books. */
void connection_restrict(struct connection *connection);

/* store_sqlite_row.c */
bool row_write(struct connection *connection, const struct write *write, struct error *err);
bool row_bind_key(sqlite3_stmt *statement, const struct row *row);
void row_read(struct connection *connection, sqlite3_stmt *statement, struct row *ret_row,
              bool *ret_good);

/* store_sqlite_schema.c: new, migrated or refused. */
bool schema_bring_up(struct connection *connection, const char *path, const char *network,
                     struct error *err);
bool schema_check(struct connection *connection, finding_fn *on_finding, void *owner,
                  struct error *err);
bool meta_number(struct connection *connection, const char *name, int64_t *ret_number,
                 struct error *err);
bool meta_put(struct connection *connection, const char *name, const void *bytes, size_t size,
              struct error *err);

/* Part of a step that SQL alone cannot do. */
typedef bool schema_step_fn(struct connection *connection, struct error *err);

/* store_sqlite_books.c: the steps from versions 10, 11 and 12. */
extern const char books_sql[], seal_sql[], erasure_sql[], series_sql[];
schema_step_fn books_gather;

/* From this version on the kinds of rows have their order, and each step makes the tally anew, so that
 * the next can look whether it holds. */
#define VERSION_OF_TALLY 11

/* store_sqlite_tally.c: made from the rows as they are in that version; read; written; kept from now
 * on. */
bool tally_make(struct connection *connection, int64_t version, struct error *err);
bool tally_read(struct connection *connection, struct error *err);
bool tally_write(struct connection *connection, struct error *err);

/* Of a database of an earlier version, whose steps make the tally anew: what it does not know must
 * not become good by that. */
bool tally_check_before(struct connection *connection, int64_t version, const char *path,
                        struct error *err);
void tally_watch(struct connection *connection);
bool tally_check(struct connection *connection, finding_fn *on_finding, void *owner,
                 struct error *err);

/* store_sqlite_care.c */
bool sqlite_backup(struct store *store, const char *path, uint64_t *ret_size, struct error *err);
bool sqlite_check(struct store *store, finding_fn *on_finding, void *owner, struct error *err);
bool sqlite_wipe(struct store *store, struct error *err);
bool sqlite_hold_still(struct store *store, struct error *err);
void sqlite_go_on(struct store *store);

/* store_sqlite_space.c: the reserve is given up or made by measuring; only given up by finding
 * room for a start. */
bool space_measure(struct store *store, uint64_t *ret_free, uint64_t *ret_all);
void space_find(const struct sqlite_store *store);

/* store_sqlite.c */
const char *network_file_system(unsigned type); /* of statfs(2), its name; NULL: none */

#endif
