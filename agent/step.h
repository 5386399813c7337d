/* step.h - tasks started inside a running job, on one or more of its nodes
 *
 * A step belongs to the part where it was asked for; that agent keeps it, starts its own
 * tasks, asks the others (relay.h), and knows when all have ended.  Its number is
 * unique in the job: the part that asks in the upper half, a counter in the lower.
 *
 * Owns: the ask, its parts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_STEP_H
#define AGENT_STEP_H

#include "agent/alarm.h"
#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/socket.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEP_KEY_SIZE  16
#define STEP_TASKS_MAX 65536

struct part;
struct step;

enum step_part_state { STEP_PART_ASKED, STEP_PART_RUNNING, STEP_PART_ENDED };

struct step_part {
    struct step *step;
    struct alarm resend;
    int64_t pause_us;
    uint32_t part;
    uint32_t tasks;
    uint32_t first_task;
    enum step_part_state state;
    uint32_t exit_code;
};

/* Somebody who asked to be told. */
struct step_asker {
    struct list_node of_step;
    struct sender to;
    uint64_t request;
    int64_t until_us; /* boot clock */
};

struct step {
    struct list_node of_part;
    struct part *part;
    uint64_t id;
    uid_t uid;           /* whose it is: who asked for it */
    Wire__Envelope *ask; /* StepStart */
    size_t count;
    struct step_part *parts;
    bool ending;          /* its tasks were told to end */
    struct error failure; /* code: some tasks could not be started, and why */
    struct list starters; /* struct step_asker: until all parts run */
    struct list waiters;  /* until all have ended */
    struct alarm overdue; /* a waiter has waited for long enough; or it can be forgotten */
    int64_t heard_us;     /* boot clock: when its asker last asked something about it */
    struct alarm silent;  /* nobody has for too long: then it is ended */
};

/* Which parts, and how many tasks on each.  NULL with *err when the ask cannot be met. */
struct step *step_new(struct part *part, uint64_t id, const Wire__StepStart *ask, uid_t uid,
                      struct error *err);
void step_free(struct step *step);
DEFINE_CLEANUP(struct step *, step_free)

struct step *step_find(const struct list *steps, uint64_t id); /* or NULL */
const Wire__StepStart *step_ask(const struct step *step);
struct step_part *step_find_part(const struct step *step, uint32_t part);
bool step_has_started(const struct step *step); /* all parts run, or have run */
bool step_has_ended(const struct step *step);
/* The highest; SIGTERM and SIGKILL count only when there is no other. */
uint32_t step_exit_code(const struct step *step);
uint32_t step_all_tasks(const struct step *step);
uint32_t step_cpus_per_task(const struct step *step); /* 0: not asked for */

const Wire__TaskLayout *step_layout(const struct step *step); /* NULL: the plain one */

/* Of the tasks of one part; NULL: from its first task on.  free() it. */
uint32_t *step_ranks(const struct step_part *step_part);

/* Its nodes, and the tasks of each, in the order of its parts; free() both arrays. */
char **step_nodes(const struct step *step);
uint32_t *step_tasks(const struct step *step);

/* All its tasks run: arguments and environment are not needed again. */
void step_slim(struct step *step);

#endif
