/* slots.h - which cores of the node belong to whom
 *
 * A core is known by its logical index in the topology (0, 1, 2 …), where neighbours
 * are near each other.  take() gives cores that lie together: in the fewest NUMA nodes
 * that can hold them; among those in one package if one will do; inside a NUMA node in one
 * L3 cache if one will do; and always where the least is left over, so that large holes
 * stay for large parts.
 *
 * Owns: its arrays.  Borrows: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CORE_SLOTS_H
#define AGENT_CORE_SLOTS_H

#include "base/idset.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

/* Where one core is: numbers of our own that are equal for cores of the same domain.  A
 * machine without L3 (NUMA) information has one domain per NUMA node (package). */
struct core_place {
    uint32_t package;
    uint32_t numa;
    uint32_t l3;
};

struct slots;

/* All cores are free.  An L3 may not reach over a NUMA node, nor a NUMA node over a package:
 * what does is cut where the larger domain ends. */
struct slots *slots_new(const struct core_place *places, uint32_t count);
void slots_free(struct slots *slots);
DEFINE_CLEANUP(struct slots *, slots_free)

uint32_t slots_count(const struct slots *slots);
uint32_t slots_left(const struct slots *slots); /* how many are free */

/* Take `count` > 0 cores; NULL, and no change, when fewer are free. */
struct idset *slots_take(struct slots *slots, uint32_t count);

/* One NUMA node alone, by a number of our own below slots_numas(); NULL when fewer are free in
 * it. */
uint32_t slots_numas(const struct slots *slots);
struct idset *slots_take_in_numa(struct slots *slots, uint32_t numa, uint32_t count);

/* Likewise the package of a NUMA node, or of a core. */
uint32_t slots_numa_package(const struct slots *slots, uint32_t numa);
uint32_t slots_core_package(const struct slots *slots, uint32_t core);

/* The NUMA node whose turn it is when one package after the other has its turn. */
uint32_t slots_numa_across(const struct slots *slots, uint32_t turn);

/* Take just these (after a restart); false, and no change, when one is not free. */
bool slots_claim(struct slots *slots, const struct idset *cores);

/* It is a bug to give back what was not taken. */
void slots_give(struct slots *slots, const struct idset *cores);

/* How many NUMA nodes these cores are spread over. */
uint32_t slots_numa_span(const struct slots *slots, const struct idset *cores);

#endif
