/* seal.h - what stands for a person in the books
 *
 * The books are hashed, signed and kept for ever; a name is not.  So they have a seal of it:
 *
 *     "c:" and the first 30 bytes of SHA-256(salt || name), in hexadecimal
 *
 * with a random salt of 32 bytes for each person, which is kept apart.  Who has name and salt can see
 * that they fit; when the salt is destroyed nobody can tell any more whose seal it was, and
 * everything that was hashed stays as it is.
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORE_SEAL_H
#define ACCOUNTING_CORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_SALT_SIZE 32
#define SEAL_SIZE      63 /* with the zero at its end: no longer than a name may be */

void seal_make(const char *name, const uint8_t salt[SEAL_SALT_SIZE], char ret_seal[SEAL_SIZE]);

/* No name has a colon. */
bool seal_is(const char *text);

#endif
