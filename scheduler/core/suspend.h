/* suspend.h - jobs that stand still for a while, and go on
 *
 * The processes of a suspended job are stopped where they are: it keeps its memory, its GPUs, its
 * licences and its place in all limits, and gives back its cores.  Its time limit stands still, and
 * what it is charged for is the time that it ran.
 *
 * Each change is a *turn*, an odd one to stand still, an even one to go on; it is stored before a
 * node hears of it, the node confirms it, and what comes late names an older turn.  Cores
 * are free when the node has confirmed.
 *
 * A job goes on with the cores that it had.  One that was suspended for another waits until that
 * one has ended (or all its cores are free before that); then the first of these takes
 * back what comes free on its nodes before anybody else, so that no stream of
 * newcomers keeps it.  One that was suspended by hand waits to be resumed by hand.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_SUSPEND_H
#define SCHEDULER_CORE_SUSPEND_H

#include "scheduler/core/event.h"
#include "scheduler/core/job.h"

#include <stdbool.h>
#include <stdint.h>

struct core;

/* Of a job that runs. */
void suspend_job(struct core *core, struct job *job);

/* By and by, what is suspended and may go on does; before others are started. */
void suspended_run(struct core *core);

/* It is ended, or its node is lost: it does not go on. */
void suspended_leave(struct core *core, struct job *job);

/* Back from the database. */
void suspended_restore(struct core *core, struct job *job);

/* It has taken back some of its cores already: they are given away again. */
void suspended_yield(struct core *core, struct job *job);

/* When to look whether its nodes have confirmed. */
void suspended_set_timer(struct core *core, struct job *job);

/* How long this attempt has stood still until now; 0 for most. */
int64_t suspended_time(const struct job *job, int64_t now_us);

#endif
