/* queue.h - the waiting jobs, in order, by what they ask for and where
 *
 * Jobs are held by shape (shape.h).  Shapes that may run in the same lanes (a lane is a
 * partition of a cluster) are one stream; streams are in the order of their first jobs,
 * so that a pass can leave a whole stream alone when nothing is to be had in its lanes.
 * A shape is
 *
 *     open      not looked at since something changed
 *     aside     looked at: must wait for resources
 *     parked    looked at: cannot start whatever ends (budget, nodes that are away); it is
 *               in nobody's way and is opened, a few at a time, when that changes
 *
 * Owns: shapes and streams.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_QUEUE_H
#define SCHEDULER_CORE_QUEUE_H

#include "base/table.h"
#include "scheduler/core/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream {
    struct heap open;          /* shapes */
    struct heap_node of_queue; /* when it has open shapes and is not closed */
    struct list_node of_closed;
    size_t shape_count; /* in whatever state */
    size_t lane_count;
    uint32_t lanes[]; /* by number, in the order of clusters */
};

/* Parked shapes.  They are looked at again in rounds, each from first to last: a change in the
 * middle of a round makes one more round, so that none is kept waiting by those before it. */
struct parking {
    const char *name;      /* of the institution; "" for what has nothing to do with budgets */
    struct heap shapes[2]; /* those due in this round, and those that are not */
    unsigned round;        /* which of the two is due */
    bool again;
    struct list_node of_due;
};

struct queue {
    size_t cluster_count;
    size_t count;          /* jobs that wait and could be started */
    struct table *shapes;  /* by key */
    struct table *streams; /* by lanes */
    struct table *users;   /* how many jobs each has pending, held ones too */
    struct heap order;     /* streams */
    struct list closed;    /* streams */
    struct list aside;     /* shapes */
    struct parking away;
    struct table *broke; /* parkings, by institution */
    struct list due;     /* parkings with something to open */
};

void queue_init(struct queue *queue, size_t cluster_count);
void queue_clear(struct queue *queue); /* the jobs stay */

/* The job may start from now on, in these lanes.  A new shape is open; one that was
 * looked at keeps what was found. */
void queue_add(struct queue *queue, struct job *job, const uint32_t *lanes, size_t lane_count);
void queue_remove(struct queue *queue, struct job *job);

/* The stream with the open shape that comes first, or NULL; and that shape. */
struct stream *queue_first(const struct queue *queue);
struct shape *stream_first(const struct stream *stream);

/* Nothing is to be had in its lanes, until queue_open_aside(). */
void queue_close(struct queue *queue, struct stream *stream);

/* Looked at, and why it waits: aside for resources, parked for anything else. */
void queue_set_aside(struct queue *queue, struct shape *shape, enum job_reason reason);

/* Closed streams and shapes set aside are open again. */
void queue_open_aside(struct queue *queue);

/* What was parked for the budget of an institution, or for anything, is due to be
 * looked at again; queue_unpark() opens up to `most`, and says whether more are due. */
void queue_budget_changed(struct queue *queue, const char *institution);
void queue_all_changed(struct queue *queue);
bool queue_unpark(struct queue *queue, size_t most);

/* Pending jobs of a user: count one more or one less, and how many. */
void queue_count_user(struct queue *queue, const char *user, int change);
uint32_t queue_user_count(const struct queue *queue, const char *user);

#endif
