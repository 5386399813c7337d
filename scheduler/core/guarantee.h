/* guarantee.h - nodes that a cluster's institution has within a stated time
 *
 * A cluster may promise its institution so many nodes within so long (guarantee, guarantee-within).
 * Its jobs that ask for this cluster alone and are not opportunistic may count on it: as long as what
 * they have and what they wait for is no more than is guaranteed, each starts within that time.
 *
 * It rests on two counts of nodes.  Work of others that would stay longer (it neither ends by its
 * limit in that time, nor is it opportunistic with terms that end it in time) is firm, and never on
 * so many nodes that fewer are left than are guaranteed.  And while the owners wait, so many nodes
 * are cleared as they wait for: those from which all guests will go in time by themselves count, on
 * others, the fewest that will do, opportunistic jobs are pushed aside; nobody may take one of
 * these nodes for longer.
 *
 * Nodes count whatever they are like, and those alone that take work and are in no reservation, now
 * or within that time: when some fail or are reserved, what is firm stays.  A guest who could be
 * suspended for others is firm, however short its limit.  The time begins when the owners' job is
 * found to wait; after a restart, anew.
 *
 * In clusters with a guarantee each start costs O(its nodes) more; O(nodes of the cluster and parts
 * on them) when somebody is cancelled there, a node comes or goes, or a guest nears its end
 * (guarantee_nodes.h), and when nodes are cleared, once while nobody more can be pushed.
 *
 * Borrows: all.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_GUARANTEE_H
#define SCHEDULER_CORE_GUARANTEE_H

#include "scheduler/core/core.h"
#include "scheduler/core/placement.h"
#include "scheduler/core/queue.h"

#include <stdbool.h>
#include <stdint.h>

/* Where guests wait that a guarantee keeps. */
#define GUARANTEE_PARKING "/guarantee"

/* A cluster's nodes that take work, as the guarantee counts them. */
struct guarantee_count {
    uint32_t nodes;
    uint32_t guaranteed; /* no more than there are */
    uint32_t own;        /* with work of the owners */
    uint32_t firm;       /* with work of others that would stay too long */
    uint32_t clear;      /* of neither: all guests will have gone by until_us */
    uint32_t called; /* that the owners' jobs wait for, up to the first that is guaranteed less */
    bool is_called_out; /* they are guaranteed no more than that and what they have */
    int64_t until_us;   /* by then */
};
struct guarantee_count guarantee_count(const struct core *core, const struct cluster *cluster);

/* The shape waits for resources.  True: it is within its owners' guarantee, and what that takes
 * has been done. */
bool guarantee_serves(struct core *core, struct shape *shape);

/* Could the stream's shapes be within a guarantee?  Then they are to be looked at where there is no
 * room, too.  A pass begins: for all guarantees that is open.  Then, before the walk over them: who
 * still waits is found anew.  Until then those of the last pass count, so that nobody who is looked
 * at before them has what was cleared for them. */
bool guarantee_admits(const struct stream *stream, const struct demand *demand,
                      const void *context); /* the core */
void guarantee_begin_pass(struct core *core);
void guarantee_begin_walk(struct core *core);

/* May the job not be there for so long, because of what is guaranteed to others? */
bool guarantee_keeps(const struct core *core, const struct job *job,
                     const struct placement *placement, int64_t limit_us);

/* Something came free, or fewer wait. */
void guarantee_changed(struct core *core);

/* In a run of the planner: the job got its nodes; the shape waits for something else. */
void guarantee_placed(struct core *core, const struct job *job);
void guarantee_forget(struct core *core, struct shape *shape);

/* What those that wait take of so many nodes (`left`), in their turns up to the first that does not
 * fit. */
struct guarantee_call {
    bool is_made;
    bool is_all; /* all of what was left, or as much as fits */
    uint32_t left, nodes;
    int64_t since_us; /* when the first of them began to wait */
    size_t seen;      /* of plan.callers */
};

struct plan;
void guarantee_init(struct plan *plan, size_t clusters);
void guarantee_clear(struct plan *plan);
void guarantee_begin_run(struct core *core);
void guarantee_end_run(struct core *core);

#endif
