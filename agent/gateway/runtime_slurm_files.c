/* runtime_slurm_files.c - where a job's files are, and how they are read */

#include "agent/gateway/runtime_slurm_inside.h"

#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0700
#define CHUNK       (256u << 10)

/* All lent jobs run under one account: a user's files are apart by their folder alone. */
static bool check_user(const char *user, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    for (const char *c = user; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == '/' || (unsigned char)*c == 127)
            return fail(err, ERROR_INVALID, "%s cannot be the name of a folder",
                        text_show(user, shown));
    return (*user && *user != '.') ||
           fail(err, ERROR_INVALID, "%s cannot be the name of a folder", text_show(user, shown));
}

static bool check_path(const char *path, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (*path != '/')
        return fail(err, ERROR_INVALID, "%s is no absolute path", text_show(path, shown));
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < ' ' ||
            (*c == '/' && strncmp(c, "/..", 3) == 0 && (c[3] == '/' || c[3] == '\0')))
            return fail(err, ERROR_INVALID, "%s leads out of its user's folder here",
                        text_show(path, shown));
    return true;
}

char *slurm_path(const struct runtime_slurm *slurm, const char *user, const char *path,
                 struct error *err)
{
    CLEANUP(memory_freep) char *own = memory_format("%s/%s/", slurm->work, user);

    if (!check_user(user, err) || !check_path(path, err))
        return NULL;
    if (strncmp(path, own, strlen(own)) == 0)
        return memory_copy(path); /* it was said so before */
    return memory_format("%s/%s%s", slurm->work, user, path);
}

bool slurm_make_folder(const struct runtime_slurm *slurm, const char *path, bool of_file,
                       struct error *err)
{
    CLEANUP(memory_freep) char *whole = memory_copy(path);
    char *last = strrchr(whole, '/');

    if (of_file && last)
        *last = '\0';
    for (char *at = whole + strlen(slurm->work); *at; at++) {
        bool made;

        if (*at != '/' || at[1] == '\0')
            continue;
        *at = '\0';
        made = mkdir(whole, FOLDER_MODE) == 0 || errno == EEXIST;
        if (!made)
            return fail_errno(err, "%s", whole);
        *at = '/';
    }
    return mkdir(whole, FOLDER_MODE) == 0 || errno == EEXIST || fail_errno(err, "%s", whole);
}

/* What it leads to must be the user's own: a job can make links. */
static bool is_inside(const struct runtime_slurm *slurm, const char *user, const char *path,
                      struct error *err)
{
    CLEANUP(memory_freep) char *folder = memory_format("%s/%s", slurm->work, user);
    CLEANUP(memory_freep) char *real_folder = realpath(folder, NULL);
    CLEANUP(memory_freep) char *real = realpath(path, NULL);
    size_t size;

    if (!real_folder || !real) {
        bool missing = errno == ENOENT;

        fail_errno(err, "%s", path);
        if (missing)
            err->code = ERROR_NOT_FOUND;
        return false;
    }
    size = strlen(real_folder);
    return (strncmp(real, real_folder, size) == 0 && real[size] == '/') ||
           fail(err, ERROR_DENIED, "%s leads out of its user's folder here", path);
}

static bool read_some(int descriptor, const struct output_file *file, struct buffer *buffer,
                      bool *ret_end, struct error *err)
{
    size_t most = file->most < CHUNK ? file->most : CHUNK;
    struct stat status;
    ssize_t got;

    if (fstat(descriptor, &status) != 0)
        return fail_errno(err, "%s", file->path);
    if (!S_ISREG(status.st_mode))
        return fail(err, ERROR_INVALID, "%s is no file", file->path);
    if (file->offset > INT64_MAX)
        return fail(err, ERROR_INVALID, "no file is so long");
    got = pread(descriptor, buffer_reserve(buffer, most), most, (off_t)file->offset);
    if (got < 0)
        return fail_errno(err, "%s", file->path);
    buffer->length += (size_t)got;
    *ret_end = (uint64_t)status.st_size <= file->offset + (uint64_t)got;
    return true;
}

bool slurm_read_output(const struct runtime_slurm *slurm, const struct output_file *file,
                       struct buffer *buffer, bool *ret_end, struct error *err)
{
    CLEANUP(memory_freep) char *path = slurm_path(slurm, file->user, file->path, err);
    CLEANUP(file_closep) int descriptor = -1;

    if (!path || !is_inside(slurm, file->user, path, err))
        return false;
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return fail_errno(err, "%s", path);
    return read_some(descriptor, file, buffer, ret_end, err);
}
