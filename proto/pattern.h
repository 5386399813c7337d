/* pattern.h - names of output files: "slurm-%j.out"
 *
 *   %j %A  job            %x  job's name        %N  node's name up to the first dot
 *   %J     job.step       %u  user              %n  number of the node in the job
 *   %a     array index    %t  number of the task  %s  step, "batch" for the script
 *   %%     a per cent sign
 *
 * A number pads with zeros what is a number: "%4j" of job 17 is "0017" (at most 10).  A pattern
 * that holds a backslash is taken as it is, without the backslashes, as sbatch does.
 *
 * Checked where it comes in, by the scheduler with the job; expanded by the agent.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_PATTERN_H
#define PROTO_PATTERN_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define PATTERN_PATH_MAX 4095 /* bytes of the result: what the kernel takes */
#define PATTERN_NAME_MAX 255  /* of one element of it */

struct pattern_facts {
    uint64_t job;
    uint64_t array; /* 0: the job is no element of one */
    uint32_t element;
    uint64_t step; /* 0: the batch script */
    const char *name;
    const char *user;
    const char *node;
    uint32_t node_number;
    uint32_t task;
};

/* Only whether every letter and width is known: how long the result is, the agent sees. */
bool pattern_check(const char *pattern, struct error *err);

/* Add the pattern with everything replaced.  Refused, with the buffer as it was: an unknown
 * letter, a width above 10, a result that no file can have. */
bool pattern_expand(const char *pattern, const struct pattern_facts *facts, struct buffer *buffer,
                    struct error *err);

/* The same, and then put behind `directory` unless it is absolute. */
bool pattern_path(const char *pattern, const char *directory, const struct pattern_facts *facts,
                  struct buffer *buffer, struct error *err);

#endif
