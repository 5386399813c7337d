/* relay.h - one thread makes, another takes, in order and only so far ahead
 *
 * The places are the caller's, numbered from 0, used in turn: a ring.  A place is the maker's from
 * relay_begin() to relay_end(), and the taker's from relay_take() to relay_give_back().
 *
 * Owns: the maker's thread.  Borrows: the owner until relay_free().  Threads: relay_begin() and
 * relay_end() on the maker's, all else on the one that made it.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_RELAY_H
#define BASE_RELAY_H

#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>

struct relay;

/* On the maker's thread, once; whatever it wrote before it returned is the taker's to read when
 * relay_take() says that nothing more comes. */
typedef void relay_fn(void *owner, struct relay *relay);

struct relay *relay_new(size_t places, relay_fn *make, void *owner);

/* Takes no more, and waits until the maker has returned. */
void relay_free(struct relay *relay);
DEFINE_CLEANUP(struct relay *, relay_free)

/* The next place, when there is one free.  False: nobody takes any more. */
bool relay_begin(struct relay *relay, size_t *ret_place);
void relay_end(struct relay *relay);

/* The next place that is made, when there is one.  False: the maker has returned, and all is
 * taken. */
bool relay_take(struct relay *relay, size_t *ret_place);
void relay_give_back(struct relay *relay);

#endif
