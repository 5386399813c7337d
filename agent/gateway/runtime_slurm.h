/* runtime_slurm.h - task sets as jobs of a Slurm cluster
 *
 * Implements runtime.h for the lent nodes of a cluster, all in one: the parts of an attempt come by
 * the agents of their nodes, and become one Slurm job over these nodes when the first one starts its
 * batch script.  Slurm decides when it runs; looks at its lists (sinfo, squeue) tell what became
 * of it, and which nodes have room.  Steps are Slurm's own there (srun, mpirun).
 *
 * It may be killed at any instruction: what it had asked for is found again by its name
 * (lent_job.h), and where Slurm has it twice all the same, one of them runs (handover.h).  While Slurm is
 * away nothing is given up.
 *
 * Of the runtime's files this one, runtime_slurm_ask.c and runtime_slurm_look.c log.
 *
 * Owns: the jobs.  Borrows: caller and settings.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_RUNTIME_SLURM_H
#define AGENT_GATEWAY_RUNTIME_SLURM_H

#include "agent/gateway/slurm_call.h"
#include "agent/gateway/slurm_text.h"
#include "agent/runtime.h"
#include "base/memory.h"

#include <stddef.h>

struct runtime_slurm;

/* After every look, of each node: why it has no room for lent work; NULL: it has. */
typedef void slurm_room_fn(void *owner, size_t node, const char *why_not);

/* The nodes, as sinfo printed them, are copied. */
struct runtime_slurm *runtime_slurm_new(const struct slurm_caller *caller,
                                        const struct slurm_node *nodes, size_t count,
                                        struct error *err);
void runtime_slurm_free(struct runtime_slurm *slurm);
DEFINE_CLEANUP(struct runtime_slurm *, runtime_slurm_free)

/* Of one of its nodes, for that node's agent. */
struct runtime runtime_slurm_seam(struct runtime_slurm *slurm, size_t node);

/* Begin to look. */
void runtime_slurm_start(struct runtime_slurm *slurm, slurm_room_fn *on_room, void *owner);

#endif
