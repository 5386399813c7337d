/* test_scan.c - what is refused before protobuf-c sees it */

#include "proto/message.h"
#include "proto/scan.h"
#include "tests/lib/envelope.h"
#include "tests/lib/frame.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <string.h>

/* Fields of the messages used here, by their numbers in proto/wire. */
enum {
    JOB_WHY = WIRE__ENVELOPE__BODY_JOB_WHY,
    JOB_WHY_JOB = 1,
    HEARTBEAT_LOAD = 2,
    JOB_CHANGE_JOBS = 3,
    JOB_CHANGE_FILTER = 4,
    JOB_CHANGE_REASON = 7,
    JOB_LIST_HISTORY = 2,
    NEWER = 4000, /* a field that nobody has */
};

/* Is the frame refused, and does the error say so? */
static bool is_refused(const struct buffer *frame, const char *words)
{
    struct error err = {.code = ERROR_NONE};
    CLEANUP(message_freep)
    Wire__Envelope *envelope = message_decode((const uint8_t *)frame->bytes, frame->length, &err);

    if (envelope)
        return false;
    if (err.code != ERROR_INVALID || !strstr(err.text, words))
        printf("# \"%s\" does not say \"%s\"\n", err.text, words);
    return err.code == ERROR_INVALID && strstr(err.text, words);
}

static bool is_accepted(const struct buffer *frame)
{
    struct error err = {.code = ERROR_NONE};
    CLEANUP(message_freep)
    Wire__Envelope *envelope = message_decode((const uint8_t *)frame->bytes, frame->length, &err);

    if (!envelope)
        printf("# %s\n", err.text);
    return envelope;
}

/* The same for a body of hand-made bytes, which is used up. */
static bool body_is_refused(unsigned kind, struct buffer *body, const char *words)
{
    CLEANUP(buffer_clear) struct buffer frame;

    buffer_init(&frame);
    frame_envelope(&frame, kind, body);
    buffer_reset(body);
    return is_refused(&frame, words);
}

static bool body_is_accepted(unsigned kind, struct buffer *body)
{
    CLEANUP(buffer_clear) struct buffer frame;

    buffer_init(&frame);
    frame_envelope(&frame, kind, body);
    buffer_reset(body);
    return is_accepted(&frame);
}

static void test_varint_of_11_bytes(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    frame_tag(&body, JOB_WHY_JOB, FRAME_VARINT);
    buffer_add(&body, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11);
    CU_ASSERT(body_is_refused(JOB_WHY, &body, "more than 10 bytes"));
    frame_tag(&body, NEWER, FRAME_VARINT);
    buffer_add(&body, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
    CU_ASSERT(body_is_refused(JOB_WHY, &body, "more than 10 bytes"));
}

static void test_varint_above_64_bits(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    frame_number(&body, JOB_WHY_JOB, UINT64_MAX);
    CU_ASSERT(body_is_accepted(JOB_WHY, &body));
    frame_tag(&body, JOB_WHY_JOB, FRAME_VARINT);
    buffer_add(&body, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
    CU_ASSERT(body_is_refused(JOB_WHY, &body, "above 64 bits"));
}

static void test_varint_longer_than_needed(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    frame_tag(&body, JOB_WHY_JOB, FRAME_VARINT);
    buffer_add(&body, "\x85\x00", 2);
    CU_ASSERT(body_is_refused(JOB_WHY, &body, "longer than its value needs"));
    buffer_add(&body, "\x88\x00\x05", 3); /* the tag */
    CU_ASSERT(body_is_refused(JOB_WHY, &body, "longer than its value needs"));
}

static void test_number_above_32_bits(void)
{
    const unsigned kind = WIRE__ENVELOPE__BODY_NODE_CHANGE;
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    frame_number(&body, 5, UINT32_MAX); /* JobChange.signal */
    CU_ASSERT(body_is_accepted(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body));
    frame_number(&body, 5, UINT64_C(1) << 32);
    CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body, "signal of JobChange"));
    /* An enumeration of whatever value comes through: the handler refuses it. */
    frame_number(&body, 2, 77);
    CU_ASSERT(body_is_accepted(kind, &body));
    frame_number(&body, 2, UINT64_MAX);
    CU_ASSERT(body_is_accepted(kind, &body));
}

static void test_groups(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (unsigned wire = 3; wire < 8; wire++) {
        if (wire == FRAME_32)
            continue;
        frame_tag(&body, NEWER, wire);
        frame_varint(&body, 1);
        CU_ASSERT(body_is_refused(JOB_WHY, &body, "groups"));
    }
}

