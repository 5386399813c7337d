/* test_dispatch.c - who is answered, and who is refused with which words */

#include "base/file.h"
#include "base/parse.h"
#include "proto/dispatch.h"
#include "tests/lib/envelope.h"
#include "tests/lib/frame.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the handlers of the table below note and obey. */
struct record {
    unsigned calls;
    char asker[32];
    struct sender to;
    uint64_t request;
    enum error_code refuse_with;
    uint64_t retry_after_us;
    bool later;
    size_t large; /* items of an answer */
};

static bool on_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                   struct error *err)
{
    struct record *record = owner;
    Wire__Submitted *submitted;

    record->calls++;
    record->to = ask->to;
    record->request = ask->request;
    snprintf(record->asker, sizeof(record->asker), "%s", ask->principal->name);
    ask->later = record->later;
    ask->retry_after_us = record->retry_after_us;
    if (record->refuse_with)
        return fail(err, record->refuse_with, "not now");
    submitted = ARENA_NEW(keep, Wire__Submitted);
    wire__submitted__init(submitted);
    submitted->n_first_ids = record->large;
    submitted->first_ids = ARENA_NEW_ARRAY(keep, uint64_t, record->large);
    memset(submitted->first_ids, 0xff, record->large * sizeof(uint64_t));
    answer->body_case = WIRE__ENVELOPE__BODY_SUBMITTED;
    answer->submitted = submitted;
    return true;
}

static bool on_agent_hello(void *owner, struct ask *ask, Wire__Envelope *answer,
                           struct arena *keep, struct error *err)
{
    (void)err;
    (void)ask;
    ((struct record *)owner)->calls++;
    answer->body_case = WIRE__ENVELOPE__BODY_AGENT_WELCOME;
    answer->agent_welcome = ARENA_NEW(keep, Wire__AgentWelcome);
    wire__agent_welcome__init(answer->agent_welcome);
    return true;
}

static bool on_welcome(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err)
{
    (void)owner;
    (void)ask;
    (void)err;
    answer->welcome->network = arena_copy(keep, "redcan");
    answer->welcome->epoch = 4;
    return true;
}

static const struct handler handlers[] = {
    {WIRE__ENVELOPE__BODY_STATUS_ASK,  ROLE_ANYBODY,                 on_ask        },
    {WIRE__ENVELOPE__BODY_ENROL,       ROLE_STRANGER,                on_ask        },
    {WIRE__ENVELOPE__BODY_KEY_LIST,    ROLE_PEOPLE,                  on_ask        },
    {WIRE__ENVELOPE__BODY_SUBMIT,      ROLE_USER,                    on_ask        },
    {WIRE__ENVELOPE__BODY_JOB_LIST,    ROLE_PEOPLE,                  on_ask        },
    {WIRE__ENVELOPE__BODY_NODE_CHANGE, ROLE_CLUSTER | ROLE_OPERATOR, on_ask        },
    {WIRE__ENVELOPE__BODY_REPORT_ASK,
     ROLE_MANAGER | ROLE_OPERATOR | ROLE_AUDITOR | ROLE_ACCOUNTING,  on_ask        },
    {WIRE__ENVELOPE__BODY_BACKUP_MAKE, ROLE_OPERATOR,                on_ask        },
    {WIRE__ENVELOPE__BODY_AGENT_HELLO, ROLE_AGENT,                   on_agent_hello},
    {WIRE__ENVELOPE__BODY_HEARTBEAT,   ROLE_AGENT,                   on_ask        },
    {WIRE__ENVELOPE__BODY__NOT_SET,    0,                            NULL          },
};

/* A dispatcher with one principal for each role, whose uid is the role. */
struct bench {
    struct identities *identities;
    struct dispatcher *dispatcher;
    struct record record;
    struct buffer answer;
    struct arena *arena;
    int64_t now_us;
    Wire__Envelope *decoded; /* the last answer */
};

