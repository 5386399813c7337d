/* envelope.c - envelopes of every kind, filled at random */

#include "tests/lib/envelope.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 3
#define TEXT_MAX  24

static bool is_body(const ProtobufCFieldDescriptor *field)
{
    return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

size_t envelope_kind_count(void)
{
    const ProtobufCMessageDescriptor *type = &wire__envelope__descriptor;
    size_t count = 0;

    for (unsigned i = 0; i < type->n_fields; i++)
        count += is_body(&type->fields[i]);
    return count;
}

Wire__Envelope__BodyCase envelope_kind(size_t index)
{
    const ProtobufCMessageDescriptor *type = &wire__envelope__descriptor;

    assert(index < envelope_kind_count());
    for (unsigned i = 0; i < type->n_fields; i++)
        if (is_body(&type->fields[i]) && index-- == 0)
            return (Wire__Envelope__BodyCase)type->fields[i].id;
    return WIRE__ENVELOPE__BODY__NOT_SET;
}

const ProtobufCFieldDescriptor *envelope_field(Wire__Envelope__BodyCase kind)
{
    return protobuf_c_message_descriptor_get_field(&wire__envelope__descriptor, (unsigned)kind);
}

static void *at(void *message, unsigned offset)
{
    return (char *)message + offset;
}

/* Letters, and now and then characters of two, three and four bytes. */
static char *random_text(struct test_random *random, struct arena *arena)
{
    static const char *const pieces[] = {"a", "Z", "0", " ", "-", "\n", "ñ", "あ", "𝔘", "%n"};
    char text[TEXT_MAX * 4 + 1] = "";
    size_t length = 0, pieces_left = test_random_below(random, TEXT_MAX);

    for (; pieces_left > 0; pieces_left--) {
        const char *piece = pieces[test_random_below(random, COUNT_OF(pieces))];

        memcpy(text + length, piece, strlen(piece) + 1);
        length += strlen(piece);
    }
    return arena_copy(arena, text);
}

/* Small ones, whole ones, and the ends of the ranges. */
static uint64_t random_number(struct test_random *random)
{
    switch (test_random_below(random, 5)) {
    case 0:
        return 0;
    case 1:
        return test_random_below(random, 200);
    case 2:
        return UINT64_MAX;
    case 3:
        return (uint64_t)1 << test_random_below(random, 64);
    default:
        return test_random_next(random);
    }
}

static void *random_message(struct test_random *random, const ProtobufCMessageDescriptor *type,
                            struct arena *arena);

static void fill_value(struct test_random *random, const ProtobufCFieldDescriptor *field,
                       void *place, struct arena *arena)
{
    ProtobufCBinaryData *bytes = place;
    uint64_t number = random_number(random);
    uint32_t half = (uint32_t)number;
    double fraction = (double)(int32_t)half / 16;
    int truth = number & 1;

    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)place = random_text(random, arena);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        bytes->len = test_random_below(random, TEXT_MAX);
        bytes->data = arena_get(arena, 1, TEXT_MAX);
        test_random_fill(random, bytes->data, bytes->len);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(void **)place = random_message(random, field->descriptor, arena);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(place, &fraction, sizeof(fraction));
        break;
    case PROTOBUF_C_TYPE_BOOL:
        memcpy(place, &truth, sizeof(truth));
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
        memcpy(place, &number, sizeof(number));
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_ENUM:
        memcpy(place, &half, sizeof(half));
        break;
    default:
        abort(); /* a type that no message of ours has yet */
    }
}

static size_t item_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(uint64_t);
    default:
        return sizeof(uint32_t);
    }
}

static void fill_field(struct test_random *random, const ProtobufCFieldDescriptor *field,
                       void *message, struct arena *arena)
{
    size_t count, size = item_size(field->type);
    char *items;

    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        fill_value(random, field, at(message, field->offset), arena);
        return;
    }
    count = test_random_below(random, ITEMS_MAX + 1);
    if (count == 0)
        return;
    items = arena_get(arena, count, size);
    for (size_t i = 0; i < count; i++)
        fill_value(random, field, items + i * size, arena);
    memcpy(at(message, field->quantifier_offset), &count, sizeof(count));
    memcpy(at(message, field->offset), &items, sizeof(items));
}

static void *random_message(struct test_random *random, const ProtobufCMessageDescriptor *type,
                            struct arena *arena)
{
    void *message = arena_get(arena, 1, type->sizeof_message);

    protobuf_c_message_init(type, message);
    for (unsigned i = 0; i < type->n_fields; i++)
        if (!is_body(&type->fields[i]) && test_random_chance(random, 70))
            fill_field(random, &type->fields[i], message, arena);
    return message;
}

static void set_body(Wire__Envelope *envelope, Wire__Envelope__BodyCase kind, void *body)
{
    envelope->version = PROTOCOL_VERSION;
    envelope->body_case = kind;
    memcpy(at(envelope, envelope_field(kind)->offset), &body, sizeof(body));
}

Wire__Envelope *envelope_random(struct test_random *random, Wire__Envelope__BodyCase kind,
                                struct arena *arena)
{
    Wire__Envelope *envelope = random_message(random, &wire__envelope__descriptor, arena);

    set_body(envelope, kind, random_message(random, envelope_field(kind)->descriptor, arena));
    return envelope;
}

Wire__Envelope *envelope_empty(Wire__Envelope__BodyCase kind, struct arena *arena)
{
    const ProtobufCMessageDescriptor *type = envelope_field(kind)->descriptor;
    Wire__Envelope *envelope = ARENA_NEW(arena, Wire__Envelope);
    void *body = arena_get(arena, 1, type->sizeof_message);

    wire__envelope__init(envelope);
    protobuf_c_message_init(type, body);
    set_body(envelope, kind, body);
    return envelope;
}
