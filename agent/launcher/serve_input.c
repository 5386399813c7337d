/* serve_input.c - what is typed into a task set's terminal */

#include "agent/launcher/serve_inside.h"

#include "agent/launcher/input.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Made by a shepherd, in a directory that nobody else can change; -1 on failure. */
static int open_input(const struct call *call, struct error *err)
{
    char name[RECORD_NAME_SIZE];
    int descriptor;

    input_name(call->task_name, name);
    descriptor = openat(call->launcher->spool.output, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        fail(err, ERROR_INVALID, "%s has no terminal", call->task_name);
    else if (descriptor < 0)
        fail_errno(err, "input %s", name);
    return descriptor;
}

static size_t make_frame(const struct request_input *request, uint8_t frame[INPUT_FRAME_MAX])
{
    const struct input_frame head = {
        .writer = request->writer,
        .rows = request->rows,
        .columns = request->columns,
        .size = request->size,
    };

    memcpy(frame, &head, sizeof(head));
    memcpy(frame + sizeof(head), request->bytes, request->size);
    return sizeof(head) + request->size;
}

/* The same, asked again after its answer was lost. */
static bool stands_there(int descriptor, const uint8_t *frame, size_t size, uint64_t offset)
{
    uint8_t there[INPUT_FRAME_MAX];

    return pread(descriptor, there, size, (off_t)offset) == (ssize_t)size &&
           memcmp(there, frame, size) == 0;
}

/* All of it or nothing: the shepherd reads frame after frame. */
static bool append(int descriptor, const uint8_t *frame, size_t size, uint64_t offset,
                   struct error *err)
{
    if (pwrite(descriptor, frame, size, (off_t)offset) == (ssize_t)size)
        return true;
    fail_errno(err, "keep input");
    if (ftruncate(descriptor, (off_t)offset) != 0)
        return fail_errno(err, "take back input");
    return false;
}

bool serve_input(struct call *call, struct error *err)
{
    const struct request_input *request = &call->request->input;
    struct answer *answer = &call->reply->answer;
    CLEANUP(file_closep) int descriptor = open_input(call, err);
    uint8_t frame[INPUT_FRAME_MAX];
    size_t size = make_frame(request, frame);
    struct stat status;

    if (descriptor < 0)
        return false;
    if (fstat(descriptor, &status) != 0)
        return fail_errno(err, "input of %s", call->task_name);
    call->input_size = (uint64_t)status.st_size;
    answer->end = stands_there(descriptor, frame, size, request->offset);
    if (!answer->end && request->offset == call->input_size) {
        if (call->input_size + size > call->launcher->config.output_most)
            return fail(err, ERROR_EXHAUSTED, "%s was given %" PRIu64 " bytes of input: no more",
                        call->task_name, call->input_size);
        if (!append(descriptor, frame, size, request->offset, err))
            return false;
        call->input_size += size;
        answer->end = true;
    }
    answer->size = sizeof(call->input_size);
    call->reply->bytes = &call->input_size;
    return true;
}
