/* test_message.c - envelopes of every kind come through; what is changed on the way does no harm */

#include "proto/message.h"
#include "tests/lib/envelope.h"
#include "tests/lib/runner.h"

#include <string.h>

#define ROUNDS    60 /* for each kind of body */
#define CHANGES   40 /* of one frame */
#define PIECE_MAX 16 /* bytes moved or lost at once */

static void test_every_kind_comes_through(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(buffer_clear) struct buffer first, second;
    struct error err;

    buffer_init(&first);
    buffer_init(&second);
    for (size_t i = 0; i < ROUNDS * envelope_kind_count(); i++) {
        Wire__Envelope__BodyCase kind = envelope_kind(i % envelope_kind_count());
        Wire__Envelope *sent;
        CLEANUP(message_freep) Wire__Envelope *received = NULL;

        arena_reset(arena);
        buffer_reset(&first);
        buffer_reset(&second);
        sent = envelope_random(&random, kind, arena);
        message_encode(sent, &first);
        received = message_decode((uint8_t *)first.bytes, first.length, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(received);
        CU_ASSERT_EQUAL(received->body_case, kind);
        CU_ASSERT_EQUAL(received->request, sent->request);
        message_encode(received, &second);
        CU_ASSERT_EQUAL_FATAL(first.length, second.length);
        CU_ASSERT_EQUAL(memcmp(first.bytes, second.bytes, first.length), 0);
    }
}

/* Some bytes set, some moved, some lost: as many ways as there are. */
static void mutate(struct test_random *random, struct buffer *frame)
{
    uint32_t length = (uint32_t)frame->length;
    uint32_t at = test_random_below(random, length);
    uint32_t size = test_random_below(random, length - at < PIECE_MAX ? length - at : PIECE_MAX);
    uint32_t from = test_random_below(random, length - size);

    switch (test_random_below(random, 4)) {
    case 0:
        frame->bytes[at] = (char)(frame->bytes[at] ^ 1 << test_random_below(random, 8));
        break;
    case 1:
        frame->bytes[at] = "\x00\x7f\x80\xff\x01"[test_random_below(random, 5)];
        break;
    case 2:
        memmove(frame->bytes + at, frame->bytes + from, size);
        break;
    default:
        frame->length -= size;
        memmove(frame->bytes + from, frame->bytes + from + size, frame->length - from);
        break;
    }
}

static void test_mutations_do_no_harm(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(buffer_clear) struct buffer frame;
    size_t refused = 0;

    buffer_init(&frame);
    for (size_t i = 0; i < ROUNDS * envelope_kind_count(); i++) {
        arena_reset(arena);
        buffer_reset(&frame);
        message_encode(envelope_random(&random, envelope_kind(i % envelope_kind_count()), arena),
                       &frame);
        for (int change = 0; change < CHANGES && frame.length > 0; change++) {
            struct error err = {.code = ERROR_NONE};
            CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
            CLEANUP(memory_freep) uint8_t *exact = NULL;

            mutate(&random, &frame);
            exact = memory_copy_bytes(frame.bytes, frame.length + !frame.length);
            envelope = message_decode(exact, frame.length, &err);
            (void)message_request(exact, frame.length);
            if (envelope) {
                CU_ASSERT(message_heap(envelope) <= MESSAGE_HEAP_MAX + 1024);
            } else {
                CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
                CU_ASSERT(*err.text);
                refused++;
            }
        }
    }
    CU_ASSERT(refused > 1000);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every kind comes through", test_every_kind_comes_through},
        {"mutations do no harm",     test_mutations_do_no_harm    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("message", tests);
}
