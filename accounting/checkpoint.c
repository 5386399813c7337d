/* checkpoint.c - the size and root of the network's log, as a signed note */

#include "accounting/checkpoint.h"

#include "base/base64.h"
#include "base/memory.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_ID_SIZE 4
#define ED25519     0x01 /* the kind of signature, in the key's id */
#define BLOB_SIZE   (KEY_ID_SIZE + SIGNATURE_SIZE)
#define DASH        "\xe2\x80\x94 " /* an em dash and a space begin a signature */

void checkpoint_print(const struct checkpoint *checkpoint, struct buffer *buffer)
{
    buffer_print(buffer, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->leaves);
    base64_print(checkpoint->root.bytes, DIGEST_SIZE, buffer);
    buffer_add_text(buffer, "\n\n");
}

/* The first bytes of SHA-256(name, newline, kind, key). */
static void make_key_id(const char *name, size_t length, const uint8_t public_key[],
                        uint8_t ret_id[KEY_ID_SIZE])
{
    CLEANUP(buffer_clear) struct buffer text;
    struct digest digest;

    buffer_init(&text);
    buffer_add(&text, name, length);
    buffer_add_char(&text, '\n');
    buffer_add_char(&text, ED25519);
    buffer_add(&text, public_key, SIGNATURE_PUBLIC_KEY_SIZE);
    digest = digest_of(text.bytes, text.length);
    memcpy(ret_id, digest.bytes, KEY_ID_SIZE);
}

/* What is signed ends with the newline before the empty line. */
void checkpoint_sign(const struct signing_key *key, struct buffer *note)
{
    size_t name = strcspn(note->bytes, "\n"), signed_size = note->length - 1;
    CLEANUP(memory_freep) char *origin = memory_copy_bytes(note->bytes, name);
    uint8_t blob[BLOB_SIZE];

    make_key_id(origin, name, key->public, blob);
    sign_bytes(key, note->bytes, signed_size, blob + KEY_ID_SIZE);
    buffer_add_text(note, DASH);
    buffer_add(note, origin, name);
    buffer_add_char(note, ' ');
    base64_print(blob, sizeof(blob), note);
    buffer_add_char(note, '\n');
}

static bool read_text(const char *note, size_t size, struct checkpoint *checkpoint,
                      struct error *err)
{
    const char *end = note + size, *line = memchr(note, '\n', size);
    size_t length = line ? (size_t)(line - note) : 0;
    CLEANUP(memory_freep) char *number = NULL;
    const char *next;

    if (length == 0 || length >= sizeof(checkpoint->origin))
        return fail(err, ERROR_INVALID, "the checkpoint has no origin");
    memcpy(checkpoint->origin, note, length);
    line++;
    next = memchr(line, '\n', (size_t)(end - line));
    if (!next)
        return fail(err, ERROR_INVALID, "the checkpoint has no size");
    number = memory_copy_bytes(line, (size_t)(next - line) + 1);
    number[next - line] = '\0';
    if (!parse_u64(number, 0, INT64_MAX, &checkpoint->leaves, err))
        return fail_in(err, "the checkpoint's size");
    line = next + 1;
    next = memchr(line, '\n', (size_t)(end - line));
    if (!next || next + 1 != end ||
        !base64_read(line, (size_t)(next - line), checkpoint->root.bytes, DIGEST_SIZE))
        return fail(err, ERROR_INVALID, "the checkpoint has no root");
    return true;
}

/* "— ORIGIN BASE64", to the note's end. */
static bool check_signature(const char *note, size_t signed_size, const char *line, size_t length,
                            const uint8_t public_key[], struct error *err)
{
    size_t name = strcspn(note, "\n"), start = strlen(DASH) + name + 1;
    uint8_t blob[BLOB_SIZE], id[KEY_ID_SIZE];

    make_key_id(note, name, public_key, id);
    if (length <= start + 1 || memcmp(line, DASH, strlen(DASH)) != 0 ||
        memcmp(line + strlen(DASH), note, name) != 0 || line[start - 1] != ' ' ||
        line[length - 1] != '\n' ||
        !base64_read(line + start, length - start - 1, blob, sizeof(blob)))
        return fail(err, ERROR_INVALID, "the checkpoint is not signed");
    if (memcmp(blob, id, KEY_ID_SIZE) != 0 ||
        !signature_is_good(public_key, note, signed_size, blob + KEY_ID_SIZE))
        return fail(err, ERROR_INVALID,
                    "the checkpoint was not signed by the key given, or was changed since");
    return true;
}

bool checkpoint_read(const char *note, size_t size, const uint8_t public_key[],
                     struct checkpoint *ret_checkpoint, struct error *err)
{
    const char *empty = memmem(note, size, "\n\n", 2);
    struct checkpoint checkpoint = {0};
    size_t signed_size = empty ? (size_t)(empty - note) + 1 : 0;

    if (!empty)
        return fail(err, ERROR_INVALID, "the checkpoint is no signed note");
    if (!check_signature(note, signed_size, empty + 2, size - signed_size - 1, public_key, err) ||
        !read_text(note, signed_size, &checkpoint, err))
        return false;
    *ret_checkpoint = checkpoint;
    return true;
}
