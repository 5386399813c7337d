/* channel.c - ask a program and wait for its answer, over losses and restarts */

#include "proto/channel.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/random.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Pauses before the same is sent again: the first for a hello, the first for an ask (which
 * may wait for a disk), and the longest.  Each is twice the one before. */
#define HELLO_PAUSE_US INT64_C(100000)
#define ASK_PAUSE_US   INT64_C(400000)
#define MOST_PAUSE_US  INT64_C(5000000)

#define MISTAKEN_PATIENCE_US (US_PER_SECOND / 2)

#define GREET_TIMEOUT_US (10 * US_PER_SECOND) /* of channel_send() */

struct channel {
    struct socket *socket;
    char *endpoint;
    char *program;
    uint64_t last_request;
    uint64_t hello_request; /* of the Hello that was said last */
    int64_t hello_us;       /* when, by channel_receive() */
    bool greeted;           /* it was answered, and the other side still knows */
    bool heard;             /* something came from there, ever */
    Wire__Envelope *welcome;
};

/* Something to send until it is answered. */
struct question {
    struct buffer bytes; /* empty: nothing to ask */
    int64_t next_us;
    int64_t pause_us;
};

/* One call of channel_ask(). */
struct asking {
    struct channel *channel;
    struct question hello;
    struct question ask;
    uint64_t request;
    Wire__Envelope__BodyCase kind;
    Wire__Envelope__BodyCase expected;
    int64_t deadline_us;
    bool greeted_again;  /* the other side has forgotten us once already */
    int64_t mistaken_us; /* since when the wrong server answers; 0: it does not */
    struct error busy;   /* why it has to be asked again; code 0: not so */
};

enum verdict { VERDICT_GO_ON, VERDICT_ANSWERED, VERDICT_FAILED };

