/* socket_connections.h - what each connection on TCP may hold
 *
 * libzmq (4.3.4) bounds neither how many connections an address or a key has, nor what it keeps of
 * a message whose frames never end.  So connections are counted here as libzmq tells of
 * them, and what the kernel says each has brought (TCP_INFO) is compared with what was
 * received of it.  One that is over a limit is shut down; libzmq takes that for its end and lets go
 * of all that it kept of it, and nobody else notices.
 *
 * libzmq's threads may close a descriptor, and use its number again, at any time.  The kernel's
 * cookie says whether it still is the same connection.
 *
 * Owns: its counts, no descriptor.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_CONNECTIONS_H
#define BASE_SOCKET_CONNECTIONS_H

#include "base/socket.h"

#include <stdbool.h>
#include <stddef.h>

/* What one connection, and all of them, may have brought that nobody could take yet: seven of
 * the largest messages, and eight times that. */
#define CONNECTION_WAITING_MOST  (UINT64_C(32) << 20)
#define CONNECTIONS_WAITING_MOST (UINT64_C(256) << 20)

struct connections;

struct connections *connections_new(void);
void connections_free(struct connections *connections);
void connections_set_limits(struct connections *connections, const struct socket_limits *limits);

/* A listener has accepted this one; this one has ended. */
void connections_opened(struct connections *connections, int listener, int descriptor);
void connections_closed(struct connections *connections, int descriptor);

/* Is it known? If not, libzmq has more to tell. */
bool connections_has(const struct connections *connections, int descriptor);

/* A message of so many bytes in so many frames was received of it.  False when it must not be
 * heard: its key has too many connections. */
bool connections_heard(struct connections *connections, int descriptor, const char *key,
                       size_t size, size_t frames);

/* Now and then: see who is over a limit. */
void connections_look(struct connections *connections);

/* Connections that were ended since the start; and of the last one, who and why. */
uint64_t connections_ended(const struct connections *connections);
const char *connections_last_ended(const struct connections *connections);

#endif
