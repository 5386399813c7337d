/* finish_terms.h - what comes to a job's being done in each cluster, for people
 *
 * In the lane in which it could start first, if it were next and no limit kept it; what becomes of
 * it is decided with the same numbers (finish.h).
 *
 * Borrows: everything.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_FINISH_TERMS_H
#define SCHEDULER_CORE_FINISH_TERMS_H

#include <stdint.h>

struct cluster;
struct core;
struct job;

struct finish_terms {
    const struct cluster *cluster;
    int64_t start_us; /* INT64_MAX: its nodes are away */
    int64_t stage_us, run_us;
};

/* Of each cluster whose nodes could serve the job, at most so many; 0 for who is in no queue. */
unsigned finish_list(const struct core *core, const struct job *job, unsigned most,
                     struct finish_terms *ret_terms);

#endif
