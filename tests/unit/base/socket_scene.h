/* socket_scene.h - a server that echoes, and peers that are not what they should be
 *
 * The server is a ROUTER of base/socket.h on a loop; everything in one thread, so a
 * test says what to wait for and the loop turns until then, or until a deadline.
 *
 * Owns: all it made.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_BASE_SOCKET_SCENE_H
#define TESTS_UNIT_BASE_SOCKET_SCENE_H

#include "base/loop.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scene {
    struct loop *loop;
    struct admission *admission;
    struct socket *server;
    struct watch *server_watch;
    struct key_pair server_pair;
    struct key_pair client_pair; /* the only key admitted */
    int asked;                   /* admissions */
    int received;                /* messages, by the server */
    struct sender sender;        /* of the last one */
    size_t size;                 /* of the last one */
    bool late;
};

/* endpoint NULL: a local socket in the scratch directory. */
void scene_start(struct scene *scene, const char *endpoint);
void scene_end(struct scene *scene);

/* Close the server's socket and open another. */
void scene_unlisten(struct scene *scene);
void scene_listen(struct scene *scene, const char *endpoint);

/* A client with the key that is admitted (on TCP). */
struct socket *scene_dial(struct scene *scene);

/* Turn until `holds`; false when that does not come. */
bool scene_until(struct scene *scene, bool (*holds)(void *owner), void *owner);

/* Holds at once: for scene_until() to turn once. */
bool scene_turns(void *owner);

/* What is sent comes back, within the deadline. */
bool scene_echo(struct scene *scene, struct socket *client, const void *bytes, size_t size);

/* A stream of bytes to the server's endpoint; -1 on failure. */
int raw_dial(const struct scene *scene);
bool raw_send(int descriptor, const void *bytes, size_t size);

/* The greeting of ZMTP 3.0 (ZeroMQ RFC 23). */
bool raw_greet(int descriptor, const char *mechanism);

/* A message on a local socket: its length, or what is said to be it, and bytes. */
bool raw_message(int descriptor, uint32_t length, const void *bytes, size_t size);

/* The server closes the stream, within the deadline. */
bool raw_is_cut(struct scene *scene, int descriptor);

#endif
