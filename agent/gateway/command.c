/* command.c - a command of Slurm's, run beside the loop */

#include "agent/gateway/command.h"

#include "base/buffer.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK     65536
#define WORDS_MAX 160 /* of its own that are told */

struct stream {
    struct command *command;
    struct watch *watch; /* NULL: at its end */
    int descriptor;
    struct buffer bytes;
};

struct command {
    struct loop *loop;
    char *program; /* its name, for people */
    int64_t most_us;
    command_fn *on_end;
    void *owner;
    struct stream output, words;
    struct watch *ended, *late;
    pid_t pid; /* 0: it does not run */
    bool killed, too_much;
    struct error failure; /* it could not be started */
};

static void stream_end(struct stream *stream)
{
    loop_unwatch(stream->command->loop, stream->watch);
    stream->watch = NULL;
    file_closep(&stream->descriptor);
    stream->descriptor = -1;
}

/* All that is there now. */
static void stream_read(struct stream *stream)
{
    struct command *command = stream->command;

    while (stream->descriptor >= 0) {
        ssize_t got = read(stream->descriptor, buffer_reserve(&stream->bytes, CHUNK), CHUNK);

        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            stream_end(stream);
            return;
        }
        stream->bytes.length += (size_t)got;
        stream->bytes.bytes[stream->bytes.length] = '\0';
        if (stream->bytes.length <= COMMAND_OUTPUT_MAX)
            continue;
        command->too_much = true;
        stream_end(stream);
        if (command->pid > 0)
            kill(command->pid, SIGKILL);
    }
}

static void on_bytes(void *owner)
{
    stream_read(owner);
}

/* Its last line of complaint, control characters left out. */
static void add_words(const struct command *command, struct error *why)
{
    CLEANUP(buffer_clear) struct buffer shown = {0};
    char *text = command->words.bytes.bytes;
    const char *line = "";
    const char *at;

    while ((at = strsep(&text, "\n")) != NULL)
        if (*at)
            line = at;
    if (!*line)
        return;
    buffer_init(&shown);
    buffer_add_escaped(&shown, line);
    fail(why, why->code, "%s: %.*s", command->program, WORDS_MAX, shown.bytes);
}

static bool tell_end(const struct command *command, int status, struct error *why)
{
    if (command->killed)
        return fail(why, ERROR_UNAVAILABLE, "%s did not end within %d s", command->program,
                    (int)(command->most_us / US_PER_SECOND));
    if (command->too_much)
        return fail(why, ERROR_INVALID, "%s prints more than %u bytes", command->program,
                    COMMAND_OUTPUT_MAX);
    if (status == 0)
        return true;
    fail(why, ERROR_UNAVAILABLE, "%s ended with %s %d", command->program,
         WIFSIGNALED(status) ? "signal" : "status",
         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    add_words(command, why);
    return false;
}

static void on_end(void *owner, pid_t pid, int status)
{
    struct command *command = owner;
    struct error why = {0};

    (void)pid;
    command->ended = NULL;
    command->pid = 0;
    stream_read(&command->output);
    stream_read(&command->words);
    loop_unwatch(command->loop, command->late);
    command->late = NULL;
    command->on_end(command->owner,
                    tell_end(command, status, &why) ? command->output.bytes.bytes : NULL, &why);
}

static void on_late(void *owner)
{
    struct command *command = owner;

    command->late = NULL;
    command->killed = true;
    kill(command->pid, SIGKILL);
}

static void on_not_started(void *owner)
{
    struct command *command = owner;

    command->late = NULL;
    command->on_end(command->owner, NULL, &command->failure);
}

static bool stream_open(struct command *command, struct stream *stream, int *ret_writing,
                        struct error *err)
{
    int both[2];

    if (pipe2(both, O_CLOEXEC) != 0)
        return fail_errno(err, "make a pipe");
    *ret_writing = both[1];
    stream->descriptor = both[0];
    fcntl(stream->descriptor, F_SETFL, O_NONBLOCK);
    stream->watch = loop_watch_descriptor(command->loop, stream->descriptor, on_bytes, stream);
    return true;
}

static bool start(struct command *command, const struct command_request *request, struct error *err)
{
    CLEANUP(file_closep) int output = -1, words = -1;
    struct child_request child = {.program = request->arguments[0],
                                  .arguments = (char *const *)(uintptr_t)request->arguments,
                                  .environment = (char *const *)(uintptr_t)request->environment,
                                  .input = -1,
                                  .extra = -1,
                                  .ends_with_us = true};

    if (!stream_open(command, &command->output, &output, err) ||
        !stream_open(command, &command->words, &words, err))
        return false;
    child.output = output;
    child.error = words;
    if (child_start(&child, &command->pid, err))
        return true;
    command->pid = 0;
    return false;
}

static void stream_init(struct command *command, struct stream *stream)
{
    stream->command = command;
    stream->descriptor = -1;
    buffer_init(&stream->bytes);
}

struct command *command_start(struct loop *loop, const struct command_request *request)
{
    struct command *command = NEW(struct command);
    int64_t now_us = clock_boot_us(&clock_real);
    char *copy = memory_copy(request->arguments[0]);

    command->loop = loop;
    command->program = memory_copy(basename(copy));
    free(copy);
    command->most_us = request->most_us;
    command->on_end = request->on_end;
    command->owner = request->owner;
    stream_init(command, &command->output);
    stream_init(command, &command->words);
    if (start(command, request, &command->failure)) {
        command->ended = loop_watch_child(loop, command->pid, on_end, command);
        command->late = loop_watch_time(loop, now_us + request->most_us, on_late, command);
    } else {
        command->late = loop_watch_time(loop, now_us, on_not_started, command);
    }
    return command;
}

void command_free(struct command *command)
{
    if (!command)
        return;
    stream_end(&command->output);
    stream_end(&command->words);
    loop_unwatch(command->loop, command->ended);
    loop_unwatch(command->loop, command->late);
    if (command->pid > 0)
        kill(command->pid, SIGKILL);
    buffer_clear(&command->output.bytes);
    buffer_clear(&command->words.bytes);
    free(command->program);
    free(command);
}
