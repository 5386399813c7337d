/* core_player.h - a history of all kinds of requests and events, with a digest of each of its steps
 *
 * What a digest is of: the events, all that the core wants done, each job's state and reason and
 * planned start, the next timer, and now and then all that blocks the jobs that wait.  A chain: each
 * holds the one before it.
 *
 * Owns: what it makes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_PROPERTY_CORE_PLAYER_H
#define TESTS_PROPERTY_CORE_PLAYER_H

#include "base/buffer.h"

#include <stdint.h>

/* What a history came to: it must not be that nothing happened. */
struct played {
    uint32_t submitted, arrays, components, gpus, windows, limits, preempted, started;
};

/* A line for each step is added to `lines`: its number and the digest; what step `shown` (from 1; 0:
 * none) was made of is added to `text`. */
struct played core_play(uint64_t seed, uint32_t shown, struct buffer *lines, struct buffer *text);

#endif
