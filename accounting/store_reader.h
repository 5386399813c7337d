/* store_reader.h - what the accounting service reads of the scheduler's database
 *
 * Read-only: the scheduler is the one writer.  The schema is scheduler/schema.sql and the steps
 * behind it; an older version is refused.  Each read sees one consistent state.
 *
 * Owns: its connection.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_STORE_READER_H
#define ACCOUNTING_STORE_READER_H

#include "accounting/core/ledger.h"
#include "accounting/core/openings.h"
#include "accounting/core/rate.h"
#include "accounting/period.h"
#include "base/error.h"
#include "base/memory.h"
#include "proto/identity.h"

#include <stdbool.h>
#include <stdint.h>

struct store_reader;

struct store_reader *store_reader_open(const char *path, struct error *err);
void store_reader_free(struct store_reader *reader);
DEFINE_CLEANUP(struct store_reader *, store_reader_free)

/* Has the database changed since the last call (true the first time)?  From here on the one is read
 * that is there now, if a restore has put another in its place. */
bool store_reader_changed(struct store_reader *reader);

/* All principals, keys and local uids, into an empty set. */
bool store_reader_identities(struct store_reader *reader, struct identities *identities,
                             struct error *err);

/* "network", "lineage" as stored; the text is freed by the caller; NULL when it is not there. */
char *store_reader_meta(struct store_reader *reader, const char *name);

struct institution_row {
    char *title;
    char *ror;
};
bool store_reader_institution(struct store_reader *reader, const char *name,
                              struct institution_row *ret_row, struct error *err);
void institution_row_clear(struct institution_row *row);

/* Whose seals are in the books; NULL with *err when they cannot be read. */
struct openings *store_reader_openings(struct store_reader *reader, struct error *err);

/* One transaction of an institution's chain; `usage` is filled when has_usage. */
struct txn_row {
    enum txn_kind kind;
    const char *key;
    uint64_t sequence;
    uint64_t id; /* in the order of all institutions, from 1 */
    int64_t at_us;
    const char *canonical;
    struct digest head;
    bool has_usage;
    struct usage usage;
};
typedef bool txn_row_fn(void *owner, const struct txn_row *row, struct error *err);

/* The institution's transactions posted in the period, in the chain's order.  Stops when the
 * callback returns false. */
bool store_reader_txns(struct store_reader *reader, const char *institution,
                       const struct period *period, txn_row_fn *each, void *owner,
                       struct error *err);

/* The chain's head after transaction `sequence`; zeros for sequence 0. */
bool store_reader_head(struct store_reader *reader, const char *institution, uint64_t sequence,
                       struct digest *ret_head, struct error *err);

/* The heads of the chains of all institutions after each transaction behind number `after`, in
 * the order in which they were posted; and after that one alone. */
typedef bool head_fn(void *owner, uint64_t id, const struct digest *head, struct error *err);
bool store_reader_heads(struct store_reader *reader, uint64_t after, head_fn *each, void *owner,
                        struct error *err);
bool store_reader_head_of(struct store_reader *reader, uint64_t id, struct digest *ret_head,
                          struct error *err);

/* The number of the last transaction posted before that time; 0: there is none. */
bool store_reader_last(struct store_reader *reader, int64_t before_us, uint64_t *ret_id,
                       struct error *err);

/* The rate cards that begin before that time, by their numbers; none in a database that is too old
 * to have any. */
typedef bool rate_fn(void *owner, const struct rate *rate, int64_t made_us, struct error *err);
bool store_reader_rates(struct store_reader *reader, int64_t before_us, rate_fn *each, void *owner,
                        struct error *err);

/* Of the institution: granted by grants valid at some time of the period, and charged in all before
 * its end. */
bool store_reader_budget(struct store_reader *reader, const char *institution,
                         const struct period *period, int64_t *ret_granted, int64_t *ret_charged,
                         struct error *err);

/* How much of the grants that are valid now is used: of an institution (project ""), and of each
 * project that has grants of its own.  Granted is what they gave, less what was moved away or ended;
 * used is what was charged, less refunds, since the first of them began. */
struct quota_row {
    const char *institution;
    const char *project;
    int64_t granted_micro;
    int64_t used_micro;
};
typedef bool quota_fn(void *owner, const struct quota_row *row, struct error *err);
bool store_reader_quotas(struct store_reader *reader, int64_t now_us, quota_fn *each, void *owner,
                         struct error *err);

#endif
