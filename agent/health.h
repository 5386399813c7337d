/* health.h - a program of the site's that says whether the node is fit for jobs
 *
 * Run at the start and then every so often, as the agent's user.  Exit status 0: it is; anything
 * else, or no end in time: it is not, and the first line that it has printed is why.
 *
 * Owns: the program while it runs.  Borrows: loop and agent.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_HEALTH_H
#define AGENT_HEALTH_H

#include "agent/agent.h"
#include "base/loop.h"

#include <stdint.h>

struct health;

/* program: an absolute path. */
struct health *health_new(struct loop *loop, struct agent *agent, const char *program,
                          int64_t every_us);
void health_free(struct health *health);
DEFINE_CLEANUP(struct health *, health_free)

#endif
