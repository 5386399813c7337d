/* world.h - a whole network in virtual time: one scheduler, some nodes, some people
 *
 * Everything that happens follows from the seed; the same seed gives the same trace, byte for
 * byte.  A test may let a storm (storm.h) loose on it, or do to it what it likes.
 *
 * Owns: everything in it.  Threads: none; one world at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include "tests/simulation/agenda.h"
#include "tests/simulation/center.h"
#include "tests/simulation/checks.h"
#include "tests/simulation/findings.h"
#include "tests/simulation/machine.h"
#include "tests/simulation/network.h"
#include "tests/simulation/operator.h"
#include "tests/simulation/researcher.h"
#include "tests/simulation/trace.h"

#include <stdbool.h>
#include <stdint.h>

#define WORLD_MACHINES 5 /* n1, n2, n3 in cluster c1 (keep); n4, n5 in c2 (lease) */
#define WORLD_PEOPLE   3

struct world {
    uint64_t seed;
    struct agenda agenda;
    struct trace trace;
    struct findings findings;
    struct network *network;
    struct center *center;
    struct machine *machines[WORLD_MACHINES];
    struct checks *checks;
    struct operator* operator;
    struct researcher *people[WORLD_PEOPLE];
    uint64_t steps;

    /* How a task set goes; NULL: as the seed says. */
    simulated_plan_fn *plan;
};

/* Books and people are set up and all nodes have come; nobody asks for anything yet. */
struct world *world_new(uint64_t seed);
void world_free(struct world *world);
DEFINE_CLEANUP(struct world *, world_free)

/* One thing happens, and all is checked.  False: something is wrong, or nothing happens until
 * until_us. */
bool world_step(struct world *world, int64_t until_us);

/* Let so much time pass; false when something is wrong. */
bool world_run(struct world *world, int64_t time_us);

/* No more faults and no new jobs: everything must come to its end within so much time. */
bool world_settle(struct world *world, int64_t within_us);

/* --- for scenarios */

struct submission_facts {
    uint32_t nodes;
    uint32_t tasks; /* 0: one for each node */
    const char *cluster;
    const char *node_list; /* NULL: any */
    int64_t limit_us;      /* 0: the partition's default */
};

/* ana submits; the id, or 0 when she is refused.  Runs until she is answered. */
uint64_t world_submit(struct world *world, const struct submission_facts *facts);

/* "n2": its machine. */
struct machine *world_machine(struct world *world, const char *name);

/* Run until the job is in this state (as committed), at most for so long. */
bool world_await(struct world *world, uint64_t job, enum job_state state, int64_t within_us);

#endif
