/* server.h - a listening program of the test's own, in a process of its own
 *
 * It decodes each message and hands it to a function, which answers as it likes: also late,
 * wrong or not at all.  Start it while no socket of this process is open (a copy of libzmq's
 * context is of no use to a child).
 *
 * Owns: the process.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_SERVER_H
#define TESTS_LIB_SERVER_H

#include "base/memory.h"
#include "base/socket.h"
#include "proto/message.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct server;

/* One that serves, in its process. */
struct serving {
    struct socket *socket;
    void *owner;
};

/* ask: NULL when it could not be decoded. */
typedef void serve_fn(struct serving *serving, const struct sender *from,
                      const Wire__Envelope *ask);

/* Returns when it listens.  pair NULL on ipc://.  It admits every key but `refused` (or NULL). */
struct server *server_start(const char *endpoint, const struct key_pair *pair, const char *refused,
                            serve_fn *serve, void *owner);

/* The same, but it listens only after server_go(). */
struct server *server_prepare(const char *endpoint, const struct key_pair *pair,
                              const char *refused, serve_fn *serve, void *owner);
void server_go(struct server *server);
const char *server_endpoint(const struct server *server);
pid_t server_pid(const struct server *server);

/* Kills the process. */
void server_stop(struct server *server);
DEFINE_CLEANUP(struct server *, server_stop)

/* In the server's process: send an answer to the ask, its request number included. */
void serving_answer(const struct serving *serving, const struct sender *to, uint64_t request,
                    Wire__Envelope *answer);

/* Memory that both processes see, zeroed; it lasts as long as the program. */
void *server_shared(size_t size);

#endif
