/* test_message.c - envelopes to bytes and back */

#include "base/parse.h"
#include "base/socket.h"
#include "proto/message.h"
#include "proto/scan.h"
#include "tests/lib/envelope.h"
#include "tests/lib/frame.h"
#include "tests/lib/runner.h"

#include <ctype.h>
#include <string.h>

static Wire__Envelope *decode(const struct buffer *frame, struct error *err)
{
    return message_decode((const uint8_t *)frame->bytes, frame->length, err);
}

static void test_what_goes_in_comes_out(void)
{
    CLEANUP(buffer_clear) struct buffer frame;
    CLEANUP(message_freep) Wire__Envelope *decoded = NULL;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    uint64_t jobs[] = {1, 300, UINT64_MAX};
    struct error err;

    buffer_init(&frame);
    buffer_add_text(&frame, "before");
    change.key = (ProtobufCBinaryData){4, (uint8_t *)"\0\1\2\3"};
    change.verb = WIRE__JOB_VERB__JOB_VERB_HOLD;
    change.jobs = jobs;
    change.n_jobs = COUNT_OF(jobs);
    change.reason = (char *)"mañana";
    envelope.request = 99;
    envelope.epoch = 3;
    envelope.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    envelope.job_change = &change;
    message_encode(&envelope, &frame);
    CU_ASSERT_NSTRING_EQUAL(frame.bytes, "before", 6);
    CU_ASSERT_EQUAL(frame.bytes[frame.length], '\0');

    decoded = message_decode((uint8_t *)frame.bytes + 6, frame.length - 6, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decoded);
    CU_ASSERT_EQUAL(decoded->version, PROTOCOL_VERSION);
    CU_ASSERT_EQUAL(decoded->request, 99);
    CU_ASSERT_EQUAL(decoded->epoch, 3);
    CU_ASSERT_EQUAL(decoded->body_case, WIRE__ENVELOPE__BODY_JOB_CHANGE);
    CU_ASSERT_EQUAL(decoded->job_change->key.len, 4);
    CU_ASSERT_EQUAL(memcmp(decoded->job_change->key.data, "\0\1\2\3", 4), 0);
    CU_ASSERT_EQUAL(decoded->job_change->verb, WIRE__JOB_VERB__JOB_VERB_HOLD);
    CU_ASSERT_EQUAL(decoded->job_change->n_jobs, 3);
    CU_ASSERT_EQUAL(memcmp(decoded->job_change->jobs, jobs, sizeof(jobs)), 0);
    CU_ASSERT_STRING_EQUAL(decoded->job_change->reason, "mañana");
    CU_ASSERT_PTR_NULL(decoded->job_change->filter);
}

static void test_nothing_and_no_body(void)
{
    CLEANUP(buffer_clear) struct buffer frame;
    struct error err;

    buffer_init(&frame);
    CU_ASSERT_PTR_NULL(message_decode(NULL, 0, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    frame_number(&frame, 1, PROTOCOL_VERSION);
    CU_ASSERT_PTR_NULL(decode(&frame, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "without a body"));
    frame_block(&frame, 5000, "", 0); /* a body of the year 2040 */
    CU_ASSERT_PTR_NULL(decode(&frame, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "newer"));
}

static void test_other_versions(void)
{
    static const uint64_t versions[] = {0, 2, UINT32_MAX};
    CLEANUP(buffer_clear) struct buffer frame;
    struct error err;

    buffer_init(&frame);
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        buffer_reset(&frame);
        frame_number(&frame, 1, versions[i]);
        frame_block(&frame, WIRE__ENVELOPE__BODY_STATUS_ASK, "", 0);
        CU_ASSERT_PTR_NULL(decode(&frame, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "status_ask is of protocol version"));
    }
}

static void test_hello_comes_through_with_any_version(void)
{
    static const unsigned kinds[] = {WIRE__ENVELOPE__BODY_HELLO, WIRE__ENVELOPE__BODY_AGENT_HELLO};
    CLEANUP(buffer_clear) struct buffer frame;
    struct error err;

    buffer_init(&frame);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP(message_freep) Wire__Envelope *envelope = NULL;

        buffer_reset(&frame);
        frame_number(&frame, 1, 9);
        frame_block(&frame, kinds[i], "\x08\x05", 2);
        envelope = decode(&frame, &err);
        CU_ASSERT_PTR_NOT_NULL(envelope);
    }
}

