/* foresee.h - what a change of grants would do to the jobs that wait
 *
 * The change is tried on a copy of the ledger, or of the rate cards; of each job that waits it is
 * asked whether its greatest price would be available, by itself, in the first place where it may be.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_FORESEE_H
#define SCHEDULER_FORESEE_H

#include "accounting/core/ledger.h"
#include "accounting/core/rate.h"
#include "proto/arena.h"
#include "proto/message.h"

struct service;

/* Answer with Foreseen: the jobs that could start by `after` and not by now, or the other way. */
void foresee(struct service *service, const struct ledger *after, Wire__Envelope *answer,
             struct arena *keep);

/* The same of other rate cards, as they are at that time. */
void foresee_rates(struct service *service, const struct rates *after, int64_t at_us,
                   Wire__Envelope *answer, struct arena *keep);

#endif
