/* storm.h - faults at random: machines, agents, scheduler, disk, network, clocks
 *
 * Each seed has its own mixture: some kinds of faults often, some never.
 *
 * To add a fault: a function and a row in storm.c's table; what must be put right when the
 * storm is over goes into storm_heal().
 *
 * Owns: nothing.  Borrows: the world.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_STORM_H
#define TESTS_SIMULATION_STORM_H

#include "tests/lib/random.h"
#include "tests/simulation/world.h"

#include <stdint.h>

#define STORM_KINDS_MAX 32

struct storm {
    struct world *world;
    struct test_random random;
    bool over;
    int64_t pause_us;                 /* between two faults, at most twice this */
    unsigned weight[STORM_KINDS_MAX]; /* of each kind; 0: never */
    unsigned all_weights;
};

/* Faults come from now on, until storm_end(). */
void storm_begin(struct storm *storm, struct world *world);
void storm_end(struct storm *storm);

/* Everything that can be broken is whole again, or will be soon. */
void storm_heal(struct world *world);

#endif
