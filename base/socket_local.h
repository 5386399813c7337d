/* socket_local.h - the local sockets of base/socket.h
 *
 * Unix sockets without libzmq, which ends the process when a local listener runs out of
 * descriptors, and keeps the frames of a message that never ends: any user of the machine
 * could do either (libzmq 4.3.4).  Here a user has so many connections and no more,
 * each with one message underway.  Who a peer is says the kernel (SO_PEERCRED).
 *
 * One epoll descriptor stands for all of a socket's, so that a loop or poll() can wait for
 * it: it is ready when there is something to receive, to accept or to send.
 *
 * Owns: its descriptors, its peers, and the file of a listener.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_LOCAL_H
#define BASE_SOCKET_LOCAL_H

#include "base/error.h"
#include "base/memory.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCAL_PEERS_PER_UID 64   /* the next one is closed at once; it dials again */
#define LOCAL_PEERS_MAX     4096 /* at a listener, and never more than a quarter of the limit */

struct local;

struct local *local_listen(const char *path, struct error *err);
struct local *local_dial(const char *path, struct error *err);
void local_free(struct local *local);
DEFINE_CLEANUP(struct local *, local_free)

/* As their namesakes in socket.h. */
int local_receive(struct local *local, struct sender *ret_sender, uint8_t **ret_bytes,
                  size_t *ret_size);
bool local_send(struct local *local, const struct sender *to, const void *bytes, size_t size);
bool local_wait(struct local *local, int64_t timeout_us);
enum socket_state local_state(struct local *local);
uint64_t local_dropped(const struct local *local);

int local_descriptor(const struct local *local);

#endif
