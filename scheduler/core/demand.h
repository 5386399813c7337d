/* demand.h - what waiting jobs ask for, as numbers that can be compared at once
 *
 * Each number grows when the request gets harder to fulfil: whatever place serves a request
 * serves every request whose numbers are all lower or equal.  So when one cannot start,
 * all that ask for as much or more of everything cannot either; and the least of each
 * number over many requests says what none of them can do without.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_DEMAND_H
#define SCHEDULER_CORE_DEMAND_H

#include "scheduler/core/job.h"

#include <stdbool.h>
#include <stdint.h>

enum demand_count {
    DEMAND_CORES,      /* altogether */
    DEMAND_NODE_CORES, /* on the node that has most of them */
    DEMAND_IDLE_NODES, /* whole nodes */
    DEMAND_TASK_CORES, /* for each task */
    DEMAND_TASKS,      /* altogether */
    DEMAND_NODES,      /* at least so many */
    DEMAND_FEWNESS,    /* UINT32_MAX less the most nodes */
    DEMAND_THINNESS,   /* UINT32_MAX less the most tasks on a node */
    DEMAND_GPUS,       /* altogether, of any type */
    DEMAND_NODE_GPUS,  /* on each node, whatever its tasks */
    DEMAND_TASK_GPUS,  /* for each task */
    DEMAND_SWITCHES,   /* UINT32_MAX less the most leaf switches; 0: under any number */
    DEMAND_COUNT
};

enum demand_amount {
    DEMAND_NODE_MEMORY, /* bytes */
    DEMAND_CORE_MEMORY,
    DEMAND_TIME, /* us */
    DEMAND_AMOUNT_COUNT
};

struct demand {
    uint32_t counts[DEMAND_COUNT];
    uint64_t amounts[DEMAND_AMOUNT_COUNT];
};

/* limit_us: its time limit, or the least that partitions make of it. */
struct demand demand_of(const struct request *request, int64_t limit_us);

/* The same of what the job still asks for. */
struct demand demand_of_job(const struct job *job, int64_t limit_us);

/* Is `demand` at least as hard as `other` in everything? */
bool demand_covers(const struct demand *demand, const struct demand *other);

/* Make `demand` the least of both. */
void demand_lower(struct demand *demand, const struct demand *other);

#endif
