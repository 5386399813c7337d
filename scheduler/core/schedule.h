/* schedule.h - a planned start for every waiting job (conservative backfill)
 *
 * Each job that could run somewhere is given the first time at which its cores are free for as
 * long as its limit, beside all that was planned before it; it never gets a later one while
 * running jobs keep to their limits and nodes stay (A. Mu'alem, D. Feitelson, 2001, as in
 * plan.h).  When something comes free before it was expected, each job in the order of the
 * queue moves to an earlier time if there is one for it.
 *
 * What is planned are cores of lanes.  A job whose time has come and that fits on no nodes all
 * the same (its cores are scattered, or memory is short) has the next
 * reservation of nodes, as under EASY.  Lanes that share nodes are planned hopefully: a job
 * takes of the other lane only what its own lane has not beside it.
 *
 * Windows are out of what lanes have while they last, also those to come; jobs that name one are
 * planned in it.  A job that may push others aside does so in its turn, as under EASY, and takes
 * the time at which they will be gone.
 *
 * A new job costs O(sqrt n) for n planned jobs where it finds its time soon, and O(n) at worst;
 * an early end a look at each.  With a backfill_depth no more jobs than that are planned, in the
 * order of their arrival: the others are nobody's business until it is their turn.
 *
 * Owns: its arrays.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_SCHEDULE_H
#define SCHEDULER_CORE_SCHEDULE_H

#include "base/list.h"
#include "scheduler/core/job.h"
#include "scheduler/core/line.h"
#include "scheduler/core/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;
struct shape;

struct planned {
    struct turn turn;
    struct job *job;
};

struct window_room;

struct schedule {
    bool is_kept; /* the policy plans so; else all that follows is empty */
    bool is_true; /* false: nodes changed, all is to be planned anew */
    size_t lane_count;
    struct profile *profiles; /* of each lane */
    uint64_t *cores;          /* of each lane, that take work */
    size_t window_count;
    struct window_room *windows; /* those that are on, and serve somebody */
    size_t count, capacity;
    struct planned *planned; /* waiting, by turn */
    uint32_t yield_tier;   /* who is below this plans anew, behind those that pushed others aside */
    int64_t first_us;      /* no planned start ahead is before that */
    struct list new_jobs;  /* waiting, and not planned yet: job->of_queue */
    struct shape *refused; /* was due, and could not start for another reason than room */
};

void schedule_init(struct schedule *schedule, bool is_kept, size_t lane_count);
void schedule_clear(struct schedule *schedule);

/* A job begins to wait, or leaves the queue. */
void schedule_add(struct core *core, struct job *job);
void schedule_remove(struct core *core, struct job *job);

/* A placed job is expected to hold its cores until end_us; 0: it has gone. */
void schedule_expect(struct core *core, struct job *job, int64_t end_us);

/* Nodes came, went or changed. */
void schedule_nodes_changed(struct schedule *schedule);

/* Plan what is new, improve what came free, start what is due. */
void schedule_run(struct core *core, bool came_free);

/* --- schedule_room.c: what there is, over time -------------------------------------------------- */

void schedule_room_init(struct schedule *schedule, size_t lane_count);
void schedule_room_clear(struct schedule *schedule);
void schedule_room_begin(struct core *core);  /* all of it, less what placed jobs have */
void schedule_room_forget(struct core *core); /* what was before now */

/* Take (sign -1) what the job's claim says, from start_us on, or give it back (+1). */
void schedule_apply(struct core *core, const struct job *job, int64_t start_us, int sign);

/* The first start before before_us at which its cores are free for so long; INT64_MAX: none. */
struct lane;
int64_t schedule_seek(const struct core *core, const struct shape *shape, const struct lane *lane,
                      int64_t limit_us, int64_t before_us);

#endif
