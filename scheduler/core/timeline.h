/* timeline.h - when what the jobs of a cluster have comes free
 *
 * The placed jobs in the order of their expected ends.  Jobs that end before
 * they are expected only make things better; one that goes on past its end is
 * expected at any moment.
 *
 * Owns: its array.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_TIMELINE_H
#define SCHEDULER_CORE_TIMELINE_H

#include "scheduler/core/job.h"

#include <stddef.h>
#include <stdint.h>

struct timeline {
    size_t count, capacity;
    struct timeline_entry {
        int64_t end_us;
        struct job *job;
    } * entries; /* by end, then job id */
};

void timeline_init(struct timeline *timeline);
void timeline_clear(struct timeline *timeline);

/* The job's expected end is end_us from now on (job->expected_us). */
void timeline_add(struct timeline *timeline, struct job *job, int64_t end_us);
void timeline_move(struct timeline *timeline, struct job *job, int64_t end_us);
void timeline_remove(struct timeline *timeline, struct job *job);

/* Cores of the node that are not in use at at_us (not before now), as expected. */
uint32_t timeline_free_cores(const struct node *node, int64_t at_us);
uint64_t timeline_free_memory(const struct node *node, int64_t at_us);

#endif
