/* twins.h - questions that copies of this process answer, a few at a time
 *
 * To make a copy takes the loop's thread as long as it takes to copy the page tables: so the
 * next is made only when that time is a small part of what has passed since.  A copy that
 * takes too long is killed, and what it has said until then is its answer.
 *
 * Owns: the copies.  Borrows: the loop.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_TWINS_H
#define SCHEDULER_TWINS_H

#include "base/loop.h"
#include "base/memory.h"
#include "base/twin.h"

#include <stddef.h>
#include <stdint.h>

/* All that it wrote; nothing: there was no copy, or it failed. */
typedef void twin_done_fn(void *owner, const uint8_t *bytes, size_t size);

struct twins;

struct twins *twins_new(struct loop *loop);
void twins_free(struct twins *twins); /* kills; done() is not called any more */
DEFINE_CLEANUP(struct twins *, twins_free)

/* done() comes from the loop, never before this returns. */
void twins_ask(struct twins *twins, twin_fn *work, twin_done_fn *done, void *owner);

#endif
