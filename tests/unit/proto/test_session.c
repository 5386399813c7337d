/* test_session.c - who has said hello to a dispatcher, and for how long that counts */

#include "base/parse.h"
#include "tests/lib/envelope.h"
#include "tests/lib/runner.h"
#include "tests/unit/proto/dispatch_bench.h"

#include <stdio.h>
#include <string.h>

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
    CU_ASSERT(
        is_failure(say_hello(&bench, from, 0, 0), ERROR_INVALID, "0 to 0, this program 1 to 1"));
    CU_ASSERT(
        is_failure(say_hello(&bench, from, 2, 7), ERROR_INVALID, "2 to 7, this program 1 to 1"));
    CU_ASSERT(is_failure(say_hello(&bench, from, 2, 1), ERROR_INVALID, "above the last"));
    CU_ASSERT(
        is_failure(say_hello(&bench, from, UINT32_MAX, UINT32_MAX), ERROR_INVALID, "this program"));
    CU_ASSERT_EQUAL(dispatcher_sessions(bench.dispatcher), 0);
    CU_ASSERT(is_welcome(say_hello(&bench, from, 0, UINT32_MAX)));
    CU_ASSERT(is_welcome(say_hello(&bench, from, 1, 2)));
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
    CU_ASSERT(is_failure(say_empty(&bench, keyed, WIRE__ENVELOPE__BODY_STATUS_ASK), ERROR_CONFLICT,
                         "say hello"));
    CU_ASSERT(is_failure(say_empty(&bench, longer, WIRE__ENVELOPE__BODY_STATUS_ASK), ERROR_CONFLICT,
                         "say hello"));
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
    CU_ASSERT_EQUAL_FATAL(say(&bench, from, hello)->body_case, WIRE__ENVELOPE__BODY_AGENT_WELCOME);
    CU_ASSERT_EQUAL(bench.decoded->agent_welcome->version, PROTOCOL_VERSION);
    CU_ASSERT(is_answer(say_empty(&bench, from, WIRE__ENVELOPE__BODY_HEARTBEAT)));
    hello->agent_hello->version_least = 2;
    CU_ASSERT(is_failure(say(&bench, from, hello), ERROR_INVALID, "2 to 3, this program 1 to 1"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hello is welcomed",                  test_hello_is_welcomed                        },
        {"a message before hello is refused",  test_message_before_hello                     },
        {"version below or above the range",   test_version_below_and_above_range            },
        {"a session is of route and identity", test_session_is_of_route_and_identity_together},
        {"silent for longest leaves first",    test_silent_longest_leaves_first              },
        {"silent for a day is forgotten",      test_silent_for_a_day_is_forgotten            },
        {"agent_hello opens a session",        test_agent_hello_opens_a_session              },
        CU_TEST_INFO_NULL,
    };

    return run_suite("session", tests);
}
