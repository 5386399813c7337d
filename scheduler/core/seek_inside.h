/* seek_inside.h - what the parts of the search share: one node, several, and later
 *
 * Borrows: everything.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_SEEK_INSIDE_H
#define SCHEDULER_CORE_SEEK_INSIDE_H

#include "scheduler/core/core_inside.h"
#include "scheduler/core/node_class.h"

#include <stdbool.h>
#include <stdint.h>

/* Could one of its nodes serve a task now, as far as GPUs and features go? */
bool seek_class_has_room(const struct node_class *class, const struct need *need);

/* Fewest cores that must be free on a node of the class for `tasks` tasks. */
uint64_t seek_least_cores(const struct node_class *class, const struct request *request,
                          uint32_t tasks);

/* For a job on one node: is this one, with so many free cores, better than that seat's?  True
 * where the seat has none yet. */
bool seek_prefers(const struct need *need, const struct node *node, uint32_t cores,
                  const struct seat *best);

/* Is it in a window of others before the job could have ended?  Then the job is told. */
bool seek_is_kept(const struct core *core, const struct need *need, const struct node *node,
                  int64_t end_us);

/* seek_many.c: several nodes, near each other. */
bool seek_many(const struct core *core, const struct need *need, const struct cluster *cluster,
               int64_t end_us, struct placement *placement);

/* --- seek_turnings.c ---------------------------------------------------------------------------- */

/* From this time on the node is closed to the job, as it would still run when a window begins;
 * or is not any more. */
struct turning {
    int64_t at_us;
    struct node *node;
    bool closes;
};

struct turnings {
    size_t count, capacity, next;
    struct turning *all;
};

/* Of all nodes of the lane that the job may be on, by time.  turnings_clear() frees. */
void turnings_find(const struct core *core, const struct need *need, const struct cluster *cluster,
                   struct turnings *turnings);
void turnings_clear(struct turnings *turnings);

#endif
