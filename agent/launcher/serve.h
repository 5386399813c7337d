/* serve.h - what the launcher does about a request
 *
 * The launcher remembers nothing between two requests: the spool says what there is, locks
 * say what lives, and a table says which state admits which request.  So it can be restarted
 * at any time.
 *
 * Owns: what struct launcher names.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_SERVE_H
#define AGENT_LAUNCHER_SERVE_H

#include "agent/cgroup.h"
#include "agent/launcher/config.h"
#include "agent/launcher/reply.h"
#include "agent/launcher/request_check.h"
#include "agent/launcher/spool.h"

/* Places in launcher.peers: two for itself, then whoever is connected. */
enum { PEER_LISTENER, PEER_SIGNALS, PEER_FIRST, LAUNCHER_PEERS_MAX = 10 };

struct launcher {
    struct config config;
    struct spool spool;
    struct cgroups *groups;
    struct account own; /* whose jobs run here without root */
    struct accounts accounts;
    char boot_id[RECORD_BOOT_ID_SIZE];
    uint32_t facts; /* enum launcher_fact */
    bool restore_oom_score;
    int peers[LAUNCHER_PEERS_MAX]; /* -1: none.  A shepherd closes them, so that the agent sees
                                      the launcher's end */
};

/* Answer the request that came from `peer` with `descriptor` (-1: none; not closed here). */
void serve(struct launcher *launcher, int peer, const union request *request, size_t size,
           int descriptor);

#endif
