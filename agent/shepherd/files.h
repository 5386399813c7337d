/* files.h - directory, input and outputs of a task set, opened as the job's user
 *
 * Whatever a path of the user leads to, it is reached with the user's rights alone.  Only
 * regular files and /dev/null are taken: a pipe or a device could hold the shepherd for ever; and
 * nothing below /proc and /sys, where what is written later is written with the writer's rights.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_FILES_H
#define AGENT_SHEPHERD_FILES_H

#include "agent/shepherd/shepherd.h"

struct task_files {
    int input;
    int output;
    int error;
    bool output_kept; /* in the spool, for the agent to fetch */
    bool error_kept;
};

/* Become the user in all that the kernel asks for rights; supplementary groups are the
 * user's already.  False: see errno. */
bool files_act_as(const struct spool *spool, uid_t user, gid_t group);

/* Is it a file of a disk or in memory, and no knob of the kernel's? */
bool files_check_place(int descriptor, const char *what, struct error *err);

/* Change to the directory and open the files; writes into the record where they are. */
bool files_open(const struct shepherd_order *order, struct task_files *ret_files,
                struct error *err);

/* Bytes in those of them that are kept in the spool. */
uint64_t files_kept_bytes(const struct task_files *files);

#endif
