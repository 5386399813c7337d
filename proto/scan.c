/* scan.c - a frame walked once before protobuf-c may see it */

#include "proto/scan.h"

#include "base/memory.h"
#include "base/parse.h"
#include "proto/message.h"

#include <assert.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

#define FIELDS_MAX       128 /* kinds of fields in one message type */
#define FIELD_NUMBER_MAX ((UINT32_C(1) << 29) - 1)
#define VARINT_MAX       10 /* bytes */

/* protobuf-c lists the fields of a message in slabs: 16 on its stack, then 32, 64 …, each of
 * 32 bytes (1.4.1).  They are part of what decoding takes. */
#define SLAB_FIRST  16
#define SLAB_MEMBER 32

static_assert(MESSAGE_ITEM_MAX == 65536 && MESSAGE_FIELD_MAX == 262144 &&
                  MESSAGE_HEAP_MAX == 16 << 20,
              "the refusals below name these limits");

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LENGTH = 2, WIRE_32 = 5 };

/* A message being walked. */
struct level {
    const ProtobufCMessageDescriptor *type;
    const uint8_t *end;
    uint32_t slab;
    uint32_t slab_left;
    unsigned next;  /* index of the field that encoders would put now */
    unsigned oneof; /* quantifier_offset of the first oneof with a member given; 0: none */
    uint32_t counts[FIELDS_MAX]; /* items seen, by the field's index in its type */
};

struct scan {
    const uint8_t *start;
    const uint8_t *at;
    size_t fields;
    size_t heap;
    const ProtobufCFieldDescriptor *field; /* at hand; NULL: not known */
    uint32_t number;
    struct error *err;
    size_t depth;
    struct level levels[MESSAGE_DEPTH_MAX];
};

static bool refuse(const struct scan *scan, const char *why)
{
    const ProtobufCMessageDescriptor *type = scan->levels[scan->depth - 1].type;
    size_t at = (size_t)(scan->at - scan->start);

    if (scan->field)
        return fail(scan->err, ERROR_INVALID, "malformed message: byte %zu, %s of %s: %s", at,
                    scan->field->name, type->short_name, why);
    return fail(scan->err, ERROR_INVALID, "malformed message: byte %zu, field %u of %s: %s", at,
                (unsigned)scan->number, type->short_name, why);
}

static const char *read_long_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    const uint8_t *place = *at;
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_MAX; i++) {
        if (place == end)
            return "cut off";
        value |= (uint64_t)(*place & 0x7f) << (7 * i);
        if (*place++ & 0x80)
            continue;
        if (i > 0 && place[-1] == 0)
            return "a number longer than its value needs";
        if (i == VARINT_MAX - 1 && place[-1] > 1)
            return "a number above 64 bits";
        *at = place;
        *ret_value = value;
        return NULL;
    }
    return "a number of more than 10 bytes";
}

/* NULL, or what is wrong; *at moves behind the varint. */
static inline const char *read_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    if (*at == end || (**at & 0x80))
        return read_long_varint(at, end, ret_value);
    *ret_value = *(*at)++;
    return NULL;
}

static size_t round_up(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static bool add_heap(struct scan *scan, size_t size)
{
    scan->heap += round_up(size);
    if (scan->heap > MESSAGE_HEAP_MAX)
        return refuse(scan, "the message would take more than 16 MiB of memory");
    return true;
}

static bool is_varint(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return true;
    default:
        return false;
    }
}

static bool is_block(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES ||
           type == PROTOBUF_C_TYPE_MESSAGE;
}

/* Of a type that is neither varint nor block. */
static size_t fixed_size(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_FIXED32 || type == PROTOBUF_C_TYPE_SFIXED32 ||
                   type == PROTOBUF_C_TYPE_FLOAT
               ? 4
               : 8;
}

static enum wire_type wire_type_of(ProtobufCType type)
{
    if (is_varint(type))
        return WIRE_VARINT;
    if (is_block(type))
        return WIRE_LENGTH;
    return fixed_size(type) == 4 ? WIRE_32 : WIRE_64;
}

/* In the array that protobuf-c makes of a repeated field. */
static size_t item_size(ProtobufCType type)
{
    if (type == PROTOBUF_C_TYPE_BYTES)
        return sizeof(ProtobufCBinaryData);
    return 8;
}

/* Enough numbers for the field's type?  Enumerations and truth values take any, as
 * protobuf has it: what they mean is for the handler. */
static bool number_fits(ProtobufCType type, uint64_t value)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SINT32:
        return value <= UINT32_MAX;
    case PROTOBUF_C_TYPE_INT32:
        return (int64_t)value >= INT32_MIN && (int64_t)value <= INT32_MAX;
    default:
        return true;
    }
}