static void bench_init(struct bench *bench)
{
    struct error err;

    *bench = (struct bench){.identities = identities_new(), .now_us = US_PER_DAY};
    for (unsigned role = ROLE_USER; role & ROLE_ANYBODY; role <<= 1) {
        struct principal principal = {.name = (char *)role_name((enum role)role), .roles = role};

        identities_put(bench->identities, &principal);
        if (role != ROLE_AGENT)
            identities_bind_uid(bench->identities, role, principal.name, &err);
    }
    bench->dispatcher = dispatcher_new(handlers, bench->identities, on_welcome, &bench->record);
    bench->arena = arena_new();
    buffer_init(&bench->answer);
}

static void bench_clear(struct bench *bench)
{
    message_free(bench->decoded);
    dispatcher_free(bench->dispatcher);
    identities_free(bench->identities);
    arena_free(bench->arena);
    buffer_clear(&bench->answer);
}

static struct sender peer(uid_t uid, uint32_t route)
{
    struct sender sender = {.uid = uid, .route_size = sizeof(route)};

    memcpy(sender.route, &route, sizeof(route));
    return sender;
}

/* Dispatch the bytes; the decoded answer, or NULL when there is none. */
static Wire__Envelope *say_bytes(struct bench *bench, struct sender from, const void *bytes,
                                 size_t size)
{
    struct error err;

    message_free(STEAL(bench->decoded));
    if (!dispatch(bench->dispatcher, &from, bytes, size, bench->now_us, &bench->answer))
        return NULL;
    bench->decoded =
        message_decode((uint8_t *)bench->answer.bytes, bench->answer.length, &err);
    CU_ASSERT_PTR_NOT_NULL(bench->decoded);
    return bench->decoded;
}

static Wire__Envelope *say(struct bench *bench, struct sender from, Wire__Envelope *envelope)
{
    CLEANUP(buffer_clear) struct buffer frame;

    buffer_init(&frame);
    envelope->request = 31;
    message_encode(envelope, &frame);
    return say_bytes(bench, from, frame.bytes, frame.length);
}

static Wire__Envelope *say_empty(struct bench *bench, struct sender from,
                                 Wire__Envelope__BodyCase kind)
{
    return say(bench, from, envelope_empty(kind, bench->arena));
}

static Wire__Envelope *say_hello(struct bench *bench, struct sender from, uint32_t least,
                                 uint32_t most)
{
    Wire__Envelope *envelope = envelope_empty(WIRE__ENVELOPE__BODY_HELLO, bench->arena);

    envelope->hello->version_least = least;
    envelope->hello->version_most = most;
    return say(bench, from, envelope);
}

/* Is it a Failure of this code whose text has these words, with the request's number? */
static bool is_failure(const Wire__Envelope *answer, enum error_code code, const char *words)
{
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_FAILURE || answer->request != 31)
        return false;
    if (answer->failure->code != (uint32_t)code || !strstr(answer->failure->text, words))
        printf("# %u: %s\n", answer->failure->code, answer->failure->text);
    return answer->failure->code == (uint32_t)code && strstr(answer->failure->text, words);
}

static bool is_welcome(const Wire__Envelope *answer)
{
    return answer && answer->body_case == WIRE__ENVELOPE__BODY_WELCOME && answer->request == 31;
}

static bool is_answer(const Wire__Envelope *answer)
{
    return answer && answer->body_case == WIRE__ENVELOPE__BODY_SUBMITTED && answer->request == 31;
}

