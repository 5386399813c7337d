/* plan.h - which waiting job starts where
 *
 * First come, first served, with backfill (EASY: D. Lifka, "The ANL/IBM SP scheduling
 * system", 1995): jobs start in order until one must wait; that one gets a
 * reservation, the earliest time and the nodes at which the ends of the placed jobs let it
 * start; a later job may start now if it ends before that time or uses only what
 * the reservation leaves.  A job that could not start whatever ended (no
 * budget, its nodes away) is passed over.
 *
 * What a pass has found holds until something comes free: a new job is then the only one to
 * look at.  A pass looks at most at `backfill_depth` shapes behind the first that waits.
 *
 * Owns: its arrays.  Borrows: jobs, nodes, shapes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PLAN_H
#define SCHEDULER_CORE_PLAN_H

#include "scheduler/core/match.h"
#include "scheduler/core/placement.h"
#include "scheduler/core/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;
struct scratch;

/* What is left of a node, by its index, when the reservation has taken its share. */
struct spare {
    uint64_t serial; /* of the reservation that it belongs to */
    uint32_t cores;
    uint64_t memory_bytes;
};

/* A node's use as the placed jobs end one after another. */
struct outlook {
    uint64_t serial;
    uint32_t cores_used;
    uint64_t memory_used_bytes;
    uint32_t capacity; /* as counted in the spread */
};

struct plan {
    bool changed;        /* something came free: look at all again */
    bool more;           /* the last pass stopped at its limit of starts */
    uint64_t nodes_serial; /* of the state of the nodes */
    struct shape *blocked; /* the first that must wait; its reservation: */
    const struct cluster *cluster;
    int64_t start_us;
    uint32_t looked; /* shapes behind it */
    uint64_t reservation; /* serial */
    size_t node_capacity;
    struct spare *spares;
    struct placement reserved;
    struct scratch *scratch;
};

/* What is used again and means nothing between calls: questions about a core use it too. */
struct scratch {
    uint64_t outlook; /* serial */
    struct outlook *outlooks; /* by node index */
    uint8_t *waits; /* per cluster: the job at hand could wait for resources there */
    struct placement trial, best;
    struct spread spread;
};

void plan_init(struct plan *plan, size_t cluster_count);
void plan_clear(struct plan *plan);

/* Something came free, or the order changed. */
void plan_changed(struct core *core);
/* Nodes came, went or were drained. */
void plan_nodes_changed(struct core *core);
/* The job leaves the queue. */
void plan_forget(struct core *core, const struct job *job);

/* Start what can be started. */
void plan_run(struct core *core);

/* Why a pending job waits, as the last pass knows it. */
enum job_reason plan_reason(const struct core *core, const struct job *job);
int64_t plan_start(const struct core *core, const struct job *job); /* 0: unknown */

/* seek.c: a place at which the job could start now and end by end_us without delaying the job
 * that has the reservation. */
bool seek_now(const struct core *core, const struct need *need, const struct cluster *cluster,
              int64_t end_us, struct placement *placement);
struct room plan_room(const struct plan *plan, const struct node *node, int64_t end_us);

/* reservation.c: the first time at which it could start in one of the clusters where it
 * waits; takes the nodes for it.  False: at none. */
bool reservation_make(struct core *core, struct shape *shape);
void reservation_drop(struct plan *plan);
/* A job that is still there at the reserved time has taken from a node. */
void reservation_take(struct plan *plan, const struct node *node, uint32_t cores,
                      uint64_t memory_bytes);
/* The first time in one cluster, and the node if it is to be one alone; INT64_MAX: never. */
int64_t reservation_find(const struct core *core, const struct need *need,
                         const struct cluster *cluster, struct node **ret_node);

/* Could it start there at all? */
enum possible { POSSIBLE_NEVER, POSSIBLE_LATER, POSSIBLE_NOW };
enum possible plan_possible(const struct inventory *inventory, const struct need *need,
                            const struct cluster *cluster, struct spread *spread);

#endif
