/* message.c - envelopes to bytes and back, with limits before any memory */

#include "proto/message.h"

#include "base/parse.h"
#include "proto/arena.h"
#include "proto/scan.h"

#include <assert.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#define FIELD_REQUEST 2 /* of Envelope */

/* In front of each decoded message: where all of it lies. */
struct header {
    alignas(max_align_t) struct arena *arena;
};

/* protobuf-c's allocator: the first piece it takes is the message itself. */
struct decoder {
    struct arena *arena;
    struct header *header;
    size_t left; /* of MESSAGE_HEAP_MAX */
};

static void *decoder_take(void *owner, size_t size)
{
    struct decoder *decoder = owner;

    if (size > decoder->left)
        return NULL;
    decoder->left -= size;
    if (decoder->header)
        return arena_take(decoder->arena, size);
    decoder->header = arena_take(decoder->arena, sizeof(struct header) + size);
    decoder->header->arena = decoder->arena;
    return decoder->header + 1;
}

static void decoder_leave(void *owner, void *pointer)
{
    (void)owner;
    (void)pointer; /* goes with the arena */
}

static ProtobufCMessage *decode(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                size_t size, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = NULL;
    struct decoder decoder = {.left = MESSAGE_HEAP_MAX};
    ProtobufCAllocator allocator = {decoder_take, decoder_leave, &decoder};
    ProtobufCMessage *message;
    size_t heap;

    if (size == 0) {
        fail(err, ERROR_INVALID, "malformed message: it has no bytes");
        return NULL;
    }
    if (!scan_message(type, bytes, size, &heap, err))
        return NULL;
    arena = arena_new_sized(heap + sizeof(struct header));
    decoder.arena = arena;
    message = protobuf_c_message_unpack(type, &allocator, size, bytes);
    if (!message) {
        fail(err, ERROR_INVALID, "malformed message: %s cannot be decoded", type->short_name);
        return NULL;
    }
    assert((void *)message == (void *)(decoder.header + 1));
    (void)STEAL(arena);
    return message;
}

static void free_decoded(void *message)
{
    if (message)
        arena_free(((struct header *)message - 1)->arena);
}

static bool check_envelope(const Wire__Envelope *envelope, struct error *err)
{
    if (envelope->body_case == WIRE__ENVELOPE__BODY__NOT_SET)
        return fail(err, ERROR_INVALID,
                    "message without a body, or with one that is newer than this program");
    if (envelope->body_case == WIRE__ENVELOPE__BODY_HELLO ||
        envelope->body_case == WIRE__ENVELOPE__BODY_AGENT_HELLO)
        return true;
    if (envelope->version != PROTOCOL_VERSION)
        return fail(err, ERROR_INVALID,
                    "%s is of protocol version %" PRIu32 "; this program speaks version %d",
                    message_name(envelope->body_case), envelope->version, PROTOCOL_VERSION);
    return true;
}

Wire__Envelope *message_decode(const uint8_t *bytes, size_t size, struct error *err)
{
    CLEANUP(message_freep)
    Wire__Envelope *envelope =
        (Wire__Envelope *)decode(&wire__envelope__descriptor, bytes, size, err);

    if (!envelope || !check_envelope(envelope, err))
        return NULL;
    return STEAL(envelope);
}

void message_free(Wire__Envelope *envelope)
{
    free_decoded(envelope);
}

size_t message_heap(const Wire__Envelope *envelope)
{
    return arena_size(((const struct header *)(const void *)envelope - 1)->arena);
}

uint64_t message_request(const uint8_t *bytes, size_t size)
{
    return size == 0 ? 0 : scan_outer_number(bytes, size, FIELD_REQUEST);
}

Wire__RelayBody *message_decode_relay(const uint8_t *bytes, size_t size, struct error *err)
{
    CLEANUP(message_free_relayp)
    Wire__RelayBody *body =
        (Wire__RelayBody *)decode(&wire__relay_body__descriptor, bytes, size, err);

    if (body && body->body_case == WIRE__RELAY_BODY__BODY__NOT_SET) {
        fail(err, ERROR_INVALID, "relayed message without a body");
        return NULL;
    }
    return STEAL(body);
}

void message_free_relay(Wire__RelayBody *body)
{
    free_decoded(body);
}

static void pack(const Wire__Envelope *envelope, struct buffer *buffer)
{
    size_t size = wire__envelope__get_packed_size(envelope);
    char *place = buffer_reserve(buffer, size + 1);

    wire__envelope__pack(envelope, (uint8_t *)place);
    place[size] = '\0';
    buffer->length += size;
}

/* An error's text may quote what somebody sent, and may be cut inside a character. */
static void pack_cleaned(Wire__Envelope *envelope, struct buffer *buffer)
{
    Wire__Failure failure = *envelope->failure;
    Wire__Envelope cleaned = *envelope;
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_add_escaped(&text, failure.text);
    failure.text = text.bytes;
    cleaned.failure = &failure;
    pack(&cleaned, buffer);
}

void message_encode(Wire__Envelope *envelope, struct buffer *buffer)
{
    const char *text;

    envelope->version = PROTOCOL_VERSION;
    text = envelope->body_case == WIRE__ENVELOPE__BODY_FAILURE ? envelope->failure->text : NULL;
    if (text && !text_is_utf8(text, strlen(text)))
        pack_cleaned(envelope, buffer);
    else
        pack(envelope, buffer);
}

const char *message_name(Wire__Envelope__BodyCase body)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&wire__envelope__descriptor, (unsigned)body);

    if (!field || !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return "unknown";
    return field->name;
}

void failure_fill(Wire__Failure *failure, const struct error *err)
{
    wire__failure__init(failure);
    failure->code = (uint32_t)err->code;
    failure->text = (char *)err->text;
}

/* End the text before a character that was cut, so that it stays UTF-8. */
static void drop_cut_character(char *text)
{
    size_t length = strlen(text), start = length;

    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xc0)
        start--;
    if (!text_is_utf8(text + start, length - start))
        text[start] = '\0';
}

static enum error_code code_of(uint32_t number)
{
    switch (number) {
#define X(name, code) case code:
        ERROR_CODES(X)
#undef X
        return (enum error_code)number;
    default:
        return ERROR_INTERNAL;
    }
}

bool failure_read(const Wire__Failure *failure, struct error *err)
{
    err->code = code_of(failure->code);
    snprintf(err->text, sizeof(err->text), "%s",
             *failure->text ? failure->text : "refused without a reason");
    drop_cut_character(err->text);
    return false;
}
