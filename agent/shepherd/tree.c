/* tree.c - every process of a task set: to signal, to kill, to measure */

#include "agent/shepherd/tree.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/parse.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 8 << 20, STATUS_MAX = 8192, EXEC_TRIES = 1000, EXEC_TRY_NS = 1000000 };

/* Fields of /proc/PID/stat, counted from 1 (man 5 proc), and a flag of the kernel's (sched.h). */
enum {
    STAT_STATE = 3,
    STAT_PARENT = 4,
    STAT_FLAGS = 9,
    STAT_TIMES = 14, /* and the three behind it: its own, and of what it has reaped */
    STAT_PAGES = 24,
    STAT_ENVIRONMENT_START = 50,
    STAT_ENVIRONMENT_END = 51,
};
#define FLAG_KERNEL_THREAD 0x00200000ul

struct member {
    pid_t pid;
    pid_t parent;
};

/* Breadth first: members are their own work list. */
struct members {
    struct member *list;
    size_t count;
    size_t most; /* of them, and of the threads that are asked for children */
    size_t threads;
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

static bool is_full(const struct members *members)
{
    return members->count >= members->most || members->threads >= members->most;
}

static void add_member(struct members *members, struct member member)
{
    members->list = memory_resize(members->list, members->count + 1, sizeof(*members->list));
    members->list[members->count++] = member;
}

static void add_children(struct members *members, pid_t parent, const char *task)
{
    char path[128];
    FILE *file;
    long pid;

    snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/children", (long)parent, task);
    file = fopen(path, "re");
    if (!file)
        return;
    members->threads++;
    while (!is_full(members) && fscanf(file, "%ld", &pid) == 1)
        add_member(members, (struct member){(pid_t)pid, parent});
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
    for (struct dirent *entry = readdir(threads); entry && !is_full(members);
         entry = readdir(threads))
        if (entry->d_name[0] != '.')
            add_children(members, parent, entry->d_name);
    closedir(threads);
}

static struct members descendants(size_t most)
{
    struct members members = {.most = most};

    add_children_of(&members, getpid());
    for (size_t i = 0; i < members.count; i++)
        add_children_of(&members, members.list[i].pid);
    return members;
}

static bool read_about(pid_t pid, const char *name, struct buffer *text)
{
    struct error err;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return file_read(path, STATUS_MAX, text, &err);
}

/* Of the text of a stat file: "pid (name) state ppid …", where the name may hold anything. */
static const char *stat_field(const struct buffer *text, int number)
{
    const char *place = text->bytes ? strrchr(text->bytes, ')') : NULL;

    for (int i = 2; place && i < number; i++) {
        place = strchr(place, ' ');
        place = place ? place + 1 : NULL;
    }
    return place ? place : "";
}

static pid_t parent_of(pid_t pid)
{
    CLEANUP(buffer_clear) struct buffer text;
    const char *parent;

    buffer_init(&text);
    if (!read_about(pid, "stat", &text))
        return -1;
    parent = stat_field(&text, STAT_PARENT);
    return *parent ? (pid_t)strtol(parent, NULL, 10) : -1;
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
    struct members members = descendants(SIZE_MAX);

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

/* --- what they use --------------------------------------------------------------------------------------- */

static bool gather(void *owner, pid_t pid)
{
    struct members *members = owner;

    add_member(members, (struct member){.pid = pid});
    return !is_full(members);
}

static uint64_t number_behind(const struct buffer *text, const char *key)
{
    const char *place = strstr(text->bytes, key);

    return place ? strtoull(place + strlen(key), NULL, 10) : 0;
}

/* Of one that is gone there is nothing to read, nor of another user's unless we are root. */
static void add_disks(pid_t pid, struct tree_use *use)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!read_about(pid, "io", &text))
        return;
    use->read_bytes += number_behind(&text, "\nread_bytes: ");
    use->written_bytes += number_behind(&text, "\nwrite_bytes: ");
}

