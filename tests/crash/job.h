/* job.h - the job that submitters send: all that it does follows from its number
 *
 * One in nine outlasts the pause between two kills; of eight, one is killed by SIGKILL, one by
 * SIGTERM, and the others exit with 0 to 5.  So what history and the output files must say is known
 * for every number.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_JOB_H
#define TESTS_CRASH_JOB_H

#include <stdint.h>

struct job_end {
    uint32_t code, signal;
};

/* It tells FOLDER/ran of its start, "+ID RESTARTS", and of its end, "-ID". */
char *job_script(const char *folder);

/* A pattern: every job has a file of its own there. */
char *job_output_path(const char *folder);

struct job_end job_end_of(uint64_t id);
char *job_output_of(uint64_t id);

#endif
