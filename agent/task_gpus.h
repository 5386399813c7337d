/* task_gpus.h - the GPUs of each task of a node, as one text in the environment
 *
 * "0/0,1;1/2,3": for each task the numbers that CUDA's programs know its GPUs by, and ROCm's.  In
 * TEQUIO_TASK_GPUS of a step each task finds its own; in TEQUIO_RANK_GPUS, of what starts ranks
 * by itself, they are the ranks of mpirun.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_TASK_GPUS_H
#define AGENT_TASK_GPUS_H

#include <stdbool.h>
#include <stdint.h>

#define TASK_GPUS "TEQUIO_TASK_GPUS"
#define RANK_GPUS "TEQUIO_RANK_GPUS"

enum { TASK_GPUS_SIZE = 1024 };

struct task_gpus {
    char cuda[TASK_GPUS_SIZE];
    char rocr[TASK_GPUS_SIZE];
};

/* Those of task `local`; false when the text, which may be NULL, has none for it. */
bool task_gpus_find(const char *text, uint32_t local, struct task_gpus *ret_gpus);

/* Put them into the environment of this process, if `variable` has some for the task. */
void task_gpus_set(const char *variable, uint32_t local);

#endif
