/* transport.h - how the service sends (a seam)
 *
 * The real one is the ROUTERs of main.c; the tests put a simulated network here.  Sending may
 * fail or lose silently: whatever matters is sent again by whoever needs it.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_TRANSPORT_H
#define SCHEDULER_TRANSPORT_H

#include "base/socket.h"

#include <stdbool.h>
#include <stddef.h>

/* One door per kind of peer, so that one kind of flood cannot starve another. */
enum door {
    DOOR_AGENTS,
    DOOR_CLIENTS,
    DOOR_ADMINS,
    DOOR_LOCAL, /* Unix socket: the kernel says who it is */
    DOOR_COUNT
};

struct transport {
    bool (*send)(void *state, enum door door, const struct sender *to, const void *bytes,
                 size_t size);
    void *state;
};

#endif
