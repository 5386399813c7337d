/* digest.c - SHA-256, keyed BLAKE2b, CRC-32C, hexadecimal */

#include "base/digest.h"

#include "base/sha256.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(DIGEST_SIZE == crypto_hash_sha256_BYTES, "SHA-256 has 32 bytes");

struct digest digest_of(const void *bytes, size_t size)
{
    return digest_of_two(bytes, size, NULL, 0);
}

/* The instructions' share of it: what waits for its block to be full. */
struct tail {
    uint32_t state[8];
    size_t used;
    uint8_t bytes[2 * SHA256_BLOCK];
};

static void add_bytes(struct tail *tail, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        size_t part = SHA256_BLOCK - tail->used < size ? SHA256_BLOCK - tail->used : size;

        if (tail->used == 0 && size >= SHA256_BLOCK) {
            part = size - size % SHA256_BLOCK;
            (void)sha256_blocks(tail->state, bytes, part / SHA256_BLOCK);
        } else {
            memcpy(tail->bytes + tail->used, bytes, part);
            tail->used += part;
        }
        if (tail->used == SHA256_BLOCK) {
            (void)sha256_blocks(tail->state, tail->bytes, 1);
            tail->used = 0;
        }
        bytes += part;
        size -= part;
    }
}

/* A one bit, zeros, and the length in bits: one block more, or two. */
static void end_bytes(struct tail *tail, uint64_t size, struct digest *digest)
{
    size_t end = tail->used + 9 <= SHA256_BLOCK ? SHA256_BLOCK : sizeof(tail->bytes);

    memset(tail->bytes + tail->used, 0, end - tail->used);
    tail->bytes[tail->used] = 0x80;
    for (size_t i = 0; i < sizeof(size); i++)
        tail->bytes[end - 1 - i] = (uint8_t)(size << 3 >> (8 * i));
    (void)sha256_blocks(tail->state, tail->bytes, end / SHA256_BLOCK);
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        digest->bytes[i] = (uint8_t)(tail->state[i / 4] >> (24 - 8 * (i % 4)));
}

/* False: this processor has no instructions for it. */
static bool digest_fast(const void *a, size_t a_size, const void *b, size_t b_size,
                        struct digest *digest)
{
    struct tail tail = {
        .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                  0x1f83d9ab, 0x5be0cd19}
    };

    if (!sha256_blocks(tail.state, tail.bytes, 0))
        return false;
    add_bytes(&tail, a, a_size);
    add_bytes(&tail, b, b_size);
    end_bytes(&tail, (uint64_t)a_size + b_size, digest);
    return true;
}

struct digest digest_of_two(const void *a, size_t a_size, const void *b, size_t b_size)
{
    crypto_hash_sha256_state state;
    struct digest digest;

    if (digest_fast(a, a_size, b, b_size, &digest))
        return digest;
    crypto_hash_sha256_init(&state);
    if (a_size > 0)
        crypto_hash_sha256_update(&state, a, a_size);
    if (b_size > 0)
        crypto_hash_sha256_update(&state, b, b_size);
    crypto_hash_sha256_final(&state, digest.bytes);
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return bytes_equal(a->bytes, b->bytes, DIGEST_SIZE);
}

void mac_of(const uint8_t key[MAC_KEY_SIZE], const void *bytes, size_t size,
            uint8_t ret_mac[MAC_SIZE])
{
    crypto_generichash(ret_mac, MAC_SIZE, bytes, size, key, MAC_KEY_SIZE);
}

bool bytes_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

/* Four bits at a time: the remainder of each value of four bits, for the polynomial
 * 0x1edc6f41 with its bits in reverse. */
uint32_t crc32c(uint32_t start, const void *bytes, size_t size)
{
    static const uint32_t remainders[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    const uint8_t *place = bytes;
    uint32_t rest = ~start;

    for (size_t i = 0; i < size; i++) {
        rest ^= place[i];
        rest = rest >> 4 ^ remainders[rest & 15];
        rest = rest >> 4 ^ remainders[rest & 15];
    }
    return ~rest;
}

void hex_print(const void *bytes, size_t size, struct buffer *buffer)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *place = bytes;

    for (size_t i = 0; i < size; i++) {
        buffer_add_char(buffer, digits[place[i] >> 4]);
        buffer_add_char(buffer, digits[place[i] & 15]);
    }
}

/* Its value, or 16 when it is no digit. */
static unsigned digit_of(char character)
{
    if (character >= '0' && character <= '9')
        return (unsigned)(character - '0');
    if (character >= 'a' && character <= 'f')
        return (unsigned)(character - 'a') + 10;
    return 16;
}

bool hex_parse(const char *text, void *bytes, size_t size, struct error *err)
{
    uint8_t *place = bytes;

    /* All of it before any is written: on failure nothing has changed. */
    if (strlen(text) != 2 * size)
        return fail(err, ERROR_INVALID, "expected %zu hexadecimal digits, not %zu characters",
                    2 * size, strlen(text));
    for (size_t i = 0; i < 2 * size; i++)
        if (digit_of(text[i]) > 15)
            return fail(err, ERROR_INVALID, "expected digits 0 to 9 and a to f, at character %zu",
                        i + 1);
    for (size_t i = 0; i < size; i++)
        place[i] = (uint8_t)(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
    return true;
}
