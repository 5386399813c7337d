/* cgroup_group.c - one group of a hierarchy: its small files, its processes, the groups below it */

#include "agent/cgroup_inside.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool group_make(int base, const char *group, struct error *err)
{
    if (mkdirat(base, group, 0755) != 0 && errno != EEXIST)
        return fail_errno(err, "make cgroup %s", group);
    return true;
}

bool group_write(int base, const char *group, const char *file, const char *text)
{
    CLEANUP(file_closep) int descriptor = -1;
    char path[GROUP_PATH_SIZE];
    size_t length = strlen(text);

    snprintf(path, sizeof(path), "%s/%s", group, file);
    descriptor = openat(base, path, O_WRONLY | O_CLOEXEC);
    return descriptor >= 0 && write(descriptor, text, length) == (ssize_t)length;
}

bool group_read(int base, const char *group, const char *file, char *text, size_t size)
{
    CLEANUP(file_closep) int descriptor = -1;
    char path[GROUP_PATH_SIZE];
    ssize_t got;

    snprintf(path, sizeof(path), "%s/%s", group, file);
    descriptor = openat(base, path, O_RDONLY | O_CLOEXEC);
    got = descriptor < 0 ? -1 : read(descriptor, text, size - 1);
    while (got > 0 && text[got - 1] == '\n')
        got--;
    text[got < 0 ? 0 : got] = '\0';
    return got >= 0;
}

uint64_t group_number(const char *text, const char *key)
{
    size_t length = strlen(key);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0)
            return strtoull(line + length, NULL, 10);
        if (*line == '\0')
            break;
    }
    return 0;
}

void group_each_below(int base, const char *group,
                      void (*call)(void *owner, int base, const char *group), void *owner)
{
    int descriptor = openat(base, group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);

    if (!directory)
        return;
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        char path[GROUP_PATH_SIZE];

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", group, entry->d_name);
        call(owner, base, path);
    }
    closedir(directory);
}

void group_each(int base, const char *group, bool (*call)(void *owner, pid_t pid), void *owner)
{
    char path[GROUP_PATH_SIZE];
    FILE *file;
    int descriptor;
    long pid;

    snprintf(path, sizeof(path), "%s/cgroup.procs", group);
    descriptor = openat(base, path, O_RDONLY | O_CLOEXEC);
    file = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    if (!file)
        return;
    while (fscanf(file, "%ld", &pid) == 1)
        if (!call(owner, (pid_t)pid))
            break;
    fclose(file);
}

/* Is `name` one of "cpu,freezer"? */
static bool is_among(const char *names, size_t size, const char *name)
{
    size_t length = strlen(name);

    for (const char *place = names; place <= names + size;) {
        size_t step = strcspn(place, ",:");

        if (step == length && memcmp(place, name, length) == 0)
            return true;
        place += step + 1;
    }
    return false;
}

/* In a text as /proc/PID/cgroup has it: "4:cpu,freezer:/a/b". */
static bool names_group(char *text, const char *controller, const char *path)
{
    char *rest = text;

    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        const char *names = strchr(line, ':');
        const char *place = names ? strchr(names + 1, ':') : NULL;
        size_t length = place ? strlen(place) : 0;

        if (place && is_among(names + 1, (size_t)(place - names - 1), controller))
            return length >= strlen(path) && strcmp(place + length - strlen(path), path) == 0;
    }
    return false;
}

static bool task_is_in(pid_t pid, const char *task, const char *controller, const char *group)
{
    CLEANUP(file_closep) int descriptor = -1;
    char path[GROUP_PATH_SIZE], text[GROUP_TEXT_SIZE];
    ssize_t got;

    snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/cgroup", (long)pid, task);
    descriptor = open(path, O_RDONLY | O_CLOEXEC);
    got = descriptor < 0 ? -1 : read(descriptor, text, sizeof(text) - 1);
    text[got < 0 ? 0 : got] = '\0';
    return names_group(text, controller, group);
}

/* Any of its threads: version 1 tells the root's of one that has ended, and the first may end while
 * others go on. */
bool group_has(const struct cgroups *groups, const char *group, pid_t pid)
{
    const char *controller = groups->v2.base >= 0 ? "" : controller_names[CONTROLLER_FREEZER];
    char place[GROUP_PATH_SIZE], path[GROUP_PATH_SIZE];
    bool found = false;
    DIR *tasks;

    snprintf(place, sizeof(place), "/%s/%s", groups->base, group);
    snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
    tasks = opendir(path);
    for (struct dirent *task = tasks ? readdir(tasks) : NULL; task && !found; task = readdir(tasks))
        found = task->d_name[0] != '.' && task_is_in(pid, task->d_name, controller, place);
    if (tasks)
        closedir(tasks);
    return found;
}

struct killing {
    const struct cgroups *groups;
    const char *group;
    bool frozen;
};

/* Nothing in a frozen group ends or forks.  What cannot be frozen does: a pid on the list may have
 * become another process's, but not that of a pidfd which was found in the group after it was opened. */
static bool kill_one(void *owner, pid_t pid)
{
    const struct killing *killing = owner;
    CLEANUP(file_closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (pidfd >= 0 && (killing->frozen || group_has(killing->groups, killing->group, pid)))
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    return true;
}

static void kill_group(void *owner, int base, const char *group)
{
    struct killing killing = *(struct killing *)owner;

    killing.group = group;
    group_each(base, group, kill_one, &killing);
    group_each_below(base, group, kill_group, &killing);
}

void group_kill(const struct cgroups *groups, int base, const char *group, bool frozen)
{
    struct killing killing = {.groups = groups, .frozen = frozen};

    kill_group(&killing, base, group);
}
