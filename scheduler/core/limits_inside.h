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
unsigned limits_meters_of_job(struct limits *limits, const struct job *job,
                              struct meter *ret_meters[ASSOCIATION_METERS + PLACE_METERS]);
void limits_amounts_of_job(const struct job *job, int64_t sign, int64_t *ret_amounts);

#endif
