/* placement.h - which cores and hardware threads of a part each task is bound to
 *
 * One pure function: what it says is what `tequio show --binding` prints, what the launcher binds
 * tasks of a step to, and what the ranks of mpirun bind themselves to.
 *
 * In block order (neighbours in rank are neighbours on the machine) each task lies as near
 * together as slots_take() can.  In cyclic order one NUMA node after the other has its turn, one
 * package after the other; in full cyclic order the cores of a single task are dealt out so, too.
 * When there are fewer cores than the tasks want, they share: the cores are dealt out
 * again from the first.
 *
 * Owns: its sets.  Borrows: the machine, during the call.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CORE_PLACEMENT_H
#define AGENT_CORE_PLACEMENT_H

#include "agent/core/slots.h"
#include "base/error.h"
#include "base/idset.h"
#include "base/memory.h"

#include <stdint.h>

/* What a task may use; the numbers are the wire's TaskBind. */
enum placement_bind {
    PLACEMENT_TO_CORES,    /* its own cores */
    PLACEMENT_TO_THREADS,  /* one hardware thread for each of its cpus */
    PLACEMENT_TO_PACKAGES, /* all of the part in the packages where its cores are */
    PLACEMENT_TO_NUMAS,    /* the same of NUMA nodes */
    PLACEMENT_TO_RANK,     /* task i of the node: the part's hardware thread i */
    PLACEMENT_TO_SETS,     /* those given, in turn */
    PLACEMENT_TO_PART,     /* all of the part */
    PLACEMENT_BIND_COUNT
};

/* The numbers are the wire's TaskOrder. */
enum placement_order {
    PLACEMENT_BLOCK,
    PLACEMENT_CYCLIC,
    PLACEMENT_FULL_CYCLIC,
    PLACEMENT_ORDER_COUNT
};

/* By logical index of the core. */
struct placement_machine {
    const struct core_place *places;
    struct idset *const *core_cpus; /* the operating system's numbers of its hardware threads */
    uint32_t core_count;
};

struct placement_wish {
    uint32_t tasks;
    uint32_t each; /* cores for a task, 1 or more; what is larger than the part is the part */
    enum placement_bind bind;
    enum placement_order order;
    uint32_t threads_per_core;  /* at most so many of a core's are used; 0: all */
    uint32_t tasks_per_core;    /* at most so many share a core, each with threads of its own, when
                                   there are too few; 0: one, or with threads as many as it has */
    uint32_t tasks_per_package; /* at most, as long as there is room elsewhere; 0: any number */
    struct idset *const *sets;  /* PLACEMENT_TO_SETS: the operating system's numbers */
    size_t set_count;
};

struct placement {
    uint32_t tasks;
    struct idset **cores; /* per task; logical indexes: whose hardware threads it may use */
    struct idset **cpus;  /* per task; the operating system's numbers */
};

/* `part`: cores of the part, not empty.  NULL: a set that was given has a cpu that is not
 * the part's. */
struct placement *placement_new(const struct placement_machine *machine, const struct idset *part,
                                const struct placement_wish *wish, struct error *err);
void placement_free(struct placement *placement);
DEFINE_CLEANUP(struct placement *, placement_free)

#endif
