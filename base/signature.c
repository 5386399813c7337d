/* signature.c - Ed25519: who wrote these bytes */

#include "base/signature.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define SEED_SIZE    crypto_sign_SEEDBYTES
#define KEY_FILE_MAX 4096

static_assert(SIGNATURE_SIZE == crypto_sign_BYTES, "RFC 8032");
static_assert(SIGNATURE_PUBLIC_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "RFC 8032");
static_assert(sizeof(((struct signing_key *)0)->secret) == crypto_sign_SECRETKEYBYTES,
              "seed and public key");

struct seed {
    uint8_t bytes[SEED_SIZE];
};

static void wipe_seed(struct seed *seed)
{
    memory_wipe(seed, sizeof(*seed));
}

static void wipe_buffer(struct buffer *buffer)
{
    memory_wipe(buffer->bytes, buffer->length);
    buffer_clear(buffer);
}

void signing_key_make(struct signing_key *ret_key)
{
    CLEANUP(wipe_seed) struct seed seed;

    random_fill(seed.bytes, sizeof(seed.bytes));
    crypto_sign_seed_keypair(ret_key->public, ret_key->secret, seed.bytes);
}

/* One line of hexadecimal. */
static bool read_key(const char *path, void *bytes, size_t size, struct error *err)
{
    CLEANUP(wipe_buffer) struct buffer buffer;

    buffer_init(&buffer);
    if (!file_read(path, KEY_FILE_MAX, &buffer, err))
        return false;
    if (memchr(buffer.bytes, '\0', buffer.length))
        return fail(err, ERROR_INVALID, "key file %s: not a text", path);
    if (buffer.length > 0 && buffer.bytes[buffer.length - 1] == '\n')
        buffer.bytes[--buffer.length] = '\0';
    if (buffer.length > 0 && buffer.bytes[buffer.length - 1] == '\r')
        buffer.bytes[--buffer.length] = '\0';
    return hex_parse(buffer.bytes, bytes, size, err) || fail_in(err, "key file %s", path);
}

static bool write_key(const char *path, const void *bytes, size_t size, mode_t mode,
                      struct error *err)
{
    CLEANUP(wipe_buffer) struct buffer buffer;

    buffer_init(&buffer);
    hex_print(bytes, size, &buffer);
    buffer_add_char(&buffer, '\n');
    return file_replace(path, buffer.bytes, buffer.length, mode, err);
}

bool signing_key_read(const char *path, struct signing_key *ret_key, struct error *err)
{
    CLEANUP(wipe_seed) struct seed seed;

    if (!file_check_private(path, true, err) || !read_key(path, &seed, sizeof(seed), err))
        return false;
    crypto_sign_seed_keypair(ret_key->public, ret_key->secret, seed.bytes);
    return true;
}

bool signing_key_write(const char *path, const struct signing_key *key, struct error *err)
{
    return write_key(path, key->secret, SEED_SIZE, 0600, err); /* it starts with the seed */
}

bool public_key_read(const char *path, uint8_t ret_public[SIGNATURE_PUBLIC_KEY_SIZE],
                     struct error *err)
{
    return read_key(path, ret_public, SIGNATURE_PUBLIC_KEY_SIZE, err);
}

bool public_key_write(const char *path, const uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE],
                      struct error *err)
{
    return write_key(path, public, SIGNATURE_PUBLIC_KEY_SIZE, 0644, err);
}

void sign_bytes(const struct signing_key *key, const void *bytes, size_t size,
                uint8_t ret_signature[SIGNATURE_SIZE])
{
    crypto_sign_detached(ret_signature, NULL, bytes, size, key->secret);
}

/* libsodium refuses public keys of small order and numbers that are not reduced, so a good
 * signature has no second form. */
bool signature_is_good(const uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE], const void *bytes,
                       size_t size, const uint8_t signature[SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, bytes, size, public) == 0;
}
