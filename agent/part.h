/* part.h - what a job has on this node, and the task sets in it
 *
 * A part is known by job, attempt and number; its token proves which launch made it.  Its
 * task sets are the batch script (step 0) and the tasks of steps; the runtime
 * runs them, and they outlive the agent.
 *
 * Owns: its texts, launch, cores, task sets.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PART_H
#define AGENT_PART_H

#include "agent/alarm.h"
#include "agent/core/task_state.h"
#include "agent/report.h"
#include "agent/runtime.h"
#include "base/idset.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/table.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>

#define CREDENTIAL_SIZE 16
#define BOOT_ID_SIZE    37

enum set_state { SET_STARTING, SET_RUNNING, SET_ENDED };

struct task_set {
    struct list_node of_part;
    struct part *part;
    struct alarm resend; /* a step's end, to the part that asked for it */
    int64_t pause_us;
    struct alarm signal; /* a signal that waits for the launcher: the last that came */
    uint32_t held_signal;
    bool held_batch_only;
    uint64_t step;
    enum set_state state;
    bool found;               /* by the runtime, after a restart */
    int64_t found_started_us; /* wall clock; 0: it does not know */
    bool handed;   /* to the runtime, of a prolog or epilog: others are here only once they were */
    char *trouble; /* of the node, as its prolog or epilog has shown; NULL: none */
    struct task_end end;
};

struct part {
    struct list_node of_agent;
    struct alarm act;     /* something is to be done for it */
    struct alarm turning; /* the last turn is to be done (suspend.h) */
    uint32_t turn, turn_done;
    struct alarm lease;  /* without word from the scheduler it ends then */
    int64_t pause_us;    /* before it is tried again */
    int64_t held_us;     /* boot clock: since when its start waits for the launcher; 0: no */
    struct task_key key; /* step 0 */
    uint8_t token[TOKEN_SIZE];
    uint8_t credential[CREDENTIAL_SIZE];
    uint8_t lineage[LINEAGE_SIZE];
    char boot_id[BOOT_ID_SIZE];
    enum task_state state;
    Wire__Envelope *launch;
    struct idset *cores; /* logical */
    struct idset *gpus;  /* numbers of the devices; NULL: none */
    char *core_list;
    char *cpu_list; /* as planned */
    int64_t ready_boot_us;
    int64_t told_boot_us; /* stopping: since when */
    int64_t started_us;   /* wall clock; 0: not started */
    struct task_end end;
    bool refused;    /* nothing of it ever ran */
    bool given_back; /* nor could it soon, where another scheduler decides that */
    bool unsure;     /* read back, not started: only if the scheduler still wants it */
    char *text;      /* why it was refused or ended */
    char *trouble;   /* of the node, for the scheduler to drain it; "" : none */
    char *samples;   /* ended: what it used over its time; "" : not known */
    char *output;    /* of the batch script, patterns replaced */
    char *error_output;
    struct list sets;
    struct list steps;       /* asked for here: struct step */
    struct table *forgotten; /* by the part that asked: struct idset of step numbers */
    uint64_t steps_made;
};

struct part *part_new(const struct task_key *key);
void part_free(struct part *part);
DEFINE_CLEANUP(struct part *, part_free)

/* The devices that its launch says it has; after a restart. */
void part_name_gpus(struct part *part);

const Wire__PartLaunch *part_launch(const struct part *part);
struct task_key part_key(const struct part *part, uint64_t step);
bool part_key_equal(const struct task_key *a, const struct task_key *b); /* without the step */

struct task_set *part_find_set(const struct part *part, uint64_t step); /* or NULL */
struct task_set *part_add_set(struct part *part, uint64_t step);
void part_remove_set(struct part *part, struct task_set *set); /* frees */
bool part_has_live_set(const struct part *part);

/* What its own end adds to the part's. */
void part_add_usage(struct part *part, const struct task_end *end);

/* The batch script's own end is the part's, with what the steps used before. */
void part_take_end(struct part *part, const struct task_end *end);

/* A step whose end was acknowledged must not start again when a late copy of its
 * request comes. */
bool part_has_forgotten(const struct part *part, uint64_t step);
void part_forget_step(struct part *part, uint64_t step);

/* The low byte is what a shell would say, 128 and the signal or the code; above it is the signal, so
 * that who exits with 137 is told from who was killed. */
uint32_t task_end_code(const struct task_end *end);

/* As the inventory says it. */
Wire__PartState part_wire_state(const struct part *part);

#endif
