/* books.h - the inside of a ledger, for the files that keep it
 *
 * ledger.c has the structure, hold.c what jobs do to it, restore.c what the database
 * puts back, posting.c makes the transactions of all three.
 *
 * Owns: accounts and holds through its tables.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORE_BOOKS_H
#define ACCOUNTING_CORE_BOOKS_H

#include "accounting/core/account.h"
#include "accounting/core/ledger.h"
#include "accounting/core/seal.h"
#include "base/table.h"

struct hold {
    uint64_t job;
    uint32_t attempt;
    int64_t amount_micro;
    struct account *project;
};

struct sealed {
    char name[LEDGER_NAME_MAX + 1];
    char seal[SEAL_SIZE];
};

struct ledger {
    struct table *institutions; /* struct account, by name */
    struct table *projects;
    struct table *holds;   /* struct hold, by job and attempt */
    struct table *seals;   /* struct sealed, by name */
    int64_t next_start_us; /* of the grants, the next to begin */
    uint64_t last_chain;   /* the highest number that a chain has */
};

struct account *ledger_find_institution(const struct ledger *ledger, const char *name);
struct account *ledger_find_project(const struct ledger *ledger, const char *name);

/* The hold of an attempt; NULL: none is open. */
struct hold *ledger_find_hold(const struct ledger *ledger, uint64_t job, uint32_t attempt);
void ledger_put_hold(struct ledger *ledger, struct hold hold);
void ledger_drop_hold(struct ledger *ledger, struct hold *hold); /* frees it */

/* Add a line to a transaction: "kind:name", or "kind" alone when name is NULL. */
void posting_add(struct txn *txn, const char *kind, const char *name, int64_t amount_micro);

/* Give it its place in the institution's chain. */
void posting_seal(struct ledger *ledger, struct txn *txn, const struct usage *usage,
                  struct account *institution);

#endif