/* A byte more in front or behind, or one less, never gives the same message. */
static void test_append_prepend_cut_one_byte(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(buffer_clear) struct buffer frame, other;
    struct error err;

    buffer_init(&frame);
    buffer_init(&other);
    for (size_t i = 0; i < envelope_kind_count(); i++) {
        buffer_reset(&frame);
        message_encode(envelope_random(&random, envelope_kind(i), arena), &frame);
        for (int change = 0; change < 4; change++) {
            CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
            size_t cut_front = change == 2, cut_end = change == 3;

            buffer_reset(&other);
            if (change == 0)
                buffer_add_char(&other, '\0');
            buffer_add(&other, frame.bytes + cut_front, frame.length - cut_front - cut_end);
            if (change == 1)
                buffer_add_char(&other, '\0');
            envelope = decode(&other, &err);
            CU_ASSERT_PTR_NULL(envelope);
        }
    }
}

static void test_cut_anywhere(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(buffer_clear) struct buffer frame;
    struct error err;

    buffer_init(&frame);
    for (size_t i = 0; i < envelope_kind_count(); i++) {
        buffer_reset(&frame);
        message_encode(envelope_random(&random, envelope_kind(i), arena), &frame);
        for (size_t size = 0; size < frame.length; size++) {
            /* On the heap and no longer, so that a sanitizer sees what reads behind it. */
            CLEANUP(memory_freep) uint8_t *cut = memory_copy_bytes(frame.bytes, size + !size);

            CU_ASSERT_PTR_NULL(message_decode(cut, size, &err));
        }
    }
}

static void test_request_of_what_is_refused(void)
{
    CLEANUP(buffer_clear) struct buffer frame;

    buffer_init(&frame);
    CU_ASSERT_EQUAL(message_request(NULL, 0), 0);
    frame_number(&frame, 1, 77);
    frame_number(&frame, 2, 4242);
    frame_block(&frame, WIRE__ENVELOPE__BODY_JOB_WHY, "\xff", 1);
    CU_ASSERT_EQUAL(message_request((uint8_t *)frame.bytes, frame.length), 4242);
    CU_ASSERT_EQUAL(message_request((const uint8_t *)"GET / HTTP/1.1", 14), 0);
}

static void test_relay(void)
{
    Wire__TaskSignal signal = WIRE__TASK_SIGNAL__INIT;
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    CLEANUP(message_free_relayp) Wire__RelayBody *decoded = NULL;
    uint8_t bytes[64];
    struct error err;
    size_t size;

    signal.step = UINT64_C(5) << 32 | 1;
    signal.signal = 15;
    body.request = 12;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_SIGNAL;
    body.task_signal = &signal;
    size = wire__relay_body__pack(&body, bytes);
    decoded = message_decode_relay(bytes, size, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decoded);
    CU_ASSERT_EQUAL(decoded->request, 12);
    CU_ASSERT_EQUAL(decoded->task_signal->step, signal.step);
    CU_ASSERT_EQUAL(decoded->task_signal->signal, 15);
    CU_ASSERT_PTR_NULL(message_decode_relay(bytes, size - 1, &err));
    CU_ASSERT_PTR_NULL(message_decode_relay(bytes, 2, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "without a body"));
    CU_ASSERT_PTR_NULL(message_decode_relay(bytes, 0, &err));
}

static void test_names(void)
{
    CU_ASSERT_STRING_EQUAL(message_name(WIRE__ENVELOPE__BODY_SUBMIT), "submit");
    CU_ASSERT_STRING_EQUAL(message_name(WIRE__ENVELOPE__BODY_JOB_LIST), "job_list");
    CU_ASSERT_STRING_EQUAL(message_name(WIRE__ENVELOPE__BODY__NOT_SET), "unknown");
    CU_ASSERT_STRING_EQUAL(message_name((Wire__Envelope__BodyCase)2), "unknown");
    CU_ASSERT_STRING_EQUAL(message_name((Wire__Envelope__BodyCase)30000), "unknown");
}

/* As decoded from the packed bytes of what failure_fill() makes of *err. */
static struct error send_failure(const struct error *err)
{
    CLEANUP(buffer_clear) struct buffer frame;
    CLEANUP(message_freep) Wire__Envelope *decoded = NULL;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Failure failure;
    struct error received = {.code = ERROR_NONE};

    buffer_init(&frame);
    failure_fill(&failure, err);
    envelope.body_case = WIRE__ENVELOPE__BODY_FAILURE;
    envelope.failure = &failure;
    message_encode(&envelope, &frame);
    decoded = decode(&frame, &received);
    CU_ASSERT_PTR_NOT_NULL(decoded);
    if (decoded)
        CU_ASSERT(!failure_read(decoded->failure, &received));
    return received;
}

static void test_failure_carries_code_and_text(void)
{
#define X(name, number) ERROR_##name,
    static const enum error_code codes[] = {ERROR_CODES(X)};
#undef X
    struct error err, received;

    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        fail(&err, codes[i], "no job %d at this site", 17);
        received = send_failure(&err);
        CU_ASSERT_EQUAL(received.code, codes[i]);
        CU_ASSERT_STRING_EQUAL(received.text, "no job 17 at this site");
    }
}

