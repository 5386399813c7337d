/* sampler.h - what a task set uses, from time to time
 *
 * Cpu time and memory are the cgroup's where there is one that counts, else those of the
 * processes.  Bytes from and to disks are those of the processes: the kernel adds them to whoever
 * reaps a process, so that in the end all of them are the shepherd's own.  (A cgroup counts them by
 * device, twice where one lies on another, and version 1 counts what is written later as nobody's.)
 *
 * Looking is bounded: of very many processes only some are asked, and no more than a hundredth
 * of the time is spent on it.
 *
 * Borrows: the group.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_SAMPLER_H
#define AGENT_SHEPHERD_SAMPLER_H

#include "agent/shepherd/energy.h"
#include "agent/shepherd/tree.h"

#include "base/series.h"

struct sampler {
    const struct cgroup_task *group;
    struct series series;
    bool of_part;           /* the memory that is seen is that of the whole part */
    int64_t begun_us;       /* boot clock */
    int64_t next_us;        /* when the next look is due; INT64_MAX: none is */
    struct tree_use before; /* the shepherd's own */
    struct energy energy;
    struct series_step seen; /* in all, so far */
    struct series_step kept; /* of the step that was begun */
};

/* powercap: where the kernel counts energy. */
void sampler_begin(struct sampler *sampler, const struct cgroup_task *group, const char *powercap);

/* Look, if it is time.  reaped_us: cpu time of the processes that are gone. */
void sampler_look(struct sampler *sampler, int64_t reaped_us);

/* The last look, when nothing is left of the set. */
void sampler_end(struct sampler *sampler, int64_t reaped_us);

#endif
