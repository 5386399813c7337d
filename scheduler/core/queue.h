/* queue.h - the waiting jobs, by what they ask for
 *
 * Jobs that ask for the same (and are paid by the same project) share a shape: if one
 * of them cannot start, none can, so that the planner looks at each shape once.
 * In a shape jobs stand in the order in which they were submitted; shapes are in
 * the order of their first jobs: less nice first, then the older.
 *
 *     open      not looked at since something changed; ordered
 *     aside     looked at: must wait for resources
 *     parked    looked at: cannot start whatever ends (budget, nodes that are away);
 *               opened when that changes, and never in anybody's way until then
 *
 * Owns: the shapes.  Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_QUEUE_H
#define SCHEDULER_CORE_QUEUE_H

#include "base/heap.h"
#include "base/list.h"
#include "base/table.h"
#include "scheduler/core/job.h"
#include "scheduler/core/match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shape_state { SHAPE_OPEN, SHAPE_ASIDE, SHAPE_PARKED };

struct shape {
    enum shape_state state;
    enum job_reason reason;  /* why its first job could not start; NONE: not looked at */
    struct heap_node of_open;
    struct list_node of_list; /* aside or parked */
    struct heap jobs;         /* waiting, by id; never empty */
    struct request request;   /* its own copy */
    char *project;
    char *institution;
    struct hostlist *only, *except;
    struct node *avoid;
    uint64_t known_nodes; /* `possible` is true of this state of the nodes */
    uint8_t *possible;    /* per cluster: nodes that take work suffice when empty */
    size_t key_size;
    char *key;
};

struct queue {
    size_t count;          /* jobs that wait and could be started */
    struct table *shapes;  /* by key */
    struct table *users;   /* how many jobs each has pending, held ones too */
    struct heap open;
    struct list aside;
    struct list parked;
};

void queue_init(struct queue *queue);
void queue_clear(struct queue *queue); /* the jobs stay */

/* The job may start from now on.  A new shape is open; one that was looked at keeps what was
 * found. */
void queue_add(struct queue *queue, struct job *job, size_t cluster_count);
void queue_remove(struct queue *queue, struct job *job);

/* The open shape that comes first, or NULL; and its first job. */
struct shape *queue_first(const struct queue *queue);
struct job *shape_first(const struct shape *shape);
struct need shape_need(const struct shape *shape);

/* Does a come before b? */
bool job_is_before(const struct job *a, const struct job *b);

/* Looked at, and why it waits: aside or parked by the reason. */
void queue_set_aside(struct queue *queue, struct shape *shape, enum job_reason reason);

/* Its first job changed. */
void queue_move(struct queue *queue, struct shape *shape);

void queue_open_aside(struct queue *queue);
/* Of one institution (NULL: any), parked for that reason (NONE: any). */
void queue_open_parked(struct queue *queue, const char *institution, enum job_reason reason);

/* Pending jobs of a user: count one more or one less, and how many. */
void queue_count_user(struct queue *queue, const char *user, int change);
uint32_t queue_user_count(const struct queue *queue, const char *user);

#endif
