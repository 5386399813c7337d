/* digest_sha256.c - SHA-256, apart from the others: who needs none does not load OpenSSL */

/* One digest takes less than OpenSSL 3 needs to look an algorithm up by its new interface; this one is
 * deprecated there, not gone. */
#define OPENSSL_API_COMPAT 0x10101000L

#include "base/digest.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdlib.h>

static_assert(DIGEST_SIZE == SHA256_DIGEST_LENGTH, "SHA-256 has 32 bytes");

struct digest digest_of(const void *bytes, size_t size)
{
    return digest_of_two(bytes, size, NULL, 0);
}

struct digest digest_of_two(const void *a, size_t a_size, const void *b, size_t b_size)
{
    SHA256_CTX state;
    struct digest digest;

    SHA256_Init(&state);
    if (a_size > 0)
        SHA256_Update(&state, a, a_size);
    if (b_size > 0)
        SHA256_Update(&state, b, b_size);
    SHA256_Final(digest.bytes, &state);
    return digest;
}

struct digest_stream {
    SHA256_CTX state;
};

struct digest_stream *digest_stream_new(void)
{
    struct digest_stream *stream = NEW(struct digest_stream);

    SHA256_Init(&stream->state);
    return stream;
}

void digest_stream_free(struct digest_stream *stream)
{
    free(stream);
}

void digest_stream_add(struct digest_stream *stream, const void *bytes, size_t size)
{
    SHA256_Update(&stream->state, bytes, size);
}

struct digest digest_stream_now(const struct digest_stream *stream)
{
    SHA256_CTX state = stream->state;
    struct digest digest;

    SHA256_Final(digest.bytes, &state);
    return digest;
}