static bool scan_varint(struct scan *scan, const uint8_t *end)
{
    uint64_t value = 0;
    const char *why = read_varint(&scan->at, end, &value);

    if (why)
        return refuse(scan, why);
    if (scan->field && !number_fits(scan->field->type, value))
        return refuse(scan, "a number above 32 bits");
    return true;
}

static bool scan_fixed(struct scan *scan, const uint8_t *end, size_t size)
{
    double wide;
    float narrow;

    if ((size_t)(end - scan->at) < size)
        return refuse(scan, "cut off");
    if (scan->field && scan->field->type == PROTOBUF_C_TYPE_DOUBLE) {
        memcpy(&wide, scan->at, sizeof(wide));
        if (!isfinite(wide))
            return refuse(scan, "not a finite number");
    }
    if (scan->field && scan->field->type == PROTOBUF_C_TYPE_FLOAT) {
        memcpy(&narrow, scan->at, sizeof(narrow));
        if (!isfinite(narrow))
            return refuse(scan, "not a finite number");
    }
    scan->at += size;
    return true;
}

/* Count one more item of the field at hand. */
static bool count_item(struct scan *scan, struct level *level)
{
    uint32_t *count = &level->counts[scan->field - level->type->fields];

    if (++*count > MESSAGE_ITEM_MAX)
        return refuse(scan, "more than 65536 items");
    return add_heap(scan, *count == 1 ? 2 * alignof(max_align_t) : 0);
}

static bool scan_packed(struct scan *scan, struct level *level, const uint8_t *end)
{
    size_t before = level->counts[scan->field - level->type->fields];
    size_t count;

    while (scan->at < end) {
        if (!count_item(scan, level))
            return false;
        if (is_varint(scan->field->type) ? !scan_varint(scan, end)
                                         : !scan_fixed(scan, end, fixed_size(scan->field->type)))
            return false;
    }
    count = level->counts[scan->field - level->type->fields] - before;
    return add_heap(scan, count * item_size(scan->field->type));
}

static bool enter(struct scan *scan, const ProtobufCMessageDescriptor *type, const uint8_t *end)
{
    struct level *level;

    assert(type->n_fields <= FIELDS_MAX);
    if (scan->depth == MESSAGE_DEPTH_MAX)
        return refuse(scan, "messages nested too deep");
    if (scan->depth > 0 && !add_heap(scan, type->sizeof_message))
        return false;
    level = &scan->levels[scan->depth++];
    level->type = type;
    level->end = end;
    level->slab = SLAB_FIRST;
    level->slab_left = SLAB_FIRST;
    level->next = 0;
    level->oneof = 0;
    memset(level->counts, 0, type->n_fields * sizeof(level->counts[0]));
    return true;
}

static bool scan_block(struct scan *scan, struct level *level)
{
    const ProtobufCFieldDescriptor *field = scan->field;
    uint64_t size = 0;
    const char *why = read_varint(&scan->at, level->end, &size);
    const uint8_t *end;

    if (why)
        return refuse(scan, why);
    if (size > (uint64_t)(level->end - scan->at))
        return refuse(scan, "longer than what holds it");
    end = scan->at + size;
    if (field && !is_block(field->type))
        return scan_packed(scan, level, end);
    if (field && field->type == PROTOBUF_C_TYPE_MESSAGE)
        return enter(scan, field->descriptor, end);
    if (field && field->type == PROTOBUF_C_TYPE_STRING &&
        !text_is_utf8((const char *)scan->at, (size_t)size))
        return refuse(scan, "a text that is not UTF-8, or with a NUL in it");
    scan->at = end;
    return add_heap(scan, (size_t)size + 1);
}

