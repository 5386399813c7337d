/* timeline.h - when what the jobs of a cluster have comes free
 *
 * The placed jobs in the order of their expected ends.  Jobs that end before
 * they are expected only make things better; one that goes on past its end is
 * expected at any moment.
 *
 * They lie in blocks of some dozens, each with the sum of its cores, so that adding and
 * removing one, and finding when so many cores will have come free, cost O(sqrt n)
 * at most and little in practice.
 *
 * Owns: its blocks.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_TIMELINE_H
#define SCHEDULER_CORE_TIMELINE_H

#include "scheduler/core/job.h"

#include <stddef.h>
#include <stdint.h>

#define TIMELINE_BLOCK 64

struct timeline_entry {
    int64_t end_us;
    struct job *job;
    uint32_t cores; /* when it was placed */
};

struct timeline_block {
    uint32_t count;
    uint64_t cores;
    struct timeline_entry entries[TIMELINE_BLOCK];
};

struct timeline {
    size_t count;     /* of entries */
    uint64_t changes; /* so many so far */
    size_t block_count, capacity;
    struct timeline_block **blocks; /* none is empty */
};

void timeline_init(struct timeline *timeline);
void timeline_clear(struct timeline *timeline);

/* The job's expected end is end_us from now on (job->expected_us). */
void timeline_add(struct timeline *timeline, struct job *job, int64_t end_us);
void timeline_move(struct timeline *timeline, struct job *job, int64_t end_us);
void timeline_remove(struct timeline *timeline, struct job *job);

/* Walk by end, then job: *place starts at {0}; NULL at the end. */
struct timeline_place {
    size_t block;
    uint32_t entry;
};
const struct timeline_entry *timeline_next(const struct timeline *timeline,
                                           struct timeline_place *place);

/* The first end by which `cores` cores will have come free, but not before least_us, and how many
 * will have by then; INT64_MAX: never so many. */
int64_t timeline_seek(const struct timeline *timeline, uint64_t cores, int64_t least_us,
                      uint64_t *ret_cores);

/* Cores of the node that are not in use at at_us (not before now), as expected. */
uint32_t timeline_free_cores(const struct node *node, int64_t at_us);
uint64_t timeline_free_memory(const struct node *node, int64_t at_us);
uint32_t timeline_free_gpus(const struct node *node, uint32_t kind, int64_t at_us);

#endif
