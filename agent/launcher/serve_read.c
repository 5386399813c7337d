/* serve_read.c - the output of a task set */

#include "agent/launcher/serve_inside.h"

#include "agent/shepherd/files.h"

#include "base/file.h"

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
    if (descriptor < 0)
        return fail_errno(err, "output %s", name);
    if (!read_file(call, descriptor, bytes, err))
        return false;
    reply_send(call->reply, call->peer);
    call->reply->silent = true;
    return true;
}

static bool read_as_user(struct call *call, const struct part *part, const char *path,
                         struct error *err)
{
    CLEANUP(file_closep) int descriptor = -1;
    char bytes[REQUEST_READ_MAX];

    if (call->launcher->spool.mapped &&
        setgroups(part->account.group_count, part->account.groups) != 0)
        return fail_errno(err, "take the groups of %s", part->account.name);
    if (!files_act_as(&call->launcher->spool, part->account.uid, part->account.gid))
        return fail_errno(err, "read as %s", part->account.name);
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        return fail_errno(err, "output of %s", call->task_name);
    if (!read_file(call, descriptor, bytes, err))
        return false;
    reply_send(call->reply, call->peer);
    return true;
}

/* A path of the user's may lead to a server that does not answer: a process of its own goes
 * there, with the user's rights, and gives the answer. */
bool serve_read(struct call *call, struct error *err)
{
    const struct launcher *launcher = call->launcher;
    CLEANUP(file_closep) int directory = -1;
    char path[RECORD_PATH_SIZE];
    struct part part;
    pid_t child;

    if (!record_read_path(launcher->spool.tasks, call->task_name, call->request->read.error_stream,
                          path, err))
        return false;
    if (path[0] == '\0')
        return read_from_spool(call, err);
    directory = spool_part_open(&launcher->spool, call->part_name, &part, err);
    if (directory < 0)
        return false;
    child = fork();
    if (child < 0)
        return fail_errno(err, "fork");
    call->reply->silent = true;
    if (child > 0)
        return true;
    if (!read_as_user(call, &part, path, err)) {
        reply_fail(call->reply, err);
        reply_send(call->reply, call->peer);
    }
    _exit(0);
}