static void test_hello_is_welcomed(void)
{
    CLEANUP(bench_clear) struct bench bench;
    const Wire__Envelope *answer;

    bench_init(&bench);
    answer = say_hello(&bench, peer(ROLE_OPERATOR, 1), 1, 1);
    CU_ASSERT_FATAL(is_welcome(answer));
    CU_ASSERT_EQUAL(answer->welcome->version, PROTOCOL_VERSION);
    CU_ASSERT_STRING_EQUAL(answer->welcome->network, "redcan");
    CU_ASSERT_STRING_EQUAL(answer->welcome->principal, "operator");
    CU_ASSERT_EQUAL(answer->welcome->n_roles, 1);
    CU_ASSERT_STRING_EQUAL(answer->welcome->roles[0], "operator");

    answer = say_hello(&bench, peer(9999, 2), 1, 1);
    CU_ASSERT_FATAL(is_welcome(answer));
    CU_ASSERT_STRING_EQUAL(answer->welcome->principal, "");
    CU_ASSERT_STRING_EQUAL(answer->welcome->roles[0], "stranger");
    CU_ASSERT_EQUAL(dispatcher_sessions(bench.dispatcher), 2);
    say_hello(&bench, peer(9999, 2), 1, 1);
    CU_ASSERT_EQUAL(dispatcher_sessions(bench.dispatcher), 2);
}

static void test_message_before_hello(void)
{
    CLEANUP(bench_clear) struct bench bench;
    const Wire__Envelope *answer;

    bench_init(&bench);
    for (size_t i = 0; i < envelope_kind_count(); i++) {
        Wire__Envelope__BodyCase kind = envelope_kind(i);

        if (kind == WIRE__ENVELOPE__BODY_HELLO || kind == WIRE__ENVELOPE__BODY_AGENT_HELLO ||
            kind == WIRE__ENVELOPE__BODY_FAILURE)
            continue;
        answer = say_empty(&bench, peer(ROLE_OPERATOR, 1), kind);
        CU_ASSERT(is_failure(answer, ERROR_CONFLICT, "say hello"));
        CU_ASSERT(answer->failure->hello);
    }
    CU_ASSERT_EQUAL(bench.record.calls, 0);
    CU_ASSERT_EQUAL(dispatcher_requests(bench.dispatcher), 0);
    CU_ASSERT_EQUAL(dispatcher_refused(bench.dispatcher), envelope_kind_count() - 3);
}

static void test_version_below_and_above_range(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct sender from = peer(ROLE_USER, 1);

    bench_init(&bench);
    CU_ASSERT(is_failure(say_hello(&bench, from, 0, 0), ERROR_INVALID, "0 to 0, this program 1 to 1"));
    CU_ASSERT(is_failure(say_hello(&bench, from, 2, 7), ERROR_INVALID, "2 to 7, this program 1 to 1"));
    CU_ASSERT(is_failure(say_hello(&bench, from, 2, 1), ERROR_INVALID, "above the last"));
    CU_ASSERT(is_failure(say_hello(&bench, from, UINT32_MAX, UINT32_MAX), ERROR_INVALID, "this program"));
    CU_ASSERT_EQUAL(dispatcher_sessions(bench.dispatcher), 0);
    CU_ASSERT(is_welcome(say_hello(&bench, from, 0, UINT32_MAX)));
    CU_ASSERT(is_welcome(say_hello(&bench, from, 1, 2)));
}

/* In the order of the roles, what became of the message. */
static void try_kind(struct bench *bench, Wire__Envelope__BodyCase kind, const struct handler *row)
{
    struct error err;

    for (unsigned role = 1; role & ROLE_ANYBODY; role <<= 1) {
        unsigned calls = bench->record.calls;
        struct sender from = peer(role, role);
        const Wire__Envelope *answer;

        if (role == ROLE_AGENT) { /* nodes have keys only */
            memset(from.key, 'a', SOCKET_KEY_TEXT - 1);
            identities_bind_key(bench->identities, from.key, "agent", true, &err);
        }
        CU_ASSERT(is_welcome(say_hello(bench, from, 1, 1)));
        answer = say_empty(bench, from, kind);
        if (kind == WIRE__ENVELOPE__BODY_AGENT_HELLO)
            CU_ASSERT(is_failure(answer, ERROR_INVALID, "this program 1 to 1"))
        else if (!row)
            CU_ASSERT(is_failure(answer, ERROR_INVALID, "is not answered here"))
        else if (!(row->roles & role))
            CU_ASSERT(is_failure(answer, ERROR_DENIED, role_name((enum role)role)))
        else
            CU_ASSERT(is_answer(answer))
        CU_ASSERT_EQUAL(bench->record.calls, calls + is_answer(answer));
    }
}

