/* digest.h - SHA-256 for what others verify, keyed BLAKE2b for rows of our own,
 * CRC-32C for torn writes
 *
 * SHA-256: FIPS 180-4.  BLAKE2b: RFC 7693.  CRC-32C: RFC 3720 B.4.
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE  32 /* SHA-256 */
#define MAC_SIZE     16
#define MAC_KEY_SIZE 32
#define DIGEST_HEX   (2 * DIGEST_SIZE + 1)

struct digest {
    uint8_t bytes[DIGEST_SIZE];
};

struct digest digest_of(const void *bytes, size_t size);
struct digest digest_of_two(const void *a, size_t a_size, const void *b, size_t b_size);

/* Of bytes that come one after the other. */
struct digest_stream;

struct digest_stream *digest_stream_new(void);
void digest_stream_free(struct digest_stream *stream);
DEFINE_CLEANUP(struct digest_stream *, digest_stream_free)
void digest_stream_add(struct digest_stream *stream, const void *bytes, size_t size);
struct digest digest_stream_now(const struct digest_stream *stream); /* of all until now */

bool digest_equal(const struct digest *a, const struct digest *b);

void mac_of(const uint8_t key[MAC_KEY_SIZE], const void *bytes, size_t size,
            uint8_t ret_mac[MAC_SIZE]);
bool bytes_equal(const void *a, const void *b, size_t size); /* in constant time */

uint32_t crc32c(uint32_t start, const void *bytes, size_t size);

/* Lower-case hexadecimal, without a prefix. */
void hex_print(const void *bytes, size_t size, struct buffer *buffer);
bool hex_parse(const char *text, void *bytes, size_t size, struct error *err); /* exactly size */

#endif
