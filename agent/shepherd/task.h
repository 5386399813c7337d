/* task.h - one process of a task set, from fork to execve
 *
 * The child joins the part's groups, takes its limits, becomes the job's user for good (and
 * looks whether it did), leaves the shepherd's session, and executes the batch script or the
 * step's program with exactly the environment of the order.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_TASK_H
#define AGENT_SHEPHERD_TASK_H

#include "agent/shepherd/environment.h"
#include "agent/shepherd/files.h"
#include "agent/shepherd/terminal.h"

/* What is the same for all tasks of a set. */
struct task_setup {
    const struct shepherd_order *order;
    const struct cgroup_task *group;
    struct task_files files;
    const struct terminal *terminal; /* of the step's rank 0 */
    struct environment environment;
    const char **arguments; /* NULL-ended */
    char interpreter[256];  /* the script's first line, cut into words */
    char script[SPOOL_PATH_SIZE + 2 * RECORD_NAME_SIZE];
    int report; /* pipe that says why a child did not get as far as execve */
    pid_t shepherd;
};

/* What a child that failed writes to the pipe. */
struct task_failure {
    uint32_t task;
    int32_t number; /* errno */
    char what[56];
};

/* Environment, arguments and the script file.  The texts live as long as the process. */
bool task_setup(struct task_setup *setup, struct error *err);

/* Which of the set has the step's terminal; as many as there are: none of them. */
uint32_t task_terminal(const struct shepherd_order *order);

/* Fork task `index` of the set; -1: see errno. */
pid_t task_fork(struct task_setup *setup, uint32_t index);

#endif