static void test_field_number_0(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    frame_number(&body, 0, 1);
    CU_ASSERT(body_is_refused(JOB_WHY, &body, "no field can have this number"));
    frame_varint(&body, (UINT64_C(1) << 29) << 3);
    frame_varint(&body, 1);
    CU_ASSERT(body_is_refused(JOB_WHY, &body, "no field can have this number"));
}

/* Every field that is not repeated, of every kind of message: twice, and of a wire type
 * that is not its own. */
static void test_each_field_duplicated(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (size_t i = 0; i < envelope_kind_count(); i++) {
        Wire__Envelope__BodyCase kind = envelope_kind(i);
        const ProtobufCMessageDescriptor *type = envelope_field(kind)->descriptor;

        for (unsigned k = 0; k < type->n_fields; k++) {
            const ProtobufCFieldDescriptor *field = &type->fields[k];
            bool block = field->type == PROTOBUF_C_TYPE_STRING ||
                         field->type == PROTOBUF_C_TYPE_BYTES ||
                         field->type == PROTOBUF_C_TYPE_MESSAGE;

            for (int times = 0; times < 2; times++) {
                frame_tag(&body, field->id,
                          block                                   ? FRAME_BLOCK
                          : field->type == PROTOBUF_C_TYPE_DOUBLE ? FRAME_64
                                                                  : FRAME_VARINT);
                buffer_add(&body, "\0\0\0\0\0\0\0\0",
                           field->type == PROTOBUF_C_TYPE_DOUBLE ? 8 : 1);
            }
            if (field->label == PROTOBUF_C_LABEL_REPEATED)
                CU_ASSERT(body_is_accepted(kind, &body))
            else
                CU_ASSERT(body_is_refused(kind, &body, "given twice"))
        }
    }
}

static void test_wrong_wire_type(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (size_t i = 0; i < envelope_kind_count(); i++) {
        Wire__Envelope__BodyCase kind = envelope_kind(i);
        const ProtobufCMessageDescriptor *type = envelope_field(kind)->descriptor;

        for (unsigned k = 0; k < type->n_fields; k++) {
            frame_tag(&body, type->fields[k].id, FRAME_32);
            buffer_add(&body, "\0\0\0\0", 4);
            CU_ASSERT(body_is_refused(kind, &body, "wrong wire type"));
        }
    }
}

static void test_body_given_twice(void)
{
    CLEANUP(buffer_clear) struct buffer frame, body;

    buffer_init(&frame);
    buffer_init(&body);
    frame_number(&body, JOB_WHY_JOB, 1);
    frame_envelope(&frame, JOB_WHY, &body);
    frame_block(&frame, JOB_WHY, body.bytes, body.length);
    CU_ASSERT(is_refused(&frame, "given twice"));

    buffer_reset(&frame);
    frame_envelope(&frame, JOB_WHY, &body);
    frame_block(&frame, WIRE__ENVELOPE__BODY_STATUS_ASK, "", 0);
    CU_ASSERT(is_refused(&frame, "given twice"));
}

static void test_unknown_field_is_ignored(void)
{
    CLEANUP(buffer_clear) struct buffer frame, body;
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    struct error err;

    buffer_init(&frame);
    buffer_init(&body);
    frame_number(&body, NEWER, 5);
    frame_number(&body, JOB_WHY_JOB, 17);
    frame_text(&body, NEWER + 1, "\xff");
    frame_tag(&body, NEWER + 2, FRAME_64);
    buffer_add(&body, "12345678", 8);
    frame_tag(&body, NEWER + 3, FRAME_32);
    buffer_add(&body, "1234", 4);
    frame_envelope(&frame, JOB_WHY, &body);
    envelope = message_decode((uint8_t *)frame.bytes, frame.length, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(envelope);
    CU_ASSERT_EQUAL(envelope->job_why->job, 17);
}

static void test_bool_2_is_true(void)
{
    CLEANUP(buffer_clear) struct buffer frame, body;
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    struct error err;

    buffer_init(&frame);
    buffer_init(&body);
    frame_number(&body, JOB_LIST_HISTORY, 2);
    frame_envelope(&frame, WIRE__ENVELOPE__BODY_JOB_LIST, &body);
    envelope = message_decode((uint8_t *)frame.bytes, frame.length, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(envelope);
    CU_ASSERT_EQUAL(envelope->job_list->history, 1);
}

static void test_text_with_nul_or_not_utf8(void)
{
    static const struct {
        const char *bytes;
        size_t size;
    } texts[] = {
        {"a\0b",             3},
        {"\xff",             1},
        {"\xc0\x80",         2},
        {"\xe2\x28\xa1",     3},
        {"\xed\xa0\x80",     3},
        {"\xf4\x90\x80\x80", 4},
        {"caf\xc3",          4},
    };
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        frame_block(&body, JOB_CHANGE_REASON, texts[i].bytes, texts[i].size);
        CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body, "not UTF-8"));
    }
    frame_text(&body, JOB_CHANGE_REASON, "Año \xf0\x9d\x94\x98");
    CU_ASSERT(body_is_accepted(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body));
}

