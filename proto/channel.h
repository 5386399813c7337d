/* channel.h - ask a program and wait for its answer, over losses and restarts
 *
 * For programs without a loop (the client, tequio-rsh).  A channel says Hello on its own,
 * also again when the other side has forgotten it; an ask is sent again with
 * back-off and jitter until it is answered or the deadline passes.  Because of that
 * every ask that changes something carries a request key.
 *
 * The other side is not trusted: what it sends is limited like all that is received.  Its
 * texts may hold control characters: whoever prints them escapes them.
 *
 * Owns: its socket.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_CHANNEL_H
#define PROTO_CHANNEL_H

#include "base/error.h"
#include "base/memory.h"
#include "base/socket.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>

struct channel;

/* pair and server_key NULL on a local socket.  program: "tequio 0.1.0". */
struct channel *channel_open(const char *endpoint, const struct key_pair *pair,
                             const char *server_key, const char *program, struct error *err);
void channel_free(struct channel *channel);
DEFINE_CLEANUP(struct channel *, channel_free)

/* Send the ask, wait for its answer; NULL with *err when it is a Failure, is not of the
 * kind expected, or timeout_us have passed (ERROR_UNAVAILABLE, naming the endpoint and
 * whether it was ever heard of).  A Failure that says when to ask again is waited for,
 * as long as there is time.  The answer is freed with message_free(). */
Wire__Envelope *channel_ask(struct channel *channel, Wire__Envelope *ask,
                            Wire__Envelope__BodyCase expected, int64_t timeout_us,
                            struct error *err);

/* Many asks at once: send now, take answers as they come (for benches and bulk).  Nothing is
 * sent again: a Failure with `hello` set means that the channel has said hello anew and that
 * the ask of that number is for the caller to repeat.  channel_ask() in between loses answers. */
bool channel_send(struct channel *channel, Wire__Envelope *ask, uint64_t *ret_request,
                  struct error *err);

/* The next answer, Failures too; NULL with ERROR_UNAVAILABLE after timeout_us. */
Wire__Envelope *channel_receive(struct channel *channel, int64_t timeout_us, struct error *err);

/* What the other side said of itself; NULL before the first answer. */
const Wire__Welcome *channel_welcome(const struct channel *channel);

#endif
