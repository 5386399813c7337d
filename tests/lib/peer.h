/* peer.h - a raw connection to a listening program, for what no library would send
 *
 * It speaks as much ZMTP (ZeroMQ RFC 23 and 37) as the tests need: greetings and frames of any
 * shape.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_PEER_H
#define TESTS_LIB_PEER_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum peer_frame {
    PEER_MESSAGE = 0, /* the last frame of a message */
    PEER_MORE = 1,    /* a frame with another to follow */
    PEER_LONG = 2,    /* its length has 8 bytes */
    PEER_COMMAND = 4,
};

/* A connected descriptor, or -1.  endpoint: tcp://ADDRESS:PORT (a number), or ipc:///PATH. */
int peer_connect(const char *endpoint, struct error *err);

/* False when the other side has closed, or takes nothing for 30 s. */
bool peer_send(int descriptor, const void *bytes, size_t size);

/* Wait until exactly so many bytes have come; false if they do not within 30 s. */
bool peer_receive(int descriptor, void *bytes, size_t size);

/* Does the other side close within timeout_us?  What it sends until then is thrown away. */
bool peer_is_closed(int descriptor, int64_t timeout_us);

/* ZMTP 3: the 64 bytes that begin a connection; mechanism "NULL" or "CURVE". */
void peer_add_greeting(struct buffer *buffer, int major, int minor, const char *mechanism);

/* A frame with its true length, and one that claims another. */
void peer_add_frame(struct buffer *buffer, unsigned flags, const void *bytes, size_t size);
void peer_add_claim(struct buffer *buffer, unsigned flags, uint64_t claimed, const void *bytes,
                    size_t size);

/* A command: its name and what follows. */
void peer_add_command(struct buffer *buffer, const char *name, const void *bytes, size_t size);

#endif
