/* spool.c - the launcher's directories: parts, records of task sets, scratch */

#include "agent/launcher/spool.h"

#include "agent/launcher/scratch.h"
#include "agent/launcher/series_file.h"
#include "agent/launcher/sweep.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_MAGIC UINT32_C(0x54515031) /* "TQP1" */

enum {
    DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_CLOEXEC,
    NEW_FILE_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
};

void part_name(const struct request_head *head, char ret_name[RECORD_NAME_SIZE])
{
    snprintf(ret_name, RECORD_NAME_SIZE, "%" PRIu64 ".%" PRIu32 ".%" PRIu32, head->job,
             head->attempt, head->part);
}

void output_name(const char *record_name, bool error_stream, char ret_name[RECORD_NAME_SIZE])
{
    snprintf(ret_name, RECORD_NAME_SIZE, "%.58s.%s", record_name, error_stream ? "err" : "out");
}

void input_name(const char *record_name, char ret_name[RECORD_NAME_SIZE])
{
    snprintf(ret_name, RECORD_NAME_SIZE, "%.58s.in", record_name);
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

/* The job's user passes through, and reads nothing. */
static int open_base(const struct spool *spool, const char *path, char ret_path[SPOOL_PATH_SIZE],
                     struct error *err)
{
    CLEANUP(file_closep) int base = -1;
    char resolved[PATH_MAX];

    if (path[0] != '/') {
        fail(err, ERROR_INVALID, "%s is not an absolute path", path);
        return -1;
    }
    base = open_directory(AT_FDCWD, path, spool->mapped ? 0711 : 0700, getegid(), err);
    if (base < 0)
        return -1;
    if (!realpath(path, resolved)) {
        fail_errno(err, "%s", path);
        return -1;
    }
    if ((size_t)snprintf(ret_path, SPOOL_PATH_SIZE, "%s", resolved) >= SPOOL_PATH_SIZE) {
        fail(err, ERROR_INVALID, "%s: the path is too long", path);
        return -1;
    }
    return file_steal(&base);
}

static bool open_scratch(struct spool *spool, const char *path, struct error *err)
{
    static const char below[] = "/scratch";
    char base_path[SPOOL_PATH_SIZE];
    CLEANUP(file_closep) int base = open_base(spool, path, base_path, err);
    mode_t mode = spool->mapped ? 0711 : 0700;

    if (base < 0)
        return false;
    snprintf(spool->scratch_path, sizeof(spool->scratch_path), "%.*s%s",
             (int)(sizeof(base_path) - sizeof(below)), base_path, below);
    spool->scratch = open_directory(base, "scratch", mode, getegid(), err);
    spool->output = spool->scratch < 0 ? -1 : open_directory(base, "output", mode, getegid(), err);
    spool->removed = spool->output < 0 ? -1 : open_directory(base, "removed", 0700, getegid(), err);
    spool->spare = spool->removed < 0 ? -1 : open_directory(base, "spare", 0700, getegid(), err);
    return spool->spare >= 0;
}

bool spool_open(struct spool *spool, const struct config *config, bool mapped, gid_t agent,
                struct error *err)
{
    const char *scratch = config->scratch ? config->scratch : config->spool;

    *spool = (struct spool){-1, -1, -1, -1, -1, -1, .mapped = mapped};
    spool->directory = open_base(spool, config->spool, spool->path, err);
    if (spool->directory < 0)
        return fail_in(err, "spool");
    /* Set-group-id: records belong to the agent's group without being told so. */
    spool->tasks = open_directory(spool->directory, "tasks", 02750, agent, err);
    if (spool->tasks < 0)
        return fail_in(err, "spool %s", config->spool);
    return open_scratch(spool, scratch, err) || fail_in(err, "scratch %s", scratch);
}

void spool_sweep(const struct spool *spool)
{
    scratch_forget(spool);
    sweep_later(spool->removed);
}

void spool_clear(struct spool *spool)
{
    scratch_clear(spool);
    file_closep(&spool->directory);
    file_closep(&spool->tasks);
    file_closep(&spool->scratch);
    file_closep(&spool->output);
    file_closep(&spool->removed);
    file_closep(&spool->spare);
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

/* `part` goes first and comes last: with it, everything is there. */
static bool empty_part(struct spool *spool, int directory, const char *name, struct error *err)
{
    static const char *const files[] = {"part", "credential", "script"};

    for (size_t i = 0; i < COUNT_OF(files); i++)
        if (unlinkat(directory, files[i], 0) != 0 && errno != ENOENT)
            return fail_errno(err, "remove %s of part %s", files[i], name);
    return scratch_remove(spool, name, err);
}

/* Behind it are the steps that were started. */
static size_t part_size(const struct part *part)
{
    return offsetof(struct part, account) + account_size(&part->account);
}

bool spool_part_make(struct spool *spool, const char *name, struct part *part,
                     const uint8_t credential[16], struct error *err)
{
    CLEANUP(file_closep) int directory = -1;
    struct error ignored;
    bool half;

    part->magic = PART_MAGIC;
    half = mkdirat(spool->directory, name, spool->mapped ? 0711 : 0700) != 0;
    if (half && errno != EEXIST)
        return fail_errno(err, "make part %s", name);
    directory = openat(spool->directory, name, DIRECTORY_FLAGS);
    if (directory < 0)
        return fail_errno(err, "open part %s", name);
    /* A launcher was killed while it made or removed it: the caller saw that it is no part. */
    if (half && !empty_part(spool, directory, name, err))
        return false;
    if (scratch_make(spool, name, &part->account, err) &&
        write_credential(spool, directory, part, credential, err) &&
        write_file(directory, "part", part, part_size(part), err))
        return true;
    empty_part(spool, directory, name, &ignored);
    unlinkat(spool->directory, name, AT_REMOVEDIR);
    return fail_in(err, "part %s", name);
}

static bool read_part(int file, struct part *part)
{
    ssize_t got = file < 0 ? -1 : pread(file, part, sizeof(*part), 0);

    return got >= (ssize_t)offsetof(struct part, account.groups) && part->magic == PART_MAGIC &&
           part->account.group_count <= ACCOUNT_GROUPS_MAX && (size_t)got >= part_size(part);
}

int spool_part_open(const struct spool *spool, const char *name, struct part *ret_part,
                    struct error *err)
{
    CLEANUP(file_closep) int directory = openat(spool->directory, name, DIRECTORY_FLAGS);
    CLEANUP(file_closep) int file = directory < 0 ? -1 : openat(directory, "part", READ_FLAGS);

    if (!read_part(file, ret_part)) {
        fail(err, ERROR_NOT_FOUND, "no part %s on this node", name);
        return -1;
    }
    return file_steal(&directory);
}

bool spool_part_add_step(int directory, uint64_t step, struct error *err)
{
    CLEANUP(file_closep)
    int file = openat(directory, "part", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);

    if (file < 0)
        return fail_errno(err, "note step %" PRIu64, step);
    return file_write_all(file, &step, sizeof(step), err);
}

uint64_t *spool_part_steps(const struct spool *spool, const char *name, size_t *ret_count)
{
    CLEANUP(file_closep) int directory = openat(spool->directory, name, DIRECTORY_FLAGS);
    CLEANUP(file_closep) int file = directory < 0 ? -1 : openat(directory, "part", READ_FLAGS);
    struct stat status;
    uint64_t *steps;
    struct part part;
    size_t size;
    ssize_t got;

    *ret_count = 0;
    if (!read_part(file, &part) || fstat(file, &status) != 0 ||
        (size_t)status.st_size <= part_size(&part))
        return NULL;
    size = (size_t)status.st_size - part_size(&part);
    steps = memory_get(1, size);
    got = pread(file, steps, size, (off_t)part_size(&part));
    *ret_count = got < 0 ? 0 : (size_t)got / sizeof(*steps);
    return steps;
}

bool spool_part_remove(struct spool *spool, const char *name, struct error *err)
{
    CLEANUP(file_closep) int directory = openat(spool->directory, name, DIRECTORY_FLAGS);

    if (directory < 0 && errno == ENOENT)
        return true;
    if (directory < 0)
        return fail_errno(err, "open part %s", name);
    if (flock(directory, LOCK_EX | LOCK_NB) != 0)
        return fail(err, ERROR_CONFLICT, "part %s: a task set is still being ended", name);
    if (!series_file_remove(spool->tasks, name, err) || !empty_part(spool, directory, name, err))
        return false;
    if (unlinkat(spool->directory, name, AT_REMOVEDIR) != 0)
        return fail_errno(err, "remove part %s", name);
    return true;
}

int spool_record_make(const struct spool *spool, const char *name, struct error *err)
{
    CLEANUP(file_closep)
    int record =
        openat(spool->tasks, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);

    if (record < 0) {
        fail_errno(err, "make record %s", name);
        return -1;
    }
    if (!record_lock(record, err) || !record_reserve(record, err)) {
        unlinkat(spool->tasks, name, 0);
        return -1;
    }
    return file_steal(&record);
}

void spool_record_remove(const struct spool *spool, const char *name)
{
    char output[RECORD_NAME_SIZE];

    for (int error_stream = 0; error_stream <= 1; error_stream++) {
        output_name(name, error_stream, output);
        unlinkat(spool->output, output, 0);
    }
    input_name(name, output);
    unlinkat(spool->output, output, 0);
    unlinkat(spool->tasks, name, 0);
}
