/* curve.h - an admitted peer on TCP that is free to send what no library would
 *
 * It does CURVE's handshake (ZeroMQ RFC 26) with a key that is let in, and then sends frames
 * of any shape: libzmq itself keeps a message back until its last frame is there.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_CURVE_H
#define TESTS_LIB_CURVE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The long-term keys, and what the server gives. */
struct handshake {
    uint8_t own_public[32], own_secret[32], server[32];
    uint8_t server_transient[32];
    uint8_t cookie[96];
};

struct curve {
    int descriptor;
    uint64_t nonce; /* of the last command */
    uint8_t transient_public[32], transient_secret[32];
    uint8_t shared[32]; /* what messages are encrypted with */
    struct handshake handshake;
    struct buffer hello, initiate; /* the frames as they were sent, for who wants to repeat them */
};

/* Connect and do the handshake.  False, and nothing is open, when the server does not go along. */
bool curve_connect(struct curve *ret_curve, const char *endpoint, const struct key_pair *pair,
                   const char *server_key, struct error *err);
/* The same but for its second half: HELLO was sent, and the server's WELCOME taken. */
bool curve_begin(struct curve *ret_curve, const char *endpoint, const struct key_pair *pair,
                 const char *server_key, struct error *err);
void curve_close(struct curve *curve);

/* Flags that are encrypted with a frame. */
enum { CURVE_MORE = 1, CURVE_COMMAND = 2 };

/* One frame.  False when it was cut off. */
bool curve_send(struct curve *curve, unsigned flags, const void *bytes, size_t size);

#endif
