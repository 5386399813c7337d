/* plan.h - which waiting job starts where
 *
 * Jobs are looked at in the order of the policy.  The first that must wait in a lane (a
 * partition of a cluster) gets its reservation: the earliest time and the nodes at
 * which the expected ends of the placed jobs let it start (EASY: D. Lifka, "The ANL/IBM SP
 * scheduling system", 1995).  A later job may start now if it ends before the times
 * reserved on its nodes, or uses only what the reservations leave of them (A. Mu'alem,
 * D. Feitelson, "Utilization, predictability, workloads, and user runtime estimates in
 * scheduling the IBM SP2 with backfilling", 2001).  A job that could not start whatever ended
 * (no budget, nodes away) is passed over.
 *
 * What a pass has found holds until something comes free: a new job is then the only one to
 * look at.  A whole pass looks at the first that waits in each lane, at those that start,
 * and at a few that do not, whose failures tell of all that ask for as much or more: its
 * cost is in them, not in the number of waiting jobs.  At most `backfill_depth` shapes
 * are looked at in vain in each lane.
 *
 * Owns: its arrays.  Borrows: jobs, nodes, shapes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PLAN_H
#define SCHEDULER_CORE_PLAN_H

#include "scheduler/core/match.h"
#include "scheduler/core/near.h"
#include "scheduler/core/placement.h"
#include "scheduler/core/queue.h"
#include "scheduler/core/schedule.h"
#include "scheduler/core/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;

/* A partition of a cluster, and who has the reservation there. */
struct lane {
    const struct cluster *cluster;
    const struct partition *partition;
    struct shape *blocked; /* the first that must wait; NULL: none must */
    int64_t start_us;      /* reserved */
    uint32_t looked;       /* shapes behind it that were looked at in vain */
    /* what is to be had at most, in a state of the cluster's nodes */
    uint64_t changes;
    uint64_t free_cores;
    uint32_t most_cores; /* on one node */
    uint64_t idle_nodes;
    uint64_t free_gpus;
    uint32_t most_gpus;  /* of one type, on one node */
    uint64_t kept_cores; /* free, but not for who stays beyond start_us */
    bool is_measured;    /* what the next two say is true, or was and less is free since */
    uint32_t long_cores; /* on one node at most, for who stays beyond long_us */
    int64_t long_us;
    uint64_t within; /* bit i: what works for the cluster's partition i does so for this one */
    uint64_t beside; /* bit i: that one shares nodes with it */
    struct placement seats;
    /* for whom (0: nobody), when and in which state of the nodes it was found */
    uint64_t found_job;
    int64_t found_us;
    uint64_t found_serial;
    uint64_t found_changes; /* of the cluster: inventory_changes() */
    uint64_t found_ends;    /* of its timeline */
    uint64_t serial;
    int64_t preempt_us; /* not before that time (preempt.c) */
    bool is_called_out; /* the first of a cluster: no more is guaranteed to its owners than they
                         * have and were found to wait for in this pass (guarantee.h) */
};

/* What a reservation leaves of a node, by its index. */
struct spare {
    struct lane *lane; /* whose it is, while the serial is still that */
    uint64_t serial;
    int64_t start_us;
    uint32_t cores;
    uint64_t memory_bytes;
    uint32_t gpus[GPU_KINDS_MAX];
};

/* A node's use as the placed jobs end one after another. */
struct outlook {
    uint64_t serial;
    uint32_t cores_used;
    uint64_t memory_used_bytes;
    uint32_t capacity; /* as counted in the spread */
    uint32_t closed;   /* by so many windows that begin too soon: not counted then */
    uint32_t gpus_used[GPU_KINDS_MAX];
};

/* What is used again and means nothing between calls: questions about a core use it too. */
struct scratch {
    uint64_t outlook;         /* serial */
    struct outlook *outlooks; /* by node index */
    size_t seen_count;
    struct node **seen;      /* those with the serial: all others are full, or will not do */
    uint8_t *waits;          /* per lane of its stream: the job at hand could wait there */
    enum job_reason kept_by; /* of the last look, where there was room: but in a window of others,
                               * or under too many switches; or NONE */
    struct placement trial, best, piece, possible;
    uint64_t mark;
    uint64_t *marks; /* by node index: with the mark, of another component of the job at hand */
    int64_t trial_cut_us, best_cut_us; /* the limit there, where it must be cut; else 0 */
    struct spread spread;
    struct near near;
    struct near ahead;                      /* of each leaf switch, as the placed jobs end */
    bool looks_at_leaves;                   /* they are counted */
    uint64_t largest_serial, largest_cores; /* of the largest cluster, in that state of the nodes */
    int64_t outlook_us; /* all ends up to then are in the outlooks; 0: up to no such time */
};

