/* chance.h - all that is random in a simulated world comes from its seed
 *
 * Keys, tokens and marks too: chance.c stands in for base/random.c.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_CHANCE_H
#define TESTS_SIMULATION_CHANCE_H

#include "tests/lib/random.h"

#include <stdbool.h>
#include <stdint.h>

/* A stream of its own for each purpose, so that one more draw here changes nothing there. */
struct test_random chance_stream(uint64_t seed, uint64_t purpose);

/* What base/random.h gives from now on. */
void chance_begin(uint64_t seed);

/* One in `rarity`. */
bool chance_rare(struct test_random *random, uint32_t rarity);

/* From 0 to most, short ones more often. */
int64_t chance_wait(struct test_random *random, int64_t most_us);

#endif
