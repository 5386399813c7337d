/* array.h - a job array: many jobs alike, told apart by a number
 *
 * An array has a head: a job with the array's id that never runs and is pending until the
 * last element has ended.  It is what others depend on and wait for, and its row keeps what is
 * known of the array.
 *
 * When the array comes in, its ids are set aside: element N has the id of the array + 1 + N.
 * Elements that wait alike are one job (job->elements), with the id of the last of them, so
 * that it becomes that element's own job when the others have left it.  An element becomes a
 * job of its own when it starts, or when something is done to it alone (core_arrays.c).
 *
 * Owns: its elements.  Borrows: the head.  Lives as long as a job points to it.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_ARRAY_H
#define SCHEDULER_CORE_ARRAY_H

#include "base/memory.h"
#include "scheduler/core/elements.h"

#include <stdbool.h>
#include <stdint.h>

/* Of elements that ended badly, so many runs are known one by one. */
#define ARRAY_BAD_RUNS_MAX 512

struct job;

struct array {
    uint64_t id;
    struct job *head;
    uint32_t users;                   /* jobs that point here */
    struct elements all;              /* as submitted */
    uint32_t throttle;                /* so many may be placed at a time; 0: any number */
    uint32_t left;                    /* have not ended */
    uint32_t placed;                  /* of those, have nodes */
    uint32_t unstarted;               /* of those, have no start */
    uint32_t good, failed, cancelled; /* have ended so */
    struct elements bad;              /* ended, and not well; not all of them where too_many_bad */
    bool too_many_bad;
};

/* With one user. */
struct array *array_new(uint64_t id, const struct elements *all, uint32_t throttle);
struct array *array_use(struct array *array);
void array_leave(struct array *array); /* one user less; NULL is nothing */

/* The id of one of its elements, and back; no id of an element: ELEMENT_NONE. */
uint64_t array_element_id(uint64_t array, uint32_t element);
uint32_t array_element_of(const struct array *array, uint64_t id);

/* Ids that an array of these elements takes, with its own. */
uint64_t array_id_count(const struct elements *all);

bool array_is_full(const struct array *array); /* NULL is not */

#endif