struct plan {
    bool changed;           /* something came free: look at all again */
    int64_t again_us;       /* when the pass goes on that stopped at its limit */
    int64_t loan_us;        /* when hours of lending begin or end next */
    int64_t unprotected_us; /* when who was not pushed aside has run long enough for it; or never */
    uint64_t nodes_serial;  /* of the state of the nodes */
    uint64_t lost_serial;   /* the same, of the last change that was not for the better */
    uint64_t serial;        /* of the last reservation */
    uint64_t pass;
    int64_t reordered_us; /* when all ranks were reckoned */
    size_t lane_count;
    struct lane *lanes;
    size_t *first_lanes; /* of each cluster */
    size_t node_capacity;
    struct spare *spares;
    struct scratch *scratch;
    struct schedule schedule;
    struct windows windows;
    uint64_t pushes; /* so many were pushed aside so far */
    size_t preemptor_count;
    uint64_t *preemptors;      /* jobs for which others were ended, and that have not started */
    struct licenses *licenses; /* the core's */
    bool has_guarantees;
    /* Jobs of owners that wait for what is guaranteed to them (guarantee.h). */
    size_t caller_count, caller_capacity;
    uint64_t *callers;
    uint64_t callers_serial; /* of the walk that finds them */
    struct {
        bool is_running;
        struct guarantee_nodes *clusters;
        struct guarantee_call *calls; /* the same order */
        uint8_t *marks;               /* by node index */
    } guaranteed;
    /* On a copy (why_lift.c): a partition's time limit is lifted, but for one job alone. */
    struct {
        const struct job *job; /* NULL: none is */
        const struct partition *partition;
        int64_t limit_us; /* of all others */
    } lifted;
};

void plan_init(struct plan *plan, const struct inventory *inventory, const struct policy *policy);
void plan_clear(struct plan *plan);

/* Something came free, or the order changed. */
void plan_changed(struct core *core);
/* Nodes came or were resumed; or (worse) went, were drained or changed. */
void plan_nodes_changed(struct core *core, bool worse);

/* Partitions have other time limits: for jobs that run as long as these let them. */
void plan_limits_changed(struct core *core);

/* A job begins to wait, or leaves the queue. */
void plan_add(struct core *core, struct job *job);
void plan_remove(struct core *core, struct job *job);

/* A job was placed and is expected to end at end_us; at another time; it has gone. */
void plan_placed(struct core *core, struct job *job, int64_t end_us);
void plan_expect(struct core *core, struct job *job, int64_t end_us);
void plan_gone(struct core *core, struct job *job);

/* plan_pass.c: start what can be started. */
void plan_run(struct core *core);

/* plan_obstacle.c: what of its lanes is possible, anew where nodes changed; what keeps the shape's
 * first job from one of them even when nothing runs there, or NONE; of several obstacles the one
 * that is nearest to being overcome is named: the highest. */
struct limit_hit;
void plan_learn_possible(struct core *core, struct shape *shape);
enum job_reason plan_obstacle_in(struct core *core, const struct shape *shape, size_t index,
                                 struct limit_hit *ret_hit);
unsigned plan_obstacle_rank(enum job_reason reason);

/* What keeps the shape's first job from every cluster, even when nothing runs there;
 * NONE: nothing does in one of them at least. */
enum job_reason plan_obstacle(struct core *core, struct shape *shape);
/* Look for a place for it: NONE, and scratch->best, when it can start. */
enum job_reason plan_examine(struct core *core, struct shape *shape);
/* Start one of its jobs there. */
void plan_start_best(struct core *core, struct shape *shape, struct job *job);

/* Why a pending job waits, as the last pass knows it. */
enum job_reason plan_reason(const struct job *job);
int64_t plan_start(const struct core *core, const struct job *job); /* 0: unknown */

