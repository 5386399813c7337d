/* store_postgres_inside.h - what the files of the PostgreSQL store share
 *
 * Its tables lie in a schema of their own.  Tables and statements follow from the rows' shapes
 * (row.h): a kind of row that is added there is here as well.
 *
 * Owns: connections and texts.  Threads: as store.h says.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_STORE_POSTGRES_INSIDE_H
#define SCHEDULER_STORE_POSTGRES_INSIDE_H

#include "base/postgres.h"
#include "scheduler/store_inside.h"

#define POSTGRES_SCHEMA "tequio"

/* Of a line of the audit log what it said can go; its digest stays. */
#define POSTGRES_AUDIT_KEEP                                                         \
    "CREATE TRIGGER audit_keep BEFORE DELETE OR TRUNCATE ON audit"                  \
    " EXECUTE FUNCTION keep();"                                                     \
    "CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit FOR EACH ROW"          \
    " WHEN (NOT (NEW.id = OLD.id AND NEW.at_us = OLD.at_us AND NEW.head = OLD.head" \
    " AND NEW.principal = '' AND NEW.act = 'erased')) EXECUTE FUNCTION keep();"

/* There was none of an earlier version in PostgreSQL. */
#define POSTGRES_SCHEMA_FIRST 11

/* Of each kind; `put` replaces none of those that are put once, `replace` any.  `old` reads the MACs of
 * rows that are going to be replaced.  The values of the first five are lists, one for each column. */
struct postgres_sql {
    char *put, *replace, *old, *remove, *trim, *find, *all;
};

/* A connection, and the bytes of the row at hand. */
struct postgres_lane {
    struct postgres *postgres;
    const uint8_t *mac_key;
    struct buffer canonical;
};

struct leadership;

struct postgres_store {
    struct store store;
    char *name, *directory;
    int lock;
    int64_t term; /* of ours in table leader */
    uint8_t mac_key[MAC_KEY_SIZE];
    struct postgres_lane writer;
    struct postgres_lane lanes[LANE_COUNT];
    struct leadership *leadership;
    struct tally tally; /* as it would be committed */
    struct postgres_values values;
    struct postgres_sql sql[ROW_KIND_COUNT];
    char *query_sql[QUERY_KIND_COUNT];
};

/* store_postgres_sql.c */
void postgres_sql_make(struct postgres_store *store);
void postgres_sql_clear(struct postgres_store *store);
void postgres_print_table(enum row_kind kind, struct buffer *sql);
bool postgres_is_put_once(enum row_kind kind);

/* store_postgres_schema.c: new, or refused when it is of a version that has no step to this one. */
bool postgres_schema_is_there(struct postgres *postgres, bool *ret_there, struct error *err);
bool postgres_schema_make(struct postgres_store *store, const struct store_place *place,
                          struct error *err);
bool postgres_fail_filling(const struct postgres *postgres, struct error *err);
bool postgres_schema_version(struct postgres *postgres, int64_t *ret_version, struct error *err);
bool postgres_schema_check(struct postgres *postgres, finding_fn *on_finding, void *owner,
                           struct error *err);

/* store_postgres_upgrade.c: of an earlier version, by who leads; the tally is read. */
bool postgres_schema_bring_up(struct postgres_store *store, struct error *err);

/* store_postgres_write.c */
bool postgres_commit(struct store *store, const struct batch *batch, struct error *err);
bool postgres_put_meta(struct postgres_store *store, const char *name, struct bytes value,
                       struct error *err);
bool postgres_put_tally(struct postgres_store *store, struct error *err);
bool postgres_commit_unhurried(struct postgres *postgres, struct error *err);

/* store_postgres_leader.c: one scheduler at a time holds the lease, under a term of its own.  Each
 * transaction that writes looks that the term is still its own, and keeps it from being changed
 * until it is through: so a scheduler that was stopped for long cannot write any more, and what
 * it wrote was read by the next one.  A lock of the session that ends with it lets the next one
 * begin as soon as a process is gone; the lease is for those that hang. */
bool leadership_take(struct postgres_store *store, const struct store_place *place,
                     struct error *err);
void leadership_end(struct leadership *leadership);

/* store_postgres.c */
void postgres_row_read(struct postgres_lane *lane, const struct postgres_rows *rows, size_t at,
                       struct row *ret_row, bool *ret_good);
bool postgres_tally_read(struct postgres_lane *lane, struct tally *ret_tally, struct error *err);

#endif
