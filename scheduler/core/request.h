/* request.h - check what is asked for, and complete what was left out
 *
 * The rules are those that users of Slurm expect: -N without -n means one task per
 * node (or --ntasks-per-node of them), -n without -N as few nodes as hold
 * the tasks, -w without -N all the nodes of the list.  Afterwards every count is 1 or more.
 *
 * What no node of the network could ever run is refused, with the nearest
 * request that could.
 *
 * Owns: the texts of a request.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_REQUEST_H
#define SCHEDULER_CORE_REQUEST_H

#include "base/buffer.h"
#include "base/error.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"

#include <stdbool.h>
#include <stdint.h>

#define REQUEST_TASKS_MAX  1048576
#define REQUEST_NODES_MAX  65536
#define REQUEST_NICE_MAX   1000000
#define REQUEST_MEMORY_MAX (UINT64_C(1) << 50) /* bytes */

bool request_check(struct request *request, const struct inventory *inventory, struct error *err);

/* All of it but the last part. */
bool request_complete(struct request *request, const struct inventory *inventory,
                      struct error *err);

/* The last part of it: could the nodes that are known ever hold it?  Where no node of the
 * partitions is known yet, nothing is refused. */
bool request_check_possible(const struct request *request, const struct inventory *inventory,
                            struct error *err);

/* Is the cluster among those asked for? */
bool request_admits_cluster(const struct request *request, const struct cluster *cluster);

/* May it run there at all: is the cluster among those asked for, has it the partition, and is
 * the limit within the partition's?  The partition, or NULL. */
const struct partition *request_partition(const struct request *request,
                                          const struct cluster *cluster);
/* The same where several are named: in their order, index from 0; NULL: no more. */
const struct partition *request_partition_at(const struct request *request,
                                             const struct cluster *cluster, size_t index);
int64_t request_limit(const struct request *request, const struct partition *partition);
/* What it could make do with: its limit, unless that may be cut down; of one that has none, 0
 * when there is a deadline. */
int64_t request_limit_least(const struct request *request);

void request_copy(struct request *to, const struct request *from);
void request_clear(struct request *request); /* frees its texts */

/* Bytes that are equal for requests that the planner need not tell apart. */
void request_add_key(const struct request *request, struct buffer *buffer);

#endif