struct lane *plan_lane(const struct plan *plan, size_t cluster, const struct partition *partition);

/* seek.c: a place at which the job could start now and end by end_us without taking what is
 * reserved. */
bool seek_now(const struct core *core, const struct need *need, const struct cluster *cluster,
              int64_t end_us, struct placement *placement);
/* The same of nodes alone, whatever licences are to be had. */
bool seek_nodes(const struct core *core, const struct need *need, const struct cluster *cluster,
                int64_t end_us, struct placement *placement);
bool seek_licenses(const struct core *core, const struct need *need, const struct cluster *cluster,
                   int64_t end_us);
struct room plan_room(const struct plan *plan, const struct node *node, int64_t end_us);

/* reservation.c: what of the node will be free then, as far as it is known. */
struct room plan_room_at(const struct node *node, int64_t at_us);

/* reservation.c: reserve the first time and place in each lane where the shape waits and nobody
 * before it: so nobody behind it is promised what it may still take. */
void reservation_make(struct core *core, struct shape *shape);
void reservations_drop(struct plan *plan);
/* What the job asks for is not what it was: what was found for it is not, either. */
void reservations_forget(struct plan *plan, const struct job *job);
/* What is reserved of the node at end_us, or NULL. */
struct spare *reservation_on(const struct plan *plan, const struct node *node, int64_t end_us);
/* A job was started that is to end at end_us. */
void reservations_note(struct plan *plan, const struct job *job, int64_t end_us);
/* seek_later.c: the first time in one cluster, and the node if it is to be one alone; INT64_MAX: never. */
int64_t reservation_find(const struct core *core, const struct need *need,
                         const struct cluster *cluster, struct node **ret_node);

/* What reservations leave on one node of the lane for who stays beyond them: `long_cores`. */
void reservations_measure(const struct core *core, struct lane *lane);

/* While the cores that jobs hold on these nodes change, what is kept on them does not count. */
void reservations_discount(struct plan *plan, struct node *node);
void reservations_recount(struct plan *plan, struct node *node);

/* seek_later.c: the nodes of a lane as they are, those left out that a window has before the job
 * could have ended, and the spread of their capacities; a job ends in it (or gives back its cores
 * alone), or does not after all. */
void outlook_begin(const struct core *core, const struct need *need, const struct cluster *cluster,
                   uint64_t bit, int64_t start_us);
void outlook_give(struct scratch *scratch, const struct need *need, const struct job *job,
                  uint64_t bit, bool cores_alone);
void outlook_take(struct scratch *scratch, const struct need *need, const struct job *job,
                  uint64_t bit, bool cores_alone);
/* All nodes of a lane that may have room then are seen: what is free now, or has ends by then. */
void outlook_gather(const struct core *core, const struct cluster *cluster, uint64_t bit,
                    int64_t at_us);
/* The node's room then: as the last search saw it, else as plan_room_at() finds it. */
struct room outlook_room(const struct scratch *scratch, const struct node *node, int64_t at_us);

/* preempt.c: push others aside for it, where it waits and nobody before it.  Walk over those
 * for which that was done, from *place 0; NULL at the end. */
void preempt_for(struct core *core, const struct shape *shape);
struct shape *preempt_next(struct core *core, size_t *place);
struct terms;
/* Push it aside for that job, on these terms; until when they spare it (0: they do not); it is being
 * stopped, or was warned. */
void preempt_push(struct core *core, struct job *job, const struct terms *terms,
                  const struct job *other);
int64_t preempt_exempt_until(const struct job *job, const struct terms *terms);
bool preempt_is_leaving(const struct job *job);
/* The time of one that was warned is over. */
void preempt_end_warned(struct core *core, struct job *job);
/* Does it, where it waits, come before those that may push nobody aside? */
bool preempt_claims(const struct core *core, const struct job *job);

/* Could it start there at all? */
enum possible { POSSIBLE_NEVER, POSSIBLE_LATER, POSSIBLE_NOW };
enum possible plan_possible(const struct core *core, const struct need *need,
                            const struct cluster *cluster, struct spread *spread);

/* Why a shape waits that waits for something to come free: nodes or licences. */
static inline bool plan_waits(enum job_reason reason)
{
    return reason == REASON_RESOURCES || reason == REASON_LICENSES;
}

#endif
