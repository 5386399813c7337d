/* inventory_inside.h - the inside of the inventory, for the files that make it
 *
 * inventory.c has the nodes and what of them is free, inventory_clusters.c what the
 * configuration says of clusters.
 *
 * Owns: everything.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_INVENTORY_INSIDE_H
#define SCHEDULER_CORE_INVENTORY_INSIDE_H

#include "base/hostlist.h"
#include "scheduler/core/inventory.h"

/* What belongs to a cluster beside its description. */
struct site {
    size_t class_count;
    struct node_class **classes; /* by cores, then partitions */
    struct hostlist **lists;     /* of each partition; NULL: all nodes */
    struct hostlist **featured;  /* of each feature, likewise */
    uint64_t free_cores;         /* of the nodes that take work */
    uint64_t changes;
};

struct inventory {
    size_t cluster_count;
    struct cluster *clusters;
    struct site *sites;
    size_t node_count, node_capacity;
    struct node **nodes;
    struct table *by_name;
    uint32_t next_class; /* number */
};

struct site *inventory_site(const struct inventory *inventory, const struct cluster *cluster);

/* inventory_clusters.c */
void inventory_copy_cluster(struct cluster *to, struct site *site, const struct cluster *from);
void inventory_clear_cluster(struct cluster *cluster, struct site *site);
uint64_t inventory_partitions(const struct inventory *inventory, const struct node *node);
char *inventory_features(const struct inventory *inventory, const struct node *node);

#endif
