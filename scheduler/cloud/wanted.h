/* wanted.h - which servers waiting jobs would have use for
 *
 * Pure.  A plan of one's own beside the planner's: jobs that wait for room are put, oldest first,
 * on nodes that are on or on their way, and else on nodes that are off, which are wanted then.  A
 * job that would be done no later where its start is planned (start + run / speed there) than on a
 * server (boot + run / speed of its cluster) does not count.  That the planner may decide
 * otherwise when the node is there does no harm: it works for another job.
 *
 * A job of several nodes for which there are not enough servers counts on other nodes of the
 * cluster, too, that have room for it now and that no job before it counts on.
 *
 * Cost: nothing where no job waits; else a glance at each job up to the last that does, and some
 * hundred thousand looks at nodes, at none for a job like one that found no place.  Where
 * that is not enough for all, the next round goes on where this one stopped: jobs take turns.
 *
 * Borrows: what it is given.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_WANTED_H
#define SCHEDULER_CLOUD_WANTED_H

#include "scheduler/core/core.h"
#include "scheduler/core/match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wanted_node {
    const struct node *node;
    bool is_on;  /* given: a node, or on its way to be one */
    bool is_off; /* given: it could be made; neither: nobody counts on it */
    bool use;    /* result: a waiting job counts on it */

    struct room room; /* own: what is left of it */
    uint32_t tasks;   /* of the job at hand */
};

/* soon_us: when a server that is asked for now would be a node.  turn: 0 in the first round, then as
 * it was left. */
void wanted_find(const struct core *core, const struct cluster *cluster, struct wanted_node *nodes,
                 size_t count, int64_t soon_us, uint64_t *turn);

#endif
