/* job_state.h - the states of a job and the moves between them
 *
 * Names, compact codes and meaning are Slurm's; the numbers are stored and never
 * change.  A held job is PENDING with a hold.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_JOB_STATE_H
#define SCHEDULER_CORE_JOB_STATE_H

#include "base/buffer.h"

#include <stdbool.h>

enum job_state {
    JOB_PENDING = 0,
    JOB_CONFIGURING = 1, /* placed; its parts get ready */
    JOB_RUNNING = 2,
    JOB_COMPLETING = 3, /* its parts are being cleaned up */
    JOB_COMPLETED = 4,  /* from here on: final */
    JOB_FAILED = 5,
    JOB_CANCELLED = 6,
    JOB_TIMEOUT = 7,
    JOB_OUT_OF_MEMORY = 8,
    JOB_NODE_FAIL = 9,
    JOB_DEADLINE = 10,
    JOB_PREEMPTED = 11,
    JOB_SUSPENDED = 12, /* placed and started; stands still, without its cores (suspend.h); in the
                         * store it is RUNNING, as only what is below 4 is live there */
    JOB_STATE_COUNT
};

enum job_event {
    JOB_ON_PLACE,    /* -> CONFIGURING */
    JOB_ON_START,    /* batch script exists -> RUNNING */
    JOB_ON_STOP,     /* cancel, lost node, ended batch script with parts left -> COMPLETING */
    JOB_ON_REQUEUE,  /* all parts gone -> PENDING */
    JOB_ON_COMPLETE, /* -> the final ones */
    JOB_ON_FAIL,
    JOB_ON_CANCEL,
    JOB_ON_TIMEOUT,
    JOB_ON_MEMORY,
    JOB_ON_NODE_FAIL,
    JOB_ON_DEADLINE,
    JOB_ON_LAST_GOOD, /* of an array: its last element has ended, and all were COMPLETED */
    JOB_ON_LAST,      /* likewise, and some were not */
    JOB_ON_PREEMPT,
    JOB_ON_SUSPEND,
    JOB_ON_RESUME,
    JOB_EVENT_COUNT
};

const char *job_state_name(enum job_state state);    /* "PENDING" */
const char *job_state_compact(enum job_state state); /* "PD" */

/* From either spelling, any case; false for an unknown one. */
bool job_state_parse(const char *text, enum job_state *ret_state);
bool job_state_is_final(enum job_state state);

/* False, and no change, where the table has no such move. */
bool job_state_move(enum job_state *state, enum job_event event);

/* The table as a DOT graph, for docs/. */
void job_state_print_dot(struct buffer *buffer);

#endif
