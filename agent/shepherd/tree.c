/* tree.c - every process of a task set: to signal, to kill */

#include "agent/shepherd/tree.h"

#include "base/buffer.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 8 << 20 };

struct member {
    pid_t pid;
    pid_t parent;
};

/* Breadth first: members are their own work list. */
struct members {
    struct member *list;
    size_t count;
};

static bool tracks(const struct cgroup_task *group)
{
    return (cgroups_abilities(group->groups) & CGROUP_TRACKS) != 0;
}

static void send_signal(int pidfd, int number)
{
    syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

/* --- by cgroup ---------------------------------------------------------------------------------- */

struct group_signal {
    const struct cgroup_task *group;
    int number;
};

static bool signal_member(void *owner, pid_t pid)
{
    const struct group_signal *signal = owner;
    CLEANUP(file_closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (pidfd >= 0 && cgroup_task_has(signal->group, pid))
        send_signal(pidfd, signal->number);
    return true;
}

/* --- by walking down ------------------------------------------------------------------------------ */

static void add_children(struct members *members, pid_t parent, const char *task)
{
    char path[128];
    FILE *file;
    long pid;

    snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/children", (long)parent, task);
    file = fopen(path, "re");
    if (!file)
        return;
    while (fscanf(file, "%ld", &pid) == 1) {
        members->list = memory_resize(members->list, members->count + 1, sizeof(*members->list));
        members->list[members->count++] = (struct member){(pid_t)pid, parent};
    }
    fclose(file);
}

/* A child belongs to the thread that forked it. */
static void add_children_of(struct members *members, pid_t parent)
{
    char path[64];
    DIR *threads;

    snprintf(path, sizeof(path), "/proc/%ld/task", (long)parent);
    threads = opendir(path);
    if (!threads)
        return;
    for (struct dirent *entry = readdir(threads); entry; entry = readdir(threads))
        if (entry->d_name[0] != '.')
            add_children(members, parent, entry->d_name);
    closedir(threads);
}

static struct members descendants(void)
{
    struct members members = {0};

    add_children_of(&members, getpid());
    for (size_t i = 0; i < members.count; i++)
        add_children_of(&members, members.list[i].pid);
    return members;
}

/* "pid (name) state ppid …", where the name may hold anything. */
static pid_t parent_of(pid_t pid)
{
    CLEANUP(file_closep) int descriptor = -1;
    char path[64], text[512];
    const char *after;
    ssize_t got;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    descriptor = open(path, O_RDONLY | O_CLOEXEC);
    got = descriptor < 0 ? -1 : read(descriptor, text, sizeof(text) - 1);
    text[got < 0 ? 0 : got] = '\0';
    after = strrchr(text, ')');
    return after && strlen(after) > 4 ? (pid_t)strtol(after + 4, NULL, 10) : -1;
}

/* Another parent than before means another process, unless its parent died and it is ours now. */
static void signal_descendant(const struct member *member, int number)
{
    CLEANUP(file_closep) int pidfd = (int)syscall(SYS_pidfd_open, member->pid, 0);
    pid_t parent = pidfd < 0 ? -1 : parent_of(member->pid);

    if (parent == member->parent || parent == getpid())
        send_signal(pidfd, number);
}

static void signal_descendants(int number)
{
    struct members members = descendants();

    for (size_t i = 0; i < members.count; i++)
        signal_descendant(&members.list[i], number);
    free(members.list);
}

void tree_signal(const struct cgroup_task *group, int number)
{
    struct group_signal signal = {group, number};

    if (tracks(group))
        cgroup_task_each(group, signal_member, &signal);
    else
        signal_descendants(number);
}

void tree_kill(const struct cgroup_task *group)
{
    if (tracks(group)) {
        cgroup_task_kill(group);
        return;
    }
    /* Stopped processes do not fork while the rest is being found. */
    signal_descendants(SIGSTOP);
    signal_descendants(SIGKILL);
}

/* --- by their environment ---------------------------------------------------------------------------- */

static bool is_marked(long pid, const char *variable)
{
    CLEANUP(buffer_clear) struct buffer environment;
    struct error err;
    char path[64];

    buffer_init(&environment);
    snprintf(path, sizeof(path), "/proc/%ld/environ", pid);
    if (!file_read(path, ENVIRONMENT_MAX, &environment, &err))
        return false;
    for (size_t i = 0; i < environment.length; i += strlen(environment.bytes + i) + 1)
        if (strcmp(environment.bytes + i, variable) == 0)
            return true;
    return false;
}

static unsigned kill_if_marked(long pid, const char *variable)
{
    CLEANUP(file_closep) int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);

    if (pidfd < 0 || !is_marked(pid, variable))
        return 0;
    send_signal(pidfd, SIGKILL);
    return 1;
}

unsigned tree_kill_marked(const char *variable)
{
    DIR *processes = opendir("/proc");
    unsigned found = 0;

    if (!processes)
        return 0;
    for (struct dirent *entry = readdir(processes); entry; entry = readdir(processes)) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 1 && pid != getpid())
            found += kill_if_marked(pid, variable);
    }
    closedir(processes);
    return found;
}
