/* cmd_logs.c - tequio logs: what a job has printed */

#include "base/parse.h"
#include "client/command.h"
#include "client/follow.h"
#include "client/job_names.h"
#include "client/output_file.h"
#include "client/session.h"

#include <unistd.h>

#define FOLLOW_WAIT_US (20 * US_PER_SECOND)

struct arguments {
    bool follow;
    bool errors;
};

static const struct option_rule options[] = {
    OPTION_FLAG('f', "follow", struct arguments, follow, N_("go on until the job ends")),
    OPTION_FLAG('e', "error", struct arguments, errors,
                N_("its own file of errors, if it has one")),
    OPTION_HELP,
    OPTION_END,
};

/* A job that waits prints nothing yet: wait for it. */
static bool is_too_early(const struct arguments *arguments, const struct error *err)
{
    return arguments->follow && err->code == ERROR_CONFLICT;
}

static bool wait_a_little(struct session *session, struct job_ref job, bool *ret_ended,
                          struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWait body = WIRE__JOB_WAIT__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = job.job;
    body.array = job.array;
    body.wait_us = US_PER_SECOND;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_WAIT;
    ask.job_wait = &body;
    answer = session_ask_waiting(session, &ask, WIRE__ENVELOPE__BODY_JOB_ENDED, US_PER_SECOND, err);
    *ret_ended = answer && !answer->job_ended->timeout;
    return answer != NULL;
}

/* The node cannot be asked: where folders are shared, its file is here too. */
static bool print_rest(struct session *session, const struct follow_stream *stream,
                       const struct error *why, struct error *err)
{
    if (why->code == ERROR_UNAVAILABLE &&
        output_file_copy(session, stream->job, stream->error_stream, stream->offset,
                         stream->descriptor, err))
        return true;
    *err = *why;
    return false;
}

static bool print(struct session *session, const struct arguments *arguments, struct job_ref job,
                  struct error *err)
{
    struct follow_stream stream = {
        .job = job.job,
        .array = job.array,
        .error_stream = arguments->errors,
        .descriptor = STDOUT_FILENO,
    };
    bool ended = false;

    while (!stream.end) {
        uint64_t before = stream.offset;
        struct error why;

        if (!follow_stream(session, &stream, arguments->follow ? FOLLOW_WAIT_US : 0, &why)) {
            if (ended || !is_too_early(arguments, &why))
                return print_rest(session, &stream, &why, err);
            if (!wait_a_little(session, job, &ended, err))
                return false;
            continue;
        }
        if (!arguments->follow && stream.offset == before)
            return true;
    }
    return true;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    struct job_ref job;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no job given"));
    return job_ref_read(argv[first], &job, err) &&
           command_no_operands(argc, argv, first + 1, err) && print(session, &arguments, job, err);
}

const struct command cmd_logs = {
    .name = "logs",
    .summary = N_("Print what a job has written"),
    .operands = N_("JOB"),
    .options = options,
    .run = run,
};
