/* base64.h - bytes as text of RFC 4648, section 4
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* Added with padding, without line ends. */
void base64_print(const void *bytes, size_t size, struct buffer *buffer);

/* Exactly `size` bytes, in the one way to write them: padded, without line ends, no bit too many. */
bool base64_read(const char *text, size_t length, void *ret_bytes, size_t size);

#endif
