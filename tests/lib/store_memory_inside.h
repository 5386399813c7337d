/* store_memory_inside.h - what the files of the store in memory share
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_STORE_MEMORY_INSIDE_H
#define TESTS_LIB_STORE_MEMORY_INSIDE_H

#include "tests/lib/store_memory.h"

struct stored {
    struct arena *arena;
    struct row row;
};

struct shelf {
    size_t count, capacity;
    struct stored **rows; /* by key */
};

/* What a batch has done so far, to be undone. */
struct undo {
    enum row_kind kind;
    struct stored *before; /* NULL: there was nothing */
    struct stored *after;  /* NULL: it was removed */
};

struct store_memory {
    struct store store;
    struct shelf shelves[ROW_KIND_COUNT];
    struct store_hooks hooks;
    uint8_t lineage[LINEAGE_SIZE];
    size_t undo_count, undo_capacity;
    struct undo *undos;
};

static inline struct store_memory *store_memory_of(const struct store *store)
{
    return CONTAINER_OF(store, struct store_memory, store);
}

/* --- store_memory.c */
const struct row *memory_find_row(const struct store_memory *memory, const struct row *key);
int64_t memory_read_epoch(const struct store_memory *memory);

/* --- store_memory_rules.c: what the schema says */

int compare_bytes(struct bytes a, struct bytes b);
/* By the columns in [first, behind). */
int compare_rows(const struct row *a, const struct row *b, unsigned first, unsigned behind);

/* The key of the row that this one points to; its kind is ROW_KIND_COUNT when there is none. */
struct row reference_of(const struct row *row);

/* May the row be put where `before` (or NULL) is? */
bool check_put(const struct store_memory *memory, const struct row *row, const struct row *before,
               struct error *err);

/* --- store_memory_query.c: marks(), find(), query() */
bool memory_marks(struct store *store, struct store_marks *ret_marks, struct error *err);
bool memory_find(struct store *store, struct row *row, struct arena *arena, bool *ret_found,
                 struct error *err);
bool memory_query(struct store *store, const struct query *query, row_fn *on_row, void *owner,
                  struct error *err);

#endif
