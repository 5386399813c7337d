/* spool.c - the launcher's directory: parts, and records of task sets */

#include "agent/launcher/spool.h"

#include "agent/launcher/sweep.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_MAGIC UINT32_C(0x54515031) /* "TQP1" */

enum {
    DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    NEW_FILE_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
};

void part_name(const struct request_head *head, char ret_name[RECORD_NAME_SIZE])
{
    snprintf(ret_name, RECORD_NAME_SIZE, "%" PRIu64 ".%" PRIu32 ".%" PRIu32, head->job,
             head->attempt, head->part);
}

void step_file_name(uint64_t step, bool error_stream, char ret_name[RECORD_NAME_SIZE])
{
    snprintf(ret_name, RECORD_NAME_SIZE, "%" PRIu64 ".%s", step, error_stream ? "err" : "out");
}

/* --- the spool itself --------------------------------------------------------------------------- */

/* -1 on failure.  What is there already must be ours alone. */
static int open_directory(int parent, const char *name, mode_t mode, gid_t group, struct error *err)
{
    CLEANUP(file_closep) int descriptor = -1;
    struct stat status;

    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST) {
        fail_errno(err, "make directory %s", name);
        return -1;
    }
    descriptor = openat(parent, name, DIRECTORY_FLAGS);
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        fail_errno(err, "open directory %s", name);
        return -1;
    }
    if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        fail(err, ERROR_DENIED, "directory %s must belong to user %lu, and nobody else may write",
             name, (unsigned long)geteuid());
        return -1;
    }
    if (fchown(descriptor, (uid_t)-1, group) != 0 || fchmod(descriptor, mode) != 0) {
        fail_errno(err, "set the owner of directory %s", name);
        return -1;
    }
    return file_steal(&descriptor);
}

bool spool_open(struct spool *spool, const char *path, bool mapped, gid_t agent, struct error *err)
{
    char resolved[PATH_MAX];

    *spool = (struct spool){.directory = -1, .tasks = -1, .removed = -1, .mapped = mapped};
    if (path[0] != '/')
        return fail(err, ERROR_INVALID, "spool %s is not an absolute path", path);
    /* The job's user passes through, and reads nothing. */
    spool->directory = open_directory(AT_FDCWD, path, mapped ? 0711 : 0700, getegid(), err);
    if (spool->directory < 0)
        return fail_in(err, "spool");
    if (!realpath(path, resolved))
        return fail_errno(err, "spool %s", path);
    if ((size_t)snprintf(spool->path, sizeof(spool->path), "%s", resolved) >= sizeof(spool->path))
        return fail(err, ERROR_INVALID, "spool %s: the path is too long", path);
    /* Set-group-id: records belong to the agent's group without being told so. */
    spool->tasks = open_directory(spool->directory, "tasks", 02750, agent, err);
    spool->removed =
        spool->tasks < 0 ? -1 : open_directory(spool->directory, "removed", 0700, getegid(), err);
    if (spool->removed < 0)
        return fail_in(err, "spool %s", path);
    return true;
}

void spool_clear(struct spool *spool)
{
    file_closep(&spool->directory);
    file_closep(&spool->tasks);
    file_closep(&spool->removed);
}

/* --- parts ---------------------------------------------------------------------------------------- */

static bool write_file(int directory, const char *name, const void *bytes, size_t size,
                       struct error *err)
{
    CLEANUP(file_closep) int descriptor = openat(directory, name, NEW_FILE_FLAGS, 0600);

    if (descriptor < 0)
        return fail_errno(err, "make %s", name);
    return file_write_all(descriptor, bytes, size, err) || fail_in(err, "%s", name);
}

static bool write_credential(const struct spool *spool, int directory, const struct part *part,
                             const uint8_t credential[16], struct error *err)
{
    CLEANUP(file_closep) int descriptor = openat(directory, "credential", NEW_FILE_FLAGS, 0400);

    if (descriptor < 0)
        return fail_errno(err, "make credential");
    if (!file_write_all(descriptor, credential, 16, err))
        return fail_in(err, "credential");
    if (spool->mapped && fchown(descriptor, part->account.uid, part->account.gid) != 0)
        return fail_errno(err, "give the credential to %s", part->account.name);
    return true;
}

