/* base64.h - bytes as text of RFC 4648, section 4
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buffer.h"

#include <stddef.h>

/* Added with padding, without line ends. */
void base64_print(const void *bytes, size_t size, struct buffer *buffer);

#endif
