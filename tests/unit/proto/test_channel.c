/* test_channel.c - asks over losses, restarts and servers of every kind of bad will */

#include "base/clock.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/proto/channel_bench.h"

#include <string.h>

static int64_t passed_us(const struct bench *bench)
{
    return clock_boot_us(&clock_real) - bench->start_us;
}

static void test_says_hello_on_its_own(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct error err;

    bench_init(&bench, (struct script){.twice = true});
    CU_ASSERT_PTR_NULL(channel_welcome(bench.channel));
    for (int i = 0; i < 50; i++)
        CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(script->hellos, 1);
    CU_ASSERT_EQUAL(script->asks, 50);
    CU_ASSERT_STRING_EQUAL(channel_welcome(bench.channel)->network, "redcan");
}

static void test_lost_ask_is_sent_again_with_growing_pauses(void)
{
    CLEANUP(bench_clear) struct bench bench;
    int64_t first_us, second_us;
    struct error err;

    bench_init(&bench, (struct script){.lose = 2});
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(script->asks, 3);
    first_us = script->ask_us[1] - script->ask_us[0];
    second_us = script->ask_us[2] - script->ask_us[1];
    CU_ASSERT(first_us >= 300000); /* 400 ms, a quarter less at least */
    CU_ASSERT(second_us >= 600000);
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(script->asks, 4);
}

static void test_forgotten_says_hello_again(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct error err;

    bench_init(&bench, (struct script){0});
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    script->forget = 1;
    bench.start_us = clock_boot_us(&clock_real);
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(script->hellos, 2);
    CU_ASSERT_EQUAL(script->asks, 3);
}

static void test_always_forgotten_is_no_endless_game(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench, (struct script){.forget = 1000000});
    CU_ASSERT(ask_fails(bench.channel, US_PER_SECOND, ERROR_UNAVAILABLE, "no answer from"));
    CU_ASSERT(script->hellos < 12);
    CU_ASSERT(script->asks < 12);
}

static void test_busy_is_asked_again_when_it_says(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct error err;

    bench_init(&bench, (struct script){.busy = 2, .retry_after_us = 150000});
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(script->asks, 3);
    CU_ASSERT(script->ask_us[2] - script->ask_us[0] >= 300000);
}

static void test_busy_beyond_the_deadline_is_told_at_once(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench, (struct script){.busy = 1000000, .retry_after_us = UINT64_MAX});
    CU_ASSERT(ask_fails(bench.channel, PATIENCE_US, ERROR_EXHAUSTED, "too many asks"));
    CU_ASSERT_EQUAL(script->asks, 1);
    script->retry_after_us = 1; /* a lie that must not make us spin */
    CU_ASSERT(ask_fails(bench.channel, US_PER_SECOND, ERROR_EXHAUSTED, "too many asks"));
    CU_ASSERT(script->asks < 20);
}

static void test_failure_is_told(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench, (struct script){.busy = 1});
    CU_ASSERT(ask_fails(bench.channel, PATIENCE_US, ERROR_EXHAUSTED, "too many asks just now"));
    CU_ASSERT_EQUAL(script->asks, 1);
}

static void test_hello_refused(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench, (struct script){.refuse_hello = 1});
    CU_ASSERT(ask_fails(bench.channel, PATIENCE_US, ERROR_DENIED, "go away"));
    CU_ASSERT_EQUAL(script->asks, 0);
    CU_ASSERT_PTR_NULL(channel_welcome(bench.channel));
}

