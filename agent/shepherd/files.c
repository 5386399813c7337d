/* files.c - directory, input and outputs of a task set, opened as the job's user */

#include "agent/shepherd/files.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The effective ids, not those for files alone: /proc and /sys decide by them, and by the effective
 * capabilities, which go with root's. */
bool files_act_as(const struct spool *spool, uid_t user, gid_t group)
{
    return !spool->mapped || (setegid(group) == 0 && seteuid(user) == 0);
}

static bool act_as_self(const struct spool *spool)
{
    return !spool->mapped || (seteuid(getuid()) == 0 && setegid(getgid()) == 0);
}

bool files_check_place(int descriptor, const char *what, struct error *err)
{
    static const uint32_t kernels[] = {
        PROC_SUPER_MAGIC, SYSFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
        DEBUGFS_MAGIC,    TRACEFS_MAGIC,  SECURITYFS_MAGIC,   BPF_FS_MAGIC,
        EFIVARFS_MAGIC,   PSTOREFS_MAGIC, SELINUX_MAGIC,
    };
    struct statfs place;

    if (fstatfs(descriptor, &place) != 0)
        return fail_errno(err, "%s", what);
    for (size_t i = 0; i < COUNT_OF(kernels); i++)
        if ((uint32_t)place.f_type == kernels[i])
            return fail(err, ERROR_INVALID, "%s is the kernel's, no file on a disk", what);
    return true;
}

static bool is_null_device(const struct stat *status)
{
    return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3);
}

/* In /tmp and its like, where everybody looks around, a new file is its owner's alone; elsewhere it
 * can be read as far as its directory lets people in. */
static mode_t mode_in(const char *path)
{
    CLEANUP(memory_freep) char *directory = memory_copy(path);
    char *slash = strrchr(directory, '/');
    struct stat status;

    if (slash)
        slash[slash == directory ? 1 : 0] = '\0';
    return stat(slash ? directory : ".", &status) == 0 && status.st_mode & S_ISVTX ? 0600 : 0644;
}

/* -1 on failure.  Not blocking while it is opened: a pipe without a reader is an error then. */
static int open_checked(const char *path, int flags, const char *what, struct error *err)
{
    CLEANUP(file_closep)
    int descriptor = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode_in(path));
    char shown[TEXT_SHOWN_SIZE];
    struct stat status;

    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        fail_errno(err, "open %s %s", what, text_show(path, shown));
        return -1;
    }
    if (!S_ISREG(status.st_mode) && !is_null_device(&status)) {
        fail(err, ERROR_INVALID, "%s %s is neither a regular file nor /dev/null", what,
             text_show(path, shown));
        return -1;
    }
    if (!files_check_place(descriptor, what, err))
        return -1;
    if (fcntl(descriptor, F_SETFL, flags & O_APPEND) != 0) {
        fail_errno(err, "open %s %s", what, text_show(path, shown));
        return -1;
    }
    return file_steal(&descriptor);
}

/* Not O_TRUNC: what is no regular file must not feel it before it was looked at.  Always
 * O_APPEND: tasks, and output and error, may share the file. */
static int open_output(const char *path, bool append, const char *what, struct error *err)
{
    int descriptor = open_checked(path, O_WRONLY | O_CREAT | O_APPEND, what, err);
    struct stat status;

    if (descriptor < 0 || append)
        return descriptor;
    if (fstat(descriptor, &status) == 0 && status.st_size > 0 && ftruncate(descriptor, 0) != 0) {
        fail_errno(err, "empty %s", what);
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/* A file of the spool, given to the user so that /dev/stdout can be opened. */
static int open_in_spool(const struct shepherd_order *order, bool error_stream, struct error *err)
{
    CLEANUP(file_closep) int descriptor = -1;
    char name[RECORD_NAME_SIZE];

    output_name(order->task_name, error_stream, name);
    descriptor = openat(order->spool->output, name,
                        O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0 || (order->spool->mapped &&
                           fchown(descriptor, order->account->uid, order->account->gid) != 0)) {
        fail_errno(err, "make %s in the spool", name);
        return -1;
    }
    return file_steal(&descriptor);
}

/* Patterns were replaced by the agent; only here it shows where a relative path led to. */
static void path_of(int descriptor, char ret_path[RECORD_PATH_SIZE])
{
    char link[64];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    length = readlink(link, ret_path, RECORD_PATH_SIZE - 1);
    ret_path[length < 0 ? 0 : length] = '\0';
}

static bool open_outputs(const struct shepherd_order *order, struct task_files *files,
                         struct error *err)
{
    const struct start_texts *texts = order->texts;
    bool append = order->start->append;

    if (*texts->output) {
        files->output = open_output(texts->output, append, "output", err);
        if (files->output < 0)
            return false;
    }
    if (*texts->error) {
        files->error = open_output(texts->error, append, "error output", err);
        if (files->error < 0)
            return false;
    }
    return true;
}

static bool enter_directory(const char *directory, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    bool missing;

    if (chdir(directory) == 0)
        return true;
    missing = errno == ENOENT;
    fail_errno(err, "directory %s", text_show(directory, shown));
    if (missing)
        err->code = ERROR_NOT_FOUND;
    return false;
}

static bool open_as_user(const struct shepherd_order *order, struct task_files *files,
                         struct error *err)
{
    const char *input = *order->texts->input ? order->texts->input : "/dev/null";

    if (!enter_directory(order->texts->directory, err))
        return false;
    files->input = open_checked(input, O_RDONLY, "input", err);
    return files->input >= 0 && open_outputs(order, files, err);
}

static bool open_rest(const struct shepherd_order *order, struct task_files *files,
                      struct error *err)
{
    char output[RECORD_PATH_SIZE] = "", error[RECORD_PATH_SIZE] = "";
    bool joined = files->error < 0 && files->output >= 0;

    files->output_kept = files->output < 0;
    files->error_kept = files->error < 0 && !joined;
    if (files->output >= 0)
        path_of(files->output, output);
    if (files->output < 0)
        files->output = open_in_spool(order, false, err);
    if (files->output < 0)
        return false;
    if (files->error >= 0)
        path_of(files->error, error);
    if (files->error < 0)
        files->error = joined ? files->output : open_in_spool(order, true, err);
    if (files->error < 0)
        return false;
    if (*output == '\0' && *error == '\0')
        return true;
    return record_write_paths(order->record, output, joined ? output : error, err);
}

bool files_open(const struct shepherd_order *order, struct task_files *ret_files, struct error *err)
{
    const struct account *account = order->account;
    struct task_files files = {.input = -1, .output = -1, .error = -1};
    bool opened;

    if (!files_act_as(order->spool, account->uid, account->gid)) {
        fail_errno(err, "open files as %s", account->name);
        (void)act_as_self(order->spool);
        return false;
    }
    opened = open_as_user(order, &files, err);
    if (!act_as_self(order->spool))
        return fail(err, ERROR_INTERNAL, "cannot be root again after opening files");
    if (!opened || !open_rest(order, &files, err))
        return false;
    *ret_files = files;
    return true;
}

uint64_t files_kept_bytes(const struct task_files *files)
{
    struct stat status;
    uint64_t bytes = 0;

    if (files->output_kept && fstat(files->output, &status) == 0)
        bytes += (uint64_t)status.st_size;
    if (files->error_kept && fstat(files->error, &status) == 0)
        bytes += (uint64_t)status.st_size;
    return bytes;
}
