/* constraints.h - what some jobs ask for beside cores, memory and time
 *
 * Most jobs have none of it: a request points to this, or to nothing.  After constraints_complete()
 * GPUs are asked for per node or per task, and what was given per GPU is said of tasks and
 * nodes instead.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_CONSTRAINTS_H
#define SCHEDULER_CORE_CONSTRAINTS_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct request;

struct constraints {
    char *gpu_type; /* NULL: of any type; those of one node are of one */
    uint32_t gpus;  /* altogether; 0 when completed */
    uint32_t gpus_per_node;
    uint32_t gpus_per_task;
    uint32_t cpus_per_gpu;   /* 0 when completed */
    uint64_t memory_per_gpu; /* bytes; 0 when completed */
    char *features;          /* an expression (features.h), or NULL */
    char *licenses;          /* "matlab:2,ansys:1" (licenses.h), or NULL */
    uint32_t switches;       /* on nodes under so many leaf switches at most; 0: any number */
    int64_t switches_us;     /* so long it waits for that; 0: as the settings say */
    uint64_t stage_bytes;    /* so much it fetches from elsewhere before it computes (finish.h) */
};

struct constraints *constraints_copy(const struct constraints *constraints); /* NULL of NULL */
void constraints_free(struct constraints *constraints);
DEFINE_CLEANUP(struct constraints *, constraints_free)

/* Is anything asked for at all? */
bool constraints_any(const struct constraints *constraints);

/* Bytes that are equal for constraints that the planner need not tell apart. */
void constraints_add_key(const struct constraints *constraints, struct buffer *buffer);

/* Before and after nodes and tasks of the request are completed. */
bool constraints_check(const struct request *request, struct error *err);
bool constraints_begin(struct request *request, struct error *err);
bool constraints_complete(struct request *request, struct error *err);

/* GPUs of a part with so many tasks. */
static inline uint32_t constraints_gpus(const struct constraints *constraints, uint32_t tasks)
{
    return constraints ? constraints->gpus_per_node + constraints->gpus_per_task * tasks : 0;
}

#endif
