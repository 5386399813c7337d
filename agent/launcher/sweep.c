/* sweep.c - delete trees that users have filled, without harm to anything else */

#include "agent/launcher/sweep.h"

#include "base/child.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SWEEP_DEPTH_MAX = 64, SWEEP_MOVES_MAX = 1000000 };

struct sweep {
    int top; /* where directories too deep are moved to, to be swept in the next round */
    dev_t device;
    unsigned moved;
};

static void sweep_directory(struct sweep *sweep, int directory, int depth);

/* Take the rights of the directory's owner; nothing to do for one's own. */
static void act_as(uid_t user, gid_t group)
{
    if (geteuid() != 0)
        return;
    setfsgid(group);
    setfsuid(user);
}

/* A path of any depth is legal; descriptors are not without end. */
static void move_up(struct sweep *sweep, int parent, const char *name)
{
    char place[64];

    snprintf(place, sizeof(place), "deep.%ld.%u", (long)getpid(), sweep->moved);
    if (renameat(parent, name, sweep->top, place) == 0)
        sweep->moved++;
}

static void sweep_entry(struct sweep *sweep, int parent, const char *name, int depth)
{
    struct stat status;
    int directory;

    if (unlinkat(parent, name, 0) == 0 || unlinkat(parent, name, AT_REMOVEDIR) == 0)
        return;
    directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0 && errno == EACCES && fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
        directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0)
        return;
    if (fstat(directory, &status) != 0 || status.st_dev != sweep->device) {
        close(directory); /* something is mounted there */
        return;
    }
    if (depth >= SWEEP_DEPTH_MAX) {
        close(directory);
        move_up(sweep, parent, name);
        return;
    }
    fchmod(directory, 0700);
    sweep_directory(sweep, directory, depth + 1);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static void sweep_entries(struct sweep *sweep, DIR *entries, int depth)
{
    rewinddir(entries);
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            sweep_entry(sweep, dirfd(entries), entry->d_name, depth);
}

/* All rounds that it takes, since what was too deep comes up. */
static void sweep_top(struct sweep *sweep, DIR *entries)
{
    unsigned moved;

    sweep->top = dirfd(entries);
    do {
        moved = sweep->moved;
        sweep_entries(sweep, entries, 0);
    } while (sweep->moved != moved && sweep->moved < SWEEP_MOVES_MAX);
}

/* Takes the descriptor. */
static void sweep_directory(struct sweep *sweep, int directory, int depth)
{
    uid_t user_before = (uid_t)setfsuid((uid_t)-1);
    gid_t group_before = (gid_t)setfsgid((gid_t)-1);
    int top_before = sweep->top;
    struct stat status = {0};
    DIR *entries = fdopendir(directory);

    if (!entries) {
        close(directory);
        return;
    }
    /* Once a user's, never root's again further down. */
    if (user_before == 0 && fstat(directory, &status) == 0 && status.st_uid != 0) {
        act_as(status.st_uid, status.st_gid);
        sweep_top(sweep, entries);
        act_as(user_before, group_before);
        sweep->top = top_before;
    } else {
        sweep_entries(sweep, entries, depth);
    }
    closedir(entries);
}

bool sweep_is_empty(int directory)
{
    int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again < 0 ? NULL : fdopendir(again);
    int count = 0;

    while (entries && readdir(entries))
        count++;
    if (entries)
        closedir(entries);
    return count <= 2;
}

bool sweep_now(int directory)
{
    struct sweep sweep = {.top = directory};
    struct stat status;
    int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again < 0 ? NULL : fdopendir(again);

    if (!entries)
        return false;
    if (fstat(directory, &status) == 0) {
        sweep.device = status.st_dev;
        sweep_top(&sweep, entries);
    }
    closedir(entries);
    return sweep_is_empty(directory);
}

void sweep_later(int directory)
{
    if (sweep_is_empty(directory) || fork() != 0)
        return;
    child_keep_only(directory); /* it may take long, and the launcher be killed meanwhile */
    if (nice(10) == -1)
        errno = 0; /* then at full speed */
    if (geteuid() == 0 && setgroups(0, NULL) != 0)
        _exit(1);
    sweep_now(directory);
    _exit(0);
}
