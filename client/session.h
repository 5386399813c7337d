/* session.h - what a command needs of the world: the scheduler, the books, its keys
 *
 * Nothing is opened before the first ask, so that commands that need no server are fast and
 * work without one.  Where the scheduler is: `tequio --server`, TEQUIO_SERVER, the user's
 * client.conf, the machine's, and at last the local socket.  On TCP the server's key is pinned.
 *
 * Owns: its channels and keys.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include "base/error.h"
#include "base/memory.h"
#include "base/socket.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>

#define SESSION_KEY_SIZE 16

struct session;

/* server: from the command line, or NULL. */
struct session *session_new(const char *server);
void session_free(struct session *session);
DEFINE_CLEANUP(struct session *, session_free)

/* Ask the scheduler and wait for its answer (message_free() it); NULL with the reason.  The kind
 * of the ask is its body_case.  wait_us: how long the answer may be held back on purpose. */
Wire__Envelope *session_ask(struct session *session, Wire__Envelope *ask,
                            Wire__Envelope__BodyCase expected, struct error *err);
Wire__Envelope *session_ask_waiting(struct session *session, Wire__Envelope *ask,
                                    Wire__Envelope__BodyCase expected, int64_t wait_us,
                                    struct error *err);

/* For its Status, and its ClusterListing, which several commands need beside what they show. */
Wire__Envelope *session_ask_status(struct session *session, struct error *err);
Wire__Envelope *session_ask_clusters(struct session *session, struct error *err);

/* The same of the accounting service. */
Wire__Envelope *session_ask_books(struct session *session, Wire__Envelope *ask,
                                  Wire__Envelope__BodyCase expected, struct error *err);

/* And of the agent of the node that this job runs on (TEQUIO_AGENT). */
Wire__Envelope *session_ask_agent(struct session *session, Wire__Envelope *ask,
                                  Wire__Envelope__BodyCase expected, int64_t wait_us,
                                  struct error *err);

/* 16 random bytes: one for each change asked for, the same when it is sent again. */
ProtobufCBinaryData session_new_key(uint8_t ret_key[SESSION_KEY_SIZE]);

/* Who the asker is to the scheduler; NULL with the reason.  Valid with the session. */
const char *session_principal(struct session *session, struct error *err);

/* The user's key file, made when there is none (mode 0600); NULL with the reason. */
const struct key_pair *session_make_key(struct session *session, struct error *err);
const char *session_key_path(struct session *session, struct error *err);

/* Where the scheduler is, as found. */
const char *session_server(struct session *session, struct error *err);

/* Pin another server for this session: enrolment. */
void session_pin(struct session *session, const char *server_key);

/* From now on nobody waits longer for an answer, whatever the settings say. */
void session_limit_wait(struct session *session, int64_t most_us);

/* The exit status when the command succeeds, for those that report a job's. */
void session_set_status(struct session *session, int status);
int session_status(const struct session *session);

#endif
