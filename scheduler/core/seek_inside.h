/* seek_inside.h - what the two halves of the search share: one node, and several
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

/* Is it in a window of others before the job could have ended?  Then the job is told. */
bool seek_is_kept(const struct core *core, const struct need *need, const struct node *node,
                  int64_t end_us);

/* seek_many.c: several nodes, near each other. */
bool seek_many(const struct core *core, const struct need *need, const struct cluster *cluster,
               int64_t end_us, struct placement *placement);

#endif
