/* job_layout.h - the options that say which cores each task is bound to
 *
 * --distribution, --cpu-bind, --mem-bind, --hint and --ntasks-per-…, as Slurm spells them.  A
 * layout travels only when one of them was given: a step without has its job's.
 *
 * Borrows: the lists' texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_LAYOUT_H
#define CLIENT_JOB_LAYOUT_H

#include "base/options.h"
#include "proto/arena.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>

struct job_layout {
    bool given;
    Wire__TaskBind bind;
    Wire__TaskOrder order;
    Wire__TaskMemory memory;
    uint32_t threads_per_core;
    uint32_t tasks_per_core;
    uint32_t tasks_per_package;
    uint32_t plane;
    bool memory_preferred;
    bool verbose;
    const char *sets; /* after "map_cpu:" or "mask_cpu:" */
    bool sets_are_masks;
    const char *memory_sets;
    bool memory_sets_are_masks;
};

/* Their place is the struct job_layout. */
option_fn set_distribution;
option_fn set_cpu_bind;
option_fn set_mem_bind;
option_fn set_hint;
option_fn set_threads_per_core;
option_fn set_tasks_per_core;
option_fn set_tasks_per_package;

/* As it travels; NULL when none of the options was given. */
Wire__TaskLayout *job_layout_wire(const struct job_layout *layout, struct arena *arena);

#endif
