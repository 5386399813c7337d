/* run.h - parts and task sets handed to the runtime, with all that they need
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_RUN_H
#define AGENT_RUN_H

#include "agent/agent_inside.h"
#include "agent/binding.h"
#include "agent/environment.h"

/* The tasks of one step on this node. */
struct task_plan {
    uint64_t step;
    uint32_t tasks;
    uint32_t first_task;
    uint32_t all_tasks;
    uint32_t cpus_per_task;         /* 0: as many as there are for each */
    bool whole_part;                /* each task may use all cores of the part */
    const Wire__TaskLayout *layout; /* NULL: the plain one */
    const uint32_t *ranks;          /* of its tasks; NULL: from first_task on */
    bool kill_on_failure;
    bool pmix; /* started through tequio-pmix: those that follow tell it what the step is */
    char *const *pmix_nodes;
    const uint32_t *pmix_tasks;
    size_t pmix_count;
    uint32_t pmix_index;
    const uint8_t *pmix_key; /* STEP_KEY_SIZE; NULL: there is one node */
    char *const *arguments;
    size_t argument_count;
    char *const *environment;
    size_t environment_count;
    const char *directory;
    bool terminal; /* rank 0 has one, of this size */
    uint32_t rows, columns;
    const char *container;          /* image; "" or NULL: none */
    const char *vm;                 /* image of a virtual machine, likewise; never both */
    const Wire__PartLaunch *stages; /* files to bring before it, and to carry away; NULL: none */
    const char *task_prolog;        /* likewise */
    const char *task_epilog;
};

bool run_make_part(struct agent *agent, struct part *part, struct error *err);
bool run_batch(struct agent *agent, struct part *part, struct error *err);
bool run_step(struct agent *agent, struct part *part, const struct task_plan *plan,
              struct error *err);

/* --- run_gpus.c */

/* Where the job's own tasks are. */
struct binding_wish run_job_wish(const struct part *part);

/* These of the part's GPUs, as a maker's programs number them; NULL where the node has none. */
char *run_gpu_list(const struct agent *agent, const struct part *part, const struct idset *numbers,
                   enum device_maker maker);

/* Which of them each task sees.  binding: of the tasks; NULL: they may use all of the part. */
void run_set_gpus(const struct agent *agent, const struct part *part, const struct binding *binding,
                  struct environment *environment);

/* --- run_vm.c */

/* What tequio-vm reads: of which the machine is made. */
void run_set_vm(const struct agent *agent, const struct part *part,
                struct environment *environment);

/* --- run_stage.c */

bool run_check_stages(const struct agent *agent, const Wire__PartLaunch *launch, struct error *err);

/* What tequio-stage reads, and where that is (NULL: there is nothing to bring or carry away). */
char *run_set_stages(const struct agent *agent, const Wire__PartLaunch *launch,
                     struct environment *environment);

/* The runtime may drop what it knows of the set's end; the agent does (the batch script's
 * output can still be read until the part is forgotten). */
void run_drop_set(struct agent *agent, struct task_set *set);
void run_remove_hosts(struct agent *agent, const struct part *part);

/* What it used over its time goes with it: keep that for its report.  An agent that is killed between the two
 * loses it. */
void run_take_samples(struct agent *agent, struct part *part);

/* Script, arguments and environment are not needed again. */
void run_slim_launch(struct agent *agent, struct part *part);

#endif
