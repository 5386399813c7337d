/* tree.h - every process of a task set: to signal, to kill
 *
 * Found by the cgroup where there is one that tracks, else by walking down from the
 * shepherd, which as a subreaper is the ancestor of them all.  A signal goes by pidfd, to a
 * process that was seen to belong here after the pidfd was opened.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_TREE_H
#define AGENT_SHEPHERD_TREE_H

#include "agent/cgroup.h"

void tree_signal(const struct cgroup_task *group, int number);

/* SIGKILL to all; those born meanwhile may be left: again, until nothing is. */
void tree_kill(const struct cgroup_task *group);

/* Processes that have `variable` ("NAME=value") in their environment: what is left of a task
 * set whose shepherd was killed, where no cgroup tracks.  How many were found and killed. */
unsigned tree_kill_marked(const char *variable);

#endif
