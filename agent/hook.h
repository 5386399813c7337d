/* hook.h - the site's own programs of a part: a prolog before its first task, an epilog after its last
 *
 * Each is a task set of the part, with a step number of its own (runtime.h), that the node's
 * launcher runs by its own configuration.  It is in the journal before it starts, and its record in
 * the spool outlives the agent: so it runs once for each part, whoever is killed meanwhile.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_HOOK_H
#define AGENT_HOOK_H

#include "agent/agent_inside.h"

enum hook_look {
    HOOK_WAITS,  /* it runs; the part's alarm fires when it has ended */
    HOOK_HELD,   /* the launcher cannot start it now: look again later */
    HOOK_FAILED, /* why: see err */
    HOOK_PASSED, /* it has ended well, or there is none */
};

/* See to it that the part's prolog or epilog is run.  One that is begun here starts in the next
 * turn, behind the journal. */
enum hook_look hook_pass(struct agent *agent, struct part *part, uint64_t step, struct error *err);

/* The runtime's news of it.  why: it could not be started; else NULL. */
void hook_started(struct agent *agent, struct task_set *set);
void hook_ended(struct agent *agent, struct task_set *set, const struct task_end *end,
                const struct error *why);

/* The part is to end: what was begun, and not handed over yet, need not start. */
void hook_give_up(struct agent *agent, struct part *part);

/* What is wrong with the node, as its prolog or epilog has shown; "" : nothing. */
const char *hook_trouble(const struct part *part);

#endif
