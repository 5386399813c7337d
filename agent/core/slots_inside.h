/* slots_inside.h - what slots.c shares with slots_take.c
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CORE_SLOTS_INSIDE_H
#define AGENT_CORE_SLOTS_INSIDE_H

#include "agent/core/slots.h"

/* Sorted by place, so that the cores of an L3, of a NUMA node and of a package are each a
 * run of `cores`, and the L3s of a NUMA node a run of `l3s`. */
struct core {
    struct core_place place;
    uint32_t id; /* logical index */
    bool taken;
};

/* A run of members one level below (cores, L3s, NUMA nodes) that lie together. */
struct domain {
    uint32_t first, end; /* members */
    uint32_t left;       /* free cores in it */
};

struct level {
    struct domain *domains;
    uint32_t count;
};

struct slots {
    struct core *cores;
    uint32_t count;
    uint32_t left;
    struct level l3s;      /* members: cores */
    struct level numas;    /* members: L3s */
    struct level packages; /* members: NUMA nodes */
    uint32_t *core_at;     /* place in `cores` of each logical index */
    uint32_t *numa_at;     /* of each place in `cores` */
    uint32_t *package_at;  /* of each NUMA node */
    uint32_t *order;       /* scratch: NUMA nodes or L3s, the emptiest first */
};

#endif
