/* environment.h - what a job's processes find in their environment
 *
 * Made from nothing: what was submitted (less what cannot be right, and less every TEQUIO_
 * and SLURM_ name, which may come from another job), then ours, which win.  Scripts
 * of other schedulers read SLURM_ names, so those they read most are there.  What only the node's
 * account and directory can tell (HOME, TMPDIR, TEQUIO_CREDENTIAL, …_PROCID) the shepherd adds.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_ENVIRONMENT_H
#define AGENT_ENVIRONMENT_H

#include "agent/runtime.h"
#include "base/memory.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct environment;

struct environment *environment_new(void);
void environment_free(struct environment *environment);
DEFINE_CLEANUP(struct environment *, environment_free)

/* Add or replace. */
void environment_set(struct environment *environment, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Only if the job has not set it itself. */
void environment_offer(struct environment *environment, const char *name, const char *value);

/* NULL when it is not set. */
const char *environment_get(const struct environment *environment, const char *name);

/* "NAME=value" …, NULL-ended; good until the next change. */
const char *const *environment_all(struct environment *environment);
size_t environment_count(const struct environment *environment);

/* What the node knows of a part. */
struct environment_facts {
    const Wire__PartLaunch *launch;
    const char *core_list; /* logical */
    const char *cpu_list;  /* the operating system's, as planned */
    const char *agent;     /* endpoint of its local socket */
    const char *host_file; /* without ".ompi", ".hydra" */
    const char *libexec;   /* where tequio-rsh is */
    const char *cuda_list; /* its GPUs, as the makers' programs number them; NULL: the node has */
    const char *rocr_list; /* none */
    const char *real_cpus; /* to which its processes are bound; NULL: to none */
    int64_t start_us;      /* wall clock; 0: not known */
    bool emulated;
    bool as_root;        /* jobs may run as root (a machine set up for trying) */
    bool lent;           /* another scheduler says where its processes are, and starts its ranks */
    uint64_t step;       /* 0: the batch script */
    uint32_t step_tasks; /* of the whole step */
    uint32_t step_cpus_per_task;
    bool own_cores; /* each task of the step is bound to its own */
};

/* The environment of the batch script or of a step's tasks. */
struct environment *environment_of_tasks(const struct environment_facts *facts,
                                         char *const *submitted, size_t count);

/* What the site's own programs are told of a part: nothing that its user has written.
 * what: "prolog" or "epilog". */
struct environment *environment_of_hook(const struct environment_facts *facts, const char *what);

/* How the batch script ended, for an epilog. */
void environment_set_end(struct environment *environment, const struct task_end *end);

/* "2(x3),1": how often each number is repeated, as Slurm writes it. */
void print_repeated(const uint32_t *numbers, size_t count, struct buffer *buffer);

/* The node list of a part's job as host files for Open MPI and for MPICH. */
void environment_host_file(const Wire__PartLaunch *launch, bool hydra, struct buffer *buffer);

#endif
