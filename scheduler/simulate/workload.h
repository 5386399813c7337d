/* workload.h - the jobs of a log, as they are replayed
 *
 * As in published studies of such logs (Gaussier, Glesser, Reis, Trystram: "Improving
 * backfilling by using machine learning to predict running times", SC'15): jobs that never ran
 * or had no processors are left out; processors are those asked for, else those that it had;
 * a job without a time limit gets its run time for one, and no run is longer than its limit.
 * "No limit", as some logs write it, is ten years.
 *
 * Owns: its jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_WORKLOAD_H
#define SCHEDULER_SIMULATE_WORKLOAD_H

#include "base/error.h"
#include "scheduler/simulate/swf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORKLOAD_JOBS_MAX 20000000

struct work {
    int64_t number; /* in the log */
    int64_t submit_s;
    int64_t run_s;   /* 1 or more */
    int64_t limit_s; /* run_s or more */
    uint32_t processors;
    int32_t user, group; /* -1: not known */
    int32_t site;        /* of several (federation.h): its institution's, from 0 */
    bool at_home;        /* there and nowhere else */
};

struct workload {
    struct swf_header header;
    size_t count, capacity;
    struct work *jobs;       /* by submission, those of one second in the log's order */
    uint64_t left_out_idle;  /* never ran, or without processors */
    uint64_t left_out_large; /* asked for more processors than there are */
};

bool workload_read(struct workload *workload, const char *path, struct error *err);
void workload_clear(struct workload *workload);

/* Leave out what asks for more than so many processors. */
void workload_fit(struct workload *workload, uint32_t processors);

/* A copy of the jobs (free() it), each submitted up to `shake_s` seconds earlier or later, by
 * chance that follows from the seed. */
struct work *workload_shake(const struct workload *workload, uint32_t shake_s, uint64_t seed);

#endif