static void test_fraction_that_is_not_finite(void)
{
    static const uint64_t bits[] = {UINT64_C(0x7ff8000000000000), UINT64_C(0x7ff0000000000000),
                                    UINT64_C(0xfff0000000000000), UINT64_C(0xfff0000000000001)};
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        frame_tag(&body, HEARTBEAT_LOAD, FRAME_64);
        buffer_add(&body, &bits[i], sizeof(bits[i]));
        CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_HEARTBEAT, &body, "finite"));
    }
}

static void test_length_that_does_not_fit(void)
{
    static const uint64_t lengths[] = {
        1, 2, 127, 1 << 20, UINT32_MAX, UINT64_C(1) << 31, UINT64_C(1) << 63, UINT64_MAX};
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        frame_tag(&body, JOB_CHANGE_REASON, FRAME_BLOCK);
        frame_varint(&body, lengths[i]);
        CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body, "longer than"));
        frame_tag(&body, NEWER, FRAME_BLOCK);
        frame_varint(&body, lengths[i]);
        CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body, "longer than"));
        frame_tag(&body, JOB_CHANGE_FILTER, FRAME_BLOCK);
        frame_varint(&body, lengths[i]);
        CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body, "longer than"));
    }
}

static void test_nested_10000_deep(void)
{
    CLEANUP(buffer_clear) struct buffer body, inner;

    buffer_init(&body);
    buffer_init(&inner);
    /* As groups. */
    for (int i = 0; i < 10000; i++)
        frame_tag(&body, NEWER, 3);
    CU_ASSERT(body_is_refused(JOB_WHY, &body, "groups"));

    /* As messages in a field that is known: what is inside of it is no message to us, and
     * what is not known is passed over whole. */
    for (int i = 0; i < 10000; i++) {
        buffer_reset(&body);
        frame_block(&body, JOB_CHANGE_FILTER, inner.bytes, inner.length);
        buffer_reset(&inner);
        buffer_add(&inner, body.bytes, body.length);
        if (inner.length > 1 << 15)
            break;
    }
    CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body, ""));
    frame_block(&body, NEWER, inner.bytes, inner.length);
    CU_ASSERT(body_is_accepted(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body));
}

static void test_1_mib_of_unknown_fields(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    while (body.length < 1 << 20) /* 3 bytes each: a third of a million of them */
        frame_number(&body, 100, 1);
    CU_ASSERT(body_is_refused(JOB_WHY, &body, ""));
    frame_tag(&body, NEWER, FRAME_BLOCK);
    frame_varint(&body, 1 << 20);
    memset(buffer_reserve(&body, 1 << 20), 'x', 1 << 20);
    body.length += 1 << 20;
    CU_ASSERT(body_is_accepted(JOB_WHY, &body));
}

static void test_items_of_a_repeated_field(void)
{
    const unsigned kind = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    CLEANUP(buffer_clear) struct buffer body, packed;

    buffer_init(&body);
    buffer_init(&packed);
    for (unsigned i = 0; i < MESSAGE_ITEM_MAX; i++) {
        frame_number(&body, JOB_CHANGE_JOBS, 300);
        frame_varint(&packed, 300);
    }
    CU_ASSERT(body_is_accepted(kind, &body));
    frame_block(&body, JOB_CHANGE_JOBS, packed.bytes, packed.length);
    CU_ASSERT(body_is_accepted(kind, &body));
    /* One more, in each of the ways. */
    frame_block(&body, JOB_CHANGE_JOBS, packed.bytes, packed.length);
    frame_number(&body, JOB_CHANGE_JOBS, 1);
    CU_ASSERT(body_is_refused(kind, &body, "more than 65536 items"));
    frame_varint(&packed, 1);
    frame_block(&body, JOB_CHANGE_JOBS, packed.bytes, packed.length);
    CU_ASSERT(body_is_refused(kind, &body, "more than 65536 items"));
}

