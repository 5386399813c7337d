/* socket_key.c - CURVE key pairs, and the files that hold them */

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/socket.h"

#include <assert.h>
#include <string.h>
#include <zmq.h>

#define KEY_LENGTH   (SOCKET_KEY_TEXT - 1)
#define KEY_BYTES    32
#define KEY_FILE_MAX 4096

void key_pair_make(struct key_pair *ret_pair)
{
    int status = zmq_curve_keypair(ret_pair->public, ret_pair->secret);

    assert(status == 0); /* fails only in a libzmq built without CURVE */
}

void key_pair_derive(const uint8_t seed[SOCKET_KEY_SEED], struct key_pair *ret_pair)
{
    int status;

    zmq_z85_encode(ret_pair->secret, seed, SOCKET_KEY_SEED);
    status = zmq_curve_public(ret_pair->public, ret_pair->secret);
    assert(status == 0);
}

/* Decoding takes some texts that no key is written as (characters outside of the
 * alphabet, numbers above 2^32 - 1), so the way back must give the same text. */
bool key_text_is_valid(const char *text)
{
    uint8_t bytes[KEY_BYTES];
    char again[SOCKET_KEY_TEXT];
    bool same;

    if (strnlen(text, SOCKET_KEY_TEXT) != KEY_LENGTH)
        return false;
    for (const char *c = text; *c; c++)
        if (*c < 0x21 || *c > 0x7e)
            return false;
    if (!zmq_z85_decode(bytes, text))
        return false;
    zmq_z85_encode(again, bytes, sizeof(bytes));
    same = memcmp(again, text, SOCKET_KEY_TEXT) == 0;
    memory_wipe(bytes, sizeof(bytes));
    memory_wipe(again, sizeof(again));
    return same;
}

/* The value in "name = value", or NULL when the line is about something else. */
static char *value_of(char *line, const char *name)
{
    size_t length = strlen(name);

    if (strncmp(line, name, length) != 0)
        return NULL;
    line += length;
    line += strspn(line, " \t");
    if (*line != '=')
        return NULL;
    line++;
    return line + strspn(line, " \t");
}

static bool read_line(char *line, struct key_pair *pair, struct error *err)
{
    char *value = value_of(line, "public");
    char *place = pair->public;

    if (!value) {
        value = value_of(line, "secret");
        place = pair->secret;
    }
    if (!value)
        return fail(err, ERROR_INVALID, "expected \"public = KEY\" or \"secret = KEY\"");
    value[strcspn(value, " \t\r")] = '\0';
    if (place[0] != '\0')
        return fail(err, ERROR_INVALID, "the same key is given twice");
    if (!key_text_is_valid(value))
        return fail(err, ERROR_INVALID, "a key is 40 characters of Z85 (ZeroMQ RFC 32)");
    memcpy(place, value, SOCKET_KEY_TEXT);
    return true;
}

static bool read_lines(char *text, struct key_pair *pair, struct error *err)
{
    unsigned number = 1;

    for (char *line = text; line; number++) {
        char *end = strchr(line, '\n');

        if (end)
            *end = '\0';
        line += strspn(line, " \t\r");
        if (*line && *line != '#' && !read_line(line, pair, err))
            return fail_in(err, "line %u", number);
        line = end ? end + 1 : NULL;
    }
    return true;
}

static bool check_pair(const struct key_pair *pair, struct error *err)
{
    char public[SOCKET_KEY_TEXT];

    if (!pair->secret[0] || !pair->public[0])
        return fail(err, ERROR_INVALID, "the %s key is missing",
                    pair->secret[0] ? "public" : "secret");
    if (zmq_curve_public(public, pair->secret) < 0 || strcmp(public, pair->public) != 0)
        return fail(err, ERROR_INVALID, "the two keys do not belong together");
    return true;
}

static void wipe_pair(struct key_pair *pair)
{
    memory_wipe(pair, sizeof(*pair));
}

static void wipe_buffer(struct buffer *buffer)
{
    memory_wipe(buffer->bytes, buffer->length);
    buffer_clear(buffer);
}

bool key_pair_read(const char *path, struct key_pair *ret_pair, struct error *err)
{
    CLEANUP(wipe_pair) struct key_pair pair = {0};
    CLEANUP(wipe_buffer) struct buffer buffer;

    buffer_init(&buffer);
    if (!file_check_private(path, true, err) || !file_read(path, KEY_FILE_MAX, &buffer, err))
        return false;
    if (memchr(buffer.bytes, '\0', buffer.length))
        return fail(err, ERROR_INVALID, "key file %s: not a text", path);
    if (!read_lines(buffer.bytes, &pair, err) || !check_pair(&pair, err))
        return fail_in(err, "key file %s", path);
    *ret_pair = pair;
    return true;
}

bool key_pair_write(const char *path, const struct key_pair *pair, struct error *err)
{
    CLEANUP(wipe_buffer) struct buffer buffer;

    buffer_init(&buffer);
    buffer_print(&buffer, "public = %s\nsecret = %s\n", pair->public, pair->secret);
    return file_replace(path, buffer.bytes, buffer.length, 0600, err);
}
