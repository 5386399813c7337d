/* output_file.c - the file that an ended job wrote, read where it lies */

#include "client/output_file.h"

#include "base/file.h"
#include "client/session.h"
#include "client/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE (64 << 10)

/* Pipes and devices are not waited for: only what is left of a regular file is printed. */
static bool copy_file(const char *path, uint64_t offset, int descriptor, struct error *err)
{
    CLEANUP(file_closep) int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char piece[PIECE_SIZE];
    struct stat status;
    ssize_t got;

    if (file < 0 || fstat(file, &status) != 0)
        return fail_errno(err, "%s", path);
    if (!S_ISREG(status.st_mode))
        return fail(err, ERROR_NOT_FOUND, _("%s is not a regular file: nothing was kept"), path);
    while ((got = pread(file, piece, sizeof(piece), (off_t)offset)) > 0) {
        if (!file_write_all(descriptor, piece, (size_t)got, err))
            return fail_in(err, _("standard output"));
        offset += (uint64_t)got;
    }
    return got == 0 || fail_errno(err, "%s", path);
}

static bool copy_shown(const Wire__JobShown *shown, bool errors, uint64_t offset, int descriptor,
                       struct error *err)
{
    const char *path = errors && *shown->error ? shown->error : shown->output;
    const char *node = shown->n_parts > 0 ? shown->parts[0]->node : "";
    struct error why;

    if (shown->job->end_us == 0 || !*path)
        return fail(err, ERROR_NOT_FOUND, _("its node cannot be asked just now"));
    if (!copy_file(path, offset, descriptor, &why))
        return fail(err, why.code, _("it has ended; what it printed is on node %s: %s"), node,
                    why.text);
    fprintf(stderr, _("tequio: node %s does not answer; this is the file %s of this machine\n"),
            node, path);
    return true;
}

bool output_file_copy(struct session *session, uint64_t job, bool errors, uint64_t offset,
                      int descriptor, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow body = WIRE__JOB_SHOW__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = job;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_JOB_SHOWN, err);
    if (!answer)
        return false;
    if (!answer->job_shown->job)
        return fail(err, ERROR_INTERNAL, _("the scheduler's answer has no job in it"));
    return copy_shown(answer->job_shown, errors, offset, descriptor, err);
}
