/* dispatch_bench.c - a dispatcher, a table, and somebody of each role to talk to it */

#include "tests/unit/proto/dispatch_bench.h"

#include "base/parse.h"
#include "tests/lib/envelope.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define REQUEST 31 /* of every ask */

#define REPORT_ROLES (ROLE_MANAGER | ROLE_OPERATOR | ROLE_AUDITOR | ROLE_ACCOUNTING)

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

static bool on_agent_hello(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
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

const struct handler bench_handlers[] = {
    {WIRE__ENVELOPE__BODY_STATUS_ASK,  ROLE_ANYBODY,                 on_ask        },
    {WIRE__ENVELOPE__BODY_ENROL,       ROLE_STRANGER,                on_ask        },
    {WIRE__ENVELOPE__BODY_KEY_LIST,    ROLE_PEOPLE,                  on_ask        },
    {WIRE__ENVELOPE__BODY_SUBMIT,      ROLE_USER,                    on_ask        },
    {WIRE__ENVELOPE__BODY_JOB_LIST,    ROLE_PEOPLE,                  on_ask        },
    {WIRE__ENVELOPE__BODY_NODE_CHANGE, ROLE_CLUSTER | ROLE_OPERATOR, on_ask        },
    {WIRE__ENVELOPE__BODY_REPORT_ASK,  REPORT_ROLES,                 on_ask        },
    {WIRE__ENVELOPE__BODY_BACKUP_MAKE, ROLE_OPERATOR,                on_ask        },
    {WIRE__ENVELOPE__BODY_AGENT_HELLO, ROLE_AGENT,                   on_agent_hello},
    {WIRE__ENVELOPE__BODY_HEARTBEAT,   ROLE_AGENT,                   on_ask        },
    {WIRE__ENVELOPE__BODY__NOT_SET,    0,                            NULL          },
};

void bench_init(struct bench *bench)
{
    struct error err;

    *bench = (struct bench){.identities = identities_new(), .now_us = US_PER_DAY};
    for (unsigned role = ROLE_USER; role & ROLE_ANYBODY; role <<= 1) {
        struct principal principal = {.name = (char *)role_name((enum role)role), .roles = role};

        identities_put(bench->identities, &principal);
        if (role != ROLE_AGENT)
            identities_bind_uid(bench->identities, role, principal.name, &err);
    }
    bench->dispatcher =
        dispatcher_new(bench_handlers, bench->identities, on_welcome, &bench->record);
    bench->arena = arena_new();
    buffer_init(&bench->answer);
}

void bench_clear(struct bench *bench)
{
    message_free(bench->decoded);
    dispatcher_free(bench->dispatcher);
    identities_free(bench->identities);
    arena_free(bench->arena);
    buffer_clear(&bench->answer);
}

struct sender peer(uid_t uid, uint32_t route)
{
    struct sender sender = {.uid = uid, .route_size = sizeof(route)};

    memcpy(sender.route, &route, sizeof(route));
    return sender;
}

Wire__Envelope *say_bytes(struct bench *bench, struct sender from, const void *bytes, size_t size)
{
    struct error err;

    message_free(STEAL(bench->decoded));
    if (!dispatch(bench->dispatcher, &from, bytes, size, bench->now_us, &bench->answer))
        return NULL;
    bench->decoded = message_decode((uint8_t *)bench->answer.bytes, bench->answer.length, &err);
    CU_ASSERT_PTR_NOT_NULL(bench->decoded);
    return bench->decoded;
}

Wire__Envelope *say(struct bench *bench, struct sender from, Wire__Envelope *envelope)
{
    CLEANUP(buffer_clear) struct buffer frame;

    buffer_init(&frame);
    envelope->request = REQUEST;
    message_encode(envelope, &frame);
    return say_bytes(bench, from, frame.bytes, frame.length);
}

Wire__Envelope *say_empty(struct bench *bench, struct sender from, Wire__Envelope__BodyCase kind)
{
    return say(bench, from, envelope_empty(kind, bench->arena));
}

Wire__Envelope *say_hello(struct bench *bench, struct sender from, uint32_t least, uint32_t most)
{
    Wire__Envelope *envelope = envelope_empty(WIRE__ENVELOPE__BODY_HELLO, bench->arena);

    envelope->hello->version_least = least;
    envelope->hello->version_most = most;
    return say(bench, from, envelope);
}

bool is_failure(const Wire__Envelope *answer, enum error_code code, const char *words)
{
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_FAILURE || answer->request != REQUEST)
        return false;
    if (answer->failure->code != (uint32_t)code || !strstr(answer->failure->text, words))
        printf("# %u: %s\n", answer->failure->code, answer->failure->text);
    return answer->failure->code == (uint32_t)code && strstr(answer->failure->text, words);
}

bool is_welcome(const Wire__Envelope *answer)
{
    return answer && answer->body_case == WIRE__ENVELOPE__BODY_WELCOME &&
           answer->request == REQUEST;
}

bool is_answer(const Wire__Envelope *answer)
{
    return answer && answer->body_case == WIRE__ENVELOPE__BODY_SUBMITTED &&
           answer->request == REQUEST;
}
