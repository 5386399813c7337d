/* socket.h - messages between programs: 0MQ ROUTER and DEALER with CURVE on TCP, Unix
 * sockets with the kernel's word on one machine
 *
 * A message's sender is known by what it cannot choose: its CURVE public key on
 * TCP (tcp://), its uid on a local socket (ipc://, see socket_local.h).  The
 * routing id is only a return address.  Every socket has the limits of
 * docs/architecture.md: message size, handshake time, backlog, high water
 * marks.  libzmq: <zmq.h> appears in socket*.c and loop.c only.
 *
 * Threads: a socket is touched by one thread only.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SOCKET_KEY_TEXT  41 /* Z85 (ZeroMQ RFC 32) with its NUL */
#define SOCKET_KEY_SEED  32
#define SOCKET_ROUTE_MAX 255 /* bytes of a routing id */
#define SOCKET_FRAME_MAX \
    (9 << 19) /* bytes of one message: a 4 MiB job script and 512 KiB around it */

struct socket;

/* A CURVE key pair (ZeroMQ RFC 26), Z85 text. */
struct key_pair {
    char public[SOCKET_KEY_TEXT];
    char secret[SOCKET_KEY_TEXT];
};

void key_pair_make(struct key_pair *ret_pair);

/* The pair that belongs to 32 bytes which only its holders know. */
void key_pair_derive(const uint8_t seed[SOCKET_KEY_SEED], struct key_pair *ret_pair);

/* A file of two lines "public = …" and "secret = …", mode 0600. */
bool key_pair_read(const char *path, struct key_pair *ret_pair, struct error *err);
bool key_pair_write(const char *path, const struct key_pair *pair, struct error *err);
bool key_text_is_valid(const char *text);

/* Who sent a frame, as the transport proves it. */
struct sender {
    char key[SOCKET_KEY_TEXT]; /* "" on a local socket */
    uid_t uid;                 /* on a local socket; else (uid_t)-1 */
    size_t route_size;
    uint8_t route[SOCKET_ROUTE_MAX]; /* to answer on a ROUTER */
};

/* One process-wide context, made on first use, ended by socket_end(). */
void socket_end(void);

/* Listen on "tcp://ADDRESS:PORT" with CURVE, or on "ipc://PATH".  Port 0 (or "*") takes
 * any free one: socket_endpoint() tells which.  Needs socket_admit_with() first. */
struct socket *socket_listen(const char *endpoint, const struct key_pair *pair, struct error *err);

/* Dial; reconnects for ever with back-off.  server_key NULL on ipc://.  Several endpoints on TCP,
 * with commas between, are one server that is now here, now there: what is sent goes where somebody
 * answers, and nothing waits for those that do not. */
struct socket *socket_dial(const char *endpoint, const struct key_pair *pair,
                           const char *server_key, struct error *err);
void socket_free(struct socket *socket);
DEFINE_CLEANUP(struct socket *, socket_free)

/* Anew, over another connection, of a dialling socket whose peer has long said nothing: what is in
 * between may have forgotten the one there is, and told nobody.  What waits to be sent is lost. */
void socket_dial_again(struct socket *socket);

/* socket_free() of it, and the end of the program, need not wait (half a second at most) until what was
 * sent has gone out. */
void socket_forget(struct socket *socket);

const char *socket_endpoint(const struct socket *socket);

/* How far a dialling socket has come: so that a person can be told why nothing answers. */
enum socket_state {
    SOCKET_DIALLING,  /* nobody answers at the endpoint */
    SOCKET_CONNECTED, /* also when it was just now lost and is not yet noticed */
    SOCKET_REFUSED,   /* the server does not admit our key */
    SOCKET_MISTAKEN,  /* who answers has another key than server_key, or speaks otherwise */
    SOCKET_STATE_COUNT
};

/* As of the last attempt that came to something; dialling goes on in all of them. */
enum socket_state socket_state(struct socket *socket);

/* "nobody answers there" and so on, to be put after the endpoint. */
const char *socket_state_text(enum socket_state state);

/* Is this key (Z85) let in at all?  Asked at each handshake, on the loop's thread. */
typedef bool admit_fn(void *owner, const char *key);

struct admission;
struct loop;

/* How many connections on TCP one may have; those above are ended, and dial again. */
struct socket_limits {
    unsigned per_address; /* an IPv4 address, or the /64 of an IPv6 one */
    unsigned per_key;
};

#define SOCKET_CONNECTIONS_PER_ADDRESS 4096 /* unless it is said otherwise */
#define SOCKET_CONNECTIONS_PER_KEY     256

/* Answer libzmq's authentication requests (ZAP, ZeroMQ RFC 27); there is one per
 * process and it must exist before socket_listen(). */
struct admission *socket_admit_with(struct loop *loop, admit_fn *admit, void *owner,
                                    struct error *err);
void admission_free(struct admission *admission);
DEFINE_CLEANUP(struct admission *, admission_free)
void admission_set_limits(struct admission *admission, const struct socket_limits *limits);

/* Connections that were ended for being over a limit, since the start; and of the last one, who
 * and why. */
uint64_t admission_ended(const struct admission *admission);
const char *admission_last_ended(const struct admission *admission);

/* Take one waiting message: 1 and the bytes (free() them), 0 when none waits.  A message
 * with a wrong number of frames is dropped and counted. */
int socket_receive(struct socket *socket, struct sender *ret_sender, uint8_t **ret_bytes,
                   size_t *ret_size);

/* ROUTER: to one peer.  DEALER: sender NULL.  False when the peer is gone or its queue
 * is full: the message is lost and whoever needs it sends it again. */
bool socket_send(struct socket *socket, const struct sender *to, const void *bytes, size_t size);

/* Wait up to timeout_us for something to receive (clients without a loop). */
bool socket_wait(struct socket *socket, int64_t timeout_us);

uint64_t socket_dropped(const struct socket *socket);

/* What to wait for, for loop.c only: what libzmq knows the socket by; or, when that is NULL
 * on a local socket, a descriptor. */
void *socket_handle(struct socket *socket);
int socket_descriptor(const struct socket *socket);

#endif
