/* schedule_network.h - the large network whose scheduler is measured
 *
 * Twenty institutions, each with a cluster of nodes with 64 cores and 256 GiB in two partitions; jobs
 * of 400 people ask for cores, memory, several nodes and whole nodes, in one cluster, in some or
 * in any.  The same at each run.  What is measured is processor time, in microseconds.
 *
 * Owns: the core and its effects, from network_begin() until network_finish().  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_BENCH_SCHEDULE_NETWORK_H
#define TESTS_BENCH_SCHEDULE_NETWORK_H

#include "scheduler/core/core.h"

#include <stdint.h>

#define INSTITUTIONS 20
#define PEOPLE       400
#define NODE_CORES   64

struct network {
    const struct policy *policy;
    struct core *core;
    struct effects effects;
    int64_t now_us;
    uint64_t random;
    bool owners_first;
    uint32_t guarantee;  /* nodes of each cluster, for its owners */
    uint32_t nodes_most; /* of a job: no more than a cluster has */
    char names[INSTITUTIONS][16];
    char drawn[40]; /* clusters of the last request that was drawn */
    struct cluster clusters[INSTITUTIONS];
    struct partition partitions[INSTITUTIONS][2];
};

/* With that many nodes, 40 or more, all idle, and no jobs. */
void network_begin(struct network *network, const struct policy *policy, uint32_t nodes);
/* The same, each cluster's institution first there, with so many nodes guaranteed within an hour. */
void network_begin_owned(struct network *network, const struct policy *policy, uint32_t nodes,
                         uint32_t guarantee);
void network_finish(struct network *network);
struct core_settings network_settings(const struct network *network);

/* One event, now; and whatever the core wants to go on with at this instant. */
double network_step(struct network *network, struct event event);
double network_step_on(struct network *network);

/* A part of the job's has started, or ended. */
double network_tell(struct network *network, enum event_kind kind, uint64_t id);

/* Give all cores to jobs, two on each node. */
void network_fill(struct network *network, uint32_t nodes);

/* Jobs of any shape by anybody; a request is good until the next is drawn. */
struct request network_draw_request(struct network *network);
double network_submit(struct network *network, struct request *request, uint32_t copies);
double network_queue_jobs(struct network *network, uint32_t jobs);

#endif
