/* file.c - whole files, written so that a crash leaves the old or the new one */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_CHUNK = 65536 };

void file_closep(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

int file_steal(int *descriptor)
{
    int stolen = *descriptor;

    *descriptor = -1;
    return stolen;
}

/* A missing file has a code of its own: callers go on without it. */
static bool fail_open(struct error *err, const char *path)
{
    bool missing = errno == ENOENT;

    fail_errno(err, "%s", path);
    if (missing)
        err->code = ERROR_NOT_FOUND;
    return false;
}

static bool check_regular(const char *path, const struct stat *status, size_t most,
                          struct error *err)
{
    if (S_ISDIR(status->st_mode))
        return fail(err, ERROR_INVALID, "%s is a directory, not a file", path);
    if (!S_ISREG(status->st_mode))
        return fail(err, ERROR_INVALID, "%s is not a regular file", path);
    if (status->st_size > 0 && (uintmax_t)status->st_size > most)
        return fail(err, ERROR_INVALID, "%s has %jd bytes, at most %zu are allowed", path,
                    (intmax_t)status->st_size, most);
    return true;
}

/* -1 on failure.  Asked before it is opened, since to open a device may move it. */
static int open_regular(const char *path, size_t most, struct error *err)
{
    CLEANUP(file_closep) int descriptor = -1;
    struct stat status;

    if (stat(path, &status) != 0) {
        fail_open(err, path);
        return -1;
    }
    if (!check_regular(path, &status, most, err))
        return -1;
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        fail_open(err, path);
        return -1;
    }
    if (!check_regular(path, &status, most, err)) /* it may be another one by now */
        return -1;
    return file_steal(&descriptor);
}

bool file_read(const char *path, size_t most, struct buffer *buffer, struct error *err)
{
    CLEANUP(file_closep) int descriptor = open_regular(path, most, err);
    CLEANUP(buffer_clear) struct buffer read_so_far = {0};

    if (descriptor < 0)
        return false;
    /* The size is only known at the end: files of /proc say 0, others may grow. */
    buffer_init(&read_so_far);
    for (;;) {
        char *place = buffer_reserve(&read_so_far, READ_CHUNK);
        ssize_t got = read(descriptor, place, READ_CHUNK);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, "%s", path);
        if (got == 0)
            break;
        read_so_far.length += (size_t)got;
        if (read_so_far.length > most)
            return fail(err, ERROR_INVALID, "%s has more than the %zu bytes allowed", path, most);
    }
    buffer_add(buffer, read_so_far.bytes, read_so_far.length);
    return true;
}

bool file_write_all(int descriptor, const void *bytes, size_t size, struct error *err)
{
    const char *place = bytes;

    while (size > 0) {
        ssize_t written = write(descriptor, place, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_errno(err, "write");
        place += written;
        size -= (size_t)written;
    }
    return true;
}

/* The whole file, on the disk, under a name that nobody reads. */
static bool write_temporary(const char *path, const void *bytes, size_t size, mode_t mode,
                            struct error *err)
{
    CLEANUP(file_closep) int descriptor = -1;

    /* One that a crash left may have another owner or mode: make it anew. */
    if (unlink(path) != 0 && errno != ENOENT)
        return fail_errno(err, "%s", path);
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (descriptor < 0)
        return fail_open(err, path);
    if (fchmod(descriptor, mode) != 0)
        return fail_errno(err, "%s", path);
    if (!file_write_all(descriptor, bytes, size, err))
        return fail_in(err, "%s", path);
    if (fsync(descriptor) != 0)
        return fail_errno(err, "sync %s", path);
    return true;
}

/* The directory that `path` is in; "." when it names none. */
static char *parent_of(const char *path)
{
    CLEANUP(memory_freep) char *copy = memory_copy(path);

    return memory_copy(dirname(copy));
}

static bool write_through(const char *path, const void *bytes, size_t size, struct error *err)
{
    CLEANUP(file_closep) int descriptor = open(path, O_WRONLY | O_CLOEXEC);

    if (descriptor < 0)
        return fail_open(err, path);
    if (!file_write_all(descriptor, bytes, size, err))
        return fail_in(err, "%s", path);
    return true;
}

static bool is_device_or_pipe(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode));
}

