/* pmix_job.h - the tasks of a step, as the PMIx server of one node has to know them
 *
 * Out of the environment that the agent made for tequio-pmix:
 *
 *   TEQUIO_PMIX_NODES   names of the step's nodes, with commas
 *   TEQUIO_PMIX_TASKS   tasks of each
 *   TEQUIO_PMIX_PLANE   as in TaskLayout
 *   TEQUIO_PMIX_INDEX   which of them is this node
 *   TEQUIO_PMIX_CPUS    a cpu list for each task here, with semicolons; "" : no binding
 *   TEQUIO_PMIX_KEY     32 hex digits that only the servers of this step know (pmix_link.h)
 *
 * The servers of a step are a tree, node 0 at its root: what goes from one to another goes along it.
 *
 * Owns: its arrays.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_JOB_H
#define AGENT_PMIX_JOB_H

#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMIX_ARITY    16 /* servers below one */
#define PMIX_KEY_SIZE 16

struct pmix_job {
    char name[256]; /* of the namespace, as long as PMIx wants: unique for job, restart and step */
    char directory[512];
    size_t count; /* nodes */
    size_t index; /* this one */
    char **nodes;
    uint32_t *tasks;
    uint32_t **ranks;           /* of each node, in order */
    uint32_t all;               /* tasks of all nodes */
    uint32_t *node_of;          /* of each rank */
    char **cpus;                /* of each task here; NULL: no binding */
    uint8_t key[PMIX_KEY_SIZE]; /* zeros when there is one node */
};

/* Some of its ranks, sorted; none: all of them. */
struct pmix_ranks {
    uint32_t *list;
    size_t count;
};

bool pmix_job_read(struct pmix_job *job, struct error *err);
void pmix_job_clear(struct pmix_job *job);

uint32_t pmix_job_tasks(const struct pmix_job *job); /* here */
uint32_t pmix_job_rank(const struct pmix_job *job, uint32_t task);
size_t pmix_job_node_of(const struct pmix_job *job, uint32_t rank); /* count: of none */

size_t pmix_job_parent(const struct pmix_job *job); /* node above this one; count: it is the root */
size_t pmix_job_children(const struct pmix_job *job);           /* how many are below this one */
size_t pmix_job_child(const struct pmix_job *job, size_t slot); /* node in that slot */

/* Slot of the child through which the node is reached; PMIX_ARITY: not below this one. */
size_t pmix_job_slot_of(const struct pmix_job *job, size_t node);

#endif
