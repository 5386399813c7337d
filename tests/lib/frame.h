/* frame.h - the wire format of protobuf by hand, for frames that no encoder would write
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_FRAME_H
#define TESTS_LIB_FRAME_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

enum frame_wire { FRAME_VARINT = 0, FRAME_64 = 1, FRAME_BLOCK = 2, FRAME_32 = 5 };

void frame_varint(struct buffer *buffer, uint64_t value);
void frame_tag(struct buffer *buffer, uint32_t field, unsigned wire);
void frame_number(struct buffer *buffer, uint32_t field, uint64_t value);
void frame_block(struct buffer *buffer, uint32_t field, const void *bytes, size_t size);
void frame_text(struct buffer *buffer, uint32_t field, const char *text);

/* An envelope of version 1 around the body of that field number, request 7. */
void frame_envelope(struct buffer *buffer, uint32_t body, const struct buffer *bytes);

#endif
