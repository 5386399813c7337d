/* handlers_output.c - OutputRead: of the scheduler, of processes inside a job, of other parts
 *
 * Whoever reads waits here until there are bytes, the tasks have ended, or their time is up.
 * The runtime is asked again and again, at most four times a second; a part on another node is
 * asked through the scheduler and waits there in the same way.  Of a job that has ended nothing
 * is waited for: its file is read. */

#include "agent/handlers.h"
#include "agent/relay.h"
#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define POLL_LEAST_US  (US_PER_SECOND / 50)
#define ECHO_US        (US_PER_SECOND / 500) /* a program's answer to a key */
#define POLL_MOST_US   (US_PER_SECOND / 4)
#define WAIT_MOST_US   (30 * US_PER_SECOND)
#define RELAY_WAIT_US  (2 * US_PER_SECOND) /* how long one ask of another part waits there */
#define RELAY_AGAIN_US (4 * US_PER_SECOND) /* then it was lost */
#define READ_MOST      ((uint32_t)128 << 10)
#define READERS_MOST   4096

enum reader_kind { READER_SCHEDULER, READER_LOCAL, READER_RELAY };

struct reader {
    struct list_node of_agent;
    struct alarm poll;
    enum reader_kind kind;
    struct part *part;
    struct stream_place place;
    int64_t until_us;
    int64_t pause_us;
    const char *path; /* of a job that is no longer here; else NULL */
    uint32_t target;  /* part whose tasks write it */
    struct sender to; /* READER_LOCAL */
    uint32_t to_part; /* READER_RELAY */
    uint64_t request; /* to repeat in the answer */
    uint64_t relayed; /* number of the ask that was sent on */
};

static void drop_reader(struct agent *agent, struct reader *reader)
{
    alarm_clear(&agent->alarms, &reader->poll);
    list_remove(&agent->readers, &reader->of_agent);
    free(reader);
}

/* --- answers ------------------------------------------------------------------------------ */

static const char *path_of(const struct reader *reader)
{
    if (reader->path)
        return reader->path;
    if (reader->place.step != 0)
        return "";
    if (reader->place.error_stream && *reader->part->error_output)
        return reader->part->error_output;
    return reader->part->output;
}

static void send_chunk(struct agent *agent, const struct reader *reader, const struct buffer *bytes,
                       bool end)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__OutputChunk chunk = WIRE__OUTPUT_CHUNK__INIT;
    CLEANUP(memory_freep) char *path = NULL;

    report_set_text(&path, path_of(reader));
    chunk.bytes = (ProtobufCBinaryData){.len = bytes->length, .data = (uint8_t *)bytes->bytes};
    chunk.offset = reader->place.offset;
    chunk.end = end;
    chunk.path = path;
    envelope.request = reader->request;
    envelope.body_case = WIRE__ENVELOPE__BODY_OUTPUT_CHUNK;
    envelope.output_chunk = &chunk;
    if (reader->kind == READER_LOCAL)
        agent_send_local(agent, &reader->to, &envelope);
    else
        agent_send(agent, &envelope);
}

static void answer(struct agent *agent, struct reader *reader, const struct buffer *bytes, bool end)
{
    const struct relay_ask asker = {.part = reader->to_part, .request = reader->request};

    if (reader->kind == READER_RELAY)
        relay_bytes(agent, reader->part, &asker, &reader->place, bytes, end);
    else
        send_chunk(agent, reader, bytes, end);
    drop_reader(agent, reader);
}

static void answer_empty(struct agent *agent, struct reader *reader, bool end)
{
    CLEANUP(buffer_clear) struct buffer nothing = {0};

    buffer_init(&nothing);
    answer(agent, reader, &nothing, end);
}

static void answer_failure(struct agent *agent, struct reader *reader, const struct error *err)
{
    if (reader->kind == READER_RELAY) {
        answer_empty(agent, reader, true);
        return;
    }
    if (reader->kind == READER_LOCAL)
        agent_send_local_failure(agent, &reader->to, reader->request, err);
    else
        agent_send_failure(agent, reader->request, err);
    drop_reader(agent, reader);
}

