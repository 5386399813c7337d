/* handlers.h - what happens to the agent, and who takes care of it
 *
 *   handlers_session.c   hello, welcome, heartbeat, inventory; each message of the scheduler
 *   handlers_part.c      launch, stop, receipts, and the runtime's news
 *   handlers_course.c    what is done for a part in each of its states (course.h)
 *   handlers_restore.c   after a start: journal and runtime brought to agree
 *   handlers_output.c    OutputRead, from wherever it comes
 *   handlers_attach.c    a job's steps as others see them, and what is typed into them
 *   handlers_binding.c   where a job's tasks are, or would be
 *   handlers_lineage.c   parts that another database has launched
 *   handlers_local.c     asks on the local socket: steps
 *   handlers_meet.c      the PMIx servers of a step find each other
 *   handlers_step.c      the course of a step
 *   handlers_relay.c     asks of other parts' agents: tasks of their steps
 *
 * Only these files of the agent log.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_HANDLERS_H
#define AGENT_HANDLERS_H

#include "agent/agent_inside.h"

/* --- handlers_session.c */
void session_init(struct agent *agent, const struct journal_found *found);
void session_start(struct agent *agent); /* say hello now */
void session_message(struct agent *agent, const uint8_t *bytes, size_t size);

/* --- handlers_lineage.c */
void lineage_follow(struct agent *agent, const uint8_t lineage[LINEAGE_SIZE]); /* the scheduler's */
bool lineage_is_strange(const struct agent *agent, const struct part *part);
/* The scheduler's database has its launch: from now on the part and its reports are that one's. */
void lineage_take_over(struct agent *agent, struct part *part);
void lineage_stop(struct agent *agent, struct part *part, const Wire__PartStop *stop);

/* --- handlers_part.c */
void on_part_launch(struct agent *agent, const Wire__Envelope *envelope);
void on_part_stop(struct agent *agent, const Wire__Envelope *envelope);
void on_part_reported(struct agent *agent, const Wire__Envelope *envelope);
void on_task_started(void *owner, const struct task_key *key, int64_t at_us);
void on_task_ended(void *owner, const struct task_key *key, const struct task_end *end);
void on_task_failed(void *owner, const struct task_key *key, const struct error *why);
void on_task_given_back(void *owner, const struct task_key *key, const struct error *why);
void task_set_news(struct agent *agent, struct task_set *set); /* of a step: its asker is told */

/* --- handlers_restore.c: journal and runtime brought to agree after a start */
void restore_parts(struct agent *agent);

/* --- handlers_output.c */
void on_output_read(struct agent *agent, const Wire__Envelope *envelope);
handle_fn on_local_output_read;
void on_task_read(struct agent *agent, struct part *part, const Wire__Relay *relay,
                  const Wire__RelayBody *body);
void on_task_bytes(struct agent *agent, struct part *part, const Wire__Relay *relay,
                   const Wire__RelayBody *body);
/* Its tasks have ended: who waits for more of its steps' output gets the rest. */
void readers_end_part(struct agent *agent, const struct part *part);
void readers_drop_part(struct agent *agent, const struct part *part);

/* Something was typed into the step: what it says to that comes soon. */
void readers_wake(struct agent *agent, const struct part *part);

/* --- handlers_attach.c */
void on_step_list(struct agent *agent, const Wire__Envelope *envelope);
void on_step_input(struct agent *agent, const Wire__Envelope *envelope);
handle_fn on_local_step_input;
void on_task_input(struct agent *agent, struct part *part, const Wire__Relay *relay,
                   const Wire__RelayBody *body);
void on_task_taken(struct agent *agent, struct part *part, const Wire__Relay *relay,
                   const Wire__RelayBody *body);
void typists_drop_part(struct agent *agent, const struct part *part);

/* --- handlers_binding.c */
void on_binding_ask(struct agent *agent, const Wire__Envelope *envelope);

/* --- handlers_local.c */
extern const struct handler local_handlers[];
handle_fn on_local_welcome;
/* The part whose credential this is. */
struct part *local_find_part(const struct agent *agent, uint64_t job,
                             const ProtobufCBinaryData *credential, struct error *err);

/* --- handlers_meet.c */
handle_fn on_step_meet;
void on_task_meet(struct agent *agent, struct part *part, const Wire__Relay *relay,
                  const Wire__RelayBody *body);
void on_task_met(struct agent *agent, struct part *part, const Wire__Relay *relay,
                 const Wire__RelayBody *body);
void meetings_drop(struct agent *agent, const struct part *part, uint64_t step); /* 0: all of it */

/* --- handlers_step.c */
void steps_drop_part(struct agent *agent, struct part *part);
void steps_restore(struct agent *agent, struct part *part);
void steps_resend(struct agent *agent, struct part *part); /* there is a session again */
void step_prepare(struct agent *agent, struct step *step);
void step_heard(struct agent *agent, struct step *step); /* its asker is there */
void step_end(struct agent *agent, struct step *step);   /* asked again until it has */
void step_part_news(struct agent *agent, struct step_part *step_part, enum step_part_state state,
                    uint32_t exit_code);
void step_part_failed(struct agent *agent, struct step_part *step_part, const struct error *why);
void step_set_overdue(struct agent *agent, struct step *step);
void step_fill_started(const struct step *step, Wire__Envelope *answer, struct arena *keep);
void step_fill_ended(const struct step *step, bool timeout, Wire__Envelope *answer,
                     struct arena *keep);

/* --- handlers_relay.c */
void on_relay(struct agent *agent, const Wire__Envelope *envelope);
void relay_set_news(struct agent *agent, struct task_set *set);
void step_set_failed(struct agent *agent, struct task_set *set, const struct error *why);

#endif
