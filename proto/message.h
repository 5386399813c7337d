/* message.h - envelopes to bytes and back, with limits before any memory
 *
 * protobuf-c has no limit on depth and allocates as the sender likes, so before
 * it sees a frame scan.h walks it once without allocating: fields, items per repeated
 * field, nesting and the memory that decoding will take are counted, and whatever a
 * decent encoder never writes is refused.  Then it decodes into one arena, which
 * stops at MESSAGE_HEAP_MAX.  The limits are those of docs/architecture.md.
 *
 * What a decoded envelope promises: texts are UTF-8 without NUL, fractions are finite.
 * What it does not: that an enumeration has a value of its list, that a message inside a
 * message is there (NULL when not), or that any number makes sense.
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

#include <stdbool.h>
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

/* Bytes of memory that a decoded envelope takes, at most MESSAGE_HEAP_MAX and 1 KiB. */
size_t message_heap(const Wire__Envelope *envelope);

/* The request number of a frame that message_decode() refused, to answer it; 0 if it
 * cannot be read. */
uint64_t message_request(const uint8_t *bytes, size_t size);

/* The same for what travels between agents inside Relay.body. */
Wire__RelayBody *message_decode_relay(const uint8_t *bytes, size_t size, struct error *err);
void message_free_relay(Wire__RelayBody *body);
DEFINE_CLEANUP(Wire__RelayBody *, message_free_relay)

/* Add the packed bytes to the buffer.  The envelope's version is set.  Texts must be UTF-8, or
 * the other side refuses the whole: see arena_copy_utf8().  A Failure's text is made so. */
void message_encode(Wire__Envelope *envelope, struct buffer *buffer);

/* "submit", "job_list": the body's name in the .proto file; "unknown". */
const char *message_name(Wire__Envelope__BodyCase body);

/* What a person types to ask it, "tequio report"; the same as above for what programs say. */
const char *message_command(Wire__Envelope__BodyCase body);

/* Make a Failure of *err; the text is borrowed from *err. */
void failure_fill(Wire__Failure *failure, const struct error *err);

/* The other way, for the asker: *err from a received Failure; returns false. */
bool failure_read(const Wire__Failure *failure, struct error *err);

#endif
