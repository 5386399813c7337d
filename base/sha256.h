/* sha256.h - SHA-256 by the processor's own instructions, where it has them
 *
 * FIPS 180-4.  The books hash two texts for each attempt that ends; the instructions do that
 * about six times as fast as portable code.  digest.c asks for it, and nobody else.
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64

/* Take so many whole blocks into the state (big-endian words a to h); false, and no change: this
 * processor cannot. */
bool sha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count);

#endif
