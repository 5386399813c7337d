/* suspend.h - a part that stands still for a while, and goes on
 *
 * The scheduler counts the turns: an odd one lets the part's processes stop where they are, an
 * even one lets them go on.  While they are stopped its cores may be another part's; it keeps
 * memory, GPUs and groups.  It goes on with the same cores, once they are free.  What was asked for
 * and what is done are in the journal, so that an agent that is restarted knows whose the
 * cores are, and does what its predecessor could not do any more.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SUSPEND_H
#define AGENT_SUSPEND_H

#include "agent/agent_inside.h"

/* Are its cores another's, if they want them? */
static inline bool part_is_suspended(const struct part *part)
{
    return part->turn_done % 2 == 1;
}

/* Of the scheduler; an older turn than the last is late, and nothing. */
void suspend_turn(struct agent *agent, struct part *part, uint32_t turn);

/* Tasks that were on their way when the others were stopped. */
void suspend_set_started(struct agent *agent, const struct task_set *set);

/* After a restart. */
void suspend_restore(struct agent *agent, struct part *part);

/* Cores for a launch: those that suspended parts will want again only where there are no others. */
struct idset *suspend_take_cores(struct agent *agent, uint32_t count);

#endif
