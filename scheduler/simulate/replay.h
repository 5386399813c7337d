/* replay.h - the jobs of a log go through the scheduler's core under a simulated clock
 *
 * The core is the daemon's, unchanged.  The replay is what is around it: it submits each job
 * when the log says so, is the nodes' agents (ready, started and ended come at once and at
 * the right second), and lets time pass.
 *
 * What falls on one second comes in this order: ends by the time limit, then
 * submissions, then ends before the limit, and the core decides after each.  So a job's
 * processors count as free from its expected end on, as in the published schedules.
 *
 * The processors are one pool, since that is what nearly all logs know of their machine; or nodes
 * of some cores each, over which the core places the jobs as it places any.
 *
 * Or there are several sites of that size, each a cluster of an institution whose jobs may run at
 * any of them, but for those that ask for their own.
 *
 * Owns: the core.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_REPLAY_H
#define SCHEDULER_SIMULATE_REPLAY_H

#include "base/error.h"
#include "scheduler/core/core.h"
#include "scheduler/core/policy.h"
#include "scheduler/simulate/workload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of several sites: "s1" is the cluster of institution "i1". */
#define REPLAY_CLUSTER     's'
#define REPLAY_INSTITUTION 'i'

struct replay_settings {
    const struct policy *policy;
    bool clairvoyant;        /* the time limits are the run times */
    uint32_t nodes;          /* 0: one pool */
    uint32_t cores_per_node; /* of the pool: all processors */
    uint32_t sites;          /* 0: one machine, all jobs are of one institution */
    uint32_t guarantee;      /* nodes that each site's institution has in time (guarantee.h) */
    int64_t guarantee_within_us;
    /* Of every booking; and when nothing more happens in a second.  NULL: not called. */
    void (*booked)(void *context, const struct booking *booking);
    void (*rested)(void *context, const struct core *core, int64_t now_s);
    void *context;
    /* Called about every thousand jobs; NULL: not at all. */
    void (*progress)(size_t ended, size_t count);
};

struct replay_counts {
    uint64_t steps;     /* of the core */
    uint64_t decisions; /* jobs started */
    int64_t cpu_us;     /* of this process, for the replay alone */
};

uint32_t replay_processors(const struct replay_settings *settings);

/* starts_s[i]: when jobs[i] started, in seconds of the log.  The jobs are in the order of their
 * submission and none asks for more than there is. */
bool replay(const struct replay_settings *settings, const struct work *jobs, size_t count,
            int64_t *starts_s, struct replay_counts *ret_counts, struct error *err);

#endif
