/* frame.c - the wire format of protobuf by hand */

#include "tests/lib/frame.h"

#include <string.h>

void frame_varint(struct buffer *buffer, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buffer_add_char(buffer, (char)(0x80 | (value & 0x7f)));
    buffer_add_char(buffer, (char)value);
}

void frame_tag(struct buffer *buffer, uint32_t field, unsigned wire)
{
    frame_varint(buffer, (uint64_t)field << 3 | wire);
}

void frame_number(struct buffer *buffer, uint32_t field, uint64_t value)
{
    frame_tag(buffer, field, FRAME_VARINT);
    frame_varint(buffer, value);
}

void frame_block(struct buffer *buffer, uint32_t field, const void *bytes, size_t size)
{
    frame_tag(buffer, field, FRAME_BLOCK);
    frame_varint(buffer, size);
    buffer_add(buffer, bytes, size);
}

void frame_text(struct buffer *buffer, uint32_t field, const char *text)
{
    frame_block(buffer, field, text, strlen(text));
}

void frame_envelope(struct buffer *buffer, uint32_t body, const struct buffer *bytes)
{
    frame_number(buffer, 1, 1);
    frame_number(buffer, 2, 7);
    frame_block(buffer, body, bytes->bytes, bytes->length);
}
