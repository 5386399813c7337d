/* cgroup.h - groups that hold the processes of a part, and its limits
 *
 * Controllers may be in version 1 hierarchies, in the version 2 one, or nowhere; each is
 * taken where it is found.  A part has a group only in the hierarchies that limit it.  A task
 * set has one of its own, to be killed and counted by itself: below the part's, or beside
 * where the part has none, since every group costs time at each job.  Version 2 is used for
 * that even without controllers: it kills in one write and lets a process be born inside.
 *
 * Where nothing can be written every call succeeds and holds nothing: see
 * cgroups_abilities().
 *
 * Owns: descriptors of the hierarchies.  Threads: none.  A fork inherits it.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CGROUP_H
#define AGENT_CGROUP_H

#include "agent/runtime.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroups;

enum cgroup_ability {
    CGROUP_TRACKS = 1, /* finds and kills every process of a task set */
    CGROUP_CPUS = 2,
    CGROUP_MEMORY = 4,
    CGROUP_PROCESSES = 8,
    CGROUP_CPU_TIME = 16,
    CGROUP_DEVICES = 32,
};

struct cgroup_limits {
    const char *cpus;         /* "0-3"; "" : all */
    const char *memory_nodes; /* "" : all */
    uint64_t memory_bytes;    /* 0: no limit */
    uint32_t processes_most;  /* 0: no limit */
    const struct device_number *denied;
    uint32_t denied_count;
};

struct cgroup_usage {
    bool has_cpu;
    int64_t cpu_us; /* of the task set */
    bool has_memory;
    uint64_t memory_peak_bytes; /* of the part */
    uint64_t memory_bytes;      /* of the part, now */
    uint64_t oom_kills;         /* in the part, since it was made */
};

#define CGROUP_HIERARCHIES 6

/* Of one task set. */
struct cgroup_task {
    const struct cgroups *groups;
    char part[64];
    char task[96];                 /* "part/step", or "part.step" where the part has no group */
    int inside;                    /* version 2 group to be born in; -1: none */
    int joins[CGROUP_HIERARCHIES]; /* version 1 cgroup.procs to write to; -1: none */
};

/* `mounts`: "/proc/self/mountinfo" or, for tests, another such file.  Groups are made under
 * `base` at the root of each hierarchy, or for ordinary users in their own group. */
struct cgroups *cgroups_open(const char *mounts, const char *base);

/* None at all, as where nothing can be written. */
struct cgroups *cgroups_none(void);
void cgroups_free(struct cgroups *groups); /* removes `base` when it is empty */
DEFINE_CLEANUP(struct cgroups *, cgroups_free)
unsigned cgroups_abilities(const struct cgroups *groups);

bool cgroup_make(const struct cgroups *groups, const char *part, const struct cgroup_limits *limits,
                 struct error *err);

/* Kill all in it, and remove it.  CONFLICT while processes are still there; true when there
 * is none (any more). */
bool cgroup_remove(const struct cgroups *groups, const char *part, struct error *err);

/* The same for what a task set has left behind. */
bool cgroup_task_remove(const struct cgroups *groups, const char *part, const char *step,
                        struct error *err);

bool cgroup_task_open(const struct cgroups *groups, const char *part, const char *step,
                      struct cgroup_task *ret_task, struct error *err);

/* The same for what belongs to the part, but is not held to its limits. */
bool cgroup_task_open_apart(const struct cgroups *groups, const char *part, const char *step,
                            struct cgroup_task *ret_task, struct error *err);

/* fork(), the child is in the groups (version 2).  It must do no more than set itself up
 * and execute a program. */
pid_t cgroup_task_fork(const struct cgroup_task *task);

/* The child's second half, while it still has its rights (version 1); false: see errno. */
bool cgroup_task_join(const struct cgroup_task *task);

/* Call for each process in it, until false. */
void cgroup_task_each(const struct cgroup_task *task, bool (*call)(void *owner, pid_t pid),
                      void *owner);

/* Is the process (still) one of it? */
bool cgroup_task_has(const struct cgroup_task *task, pid_t pid);
void cgroup_task_kill(const struct cgroup_task *task);

/* All of them stand still, or go on; false where nothing can do that. */
bool cgroup_task_freeze(const struct cgroup_task *task, bool still);
struct cgroup_usage cgroup_task_usage(const struct cgroup_task *task);
void cgroup_task_close(struct cgroup_task *task); /* and remove it, when it is empty */

#endif
