/* het_seek.h - nodes for all components of a heterogeneous job at once
 *
 * One component after the other gets its nodes as a job of its own would, beside those that the
 * others have: first those that only some nodes can serve, then the larger tasks.  Where that
 * fails, the other way round is tried.  That is no search over all ways to share the nodes; but what
 * is promised is what was found, and what is refused when it is submitted would fail on an
 * empty cluster, too.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_HET_SEEK_H
#define SCHEDULER_CORE_HET_SEEK_H

#include "scheduler/core/het.h"
#include "scheduler/core/match.h"
#include "scheduler/core/placement.h"
#include "scheduler/core/plan.h"

#include <stdbool.h>
#include <stdint.h>

/* The components behind the first with their texts read, for struct need's `more`; NULL: there are
 * none.  free with the same count. */
struct need *het_needs_new(const struct request *request, const struct node *avoid,
                           const struct window *window);
void het_needs_free(struct need *more, uint32_t count);

/* In which state of the cluster's nodes. */
enum moment_kind {
    MOMENT_NOW,      /* as it is, for a job that ends by end_us */
    MOMENT_FREE,     /* as it is, whatever is reserved */
    MOMENT_LATER,    /* as it is expected to be at at_us */
    MOMENT_BACK,     /* as it is now, nodes that are away among them */
    MOMENT_EMPTY,    /* nothing runs there */
    MOMENT_EMPTY_ALL /* and all nodes are back */
};
struct moment {
    enum moment_kind kind;
    int64_t end_us, at_us;
    /* Of others than now and later, too: as windows are at at_us; under as few switches as asked. */
    bool beside_windows, few_switches;
    bool closed_too; /* also in partitions that are down */
    bool out_of_all; /* now: not class by class */
    bool as_now;     /* else: of nodes that would do alone the one that seek.c would choose */
};

/* A place for all components: the first in need->partition, each other one in one of its own. */
bool het_place(const struct core *core, const struct need *need, const struct cluster *cluster,
               const struct moment *moment, struct placement *placement);

/* plan_possible() of such a job, licences apart. */
enum possible het_possible(const struct core *core, const struct need *need,
                           const struct cluster *cluster);

/* The first time found, not before least_us, at which there will be one; INT64_MAX: never. */
int64_t het_find(const struct core *core, const struct need *need, const struct cluster *cluster,
                 int64_t least_us, struct placement *placement);

#endif
