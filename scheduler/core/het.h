/* het.h - heterogeneous jobs: one job whose components ask for nodes of different shapes
 *
 * A job has one request or, when it is heterogeneous, several: its components.  The first is the
 * job's own request, the others lie behind it.  They start in one step, in one cluster, on nodes
 * of which none serves two of them, and end together: it is one job, so whatever happens to it
 * happens to all of it.  What holds for a job as a whole (owner, limit, begin, dependencies,
 * licences and so on) the first component says.
 *
 * Component k of job N has the number N + k, which no other job ever gets.
 *
 * Owns: the requests.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_HET_H
#define SCHEDULER_CORE_HET_H

#include "base/error.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"

#include <stdbool.h>
#include <stdint.h>

struct het {
    uint32_t count; /* behind the first */
    struct request more[];
};

/* What a component of a placed job has. */
struct component {
    uint32_t parts; /* so many of the job's, behind those of the components before it */
    uint32_t place; /* which of the partitions that it asked for, from 0 */
};

struct het *het_new(uint32_t count);         /* of empty requests */
struct het *het_copy(const struct het *het); /* NULL of NULL */
void het_free(struct het *het);

/* How many components: 1 for a job that is not heterogeneous. */
uint32_t het_size(const struct request *request);
const struct request *het_request(const struct request *request, uint32_t component);

/* As asked for: of one, and over all components. */
uint32_t het_cores_asked(const struct request *request, uint32_t component);
uint32_t het_cores(const struct request *request);
uint32_t het_nodes(const struct request *request); /* at least */
uint32_t het_tasks(const struct request *request);
uint64_t het_memory(const struct request *request);
uint32_t het_gpus(const struct request *request);

bool het_is_exclusive(const struct request *request); /* is any of them? */

/* Bytes that are equal where all components are. */
void het_add_key(const struct het *het, struct buffer *buffer);

/* Check the components behind the first, which is complete, and complete them. */
bool het_complete(struct request *request, const struct inventory *inventory, struct error *err);

/* Has the cluster partitions for all of them? */
bool het_has_cluster(const struct request *request, const struct cluster *cluster);

/* Is it the number of one of the job's components? */
bool het_has_id(const struct job *job, uint64_t id);
/* Of which? 0 for an id that is none of them. */
uint32_t het_component(const struct job *job, uint64_t id);

/* Of a placed job: where a component runs, and what of it is charged in proportion. */
const struct partition *het_partition(const struct job *job, uint32_t component);
uint32_t het_cores_of(const struct job *job, uint32_t component);

#endif
