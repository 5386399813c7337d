/* random.h - random bytes that nobody can guess
 *
 * From libsodium's generator; for keys, tokens and nonces.
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_fill(void *bytes, size_t size);
uint32_t random_below(uint32_t limit); /* 0 .. limit - 1, without bias */

#endif
