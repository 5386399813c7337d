/* runtime_simulated.h - a node that runs task sets in name only
 *
 * It implements agent/runtime.h on a simulated clock, and outlives the agent: a new one
 * finds with list() what the one before has started.  Nothing happens by itself: the test
 * calls runtime_simulated_turn(), which delivers the news that are due.
 *
 * Each set runs for as long as `plan` says (or for ever), and obeys signals.  A test can end
 * a set, lose its shepherd, take the machine down, make calls fail, and read what it was given.
 *
 * Owns: copies of what it was given.  Borrows: the clock.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_RUNTIME_SIMULATED_H
#define TESTS_LIB_RUNTIME_SIMULATED_H

#include "agent/runtime.h"
#include "base/clock.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct runtime_simulated;

/* How a set that starts will go. */
struct simulated_plan {
    int64_t run_us; /* INT64_MAX: until it is ended */
    uint32_t exit_code;
    bool fails;      /* on_failed() instead of on_started() */
    bool gives_back; /* fails: on_given_back() instead of both */
    bool stubborn;   /* SIGTERM does nothing: it ends after the kill-wait */
};

typedef struct simulated_plan simulated_plan_fn(void *owner, const struct task_start *start);

struct runtime_simulated *runtime_simulated_new(const struct clock *clock, simulated_plan_fn *plan,
                                                void *owner);
void runtime_simulated_free(struct runtime_simulated *simulated);
DEFINE_CLEANUP(struct runtime_simulated *, runtime_simulated_free)

struct runtime runtime_simulated_seam(struct runtime_simulated *simulated);

/* Deliver what is due; how many news.  No agent listens: they are kept for the next. */
size_t runtime_simulated_turn(struct runtime_simulated *simulated);
int64_t runtime_simulated_next_us(const struct runtime_simulated *simulated); /* boot clock */

/* The agent is gone. */
void runtime_simulated_deafen(struct runtime_simulated *simulated);

/* The machine went down: parts, sets and records are gone. */
void runtime_simulated_reboot(struct runtime_simulated *simulated);

/* Let the set end by itself now. */
void runtime_simulated_end(struct runtime_simulated *simulated, const struct task_key *key,
                           uint32_t exit_code, uint32_t exit_signal);

/* Nobody knows any more that it ran. */
void runtime_simulated_lose(struct runtime_simulated *simulated, const struct task_key *key);
/* Only its shepherd was killed: its record is there, and it is not started again. */
void runtime_simulated_orphan(struct runtime_simulated *simulated, const struct task_key *key);

/* It writes to its standard output (error). */
void runtime_simulated_write(struct runtime_simulated *simulated, const struct task_key *key,
                             bool error_stream, const char *text);

/* The next so many calls of part_remove (part_make, start) fail with CONFLICT. */
void runtime_simulated_resist(struct runtime_simulated *simulated, unsigned removes);
void runtime_simulated_refuse(struct runtime_simulated *simulated, unsigned makes, unsigned starts);

/* While it is away whatever changes something fails with UNAVAILABLE. */
void runtime_simulated_leave(struct runtime_simulated *simulated, bool away);

/* The node has a prolog, an epilog. */
void runtime_simulated_hooks(struct runtime_simulated *simulated, bool prolog, bool epilog);

/* --- what a test may look at; NULL or 0 when there is no such set (part) */
size_t runtime_simulated_parts(const struct runtime_simulated *simulated);
size_t runtime_simulated_live(const struct runtime_simulated *simulated);   /* sets that run */
size_t runtime_simulated_starts(const struct runtime_simulated *simulated); /* so far */
const char *runtime_simulated_cpus(const struct runtime_simulated *simulated,
                                   const struct task_key *part);
bool runtime_simulated_credential(const struct runtime_simulated *simulated,
                                  const struct task_key *part, uint8_t ret_credential[16]);
const char *runtime_simulated_task_cpus(const struct runtime_simulated *simulated,
                                        const struct task_key *key, uint32_t task);
const char *runtime_simulated_variable(const struct runtime_simulated *simulated,
                                       const struct task_key *key, const char *name);
const char *runtime_simulated_output(const struct runtime_simulated *simulated,
                                     const struct task_key *key);
const char *runtime_simulated_arguments(const struct runtime_simulated *simulated,
                                        const struct task_key *key); /* joined by blanks */
int runtime_simulated_last_signal(const struct runtime_simulated *simulated,
                                  const struct task_key *key); /* -1: none came */

#endif