static bool oneof_is_given(const struct level *level, unsigned quantifier_offset)
{
    const ProtobufCMessageDescriptor *type = level->type;

    if (level->oneof == 0 || level->oneof == quantifier_offset)
        return level->oneof != 0;
    for (unsigned i = 0; i < type->n_fields; i++)
        if (level->counts[i] && (type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
            type->fields[i].quantifier_offset == quantifier_offset)
            return true;
    return false;
}

/* A field that is not repeated, or one of a oneof, may be there only once. */
static bool take_once(struct level *level, const ProtobufCFieldDescriptor *field)
{
    uint32_t *count = &level->counts[field - level->type->fields];
    bool oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;

    if (*count > 0 || (oneof && oneof_is_given(level, field->quantifier_offset)))
        return false;
    *count = 1;
    if (oneof && level->oneof == 0)
        level->oneof = field->quantifier_offset;
    return true;
}

/* Of a field that is known: count it, and see that its wire type fits. */
static bool admit_field(struct scan *scan, struct level *level, unsigned wire_type)
{
    const ProtobufCFieldDescriptor *field = scan->field;
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    bool packed = repeated && wire_type == WIRE_LENGTH && !is_block(field->type);

    if (wire_type != wire_type_of(field->type) && !packed)
        return refuse(scan, "of the wrong wire type");
    if (packed)
        return true;
    if (repeated)
        return count_item(scan, level) && add_heap(scan, item_size(field->type));
    return take_once(level, field) || refuse(scan, "given twice");
}

static bool count_field(struct scan *scan, struct level *level)
{
    if (++scan->fields > MESSAGE_FIELD_MAX)
        return refuse(scan, "more than 262144 fields in the message");
    if (level->slab_left == 0) {
        level->slab *= 2;
        level->slab_left = level->slab;
        if (!add_heap(scan, (size_t)level->slab * SLAB_MEMBER))
            return false;
    }
    level->slab_left--;
    if (!scan->field)
        return add_heap(scan, sizeof(ProtobufCMessageUnknownField) + VARINT_MAX);
    return true;
}

/* Encoders put fields in the order of their numbers, and the items of one together. */
static const ProtobufCFieldDescriptor *find_field(struct level *level, uint32_t number)
{
    const ProtobufCMessageDescriptor *type = level->type;
    const ProtobufCFieldDescriptor *field;

    if (level->next < type->n_fields && type->fields[level->next].id == number)
        return &type->fields[level->next++];
    if (level->next > 0 && type->fields[level->next - 1].id == number)
        return &type->fields[level->next - 1];
    field = protobuf_c_message_descriptor_get_field(type, number);
    if (field)
        level->next = (unsigned)(field - type->fields) + 1;
    return field;
}

static bool scan_field(struct scan *scan, struct level *level)
{
    uint64_t tag = 0;
    const char *why = read_varint(&scan->at, level->end, &tag);

    scan->field = NULL;
    scan->number = (uint32_t)(tag >> 3);
    if (why)
        return refuse(scan, why);
    if (tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX)
        return refuse(scan, "no field can have this number");
    scan->field = find_field(level, scan->number);
    if (!count_field(scan, level) ||
        (scan->field && !admit_field(scan, level, (unsigned)(tag & 7))))
        return false;

    switch (tag & 7) {
    case WIRE_VARINT:
        return scan_varint(scan, level->end);
    case WIRE_64:
        return scan_fixed(scan, level->end, 8);
    case WIRE_LENGTH:
        return scan_block(scan, level);
    case WIRE_32:
        return scan_fixed(scan, level->end, 4);
    default:
        return refuse(scan, "groups and wire types 6 and 7 are not spoken here");
    }
}

bool scan_message(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size,
                  size_t *ret_heap, struct error *err)
{
    struct scan scan; /* 3 KiB: only what is used is set */

    scan.start = scan.at = bytes;
    scan.fields = 0;
    scan.heap = round_up(type->sizeof_message);
    scan.field = NULL;
    scan.number = 0;
    scan.err = err;
    scan.depth = 0;
    enter(&scan, type, bytes + size);
    while (scan.depth > 0) {
        struct level *level = &scan.levels[scan.depth - 1];

        if (scan.at == level->end)
            scan.depth--;
        else if (!scan_field(&scan, level))
            return false;
    }
    *ret_heap = scan.heap;
    return true;
}

/* Behind a value that is not looked at; false if it is cut off or a group. */
static bool pass_over(const uint8_t **at, const uint8_t *end, unsigned wire_type)
{
    uint64_t size = 0;

    switch (wire_type) {
    case WIRE_64:
        size = 8;
        break;
    case WIRE_32:
        size = 4;
        break;
    case WIRE_LENGTH:
        if (read_varint(at, end, &size))
            return false;
        break;
    default:
        return false;
    }
    if (size > (uint64_t)(end - *at))
        return false;
    *at += size;
    return true;
}

uint64_t scan_outer_number(const uint8_t *bytes, size_t size, uint32_t field)
{
    const uint8_t *at = bytes, *end = bytes + size;

    while (at < end) {
        uint64_t tag = 0, value = 0;

        if (read_varint(&at, end, &tag))
            return 0;
        if ((tag & 7) == WIRE_VARINT) {
            if (read_varint(&at, end, &value))
                return 0;
            if (tag >> 3 == field)
                return value;
        } else if (!pass_over(&at, end, (unsigned)(tag & 7))) {
            return 0;
        }
    }
    return 0;
}