static void test_packed_items_are_checked(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    frame_block(&body, JOB_CHANGE_JOBS, "\x01\x80", 2);
    CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body, "cut off"));
    frame_block(&body, 2, "\x01\xff\xff\xff\xff\x7f", 6); /* JobChanged.codes */
    CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_JOB_CHANGED, &body, "above 32 bits"));
    frame_block(&body, JOB_CHANGE_JOBS, "", 0);
    CU_ASSERT(body_is_accepted(WIRE__ENVELOPE__BODY_JOB_CHANGE, &body));
}

static void test_inventory_with_1000000_attempts(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (int i = 0; i < 1000000; i++)
        frame_block(&body, 2, "\x08\x01", 2);
    CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_INVENTORY, &body, "more than"));
}

/* Two bytes on the wire that become 500 in memory. */
static void test_amplified_memory(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (unsigned i = 0; i < MESSAGE_ITEM_MAX; i++)
        frame_block(&body, 2, "", 0); /* Submit.jobs */
    CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_SUBMIT, &body, "16 MiB"));
}

static void test_many_fields(void)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    for (unsigned i = 0; i <= MESSAGE_FIELD_MAX; i++)
        frame_block(&body, 2, "", 0); /* Submitted.notes */
    CU_ASSERT(body_is_refused(WIRE__ENVELOPE__BODY_SUBMITTED, &body, "more than"));
}

/* Every type fits the walk's tables and none contains itself. */
static void measure_type(const ProtobufCMessageDescriptor *type, unsigned depth)
{
    CU_ASSERT_FATAL(depth <= MESSAGE_DEPTH_MAX);
    CU_ASSERT(type->n_fields <= 128);
    for (unsigned i = 0; i < type->n_fields; i++)
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            measure_type(type->fields[i].descriptor, depth + 1);
}

static void test_no_type_is_too_deep(void)
{
    measure_type(&wire__envelope__descriptor, 1);
    measure_type(&wire__relay_body__descriptor, 1);
}

static void test_number_of_a_broken_frame(void)
{
    CLEANUP(buffer_clear) struct buffer frame;

    buffer_init(&frame);
    frame_number(&frame, 1, 1);
    frame_number(&frame, 2, 7777);
    frame_tag(&frame, 9, 3);
    CU_ASSERT_EQUAL(scan_outer_number((uint8_t *)frame.bytes, frame.length, 2), 7777);
    CU_ASSERT_EQUAL(scan_outer_number((uint8_t *)frame.bytes, frame.length, 3), 0);

    buffer_reset(&frame);
    frame_text(&frame, 40, "before it");
    frame_tag(&frame, 41, FRAME_32);
    buffer_add(&frame, "1234", 4);
    frame_number(&frame, 2, 8);
    CU_ASSERT_EQUAL(scan_outer_number((uint8_t *)frame.bytes, frame.length, 2), 8);
    for (size_t size = 0; size < frame.length; size++)
        CU_ASSERT_EQUAL(scan_outer_number((uint8_t *)frame.bytes, size, 2), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a varint of 11 bytes is refused",            test_varint_of_11_bytes             },
        {"a varint above 64 bits is refused",          test_varint_above_64_bits           },
        {"a varint longer than needed is refused",     test_varint_longer_than_needed      },
        {"a number above its 32 bits is refused",      test_number_above_32_bits           },
        {"groups are refused",                         test_groups                         },
        {"field numbers that cannot be are refused",   test_field_number_0                 },
        {"each field duplicated is refused",           test_each_field_duplicated          },
        {"a wrong wire type is refused",               test_wrong_wire_type                },
        {"a body given twice is refused",              test_body_given_twice               },
        {"an unknown field is ignored",                test_unknown_field_is_ignored       },
        {"bool 2 is true",                             test_bool_2_is_true                 },
        {"texts with NUL or not UTF-8 are refused",    test_text_with_nul_or_not_utf8      },
        {"NaN and infinity are refused",               test_fraction_that_is_not_finite    },
        {"a length that does not fit is refused",      test_length_that_does_not_fit       },
        {"nested 10,000 deep does no harm",            test_nested_10000_deep              },
        {"1 MiB of unknown fields does no harm",       test_1_mib_of_unknown_fields        },
        {"items of a repeated field are limited",      test_items_of_a_repeated_field      },
        {"packed items are checked one by one",        test_packed_items_are_checked       },
        {"an inventory of 1,000,000 parts is refused", test_inventory_with_1000000_attempts},
        {"memory out of proportion is refused",        test_amplified_memory               },
        {"fields of a frame are limited",              test_many_fields                    },
        {"no message type is too deep or too wide",    test_no_type_is_too_deep            },
        {"a number is found in a broken frame",        test_number_of_a_broken_frame       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("scan", tests);
}
