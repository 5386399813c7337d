/* limits_inside.h - the inside of limits, for the files that make them
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_LIMITS_INSIDE_H
#define SCHEDULER_CORE_LIMITS_INSIDE_H

#include "scheduler/core/limits.h"

#include <stdint.h>

/* Of a partition, a cluster and what it lends, in all and of the person. */
#define PLACE_METERS 6

struct meter *limits_meter(struct limits *limits, enum limit_of of, const char *name,
                           const char *user);

/* Where a job may run: the meters of all who are there.  They are asked for at every look. */
struct place {
    struct meter *partition, *cluster, *lent;
};
const struct place *limits_place(struct limits *limits, struct limit_place place);

/* Has the cluster to lend it what it runs on? */
bool limits_is_lent(const struct cluster *cluster, const char *institution);

/* Meters by which a placed job is counted, and what it counts for there.  All of it is the
 * first portion; what a heterogeneous one has in each of its partitions are others, of which
 * some are empty. */
struct portion {
    unsigned count;
    struct meter *meters[ASSOCIATION_METERS + PLACE_METERS];
    int64_t amounts[LIMIT_WHAT_COUNT];
};
bool limits_portion(struct limits *limits, const struct job *job, uint32_t number,
                    struct portion *ret_portion); /* false: no more */

/* limits_charge.c: what it has.  Of a component and all others in its partition: NULL where that
 * is of one before it. */
void limits_amounts_of_job(const struct job *job, int64_t *ret_amounts);
const struct partition *limits_amounts_of_component(const struct job *job, uint32_t component,
                                                    int64_t *ret_amounts);

#endif
