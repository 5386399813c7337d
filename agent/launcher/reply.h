/* reply.h - what goes back to the agent
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_REPLY_H
#define AGENT_LAUNCHER_REPLY_H

#include "agent/launcher/request.h"

#include "base/error.h"

#include <stdbool.h>

struct reply {
    struct answer answer;
    const void *bytes; /* answer.size of them go behind the answer */
    int descriptor;    /* goes with it; -1: none */
    bool silent;       /* there is no answer, or another process gives it */
};

void reply_fail(struct reply *reply, const struct error *err);

/* One datagram; an agent that does not take it has lost it. */
void reply_send(const struct reply *reply, int peer);

#endif
