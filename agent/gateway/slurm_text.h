/* slurm_text.h - what Slurm's commands print, taken apart
 *
 * The formats are those that the commands are asked for here, of Slurm 22.05 and later; times are
 * seconds since 1970 (SLURM_TIME_FORMAT).  A line that is not as expected is an error that quotes it:
 * nothing is guessed.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_SLURM_TEXT_H
#define AGENT_GATEWAY_SLURM_TEXT_H

#include "agent/gateway/slurm_state.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLURM_TIME_FORMAT "%s"
#define SLURM_NAME_SIZE   64
#define SLURM_OUR_NAME    "tequio-" /* names of our jobs begin so */

/* sinfo -N: one line a node. */
#define SLURM_NODE_FORMAT "%N|%T|%C|%m|%X|%Y|%Z"

struct slurm_node {
    char name[SLURM_NAME_SIZE];
    char state[32];
    uint32_t cpus_taken; /* by jobs of anybody */
    uint32_t sockets, cores_each, threads_each;
    uint64_t memory_bytes;
};

/* squeue: one line a job. */
#define SLURM_JOB_FORMAT "%i|%j|%T|%S|%C|%D"

struct slurm_job {
    uint64_t id;
    char name[SLURM_NAME_SIZE];
    enum slurm_phase phase;
    int64_t start_us; /* wall clock; 0: not said */
    uint32_t cpus, nodes;
};

/* `scontrol -o show job ID`: one line. */
struct slurm_end {
    const struct slurm_job_state *state;
    uint32_t exit_code, exit_signal;
    int64_t start_us, end_us; /* wall clock; 0: not said */
};

bool slurm_read_node(const char *line, struct slurm_node *ret_node, struct error *err);

/* Of a job that has no name of ours the id is 0. */
bool slurm_read_job(const char *line, struct slurm_job *ret_job, struct error *err);
bool slurm_read_end(const char *line, struct slurm_end *ret_end, struct error *err);

/* `sbatch --parsable`: "17", or "17;cluster". */
bool slurm_read_submitted(const char *text, uint64_t *ret_id, struct error *err);

/* `sacct -n -P --noconvert -o JobID,TotalCPU,MaxRSS` of one job: its lines added up. */
#define SLURM_USE_FORMAT "JobID,TotalCPU,MaxRSS"

struct slurm_use {
    int64_t cpu_us;
    uint64_t memory_peak_bytes; /* of the greatest step's greatest task; 0: not measured */
};

bool slurm_read_use(const char *text, struct slurm_use *ret_use, struct error *err);

/* The next line of the text, ended with NUL; NULL: there is none. */
char *slurm_next_line(char **rest);

#endif
