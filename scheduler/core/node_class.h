/* node_class.h - equal nodes of a cluster, sorted by how many cores are free
 *
 * A class has the nodes of one cluster with the same number of cores, the same partitions, GPUs
 * and features, under one leaf switch.  Those that take new work lie in buckets: bucket f has the nodes
 * with f free cores, by name (n2 before n10), so that a search starts where
 * something can be found and does not depend on what happened before.
 *
 * Owns: its arrays.  Borrows: the nodes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_NODE_CLASS_H
#define SCHEDULER_CORE_NODE_CLASS_H

#include "scheduler/core/inventory.h"

#include <stddef.h>
#include <stdint.h>

/* Nodes by name. */
struct roster {
    size_t count, capacity;
    struct node **nodes;
};

struct node_class {
    uint32_t number; /* of its own in the inventory */
    uint32_t cores;
    uint64_t partitions;
    struct gpu_stock gpus;
    char *features;
    uint32_t leaf;          /* switch_tree.h; SWITCH_NONE */
    struct roster members;  /* all, whatever their state */
    size_t working;         /* members in buckets */
    uint64_t free_cores;    /* of these */
    struct roster *buckets; /* cores + 1 */
    uint64_t *filled;       /* bit f: bucket f has a node */
    uint64_t *summary;      /* bit w: word w of `filled` is not 0 */
    uint64_t free_gpus;     /* of those in buckets, altogether */
    uint32_t *gpu_nodes;    /* of these, by the most free GPUs of one type; NULL: without GPUs */
};

/* For nodes like this one. */
struct node_class *node_class_new(const struct node *node, uint32_t number);
void node_class_free(struct node_class *class);

void node_class_add(struct node_class *class, struct node *node);
void node_class_remove(struct node_class *class, struct node *node);

/* Put the node into the bucket of its free cores, or into none; and count its free GPUs. */
void node_class_file(struct node_class *class, struct node *node, uint32_t bucket);

/* The first bucket at or above `least` that has a node; NODE_NO_BUCKET: none. */
uint32_t node_class_seek(const struct node_class *class, uint32_t least);

/* The last bucket that has a node; 0 also where none has. */
uint32_t node_class_most(const struct node_class *class);

/* The last bucket at or below `most` that has a node; 0 also where none has. */
uint32_t node_class_seek_down(const struct node_class *class, uint32_t most);

/* The most free GPUs of one type on one node. */
uint32_t node_class_most_gpus(const struct node_class *class);

#endif
