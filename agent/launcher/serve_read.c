/* serve_read.c - the output of a task set, and of one that has left the spool */

#include "agent/launcher/serve_inside.h"

#include "agent/shepherd/files.h"

#include "base/child.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is to be read, from an open file; only regular ones, a pipe would hold us. */
static bool read_file(struct call *call, int descriptor, char bytes[REQUEST_READ_MAX],
                      struct error *err)
{
    const struct request_read *request = &call->request->read;
    struct answer *answer = &call->reply->answer;
    struct stat status;
    ssize_t got;

    if (fstat(descriptor, &status) != 0)
        return fail_errno(err, "output of %s", call->task_name);
    if (!S_ISREG(status.st_mode))
        return fail(err, ERROR_INVALID, "output of %s is no regular file", call->task_name);
    if (!files_check_place(descriptor, "output", err))
        return false;
    got = pread(descriptor, bytes, request->most, (off_t)request->offset);
    if (got < 0)
        return fail_errno(err, "output of %s", call->task_name);
    answer->size = (uint32_t)got;
    answer->end =
        call->state == STATE_OVER && (off_t)request->offset + (off_t)got >= status.st_size;
    call->reply->bytes = bytes;
    return true;
}

/* In the spool: made by a shepherd, in a directory that nobody else can change. */
static bool read_from_spool(struct call *call, struct error *err)
{
    CLEANUP(file_closep) int descriptor = -1;
    char bytes[REQUEST_READ_MAX];
    char name[RECORD_NAME_SIZE];

    output_name(call->task_name, call->request->read.error_stream, name);
    descriptor =
        openat(call->launcher->spool.output, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT && call->state == STATE_ALIVE)
        return true; /* its shepherd has not made it yet: nothing is printed, and more may come */
    if (descriptor < 0)
        return fail_errno(err, "output %s", name);
    if (!read_file(call, descriptor, bytes, err))
        return false;
    reply_send(call->reply, call->peer);
    call->reply->silent = true;
    return true;
}

static bool fail_open(const char *path, struct error *err)
{
    int number = errno;
    char shown[TEXT_SHOWN_SIZE];

    fail_errno(err, "%s", text_show(path, shown));
    if (number == ENOENT || number == ENOTDIR)
        err->code = ERROR_NOT_FOUND;
    if (number == EACCES || number == EPERM)
        err->code = ERROR_DENIED;
    if (number == ELOOP)
        fail(err, ERROR_DENIED, "%s was a file when the job wrote it, and now is a link", shown);
    return false;
}

/* What the user has put in the file's place meanwhile is not followed. */
static bool read_as_user(struct call *call, const struct account *account, const char *path,
                         struct error *err)
{
    CLEANUP(file_closep) int descriptor = -1;
    char bytes[REQUEST_READ_MAX];

    if (call->launcher->spool.mapped && setgroups(account->group_count, account->groups) != 0)
        return fail_errno(err, "take the groups of %s", account->name);
    if (!files_act_as(&call->launcher->spool, account->uid, account->gid))
        return fail_errno(err, "read as %s", account->name);
    descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        return fail_open(path, err);
    if (!read_file(call, descriptor, bytes, err))
        return false;
    reply_send(call->reply, call->peer);
    return true;
}

/* A path of the user's may lead to a server that does not answer: a process of its own goes
 * there, with the user's rights, and gives the answer. */
static bool read_apart(struct call *call, const struct account *account, const char *path,
                       struct error *err)
{
    pid_t child = fork();

    if (child < 0)
        return fail_errno(err, "fork");
    call->reply->silent = true;
    if (child > 0)
        return true;
    child_keep_only(call->peer); /* it may hang, and the launcher be killed meanwhile */
    if (!read_as_user(call, account, path, err)) {
        reply_fail(call->reply, err);
        reply_send(call->reply, call->peer);
    }
    _exit(0);
}

bool serve_read(struct call *call, struct error *err)
{
    const struct launcher *launcher = call->launcher;
    CLEANUP(file_closep) int directory = -1;
    char path[RECORD_PATH_SIZE];
    struct part part;

    if (!record_read_path(launcher->spool.tasks, call->task_name, call->request->read.error_stream,
                          path, err))
        return false;
    if (path[0] == '\0')
        return read_from_spool(call, err);
    directory = spool_part_open(&launcher->spool, call->part_name, &part, err);
    return directory >= 0 && read_apart(call, &part.account, path, err);
}

/* Whoever may ask could as well run a script that reads it: this gives no right that
 * REQUEST_START does not. */
bool serve_read_file(struct call *call, struct error *err)
{
    const struct request_read_file *request = &call->request->read_file;
    struct launcher *launcher = call->launcher;
    struct account account = launcher->own;

    call->state = STATE_OVER;
    if (launcher->spool.mapped &&
        !account_find(&launcher->accounts, &launcher->config, request->user, &account, err))
        return false;
    return read_apart(call, &account, request->path, err);
}