static void test_nobody_there(void)
{
    struct key_pair pair, server;
    struct error err;
    CLEANUP(channel_freep) struct channel *channel = NULL;

    key_pair_make(&pair);
    key_pair_make(&server);
    channel = channel_open("tcp://127.0.0.1:1", &pair, server.public, "test 1", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(channel);
    CU_ASSERT(ask_fails(channel, 300000, ERROR_UNAVAILABLE,
                        "cannot reach tcp://127.0.0.1:1: nobody answers there"));
    channel_free(STEAL(channel));
    socket_end();
}

static void test_mute_and_slow_are_told_apart(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct error err;

    bench_init(&bench, (struct script){.greets_only = true});
    CU_ASSERT(ask_fails(bench.channel, 300000, ERROR_UNAVAILABLE, "to status_ask within 0.3 s"));
    CU_ASSERT_EQUAL(script->hellos, 1);
    script->mute = true;
    CU_ASSERT(ask_fails(bench.channel, 300000, ERROR_UNAVAILABLE, "no answer from ipc://"));
    script->mute = script->greets_only = false;
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
}

static void test_answers_that_make_no_sense(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench, (struct script){.wrong_kind = true});
    CU_ASSERT(ask_fails(bench.channel, PATIENCE_US, ERROR_UNAVAILABLE, "status_ask with done"));
    script->wrong_kind = false;
    script->garbage = "HTTP/1.1 200 OK";
    CU_ASSERT(ask_fails(bench.channel, PATIENCE_US, ERROR_UNAVAILABLE, "does not understand"));
    script->garbage = NULL;
    script->shift = 1000; /* an answer to what was never asked */
    CU_ASSERT(ask_fails(bench.channel, 300000, ERROR_UNAVAILABLE, "no answer"));
}

static void test_other_version_in_welcome(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench, (struct script){.version = 7});
    CU_ASSERT(ask_fails(bench.channel, PATIENCE_US, ERROR_UNAVAILABLE,
                        "wants protocol version 7; this program speaks version 1"));
    CU_ASSERT_EQUAL(script->asks, 0);
}

/* The server cannot even be made to send more than fits one message. */
static void test_answer_larger_than_the_limit(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct error err;

    bench_init(&bench, (struct script){.pad = 4 << 20});
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    script->pad = 64 << 20;
    CU_ASSERT(ask_fails(bench.channel, 300000, ERROR_UNAVAILABLE, "no answer"));
}

static void test_ask_larger_than_the_limit(void)
{
    CLEANUP(bench_clear) struct bench bench;
    CLEANUP(memory_freep) uint8_t *bytes = memory_get(1, SOCKET_FRAME_MAX);
    Wire__Topology topology = WIRE__TOPOLOGY__INIT;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    struct error err;

    bench_init(&bench, (struct script){0});
    topology.xml = (ProtobufCBinaryData){SOCKET_FRAME_MAX, bytes};
    ask.body_case = WIRE__ENVELOPE__BODY_TOPOLOGY;
    ask.topology = &topology;
    CU_ASSERT_PTR_NULL(
        channel_ask(bench.channel, &ask, WIRE__ENVELOPE__BODY_DONE, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_EXHAUSTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "too large"));
}

/* The server is killed and another starts in its place, which knows nobody. */
static void test_restart_of_the_server(void)
{
    CLEANUP(bench_clear) struct bench bench = {0};
    CLEANUP(memory_freep) char *path = scratch_path("restarted");
    struct server *second;
    struct error err;

    *script = (struct script){.version = PROTOCOL_VERSION};
    bench.endpoint = memory_format("ipc://%s", path);
    bench.server = server_start(bench.endpoint, NULL, NULL, serve_script, NULL);
    second = server_prepare(bench.endpoint, NULL, NULL, serve_script, NULL);
    bench.channel = channel_open(bench.endpoint, NULL, NULL, "test 1", &err);
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    server_stop(bench.server);
    bench.server = second;
    CU_ASSERT(ask_fails(bench.channel, 300000, ERROR_UNAVAILABLE, "the connection was lost"));
    server_go(second);
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(script->hellos, 2);
}

