/* given.h - what people have set, and that stays until it is set again
 *
 * Copies of rows, by their keys: shares and the like, with who set them, when and why.  What
 * they mean is the core's business; here is what people are shown.
 *
 * Owns: the copies.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_GIVEN_H
#define SCHEDULER_GIVEN_H

#include "base/memory.h"
#include "scheduler/row.h"

#include <stddef.h>

struct given;

struct given *given_new(void);
void given_free(struct given *given);
DEFINE_CLEANUP(struct given *, given_free)

/* Instead of the one with the same key. */
void given_put(struct given *given, const struct row *row);
void given_remove(struct given *given, const struct row *row);

/* The one with the key of `row`, or NULL. */
const struct row *given_find(const struct given *given, const struct row *row);

/* Walk all, from *place 0, in no order; NULL at the end. */
const struct row *given_next(const struct given *given, size_t *place);

#endif
