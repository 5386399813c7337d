/* store_memory.h - a store that survives the scheduler, but not the test
 *
 * It implements scheduler/store.h as store_sqlite.c does: a batch is kept whole or not at
 * all, an older epoch is refused, and so is whatever the schema forbids (keys, references,
 * checks, what may only be added).  Instead of a MAC over each row it refuses a change
 * of columns that SQLite would leave as they were.
 *
 * Hooks see each batch before and after it is kept, and may make the commit fail.
 *
 * Owns: its rows.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_STORE_MEMORY_H
#define TESTS_LIB_STORE_MEMORY_H

#include "scheduler/store.h"

#include <stdbool.h>
#include <stddef.h>

struct store_hooks {
    /* False with *err: the commit fails, and nothing of it is kept. */
    bool (*before)(void *owner, const struct batch *batch, struct error *err);
    /* It is kept.  False with *err: who committed it is told that it failed. */
    bool (*after)(void *owner, const struct batch *batch, struct error *err);
    void *owner;
};

/* Empty, at epoch 0. */
struct store *store_memory_new(const uint8_t lineage[LINEAGE_SIZE]);
void store_memory_set_hooks(struct store *store, const struct store_hooks *hooks);

/* Put a row without asking: for what is there before the first start. */
void store_memory_put(struct store *store, const struct row *row);

/* Rows of a kind, sorted by key.  Good until the next commit. */
size_t store_memory_count(const struct store *store, enum row_kind kind);
const struct row *store_memory_row(const struct store *store, enum row_kind kind, size_t index);

/* The row with the key of `key`, or NULL. */
const struct row *store_memory_find(const struct store *store, const struct row *key);

#endif
