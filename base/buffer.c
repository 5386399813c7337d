/* buffer.c - bytes that grow at the end */

#include "base/buffer.h"

#include "base/memory.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_LEAST = 64 };

void buffer_init(struct buffer *buffer)
{
    buffer->bytes = memory_get(CAPACITY_LEAST, 1);
    buffer->length = 0;
    buffer->capacity = CAPACITY_LEAST;
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

void buffer_reset(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->bytes[0] = '\0';
}

/* Room for `size` more bytes and the NUL. */
static void grow(struct buffer *buffer, size_t size)
{
    size_t capacity = buffer->capacity;

    if (size < capacity - buffer->length)
        return;
    if (size > SIZE_MAX / 4 || capacity > SIZE_MAX / 4)
        abort(); /* no machine has it: a length was computed wrongly */
    capacity *= 2;
    if (capacity - buffer->length <= size)
        capacity = buffer->length + size + 1;
    buffer->bytes = memory_resize(buffer->bytes, capacity, 1);
    buffer->capacity = capacity;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    grow(buffer, size);
    /* However many the caller uses, a NUL follows them. */
    memset(buffer->bytes + buffer->length, 0, size + 1);
    return buffer->bytes + buffer->length;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    grow(buffer, size);
    if (size > 0)
        memcpy(buffer->bytes + buffer->length, bytes, size);
    buffer->length += size;
    buffer->bytes[buffer->length] = '\0';
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char character)
{
    grow(buffer, 1);
    buffer->bytes[buffer->length++] = character;
    buffer->bytes[buffer->length] = '\0';
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
    size_t room = buffer->capacity - buffer->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(buffer->bytes + buffer->length, room, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length >= room) {
        grow(buffer, (size_t)length);
        va_start(arguments, format);
        vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, arguments);
        va_end(arguments);
    }
    buffer->length += (size_t)length;
}

void buffer_add_unsigned(struct buffer *buffer, uint64_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "6869707172737475767778798081828384858687888990919293949596979899";
    char digits[20];
    size_t first = sizeof(digits);

    /* Two at a time: a division takes longer than all else here. */
    for (; value >= 10; value /= 100) {
        first -= 2;
        memcpy(digits + first, pairs + 2 * (value % 100), 2);
    }
    if (value > 0 || first == sizeof(digits))
        digits[--first] = (char)('0' + value);
    buffer_add(buffer, digits + first, sizeof(digits) - first);
}

void buffer_add_signed(struct buffer *buffer, int64_t value)
{
    if (value < 0)
        buffer_add_char(buffer, '-');
    buffer_add_unsigned(buffer, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void buffer_add_u32(struct buffer *buffer, uint32_t value)
{
    unsigned char bytes[4];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(value >> (24 - 8 * i));
    buffer_add(buffer, bytes, sizeof(bytes));
}

void buffer_add_u64(struct buffer *buffer, uint64_t value)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(value >> (56 - 8 * i));
    buffer_add(buffer, bytes, sizeof(bytes));
}

/* clang-format off */
/* Sorted.  Controls, what Unicode calls default ignorable, and what separates
 * lines or turns the direction of writing. */
static const struct {
    uint32_t first;
    uint32_t last;
} hidden[] = {
    {0x00000, 0x0001f}, {0x0007f, 0x0009f}, {0x000ad, 0x000ad}, {0x0034f, 0x0034f},
    {0x0061c, 0x0061c}, {0x0115f, 0x01160}, {0x017b4, 0x017b5}, {0x0180b, 0x0180f},
    {0x0200b, 0x0200f}, {0x02028, 0x0202e}, {0x02060, 0x0206f}, {0x03164, 0x03164},
    {0x0fe00, 0x0fe0f}, {0x0feff, 0x0feff}, {0x0ffa0, 0x0ffa0}, {0x0fff0, 0x0fffb},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};
/* clang-format on */

static bool is_hidden(uint32_t character)
{
    for (size_t i = 0; i < COUNT_OF(hidden) && hidden[i].first <= character; i++)
        if (character <= hidden[i].last)
            return true;
    return false;
}

/* Bytes of the character that starts at `text`, 0 if it is no valid UTF-8: too
 * long a form, a surrogate, or above U+10FFFF.  A NUL ends any sequence. */
static size_t decode(const unsigned char *text, uint32_t *ret_character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t character = text[0];
    size_t length;

    if (character < 0x80)
        length = 1;
    else if (character >= 0xc2 && character < 0xe0)
        length = 2;
    else if (character >= 0xe0 && character < 0xf0)
        length = 3;
    else if (character >= 0xf0 && character < 0xf5)
        length = 4;
    else
        return 0;
    if (length > 1)
        character &= 0x7fU >> length;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (text[i] & 0x3f);
    }
    if (character < least[length] || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *ret_character = character;
    return length;
}

void buffer_add_escaped(struct buffer *buffer, const char *text)
{
    const unsigned char *place = (const unsigned char *)text;

    while (*place) {
        uint32_t character;
        size_t length = decode(place, &character);

        if (length == 0 || (length == 1 && is_hidden(character)))
            buffer_print(buffer, "\\x%02x", *place);
        else if (is_hidden(character))
            buffer_print(buffer, "\\u{%04x}", character);
        else
            buffer_add(buffer, place, length);
        place += length ? length : 1;
    }
}

static const char *entity(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void buffer_add_markup(struct buffer *buffer, const char *text)
{
    for (; *text; text++)
        if (entity(*text))
            buffer_add_text(buffer, entity(*text));
        else if ((unsigned char)*text >= ' ')
            buffer_add_char(buffer, *text);
}

char *buffer_steal(struct buffer *buffer)
{
    char *bytes = STEAL(buffer->bytes);

    buffer_init(buffer);
    return bytes;
}
