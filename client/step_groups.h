/* step_groups.h - which components of a heterogeneous job a step runs in
 *
 * As with srun: in the first without --het-group.  What they have is read from the environment of
 * the batch script (SLURM_JOB_NODELIST_HET_GROUP_1 …).
 *
 * Borrows: the arena's texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_STEP_GROUPS_H
#define CLIENT_STEP_GROUPS_H

#include "client/job_options.h"
#include "proto/arena.h"
#include "proto/message.h"

#include <stdint.h>

struct step_groups {
    const char *nodes;      /* of all of them; NULL: the job is not heterogeneous */
    uint32_t tasks;         /* together */
    uint32_t cpus_per_task; /* the least of them */
};

/* list: "1", "0-1", "0,2"; NULL: the first. */
bool step_groups_read(const char *list, struct arena *arena, struct step_groups *ret_groups,
                      struct error *err);

/* How many tasks, and of how many cores, unless the person says. */
void step_groups_fill(const struct step_groups *groups, const struct job_request *request,
                      Wire__StepStart *start);

#endif
