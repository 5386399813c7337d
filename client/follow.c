/* follow.c - stay with a job until it ends: its state, its output */

#include "client/follow.h"

#include "base/file.h"
#include "base/parse.h"
#include "client/interrupt.h"
#include "client/jobs.h"
#include "client/output_file.h"
#include "client/progress.h"
#include "client/session.h"
#include "client/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHORT_WAIT_US US_PER_SECOND /* where someone may press Ctrl-C, or looks */
#define LONG_WAIT_US  (30 * US_PER_SECOND)

enum { CHUNK_MAX = 262144, STATUS_INTERRUPTED = 130 };

struct following {
    struct session *session;
    const struct follow *follow;
    struct progress progress;
    struct follow_stream out;
    struct follow_stream errors;
    bool started; /* or ended without */
    bool ran;
    bool ended;
    bool cancelled; /* by an interrupt */
    bool held;      /* and that was told */
    int status;
};

bool follow_stream(struct session *session, struct follow_stream *stream, int64_t wait_us,
                   struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__OutputRead body = WIRE__OUTPUT_READ__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const Wire__OutputChunk *chunk;

    body.job = stream->job;
    body.array = stream->array;
    body.step = stream->step;
    body.part = stream->part;
    body.error_stream = stream->error_stream;
    body.offset = stream->offset;
    body.most = CHUNK_MAX;
    body.wait_us = wait_us;
    ask.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    ask.output_read = &body;
    answer =
        stream->step
            ? session_ask_agent(session, &ask, WIRE__ENVELOPE__BODY_OUTPUT_CHUNK, wait_us, err)
            : session_ask_waiting(session, &ask, WIRE__ENVELOPE__BODY_OUTPUT_CHUNK, wait_us, err);
    if (!answer)
        return false;
    chunk = answer->output_chunk;
    if (chunk->offset != stream->offset && chunk->bytes.len > 0)
        return fail(err, ERROR_INTERNAL, _("output came from byte %" PRIu64 ", not %" PRIu64),
                    chunk->offset, stream->offset);
    if (!file_write_all(stream->descriptor, chunk->bytes.data, chunk->bytes.len, err))
        return fail_in(err, _("standard output"));
    stream->offset += chunk->bytes.len;
    stream->end = chunk->end;
    return true;
}

static void show_state(struct following *following, const Wire__JobView *job)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_print(&text, _("job %" PRIu64 ": "), job->id);
    job_state_print(job, &text);
    if (strcmp(job->state, "PENDING") == 0 && job->planned_us > 0) {
        buffer_add_text(&text, _(", planned for "));
        print_time(job->planned_us, &text);
    }
    progress_show(&following->progress, text.bytes);
}

/* What lets a held job go on; NULL: it is not held. */
static const char *find_way_on(const Wire__JobView *job)
{
    static const struct {
        const char *reason, *way;
    } ways[] = {
        {"JobHeldUser",  N_("tequio release lets it start")                           },
        {"JobHeldAdmin", N_("an administrator holds it; tequio why tells whom to ask")},
    };

    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (strcmp(job->state, "PENDING") == 0 && strcmp(job->reason, ways[i].reason) == 0)
            return _(ways[i].way);
    return NULL;
}

/* It waits for somebody, not for nodes: who waits for it must know, also without a terminal. */
static void tell_hold(struct following *following, const Wire__JobView *job)
{
    const char *way = find_way_on(job);

    if (way && !following->held) {
        progress_hide(&following->progress);
        fprintf(stderr, _("tequio: job %" PRIu64 " is held (%s): %s\n"), job->id, job->reason, way);
    }
    following->held = way != NULL;
}

/* How it is, after wait_us or when it ends. */
static bool ask_state(struct following *following, int64_t wait_us, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWait body = WIRE__JOB_WAIT__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const Wire__JobView *job;

    body.job = following->follow->job;
    body.array = following->follow->array;
    body.wait_us = wait_us;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_WAIT;
    ask.job_wait = &body;
    answer =
        session_ask_waiting(following->session, &ask, WIRE__ENVELOPE__BODY_JOB_ENDED, wait_us, err);
    if (!answer)
        return false;
    job = answer->job_ended->job;
    if (!answer->job_ended->timeout && !job)
        return fail(err, ERROR_INTERNAL, _("the scheduler tells of an end without a job"));
    if (!job)
        return true;
    following->ran = job->start_us > 0;
    following->started = following->ran || !answer->job_ended->timeout;
    following->ended = !answer->job_ended->timeout;
    if (strcmp(job->reason, "JobHoldMaxRequeue") == 0)
        return fail(err, ERROR_INVALID,
                    _("job %" PRIu64 " could not be started and is held: %.160s"), job->id,
                    *job->refusal ? job->refusal : job->reason);
    tell_hold(following, job);
    if (following->ended)
        following->status = job_exit_status(job);
    else if (!following->follow->output || !following->started)
        show_state(following, job);
    return true;
}

