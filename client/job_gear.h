/* job_gear.h - how GPUs, features, licences and few switches are asked for
 *
 * Setters of rows of the table in job_options.c, and what they fill in of the wire's form.
 *
 * Borrows: the texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_GEAR_H
#define CLIENT_JOB_GEAR_H

#include "base/memory.h"
#include "base/options.h"
#include "proto/arena.h"
#include "proto/message.h"

#include <stdint.h>

struct job_gear {
    char gpu_type[32]; /* "": any */
    uint32_t gpus, gpus_per_node, gpus_per_task, cpus_per_gpu;
    uint64_t memory_per_gpu;
    const char *constraint;
    const char *licenses;
    uint32_t switches;
    int64_t switches_us;
    uint64_t stage_bytes;
};

option_fn set_gpus, set_gpus_per_node, set_gpus_per_task, set_gres, set_memory_per_gpu,
    set_switches, set_stage_size;

void job_gear_fill(const struct job_gear *gear, struct arena *arena, Wire__JobSpec *spec);

#endif
