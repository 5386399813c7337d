/* socket_inside.h - what the socket*.c share, and nobody else sees
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_INSIDE_H
#define BASE_SOCKET_INSIDE_H

#include "base/error.h"
#include "base/list.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stdint.h>

#define SOCKET_ADMISSION_ENDPOINT "inproc://zeromq.zap.01" /* ZeroMQ RFC 27 fixes it */

#define SOCKET_ADMISSION_DOMAIN "tcp"

struct connections;
struct local;

struct socket {
    struct local *local; /* what it is on a local socket; else NULL, and the rest counts */
    void *handle;        /* libzmq's */
    void *monitor;       /* libzmq's, where a socket tells how it fares and who comes; or NULL */
    enum socket_state state;
    bool router;
    uint64_t dropped;
    char *endpoint;
    char *path;              /* of the file that a local listener made; else NULL */
    int listener;            /* the descriptor on which libzmq listens */
    bool shut;               /* it takes no new peers for now */
    struct list_node member; /* of the gate's listeners */
};

/* A socket of a libzmq type, neither bound nor connected, with no limits set. */
struct socket *socket_new(int type, struct error *err);

/* Let libzmq tell of these events from now on. */
bool socket_monitor(struct socket *socket, int events, struct error *err);
void socket_monitor_end(struct socket *socket);

/* Of a listener: note who came and who went since. */
void socket_note_connections(struct socket *socket, struct connections *connections);

/* Take the next one; false when there is none. */
bool socket_monitor_take(struct socket *socket, uint16_t *ret_event, uint32_t *ret_value);

/* The events that socket_state() goes by. */
int socket_state_events(void);

/* To one endpoint, or to all of a list. */
bool socket_connect_all(struct socket *socket, const char *endpoints);

/* What all sockets of the process live in. */
void *socket_context(void);

/* Every stranger holds a descriptor until the handshake's time is over, and at the limit
 * libzmq turns round and round in accept() while files and programs cannot be opened.  So
 * the gate shuts the listeners when a fifth of the descriptors is left, and opens them
 * when a quarter is.  Peers that are in stay in, which they would not if libzmq unbound:
 * the kernel is told to drop what comes for the listener.  (Local listeners see to
 * themselves.) */
struct gate;

struct gate *gate_new(struct loop *loop);
void gate_free(struct gate *gate);
void gate_add(struct gate *gate, struct socket *socket);
void gate_remove(struct gate *gate, struct socket *socket);

/* Who is in; the gate sees to it that they keep to their limits. */
struct connections *gate_connections(struct gate *gate);

/* Tell socket_listen() that there is someone to ask who is let in; NULL: no more. */
void socket_set_gate(struct gate *gate);

#endif
