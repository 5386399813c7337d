/* lent_job.h - an attempt of a job on the nodes of a Slurm cluster: what must not be forgotten of it
 *
 * It has a folder SPOOL/JOB.ATTEMPT with what handover.h names and `state`, which is written anew,
 * and synced, before anything is done that depends on it.  The name that it has in Slurm is
 * made up before sbatch is called, and nothing else has it: whoever lists Slurm's jobs finds it
 * again, whatever became of that call.
 *
 * Owns: its texts and parts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_LENT_JOB_H
#define AGENT_GATEWAY_LENT_JOB_H

#include "agent/gateway/slurm_text.h"
#include "agent/runtime.h"
#include "base/list.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

enum lent_stage {
    LENT_MADE,       /* the nodes have their parts; nothing was asked of Slurm */
    LENT_SUBMITTING, /* sbatch may have been called */
    LENT_WAITS,      /* Slurm has it */
    LENT_RUNS,
    LENT_ENDED,
    LENT_FAILED, /* nothing of it ever ran: why */
    LENT_STAGE_COUNT
};

struct lent_part {
    char node[SLURM_NAME_SIZE]; /* "": not made yet */
    uint32_t cores, tasks;
    bool there; /* made and not removed */
};

struct lent_job {
    struct list_node of_slurm;
    char *folder;

    /* saved */
    uint64_t job;
    uint32_t attempt;
    enum lent_stage stage;
    char *name; /* in Slurm; "": none yet */
    uint64_t id;
    char *user;
    char *project;
    uint64_t memory_bytes; /* of the part that has most; 0: not asked for */
    int64_t limit_us;
    int64_t kill_wait_us;
    int64_t submitted_us; /* wall clock, as the next two */
    int64_t started_us;
    bool stop;       /* it is to end */
    bool given_back; /* failed: others may have it */
    struct task_end end;
    char *why;
    char *output;
    char *error_output;
    uint32_t part_count;
    struct lent_part *parts;

    /* of this process alone */
    bool asked; /* the agent of its first node waits for news */
    bool told_start, told_end;
    bool forgotten;       /* its end is acknowledged */
    bool busy;            /* a command about it runs */
    bool over;            /* Slurm's list says that it has ended */
    bool unsure;          /* sbatch may have been called for it: first it is looked for */
    uint32_t missed;      /* of the last lists, one after the other */
    int64_t trust_us;     /* boot clock: after that no call from before comes through any more */
    int64_t signal_us;    /* boot clock: when it was last told to end */
    uint32_t cpus;        /* that Slurm gives it on each node, as the look that is on says */
    uint32_t cpus_before; /* and the one before */
};

/* "SPOOL/JOB.ATTEMPT" is made, with a state. */
struct lent_job *lent_job_new(const char *spool, const struct task_key *key, uint32_t parts,
                              struct error *err);
/* From its folder, after a restart. */
struct lent_job *lent_job_read(const char *folder, struct error *err);
void lent_job_free(struct lent_job *job);
DEFINE_CLEANUP(struct lent_job *, lent_job_free)

bool lent_job_save(const struct lent_job *job, struct error *err);
void lent_job_set(char **place, const char *text); /* a text of it, made fit for a line */

bool lent_job_is_over(const struct lent_job *job);
/* Is it in Slurm's queue or on its nodes, as far as anybody knows? */
bool lent_job_is_live(const struct lent_job *job);

#endif
