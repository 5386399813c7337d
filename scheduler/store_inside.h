/* store_inside.h - what the implementations of the store share
 *
 * The rows, their MACs, the tally, the key that all rests on, the questions and where counting
 * goes on are the same in every database; how a row is written and read is not.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_STORE_INSIDE_H
#define SCHEDULER_STORE_INSIDE_H

#include "base/buffer.h"
#include "base/digest.h"
#include "scheduler/store.h"

#define SCHEMA_VERSION 14

/* store_key.c: the key of all MACs lies in DIRECTORY/row.key, apart from a database that may be
 * copied.  It is made before the database, as row.key.first, and has its name only when the
 * database is whole: so a key of that name without a database tells that one was lost, and a
 * first start that ends early goes on with the next. */
struct row_key_place {
    const char *directory;
    const char *database; /* what it is called in errors */
    bool is_there;        /* the database, though it may be empty */
    bool has_content;
};
bool row_key_find(const struct row_key_place *place, uint8_t ret_key[MAC_KEY_SIZE],
                  struct error *err);
bool row_key_keep(const char *directory, struct error *err);
bool row_key_read(const char *path, uint8_t ret_key[MAC_KEY_SIZE], struct error *err);

/* The lock goes with the process, whatever ends it. */
bool directory_lock(const char *directory, int *ret_lock, struct error *err);

/* store_tally.c: of each table the number of rows, and the sum of their MACs modulo 2^128.  A
 * row's MAC says nothing of a row that is gone, or that was put back as it was some time ago.  The
 * tally does: it is kept in table meta, under a MAC of its own, and changes in the transaction
 * that changes the rows. */
struct tally_line {
    uint64_t count;
    unsigned __int128 sum;
};

struct tally {
    bool changed; /* since it was written */
    struct tally_line lines[ROW_KIND_COUNT];
};

#define TALLY_NAME "tally"
#define TALLY_SIZE (ROW_KIND_COUNT * (sizeof(uint64_t) + MAC_SIZE))

/* A MAC that is none of ours (of another size) counts all the same: it will not add up. */
void tally_add(struct tally_line *line, const void *mac, size_t size);
void tally_take(struct tally_line *line, const void *mac, size_t size);
void tally_print(const struct tally *tally, uint8_t ret_bytes[TALLY_SIZE]);

/* Kinds that came later than the tally was written have no rows yet. */
void tally_parse(struct bytes bytes, struct tally *ret_tally);
bool tally_fail_row(struct error *err, const char *database);
void tally_compare(enum row_kind kind, const struct tally_line *kept,
                   const struct tally_line *found, finding_fn *on_finding, void *owner);

/* store_query.c: ?1 text or bytes, ?2 from, ?3 until, ?4 after; in the SQL of SQLite, of which
 * that of PostgreSQL follows. */
extern const char *const query_sql[QUERY_KIND_COUNT];
enum row_kind query_row_kind(const struct query *query);

/* store_query.c: one row of what struct marks_found has, in its order. */
extern const char marks_sql[];
struct marks_found {
    struct bytes lineage, epoch, id_epoch, audit_head; /* audit_head: empty before the first */
    int64_t last_job, last_spec, last_script, last_txn, last_grant, last_audit;
};
bool marks_make(const struct marks_found *found, const char *database,
                const uint8_t mac_key[MAC_KEY_SIZE], struct store_marks *ret_marks,
                struct error *err);

/* store_query.c: the MAC of a row. */
void row_mac_with(const uint8_t mac_key[MAC_KEY_SIZE], const struct row *row,
                  struct buffer *scratch, uint8_t ret_mac[MAC_SIZE]);

/* "... was changed by something else"; false. */
bool store_fail_row(struct error *err, const struct store *store, const struct row *row);
bool store_fail_epoch(struct error *err, int64_t found, int64_t epoch);

#endif
