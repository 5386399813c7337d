/* tree.h - every process of a task set: to signal, to kill, to measure
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

struct tree_use {
    uint64_t cpu_us; /* without the calling process */
    uint64_t memory_bytes;
    uint64_t read_bytes; /* from disks */
    uint64_t written_bytes;
};

/* What the shepherd and all below it have used until now, with what they have reaped; of more than
 * `most` processes only some are asked. */
struct tree_use tree_measure(const struct cgroup_task *group, size_t most);
struct tree_use tree_measure_self(void); /* the calling process, disks alone */

/* Processes that have `variable` ("NAME=value") in their environment: what is left of a task
 * set whose shepherd was killed, where no cgroup tracks.  How many were found and killed. */
unsigned tree_kill_marked(const char *variable);

#endif
