/* store.h - where the truth is kept (a seam)
 *
 * One batch of writes is one transaction: all of it survives power loss, or none.  The store
 * knows rows (row.h) and a fixed list of queries; what they mean is the service's business.
 * Implementations: store_sqlite.c, store_postgres.c, and tests/lib/store_memory.c for the
 * simulator.
 *
 * After an error of commit() nothing more may be asked: the program ends, and the next start
 * reads what there is (docs/decisions).
 *
 * Owns: its file or connections.  Threads: commit() on the worker's; find() and query() of LANE_LOOP on the
 * loop's; query() of LANE_SLOW, backup() and check() on the second worker's.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_STORE_H
#define SCHEDULER_STORE_H

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "proto/arena.h"
#include "scheduler/row.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINEAGE_SIZE 16

enum write_verb {
    WRITE_PUT,    /* insert, or replace the row with the same key */
    WRITE_REMOVE, /* only the key columns count */
    WRITE_TRIM,   /* part: this number and above; request: as old as at_us, or older */
    WRITE_REPLACE /* what is else never changed: for erasing.c alone */
};
#define WRITE_VERB_COUNT (WRITE_REPLACE + 1)

struct write {
    enum write_verb verb;
    struct row row;
};

/* Writes copied out of the core, in the order in which they are to be done. */
struct batch {
    struct arena *arena;
    struct write *writes;
    size_t count, capacity;
    int64_t epoch; /* a batch of another epoch is refused: another scheduler has taken over */
};

void batch_init(struct batch *batch);
void batch_clear(struct batch *batch);
void batch_reset(struct batch *batch);
void batch_add(struct batch *batch, enum write_verb verb, const struct row *row);

enum query_kind {
    QUERY_ALL,          /* of the kind `row` */
    QUERY_JOBS_LIVE,    /* not ended; by id */
    QUERY_PARTS_LIVE,   /* of jobs not ended; by job and number */
    QUERY_SERIES_LIVE,  /* the same of series */
    QUERY_PARTS_OF,     /* of job `from` */
    QUERY_TXNS_GRANT,   /* both kinds of grants, transfers, ends of grants; each chain in order */
    QUERY_TXNS_OF_JOB,  /* what its attempts used: of job `from` */
    QUERY_TXNS_NAMING,  /* what `text` used, with the name itself: from before there were seals */
    QUERY_HEADS,        /* the last transaction of each institution */
    QUERY_SCRIPT,       /* by digest `bytes`; without the script itself, so never good */
    QUERY_JOBS_AFTER,   /* id above `after`; by id, as the three that follow */
    QUERY_JOBS_OF_USER, /* `text` */
    QUERY_JOBS_OF_PROJECT,
    QUERY_JOBS_ENDED, /* in [from, until) */
    QUERY_USAGE,      /* transactions of attempts that ended in [from, until) */
    QUERY_USAGE_OF,   /* the same of institution `text` */
    QUERY_KIND_COUNT
};

enum lane { LANE_LOOP, LANE_SLOW, LANE_COUNT };

struct query {
    enum query_kind kind;
    enum lane lane;
    enum row_kind row; /* QUERY_ALL */
    const char *text;
    struct bytes bytes;
    int64_t from, until, after;
};

/* One row, valid during the call; good: its MAC is right.  False: no more. */
typedef bool row_fn(void *owner, const struct row *row, bool good);

/* Something wrong with the file as such. */
typedef void finding_fn(void *owner, const char *text);

/* Where counting goes on. */
struct store_marks {
    uint8_t lineage[LINEAGE_SIZE];
    uint8_t token_seed[32]; /* secret, and the same at each start */
    int64_t epoch;          /* of the start before this one */
    int64_t next_job;
    int64_t last_spec, last_script, last_txn, last_grant, last_audit;
    struct digest audit_head; /* zeros before the first */
};

struct store {
    const char *name; /* "sqlite PATH", "postgresql HOST/DATABASE" */
    bool (*marks)(struct store *store, struct store_marks *ret_marks, struct error *err);
    bool (*commit)(struct store *store, const struct batch *batch, struct error *err);

    /* Fill the row that has this key; its texts go into the arena. */
    bool (*find)(struct store *store, struct row *row, struct arena *keep, bool *ret_found,
                 struct error *err);
    bool (*query)(struct store *store, const struct query *query, row_fn *on_row, void *owner,
                  struct error *err);

    /* A copy of the file as of now, at a path that must not exist, with its key beside it. */
    bool (*backup)(struct store *store, const char *path, uint64_t *ret_size, struct error *err);
    bool (*check)(struct store *store, finding_fn *on_finding, void *owner, struct error *err);

    /* Between these LANE_SLOW sees one state of the database, whatever is committed.  NULL: it
     * does anyway, since nothing is. */
    bool (*hold_still)(struct store *store, struct error *err);
    void (*go_on)(struct store *store);

    /* What was written over or removed is in the files no more, nor in what is kept of them (to find
     * rows quickly, to go on after a crash).  Takes long, and room for the database once more; nobody
     * else may be at work.  NULL: there are no files. */
    bool (*wipe)(struct store *store, struct error *err);

    /* Room left, in bytes and in all; whatever the store keeps in reserve is seen to, so ask now and
     * then.  NULL: as much as one likes. */
    bool (*measure)(struct store *store, uint64_t *ret_free, uint64_t *ret_all);
    void (*free)(struct store *store);
};

void store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free)

/* Where a store is, and what to do when another scheduler is at work on it. */
struct store_place {
    const char *directory; /* of the row key; one process at a time */
    const char *where;     /* "postgresql://…"; NULL: DIRECTORY/tequio.db */
    const char *network;   /* of a database that is made */

    /* PostgreSQL alone.  Who writes holds a lease, which others see end. */
    int64_t lease_us;
    bool fills; /* an empty database, with what another store of the directory has */
    bool waits; /* until the other one has gone, else it is an error */

    /* Another one writes from now on; called once, on a thread of its own.  What is read may be
     * old from here on, and what is written is refused: end the program. */
    void (*on_lost)(void *owner, const char *text);
    void *owner;
};

#define STORE_LEASE_US (10 * INT64_C(1000000)) /* unless it is said otherwise */

struct store *store_open(const struct store_place *place, struct error *err);

/* The one for a place whose `where` begins so. */
struct store *store_postgres_open(const struct store_place *place, struct error *err);

/* Of a store that was opened to be filled: it is whole.  Before, no scheduler works with it. */
bool store_postgres_filled(struct store *store, struct error *err);

/* Open DIRECTORY/tequio.db, made (with its row.key) when there is none; migrated when it is of
 * an older version; locked against a second scheduler. */
struct store *store_sqlite_open(const char *directory, const char *network, struct error *err);

/* Offline: put a backup in the place of DIRECTORY/tequio.db (which is kept, renamed), with
 * a new lineage and a gap in the job ids. */
bool store_sqlite_restore(const char *directory, const char *backup, struct error *err);

#endif