static int64_t now(void)
{
    return clock_boot_us(&clock_real);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct channel *channel_open(const char *endpoint, const struct key_pair *pair,
                             const char *server_key, const char *program, struct error *err)
{
    struct socket *socket = socket_dial(endpoint, pair, server_key, err);
    struct channel *channel;

    if (!socket)
        return NULL;
    channel = NEW(struct channel);
    channel->socket = socket;
    channel->endpoint = memory_copy(endpoint);
    channel->program = memory_copy(program);
    /* So that answers meant for another run of the program match nothing here. */
    random_fill(&channel->last_request, sizeof(channel->last_request));
    return channel;
}

void channel_free(struct channel *channel)
{
    if (!channel)
        return;
    socket_free(channel->socket);
    message_free(channel->welcome);
    free(channel->endpoint);
    free(channel->program);
    free(channel);
}

const Wire__Welcome *channel_welcome(const struct channel *channel)
{
    return channel->welcome ? channel->welcome->welcome : NULL;
}

static uint64_t next_request(struct channel *channel)
{
    if (++channel->last_request == 0) /* stands for "not known" in a Failure */
        channel->last_request = 1;
    return channel->last_request;
}

/* --- sending --------------------------------------------------------------------------------- */

static bool encode(Wire__Envelope *envelope, struct buffer *buffer, struct error *err)
{
    message_encode(envelope, buffer);
    if (buffer->length > SOCKET_FRAME_MAX)
        return fail(err, ERROR_EXHAUSTED, "%s of %zu bytes is too large to send, %d are the most",
                    message_name(envelope->body_case), buffer->length, SOCKET_FRAME_MAX);
    return true;
}

static void encode_hello(struct channel *channel, struct buffer *buffer)
{
    Wire__Hello hello = WIRE__HELLO__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;

    hello.version_least = PROTOCOL_VERSION;
    hello.version_most = PROTOCOL_VERSION;
    hello.program = channel->program;
    hello.wall_us = clock_wall_us(&clock_real);
    channel->hello_request = next_request(channel);
    envelope.request = channel->hello_request;
    envelope.body_case = WIRE__ENVELOPE__BODY_HELLO;
    envelope.hello = &hello;
    buffer_reset(buffer);
    message_encode(&envelope, buffer);
}

/* A quarter more or less, so that many who lost the same server do not come back at once. */
static int64_t jitter(int64_t pause_us)
{
    return pause_us * 3 / 4 + random_below((uint32_t)(pause_us / 2));
}

/* A full queue is no failure: there is another time. */
static void send_question(const struct channel *channel, struct question *question)
{
    (void)socket_send(channel->socket, NULL, question->bytes.bytes, question->bytes.length);
    question->next_us = now() + jitter(question->pause_us);
    question->pause_us = earlier(2 * question->pause_us, MOST_PAUSE_US);
}

/* --- receiving -------------------------------------------------------------------------------- */

/* NULL with code ERROR_NONE: nothing waits. */
static Wire__Envelope *receive(struct channel *channel, struct error *err)
{
    CLEANUP(memory_freep) uint8_t *bytes = NULL;
    struct sender sender;
    Wire__Envelope *envelope;
    size_t size;

    err->code = ERROR_NONE;
    if (socket_receive(channel->socket, &sender, &bytes, &size) != 1)
        return NULL;
    channel->heard = true;
    envelope = message_decode(bytes, size, err);
    if (!envelope) {
        err->code = ERROR_UNAVAILABLE; /* it is not the asker who is wrong */
        fail_in(err, "%s answers in a way this program does not understand", channel->endpoint);
    }
    return envelope;
}

static bool take_welcome(struct channel *channel, Wire__Envelope *envelope, struct error *err)
{
    uint32_t version = envelope->welcome->version;

    if (version != PROTOCOL_VERSION) {
        message_free(envelope);
        return fail(err, ERROR_UNAVAILABLE,
                    "%s wants protocol version %" PRIu32 "; this program speaks version %d",
                    channel->endpoint, version, PROTOCOL_VERSION);
    }
    message_free(channel->welcome);
    channel->welcome = envelope;
    channel->greeted = true;
    return true;
}

/* --- one ask ---------------------------------------------------------------------------------- */

/* Those that are answered when something happens: to send them again soon would only make
 * the other side wait several times for the same. */
static bool is_patient(Wire__Envelope__BodyCase kind)
{
    return kind == WIRE__ENVELOPE__BODY_JOB_WAIT || kind == WIRE__ENVELOPE__BODY_OUTPUT_READ ||
           kind == WIRE__ENVELOPE__BODY_STEP_WAIT;
}

static void asking_init(struct asking *asking, struct channel *channel,
                        Wire__Envelope__BodyCase kind, int64_t timeout_us)
{
    *asking = (struct asking){.channel = channel, .kind = kind};
    asking->deadline_us = now() + earlier(timeout_us, PARSE_DURATION_MAX_US);
    buffer_init(&asking->hello.bytes);
    buffer_init(&asking->ask.bytes);
    asking->hello.pause_us = HELLO_PAUSE_US;
    asking->ask.pause_us = is_patient(kind) ? MOST_PAUSE_US : ASK_PAUSE_US;
    if (!channel->greeted)
        encode_hello(channel, &asking->hello.bytes);
}

static void asking_clear(struct asking *asking)
{
    buffer_clear(&asking->hello.bytes);
    buffer_clear(&asking->ask.bytes);
}

/* Forgotten: say hello, at once if it is the first time, then with growing pauses: this must not
 * become a game that the other side can keep us in. */
static enum verdict greet_again(struct asking *asking)
{
    asking->channel->greeted = false;
    encode_hello(asking->channel, &asking->hello.bytes);
    asking->hello.next_us = asking->greeted_again ? now() + jitter(asking->hello.pause_us) : 0;
    asking->greeted_again = true;
    return VERDICT_GO_ON;
}

static enum verdict judge_failure(struct asking *asking, struct question *question,
                                  const Wire__Failure *failure, struct error *err)
{
    int64_t left_us = asking->deadline_us - now();

    if (failure->hello) /* else a hello is on its way already */
        return asking->channel->greeted ? greet_again(asking) : VERDICT_GO_ON;
    failure_read(failure, err);
    if (failure->retry_after_us == 0 || left_us <= 0 ||
        failure->retry_after_us >= (uint64_t)left_us)
        return VERDICT_FAILED;
    asking->busy = *err;
    question->next_us = now() + (int64_t)failure->retry_after_us;
    if (question->next_us < now() + HELLO_PAUSE_US)
        question->next_us = now() + jitter(HELLO_PAUSE_US);
    return VERDICT_GO_ON;
}

static enum verdict judge_unexpected(const struct asking *asking, Wire__Envelope__BodyCase question,
                                     const Wire__Envelope *envelope, struct error *err)
{
    fail(err, ERROR_UNAVAILABLE, "%s answers %s with %s", asking->channel->endpoint,
         message_name(question), message_name(envelope->body_case));
    return VERDICT_FAILED;
}

/* What came while we wait for Welcome or for the answer; takes the envelope. */
static enum verdict judge(struct asking *asking, Wire__Envelope *received,
                          Wire__Envelope **ret_answer, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *envelope = received;
    struct channel *channel = asking->channel;
    bool for_hello = !channel->greeted && envelope->request == channel->hello_request;
    bool for_ask = envelope->request == asking->request;

    if (envelope->body_case == WIRE__ENVELOPE__BODY_FAILURE) {
        /* 0: it could not read whom it refuses, which can only be us */
        if (for_hello || for_ask || envelope->request == 0)
            return judge_failure(asking, for_hello ? &asking->hello : &asking->ask,
                                 envelope->failure, err);
        return VERDICT_GO_ON;
    }
    if (for_hello) {
        if (envelope->body_case != WIRE__ENVELOPE__BODY_WELCOME)
            return judge_unexpected(asking, WIRE__ENVELOPE__BODY_HELLO, envelope, err);
        asking->busy.code = ERROR_NONE;
        asking->ask.next_us = 0;
        if (!take_welcome(channel, STEAL(envelope), err))
            return VERDICT_FAILED;
        return asking->expected ? VERDICT_GO_ON : VERDICT_ANSWERED;
    }
    if (!for_ask)
        return VERDICT_GO_ON; /* the answer to a second copy, or to what was given up */
    if (envelope->body_case != asking->expected)
        return judge_unexpected(asking, asking->kind, envelope, err);
    *ret_answer = STEAL(envelope);
    return VERDICT_ANSWERED;
}

/* Who is not let in, or has the wrong one before him, need not wait for the deadline.  A
 * server that stops in the middle of a handshake also looks like the wrong one, so that
 * has to last. */
static bool is_hopeless(struct asking *asking)
{
    enum socket_state state = socket_state(asking->channel->socket);

    if (asking->channel->heard)
        return false;
    if (state != SOCKET_MISTAKEN)
        asking->mistaken_us = 0;
    else if (asking->mistaken_us == 0)
        asking->mistaken_us = now();
    return state == SOCKET_REFUSED ||
           (state == SOCKET_MISTAKEN && now() - asking->mistaken_us >= MISTAKEN_PATIENCE_US);
}

static bool fail_unreached(const struct channel *channel, struct error *err)
{
    enum socket_state state = socket_state(channel->socket);

    return fail(err, state == SOCKET_REFUSED ? ERROR_DENIED : ERROR_UNAVAILABLE,
                "cannot reach %s: %s", channel->endpoint, socket_state_text(state));
}

static bool fail_late(const struct asking *asking, int64_t timeout_us, struct error *err)
{
    const struct channel *channel = asking->channel;
    bool connected = socket_state(channel->socket) == SOCKET_CONNECTED;

    if (asking->busy.code != ERROR_NONE) {
        *err = asking->busy;
        return false;
    }
    if (!channel->heard && !connected)
        return fail_unreached(channel, err);
    return fail(err, ERROR_UNAVAILABLE, "no answer from %s to %s within %.3g s%s",
                channel->endpoint, message_name(asking->kind),
                (double)timeout_us / (double)US_PER_SECOND,
                connected ? "" : ": the connection was lost");
}

static bool converse(struct asking *asking, int64_t timeout_us, Wire__Envelope **ret_answer,
                     struct error *err)
{
    struct channel *channel = asking->channel;
    enum verdict verdict = VERDICT_GO_ON;

    while (verdict == VERDICT_GO_ON) {
        struct question *question = channel->greeted ? &asking->ask : &asking->hello;
        int64_t now_us = now();
        Wire__Envelope *envelope;

        if (now_us >= asking->deadline_us)
            return fail_late(asking, timeout_us, err);
        if (is_hopeless(asking))
            return fail_unreached(channel, err);
        if (now_us >= question->next_us)
            send_question(channel, question);
        if (!socket_wait(channel->socket, earlier(question->next_us, asking->deadline_us) - now_us))
            continue;
        envelope = receive(channel, err);
        if (envelope)
            verdict = judge(asking, envelope, ret_answer, err);
        else if (err->code != ERROR_NONE)
            verdict = VERDICT_FAILED;
    }
    return verdict == VERDICT_ANSWERED;
}

Wire__Envelope *channel_ask(struct channel *channel, Wire__Envelope *ask,
                            Wire__Envelope__BodyCase expected, int64_t timeout_us,
                            struct error *err)
{
    CLEANUP(asking_clear) struct asking asking;
    Wire__Envelope *answer = NULL;

    assert(expected != WIRE__ENVELOPE__BODY__NOT_SET);
    asking_init(&asking, channel, ask->body_case, timeout_us);
    asking.expected = expected;
    asking.request = ask->request = next_request(channel);
    if (!encode(ask, &asking.ask.bytes, err))
        return NULL;
    if (!converse(&asking, timeout_us, &answer, err))
        return NULL;
    return answer;
}

/* --- many asks ---------------------------------------------------------------------------------- */

static bool greet(struct channel *channel, struct error *err)
{
    CLEANUP(asking_clear) struct asking asking;
    Wire__Envelope *none;

    asking_init(&asking, channel, WIRE__ENVELOPE__BODY_HELLO, GREET_TIMEOUT_US);
    asking.request = channel->hello_request;
    return converse(&asking, GREET_TIMEOUT_US, &none, err);
}

bool channel_send(struct channel *channel, Wire__Envelope *ask, uint64_t *ret_request,
                  struct error *err)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    if (!channel->welcome && !greet(channel, err))
        return false;
    ask->request = next_request(channel);
    if (!encode(ask, &buffer, err))
        return false;
    if (!socket_send(channel->socket, NULL, buffer.bytes, buffer.length))
        return fail(err, ERROR_UNAVAILABLE, "%s does not keep up: take answers first",
                    channel->endpoint);
    *ret_request = ask->request;
    return true;
}

