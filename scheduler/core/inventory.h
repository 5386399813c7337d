/* inventory.h - clusters, partitions and nodes, and what of them is free
 *
 * Clusters and partitions come from the configuration, nodes from their agents.  The
 * scheduler counts cores and memory per node; which cores a part gets is the
 * agent's choice (agent/core/slots.h).  Free nodes are found through counters per
 * class of equal nodes, never by a walk over all nodes for each job.
 *
 * Owns: everything in it.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_INVENTORY_H
#define SCHEDULER_CORE_INVENTORY_H

#include "base/error.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/memory.h"
#include "scheduler/core/gpus.h"
#include "scheduler/core/switch_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum contact {
    CONTACT_KEEP, /* lost contact never ends a job */
    CONTACT_LEASE /* the agent ends it after lease_us, the scheduler requeues it then */
};

/* What becomes of its jobs when they are pushed aside (preemption.h); off: they are not. */
enum preempt { PREEMPT_OFF, PREEMPT_REQUEUE, PREEMPT_CANCEL, PREEMPT_SUSPEND };

struct partition {
    char *name;
    char *nodes; /* host list; NULL: all of the cluster */
    bool is_default;
    bool up;
    int64_t limit_us;         /* longest job, finite */
    int64_t default_limit_us; /* for jobs that give none */
    enum contact contact;
    int64_t lease_us;
    uint32_t priority; /* a factor of its jobs' (priority.h) */
    uint32_t tier;     /* its jobs may end those of lower tiers (preempt.c); 0: none */
    enum preempt preempt;
    int64_t preempt_grace_us;  /* warned so long before */
    int64_t preempt_exempt_us; /* not before they have run so long */
};

/* A feature that the configuration gives to nodes. */
struct feature {
    char *name;
    char *nodes; /* host list; NULL: all of the cluster */
};

/* Seats of a licence (licenses.h). */
struct license_stock {
    char *name;
    uint32_t seats;
};

struct cluster {
    char *name;
    char *institution;                   /* whose it is */
    bool owners_first;                   /* its jobs push aside opportunistic ones of others */
    int64_t lend_from_us, lend_until_us; /* hours at which others may be there (loan.h) */
    uint32_t guarantee;          /* nodes that its institution has in time (guarantee.h); 0: none */
    int64_t guarantee_within_us; /* that time */
    uint32_t factor_ppm;         /* price: 1,000,000 = the reference node */
    uint32_t speed_ppm;          /* cluster_speed() */
    uint64_t stage_rate;         /* bytes a second that jobs fetch from elsewhere; 0: not known */
    size_t partition_count;
    struct partition *partitions;
    size_t feature_count;
    struct feature *features;
    size_t license_count;
    struct license_stock *licenses;
    size_t switch_count;
    struct switch_rule *switches;
    struct switch_tree *tree; /* what they come to; the inventory's own, NULL: no switches */
};

enum node_state {
    NODE_UP,
    NODE_SILENT, /* no word for a while: no new work, its jobs are kept */
    NODE_DOWN,   /* has never come, or is known to be gone */
    NODE_STATE_COUNT
};

struct node {
    /* what the planner looks at, of hundreds of nodes one after another: in one place */
    enum node_state state;
    bool drained; /* no new work */
    bool emulated;
    uint32_t cores;
    uint32_t cores_used;
    uint64_t memory_bytes;
    uint64_t memory_used_bytes;
    uint64_t partitions; /* bit i: member of the cluster's partition i */
    uint32_t index;      /* in the inventory */
    uint32_t leaf;       /* its switch; SWITCH_NONE */
    struct list parts;   /* struct part, of_node */
    struct cluster *cluster;
    char *name;
    struct gpu_stock gpu_stock;
    uint32_t gpus_used[GPU_KINDS_MAX]; /* of each kind of its stock */

    uint32_t threads;
    uint32_t packages;
    uint32_t numa_nodes;
    uint32_t gpus;
    char *drain_reason;
    char *drain_by;
    char *boot_id;
    char *own_features; /* as its agent says; NULL: none */
    char *features;     /* these and the configuration's, sorted, with commas; never NULL */
    int64_t boot_us;    /* wall clock */
    int64_t silent_us;  /* since when */

    /* the inventory's own */
    struct node_class *class;
    uint32_t bucket;       /* of its class; NODE_NO_BUCKET: takes no new work */
    uint32_t gpu_bucket;   /* its free GPUs of the type with most; NODE_NO_BUCKET: not counted */
    uint32_t gpus_counted; /* of all types */

