/* tell_blockers.h - what keeps a job, and what could be done about it without a trial
 *
 * Borrows: everything; what is told lies in the arena or is constant.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_TELL_BLOCKERS_H
#define SCHEDULER_TELL_BLOCKERS_H

#include "proto/arena.h"
#include "proto/message.h"
#include "scheduler/explain.h"

/* Room for two lines of advice more is left. */
void tell_blockers(Wire__JobReasons *reasons, const struct explanation *explanation,
                   struct arena *keep);

#endif
