/* signature.h - Ed25519 (RFC 8032): who wrote these bytes
 *
 * A key file holds one line of hexadecimal: the 32-byte seed of a secret key
 * (mode 0600), or the 32-byte public key.
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SIGNATURE_H
#define BASE_SIGNATURE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_SIZE            64
#define SIGNATURE_PUBLIC_KEY_SIZE 32

struct signing_key {
    uint8_t secret[64]; /* wipe with memory_wipe() */
    uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE];
};

void signing_key_make(struct signing_key *ret_key);
bool signing_key_read(const char *path, struct signing_key *ret_key, struct error *err);
bool signing_key_write(const char *path, const struct signing_key *key, struct error *err);
bool public_key_read(const char *path, uint8_t ret_public[SIGNATURE_PUBLIC_KEY_SIZE],
                     struct error *err);
bool public_key_write(const char *path, const uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE],
                      struct error *err);
void sign_bytes(const struct signing_key *key, const void *bytes, size_t size,
                uint8_t ret_signature[SIGNATURE_SIZE]);
bool signature_is_good(const uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE], const void *bytes,
                       size_t size, const uint8_t signature[SIGNATURE_SIZE]);

#endif
