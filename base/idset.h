/* idset.h - a set of small numbers: cores, node indexes, array elements
 *
 * A bitmap that grows as needed, with the text form of the field:
 * "0-3,7,9-11" (Flux RFC 22, Slurm).  Numbers are below IDSET_MAX.
 *
 * Owns: its words.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_IDSET_H
#define BASE_IDSET_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDSET_MAX  (1u << 20)
#define IDSET_NONE UINT32_MAX

struct idset;

struct idset *idset_new(void);
struct idset *idset_copy(const struct idset *set);
void idset_free(struct idset *set);
DEFINE_CLEANUP(struct idset *, idset_free)

void idset_add(struct idset *set, uint32_t id); /* id < IDSET_MAX */
void idset_remove(struct idset *set, uint32_t id);
void idset_add_range(struct idset *set, uint32_t first, uint32_t last);
bool idset_has(const struct idset *set, uint32_t id);
uint32_t idset_count(const struct idset *set);
uint32_t idset_first(const struct idset *set); /* IDSET_NONE when empty */
uint32_t idset_after(const struct idset *set, uint32_t id);
void idset_add_all(struct idset *set, const struct idset *other);
void idset_remove_all(struct idset *set, const struct idset *other);
bool idset_equal(const struct idset *a, const struct idset *b);
bool idset_disjoint(const struct idset *a, const struct idset *b);

/* "0-3,7" without brackets.  The empty text is refused; so are ranges that run
 * backwards, double numbers and anything at or above IDSET_MAX. */
struct idset *idset_parse(const char *text, struct error *err);
void idset_print(const struct idset *set, struct buffer *buffer);

#endif
