/* table.h - a hash table from bytes, texts or numbers to pointers
 *
 * Open addressing, grows by doubling; get, put and remove are O(1) on
 * average.  The hash is keyed with a seed per table (SipHash-1-3, see
 * J-P. Aumasson and D. J. Bernstein, "SipHash", 2012) so that outsiders cannot
 * choose colliding keys; a walk does not depend on it, so runs can be repeated.
 *
 * Owns: copies of the keys.  Borrows: the values.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;

struct table *table_new(void);
void table_free(struct table *table);
DEFINE_CLEANUP(struct table *, table_free)

size_t table_count(const struct table *table);

/* The value, or NULL. */
void *table_get(const struct table *table, const void *key, size_t size);
void *table_get_text(const struct table *table, const char *key);
void *table_get_number(const struct table *table, uint64_t key);

/* Set; `value` is not NULL.  Return the value that was there, or NULL. */
void *table_put(struct table *table, const void *key, size_t size, void *value);
void *table_put_text(struct table *table, const char *key, void *value);
void *table_put_number(struct table *table, uint64_t key, void *value);

/* Return the value that was there, or NULL. */
void *table_remove(struct table *table, const void *key, size_t size);
void *table_remove_text(struct table *table, const char *key);
void *table_remove_number(struct table *table, uint64_t key);

/* Walk in the order in which the keys were first put: *place starts at 0; NULL at
 * the end.  The table must not change meanwhile. */
void *table_next(const struct table *table, size_t *place);

#endif
