/* dispatch.h - the only place where roles are checked
 *
 * A program lists what it answers in a table: message, roles admitted, function.
 * dispatch() finds the sender's session and the row, checks the roles, calls, and
 * makes the answer (the handler's, or a Failure).  There is no default: a message
 * without a row is refused.  To add a message: see proto/wire/wire.proto.
 *
 * Before Hello nothing else is answered.  A session belongs to a return address and
 * the identity behind it together; there are at most SESSION_MAX, the one silent for
 * longest leaves first, and its peer is told to say hello again.
 *
 * Owns: the sessions.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_DISPATCH_H
#define PROTO_DISPATCH_H

#include "base/buffer.h"
#include "base/memory.h"
#include "base/socket.h"
#include "proto/identity.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_MAX 65536

/* One ask being answered.  A handler that cannot answer at once sets `later` and
 * copies `to` and `request`; it answers itself afterwards. */
struct ask {
    struct sender to;
    const struct principal *principal; /* valid during the handler only */
    const Wire__Envelope *envelope;
    uint64_t request;
    bool later;
};

/* Fill *answer (its body borrows; see `keep`) or return false with *err. `keep` is memory
 * that lives until the answer is packed: allocate parts of the answer there. */
struct arena;
typedef bool handle_fn(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err);

struct handler {
    Wire__Envelope__BodyCase kind;
    unsigned roles; /* any of these is admitted */
    handle_fn *handle;
};

/* Memory freed all at once. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
DEFINE_CLEANUP(struct arena *, arena_free)
void *arena_get(struct arena *arena, size_t count, size_t size); /* zeroed */
char *arena_copy(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct dispatcher;

/* The rows end with kind 0 (WIRE__ENVELOPE__BODY__NOT_SET).  welcome() fills the answer to
 * Hello (network, lineage, epoch); dispatch itself checks versions and fills the principal. */
struct dispatcher *dispatcher_new(const struct handler *handlers,
                                  const struct identities *identities, handle_fn *welcome,
                                  void *owner);
void dispatcher_free(struct dispatcher *dispatcher);
DEFINE_CLEANUP(struct dispatcher *, dispatcher_free)

/* Decode, authenticate, authorize, call.  True if `answer` has bytes to send now. Answers
 * (Failure bodies too) go to the ask's sender.  now_us: boot clock, for the sessions' age. */
bool dispatch(struct dispatcher *dispatcher, const struct sender *sender, const uint8_t *bytes,
              size_t size, int64_t now_us, struct buffer *answer);

/* Requests dispatched, and those refused before a handler ran. */
uint64_t dispatcher_requests(const struct dispatcher *dispatcher);
uint64_t dispatcher_refused(const struct dispatcher *dispatcher);

#endif