static bool fill_part(const struct spool *spool, int directory, const struct part *part,
                      const uint8_t credential[16], struct error *err)
{
    if (mkdirat(directory, "scratch", 0700) != 0)
        return fail_errno(err, "make scratch");
    if (spool->mapped && fchownat(directory, "scratch", part->account.uid, part->account.gid,
                                  AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(err, "give scratch to %s", part->account.name);
    return write_credential(spool, directory, part, credential, err) &&
           write_file(directory, "part", part, sizeof(*part), err); /* last: it is complete */
}

/* Out of the way under a name that no other has; a process of its own deletes it. */
static bool move_away(const struct spool *spool, const char *name, struct error *err)
{
    char away[2 * RECORD_NAME_SIZE];
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(away, sizeof(away), "%s.%jd.%09ld", name, (intmax_t)now.tv_sec, now.tv_nsec);
    if (renameat(spool->directory, name, spool->removed, away) != 0)
        return fail_errno(err, "move %s to removed", name);
    sweep_later(spool->removed);
    return true;
}

bool spool_part_make(const struct spool *spool, const char *name, struct part *part,
                     const uint8_t credential[16], struct error *err)
{
    CLEANUP(file_closep) int directory = -1;
    mode_t mode = spool->mapped ? 0711 : 0700;
    struct error ignored;

    part->magic = PART_MAGIC;
    if (mkdirat(spool->directory, name, mode) != 0) {
        /* The caller has seen that no part is there: it was left half made. */
        if (errno != EEXIST || !move_away(spool, name, err) ||
            mkdirat(spool->directory, name, mode) != 0)
            return fail_errno(err, "make part %s", name);
    }
    directory = openat(spool->directory, name, DIRECTORY_FLAGS);
    if (directory >= 0 && fill_part(spool, directory, part, credential, err))
        return true;
    if (directory < 0)
        fail_errno(err, "open part %s", name);
    move_away(spool, name, &ignored);
    return fail_in(err, "part %s", name);
}

int spool_part_open(const struct spool *spool, const char *name, struct part *ret_part,
                    struct error *err)
{
    CLEANUP(file_closep) int directory = openat(spool->directory, name, DIRECTORY_FLAGS);
    CLEANUP(file_closep) int file = -1;

    if (directory >= 0)
        file = openat(directory, "part", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 || read(file, ret_part, sizeof(*ret_part)) != (ssize_t)sizeof(*ret_part) ||
        ret_part->magic != PART_MAGIC) {
        fail(err, ERROR_NOT_FOUND, "no part %s on this node", name);
        return -1;
    }
    return file_steal(&directory);
}

bool spool_part_remove(const struct spool *spool, const char *name, struct error *err)
{
    static const char *const files[] = {"part", "credential", "script"};
    CLEANUP(file_closep) int directory = openat(spool->directory, name, DIRECTORY_FLAGS);

    if (directory < 0 && errno == ENOENT)
        return true;
    if (directory < 0)
        return fail_errno(err, "open part %s", name);
    if (flock(directory, LOCK_EX | LOCK_NB) != 0)
        return fail(err, ERROR_CONFLICT, "part %s: a task set is still being ended", name);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        if (unlinkat(directory, files[i], 0) != 0 && errno != ENOENT)
            return fail_errno(err, "remove %s of part %s", files[i], name);
    unlinkat(directory, "scratch", AT_REMOVEDIR);
    if (unlinkat(spool->directory, name, AT_REMOVEDIR) == 0)
        return true;
    return move_away(spool, name, err);
}

int spool_record_make(const struct spool *spool, const char *name, struct error *err)
{
    CLEANUP(file_closep) int record =
        openat(spool->tasks, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);

    if (record < 0) {
        fail_errno(err, "make record %s", name);
        return -1;
    }
    if (!record_lock(record, err)) {
        unlinkat(spool->tasks, name, 0);
        return -1;
    }
    return file_steal(&record);
}
