/* match.h - which nodes a request fits on, and how well
 *
 * How many of a job's tasks a node could hold is its capacity for the job.  A job fits on a set of
 * nodes when it is on no fewer nodes than asked for and no more, each has at least one task,
 * and the capacities add up to the tasks.  Whether such a set exists is seen from
 * the spread, which counts nodes by capacity; which set it shall be is
 * placement.h's business.
 *
 * Owns: a spread its counts.  Borrows: the request and the lists.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_MATCH_H
#define SCHEDULER_CORE_MATCH_H

#include "base/hostlist.h"
#include "scheduler/core/features.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"
#include "scheduler/core/licenses.h"
#include "scheduler/core/window.h"

#include <stdbool.h>
#include <stdint.h>

struct need {
    const struct request *request; /* checked */
    const struct hostlist *only;   /* its node_list, read; or NULL */
    const struct hostlist *except; /* its node_exclude */
    const struct node *avoid;      /* or NULL */
    const struct window *window;   /* the nodes of which it is to be on, or NULL */
    struct feature_rule *features; /* its expression, read; or NULL */
    const struct license_list *licenses;
    const struct partition *partition; /* one of those asked for; NULL: the first of the cluster */
    int64_t switches_until_us;         /* so long it waits for few leaf switches; 0: it does not */
    const struct need *more;           /* of a heterogeneous job, its components behind this one */
    struct association *association;   /* whose limits choose among a component's partitions */
    int64_t windows_us;    /* whatever else is asked: on nodes that no window has before that */
    const uint64_t *marks; /* by node index: those with this mark are other components'; or NULL */
    uint64_t mark;
};

static inline const struct need *need_of(const struct need *need, uint32_t component)
{
    return component == 0 ? need : &need->more[component - 1];
}

/* How many leaf switches it may be under, if it starts then; 0: any number. */
uint32_t need_switches(const struct need *need, int64_t start_us);

/* The partition of that cluster that is meant; NULL: none. */
const struct partition *need_partition(const struct need *need, const struct cluster *cluster);

/* What of a node can be had. */
struct room {
    uint32_t cores;
    uint64_t memory_bytes;
    bool idle;                    /* all of it */
    uint32_t gpus[GPU_KINDS_MAX]; /* of each kind of the node's stock */
};

struct room room_of(const struct node *node); /* at present */
struct room room_when_empty(const struct node *node);

/* Could a node of the class do at all?  Where not, no node of it need be looked at. */
struct node_class;
bool need_admits_class(const struct need *need, const struct node_class *class);

/* Is the node one of those the job may be on, whatever is free there? */
bool need_admits(const struct need *need, const struct node *node);

/* How many tasks fit into the room; 0: it will not do.  At most request->tasks. */
uint32_t need_capacity(const struct need *need, const struct node *node, const struct room *room);

/* What `tasks` tasks take of the node. */
uint32_t need_cores(const struct need *need, const struct node *node, uint32_t tasks);
uint64_t need_memory(const struct need *need, const struct node *node, uint32_t tasks);

/* GPUs: how many, and of which kind of the node's stock (GPU_KINDS_MAX: none are asked for).  Of
 * those kinds that hold the tasks it is the one with least left. */
uint32_t need_gpus(const struct need *need, uint32_t tasks);
uint32_t need_gpu_kind(const struct need *need, const struct node *node, const struct room *room,
                       uint32_t tasks);

struct spread {
    uint32_t most;     /* highest capacity counted */
    uint32_t capacity; /* of counts, less one */
    uint64_t tasks;    /* that all nodes hold together */
    uint32_t *counts;  /* of nodes, by capacity */
};

void spread_init(struct spread *spread);
void spread_clear(struct spread *spread); /* frees */
void spread_reset(struct spread *spread);
void spread_add(struct spread *spread, uint32_t capacity, uint32_t nodes);
void spread_remove(struct spread *spread, uint32_t capacity);
bool spread_holds(const struct spread *spread, const struct request *request);

/* Capacities of a cluster's nodes in one partition if nothing ran there: of all
 * nodes that are known, or of those that take work; of fewer when these hold the job.
 * Returns 0 only where no node is known. */
size_t match_when_empty(const struct inventory *inventory, const struct partition *partition,
                        const struct cluster *cluster, const struct need *need, bool working_only,
                        struct spread *spread);

/* Bit of the partition in struct node's `partitions`. */
uint64_t partition_bit(const struct cluster *cluster, const struct partition *partition);

#endif
