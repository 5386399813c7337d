/* slurm_state.h - Slurm's words for the states of jobs and nodes, and ours for them
 *
 * To add a state of a newer Slurm: a row in slurm_state.c.  A job's state that is not known is taken
 * for one in which it neither runs nor has ended: nothing is done until it has another.  A node's
 * that is not known keeps new work away.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_SLURM_STATE_H
#define AGENT_GATEWAY_SLURM_STATE_H

#include "agent/runtime.h"

#include <stdbool.h>

enum slurm_phase {
    SLURM_WAITS, /* in the queue; nothing of it has run, unless it had run before */
    SLURM_RUNS,  /* its nodes are its own */
    SLURM_ENDED, /* for good */
    SLURM_PHASE_COUNT
};

struct slurm_job_state {
    const char *name; /* as squeue's %T and scontrol have it */
    enum slurm_phase phase;
    enum task_end_cause cause; /* ended */
};

/* Never NULL: the row of a state that is not known has no name. */
const struct slurm_job_state *slurm_job_state(const char *name);

/* May the node have new work?  As sinfo's %T has it, with its sign: "idle", "down*". */
bool slurm_node_is_fit(const char *state);

#endif
