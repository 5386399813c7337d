/* listen.h - the scheduler's sockets: one ROUTER per door
 *
 * Each turn takes at most so many messages from each door, so that no door waits long for
 * another.  What cannot be sent is lost (transport.h).
 *
 * Owns: sockets and watches.  Borrows: loop and service.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_LISTEN_H
#define SCHEDULER_LISTEN_H

#include "base/error.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/socket.h"
#include "scheduler/service.h"
#include "scheduler/settings.h"
#include "scheduler/transport.h"

struct listen;

/* Not yet listening: the service needs the transport to be made. */
struct listen *listen_new(struct loop *loop);
void listen_free(struct listen *listen);
DEFINE_CLEANUP(struct listen *, listen_free)
const struct transport *listen_transport(const struct listen *listen);

/* Bind all doors of the settings; from now on messages reach the service. */
bool listen_open(struct listen *listen, struct service *service, const struct settings *settings,
                 const struct key_pair *pair, struct error *err);

/* From now on these limits of the settings hold. */
void listen_set_limits(struct listen *listen, const struct settings *settings);

/* Connections that were ended for being over a limit since the last call; of the last one, who
 * and why.  Only once listen_open() was called. */
uint64_t listen_take_ended(struct listen *listen, const char **ret_last);

/* Lines "clients tcp://127.0.0.1:41234", with the ports that were taken. */
void listen_print(const struct listen *listen, struct buffer *buffer);

#endif
