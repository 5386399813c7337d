/* pmix_rank.h - one rank of a step, started
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_RANK_H
#define AGENT_PMIX_RANK_H

#include "agent/pmix_server.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pmix_rank {
    const struct pmix_job *job;
    struct pmix_server *server;
    char **program;          /* with its arguments */
    const sigset_t *signals; /* that it blocks */
};

/* What all ranks find in their environment, put into ours; once, before the first. */
void pmix_rank_set_common(void);

/* Of the task with this number here; *ret_pid leads a process group of its own. */
bool pmix_rank_start(const struct pmix_rank *rank, uint32_t task, pid_t *ret_pid,
                     struct error *err);

#endif