static void test_every_pair_of_kind_and_role(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    for (size_t i = 0; i < envelope_kind_count(); i++) {
        Wire__Envelope__BodyCase kind = envelope_kind(i);
        const struct handler *row = handlers;

        while (row->kind && row->kind != kind)
            row++;
        if (kind != WIRE__ENVELOPE__BODY_HELLO && kind != WIRE__ENVELOPE__BODY_FAILURE)
            try_kind(&bench, kind, row->kind ? row : NULL);
    }
}

static void test_matrix_is_the_golden_one(void)
{
    CLEANUP(buffer_clear) struct buffer matrix, golden;
    char path[4096];
    struct error err;

    buffer_init(&matrix);
    buffer_init(&golden);
    snprintf(path, sizeof(path), "%s/tests/unit/proto/roles.golden", getenv("TEQUIO_SOURCE"));
    CU_ASSERT(file_read(path, 1 << 20, &golden, &err));
    dispatcher_print_matrix(handlers, &matrix);
    CU_ASSERT_STRING_EQUAL(matrix.bytes, golden.bytes);
}

static void test_session_is_of_route_and_identity_together(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct sender keyed = peer((uid_t)-1, 1), longer = peer(ROLE_USER, 1);

    bench_init(&bench);
    memset(keyed.key, 'k', SOCKET_KEY_TEXT - 1);
    longer.route_size = SOCKET_ROUTE_MAX;
    CU_ASSERT(is_welcome(say_hello(&bench, peer(ROLE_USER, 1), 1, 1)));
    /* The same return address, another uid or a key: a stolen route is worth nothing. */
    CU_ASSERT(is_failure(say_empty(&bench, peer(ROLE_OPERATOR, 1), WIRE__ENVELOPE__BODY_STATUS_ASK),
                         ERROR_CONFLICT, "say hello"));
    CU_ASSERT(is_failure(say_empty(&bench, keyed, WIRE__ENVELOPE__BODY_STATUS_ASK),
                         ERROR_CONFLICT, "say hello"));
    CU_ASSERT(is_failure(say_empty(&bench, longer, WIRE__ENVELOPE__BODY_STATUS_ASK),
                         ERROR_CONFLICT, "say hello"));
    CU_ASSERT(is_welcome(say_hello(&bench, longer, 1, 1)));
    CU_ASSERT(is_welcome(say_hello(&bench, keyed, 1, 1)));
    CU_ASSERT(is_answer(say_empty(&bench, longer, WIRE__ENVELOPE__BODY_STATUS_ASK)));
    CU_ASSERT(is_answer(say_empty(&bench, keyed, WIRE__ENVELOPE__BODY_STATUS_ASK)));
    CU_ASSERT(is_answer(say_empty(&bench, peer(ROLE_USER, 1), WIRE__ENVELOPE__BODY_STATUS_ASK)));
}

