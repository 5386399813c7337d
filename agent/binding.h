/* binding.h - the tasks of a part on its cores: what is bound, and what is told of it
 *
 * Whatever says where a task runs asks here: the start of a step, the file for the ranks of
 * mpirun, and `tequio show --binding`.
 *
 * Owns: its texts.  Borrows: the topology.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_BINDING_H
#define AGENT_BINDING_H

#include "agent/topology.h"
#include "base/error.h"
#include "base/memory.h"
#include "proto/arena.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>

/* Tasks of one node. */
struct binding_wish {
    const struct idset *cores; /* of the part */
    uint32_t tasks;
    uint32_t each;                  /* cores for a task; 0: as many as there are for each */
    const Wire__TaskLayout *layout; /* checked; NULL: the plain one */
    const struct idset *gpus;       /* of the part; NULL: none */
    uint32_t gpus_each;             /* for a task; 0: it sees all */
};

struct binding {
    const struct topology *topology;
    struct placement *placement;
    char **memory;       /* per task lists of NUMA nodes; NULL: as the system likes */
    struct idset **gpus; /* per task: those of the part that it sees */
};

/* NULL with *err: the layout names a cpu or a NUMA node that is not the part's. */
struct binding *binding_new(const struct topology *topology, const struct binding_wish *wish,
                            struct error *err);
void binding_free(struct binding *binding);
DEFINE_CLEANUP(struct binding *, binding_free)

/* Per task, the cpus to bind it to on this machine; free the texts, then the array. */
char **binding_cpus(const struct binding *binding);

/* As it is told; in the arena. */
Wire__TaskPlace *binding_place(const struct binding *binding, uint32_t task, uint32_t rank,
                               struct arena *keep);

/* One line for each task, "CPUS MEMORY" with - for any memory: what tequio-bind reads. */
void binding_print(const struct binding *binding, struct buffer *buffer);

#endif
