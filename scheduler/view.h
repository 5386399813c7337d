/* view.h - the core's objects and the store's rows as people are shown them
 *
 * What a view points to lives in the object or the arena: it is packed before either goes.
 * Launch tokens appear in none.
 *
 * Threads: none, except view_of_row(), which any may use.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_VIEW_H
#define SCHEDULER_VIEW_H

#include "proto/arena.h"
#include "proto/message.h"
#include "scheduler/core/core.h"
#include "scheduler/row.h"

/* With the core that has it. */
Wire__JobView *view_of_job(const struct core *core, const struct job *job, struct arena *arena);
Wire__JobView *view_of_row(const struct job_row *row, struct arena *arena);

/* The switches that it is under, from the top: "core.spine1.leaf4"; "" where it is under none. */
char *node_switches(const struct node *node, struct arena *arena);

/* view_het.c: of a heterogeneous job one component, from 0; of others the job. */
Wire__JobView *view_of_component(const struct core *core, const struct job *job, uint32_t component,
                                 struct arena *arena);
uint32_t row_component_count(const struct job_row *row, struct arena *arena);
Wire__JobView *view_of_component_row(const struct job_row *row, uint32_t component,
                                     struct arena *arena);

#endif
