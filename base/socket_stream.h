/* socket_stream.h - messages over a connected Unix socket
 *
 * Each is its length (32 bits, big-endian) and its bytes.  No more is read than the
 * message at hand, so that the kernel goes on to say that there is another one.
 * What the kernel does not take is kept; when a connection is made anew, it goes on
 * with the message that was not sent whole.
 *
 * Owns: its descriptor and what is underway.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_STREAM_H
#define BASE_SOCKET_STREAM_H

#include "base/buffer.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_HEADER 4

/* What may wait for a peer that does not read, before one message more: in all two of the
 * largest. */
#define STREAM_OUTPUT_MAX SOCKET_FRAME_MAX

enum stream_news { STREAM_WAITS, STREAM_HAS_MESSAGE, STREAM_ENDED };

struct stream {
    int descriptor; /* not blocking; -1: not connected */
    uint8_t header[STREAM_HEADER];
    size_t header_size; /* of it, so much is here */
    uint8_t *message;
    size_t message_size;
    size_t message_capacity;
    struct buffer output; /* whole messages, with their headers */
    size_t sent;          /* of it */
    size_t sent_whole;    /* the end of the last message that was sent whole */
};

void stream_init(struct stream *stream, int descriptor);
void stream_clear(struct stream *stream);

/* Read on.  STREAM_ENDED also when what comes is too long to be a message. */
enum stream_news stream_read(struct stream *stream);

/* The message there is (free() it). */
uint8_t *stream_take(struct stream *stream, size_t *ret_size);

/* False, and nothing sent, when too much waits already. */
bool stream_send(struct stream *stream, const void *bytes, size_t size);

/* Send on what waits; true when nothing waits any more.  A broken connection shows when
 * it is read. */
bool stream_flush(struct stream *stream);

/* Close; keep what was not sent for stream_connect(). */
void stream_disconnect(struct stream *stream);
void stream_connect(struct stream *stream, int descriptor);

#endif