static void test_keys_over_tcp(void)
{
    struct key_pair of_server, of_client, of_other;
    CLEANUP(server_stopp) struct server *server = NULL;
    CLEANUP(channel_freep) struct channel *good = NULL;
    CLEANUP(channel_freep) struct channel *mistaken = NULL;
    CLEANUP(channel_freep) struct channel *revoked = NULL;
    struct error err;
    int64_t start_us;

    key_pair_make(&of_server);
    key_pair_make(&of_client);
    key_pair_make(&of_other);
    *script = (struct script){.version = PROTOCOL_VERSION};
    server = server_start("tcp://127.0.0.1:0", &of_server, of_other.public, serve_script, NULL);
    good = channel_open(server_endpoint(server), &of_client, of_server.public, "test 1", &err);
    revoked = channel_open(server_endpoint(server), &of_other, of_server.public, "test 1", &err);
    mistaken = channel_open(server_endpoint(server), &of_client, of_other.public, "test 1", &err);
    CU_ASSERT(ask_status(good, PATIENCE_US, &err));

    start_us = clock_boot_us(&clock_real);
    CU_ASSERT(ask_fails(revoked, PATIENCE_US, ERROR_DENIED, "does not admit this key"));
    CU_ASSERT(ask_fails(mistaken, PATIENCE_US, ERROR_UNAVAILABLE, "another key"));
    CU_ASSERT(clock_boot_us(&clock_real) - start_us < PATIENCE_US);
    channel_free(STEAL(good));
    channel_free(STEAL(revoked));
    channel_free(STEAL(mistaken));
    socket_end();
}

static void test_open_refuses(void)
{
    struct key_pair pair;
    struct error err;

    key_pair_make(&pair);
    CU_ASSERT_PTR_NULL(channel_open("http://x", &pair, pair.public, "test 1", &err));
    CU_ASSERT_PTR_NULL(channel_open("tcp://127.0.0.1:7000", NULL, NULL, "test 1", &err));
    CU_ASSERT_PTR_NULL(channel_open("tcp://127.0.0.1:7000", &pair, "short", "test 1", &err));
    socket_end();
}

static void test_many_asks_at_once(void)
{
    CLEANUP(bench_clear) struct bench bench;
    Wire__StatusAsk status = WIRE__STATUS_ASK__INIT;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    uint64_t requests[200];
    struct error err;
    size_t hits = 0;

    bench_init(&bench, (struct script){.forget = 1});
    ask.body_case = WIRE__ENVELOPE__BODY_STATUS_ASK;
    ask.status_ask = &status;
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        CU_ASSERT(channel_send(bench.channel, &ask, &requests[i], &err));
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        CLEANUP(message_freep)
        Wire__Envelope *answer = channel_receive(bench.channel, PATIENCE_US, &err);

        CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
        hits += answer->request == requests[i] &&
                (answer->body_case == WIRE__ENVELOPE__BODY_FAILURE) == (i == 0);
    }
    CU_ASSERT_EQUAL(hits, COUNT_OF(requests));
    CU_ASSERT_PTR_NULL(channel_receive(bench.channel, 50000, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_UNAVAILABLE);
    CU_ASSERT_EQUAL(script->hellos, 2);
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    CU_ASSERT(passed_us(&bench) < PATIENCE_US);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"says hello on its own, once",                test_says_hello_on_its_own                     },
        {"a lost ask is sent again, with pauses",      test_lost_ask_is_sent_again_with_growing_pauses},
        {"who is forgotten says hello again",          test_forgotten_says_hello_again                },
        {"always forgotten is no endless game",        test_always_forgotten_is_no_endless_game       },
        {"busy is asked again when it says",           test_busy_is_asked_again_when_it_says          },
        {"busy beyond the deadline is told at once",   test_busy_beyond_the_deadline_is_told_at_once  },
        {"a failure is told",                          test_failure_is_told                           },
        {"a refused hello is told",                    test_hello_refused                             },
        {"nobody there is told",                       test_nobody_there                              },
        {"mute and slow are told apart",               test_mute_and_slow_are_told_apart              },
        {"answers that make no sense are told",        test_answers_that_make_no_sense                },
        {"another version in Welcome is told",         test_other_version_in_welcome                  },
        {"an answer larger than the limit is dropped", test_answer_larger_than_the_limit              },
        {"an ask larger than the limit is not sent",   test_ask_larger_than_the_limit                 },
        {"the server may start anew",                  test_restart_of_the_server                     },
        {"keys over TCP: good, revoked, mistaken",     test_keys_over_tcp                             },
        {"what cannot be dialled is refused",          test_open_refuses                              },
        {"many asks at once",                          test_many_asks_at_once                         },
        CU_TEST_INFO_NULL,
    };

    script = server_shared(sizeof(*script));
    return run_suite("channel", tests);
}