static bool cancel(struct following *following, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobChange body = WIRE__JOB_CHANGE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    uint8_t key[SESSION_KEY_SIZE];
    uint64_t job = following->follow->job;
    char reason[] = "interrupted";

    body.key = session_new_key(key);
    body.verb = WIRE__JOB_VERB__JOB_VERB_CANCEL;
    body.n_jobs = 1;
    body.jobs = &job;
    body.reason = reason;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = &body;
    answer = session_ask(following->session, &ask, WIRE__ENVELOPE__BODY_JOB_CHANGED, err);
    return answer != NULL;
}

/* The first time cancels, the second leaves the job alone. */
static bool on_interrupt(struct following *following, struct error *err)
{
    uint64_t job = following->follow->job;

    progress_hide(&following->progress);
    if (following->cancelled)
        return fail(err, ERROR_UNAVAILABLE, _("left job %" PRIu64 " before its end was seen"), job);
    following->cancelled = true;
    fprintf(stderr, _("tequio: cancelling job %" PRIu64 " (once more leaves it)\n"), job);
    return cancel(following, err);
}

/* Not yet there, or its node is away for a while: no failure before the job has ended. */
static bool read_stream(struct following *following, struct follow_stream *stream, int64_t wait_us,
                        struct error *err)
{
    progress_hide(&following->progress);
    if (stream->end || follow_stream(following->session, stream, wait_us, err))
        return true;
    if (following->ended || (err->code != ERROR_CONFLICT && err->code != ERROR_NOT_FOUND &&
                             err->code != ERROR_UNAVAILABLE))
        return false;
    return ask_state(following, SHORT_WAIT_US, err);
}

static bool has_all_output(const struct following *following)
{
    const struct follow *follow = following->follow;

    return (!follow->output || following->out.end) && (!follow->errors || following->errors.end);
}

static bool step(struct following *following, int64_t wait_us, struct error *err)
{
    const struct follow *follow = following->follow;

    if (!follow->output || !following->started || has_all_output(following))
        return ask_state(following, wait_us, err);
    return read_stream(following, &following->out, SHORT_WAIT_US, err) &&
           (!follow->errors || read_stream(following, &following->errors, 0, err));
}

/* The node of an ended job cannot be asked: the rest may lie in a file that can be read here.  If
 * not, that is told, and is no failure of the job. */
static void give_up_stream(struct following *following, struct follow_stream *stream,
                           const struct error *why)
{
    struct error here;

    if (!stream->end && following->ran &&
        (why->code != ERROR_UNAVAILABLE ||
         !output_file_copy(following->session, stream->job, stream->error_stream, stream->offset,
                           stream->descriptor, &here)))
        fprintf(stderr, _("tequio: the rest of the output of job %" PRIu64 " is lost here: %s\n"),
                stream->job, why->text);
    stream->end = true;
}

static bool give_up_output(struct following *following, struct error *err)
{
    if (!following->ended || err->code == ERROR_IO)
        return false;
    give_up_stream(following, &following->out, err);
    if (following->follow->errors)
        give_up_stream(following, &following->errors, err);
    return true;
}

static bool follow_until_end(struct following *following, struct error *err)
{
    const struct follow *follow = following->follow;
    bool watched =
        following->progress.shows || follow->output || follow->on_interrupt == FOLLOW_CANCELS;

    if (!ask_state(following, 0, err))
        return false;
    while (!following->ended || !has_all_output(following)) {
        if (follow->on_interrupt == FOLLOW_CANCELS && interrupt_take() &&
            !on_interrupt(following, err))
            return false;
        if (!step(following, watched ? SHORT_WAIT_US : LONG_WAIT_US, err) &&
            !give_up_output(following, err))
            return false;
    }
    return true;
}

bool follow_job(struct session *session, const struct follow *follow, int *ret_status,
                struct error *err)
{
    struct following following = {
        .session = session,
        .follow = follow,
        .out = {.job = follow->job,    .descriptor = STDOUT_FILENO},
        .errors = { .job = follow->job, .error_stream = true, .descriptor = STDERR_FILENO},
    };
    bool done;

    if (follow->on_interrupt == FOLLOW_CANCELS)
        interrupt_block();
    progress_init(&following.progress, follow->quiet);
    done = follow_until_end(&following, err);
    if (!done && err->code == ERROR_IO && follow->on_interrupt == FOLLOW_CANCELS)
        cancel(&following, &(struct error){0}); /* nobody reads it any more */
    progress_clear(&following.progress);
    if (done)
        *ret_status = following.cancelled ? STATUS_INTERRUPTED : following.status;
    return done;
}
