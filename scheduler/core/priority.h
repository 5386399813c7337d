/* priority.h - the factors of a waiting job's priority
 *
 * Each factor is a number from 0 to 1 (nice: any), found by a function of a table; the
 * priority is the sum of the factors times their weights.  Which policy uses it is a matter of
 * policy.h.  Shares are ranked when the whole queue is put in order anew.
 *
 * To add a factor: a name in the enum, a row in the table, a weight in the settings.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PRIORITY_H
#define SCHEDULER_CORE_PRIORITY_H

#include "scheduler/core/job.h"
#include "scheduler/core/policy.h"

#include <stdint.h>

enum priority_factor {
    PRIORITY_AGE,        /* the wait, over age_most_us */
    PRIORITY_FAIR_SHARE, /* accounting/core/share.h */
    PRIORITY_SIZE,       /* cores, over those of the largest cluster */
    PRIORITY_PARTITION,  /* the highest of those it may run in, over PRIORITY_PARTITION_MAX */
    PRIORITY_QOS,        /* of its quality of service, over QOS_PRIORITY_MAX */
    PRIORITY_NICE,       /* taken from the rest as it is; its weight is 1 */
    PRIORITY_COUNT
};

#define PRIORITY_PARTITION_MAX 65535
#define PRIORITY_WEIGHT_MAX    10000000

struct priority_settings {
    uint32_t weights[PRIORITY_COUNT];
    int64_t age_most_us;  /* who waits longer gets no more for it; 0: age does not count */
    int64_t half_life_us; /* of usage; 0: it does not fade */
};

struct core;

const char *priority_factor_name(enum priority_factor factor); /* "age", "fair-share" … */

/* One factor of a pending job, without its weight. */
double priority_factor(const struct core *core, const struct job *job, enum priority_factor factor);

/* The sum of all, each times its weight. */
double priority_of_job(const struct core *core, const struct job *job);

/* All that decides about a pending job's turn, as of now. */
struct priority_view {
    double factors[PRIORITY_COUNT];
    double weighted[PRIORITY_COUNT];
    double priority;          /* their sum */
    bool is_ranked;           /* it is in the queue; else the rest is zero */
    double rank;              /* by the policy's order */
    struct standing standing; /* what the rank was made of */
};
void priority_view(const struct core *core, const struct job *job, struct priority_view *ret_view);

#endif
