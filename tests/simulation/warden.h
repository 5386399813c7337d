/* warden.h - stands between an agent and its runtime, and sees that nothing is done twice
 *
 * It knows what runs on the node by what was asked of the runtime alone: it outlives the agent as
 * the runtime does.  No cpu may belong to two parts, and no task set be started twice, whatever
 * crashes in between.
 *
 * Owns: its records.  Borrows: the runtime, findings.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_WARDEN_H
#define TESTS_SIMULATION_WARDEN_H

#include "agent/runtime.h"
#include "base/idset.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/table.h"
#include "tests/simulation/findings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part that has been made and not yet removed. */
struct warded {
    struct list_node of_warden;
    struct task_key key;
    struct idset *cpus;
    int64_t made_us; /* virtual time */
};

struct warden {
    struct runtime inner;
    struct task_news news; /* whom the agent wants to be told */
    struct findings *findings;
    const char *node;
    const int64_t *now_us;
    struct list parts;
    struct table *started; /* by key and step: not NULL when it was */
    size_t starts;
};

struct warden *warden_new(const struct runtime *inner, const char *node, struct findings *findings,
                          const int64_t *now_us);
void warden_free(struct warden *warden);
DEFINE_CLEANUP(struct warden *, warden_free)

struct runtime warden_seam(struct warden *warden);

/* The machine went down, and all that ran on it. */
void warden_reboot(struct warden *warden);

/* Was the batch script of this attempt ever started here? */
bool warden_has_started(const struct warden *warden, uint64_t job, uint32_t attempt);

#endif
