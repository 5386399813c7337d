/* shape.h - what waiting jobs ask for, once for all that ask for the same
 *
 * Jobs with the same request and the same project share a shape: if one of them cannot
 * start, none can, so that the planner looks at each shape once.
 *
 * Owns: its copy of the request.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_SHAPE_H
#define SCHEDULER_CORE_SHAPE_H

#include "base/buffer.h"
#include "base/heap.h"
#include "base/list.h"
#include "scheduler/core/job.h"
#include "scheduler/core/match.h"

#include <stddef.h>
#include <stdint.h>

enum shape_state { SHAPE_OPEN, SHAPE_ASIDE, SHAPE_PARKED };

struct stream;
struct parking;

struct shape {
    enum shape_state state;
    enum job_reason reason;    /* why its first job could not start; NONE: not looked at */
    struct heap_node of_order; /* open: in its stream; parked: in its parking */
    struct list_node of_list;  /* aside */
    struct stream *stream;
    struct parking *parking; /* where it is parked */
    unsigned round;          /* in which of its two heaps */
    uint32_t reservations;   /* lanes in which it is the first that waits */
    struct heap jobs;        /* waiting, by id; never empty */
    struct request request;
    char *project;
    char *institution;
    struct hostlist *only, *except;
    struct node *avoid;
    uint64_t known_nodes; /* `possible` is true of this state of the nodes */
    uint8_t *possible;    /* enum possible, per cluster */
    size_t key_size;
    char *key;
};

/* Bytes that are equal for jobs of the same shape. */
void shape_make_key(const struct job *job, struct buffer *key);

struct shape *shape_new(const struct job *job, const struct buffer *key, size_t cluster_count);
void shape_free(struct shape *shape);
DEFINE_CLEANUP(struct shape *, shape_free)

struct job *shape_first(const struct shape *shape);
struct need shape_need(const struct shape *shape);

/* Does a come before b?  Less nice first, then the older. */
bool job_is_before(const struct job *a, const struct job *b);
bool shape_is_before(const struct shape *a, const struct shape *b); /* by their first jobs */

#endif
