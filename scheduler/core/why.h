/* why.h - the table of what may keep a job from starting
 *
 * One row for each kind of blocker: its tier, how it is found, and how it is lifted.  Answers
 * come in the order of the tiers.  Rows about the job itself hold everywhere; the others are
 * asked for each lane (a partition of a cluster) that the job may run in.  A job starts in a
 * lane when all of its own and all of the lane's are gone, and not before: no row may find
 * what does not stand in the way by itself.
 *
 * Whether it would be the job's turn once the rest is gone only the planner can tell: that row
 * then gives a guess, which a trial on a copy of the core decides (scheduler/explain.h).
 *
 * One row is none of the set: that a faster cluster will have the job done sooner (why_sooner.c) is
 * a choice between lanes, and in this lane alone it would start.
 *
 * To add a kind: two functions and a row in the table of why.c, at the end of its tier.
 *
 * Borrows: everything.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_WHY_H
#define SCHEDULER_CORE_WHY_H

#include "scheduler/core/core_inside.h"

#include <stdbool.h>
#include <stdint.h>

/* What is asked of a row. */
struct question {
    const struct core *core;
    const struct job *job;
    const struct need *need;
    /* of a lane's rows */
    const struct cluster *cluster;
    const struct partition *partition;
    enum possible possible;
    bool fits;       /* there is room now, if nothing were reserved and all its nodes were there */
    unsigned things; /* of which there is too little where it does not fit (why_shortage.c) */
    int64_t nodes_left; /* that limits leave to it, where it needs more of them; else 0 */
    int64_t until_us;   /* on nodes that no window has before that; 0: on any */
    unsigned first;     /* of the lane's blockers */
    struct blocker *blockers;
    unsigned *count;
    const struct why_row *row;
};

typedef void why_find_fn(const struct question *question);
/* On a copy: make it as if the blocker were not there.  Nothing is planned meanwhile. */
typedef void why_lift_fn(struct core *core, struct job *job, const struct blocker *blocker);

struct why_row {
    enum blocker_tier tier;
    bool of_lane;
    why_find_fn *find;
    why_lift_fn *lift; /* NULL: nothing that changes but the job itself would help */
};

/* One more blocker, with its place when it is a lane's; NULL: there is no room for it. */
struct blocker *why_add(const struct question *question, enum job_reason reason);

/* Of the lane's nodes when nothing runs there (or as they are, where there is room, be it only among
 * those that are away): one alone that will do (the smallest), or as many as it takes; as seek.c
 * chooses. */
bool why_place(const struct question *question, bool alone, uint32_t leaves_most,
               struct placement *placement);
/* Those that it would get, as they are where there is room; NULL: there are none. */
const struct placement *why_placement(const struct question *question);

/* When there will be room for that if it is the next in turn; 0: unknown. */
int64_t why_free_at(const struct question *question, const struct need *need);

void why_say_duration(char *place, size_t size, int64_t duration_us);
void why_say_amount(char *place, size_t size, int64_t amount_micro);

/* why_need.c: a request of the job, or one like it, with its texts read.  It stays where it is. */
struct read_need {
    struct need need;
    struct hostlist *only, *except;
    struct feature_rule *features;
    struct license_list licenses;
    struct need *more;
    uint32_t more_count;
};
void read_need(struct read_need *read, const struct job *job, const struct window *window,
               const struct request *request);
void read_need_clear(struct read_need *read);

/* why_shortage.c: all of the request in the blocker's `needs`; nodes as no node is, that are away, or
 * on which there is too little of something; that is given back. */
void why_say_request(struct blocker *blocker, const struct request *request);
unsigned why_things_short(const struct question *question);
/* Of a node, with that given back. */
struct room why_room(const struct question *question, const struct node *node);
/* With all that given back, and those back: would it fit on nodes that no window has before its end? */
bool why_fits_beside_windows(const struct question *question);
why_find_fn find_error, find_nodes, find_shortage;
why_lift_fn lift_resources;

/* why_constraints.c: what is asked for beside cores and memory; which licence is short, and when
 * it will be there; all that are in use are given back. */
void why_say_gpus(const struct constraints *constraints, struct buffer *text);
void why_say_constraints(const struct constraints *constraints, struct buffer *text);
why_find_fn find_licenses;
why_lift_fn lift_licenses;
/* why_switches.c: under how many switches there is room, and when under few enough. */
why_find_fn find_switches;
why_lift_fn lift_switches;
/* why_sooner.c: where it could start, but would be done sooner in a faster cluster. */
why_find_fn find_sooner;
/* why_loan.c: the hours at which the cluster lends. */
why_find_fn find_loan;
why_lift_fn lift_loan;
/* why_guarantee.c: what is guaranteed to the cluster's owners. */
why_find_fn find_guarantee;
why_lift_fn lift_guarantee;
/* why_limits.c */
why_find_fn find_counts, find_lane_counts, find_qos;

/* why_own.c */
why_find_fn find_hold, find_begin, find_array;

/* why_lift.c */
why_lift_fn lift_count, lift_hold, lift_dependencies, lift_begin, lift_limit, lift_down,
    lift_budget, lift_nodes, lift_turn, lift_array;

/* why_window.c */
why_find_fn find_window, find_kept;
/* The window that the job is in, or would be if nothing else kept it from the queue; NULL: none. */
const struct window *why_window(const struct core *core, const struct job *job);
why_lift_fn lift_window, lift_kept;

#endif
