/* advice.h - what else could be asked for, so that it starts now
 *
 * Each row of a table changes one thing of a request, by as little as will do: the planner's own
 * search over what is free and not reserved says how little.  A proposal is worth nothing before
 * it was tried on a copy (core_try()).
 *
 * To add a kind: a function and a row.
 *
 * Owns: a proposal its request.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_ADVICE_H
#define SCHEDULER_CORE_ADVICE_H

#include "scheduler/core/core.h"

#include <stdbool.h>
#include <stdint.h>

#define PROPOSAL_MAX 12

struct proposal {
    char change[96]; /* as an option: "--time=00:20:00" */
    struct request request;
};

/* For a pending job that nothing of its own keeps waiting.  Returns how many. */
unsigned core_propose(const struct core *core, uint64_t job, struct proposal *ret_proposals);
/* For a request, checked but for that, which no node will ever hold: what the nodes that are
 * known could.  Each changes one thing, by as little as will do. */
unsigned core_propose_possible(const struct core *core, const struct request *request,
                               struct proposal *ret_proposals);
void proposals_clear(struct proposal *proposals, unsigned count);

/* Where it started. */
struct tried {
    bool started;
    bool instead; /* only if the job that waits is cancelled before */
    char place[96];
    char nodes[96]; /* host list, cut with "..." */
};

/* On a copy that is thrown away: the job's owner submits this request, beside the job or in its
 * place. */
void core_try(struct core *core, uint64_t job, const struct request *request, bool instead,
              struct tried *ret_tried);

/* The same: the job is submitted at now_us; its number. */
uint64_t core_try_submission(struct core *core, const struct submission *submission,
                             int64_t now_us);

/* Where a placed job is. */
void tried_fill(struct tried *tried, const struct job *job);

#endif
