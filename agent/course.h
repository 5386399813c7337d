/* course.h - what is done for a part in each of its states
 *
 * The state machine (core/task_state.h) says where a part may go; this takes it there:
 * makes it, starts the batch script, stops it, clears what is left, reports.  What is
 * to be done is done when the part's alarm fires: behind the journal.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_COURSE_H
#define AGENT_COURSE_H

#include "agent/agent_inside.h"

/* Each moves the part, notes that in the journal, and has done in this turn what follows.  Those
 * that come too late (it is ending already) change nothing. */

/* End it: TERM, kill-wait, KILL. */
void course_stop(struct agent *agent, struct part *part, const char *why);

/* Nothing of it is wanted any more (the batch script ended, or none could start). */
void course_over(struct agent *agent, struct part *part);

void course_started(struct agent *agent, struct part *part, int64_t at_us);
void course_ended(struct agent *agent, struct part *part, const struct task_end *end);
void course_failed(struct agent *agent, struct part *part, const char *why);

/* The scheduler has its end. */
void course_reported(struct agent *agent, struct part *part);

/* Likewise, though our report of it was not acknowledged. */
void course_forget_reports(struct agent *agent, struct part *part);

/* Nothing of it is left.  Reports on it that wait are kept. */
void course_forget(struct agent *agent, struct part *part);

/* Those whose end was told and heard, before they are asked for no more. */
void course_forget_reported(struct agent *agent);

/* Its batch script is on the node: it was made and told to start, though the journal has lost that. */
void course_catch_up(struct agent *agent, struct part *part);

/* The scheduler wants it still: what was read back unsure may start. */
void course_confirm(struct agent *agent, struct part *part);

/* Look at it in this turn. */
void course_act_now(struct agent *agent, struct part *part);

/* Report what happened, with a number of its own; sent until acknowledged. */
void course_report(struct agent *agent, struct part *part, Wire__PartEvent event);

/* Send what waits for a receipt again, at once. */
void course_resend_all(struct agent *agent);
void course_resend_part(struct agent *agent, const struct part *part);

/* A new lease began (an ask was answered). */
void course_lease(struct agent *agent, struct part *part);

/* What an alarm of it does; for those who make parts and reports. */
void part_prepare(struct part *part);
void report_prepare(struct report *report);

#endif
