/* policy.h - in which order waiting jobs are looked at, and who may go ahead of whom
 *
 * A policy is a row of a table: the order of the queue, what may be started behind the first
 * job that must wait (backfill), and in which order such jobs are tried.  An order gives a
 * job a rank from what it asks for and how long it has waited; the lowest rank is first, and
 * among equals the less nice, then the older job.  An order without a function is that of
 * arrival.  Where ranks move with time they are reckoned anew for all jobs at once, every
 * `reorder_us` and not more often, so that the order costs O(n log n) in that time.
 *
 * A run time that is only predicted is used for ranks alone.  What a job may take, and what is
 * reserved for others, is decided by time limits.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_POLICY_H
#define SCHEDULER_CORE_POLICY_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an order may know of a waiting job. */
struct standing {
    int64_t since_us; /* when it could first be considered */
    int64_t wait_us;  /* how long ago that was */
    int64_t limit_us; /* as asked for, bounded by the partition; 1 or more */
    int64_t run_us; /* how long it will run: predicted where the policy predicts, else the limit */
    uint32_t cores;
    double place;      /* 0 to 1: the share of recent jobs that were smaller (sizes.h) */
    double backlog_us; /* in which the machines could do all that waits */
    double priority;   /* the sum of weighted factors; 0 unless the order asks for it */
};

/* Pure arithmetic without libm, so that every machine gives the same ranks. */
typedef double rank_fn(const struct standing *standing);

struct order {
    const char *name;
    rank_fn *rank;       /* NULL: by arrival */
    bool moves;          /* the rank changes while the job waits */
    bool has_priorities; /* the rank needs standing.priority */
    const char *basis;   /* what a rank rests on, for people */
};

enum backfill {
    BACKFILL_NONE,        /* nobody passes the first that waits */
    BACKFILL_EASY,        /* nobody delays the first that waits */
    BACKFILL_CONSERVATIVE /* nobody delays anybody before him */
};

struct policy {
    const char *name;
    const char *summary;       /* for people, half a line */
    const struct order *queue; /* who is first, and gets the reservation */
    enum backfill backfill;
    const struct order *candidates; /* who is tried first behind it */
    bool predicts;                  /* standing.run_us is the predicted run time */
    /* Starvation guard: a job that has waited longer than this many times its limit, and longer
     * than guard_wait_us, is ranked before all that have not, by arrival.  0: no guard. */
    uint32_t guard_limits;
    int64_t guard_wait_us;
    int64_t reorder_us;
};

/* NULL: there is no policy of that name. */
const struct policy *policy_find(const char *name);
const struct policy *policy_default(void); /* for who gives none */

/* The job's rank in one of the policy's orders: the lowest is first. */
double policy_rank(const struct policy *policy, const struct order *order,
                   const struct standing *standing);

/* Walk the table; NULL at its end. */
const struct policy *policy_at(size_t index);

/* "fcfs, easy, …": all names, for messages. */
void policy_print_names(struct buffer *buffer);

#endif