/* Not waited for: its Welcome is taken in channel_receive().  Many asks may be refused for the
 * same lack of a session; one hello is enough for all of them, unless it is lost. */
static void say_hello(struct channel *channel)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    if (!channel->greeted && now() - channel->hello_us < HELLO_PAUSE_US)
        return;
    channel->greeted = false;
    channel->hello_us = now();
    encode_hello(channel, &buffer);
    (void)socket_send(channel->socket, NULL, buffer.bytes, buffer.length);
}

/* The envelope if it is for the caller; NULL if it was for us, with *err if that failed. */
static Wire__Envelope *take_answer(struct channel *channel, Wire__Envelope *received,
                                   struct error *err)
{
    if (received->body_case == WIRE__ENVELOPE__BODY_WELCOME) {
        take_welcome(channel, received, err);
        return NULL;
    }
    if (received->body_case == WIRE__ENVELOPE__BODY_FAILURE && received->failure->hello)
        say_hello(channel);
    return received;
}

Wire__Envelope *channel_receive(struct channel *channel, int64_t timeout_us, struct error *err)
{
    int64_t deadline_us = now() + earlier(timeout_us, PARSE_DURATION_MAX_US);
    int64_t left_us = timeout_us;

    for (; left_us >= 0; left_us = deadline_us - now()) {
        Wire__Envelope *envelope;

        if (!socket_wait(channel->socket, left_us)) {
            if (left_us == 0)
                break; /* only looked whether something is there */
            continue;  /* a signal ends the wait too */
        }
        envelope = receive(channel, err);
        if (envelope)
            envelope = take_answer(channel, envelope, err);
        if (envelope || err->code != ERROR_NONE)
            return envelope;
    }
    fail(err, ERROR_UNAVAILABLE, "no answer from %s within %.3g s", channel->endpoint,
         (double)timeout_us / (double)US_PER_SECOND);
    return NULL;
}
