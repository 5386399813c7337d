/* near.h - of the nodes that have room, those that are near each other
 *
 * The lowest switch under which the job fits is sought; of those of one height the one with the
 * least room under it that will do, so that others stay whole.  Under it a job gets as few leaf
 * switches as hold it, those with most room and a tight last one, and on these as few nodes as
 * placement.h chooses.  Nodes under no switch are the last resort.
 *
 * With at most so many leaves asked for, none more are ever taken.  Where nodes have equal room, a
 * set of leaves is found if there is one; where they have not, one may be missed.
 *
 * Leaves are offered as they are needed: what is hoped of them (near_hope(), from counts of nodes)
 * decides whose nodes are looked at one by one.
 *
 * Owns: its arrays, which are used again.  Borrows: the nodes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_NEAR_H
#define SCHEDULER_CORE_NEAR_H

#include "scheduler/core/placement.h"
#include "scheduler/core/switch_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is to be had under a switch. */
struct near_room {
    uint64_t tasks; /* on the best nodes of each leaf, as many as the job may have */
    uint64_t whole; /* on all of them */
    uint64_t nodes;
};

struct near_leaf {
    struct near_room room;
    size_t first, count; /* of its seats */
    bool is_known;       /* they have been looked at; else it is a hope */
};

/* Offer the leaf's nodes to `offers`; leaf_count: those under no switch. */
struct near;
typedef void near_offer_fn(void *context, uint32_t leaf, struct placement *offers);

struct near_ask {
    const struct switch_tree *tree;
    const struct request *request;
    uint32_t leaves_most; /* 0: any number */
    near_offer_fn *offer; /* NULL: all are known */
    void *context;
};

struct near {
    struct placement offers; /* of one leaf after another */
    uint32_t leaf_capacity, switch_capacity;
    struct near_leaf *leaves; /* and one more, for nodes under no switch */
    struct near_room *rooms;  /* of each switch */
    uint8_t *tried;           /* likewise */
    uint32_t *order;          /* leaves */
    bool is_scattered;        /* the last answer was no, but for leaves_most */
};

void near_init(struct near *near);
void near_clear(struct near *near); /* frees */

/* Begin with nothing; then what may be hoped of each leaf. */
void near_begin(struct near *near, const struct switch_tree *tree);
void near_hope(struct near *near, uint32_t leaf, struct near_room room);
void near_despair(struct near *near, uint32_t leaf, struct near_room room);

/* Could so many leaves hold the job, by what is hoped of them?  False is certain. */
bool near_may_hold(struct near *near, const struct switch_tree *tree, uint32_t leaves_most,
                   const struct request *request);

/* The seats for the job, in `placement`; false: it does not suffice. */
bool near_choose(struct near *near, const struct near_ask *ask, struct placement *placement);

/* The same of all that was offered to `placement`; where tree is NULL, nodes are equally near. */
bool near_choose_offered(struct near *near, const struct switch_tree *tree, uint32_t leaves_most,
                         const struct request *request, struct placement *placement);

#endif