/* --- reading ------------------------------------------------------------------------------ */

static void poll_later(struct agent *agent, struct reader *reader)
{
    int64_t now = agent_now(agent), due;

    reader->pause_us = reader->pause_us * 2;
    if (reader->pause_us < POLL_LEAST_US)
        reader->pause_us = POLL_LEAST_US;
    if (reader->pause_us > POLL_MOST_US)
        reader->pause_us = POLL_MOST_US;
    due = now + reader->pause_us;
    alarm_set(&agent->alarms, &reader->poll, due < reader->until_us ? due : reader->until_us);
}

static bool read_set(struct agent *agent, const struct reader *reader, struct buffer *bytes,
                     bool *ret_end, struct error *err)
{
    const struct runtime *runtime = agent->seams.runtime;
    const struct task_key key = part_key(reader->part, reader->place.step);

    return runtime->read(runtime->state, &key, reader->place.error_stream, reader->place.offset,
                         reader->place.most, bytes, ret_end, err);
}

/* Of what has ended only the file is left. */
static bool read_rest(struct agent *agent, const struct reader *reader, struct buffer *bytes,
                      bool *ret_end, struct error *err)
{
    const struct runtime *runtime = agent->seams.runtime;
    const struct output_file file = {
        .user = part_launch(reader->part)->user,
        .path = path_of(reader),
        .offset = reader->place.offset,
        .most = reader->place.most,
    };

    if (!*file.path)
        return read_set(agent, reader, bytes, ret_end, err);
    *ret_end = reader->part->started_us == 0; /* then what is there is not its own */
    return *ret_end || runtime->read_file(runtime->state, &file, bytes, ret_end, err);
}

static void read_here(struct agent *agent, struct reader *reader)
{
    const struct part *part = reader->part;
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    bool end = false, done = true;
    struct error err;

    buffer_init(&bytes);
    if (task_state_is_final(part->state))
        done = read_rest(agent, reader, &bytes, &end, &err);
    else if (part_find_set(part, reader->place.step))
        done = read_set(agent, reader, &bytes, &end, &err);
    if (!done) {
        answer_failure(agent, reader, &err);
        return;
    }
    if (bytes.length > 0 || end || agent_now(agent) >= reader->until_us)
        answer(agent, reader, &bytes, end);
    else
        poll_later(agent, reader);
}

static void read_there(struct agent *agent, struct reader *reader)
{
    int64_t now = agent_now(agent);
    struct stream_place place = reader->place;
    struct relay_ask ask = {.part = reader->target};

    if (reader->relayed != 0 && now >= reader->until_us + RELAY_AGAIN_US) {
        answer_empty(agent, reader, false); /* nobody answers there */
        return;
    }
    place.wait_us = reader->until_us > now ? reader->until_us - now : 0;
    ask.request = reader->relayed = agent_next_request(agent);
    relay_read(agent, reader->part, &ask, &place);
    alarm_set(&agent->alarms, &reader->poll, now + RELAY_AGAIN_US);
}

static void on_poll(void *owner, struct alarm *alarm)
{
    struct reader *reader = CONTAINER_OF(alarm, struct reader, poll);

    if (reader->target == reader->part->key.part)
        read_here(owner, reader);
    else
        read_there(owner, reader);
}

static bool is_reading(const struct agent *agent, const struct reader *like)
{
    LIST_EACH(&agent->readers, node) {
        const struct reader *reader = CONTAINER_OF(node, struct reader, of_agent);

        if (reader->kind == like->kind && reader->request == like->request &&
            reader->part == like->part && reader->to_part == like->to_part &&
            reader->to.route_size == like->to.route_size &&
            memcmp(reader->to.route, like->to.route, like->to.route_size) == 0)
            return true;
    }
    return false;
}

