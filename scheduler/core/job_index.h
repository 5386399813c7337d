/* job_index.h - all jobs by id
 *
 * An array in the order of ids.  New jobs have the highest id, so adding is an
 * append; a removed job leaves a gap, and gaps are closed when they are
 * half of the array.  Finding is O(log n), a walk O(1) a step on average.
 *
 * Owns: the array.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_JOB_INDEX_H
#define SCHEDULER_CORE_JOB_INDEX_H

#include "scheduler/core/job.h"

#include <stddef.h>
#include <stdint.h>

struct job_index {
    size_t used, capacity; /* places, with the gaps */
    size_t count;          /* jobs */
    struct job_place {
        uint64_t id;
        struct job *job; /* NULL: a gap */
    } * places;
};

void job_index_init(struct job_index *index);
void job_index_clear(struct job_index *index);

/* A bug if the id is there. */
void job_index_add(struct job_index *index, struct job *job);
void job_index_remove(struct job_index *index, const struct job *job);
struct job *job_index_find(const struct job_index *index, uint64_t id);

/* The last job with an id below `before`; NULL: there is none. */
struct job *job_index_before(const struct job_index *index, uint64_t before);

/* The first job with an id above `after`; NULL at the end. */
struct job *job_index_after(const struct job_index *index, uint64_t after);

#endif