static void test_silent_longest_leaves_first(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    for (uint32_t i = 0; i < SESSION_MAX; i++)
        say_hello(&bench, peer(ROLE_USER, i), 1, 1);
    CU_ASSERT_EQUAL(dispatcher_sessions(bench.dispatcher), SESSION_MAX);
    /* The first speaks, so the second is silent for longest. */
    CU_ASSERT(is_answer(say_empty(&bench, peer(ROLE_USER, 0), WIRE__ENVELOPE__BODY_STATUS_ASK)));
    CU_ASSERT(is_welcome(say_hello(&bench, peer(ROLE_USER, SESSION_MAX), 1, 1)));
    CU_ASSERT_EQUAL(dispatcher_sessions(bench.dispatcher), SESSION_MAX);
    CU_ASSERT(is_answer(say_empty(&bench, peer(ROLE_USER, 0), WIRE__ENVELOPE__BODY_STATUS_ASK)));
    CU_ASSERT(is_answer(say_empty(&bench, peer(ROLE_USER, 2), WIRE__ENVELOPE__BODY_STATUS_ASK)));
    CU_ASSERT(is_failure(say_empty(&bench, peer(ROLE_USER, 1), WIRE__ENVELOPE__BODY_STATUS_ASK),
                         ERROR_CONFLICT, "say hello"));
}

static void test_silent_for_a_day_is_forgotten(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    for (uint32_t i = 0; i < 100; i++)
        say_hello(&bench, peer(ROLE_USER, i), 1, 1);
    bench.now_us += SESSION_SILENT_MAX_US;
    say_empty(&bench, peer(ROLE_USER, 50), WIRE__ENVELOPE__BODY_STATUS_ASK);
    bench.now_us += 1;
    say_hello(&bench, peer(ROLE_USER, 1000), 1, 1);
    CU_ASSERT_EQUAL(dispatcher_sessions(bench.dispatcher), 2);
    CU_ASSERT(is_answer(say_empty(&bench, peer(ROLE_USER, 50), WIRE__ENVELOPE__BODY_STATUS_ASK)));
}

static void test_revocation_acts_on_the_next_message(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct sender from = peer((uid_t)-1, 1);
    struct key_pair pair;
    struct error err;

    bench_init(&bench);
    key_pair_make(&pair);
    snprintf(from.key, sizeof(from.key), "%s", pair.public);
    CU_ASSERT(identities_bind_key(bench.identities, pair.public, "operator", false, &err));
    CU_ASSERT(is_welcome(say_hello(&bench, from, 1, 1)));
    CU_ASSERT(is_answer(say_empty(&bench, from, WIRE__ENVELOPE__BODY_BACKUP_MAKE)));
    identities_revoke_key(bench.identities, pair.public);
    CU_ASSERT(is_failure(say_empty(&bench, from, WIRE__ENVELOPE__BODY_BACKUP_MAKE), ERROR_DENIED,
                         "revoked"));
    CU_ASSERT(is_failure(say_empty(&bench, from, WIRE__ENVELOPE__BODY_STATUS_ASK), ERROR_DENIED,
                         "revoked"));
    CU_ASSERT(is_failure(say_hello(&bench, from, 1, 1), ERROR_DENIED, "revoked"));
    CU_ASSERT_EQUAL(bench.record.calls, 1);
}

static void test_new_role_acts_on_the_next_message(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct principal user = {.name = (char *)"researcher", .roles = ROLE_USER | ROLE_OPERATOR};
    struct sender from = peer(ROLE_USER, 1);

    bench_init(&bench);
    say_hello(&bench, from, 1, 1);
    CU_ASSERT(is_failure(say_empty(&bench, from, WIRE__ENVELOPE__BODY_BACKUP_MAKE), ERROR_DENIED,
                         "backup_make is for operator; you are researcher"));
    identities_put(bench.identities, &user);
    CU_ASSERT(is_answer(say_empty(&bench, from, WIRE__ENVELOPE__BODY_BACKUP_MAKE)));
    CU_ASSERT_STRING_EQUAL(bench.record.asker, "researcher");
}

