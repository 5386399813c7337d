/* libvirt_talk.h - what the scheduler and tequio-libvirt say to each other
 *
 * A message is a few texts, each ended by a zero, behind their length in four bytes.  The first
 * question gives the settings; then the scheduler asks, and tequio-libvirt answers, one at a time,
 * over a stream socket.  The first two texts of an answer are the error's code, "0" when all is
 * good, and its words.  Both are of one build: the form may change with each.
 *
 * Owns: nothing.  Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_LIBVIRT_TALK_H
#define SCHEDULER_CLOUD_LIBVIRT_TALK_H

#include "base/buffer.h"
#include "base/error.h"
#include "scheduler/cloud/provider.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALK_MOST    (64u << 20) /* SERVERS_MAX servers with their names and faults */
#define TALK_FOREVER (-1)

void talk_add(struct buffer *message, const char *text);
void talk_add_number(struct buffer *message, uint64_t number);

/* The text at *place, which starts at 0 and moves on; NULL: there is none. */
const char *talk_next(const struct buffer *message, size_t *place);
bool talk_next_number(const struct buffer *message, size_t *place, uint64_t most,
                      uint64_t *ret_number);

/* Within limit_us, or TALK_FOREVER.  ERROR_UNAVAILABLE: the other one has ended, or not answered;
 * what came of it is not known, and the socket is of no more use. */
bool talk_send(int socket, const struct buffer *message, int64_t limit_us, struct error *err);
bool talk_receive(int socket, struct buffer *message, int64_t limit_us, struct error *err);

/* What a provider over libvirt needs; the texts taken are the message's. */
void talk_add_settings(struct buffer *message, const struct provider_settings *settings);
bool talk_take_settings(const struct buffer *message, struct provider_settings *settings);

#endif
