/* stage_place.c - where a file of --stage-in or --stage-out lies: below the job's directory */

#include "agent/stage_place.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int open_folder(int above, const char *name, bool make, struct error *err)
{
    int folder;

    if (make && mkdirat(above, name, 0777) != 0 && errno != EEXIST) {
        fail_errno(err, "make folder %s", name);
        return -1;
    }
    folder = openat(above, name, FOLDER_FLAGS);
    if (folder < 0 && (errno == ENOTDIR || errno == ELOOP))
        fail(err, ERROR_DENIED, "%s is a link or no folder", name);
    else if (folder < 0)
        fail_errno(err, "folder %s", name);
    return folder;
}

bool stage_place_open(const char *path, bool make, struct stage_place *ret_place, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(path);
    CLEANUP(file_closep) int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *name = copy;

    if (folder < 0)
        return fail_errno(err, "the job's directory");
    for (char *slash = strchr(name, '/'); slash; slash = strchr(name, '/')) {
        int below;

        *slash = '\0';
        below = open_folder(folder, name, make, err);
        if (below < 0)
            return false;
        close(folder);
        folder = below;
        name = slash + 1;
    }
    *ret_place = (struct stage_place){.file = -1};
    ret_place->folder = file_steal(&folder);
    ret_place->name = memory_copy(name);
    ret_place->part_name = memory_format(".%s.part", name);
    return true;
}

void stage_place_clear(struct stage_place *place)
{
    file_closep(&place->folder);
    file_closep(&place->file);
    free(place->name);
    free(place->part_name);
    *place = (struct stage_place){.folder = -1, .file = -1};
}

bool stage_place_look(const struct stage_place *place, bool *ret_there, struct error *err)
{
    struct stat status;

    *ret_there = false;
    if (fstatat(place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || fail_errno(err, "%s", place->name);
    if (!S_ISREG(status.st_mode))
        return fail(err, ERROR_DENIED, "%s is there already and is no plain file", place->name);
    *ret_there = true;
    return true;
}

/* Not to hang at a fifo that somebody has put there. */
static int open_plain(const struct stage_place *place, const char *name, int flags,
                      struct stat *status, struct error *err)
{
    CLEANUP(file_closep)
    int file = openat(place->folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);

    if (file < 0 && errno == ELOOP) {
        fail(err, ERROR_DENIED, "%s is a link", name);
        return -1;
    }
    if (file < 0 || fstat(file, status) != 0) {
        fail_errno(err, "%s", name);
        return -1;
    }
    if (!S_ISREG(status->st_mode)) {
        fail(err, ERROR_DENIED, "%s is no plain file", name);
        return -1;
    }
    return file_steal(&file);
}

int stage_place_read(const struct stage_place *place, uint64_t *ret_size, struct error *err)
{
    struct stat status;
    int file = open_plain(place, place->name, O_RDONLY, &status, err);

    if (file >= 0)
        *ret_size = (uint64_t)status.st_size;
    return file;
}

/* Whoever waited for the lock may have one that has its name by now. */
static bool is_the_part(const struct stage_place *place)
{
    struct stat mine, there;

    return fstat(place->file, &mine) == 0 &&
           fstatat(place->folder, place->part_name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

/* A file system without locks: two jobs that bring the same at once then spoil each other's, and a
 * digest shows it. */
static bool lock(int file)
{
    while (flock(file, LOCK_EX) != 0)
        if (errno != EINTR)
            return errno == EOPNOTSUPP || errno == ENOLCK;
    return true;
}

bool stage_place_part(struct stage_place *place, uint64_t *ret_size, struct error *err)
{
    struct stat status;

    do {
        file_closep(&place->file);
        place->file = open_plain(place, place->part_name, O_RDWR | O_CREAT, &status, err);
        if (place->file < 0)
            return false;
        if (status.st_nlink > 1)
            return fail(err, ERROR_DENIED, "%s has another name as well", place->part_name);
        if (!lock(place->file))
            return fail_errno(err, "lock %s", place->part_name);
    } while (!is_the_part(place));
    if (fstat(place->file, &status) != 0)
        return fail_errno(err, "%s", place->part_name);
    *ret_size = (uint64_t)status.st_size;
    return true;
}

bool stage_place_keep(struct stage_place *place, struct error *err)
{
    bool there;

    if (!stage_place_look(place, &there, err))
        return false;
    if (fsync(place->file) != 0 ||
        renameat(place->folder, place->part_name, place->folder, place->name) != 0)
        return fail_errno(err, "%s", place->name);
    file_closep(&place->file);
    place->file = -1;
    return true;
}

void stage_place_drop(struct stage_place *place)
{
    unlinkat(place->folder, place->part_name, 0);
    file_closep(&place->file);
    place->file = -1;
}
