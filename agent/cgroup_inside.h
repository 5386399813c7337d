/* cgroup_inside.h - what cgroup.c shares with cgroup_v1.c and cgroup_v2.c
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CGROUP_INSIDE_H
#define AGENT_CGROUP_INSIDE_H

#include "agent/cgroup.h"

#include <assert.h>
#include <stddef.h>

enum controller {
    CONTROLLER_CPUSET,
    CONTROLLER_MEMORY,
    CONTROLLER_PIDS,
    CONTROLLER_FREEZER, /* version 1 only, for want of version 2 */
    CONTROLLER_CPUACCT, /* the same */
    CONTROLLER_DEVICES, /* in version 2 a program, and nothing to be enabled */
    CONTROLLER_COUNT
};
static_assert(CONTROLLER_COUNT <= CGROUP_HIERARCHIES, "one join for each");

enum { GROUP_PATH_SIZE = 512, GROUP_TEXT_SIZE = 4096 };

/* One hierarchy: where it is mounted (or the own group in it), and `base` below that. */
struct hierarchy {
    int root; /* -1: none */
    int base;
};

struct cgroups {
    char base[256];
    bool ordinary; /* not root: groups go below the own one */
    struct hierarchy v2;
    unsigned v2_controllers; /* 1 << enum controller: that parts get */
    struct hierarchy v1[CONTROLLER_COUNT];
    char memory_nodes[GROUP_TEXT_SIZE]; /* of the version 1 base, for parts that name none */
    char cpus[GROUP_TEXT_SIZE];
};

extern const char *const controller_names[CONTROLLER_COUNT];

/* Does version 2 (1) hold this controller for parts? */
bool cgroup_has_v2(const struct cgroups *groups, enum controller controller);
bool cgroup_has_v1(const struct cgroups *groups, enum controller controller);

/* mkdir, also when it is there. */
bool group_make(int base, const char *group, struct error *err);

/* Whole small files below a hierarchy's base; false: see errno. */
bool group_write(int base, const char *group, const char *file, const char *text);
bool group_read(int base, const char *group, const char *file, char *text, size_t size);

/* The number behind `key` at the start of a line, or 0. */
uint64_t group_number(const char *text, const char *key);

/* Call for each pid in the group's cgroup.procs, until false. */
void group_each(int base, const char *group, bool (*call)(void *owner, pid_t pid), void *owner);

/* Is it in this very group, of version 2 or of the freezer? */
bool group_has(const struct cgroups *groups, const char *group, pid_t pid);

/* SIGKILL to each process in it and in the groups below. */
void group_kill(const struct cgroups *groups, int base, const char *group, bool frozen);

/* Call for each group right below this one. */
void group_each_below(int base, const char *group,
                      void (*call)(void *owner, int base, const char *group), void *owner);

/* The open hierarchy of a mount, with `base` made in it; nothing changes when that cannot be. */
void cgroup_v1_open(struct cgroups *groups, const char *mount, const char *options);
void cgroup_v2_open(struct cgroups *groups, const char *mount);

bool cgroup_v1_make(const struct cgroups *groups, const char *part,
                    const struct cgroup_limits *limits, struct error *err);
bool cgroup_v2_make(const struct cgroups *groups, const char *part,
                    const struct cgroup_limits *limits, struct error *err);

/* cgroup_devices.c */
bool cgroup_v1_deny(int base, const char *part, const struct cgroup_limits *limits,
                    struct error *err);
bool cgroup_v2_deny(int base, const char *part, const struct cgroup_limits *limits,
                    struct error *err);
bool cgroup_v2_can_deny(void);

void cgroup_v1_kill(const struct cgroups *groups, const char *group);
bool cgroup_v1_task_open(struct cgroup_task *task, struct error *err);
void cgroup_v1_usage(const struct cgroup_task *task, struct cgroup_usage *usage);
void cgroup_v2_usage(const struct cgroup_task *task, struct cgroup_usage *usage);

/* Open root/base, making base; the descriptors are -1 when it cannot be. */
struct hierarchy hierarchy_open(const struct cgroups *groups, const char *mount,
                                const char *own_key);

#endif
