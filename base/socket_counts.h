/* socket_counts.h - how many connections each has: a user, an address, a key
 *
 * Who it is are any bytes; those with none take no memory.
 *
 * Owns: its counts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_COUNTS_H
#define BASE_SOCKET_COUNTS_H

#include <stdbool.h>
#include <stddef.h>

struct counts;

struct counts *counts_new(void);
void counts_free(struct counts *counts);

/* One more; false, and nothing counted, when there are `most` already. */
bool counts_add(struct counts *counts, const void *who, size_t size, unsigned most);

/* One less of what was added. */
void counts_remove(struct counts *counts, const void *who, size_t size);

#endif
