/* dispatch.h - the only place where roles are checked
 *
 * A program lists what it answers in a table: message, roles admitted, function.
 * dispatch() finds the sender's session and the row, checks the roles, calls, and
 * makes the answer (the handler's, or a Failure).  There is no default: a message
 * without a row is refused.  To add a message: see proto/wire/wire.proto.
 *
 * Before Hello (AgentHello) nothing else is answered.  A session belongs to a return
 * address and the identity behind it together; there are at most SESSION_MAX, the one
 * silent for longest leaves first, and its peer is told to say hello again.
 *
 * Every ask is answered once, also one that cannot be decoded (with its request number if
 * that can be read, else 0).  A Failure is never answered: two programs would go on
 * refusing each other's refusals.
 *
 * Owns: the sessions.  Borrows: the table and the identities.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_DISPATCH_H
#define PROTO_DISPATCH_H

#include "base/buffer.h"
#include "base/memory.h"
#include "base/socket.h"
#include "proto/arena.h"
#include "proto/identity.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_MAX           65536
#define SESSION_SILENT_MAX_US (INT64_C(86400) * 1000000) /* then it may be forgotten */

/* One ask being answered.  A handler that cannot answer at once sets `later` and
 * copies `to` and `request`; it answers itself afterwards.  The asker may send the same
 * request again meanwhile: one answer is enough for all of them. */
struct ask {
    struct sender to;
    const struct principal *principal; /* valid during the handler only */
    const Wire__Envelope *envelope;
    uint64_t request;
    uint64_t retry_after_us; /* set before failing: busy, ask again then */
    bool hello;              /* set before failing: the asker must say hello (again) first */
    bool later;
};

/* Fill *answer (its body borrows; see `keep`) or return false with *err. `keep` is memory
 * that lives until the answer is packed: allocate parts of the answer there. */
typedef bool handle_fn(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err);

struct handler {
    Wire__Envelope__BodyCase kind;
    unsigned roles; /* any of these is admitted */
    handle_fn *handle;
};

struct dispatcher;

/* The rows end with kind 0 (WIRE__ENVELOPE__BODY__NOT_SET); none is for Hello.  welcome() fills
 * answer->welcome, which is there already (network, lineage, epoch); dispatch itself checks
 * versions and fills version, principal and roles. */
struct dispatcher *dispatcher_new(const struct handler *handlers,
                                  const struct identities *identities, handle_fn *welcome,
                                  void *owner);
void dispatcher_free(struct dispatcher *dispatcher);
DEFINE_CLEANUP(struct dispatcher *, dispatcher_free)

/* The epoch of every answer that has none of its own. */
void dispatcher_set_epoch(struct dispatcher *dispatcher, uint64_t epoch);

/* Decode, authenticate, authorize, call.  True if `answer` (overwritten) has bytes to send
 * now; they go to the ask's sender.  now_us: boot clock, for the sessions' age. */
bool dispatch(struct dispatcher *dispatcher, const struct sender *sender, const uint8_t *bytes,
              size_t size, int64_t now_us, struct buffer *answer);

/* Requests dispatched, and those refused before a handler ran. */
uint64_t dispatcher_requests(const struct dispatcher *dispatcher);
uint64_t dispatcher_refused(const struct dispatcher *dispatcher);
size_t dispatcher_sessions(const struct dispatcher *dispatcher);

/* Who may ask what, a line for each row: for the golden matrix of a table's test. */
void dispatcher_print_matrix(const struct handler *handlers, struct buffer *buffer);

#endif
