/* cgroup.c - groups that hold the processes of a part, and its limits */

#include "agent/cgroup_inside.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { OPEN_TRIES = 1000 }; /* a millisecond apart: on a busy machine whoever ends may take long */

const char *const controller_names[CONTROLLER_COUNT] = {
    [CONTROLLER_CPUSET] = "cpuset",   [CONTROLLER_MEMORY] = "memory",
    [CONTROLLER_PIDS] = "pids",       [CONTROLLER_FREEZER] = "freezer",
    [CONTROLLER_CPUACCT] = "cpuacct", [CONTROLLER_DEVICES] = "devices",
};

bool cgroup_has_v2(const struct cgroups *groups, enum controller controller)
{
    return groups->v2.base >= 0 && (groups->v2_controllers & 1u << controller) != 0;
}

bool cgroup_has_v1(const struct cgroups *groups, enum controller controller)
{
    return !cgroup_has_v2(groups, controller) && groups->v1[controller].base >= 0;
}

/* --- finding the hierarchies -------------------------------------------------------------- */

/* The own group's path in the hierarchy with this key ("" : version 2), as /proc/self/cgroup
 * has it: "4:memory:/a/b". */
static bool own_group(const char *key, char ret_path[GROUP_PATH_SIZE])
{
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;
    char *rest;

    buffer_init(&text);
    if (!file_read("/proc/self/cgroup", 1 << 16, &text, &err))
        return false;
    rest = text.bytes;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        char *names = strchr(line, ':');
        char *path = names ? strchr(names + 1, ':') : NULL;

        if (!path)
            continue;
        *path++ = '\0';
        for (char *name = strsep((names++, &names), ","); name; name = strsep(&names, ",")) {
            if (strcmp(name, key) != 0)
                continue;
            snprintf(ret_path, GROUP_PATH_SIZE, "%s", path);
            return true;
        }
    }
    return false;
}

