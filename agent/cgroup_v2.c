/* cgroup_v2.c - the one hierarchy of version 2: limits where it has the controllers */

#include "agent/cgroup_inside.h"

#include "base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* Those that parts are limited by; a version 2 hierarchy freezes and counts without. */
static const enum controller limiting[] = {CONTROLLER_CPUSET, CONTROLLER_MEMORY, CONTROLLER_PIDS};

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if ((at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* Each by itself: one that the machine cannot give must not keep the others away. */
static void enable_controllers(struct cgroups *groups)
{
    char text[GROUP_TEXT_SIZE];

    for (size_t i = 0; i < COUNT_OF(limiting); i++) {
        snprintf(text, sizeof(text), "+%s", controller_names[limiting[i]]);
        group_write(groups->v2.root, ".", "cgroup.subtree_control", text);
        group_write(groups->v2.base, ".", "cgroup.subtree_control", text);
    }
    group_read(groups->v2.base, ".", "cgroup.subtree_control", text, sizeof(text));
    for (size_t i = 0; i < COUNT_OF(limiting); i++)
        if (has_word(text, controller_names[limiting[i]]))
            groups->v2_controllers |= 1u << limiting[i];
    if (cgroup_v2_can_deny())
        groups->v2_controllers |= 1u << CONTROLLER_DEVICES;
}

void cgroup_v2_open(struct cgroups *groups, const char *mount)
{
    if (groups->v2.base >= 0)
        return; /* mounted twice */
    groups->v2 = hierarchy_open(groups, mount, "");
    if (groups->v2.base < 0)
        return;
    if (faccessat(groups->v2.base, "cgroup.kill", W_OK, 0) != 0) { /* before Linux 5.14 */
        file_closep(&groups->v2.base);
        file_closep(&groups->v2.root);
        groups->v2 = (struct hierarchy){-1, -1};
        return;
    }
    enable_controllers(groups);
}

/* ret_text "" : no limit of this kind. */
static void limit_text(enum controller controller, const struct cgroup_limits *limits,
                       char ret_text[32])
{
    ret_text[0] = '\0';
    if (controller == CONTROLLER_MEMORY && limits->memory_bytes > 0)
        snprintf(ret_text, 32, "%" PRIu64, limits->memory_bytes);
    if (controller == CONTROLLER_PIDS && limits->processes_most > 0)
        snprintf(ret_text, 32, "%" PRIu32, limits->processes_most);
}

static bool is_limited(const struct cgroups *groups, const struct cgroup_limits *limits)
{
    return (cgroup_has_v2(groups, CONTROLLER_CPUSET) &&
            (*limits->cpus != '\0' || *limits->memory_nodes != '\0')) ||
           (cgroup_has_v2(groups, CONTROLLER_MEMORY) && limits->memory_bytes > 0) ||
           (cgroup_has_v2(groups, CONTROLLER_PIDS) && limits->processes_most > 0) ||
           (cgroup_has_v2(groups, CONTROLLER_DEVICES) && limits->denied_count > 0);
}

static bool write_limit(const struct cgroups *groups, const char *part, const char *file,
                        const char *text, struct error *err)
{
    if (*text == '\0' || group_write(groups->v2.base, part, file, text))
        return true;
    return fail_errno(err, "write %s to %s", text, file);
}

bool cgroup_v2_make(const struct cgroups *groups, const char *part,
                    const struct cgroup_limits *limits, struct error *err)
{
    char memory[32], processes[32];

    limit_text(CONTROLLER_MEMORY, limits, memory);
    limit_text(CONTROLLER_PIDS, limits, processes);
    if (!is_limited(groups, limits))
        return true;
    if (!group_make(groups->v2.base, part, err))
        return false;
    if (cgroup_has_v2(groups, CONTROLLER_CPUSET) &&
        (!write_limit(groups, part, "cpuset.mems", limits->memory_nodes, err) ||
         !write_limit(groups, part, "cpuset.cpus", limits->cpus, err)))
        return false;
    if (cgroup_has_v2(groups, CONTROLLER_PIDS) &&
        !write_limit(groups, part, "pids.max", processes, err))
        return false;
    if (cgroup_has_v2(groups, CONTROLLER_DEVICES) && limits->denied_count > 0 &&
        !cgroup_v2_deny(groups->v2.base, part, limits, err))
        return false;
    if (!cgroup_has_v2(groups, CONTROLLER_MEMORY) || memory[0] == '\0')
        return true;
    /* A part that is short of memory does not swap, and dies as a whole: half of an MPI
     * program only hangs. */
    group_write(groups->v2.base, part, "memory.swap.max", "0");
    group_write(groups->v2.base, part, "memory.oom.group", "1");
    return write_limit(groups, part, "memory.max", memory, err);
}

void cgroup_v2_usage(const struct cgroup_task *task, struct cgroup_usage *usage)
{
    const struct cgroups *groups = task->groups;
    char text[GROUP_TEXT_SIZE];

    if (groups->v2.base < 0)
        return;
    if (group_read(groups->v2.base, task->task, "cpu.stat", text, sizeof(text))) {
        usage->has_cpu = true;
        usage->cpu_us = (int64_t)group_number(text, "usage_usec ");
    }
    if (!cgroup_has_v2(groups, CONTROLLER_MEMORY))
        return;
    if (group_read(groups->v2.base, task->part, "memory.peak", text, sizeof(text))) {
        usage->has_memory = true;
        usage->memory_peak_bytes = group_number(text, "");
    }
    if (group_read(groups->v2.base, task->part, "memory.current", text, sizeof(text)))
        usage->memory_bytes = group_number(text, "");
    if (group_read(groups->v2.base, task->part, "memory.events", text, sizeof(text)))
        usage->oom_kills = group_number(text, "oom_kill ");
}
