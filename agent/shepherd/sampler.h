/* sampler.h - what a task set uses, from time to time
 *
 * Cpu time and memory are the cgroup's where there is one that counts, else those of the
 * processes.  What was read from disks and written to them the kernel adds to whoever reaps a process:
 * in the end all of it is the shepherd's own.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_SAMPLER_H
#define AGENT_SHEPHERD_SAMPLER_H

#include "agent/cgroup.h"

#include "base/series.h"

struct sampler {
    struct series series;
    int64_t begun_us;        /* boot clock */
    int64_t next_us;         /* when the next is due; INT64_MAX: none is */
    struct series_step seen; /* in all, so far */
    uint64_t own_read_bytes; /* the shepherd's, before */
    uint64_t own_written_bytes;
};

void sampler_begin(struct sampler *sampler);

/* A sample, if one is due.  reaped_us: cpu time of the processes that are gone. */
void sampler_look(struct sampler *sampler, const struct cgroup_task *group, int64_t reaped_us,
                  int64_t now_us);

/* The last, when nothing is left of the set. */
void sampler_end(struct sampler *sampler, const struct cgroup_task *group, int64_t reaped_us);

#endif
