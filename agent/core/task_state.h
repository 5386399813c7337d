/* task_state.h - where a part of a job is on its node
 *
 *   received   the launch is in the journal
 *   ready      its cores, cgroup and directory are made
 *   starting   part 0: the batch script was handed to the launcher
 *   running    its process exists
 *   stopping   told to end; processes may still be there
 *   clearing   nothing more is wanted of it: kill what is left, remove the cgroup
 *   ended      nothing is left; the end is in the journal, the scheduler may not know
 *   reported   the scheduler has committed the end
 *
 * task_state_move() looks up the table and does nothing else.  The table is
 * printed for docs/ by task_state_print().
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CORE_TASK_STATE_H
#define AGENT_CORE_TASK_STATE_H

#include "base/buffer.h"

#include <stdbool.h>

enum task_state {
    TASK_RECEIVED,
    TASK_READY,
    TASK_STARTING,
    TASK_RUNNING,
    TASK_STOPPING,
    TASK_CLEARING,
    TASK_ENDED,
    TASK_REPORTED,
    TASK_STATE_COUNT
};

enum task_event {
    TASK_ON_MADE,
    TASK_ON_START,
    TASK_ON_STARTED,
    TASK_ON_STOP,
    TASK_ON_OVER, /* its processes are gone, or there never were any */
    TASK_ON_CLEARED,
    TASK_ON_REPORTED,
    TASK_EVENT_COUNT
};

/* False, and no change, when the table has no such row. */
bool task_state_move(enum task_state *state, enum task_event event);

const char *task_state_name(enum task_state state);
bool task_state_is_final(enum task_state state); /* nothing of it is left on the node */

/* The table as a graph in DOT. */
void task_state_print(struct buffer *buffer);

#endif
