/* relay.h - what agents of one job say to each other, through the scheduler
 *
 * Any of it may be lost, doubled or late: who needs an answer asks again, and what is asked
 * twice is done once.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_RELAY_H
#define AGENT_RELAY_H

#include "agent/agent_inside.h"

#define RELAY_LEAST_US INT64_C(500000) /* before the same is sent again, at first */
#define RELAY_MOST_US  INT64_C(30000000)

/* Send the body to another part of the same job; lost without a word when there is no
 * session. */
void relay_send(struct agent *agent, const struct part *part, uint32_t to, Wire__RelayBody *body);

/* Twice as long as the last time, within the limits above, and some jitter. */
int64_t relay_pause(struct agent *agent, int64_t *pause_us);

void relay_start(struct agent *agent, const struct step_part *step_part);
void relay_signal(struct agent *agent, const struct step_part *step_part, uint32_t signal);
void relay_forget(struct agent *agent, const struct part *part, uint32_t to, uint64_t step);
void relay_started(struct agent *agent, const struct task_set *set);
void relay_ended(struct agent *agent, const struct task_set *set);
void relay_failed(struct agent *agent, const struct part *part, uint64_t step,
                  const struct error *why);

/* Which stream of a step's tasks, from where, and how much. */
struct stream_place {
    uint64_t step;
    bool error_stream;
    uint64_t offset;
    uint32_t most;
    int64_t wait_us; /* for the first byte */
};

/* Who asked (or is asked), and the number that goes with it both ways. */
struct relay_ask {
    uint32_t part;
    uint64_t request;
};

void relay_read(struct agent *agent, const struct part *part, const struct relay_ask *ask,
                const struct stream_place *place);
void relay_input(struct agent *agent, const struct part *part, const struct relay_ask *ask,
                 const Wire__StepInput *input);
void relay_taken(struct agent *agent, const struct part *part, const struct relay_ask *ask,
                 Wire__TaskTaken *taken);
void relay_bytes(struct agent *agent, const struct part *part, const struct relay_ask *ask,
                 const struct stream_place *place, const struct buffer *bytes, bool end);

#endif