static bool add_reader(struct agent *agent, const struct reader *like, struct error *err)
{
    int64_t wait_us = like->place.wait_us;
    struct reader *reader;

    if (is_reading(agent, like))
        return true; /* the same ask again: one answer does */
    if (agent->readers.count >= READERS_MOST)
        return fail(err, ERROR_EXHAUSTED, "%d others read output on %s: ask again later",
                    READERS_MOST, agent->facts.node);
    reader = memory_copy_bytes(like, sizeof(*like));
    if (wait_us < 0 || wait_us > WAIT_MOST_US)
        wait_us = WAIT_MOST_US;
    if (reader->place.most == 0 || reader->place.most > READ_MOST)
        reader->place.most = READ_MOST;
    reader->until_us = agent_now(agent) + wait_us;
    reader->poll.fire = on_poll;
    list_add_last(&agent->readers, &reader->of_agent);
    alarm_set(&agent->alarms, &reader->poll, agent_now(agent));
    return true;
}

void readers_wake(struct agent *agent, const struct part *part)
{
    LIST_EACH(&agent->readers, node) {
        struct reader *reader = CONTAINER_OF(node, struct reader, of_agent);

        if (reader->part != part || reader->target != part->key.part)
            continue;
        reader->pause_us = 0;
        alarm_set(&agent->alarms, &reader->poll, agent_now(agent) + ECHO_US);
    }
}

void readers_end_part(struct agent *agent, const struct part *part)
{
    LIST_EACH(&agent->readers, node) {
        struct reader *reader = CONTAINER_OF(node, struct reader, of_agent);

        if (reader->part == part && reader->target == part->key.part && reader->place.step != 0)
            read_here(agent, reader);
    }
}

void readers_drop_part(struct agent *agent, const struct part *part)
{
    struct error gone;

    fail(&gone, ERROR_NOT_FOUND, "job %" PRIu64 " is no longer on %s", part->key.job,
         agent->facts.node);
    LIST_EACH(&agent->readers, node) {
        struct reader *reader = CONTAINER_OF(node, struct reader, of_agent);

        if (reader->part == part)
            answer_failure(agent, reader, &gone);
    }
}

/* --- asks --------------------------------------------------------------------------------- */

/* Of a job that is no longer here: from its file, as this node named it when the job started.  It
 * has ended, so nobody waits for more. */
static bool send_file(struct agent *agent, const Wire__Envelope *envelope, struct error *err)
{
    const Wire__OutputRead *ask = envelope->output_read;
    const struct runtime *runtime = agent->seams.runtime;
    const struct reader reader = {
        .kind = READER_SCHEDULER,
        .place = {.offset = ask->offset},
        .path = ask->path,
        .request = envelope->request,
    };
    const struct output_file file = {
        .user = ask->user,
        .path = ask->path,
        .offset = ask->offset,
        .most = ask->most > 0 && ask->most < READ_MOST ? ask->most : READ_MOST,
    };
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    bool end = false;

    buffer_init(&bytes);
    if (!runtime->read_file(runtime->state, &file, &bytes, &end, err))
        return false;
    send_chunk(agent, &reader, &bytes, end);
    return true;
}

/* The job's own output, or that of one of its steps, which may be on another part. */
static bool find_stream(struct part *part, const Wire__OutputRead *ask, struct reader *like,
                        struct error *err)
{
    const struct step *step = ask->step ? step_find(&part->steps, ask->step) : NULL;

    like->part = part;
    if (ask->step == 0)
        return true;
    if (!step || !step_find_part(step, ask->part))
        return fail(err, ERROR_NOT_FOUND, "no step %" PRIu64 " of job %" PRIu64 " (any more)",
                    ask->step, ask->job);
    like->place.step = ask->step;
    like->target = ask->part;
    return true;
}

