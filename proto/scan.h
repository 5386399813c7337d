/* scan.h - a frame walked once before protobuf-c may see it
 *
 * The walk follows the message descriptors, takes no memory and stops at the first thing
 * that is wrong: the limits of message.h, groups, varints that are longer than their
 * value needs, wire types that do not fit the field, numbers too large for theirs,
 * fractions that are not finite, texts that are not UTF-8 or have a NUL, and a field
 * given twice that is not repeated (two readers could take different ones for true;
 * this also keeps protobuf-c's merging out of reach).  Fields it does not know are passed
 * over, but counted.
 *
 * Owns: nothing.  Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_SCAN_H
#define PROTO_SCAN_H

#include "base/error.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *ret_heap: what decoding will take from an arena, at most. */
bool scan_message(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size,
                  size_t *ret_heap, struct error *err);

/* The value of a varint field outside of all others, as far as the frame can be read; else 0. */
uint64_t scan_outer_number(const uint8_t *bytes, size_t size, uint32_t field);

#endif