    /* the core's own */
    struct heap_node of_timers;
    int64_t timer_us;
};

#define NODE_LENDER    "lender" /* by whom a lent node is drained while its owners use it */
#define NODE_NO_BUCKET UINT32_MAX
#define NODE_CORES_MAX 1048576 /* a pool of a replayed log is one node */
#define PARTITION_MAX  64      /* of one cluster */

struct inventory;
struct node_class;

/* "idle", "mixed", "allocated", "draining", "drained", "occupied" (by its lender), "down", "unknown"
 * with "*" when silent. */
const char *node_state_text(const struct node *node);

size_t inventory_cluster_count(const struct inventory *inventory);
const struct cluster *inventory_cluster(const struct inventory *inventory, size_t index);
const struct cluster *inventory_find_cluster(const struct inventory *inventory, const char *name);
size_t inventory_node_count(const struct inventory *inventory);
const struct node *inventory_node(const struct inventory *inventory, size_t index);
const struct node *inventory_find_node(const struct inventory *inventory, const char *name);

/* How fast jobs run there; 1,000,000: as their users think. */
static inline uint32_t cluster_speed(const struct cluster *cluster)
{
    return cluster->speed_ppm > 0 ? cluster->speed_ppm : 1000000;
}

/* The partition of that name, or the default one when name is NULL; NULL: there is none. */
const struct partition *cluster_find_partition(const struct cluster *cluster, const char *name);

/* --- for the core alone ---------------------------------------------------------------- */

struct inventory *inventory_new(const struct cluster *clusters, size_t count); /* copied */
void inventory_free(struct inventory *inventory);
DEFINE_CLEANUP(struct inventory *, inventory_free)

/* Of those that are there too, `up` and the limits of time. */
void inventory_change_partitions(struct inventory *inventory, const struct cluster *clusters,
                                 size_t count);

/* The node of that name, made if it is new (DOWN, without cores).  NULL: no such cluster,
 * or the name is taken by a node of another cluster that has parts. */
struct node *inventory_get_node(struct inventory *inventory, const char *name, const char *cluster,
                                struct error *err);
struct node *inventory_seek_node(const struct inventory *inventory, const char *name);

/* The node's state, drain or size changed: find its place again. */
void inventory_file_node(struct inventory *inventory, struct node *node);
bool node_takes_work(const struct node *node);
uint32_t node_free_cores(const struct node *node);
uint64_t node_free_memory(const struct node *node);

/* A part takes what it needs of a node, and gives it back. */
void inventory_take(struct inventory *inventory, struct node *node, uint32_t cores,
                    uint64_t memory_bytes);
void inventory_give(struct inventory *inventory, struct node *node, uint32_t cores,
                    uint64_t memory_bytes);

/* The same of GPUs of a type: before inventory_take() and inventory_give(), which find the node's
 * place again.  Of a type that the node has not got (any more) nothing is counted. */
void inventory_take_gpus(struct node *node, const char *type, uint32_t count);
void inventory_give_gpus(struct node *node, const char *type, uint32_t count);
uint32_t node_free_gpus(const struct node *node, uint32_t kind);

/* The node has another stock: what of it is in use is for the caller to take again. */
void inventory_set_gpus(struct node *node, const struct gpu_stock *stock);

/* Of the names of all features, the nearest to one that no node has; NULL: nothing is like it. */
bool inventory_has_feature(const struct inventory *inventory, const char *name);
char *inventory_nearest_feature(const struct inventory *inventory, const char *name);

/* One more after each change of what is free in the cluster. */
uint64_t inventory_changes(const struct inventory *inventory, const struct cluster *cluster);

/* The cluster's node if it has no other, or NULL. */
struct node *inventory_only_node(const struct inventory *inventory, const struct cluster *cluster);

uint64_t inventory_free_cores(const struct inventory *inventory, const struct cluster *cluster);
size_t inventory_cluster_index(const struct inventory *inventory, const struct cluster *cluster);

/* Classes of a cluster, in an order that does not depend on when nodes came. */
size_t inventory_class_count(const struct inventory *inventory, const struct cluster *cluster);
const struct node_class *inventory_class(const struct inventory *inventory,
                                         const struct cluster *cluster, size_t index);
/* Those of one leaf switch follow each other: the first of that leaf, or behind it. */
size_t inventory_first_class(const struct inventory *inventory, const struct cluster *cluster,
                             uint32_t leaf);

#endif
