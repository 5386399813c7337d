/* checks.h - what must hold in a simulated world, whatever happens
 *
 *   promises   what a client was told: a job that was accepted is there after every start, an end
 *              that was told stays, a job told to be cancelled or held begins no new attempt
 *   books      each hold is opened and ended once, each attempt is settled once and with its
 *              hold, entries sum to zero, the chains fit, balances are the sums of their charges
 *   jobs       states move as the table says, attempts only go up, tokens are one attempt's, ids
 *              are never used again
 *   nodes      (warden.h, machine.h) no core is given twice, nothing is started twice
 *   attempts   no two attempts of one job are on nodes at the same time
 *
 * The checks look at what is committed; they know nothing but that, and outlive the scheduler.
 *
 * Owns: its records.  Borrows: center, machines, findings.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_CHECKS_H
#define TESTS_SIMULATION_CHECKS_H

#include "base/memory.h"
#include "base/table.h"
#include "scheduler/core/job_state.h"
#include "tests/simulation/center.h"

#include <stdbool.h>
#include <stdint.h>

struct machine;

/* What clients were told of a job, and what the store said of it last. */
struct promise {
    uint64_t id;
    bool accepted;  /* told to a client */
    bool cancelled; /* told to a client; then no attempt above this one: */
    uint32_t cancelled_at;
    bool held; /* told, and nobody has asked for its release since */
    uint32_t held_at;
    unsigned releases; /* asked for, and not answered */
    bool ended;        /* told */
    char end[20];

    bool stored;
    enum job_state state;
    bool is_array; /* the whole of one */
    uint32_t attempt;
    uint8_t token[16];
    int64_t charged_micro; /* the sum of its usage rows */
};

struct checks {
    struct findings *findings;
    struct center *center;
    size_t machine_count;
    struct machine *const *machines;
    uint64_t center_turns, *machine_turns;        /* that were looked at */
    struct table *promises;                       /* by id */
    struct table *holds;                          /* by job and attempt: struct hold_record */
    struct table *charges;                        /* by project: int64_t */
    uint64_t highest;                             /* id that was ever stored or told */
    uint64_t ended;                               /* jobs */
    bool legal[JOB_STATE_COUNT][JOB_STATE_COUNT]; /* reachable by moves of the table */
};

struct checks *checks_new(struct findings *findings, struct center *center,
                          struct machine *const *machines, size_t machine_count);
void checks_free(struct checks *checks);
DEFINE_CLEANUP(struct checks *, checks_free)

/* --- what a client was told, and asks for */
void checks_accepted(struct checks *checks, uint64_t job);
void checks_cancelled(struct checks *checks, uint64_t job);
void checks_held(struct checks *checks, uint64_t job);
void checks_release_asked(struct checks *checks, uint64_t job);
void checks_release_answered(struct checks *checks, uint64_t job);
void checks_ended(struct checks *checks, uint64_t job, const char *state);

/* Does the id stand for a whole array? */
bool checks_is_array(struct checks *checks, uint64_t job);

/* After each step of the world. */
void checks_step(struct checks *checks);

/* Every job has ended, nothing is held, every node is clean? */
bool checks_is_over(const struct checks *checks);

/* Say what is not over. */
void checks_tell_rest(const struct checks *checks);

/* --- checks_books.c: of a batch that was committed */
void checks_books(struct checks *checks, const struct batch *batch);
void checks_books_free(struct checks *checks);
struct promise *checks_promise(struct checks *checks, uint64_t job);

#endif
