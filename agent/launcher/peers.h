/* peers.h - who may talk to the launcher, and one request at a time from them
 *
 * A unix socket that only the agent's user may use (asked of the kernel, SO_PEERCRED), or
 * the one descriptor that the agent has passed when it started the launcher.
 *
 * Owns: nothing (the descriptors are in struct launcher).  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_PEERS_H
#define AGENT_LAUNCHER_PEERS_H

#include "agent/launcher/serve.h"

/* Bind `path` for the agent's user alone; -1 on failure. */
int peers_listen(const char *path, uid_t agent, struct error *err);

/* Wait for something and do it; false when there is nobody left to serve. */
bool peers_turn(struct launcher *launcher, uid_t agent);

#endif