/* An error may quote a file's name, and is cut at 239 bytes wherever that is. */
static void test_failure_text_is_always_readable(void)
{
    struct error err = {.code = ERROR_INVALID}, received;

    fail(&err, ERROR_INVALID, "no file %s", "caf\xe9");
    received = send_failure(&err);
    CU_ASSERT_STRING_EQUAL(received.text, "no file caf\\xe9");
    for (size_t length = sizeof(err.text) - 5; length < sizeof(err.text); length++) {
        memset(err.text, 'x', length);
        memcpy(err.text + length - 2, "\xe3\x81", 3);
        received = send_failure(&err);
        CU_ASSERT(text_is_utf8(received.text, strlen(received.text)));
    }
}

/* The server is not trusted either. */
static void test_failure_from_a_hostile_server(void)
{
    char text[4 * sizeof((struct error){0}.text)] = "";
    Wire__Failure failure = WIRE__FAILURE__INIT;
    struct error err;

    failure.code = 4000000000;
    CU_ASSERT(!failure_read(&failure, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INTERNAL);
    CU_ASSERT(*err.text);
    failure.code = 0;
    CU_ASSERT(!failure_read(&failure, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INTERNAL);

    for (size_t shift = 0; shift < 4; shift++) { /* of a character of four bytes */
        memset(text, 'x', shift);
        for (size_t i = shift; i + 4 < sizeof(text); i += 4)
            memcpy(text + i, "\xf0\x9d\x94\x98", 5);
        failure.text = text;
        CU_ASSERT(!failure_read(&failure, &err));
        CU_ASSERT(text_is_utf8(err.text, strlen(err.text)));
        CU_ASSERT(strlen(err.text) > sizeof(err.text) - 6);
    }
}

static void test_memory_stays_in_the_budget(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(buffer_clear) struct buffer frame;
    struct error err;
    size_t heap;

    buffer_init(&frame);
    for (size_t i = 0; i < 20 * envelope_kind_count(); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        CLEANUP(message_freep) Wire__Envelope *envelope = NULL;

        buffer_reset(&frame);
        message_encode(envelope_random(&random, envelope_kind(i % envelope_kind_count()), arena),
                       &frame);
        CU_ASSERT(scan_message(&wire__envelope__descriptor, (uint8_t *)frame.bytes, frame.length,
                               &heap, &err));
        envelope = decode(&frame, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(envelope);
        /* The walk foresaw all of it: the arena did not grow. */
        CU_ASSERT(message_heap(envelope) <= heap + 64);
    }
}

/* A job script of 4 MiB and what is around it are within the limits. */
static void test_largest_script(void)
{
    const size_t size = 4 << 20;
    CLEANUP(memory_freep) uint8_t *script = memory_get(1, size);
    CLEANUP(buffer_clear) struct buffer frame;
    CLEANUP(message_freep) Wire__Envelope *decoded = NULL;
    Wire__Submit submit = WIRE__SUBMIT__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    ProtobufCBinaryData scripts[1] = {
        {size, script}
    };
    struct error err;

    buffer_init(&frame);
    memset(script, '#', size);
    submit.scripts = scripts;
    submit.n_scripts = 1;
    envelope.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    envelope.submit = &submit;
    message_encode(&envelope, &frame);
    CU_ASSERT(frame.length <= SOCKET_FRAME_MAX);
    decoded = decode(&frame, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decoded);
    CU_ASSERT_EQUAL(decoded->submit->scripts[0].len, size);
    CU_ASSERT_EQUAL(memcmp(decoded->submit->scripts[0].data, script, size), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what goes in comes out",                   test_what_goes_in_comes_out              },
        {"no bytes and no body are refused",         test_nothing_and_no_body                 },
        {"other versions are refused",               test_other_versions                      },
        {"hello comes through with any version",     test_hello_comes_through_with_any_version},
        {"a byte more or less is refused",           test_append_prepend_cut_one_byte         },
        {"a frame cut anywhere is refused",          test_cut_anywhere                        },
        {"the request of what is refused is read",   test_request_of_what_is_refused          },
        {"relayed bodies come through",              test_relay                               },
        {"bodies have names",                        test_names                               },
        {"a failure carries code and text",          test_failure_carries_code_and_text       },
        {"a failure's text is always readable",      test_failure_text_is_always_readable     },
        {"a failure from a hostile server is tamed", test_failure_from_a_hostile_server       },
        {"memory stays in the budget",               test_memory_stays_in_the_budget          },
        {"the largest job script comes through",     test_largest_script                      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("message", tests);
}