static void test_malformed_frame_is_answered(void)
{
    CLEANUP(bench_clear) struct bench bench;
    CLEANUP(buffer_clear) struct buffer frame;
    const Wire__Envelope *answer;

    bench_init(&bench);
    buffer_init(&frame);
    answer = say_bytes(&bench, peer(ROLE_USER, 1), "GET / HTTP/1.1\r\n\r\n", 18);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    CU_ASSERT_EQUAL(answer->body_case, WIRE__ENVELOPE__BODY_FAILURE);
    CU_ASSERT_EQUAL(answer->failure->code, ERROR_INVALID);
    CU_ASSERT_EQUAL(answer->request, 0);
    answer = say_bytes(&bench, peer(ROLE_USER, 1), "", 0);
    CU_ASSERT_EQUAL(answer->request, 0);

    frame_number(&frame, 1, 5); /* a version of the future */
    frame_number(&frame, 2, 31);
    frame_block(&frame, WIRE__ENVELOPE__BODY_STATUS_ASK, "", 0);
    CU_ASSERT(is_failure(say_bytes(&bench, peer(ROLE_USER, 1), frame.bytes, frame.length),
                         ERROR_INVALID, "protocol version 5"));
    CU_ASSERT_EQUAL(dispatcher_refused(bench.dispatcher), 3);
    CU_ASSERT_EQUAL(dispatcher_requests(bench.dispatcher), 0);
}

static void test_failure_is_never_answered(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    CU_ASSERT_PTR_NULL(say_empty(&bench, peer(ROLE_USER, 1), WIRE__ENVELOPE__BODY_FAILURE));
    say_hello(&bench, peer(ROLE_USER, 1), 1, 1);
    CU_ASSERT_PTR_NULL(say_empty(&bench, peer(ROLE_USER, 1), WIRE__ENVELOPE__BODY_FAILURE));
    CU_ASSERT_EQUAL(dispatcher_refused(bench.dispatcher), 2);
}

static void test_acknowledgement_of_what_was_never_sent(void)
{
    static const Wire__Envelope__BodyCase kinds[] = {
        WIRE__ENVELOPE__BODY_DONE,          WIRE__ENVELOPE__BODY_WELCOME,
        WIRE__ENVELOPE__BODY_PART_REPORTED, WIRE__ENVELOPE__BODY_SUBMITTED,
        WIRE__ENVELOPE__BODY_INVENTORY_VERDICT};
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    say_hello(&bench, peer(ROLE_OPERATOR, 1), 1, 1);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        CU_ASSERT(is_failure(say_empty(&bench, peer(ROLE_OPERATOR, 1), kinds[i]), ERROR_INVALID,
                             "is not answered here"));
    CU_ASSERT_EQUAL(bench.record.calls, 0);
}

static void test_later(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    say_hello(&bench, peer(ROLE_USER, 8), 1, 1);
    bench.record.later = true;
    CU_ASSERT_PTR_NULL(say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT));
    CU_ASSERT_EQUAL(bench.record.calls, 1);
    CU_ASSERT_EQUAL(bench.record.request, 31);
    CU_ASSERT_EQUAL(bench.record.to.uid, ROLE_USER);
    CU_ASSERT_EQUAL(bench.record.to.route_size, 4);
    bench.record.refuse_with = ERROR_EXHAUSTED; /* a refusal is always at once */
    CU_ASSERT(is_failure(say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT),
                         ERROR_EXHAUSTED, "not now"));
}

static void test_handler_says_when_to_ask_again(void)
{
    CLEANUP(bench_clear) struct bench bench;
    const Wire__Envelope *answer;

    bench_init(&bench);
    say_hello(&bench, peer(ROLE_USER, 8), 1, 1);
    bench.record.refuse_with = ERROR_EXHAUSTED;
    bench.record.retry_after_us = 250000;
    answer = say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT);
    CU_ASSERT(is_failure(answer, ERROR_EXHAUSTED, "not now"));
    CU_ASSERT_EQUAL(answer->failure->retry_after_us, 250000);
    CU_ASSERT(!answer->failure->hello);
    CU_ASSERT_EQUAL(dispatcher_refused(bench.dispatcher), 0);
}

