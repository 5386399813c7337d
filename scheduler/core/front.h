/* front.h - who comes before a waiting job
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_FRONT_H
#define SCHEDULER_CORE_FRONT_H

#include <stdint.h>

#define FRONT_MAX 32

struct core;

/* Jobs that could start and whose turn in one of its clusters is before its own. */
struct front {
    uint64_t count;
    uint64_t cores; /* that they ask for */
    unsigned listed;
    uint64_t jobs[FRONT_MAX]; /* the first, in order */
};

/* Of a job that does not stand in the queue: all zero.  O(jobs). */
void core_front(const struct core *core, uint64_t job, struct front *ret_front);

#endif
