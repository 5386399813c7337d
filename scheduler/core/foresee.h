/* foresee.h - what the present plan comes to, if nothing new happens
 *
 * On a copy of the core that is thrown away (base/twin.h): nodes do what they are told, jobs
 * that run end in time and well, and the planner goes on.  What somebody does not do (release,
 * grant, bring a node back) does not happen.
 *
 * Where ends come sooner a job may start later than foreseen, as backfill has no monotony
 * (R. Graham, "Bounds on multiprocessing timing anomalies", 1969).
 *
 * Borrows: the core, which is never again what it was.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_FORESEE_H
#define SCHEDULER_CORE_FORESEE_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct core;
struct foresight;
struct job;

enum foresee_ends {
    FORESEE_LIMITS,   /* everybody uses the time limit up */
    FORESEE_PREDICTED /* as long as their users' last jobs; limits where nothing is known */
};

struct foresight *foresee_new(struct core *core, enum foresee_ends ends);
void foresee_free(struct foresight *foresight);
DEFINE_CLEANUP(struct foresight *, foresee_free)

/* From now on: of elements that wait together the last start is meant, not the first. */
void foresee_last(struct foresight *foresight);

enum foreseen {
    FORESEEN_MORE, /* not yet: go on */
    FORESEEN_START,
    FORESEEN_NEVER /* it has gone, or nothing will happen any more but what comes again and again */
};

/* Up to so many steps of the core.  How far it came is in *ret_at_us: the start, if that is it. */
enum foreseen foresee_run(struct foresight *foresight, uint64_t job, unsigned steps_most,
                          int64_t *ret_at_us);

/* After FORESEEN_START: the job, or the element of it, that has its nodes now; NULL: none has. */
const struct job *foresee_started(const struct foresight *foresight, uint64_t job);

#endif