static bool is_named(int root, const char *name, int directory)
{
    struct stat by_name, opened;

    return fstatat(root, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(directory, &opened) == 0 && by_name.st_ino == opened.st_ino;
}

/* Locked while it is used: a launcher before this one may just be ending, and remove it when it
 * is empty.  -1 on failure. */
static int open_base(int root, const char *name)
{
    static const struct timespec pause = {.tv_nsec = 1000000};

    for (int i = 0; i < OPEN_TRIES; i++) {
        CLEANUP(file_closep) int base = -1;

        if (mkdirat(root, name, 0755) != 0 && errno != EEXIST)
            return -1;
        base = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (base >= 0 && flock(base, LOCK_SH | LOCK_NB) == 0 && is_named(root, name, base))
            return file_steal(&base);
        nanosleep(&pause, NULL);
    }
    return openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

struct hierarchy hierarchy_open(const struct cgroups *groups, const char *mount,
                                const char *own_key)
{
    struct hierarchy none = {-1, -1};
    struct hierarchy found = none;
    char path[2 * GROUP_PATH_SIZE];
    char own[GROUP_PATH_SIZE] = "";

    if (groups->ordinary && !own_group(own_key, own))
        return none;
    snprintf(path, sizeof(path), "%s%s", mount, own);
    found.root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (found.root < 0)
        return none;
    found.base = open_base(found.root, groups->base);
    /* It may be there, of another user, or in a hierarchy that is read-only by now. */
    if (found.base >= 0 && faccessat(found.base, ".", W_OK, 0) == 0)
        return found;
    file_closep(&found.base);
    file_closep(&found.root);
    return none;
}

/* "36 35 98:0 /root /mount opts shared:1 - type source options" */
static void open_mount(struct cgroups *groups, char *line)
{
    char *fields[5] = {NULL};
    char *rest = line, *tail = strstr(line, " - ");
    char *type, *options;

    if (!tail)
        return;
    *tail = '\0';
    tail += 3;
    for (size_t i = 0; i < COUNT_OF(fields) && rest; i++)
        fields[i] = strsep(&rest, " ");
    type = strsep(&tail, " ");
    strsep(&tail, " ");
    options = tail ? tail : type + strlen(type);
    if (!fields[4])
        return;
    if (strcmp(type, "cgroup2") == 0)
        cgroup_v2_open(groups, fields[4]);
    else if (strcmp(type, "cgroup") == 0)
        cgroup_v1_open(groups, fields[4], options);
}

struct cgroups *cgroups_none(void)
{
    struct cgroups *groups = NEW(struct cgroups);

    groups->v2 = (struct hierarchy){-1, -1};
    for (size_t i = 0; i < CONTROLLER_COUNT; i++)
        groups->v1[i] = groups->v2;
    return groups;
}

struct cgroups *cgroups_open(const char *mounts, const char *base)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct cgroups *groups = cgroups_none();
    struct error err;
    char *rest;

    snprintf(groups->base, sizeof(groups->base), "%s", base);
    groups->ordinary = geteuid() != 0;
    buffer_init(&text);
    if (!file_read(mounts, 1 << 22, &text, &err))
        return groups;
    rest = text.bytes;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
        open_mount(groups, line);
    return groups;
}

static void close_hierarchy(const struct cgroups *groups, struct hierarchy *hierarchy)
{
    if (hierarchy->base >= 0 && flock(hierarchy->base, LOCK_EX | LOCK_NB) == 0) {
        unlinkat(hierarchy->root, groups->base, AT_REMOVEDIR);
        flock(hierarchy->base, LOCK_UN); /* shepherds have the lock as well, and live on */
    }
    file_closep(&hierarchy->base);
    file_closep(&hierarchy->root);
}

void cgroups_free(struct cgroups *groups)
{
    if (!groups)
        return;
    close_hierarchy(groups, &groups->v2);
    for (size_t i = 0; i < CONTROLLER_COUNT; i++)
        close_hierarchy(groups, &groups->v1[i]);
    free(groups);
}

unsigned cgroups_abilities(const struct cgroups *groups)
{
    static const struct {
        enum controller controller;
        enum cgroup_ability ability;
    } rows[] = {
        {CONTROLLER_CPUSET,  CGROUP_CPUS     },
        {CONTROLLER_MEMORY,  CGROUP_MEMORY   },
        {CONTROLLER_PIDS,    CGROUP_PROCESSES},
        {CONTROLLER_FREEZER, CGROUP_TRACKS   },
        {CONTROLLER_CPUACCT, CGROUP_CPU_TIME },
        {CONTROLLER_DEVICES, CGROUP_DEVICES  },
    };
    unsigned abilities = groups->v2.base >= 0 ? CGROUP_TRACKS | CGROUP_CPU_TIME : 0;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (cgroup_has_v2(groups, rows[i].controller) || cgroup_has_v1(groups, rows[i].controller))
            abilities |= (unsigned)rows[i].ability;
    return abilities;
}

/* --- a part ----------------------------------------------------------------------------------- */

static void remove_below(void *owner, int base, const char *group)
{
    (void)owner;
    unlinkat(base, group, AT_REMOVEDIR);
}

/* 0, or why it cannot go: EBUSY while processes are in it. */
static int remove_group(int base, const char *group)
{
    if (base < 0 || unlinkat(base, group, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    group_each_below(base, group, remove_below, NULL);
    return unlinkat(base, group, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

static int remove_everywhere(const struct cgroups *groups, const char *part)
{
    int number = remove_group(groups->v2.base, part);

    for (size_t i = 0; i < CONTROLLER_COUNT && number == 0; i++)
        number = remove_group(groups->v1[i].base, part);
    return number;
}

/* Whose first thread has ended is left alive by cgroup.kill, since the kernel signals that thread alone
 * (Linux 6.18): so one by one as well. */
static void kill_all(const struct cgroups *groups, const char *group)
{
    if (groups->v2.base < 0) {
        cgroup_v1_kill(groups, group);
        return;
    }
    group_write(groups->v2.base, group, "cgroup.kill", "1");
    group_kill(groups, groups->v2.base, group, false);
}

bool cgroup_remove(const struct cgroups *groups, const char *part, struct error *err)
{
    int number = remove_everywhere(groups, part);

    if (number == 0)
        return true;
    kill_all(groups, part);
    number = remove_everywhere(groups, part);
    if (number == EBUSY)
        return fail(err, ERROR_CONFLICT, "processes of %s are still there, killed", part);
    errno = number;
    return number == 0 || fail_errno(err, "remove the cgroup of %s", part);
}

bool cgroup_make(const struct cgroups *groups, const char *part, const struct cgroup_limits *limits,
                 struct error *err)
{
    struct error ignored;

    /* One of this name is what an earlier life of the launcher left. */
    if (!cgroup_v2_make(groups, part, limits, err) || !cgroup_v1_make(groups, part, limits, err)) {
        cgroup_remove(groups, part, &ignored);
        return fail_in(err, "cgroup of %s", part);
    }
    return true;
}

/* --- a task set ------------------------------------------------------------------------------- */

bool cgroup_task_remove(const struct cgroups *groups, const char *part, const char *step,
                        struct error *err)
{
    char below[GROUP_PATH_SIZE], beside[GROUP_PATH_SIZE];

    snprintf(below, sizeof(below), "%s/%s", part, step);
    snprintf(beside, sizeof(beside), "%s.%s", part, step);
    return cgroup_remove(groups, below, err) && cgroup_remove(groups, beside, err);
}

static bool open_v2(struct cgroup_task *task, struct error *err)
{
    task->inside = openat(task->groups->v2.base, task->task, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (task->inside < 0)
        return fail_errno(err, "open cgroup %s", task->task);
    return true;
}

/* Below the part's group if there is one, else beside. */
static bool make_v2(struct cgroup_task *task, const char *step, struct error *err)
{
    int base = task->groups->v2.base;

    snprintf(task->task, sizeof(task->task), "%s/%s", task->part, step);
    if (mkdirat(base, task->task, 0755) != 0 && errno == ENOENT) {
        snprintf(task->task, sizeof(task->task), "%s.%s", task->part, step);
        if (!group_make(base, task->task, err))
            return false;
    }
    return open_v2(task, err);
}

static void init_task(struct cgroup_task *task, const struct cgroups *groups)
{
    *task = (struct cgroup_task){.groups = groups, .inside = -1};
    for (size_t i = 0; i < CGROUP_HIERARCHIES; i++)
        task->joins[i] = -1;
}

bool cgroup_task_open(const struct cgroups *groups, const char *part, const char *step,
                      struct cgroup_task *ret_task, struct error *err)
{
    init_task(ret_task, groups);
    snprintf(ret_task->part, sizeof(ret_task->part), "%s", part);
    snprintf(ret_task->task, sizeof(ret_task->task), "%s.%s", part, step);
    if (groups->v2.base >= 0 && !make_v2(ret_task, step, err))
        return false;
    return cgroup_v1_task_open(ret_task, err);
}

/* No limits are in a group of its own name. */
bool cgroup_task_open_apart(const struct cgroups *groups, const char *part, const char *step,
                            struct cgroup_task *ret_task, struct error *err)
{
    init_task(ret_task, groups);
    snprintf(ret_task->part, sizeof(ret_task->part), "%s.%s", part, step);
    snprintf(ret_task->task, sizeof(ret_task->task), "%s.%s", part, step);
    if (groups->v2.base >= 0 &&
        (!group_make(groups->v2.base, ret_task->task, err) || !open_v2(ret_task, err)))
        return false;
    return cgroup_v1_task_open(ret_task, err);
}

pid_t cgroup_task_fork(const struct cgroup_task *task)
{
    struct clone_args arguments = {.exit_signal = SIGCHLD};

    /* fork() itself has no flag for it.  What the child of such a call may not trust (the
     * thread's cached id) is of no use to one that only sets itself up. */
    if (task->inside >= 0) {
        arguments.flags = CLONE_INTO_CGROUP;
        arguments.cgroup = (__u64)task->inside;
    }
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

bool cgroup_task_join(const struct cgroup_task *task)
{
    for (size_t i = 0; i < CGROUP_HIERARCHIES; i++)
        if (task->joins[i] >= 0 && write(task->joins[i], "0", 1) != 1)
            return false;
    return true;
}

/* The hierarchy that tracks: version 2, or the freezer, or none (-1). */
static int tracking_base(const struct cgroups *groups)
{
    return groups->v2.base >= 0 ? groups->v2.base : groups->v1[CONTROLLER_FREEZER].base;
}

void cgroup_task_each(const struct cgroup_task *task, bool (*call)(void *owner, pid_t pid),
                      void *owner)
{
    int base = tracking_base(task->groups);

    if (base >= 0)
        group_each(base, task->task, call, owner);
}

bool cgroup_task_has(const struct cgroup_task *task, pid_t pid)
{
    return group_has(task->groups, task->task, pid);
}

void cgroup_task_kill(const struct cgroup_task *task)
{
    kill_all(task->groups, task->task);
}

struct cgroup_usage cgroup_task_usage(const struct cgroup_task *task)
{
    struct cgroup_usage usage = {0};

    cgroup_v2_usage(task, &usage);
    cgroup_v1_usage(task, &usage);
    return usage;
}

void cgroup_task_close(struct cgroup_task *task)
{
    static const enum controller of_tasks[] = {CONTROLLER_FREEZER, CONTROLLER_CPUACCT};
    const struct cgroups *groups = task->groups;

    file_closep(&task->inside);
    for (size_t i = 0; i < CGROUP_HIERARCHIES; i++)
        file_closep(&task->joins[i]);
    if (groups->v2.base >= 0) {
        unlinkat(groups->v2.base, task->task, AT_REMOVEDIR);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(of_tasks); i++)
        if (groups->v1[of_tasks[i]].base >= 0)
            unlinkat(groups->v1[of_tasks[i]].base, task->task, AT_REMOVEDIR);
}
