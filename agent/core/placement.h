/* placement.h - which cores of a part each task is bound to
 *
 * Tasks are placed one after the other (block order: neighbours in rank are neighbours on
 * the machine), each as near together as slots_take() can.  When there are fewer cores than the
 * tasks want, they share: the cores are dealt out again from the first.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CORE_PLACEMENT_H
#define AGENT_CORE_PLACEMENT_H

#include "agent/core/slots.h"
#include "base/idset.h"
#include "base/memory.h"

#include <stdint.h>

struct placement {
    uint32_t tasks;
    struct idset **cores; /* per task; logical indexes */
};

/* `part`: cores of the part, not empty.  each: cores for a task, 1 or more; what is larger than
 * the part is the part. */
struct placement *placement_new(const struct core_place *places, const struct idset *part,
                                uint32_t tasks, uint32_t each);
void placement_free(struct placement *placement);
DEFINE_CLEANUP(struct placement *, placement_free)

#endif
