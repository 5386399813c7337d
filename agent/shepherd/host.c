/* host.c - the host name that a job sees */

#include "agent/shepherd/host.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_own(const char *path, const char *text)
{
    CLEANUP(file_closep) int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    size_t length = strlen(text);

    return descriptor >= 0 && write(descriptor, text, length) == (ssize_t)length;
}

/* In its own name space the user stays who it is, and becomes nobody else. */
static bool enter_user_space(void)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    char map[64];

    if (unshare(CLONE_NEWUSER | CLONE_NEWUTS) != 0 || !write_own("/proc/self/setgroups", "deny"))
        return false;
    snprintf(map, sizeof(map), "%lu %lu 1", (unsigned long)user, (unsigned long)user);
    if (!write_own("/proc/self/uid_map", map))
        return false;
    snprintf(map, sizeof(map), "%lu %lu 1", (unsigned long)group, (unsigned long)group);
    return write_own("/proc/self/gid_map", map);
}

bool host_set_name(const char *name)
{
    if (geteuid() == 0 ? unshare(CLONE_NEWUTS) != 0 : !enter_user_space())
        return false;
    return sethostname(name, strlen(name)) == 0;
}

bool host_can_be_named(void)
{
    int status = 1;
    pid_t child = fork();

    if (child == 0)
        _exit(host_set_name("probe") ? 0 : 1);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && status == 0;
}
