/* explain.h - why a job waits, what would help, and when it starts: found by trying
 *
 * What the core alone knows of a waiting job (core_why()) is completed by trials: each on a
 * copy of the process (base/twin.h), where the planner itself says what would happen.  So
 * advice is what was seen to work, and blockers are a minimal set.
 *
 * The answer has no pointers that a copy's origin could not follow: it goes through a pipe as
 * it is.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_EXPLAIN_H
#define SCHEDULER_EXPLAIN_H

#include "scheduler/core/core.h"

#include <stdbool.h>
#include <stdint.h>

/* Decide what is a guess among them: what is no blocker goes. */
void explain_blockers(struct core *core, uint64_t job, struct blocker *blockers, unsigned *count);

#endif
