/* node_change.h - drain, resume, lost: what an administrator says of nodes
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_NODE_CHANGE_H
#define CLIENT_NODE_CHANGE_H

#include "base/error.h"
#include "proto/message.h"

#include <stdbool.h>

struct session;

/* nodes: a host list, checked before it is sent. */
bool node_change(struct session *session, Wire__NodeVerb verb, const char *nodes,
                 const char *reason, struct error *err);

#endif
