/* cgroup_v1.c - hierarchies of version 1: a group in each that the part needs, no more */

#include "agent/cgroup_inside.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FREEZE_ROUNDS = 100, FREEZE_ROUND_NS = 1000000, KILL_ROUNDS = 3 };

/* A new cpuset has no cpus and no memory, and takes no process before it has. */
static void fill_cpuset(struct cgroups *groups)
{
    const struct hierarchy *cpuset = &groups->v1[CONTROLLER_CPUSET];

    group_read(cpuset->root, ".", "cpuset.mems", groups->memory_nodes,
               sizeof(groups->memory_nodes));
    group_read(cpuset->root, ".", "cpuset.cpus", groups->cpus, sizeof(groups->cpus));
    group_write(cpuset->base, ".", "cpuset.mems", groups->memory_nodes);
    group_write(cpuset->base, ".", "cpuset.cpus", groups->cpus);
}

void cgroup_v1_open(struct cgroups *groups, const char *mount, const char *options)
{
    char copy[GROUP_TEXT_SIZE];
    char *rest = copy;

    snprintf(copy, sizeof(copy), "%s", options);
    for (char *name = strsep(&rest, ","); name; name = strsep(&rest, ",")) {
        size_t i = 0;

        while (i < CONTROLLER_COUNT && strcmp(name, controller_names[i]) != 0)
            i++;
        if (i == CONTROLLER_COUNT || groups->v1[i].base >= 0)
            continue;
        groups->v1[i] = hierarchy_open(groups, mount, name);
        if (i == CONTROLLER_CPUSET && groups->v1[i].base >= 0)
            fill_cpuset(groups);
    }
}

static bool is_needed(const struct cgroups *groups, enum controller controller,
                      const struct cgroup_limits *limits)
{
    if (!cgroup_has_v1(groups, controller))
        return false;
    switch (controller) {
    case CONTROLLER_CPUSET:
        return *limits->cpus != '\0' || *limits->memory_nodes != '\0';
    case CONTROLLER_MEMORY:
        return limits->memory_bytes > 0;
    case CONTROLLER_PIDS:
        return limits->processes_most > 0;
    case CONTROLLER_DEVICES:
        return limits->denied_count > 0;
    case CONTROLLER_FREEZER: /* task sets have them, parts do not */
    case CONTROLLER_CPUACCT:
    case CONTROLLER_COUNT:
        break;
    }
    return false;
}

static bool write_limit(int base, const char *part, const char *file, const char *text,
                        struct error *err)
{
    if (group_write(base, part, file, text))
        return true;
    return fail_errno(err, "write %s to %s", text, file);
}

static bool write_limits(const struct cgroups *groups, enum controller controller, const char *part,
                         const struct cgroup_limits *limits, struct error *err)
{
    int base = groups->v1[controller].base;
    char text[32];

    switch (controller) {
    case CONTROLLER_CPUSET:
        return write_limit(base, part, "cpuset.mems",
                           *limits->memory_nodes ? limits->memory_nodes : groups->memory_nodes,
                           err) &&
               write_limit(base, part, "cpuset.cpus", *limits->cpus ? limits->cpus : groups->cpus,
                           err);
    case CONTROLLER_MEMORY:
        snprintf(text, sizeof(text), "%" PRIu64, limits->memory_bytes);
        if (!write_limit(base, part, "memory.limit_in_bytes", text, err))
            return false;
        /* Memory and swap together, after memory alone; the kernel may count no swap. */
        group_write(base, part, "memory.memsw.limit_in_bytes", text);
        return true;
    case CONTROLLER_PIDS:
        snprintf(text, sizeof(text), "%" PRIu32, limits->processes_most);
        return write_limit(base, part, "pids.max", text, err);
    case CONTROLLER_DEVICES:
        return cgroup_v1_deny(base, part, limits, err);
    case CONTROLLER_FREEZER:
    case CONTROLLER_CPUACCT:
    case CONTROLLER_COUNT:
        break;
    }
    return true;
}

bool cgroup_v1_make(const struct cgroups *groups, const char *part,
                    const struct cgroup_limits *limits, struct error *err)
{
    for (enum controller i = 0; i < CONTROLLER_COUNT; i++)
        if (is_needed(groups, i, limits) && (!group_make(groups->v1[i].base, part, err) ||
                                             !write_limits(groups, i, part, limits, err)))
            return false;
    return true;
}

/* Groups of the part that are not there were not needed.  What version 2 does is not asked of
 * version 1 again. */
bool cgroup_v1_task_open(struct cgroup_task *task, struct error *err)
{
    const struct cgroups *groups = task->groups;

    for (enum controller i = 0; i < CONTROLLER_COUNT; i++) {
        bool of_task = i == CONTROLLER_FREEZER || i == CONTROLLER_CPUACCT;
        char path[GROUP_PATH_SIZE];

        if (!cgroup_has_v1(groups, i) || (of_task && groups->v2.base >= 0))
            continue;
        if (of_task && !group_make(groups->v1[i].base, task->task, err))
            return false;
        snprintf(path, sizeof(path), "%s/cgroup.procs", of_task ? task->task : task->part);
        task->joins[i] = openat(groups->v1[i].base, path, O_WRONLY | O_CLOEXEC);
        if (task->joins[i] < 0 && errno != ENOENT)
            return fail_errno(err, "open cgroup %s", path);
    }
    return true;
}

void cgroup_v1_kill(const struct cgroups *groups, const char *group)
{
    static const struct timespec pause = {.tv_nsec = FREEZE_ROUND_NS};
    bool frozen = false;
    int base = groups->v1[CONTROLLER_FREEZER].base;
    char state[32] = "";

    if (base < 0)
        return;
    for (int round = 0; round < KILL_ROUNDS && !frozen; round++) {
        group_write(base, group, "freezer.state", "FROZEN");
        for (int i = 0; i < FREEZE_ROUNDS; i++) {
            if (!group_read(base, group, "freezer.state", state, sizeof(state)) ||
                strcmp(state, "FROZEN") == 0)
                break;
            nanosleep(&pause, NULL);
        }
        frozen = strcmp(state, "FROZEN") == 0;
        group_kill(groups, base, group, frozen);
        group_write(base, group, "freezer.state", "THAWED");
    }
}

void cgroup_v1_usage(const struct cgroup_task *task, struct cgroup_usage *usage)
{
    const struct cgroups *groups = task->groups;
    char text[GROUP_TEXT_SIZE];

    if (!usage->has_cpu && cgroup_has_v1(groups, CONTROLLER_CPUACCT) &&
        group_read(groups->v1[CONTROLLER_CPUACCT].base, task->task, "cpuacct.usage", text,
                   sizeof(text))) {
        usage->has_cpu = true;
        usage->cpu_us = (int64_t)(group_number(text, "") / 1000);
    }
    if (!cgroup_has_v1(groups, CONTROLLER_MEMORY) ||
        !group_read(groups->v1[CONTROLLER_MEMORY].base, task->part, "memory.max_usage_in_bytes",
                    text, sizeof(text)))
        return;
    usage->has_memory = true;
    usage->memory_peak_bytes = group_number(text, "");
    if (group_read(groups->v1[CONTROLLER_MEMORY].base, task->part, "memory.usage_in_bytes", text,
                   sizeof(text)))
        usage->memory_bytes = group_number(text, "");
    if (group_read(groups->v1[CONTROLLER_MEMORY].base, task->part, "memory.oom_control", text,
                   sizeof(text)))
        usage->oom_kills = group_number(text, "oom_kill ");
}