static void add_times(pid_t pid, struct tree_use *use)
{
    CLEANUP(buffer_clear) struct buffer text;
    uint64_t tick_us = (uint64_t)(US_PER_SECOND / sysconf(_SC_CLK_TCK));

    buffer_init(&text);
    if (!read_about(pid, "stat", &text))
        return;
    for (int i = 0; i < 4; i++)
        use->cpu_us += strtoull(stat_field(&text, STAT_TIMES + i), NULL, 10) * tick_us;
    use->memory_bytes +=
        strtoull(stat_field(&text, STAT_PAGES), NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

struct tree_use tree_measure_self(void)
{
    struct tree_use use = {0};

    add_disks(getpid(), &use);
    return use;
}

struct tree_use tree_measure(const struct cgroup_task *group, size_t most)
{
    struct members members = {.most = most};
    struct tree_use use = tree_measure_self();

    if (tracks(group))
        cgroup_task_each(group, gather, &members);
    else
        members = descendants(most);
    for (size_t i = 0; i < members.count; i++) {
        add_disks(members.list[i].pid, &use);
        add_times(members.list[i].pid, &use);
    }
    free(members.list);
    return use;
}

/* --- by their environment ---------------------------------------------------------------------------- */

enum mark { MARK_NONE, MARK_FOUND, MARK_UNREAD };

static enum mark read_mark(long pid, const char *variable)
{
    CLEANUP(buffer_clear) struct buffer environment;
    struct error err;
    char path[64];

    buffer_init(&environment);
    snprintf(path, sizeof(path), "/proc/%ld/environ", pid);
    if (!file_read(path, ENVIRONMENT_MAX, &environment, &err) || environment.length == 0)
        return MARK_UNREAD;
    for (size_t i = 0; i < environment.length; i += strlen(environment.bytes + i) + 1)
        if (strcmp(environment.bytes + i, variable) == 0)
            return MARK_FOUND;
    return MARK_NONE;
}

/* Whose environment we may read, once there is one. */
static bool is_readable(pid_t pid)
{
    CLEANUP(buffer_clear) struct buffer text;
    const char *user;

    buffer_init(&text);
    if (geteuid() == 0)
        return true;
    user = read_about(pid, "status", &text) ? strstr(text.bytes, "\nUid:") : NULL;
    return user && strtoul(user + strlen("\nUid:"), NULL, 10) == getuid();
}

/* In the middle of execve() the old program is gone, and the new one has no environment yet; where
 * there is one by now, it became another program while the old one's was read.  Kernel threads and
 * those that have ended never have one. */
static bool is_between_programs(pid_t pid)
{
    CLEANUP(buffer_clear) struct buffer text;
    unsigned long start, end;

    buffer_init(&text);
    if (!read_about(pid, "stat", &text) || strchr("ZX", *stat_field(&text, STAT_STATE)) ||
        (strtoul(stat_field(&text, STAT_FLAGS), NULL, 10) & FLAG_KERNEL_THREAD) != 0)
        return false;
    start = strtoul(stat_field(&text, STAT_ENVIRONMENT_START), NULL, 10);
    end = strtoul(stat_field(&text, STAT_ENVIRONMENT_END), NULL, 10);
    return (end == 0 || end != start) && is_readable(pid);
}

/* Also one that is just becoming another program, however busy the machine; not for ever, since
 * a user can make that long: all of them together have so many tries. */
static bool is_marked_soon(long pid, const char *variable, unsigned *tries)
{
    const struct timespec moment = {.tv_nsec = EXEC_TRY_NS};
    enum mark mark;

    while ((mark = read_mark(pid, variable)) == MARK_UNREAD) {
        if (!is_between_programs((pid_t)pid) || *tries == 0)
            return false;
        --*tries;
        nanosleep(&moment, NULL);
    }
    return mark == MARK_FOUND;
}

static unsigned kill_if_marked(long pid, const char *variable, unsigned *tries)
{
    CLEANUP(file_closep) int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);

    if (pidfd < 0 || !is_marked_soon(pid, variable, tries))
        return 0;
    send_signal(pidfd, SIGKILL);
    return 1;
}

unsigned tree_kill_marked(const char *variable)
{
    DIR *processes = opendir("/proc");
    unsigned found = 0, tries = EXEC_TRIES;

    if (!processes)
        return 0;
    for (struct dirent *entry = readdir(processes); entry; entry = readdir(processes)) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 1 && pid != getpid())
            found += kill_if_marked(pid, variable, &tries);
    }
    closedir(processes);
    return found;
}
