/* finish.h - where a job would be done first
 *
 * A job that may run in several clusters would be done at
 *
 *     its start there + its stage-in + the time that it runs / the cluster's speed
 *
 * The time that it runs is as predicted, or its limit; limits are the same everywhere, and where it
 * takes what a partition allows, the longest of those that it names.  Its stage-in is what it says
 * that it will fetch, at the rate of the cluster, where that is known.  What starts now starts where
 * it is done first.  It does not start, and waits, where another cluster, in which it takes less time,
 * would have it done sooner by more than `finish-gain`, though it starts there later; but only where
 * nobody who waits comes before it, so that the time is reserved for it, and not where several wait
 * that ask for the same.  That is looked at anew whenever it could start.
 *
 * Borrows: everything.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_FINISH_H
#define SCHEDULER_CORE_FINISH_H

#include "scheduler/core/plan.h"

#include <stdbool.h>
#include <stdint.h>

/* How long the first job of the shape would fetch its data in that cluster. */
int64_t finish_stage(const struct shape *shape, const struct cluster *cluster);

/* How long it would be there: that, and its run. */
int64_t finish_run(const struct core *core, const struct shape *shape,
                   const struct cluster *cluster);

/* When it would be done if it started there as early as it can; INT64_MAX: never. */
int64_t finish_in(const struct core *core, const struct shape *shape, const struct lane *lane,
                  int64_t *ret_start_us);

/* When it would be done by its claim (conservative backfill); INT64_MAX: it has none. */
int64_t finish_planned(const struct core *core, const struct job *job);

/* When a waiting job would be done by what is reserved or planned for it; INT64_MAX: nothing is. */
int64_t finish_expected(const struct core *core, const struct job *job);

/* Would one of the lanes in which it waits (scratch->waits) have it done so much sooner than the
 * place that was found (scratch->best)?  Then it waits in that one alone: shape->sooner. */
bool finish_is_sooner(struct core *core, struct shape *shape);

/* Of two places at which it could start now, is the first better? */
struct placement;
bool finish_prefers(const struct core *core, const struct shape *shape,
                    const struct placement *place, const struct placement *other);

#endif