bool file_replace(const char *path, const void *bytes, size_t size, mode_t mode, struct error *err)
{
    CLEANUP(memory_freep) char *temporary = memory_format("%s.tmp", path);
    CLEANUP(memory_freep) char *parent = parent_of(path);

    if (is_device_or_pipe(path))
        return write_through(path, bytes, size, err);
    if (!write_temporary(temporary, bytes, size, mode, err)) {
        unlink(temporary);
        return false;
    }
    if (rename(temporary, path) != 0) {
        fail_errno(err, "rename %s to %s", temporary, path);
        unlink(temporary);
        return false;
    }
    return file_sync_directory(parent, err);
}

static bool check_owner(const char *path, const struct stat *status, struct error *err)
{
    if (status->st_uid == geteuid() || status->st_uid == 0)
        return true;
    return fail(err, ERROR_DENIED, "%s belongs to uid %u, not to uid %u or root", path,
                (unsigned)status->st_uid, (unsigned)geteuid());
}

static bool check_modes(const char *path, bool secret, struct error *err)
{
    CLEANUP(memory_freep) char *parent = parent_of(path);
    struct stat status;

    if (stat(path, &status) != 0)
        return fail_open(err, path);
    if (!S_ISREG(status.st_mode))
        return fail(err, ERROR_INVALID, "%s is not a regular file", path);
    if (!check_owner(path, &status, err))
        return false;
    if (status.st_mode & 0022)
        return fail(err, ERROR_DENIED, "others may change %s (mode %04o): chmod go-w %s", path,
                    status.st_mode & 07777U, path);
    if (secret && (status.st_mode & 0077))
        return fail(err, ERROR_DENIED, "others may read %s (mode %04o): chmod 600 %s", path,
                    status.st_mode & 07777U, path);

    if (stat(parent, &status) != 0)
        return fail_open(err, parent);
    if (!check_owner(parent, &status, err))
        return false;
    if (status.st_mode & 0022)
        return fail(err, ERROR_DENIED, "others may replace files in %s (mode %04o): chmod go-w %s",
                    parent, status.st_mode & 07777U, parent);
    return true;
}

bool file_check_private(const char *path, bool secret, struct error *err)
{
    /* A link is judged by where it leads: whoever may change that is what counts. */
    CLEANUP(memory_freep) char *target = realpath(path, NULL);

    if (!target)
        return fail_open(err, path);
    if (!check_modes(target, secret, err))
        return false;
    /* and, when a link was followed, by who may change the link */
    return strcmp(target, path) == 0 || check_modes(path, secret, err);
}

bool file_make_directory(const char *path, mode_t mode, struct error *err)
{
    struct stat status;

    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return fail_open(err, path);
    if (lstat(path, &status) != 0)
        return fail_open(err, path);
    if (!S_ISDIR(status.st_mode))
        return fail(err, ERROR_INVALID, "%s is there and is no directory", path);
    if (status.st_uid != geteuid())
        return fail(err, ERROR_DENIED, "directory %s belongs to uid %u, not to uid %u", path,
                    (unsigned)status.st_uid, (unsigned)geteuid());
    if (status.st_mode & 0022 & ~mode)
        return fail(err, ERROR_DENIED, "others may write in %s (mode %04o): chmod %04o %s", path,
                    status.st_mode & 07777U, (unsigned)mode, path);
    return true;
}

bool file_sync_directory(const char *path, struct error *err)
{
    CLEANUP(file_closep) int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (descriptor < 0)
        return fail_open(err, path);
    if (fsync(descriptor) != 0)
        return fail_errno(err, "sync %s", path);
    return true;
}

unsigned long file_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return (unsigned long)limit.rlim_cur;
}
