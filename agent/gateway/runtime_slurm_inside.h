/* runtime_slurm_inside.h - what the files of the runtime share
 *
 *   runtime_slurm.c        its life, the parts of jobs, and what is found after a restart
 *   runtime_slurm_batch.c  the batch script of a job: started, signalled, its output read
 *   runtime_slurm_ask.c    what is asked of Slurm about one job, and what follows from the answer
 *   runtime_slurm_look.c   looks at all jobs and nodes
 *   runtime_slurm_files.c  where a job's files are, and how they are read
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_RUNTIME_SLURM_INSIDE_H
#define AGENT_GATEWAY_RUNTIME_SLURM_INSIDE_H

#include "agent/gateway/lent_job.h"
#include "agent/gateway/runtime_slurm.h"
#include "base/table.h"

/* A call that seems to have failed may come through for so long. */
#define TRUST_US (10 * US_PER_SECOND)

/* A node that is lent. */
struct lent_node {
    struct runtime_slurm *slurm;
    struct slurm_node known; /* the last look's, but for name and size */
    bool listed;             /* in that look */
    uint32_t own_cpus;       /* that jobs of ours have there */
    struct task_news news;
};

struct runtime_slurm {
    const struct slurm_caller *caller;
    const struct gateway_settings *settings;
    char *spool; /* SHARED/jobs */
    char *work;  /* SHARED/work */
    struct lent_node *nodes;
    size_t node_count;
    struct table *node_index; /* by Slurm's name */
    struct list jobs;
    struct table *job_index; /* by job and attempt */
    struct list questions;
    struct watch *soon; /* NULL: nothing is to be done at once */

    slurm_room_fn *on_room;
    void *room_owner;
    struct watch *look_due;
    struct command *look; /* sinfo or squeue runs */
    int64_t look_us;      /* boot clock: when the look that is on began */
    bool away;            /* Slurm did not answer the last one */
    struct table *listed; /* of the look that is on: struct slurm_job by name */
};

/* --- runtime_slurm.c */
struct lent_job *slurm_find_job(const struct runtime_slurm *slurm, const struct task_key *key);
struct lent_node *slurm_find_node(const struct runtime_slurm *slurm,
                                  const char *name);                            /* or NULL */
bool slurm_save(const struct runtime_slurm *slurm, const struct lent_job *job); /* false: logged */
/* Look at all jobs in this turn: news to tell, things to ask. */
void slurm_pursue_soon(struct runtime_slurm *slurm);
void slurm_drop_if_done(struct runtime_slurm *slurm, struct lent_job *job); /* may free it */

/* --- runtime_slurm_batch.c: as runtime.h has them */
bool slurm_start(void *state, const struct task_start *start, struct error *err);
bool slurm_has_hook(void *state, uint64_t step);
bool slurm_take_signal(void *state, const struct task_key *key, int number, bool batch_only,
                       struct error *err);
bool slurm_take_input(void *state, const struct task_key *key, const struct task_input *input,
                      struct task_taken *ret_taken, struct error *err);
bool slurm_read(void *state, const struct task_key *key, bool error_stream, uint64_t offset,
                size_t most, struct buffer *buffer, bool *ret_end, struct error *err);
bool slurm_read_file(void *state, const struct output_file *file, struct buffer *buffer,
                     bool *ret_end, struct error *err);
bool slurm_find_file(void *state, const struct task_key *key, bool error_stream,
                     struct buffer *path);

/* --- runtime_slurm_ask.c */
void slurm_pursue(struct runtime_slurm *slurm, struct lent_job *job);
void slurm_signal(struct runtime_slurm *slurm, struct lent_job *job, int number, bool batch_only);
/* Another Slurm job has its name: it is ended. */
void slurm_end_twin(struct runtime_slurm *slurm, uint64_t id);
/* It is over.  end: what Slurm says of it; NULL: it knows nothing of it any more. */
void slurm_finish(struct runtime_slurm *slurm, struct lent_job *job, const struct slurm_end *end);
void slurm_questions_free(struct runtime_slurm *slurm);

/* --- runtime_slurm_look.c */
void slurm_look_soon(struct runtime_slurm *slurm, int64_t pause_us);
void slurm_clear_listed(struct runtime_slurm *slurm);

/* --- runtime_slurm_files.c */
/* Where the user's path is here: below SHARED/work/USER; free() it.  NULL: it cannot be. */
char *slurm_path(const struct runtime_slurm *slurm, const char *user, const char *path,
                 struct error *err);
/* The folder, or the one that the file is to be in, is made. */
bool slurm_make_folder(const struct runtime_slurm *slurm, const char *path, bool of_file,
                       struct error *err);
bool slurm_read_output(const struct runtime_slurm *slurm, const struct output_file *file,
                       struct buffer *buffer, bool *ret_end, struct error *err);

#endif
