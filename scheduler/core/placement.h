/* placement.h - the nodes a job gets, and how many of its tasks each
 *
 * As few nodes as hold the tasks, and of these sets one with little room left over.
 * Tasks are dealt out in blocks, in the order of the nodes' names: each node has one
 * at least, and is filled before the next.
 *
 * Owns: its arrays, which are used again.  Borrows: the nodes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PLACEMENT_H
#define SCHEDULER_CORE_PLACEMENT_H

#include "scheduler/core/match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seat {
    struct node *node;
    uint32_t capacity;  /* tasks that fit */
    uint32_t room;      /* free cores: less is better where capacity is equal */
    uint32_t tasks;     /* tasks that it gets */
    uint32_t component; /* of a heterogeneous job */
};

struct placement {
    const struct cluster *cluster;
    const struct partition *partition;
    size_t count; /* of the seats that were chosen: the first ones */
    size_t offered, capacity;
    struct seat *seats;
    uint8_t places[HET_SIZE_MAX]; /* each component's partition, among those it asked for */
};

void placement_init(struct placement *placement);
void placement_clear(struct placement *placement); /* frees */
void placement_reset(struct placement *placement);

/* A node that could be used; capacity 0 is ignored. */
void placement_offer(struct placement *placement, struct node *node, uint32_t capacity,
                     uint32_t room);

/* Choose among what was offered; false: it does not suffice. */
bool placement_choose(struct placement *placement, const struct request *request);

/* The seats that were chosen for one component, to those of others; then, in the order of
 * components. */
void placement_append(struct placement *placement, const struct placement *piece,
                      uint32_t component);
void placement_sort(struct placement *placement);

uint32_t placement_cores(const struct placement *placement, const struct need *need);

void placement_swap(struct placement *a, struct placement *b);

#endif
