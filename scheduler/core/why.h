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
    bool fits;      /* there is room now, if nothing were reserved and all its nodes were there */
    unsigned first; /* of the lane's blockers */
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
void read_need(struct read_need *read, const struct job *job, const struct request *request);
void read_need_clear(struct read_need *read);

/* why_constraints.c: what is asked for beside cores and memory; which licence is short, and when
 * it will be there; all that are in use are given back. */
void why_say_constraints(const struct constraints *constraints, struct buffer *text);
why_find_fn find_licenses;
why_lift_fn lift_licenses;
/* why_switches.c: under how many switches there is room, and when under few enough. */
why_find_fn find_switches;
why_lift_fn lift_switches;
/* why_sooner.c: where it could start, but would be done sooner in a faster cluster. */
why_find_fn find_sooner;
/* why_limits.c */
why_find_fn find_counts, find_lane_counts, find_qos;

/* why_own.c */
why_find_fn find_hold, find_begin, find_array;

/* why_lift.c */
why_lift_fn lift_count, lift_hold, lift_dependencies, lift_begin, lift_limit, lift_down,
    lift_budget, lift_nodes, lift_resources, lift_turn, lift_array;

/* why_window.c */
why_find_fn find_window, find_kept;
why_lift_fn lift_window, lift_kept;

#endif
