/* switch_tree.h - how the nodes of a cluster are wired: switches, and switches above them
 *
 * Nodes are under leaf switches, these under others, up to the root.  A node is under one leaf at
 * most, a switch under one other; where several are topmost, a root without a name joins them.
 * Leaves are numbered in the order of the tree, so that those under one switch follow each other.
 * Nodes that nobody knows yet may be named.
 *
 * Owns: everything in it.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_SWITCH_TREE_H
#define SCHEDULER_CORE_SWITCH_TREE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stddef.h>
#include <stdint.h>

#define SWITCHES_MAX    16384 /* of one cluster */
#define SWITCH_NAME_MAX 64
#define SWITCH_NONE     UINT32_MAX

/* As the configuration has it: either of the two lists. */
struct switch_rule {
    char *name;
    char *nodes;    /* host list, or NULL */
    char *switches; /* likewise, of switches */
};

struct tree_switch {
    char *name;      /* NULL: the root that joins others */
    uint32_t parent; /* SWITCH_NONE: it is the root */
    uint32_t height; /* 0: a leaf */
    uint32_t first_leaf;
    uint32_t leaf_count;
};

struct switch_tree {
    uint32_t count;
    struct tree_switch *all; /* by height, so that the root is the last */
    uint32_t leaf_count;     /* the first ones, in the order of their numbers */
    struct table *leaf_of;   /* by the names of nodes; number + 1 */
};

/* Refused: a switch without anything under it or with both kinds, one that is not there, that is
 * under two others or under itself, a node under two. */
struct switch_tree *switch_tree_new(const struct switch_rule *rules, size_t count,
                                    struct error *err);
void switch_tree_free(struct switch_tree *tree);
DEFINE_CLEANUP(struct switch_tree *, switch_tree_free)

/* The number of the leaf that the node is under; SWITCH_NONE: under none, also where tree is NULL. */
uint32_t switch_tree_leaf(const struct switch_tree *tree, const char *node);

/* From the top down, with dots: "core.spine1.leaf4"; nothing where leaf is SWITCH_NONE. */
void switch_tree_print(const struct switch_tree *tree, uint32_t leaf, struct buffer *text);

#endif
