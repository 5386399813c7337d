/* parse_text.c - what a text is, and what was meant by it */

#include "base/parse.h"

#include "base/memory.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define BEGINNING_LEAST 3  /* bytes of a beginning that tells what is meant */
#define COMPARED_MAX    63 /* bytes of a name worth comparing */

const char *text_show(const char *text, char ret_shown[TEXT_SHOWN_SIZE])
{
    static const size_t room = TEXT_SHOWN_SIZE - sizeof("\"...\"");
    CLEANUP(buffer_clear) struct buffer escaped;
    char start[TEXT_SHOWN_SIZE + 1] = "";
    size_t length;

    buffer_init(&escaped);
    memcpy(start, text, strnlen(text, TEXT_SHOWN_SIZE));
    buffer_add_escaped(&escaped, start);
    length = escaped.length;
    if (length > room) {
        length = room;
        while (length > 0 && (escaped.bytes[length] & 0xc0) == 0x80)
            length--; /* not half a character */
    }
    snprintf(ret_shown, TEXT_SHOWN_SIZE, "\"%.*s%s\"", (int)length, escaped.bytes,
             length < escaped.length ? "..." : "");
    return ret_shown;
}

/* Bytes of the character at `bytes`, of at most `size`; 0 if it is not well formed.  The
 * second byte's range keeps out forms that are too long, surrogates, and what is above
 * U+10FFFF (RFC 3629, 4). */
static size_t character_size(const unsigned char *bytes, size_t size)
{
    static const struct {
        unsigned char first, last; /* of the first byte */
        unsigned char second_first, second_last;
        size_t size;
    } forms[] = {
        {0x01, 0x7f, 0x00, 0x00, 1},
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    size_t i = 0;

    while (i < COUNT_OF(forms) && (bytes[0] < forms[i].first || bytes[0] > forms[i].last))
        i++;
    if (i == COUNT_OF(forms) || forms[i].size > size)
        return 0;
    if (forms[i].size > 1 && (bytes[1] < forms[i].second_first || bytes[1] > forms[i].second_last))
        return 0;
    for (size_t k = 2; k < forms[i].size; k++)
        if ((bytes[k] & 0xc0) != 0x80)
            return 0;
    return forms[i].size;
}

bool text_is_utf8(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;

    while (size > 0) {
        size_t step = character_size(bytes, size);

        if (step == 0)
            return false;
        bytes += step;
        size -= step;
    }
    return true;
}

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many characters to put in, take out, replace or swap with the next one: optimal
 * string alignment, one row at a time. */
static size_t distance_of(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][COMPARED_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = above[j - 1] + !is_same(a[i - 1], b[j - 1]);
            row[j] = least_of(row[j], least_of(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
                row[j] = least_of(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b_length];
}

/* A third of the characters may be wrong, rounded; or the end of the name is missing. */
const char *nearest_name(const char *text, const char *const *names)
{
    size_t length = strnlen(text, COMPARED_MAX + 1);
    size_t nearest_distance = (length + 1) / 3 + 1;
    const char *nearest = NULL;

    if (length > COMPARED_MAX || length == 0)
        return NULL;
    for (; *names; names++) {
        size_t name_length = strnlen(*names, COMPARED_MAX + 1);
        size_t distance;

        if (name_length > COMPARED_MAX)
            continue;
        distance = distance_of(text, length, *names, name_length);
        if (length >= BEGINNING_LEAST && strncasecmp(text, *names, length) == 0)
            distance = least_of(distance, length / 3);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = *names;
        }
    }
    return nearest;
}
