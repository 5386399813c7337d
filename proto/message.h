/* message.h - envelopes to bytes and back, with limits before any memory
 *
 * protobuf-c has no limit on depth and allocates as the sender likes, so before
 * it sees a frame the frame is walked once without allocating: fields, items
 * per repeated field and nesting are counted, varints are checked, wire types 3
 * and 4 (groups) and an 11-byte varint are refused; texts must be UTF-8 without NUL.
 * Then it decodes with an allocator that counts and stops at MESSAGE_HEAP_MAX.  The
 * limits are those of docs/architecture.md.
 *
 * Owns: what it returns.  Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "proto/wire/wire.pb-c.h"

#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_VERSION  1
#define MESSAGE_HEAP_MAX  (16u << 20) /* bytes of decoded memory */
#define MESSAGE_FIELD_MAX 262144      /* fields in one frame, all levels */
#define MESSAGE_ITEM_MAX  65536       /* items of one repeated field */
#define MESSAGE_DEPTH_MAX 6

/* NULL and ERROR_INVALID if it is not an envelope within the limits, has no body, or
 * a version that is not PROTOCOL_VERSION (Hello and AgentHello excepted: they negotiate). */
Wire__Envelope *message_decode(const uint8_t *bytes, size_t size, struct error *err);
void message_free(Wire__Envelope *envelope);
DEFINE_CLEANUP(Wire__Envelope *, message_free)

/* The same for what travels between agents inside Relay.body. */
Wire__RelayBody *message_decode_relay(const uint8_t *bytes, size_t size, struct error *err);
void message_free_relay(Wire__RelayBody *body);
DEFINE_CLEANUP(Wire__RelayBody *, message_free_relay)

/* Add the packed bytes to the buffer.  The envelope's version is set. */
void message_encode(Wire__Envelope *envelope, struct buffer *buffer);

/* "submit", "job_list": the body's name in the .proto file; "unknown". */
const char *message_name(Wire__Envelope__BodyCase body);

/* Fill a Failure from *err; the text is borrowed from *err. */
void failure_fill(Wire__Failure *failure, const struct error *err);

/* The other way, for the asker: *err from a received Failure; returns false. */
bool failure_read(const Wire__Failure *failure, struct error *err);

#endif
