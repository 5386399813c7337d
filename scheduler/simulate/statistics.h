/* statistics.h - what a schedule was worth
 *
 * Wait: from submission to start.  Bounded slowdown: max(1, (wait + run) / max(run, 10 s)), the
 * bound so that jobs of a few seconds do not decide all (D. Feitelson, L. Rudolph et al., "Theory
 * and practice in parallel job scheduling", 1997).  The 95th percentile is that of the nearest
 * rank.  Makespan: from the first submission to the last end.  Utilization: the
 * processor time used in it.
 *
 * Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_STATISTICS_H
#define SCHEDULER_SIMULATE_STATISTICS_H

#include "scheduler/simulate/workload.h"

#include <stddef.h>
#include <stdint.h>

#define SLOWDOWN_BOUND_S 10

struct statistics {
    double wait_s; /* mean */
    double wait_p95_s;
    double wait_max_s;
    double slowdown; /* mean of the bounded */
    double utilization;
    double makespan_s;
    double cpu_s;
    double decisions_per_s; /* of that */
};

/* Of at least one job. */
struct statistics statistics_of(const struct work *jobs, const int64_t *starts_s, size_t count,
                                uint32_t processors);

/* Add, then divide by how many there were: the mean of each value. */
void statistics_add(struct statistics *sum, const struct statistics *more);
void statistics_divide(struct statistics *sum, unsigned count);

#endif
