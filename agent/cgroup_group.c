/* cgroup_group.c - one group of a hierarchy: its small files, its processes, the groups below it */

#include "agent/cgroup_inside.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

bool group_has(const struct cgroups *groups, const char *group, pid_t pid)
{
    CLEANUP(file_closep) int descriptor = -1;
    const char *names = groups->v2.base >= 0 ? "0::" : ":freezer:";
    char path[GROUP_PATH_SIZE], text[GROUP_TEXT_SIZE];
    const char *line;
    ssize_t got;

    snprintf(path, sizeof(path), "/proc/%ld/cgroup", (long)pid);
    descriptor = open(path, O_RDONLY | O_CLOEXEC);
    got = descriptor < 0 ? -1 : read(descriptor, text, sizeof(text) - 1);
    text[got < 0 ? 0 : got] = '\0';
    line = strstr(text, names);
    if (!line)
        return false;
    snprintf(path, sizeof(path), "/%s/%s", groups->base, group);
    text[line - text + (ptrdiff_t)strcspn(line, "\n")] = '\0';
    return strlen(line) >= strlen(path) && strcmp(line + strlen(line) - strlen(path), path) == 0;
}
