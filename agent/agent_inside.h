/* agent_inside.h - what the agent's own files share, and nobody else sees
 *
 *   agent.c                    life, turn, outbox
 *   notes.c notes_read.c       what is in the journal
 *   run.c relay.c              what is asked of the runtime, and of other parts' agents
 *   handlers.h                 what happens to the agent, and who takes care of it
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_AGENT_INSIDE_H
#define AGENT_AGENT_INSIDE_H

#include "agent/agent.h"
#include "agent/alarm.h"
#include "agent/journal.h"
#include "agent/part.h"
#include "agent/report.h"
#include "agent/step.h"
#include "base/table.h"
#include "proto/dispatch.h"

#define GONE_MAX 4096 /* forgotten parts whose launch must not be taken for a new one */

enum session_state {
    SESSION_NONE,
    SESSION_WELCOMED, /* the scheduler does not have our inventory yet */
    SESSION_JOINED,
};

struct agent {
    struct agent_facts facts;
    struct agent_seams seams;
    struct journal *journal;
    struct slots *slots;
    struct devices *devices;
    struct alarms alarms;
    struct alarm settle; /* what was written is to be on the disk */
    bool settling;
    uint64_t random;
    bool replaying; /* the journal is being read: nothing is added to it */

    /* whom it works for */
    uint8_t lineage[LINEAGE_SIZE];
    bool has_lineage;
    uint64_t epoch;

    enum session_state session;
    uint64_t last_request;
    struct alarm hello;
    uint64_t hello_request;
    int64_t hello_pause_us;
    struct alarm heartbeat;
    uint64_t heartbeat_request;
    int64_t heartbeat_us; /* so often */
    int64_t sent_us;      /* boot clock: the ask that is to be answered next */
    int64_t contact_us;   /* boot clock: when the last ask that was answered was sent */
    int64_t answered_us;  /* boot clock: when it was answered */
    int64_t dialled_us;   /* and when the scheduler was dialled last */
    int64_t kill_wait_us;
    uint64_t session_number; /* the welcome's */
    uint64_t inventory_request;
    int64_t inventory_pause_us;
    struct buffer inventory_bytes; /* packed */
    size_t inventory_count;
    struct task_key *inventory; /* as it was sent */
    double load;
    uint64_t memory_free;
    Wire__NodeHealth health;
    char *trouble;  /* NULL: none */
    char *occupied; /* by others than the network: how; NULL: it is not */

    struct list parts;
    struct table *part_index; /* by part_index_key */
    struct list reports;
    struct list outbox;
    struct list readers;  /* OutputRead waiting for bytes */
    struct list meetings; /* of the PMIx servers of steps */
    struct list typists;  /* StepInput waiting for another part */
    size_t gone_count, gone_next;
    struct task_key *gone; /* ring of GONE_MAX */
    struct table *gone_index;
    struct identities *identities;
    struct dispatcher *local;
};

/* --- agent.c */
int64_t agent_now(const struct agent *agent);
int64_t agent_wall(const struct agent *agent);
uint64_t agent_next_request(struct agent *agent);
/* `pause` and up to half of it more, so that a thousand agents do not speak at once. */
int64_t agent_jitter(struct agent *agent, int64_t pause_us);
/* Both go out at the end of the turn, behind the journal. */
void agent_send(struct agent *agent, Wire__Envelope *envelope);
void agent_send_bytes(struct agent *agent, const struct buffer *packed);
void agent_send_local(struct agent *agent, const struct sender *to, Wire__Envelope *envelope);
void agent_send_failure(struct agent *agent, uint64_t request, const struct error *err);
void agent_send_local_failure(struct agent *agent, const struct sender *to, uint64_t request,
                              const struct error *err);
struct part *agent_find_part(const struct agent *agent, const struct task_key *key);
struct part *agent_find_job(const struct agent *agent, uint64_t job); /* its newest attempt */
void agent_add_part(struct agent *agent, struct part *part);
void agent_drop_part(struct agent *agent, struct part *part);   /* frees */
void agent_drop_set(struct agent *agent, struct task_set *set); /* frees */
bool agent_is_gone(const struct agent *agent, const struct task_key *key);
void agent_add_gone(struct agent *agent, const struct task_key *key);
void agent_clear_gone(struct agent *agent); /* they were another database's */

struct slots *agent_idle_slots(const struct agent *agent); /* as if no job were here */

/* --- notes.c: into the journal */
void note_identity(struct agent *agent);
void note_part(struct agent *agent, const struct part *part); /* whole */
void note_state(struct agent *agent, const struct part *part);
void note_turn(struct agent *agent, const struct part *part);
void note_report(struct agent *agent, struct report *report);
void note_reported(struct agent *agent, const struct report *report);
void note_forgotten(struct agent *agent, const struct part *part);
void note_set(struct agent *agent, const struct task_set *set);
void note_set_forgotten(struct agent *agent, const struct part *part, uint64_t step);
void note_step(struct agent *agent, const struct step *step);
void note_step_part(struct agent *agent, const struct step_part *step_part);
void note_step_forgotten(struct agent *agent, const struct step *step);
void note_all(void *owner); /* journal_fill_fn */
bool note_read(void *owner, const uint8_t *bytes, size_t size, struct error *err);

#endif
