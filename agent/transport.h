/* transport.h - how the agent sends (a seam)
 *
 * The real ones are a DEALER that dialled the scheduler and a ROUTER on the node's
 * local socket (main.c); the tests put a simulated network here.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_TRANSPORT_H
#define AGENT_TRANSPORT_H

#include "base/socket.h"

#include <stdbool.h>
#include <stddef.h>

struct agent_transport {
    bool (*to_scheduler)(void *state, const void *bytes, size_t size);
    bool (*to_local)(void *state, const struct sender *to, const void *bytes, size_t size);
    void (*dial_again)(void *state); /* the scheduler; NULL: there is nothing to dial */
    void *state;
};

#endif