static void test_answer_too_large(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    say_hello(&bench, peer(ROLE_USER, 8), 1, 1);
    bench.record.large = 60000;
    CU_ASSERT(is_answer(say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT)));
    CU_ASSERT_EQUAL(bench.decoded->submitted->n_first_ids, 60000);
    bench.record.large = 1000000;
    CU_ASSERT(is_failure(say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT),
                         ERROR_EXHAUSTED, "ask for less"));
}

static void test_agent_hello_opens_a_session(void)
{
    CLEANUP(bench_clear) struct bench bench;
    Wire__Envelope *hello;
    struct sender from = peer((uid_t)-1, 1);
    struct key_pair pair;
    struct error err;

    bench_init(&bench);
    key_pair_make(&pair);
    snprintf(from.key, sizeof(from.key), "%s", pair.public);
    hello = envelope_empty(WIRE__ENVELOPE__BODY_AGENT_HELLO, bench.arena);
    hello->agent_hello->version_most = 3;
    CU_ASSERT(is_failure(say(&bench, from, hello), ERROR_DENIED, "enrol"));
    CU_ASSERT_EQUAL(dispatcher_sessions(bench.dispatcher), 0);
    CU_ASSERT(identities_bind_key(bench.identities, pair.public, "agent", true, &err));
    CU_ASSERT_EQUAL_FATAL(say(&bench, from, hello)->body_case,
                          WIRE__ENVELOPE__BODY_AGENT_WELCOME);
    CU_ASSERT_EQUAL(bench.decoded->agent_welcome->version, PROTOCOL_VERSION);
    CU_ASSERT(is_answer(say_empty(&bench, from, WIRE__ENVELOPE__BODY_HEARTBEAT)));
    hello->agent_hello->version_least = 2;
    CU_ASSERT(is_failure(say(&bench, from, hello), ERROR_INVALID, "2 to 3, this program 1 to 1"));
}

static void test_epoch_is_on_every_answer(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct sender from = peer(ROLE_USER, 1);

    bench_init(&bench);
    dispatcher_set_epoch(bench.dispatcher, 12);
    CU_ASSERT_EQUAL(say_empty(&bench, from, WIRE__ENVELOPE__BODY_SUBMIT)->epoch, 12);
    CU_ASSERT_EQUAL(say_hello(&bench, from, 1, 1)->epoch, 12);
    CU_ASSERT_EQUAL(say_empty(&bench, from, WIRE__ENVELOPE__BODY_SUBMIT)->epoch, 12);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hello is welcomed",                     test_hello_is_welcomed                        },
        {"a message before hello is refused",     test_message_before_hello                     },
        {"version below or above the range",      test_version_below_and_above_range            },
        {"every pair of kind and role",           test_every_pair_of_kind_and_role              },
        {"the matrix is the golden one",          test_matrix_is_the_golden_one                 },
        {"a session is of route and identity",    test_session_is_of_route_and_identity_together},
        {"silent for longest leaves first",       test_silent_longest_leaves_first              },
        {"silent for a day is forgotten",         test_silent_for_a_day_is_forgotten            },
        {"revocation acts on the next message",   test_revocation_acts_on_the_next_message      },
        {"a new role acts on the next message",   test_new_role_acts_on_the_next_message        },
        {"a malformed frame is answered",         test_malformed_frame_is_answered              },
        {"a failure is never answered",           test_failure_is_never_answered                },
        {"acknowledging what was never sent",     test_acknowledgement_of_what_was_never_sent   },
        {"a handler may answer later",            test_later                                    },
        {"a handler says when to ask again",      test_handler_says_when_to_ask_again           },
        {"an answer too large is a failure",      test_answer_too_large                         },
        {"agent_hello opens a session",           test_agent_hello_opens_a_session              },
        {"the epoch is on every answer",          test_epoch_is_on_every_answer                 },
        CU_TEST_INFO_NULL,
    };

    return run_suite("dispatch", tests);
}
