/* socket_inside.h - what the socket*.c share, and nobody else sees
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_INSIDE_H
#define BASE_SOCKET_INSIDE_H

#include "base/error.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stdint.h>

#define SOCKET_ADMISSION_ENDPOINT "inproc://zeromq.zap.01" /* ZeroMQ RFC 27 fixes it */

/* The ZAP domains: on TCP the key is asked for, on local sockets the uid. */
#define SOCKET_DOMAIN_TCP   "tcp"
#define SOCKET_DOMAIN_LOCAL "local"

/* Before the digits of a uid in the user id that comes with each message.  On TCP the
 * user id is the key's 40 characters, which is longer than any of these. */
#define SOCKET_UID_PREFIX "uid:"

struct socket {
    void *handle;  /* libzmq's */
    void *monitor; /* libzmq's, where a dialling socket tells how it fares; else NULL */
    enum socket_state state;
    bool router;
    uint64_t dropped;
    char *endpoint;
    char *path; /* of the file that a local listener made; else NULL */
};

/* A socket of a libzmq type, neither bound nor connected, with no limits set. */
struct socket *socket_new(int type, struct error *err);

/* Watch how dialling goes; before it starts. */
bool socket_monitor(struct socket *socket, struct error *err);
void socket_monitor_end(struct socket *socket);

/* What all sockets of the process live in. */
void *socket_context(void);

/* Tell socket_listen() whether there is someone to ask who is let in. */
void socket_set_admitting(bool admitting);

#endif
