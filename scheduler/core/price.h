/* price.h - what an attempt costs: before it starts, while it is held, when it has ended
 *
 * One place for all who ask: the plan, the hold, the charge, previews and explanations.  With a
 * rate card (accounting/core/rate.h) all of its resources count; without one its cores do,
 * times the cluster's factor.  What its quality of service adds was fixed when it was submitted.
 *
 * Borrows: everything.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PRICE_H
#define SCHEDULER_CORE_PRICE_H

#include "accounting/core/rate.h"
#include "scheduler/core/core.h"

#include <stdbool.h>
#include <stdint.h>

struct need;
struct placement;

/* What is asked for; what the job has, or asks for; what it would have there. */
struct quantities quantities_asked(const struct request *request);
struct quantities quantities_of_job(const struct job *job);
struct quantities quantities_placed(const struct placement *placement, const struct need *need);

struct tariff {
    const struct rate *card; /* NULL: none applies */
    uint32_t factor_ppm;     /* for each core and hour, in millionths of an SU */
};

/* For an attempt that starts there at that time; by other cards than the core's, too. */
struct tariff tariff_of(const struct rates *rates, const struct lane_name *lane,
                        const struct request *request, const struct quantities *quantities,
                        int64_t at_us);

/* What is held from a start now on: the limit and the time in which it is ended; 0 for what is
 * billed nothing. */
int64_t price_to_hold(const struct core *core, const struct lane_name *lane,
                      const struct request *request, const struct quantities *quantities,
                      int64_t limit_us);

/* Is that what its project and institution have available? */
bool price_is_there(const struct core *core, const struct job *job, const struct lane_name *lane,
                    const struct quantities *quantities);

/* The greatest price of a job that waits, in the first place where it may be, with these cards at
 * that time; billed: 0 where that is nothing.  False: it may be nowhere. */
bool price_of_waiting(const struct core *core, const struct rates *rates, const struct job *job,
                      int64_t at_us, int64_t *ret_billed_micro);

#endif
