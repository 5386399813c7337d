/* queued.h - what the jobs that wait would hold if they started now, by budget
 *
 * Summed up over all jobs when it is asked for; but a sum over n jobs is good for n times
 * QUEUED_GOOD_US, so that however often it is asked for, a small part of the time is spent on it:
 * with ten thousand jobs it is 20 ms old at most, with a million 2 s.
 *
 * Owns: the sums.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_QUEUED_H
#define SCHEDULER_QUEUED_H

#include "base/memory.h"
#include "scheduler/core/core.h"

#include <stdint.h>

#define QUEUED_GOOD_US 2

struct queued;

struct queued *queued_new(void);
void queued_free(struct queued *queued);
DEFINE_CLEANUP(struct queued *, queued_free)

/* Bring the sums up to date, unless they are good still. */
void queued_sum(struct queued *queued, const struct core *core, int64_t now_us);

/* At the reference price.  project NULL: of the whole institution. */
int64_t queued_amount(const struct queued *queued, const char *institution, const char *project);

#endif
