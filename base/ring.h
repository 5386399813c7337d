/* ring.h - one thread makes, another takes, in order and only so far ahead
 *
 * The places are the caller's, numbered from 0, used in turn: a ring.  A place is the maker's from
 * ring_begin() to ring_end(), and the taker's from ring_take() to ring_give_back().
 *
 * Owns: the maker's thread.  Borrows: the owner until ring_free().  Threads: ring_begin() and
 * ring_end() on the maker's, all else on the one that made it.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* On the maker's thread, once; whatever it wrote before it returned is the taker's to read when
 * ring_take() says that nothing more comes. */
typedef void ring_fn(void *owner, struct ring *ring);

struct ring *ring_new(size_t places, ring_fn *make, void *owner);

/* Takes no more, and waits until the maker has returned. */
void ring_free(struct ring *ring);
DEFINE_CLEANUP(struct ring *, ring_free)

/* The next place, when there is one free.  False: nobody takes any more. */
bool ring_begin(struct ring *ring, size_t *ret_place);
void ring_end(struct ring *ring);

/* The next place that is made, when there is one.  False: the maker has returned, and all is
 * taken. */
bool ring_take(struct ring *ring, size_t *ret_place);
void ring_give_back(struct ring *ring);

#endif