void on_output_read(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__OutputRead *ask = envelope->output_read;
    struct part *part = agent_find_job(agent, ask->job);
    struct reader like = {
        .kind = READER_SCHEDULER,
        .place = {.error_stream = ask->error_stream,
                  .offset = ask->offset,
                  .most = ask->most,
                  .wait_us = ask->wait_us},
        .request = envelope->request,
    };
    struct error err;

    if (*ask->file && *ask->path) { /* of no output: its path is known */
        if (send_file(agent, envelope, &err))
            return;
    } else if (part && part->key.part == 0) {
        if (find_stream(part, ask, &like, &err) && add_reader(agent, &like, &err))
            return;
    } else if (ask->step != 0) {
        fail(&err, ERROR_NOT_FOUND, "job %" PRIu64 " has no steps (any more)", ask->job);
    } else if (*ask->path) {
        if (send_file(agent, envelope, &err))
            return;
    } else {
        fail(&err, ERROR_NOT_FOUND, "job %" PRIu64 " has no output on %s", ask->job,
             agent->facts.node);
    }
    agent_send_failure(agent, envelope->request, &err);
}

/* Of a step only, and only by the uid that asked for it: this message has no credential. */
bool on_local_output_read(void *owner, struct ask *ask, Wire__Envelope *reply, struct arena *keep,
                          struct error *err)
{
    const Wire__OutputRead *read = ask->envelope->output_read;
    struct part *part = agent_find_job(owner, read->job);
    struct step *step = part ? step_find(&part->steps, read->step) : NULL;
    struct reader like = {
        .kind = READER_LOCAL,
        .part = part,
        .place = {.step = read->step,
                  .error_stream = read->error_stream,
                  .offset = read->offset,
                  .most = read->most,
                  .wait_us = read->wait_us},
        .target = read->part,
        .to = ask->to,
        .request = ask->request,
    };

    (void)reply;
    (void)keep;
    if (!step || step->uid != ask->to.uid || !step_find_part(step, read->part))
        return fail(err, ERROR_NOT_FOUND,
                    "no step %" PRIu64 " of job %" PRIu64 " of yours with "
                    "tasks on part %" PRIu32,
                    read->step, read->job, read->part);
    step_heard(owner, step);
    ask->later = true;
    return add_reader(owner, &like, err);
}

void on_task_read(struct agent *agent, struct part *part, const Wire__Relay *relay,
                  const Wire__RelayBody *body)
{
    const Wire__TaskRead *read = body->task_read;
    struct reader like = {
        .kind = READER_RELAY,
        .part = part,
        .place = {.step = read->step,
                  .error_stream = read->error_stream,
                  .offset = read->offset,
                  .most = read->most,
                  .wait_us = read->wait_us < RELAY_WAIT_US ? read->wait_us : RELAY_WAIT_US},
        .target = part->key.part,
        .to_part = relay->from_part,
        .request = body->request,
    };
    struct error err;

    if ((uint32_t)(read->step >> 32) != relay->from_part)
        return;
    if (!add_reader(agent, &like, &err))
        log_warning("job=%" PRIu64 " step=%" PRIu64 " is not read: %s; it will ask again",
                    part->key.job, read->step, err.text);
}

void on_task_bytes(struct agent *agent, struct part *part, const Wire__Relay *relay,
                   const Wire__RelayBody *body)
{
    const Wire__TaskBytes *bytes = body->task_bytes;
    const struct buffer view = {.bytes = (char *)bytes->bytes.data, .length = bytes->bytes.len};

    LIST_EACH(&agent->readers, node) {
        struct reader *reader = CONTAINER_OF(node, struct reader, of_agent);

        if (reader->part != part || reader->kind == READER_RELAY ||
            reader->relayed != body->request || reader->target != relay->from_part)
            continue;
        if (view.length > 0 || bytes->end || agent_now(agent) >= reader->until_us)
            answer(agent, reader, &view, bytes->end);
        else
            alarm_set(&agent->alarms, &reader->poll, agent_now(agent)); /* ask again */
        return;
    }
}
