/* queue.h - the waiting jobs, in order, by what they ask for and where
 *
 * Jobs are held by shape (shape.h).  Shapes that may run in the same lanes (a lane is a
 * partition of a cluster) are one stream, with a line (line.h) for each order of the policy.
 * A shape is
 *
 *     open      new, or has a new first job: not looked at since
 *     aside     looked at: must wait for resources
 *     parked    looked at: cannot start whatever ends (budget, nodes that are away); it is
 *               in nobody's way and in no line, and is opened, a few at a time, when that
 *               changes
 *
 * A walk goes over all that are not parked, in the order of their turns over all
 * streams, and passes over what is hopeless without a look at it.
 *
 * Adding and removing a job is O(log n) of the shapes, a new order of them all O(n log n).
 *
 * Owns: shapes and streams.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_QUEUE_H
#define SCHEDULER_CORE_QUEUE_H

#include "base/table.h"
#include "scheduler/core/policy.h"
#include "scheduler/core/shape.h"
#include "scheduler/core/sizes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many failures of a pass are remembered in each stream. */
#define STREAM_FAILURES 24

enum { STREAM_IN_WINDOW = 1, STREAM_CLAIMS = 2 };

struct core;

struct stream {
    struct line lines[TURN_COUNT];
    struct heap_node of_walk;
    struct turn turn;    /* in the walk: of the shape that is next */
    struct shape *shape; /* that shape */
    size_t shape_count;  /* in whatever state */
    unsigned failures;   /* demands that were found hopeless in this pass */
    struct demand failed[STREAM_FAILURES];
    uint32_t tier;
    uint32_t number; /* while all ranks are reckoned anew (queue_order.c) */
    size_t lane_count;
    /* By number, in the order of clusters, then of the request's partitions; and one more, of
     * STREAM_…: those in a window find other nodes than the rest, so that a failure of these says
     * nothing of those. */
    uint32_t lanes[];
};

/* Parked shapes.  They are looked at again in rounds, each from first to last: a change in the
 * middle of a round makes one more round, so that none is kept waiting by those before it. */
struct parking {
    const char *name; /* of the institution whose budget it is, or of a limit; "" for others */
    uint64_t array;   /* of the array; 0: for what has nothing to do with its limit */
    /* Of a limit: what is used of it; nothing is looked at where none of it is left, unless nodes
     * changed for some of those that it keeps from one lane, and nodes from another. */
    const int64_t *used, *most;
    bool some_need_nodes, nodes_changed;
    struct heap shapes[2]; /* those due in this round, and those that are not */
    unsigned round;        /* which of the two is due */
    bool again;
    struct list_node of_due;
};

struct queue {
    const struct policy *policy;
    const struct core *core; /* whose the jobs are, for priorities; NULL: all have none */
    size_t count;            /* jobs that wait and could be started */
    uint64_t work;           /* of all those, in core seconds, as predicted */
    double backlog_us;       /* for that, when the ranks were reckoned */
    struct sizes sizes;      /* of the jobs of late */
    struct table *shapes;    /* by key */
    struct table *streams;   /* by lanes */
    struct table *users;     /* how many jobs each has pending, held ones too */
    struct heap open;        /* shapes */
    struct list check;       /* shapes that are not parked, first who was checked first */
    struct parking away;
    struct parking mixed; /* kept by several things: any that falls is theirs */
    struct table *broke;  /* parkings, by name */
    struct table *full;   /* parkings, by array */
    struct list due;      /* parkings with something to open */
};

void queue_init(struct queue *queue, const struct policy *policy);
void queue_clear(struct queue *queue); /* the jobs stay */

/* The job may start from now on, in these lanes; its limit there is limit_us at least. */
struct lanes {
    size_t count;
    const uint32_t *numbers;
    int64_t limit_us;
    bool in_window; /* on its nodes alone */
    bool claims;    /* may push others aside, whatever the tier: first of its tier */
    uint32_t tier;  /* the highest of the partitions' */
};
void queue_add(struct queue *queue, struct job *job, const struct lanes *lanes, int64_t now_us);
void queue_remove(struct queue *queue, struct job *job, int64_t now_us);

/* The least that the shape's lanes make of its limit is another. */
void queue_set_limit(struct queue *queue, struct shape *shape, int64_t limit_us, int64_t now_us);

/* The open shape that comes first, or NULL; it is open no more. */
struct shape *queue_first_open(const struct queue *queue);
void queue_open_all(struct queue *queue); /* that are aside */
void queue_close(struct queue *queue, struct shape *shape);

/* Looked at, and why it waits: aside for resources, parked for anything else. */
void queue_set_aside(struct queue *queue, struct shape *shape, enum job_reason reason);

/* Its nodes were checked just now; the one whose check is the oldest, or NULL. */
void queue_checked(struct queue *queue, struct shape *shape);
struct shape *queue_oldest_check(const struct queue *queue);

/* The parking of that name, made when it is new.  Shapes that are parked go to their refuge, if
 * they have one. */
struct parking *queue_parking(struct queue *queue, const char *name);
/* What it waits for may be there. */
void queue_parking_changed(struct queue *queue, struct parking *parking);

/* What was parked for the budget of an institution, or for anything, is due to be
 * looked at again; queue_unpark() opens up to `most`, and says whether more are due. */
void queue_budget_changed(struct queue *queue, const char *institution);
void queue_all_changed(struct queue *queue);
void queue_array_changed(struct queue *queue, uint64_t array); /* likewise, for its own limit */
void queue_array_gone(struct queue *queue, uint64_t array);    /* none of it waits any more */
bool queue_unpark(struct queue *queue, size_t most);

/* All ranks anew, as they are at this time and with so many cores for the work that waits. */
void queue_reorder(struct queue *queue, int64_t now_us, uint64_t cores);

/* queue_parking.c, for the queue: a shape goes there, leaves it; the one that is due next. */
void parking_init(struct parking *parking, const char *name);
void parking_clear(struct parking *parking);
void parking_enter(struct queue *queue, struct shape *shape, enum job_reason reason);
void parking_leave(struct queue *queue, struct shape *shape);
struct shape *parking_next(struct queue *queue);

/* Free the stream if nothing is in it. */
void queue_drop_empty(struct queue *queue, struct stream *stream);

/* queue_order.c: the turns of its first job; how many lines a stream has. */
void queue_take_turns(const struct queue *queue, struct shape *shape, int64_t now_us);
int64_t queue_run_of(const struct queue *queue, const struct shape *shape, const struct job *job);
/* What its rank is made of, for one of the shape's jobs. */
struct standing queue_standing(const struct queue *queue, const struct shape *shape,
                               const struct job *job, int64_t now_us);
unsigned queue_order_count(const struct queue *queue);

/* Pending jobs of a user: count one more or one less, and how many. */
void queue_count_user(struct queue *queue, const char *user, int change);
uint32_t queue_user_count(const struct queue *queue, const char *user);

/* --- a walk (queue_walk.c) ----------------------------------------------------------------
 *
 * Between two steps of a walk the shape it is at may start, go aside, be parked or vanish. */

/* May a shape of the stream that asks for so much be of use? */
typedef bool walk_admits_fn(const struct stream *stream, const struct demand *demand,
                            const void *context);

struct walk {
    struct queue *queue;
    enum turn_of order;
    walk_admits_fn *admits;
    const void *context;
    struct heap streams;
    bool has_begun;
};

void walk_begin(struct walk *walk, struct queue *queue, enum turn_of order, walk_admits_fn *admits,
                const void *context);
void walk_end(struct walk *walk);           /* frees */
struct shape *walk_next(struct walk *walk); /* NULL: that was all */

#endif
