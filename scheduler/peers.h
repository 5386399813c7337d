/* peers.h - the nodes' agents as the scheduler hears them
 *
 * A peer is a node that has an agent, now or before; it is connected while the last AgentHello is
 * younger than the last silence.  The return address is that of the last hello.
 *
 * Owns: the peers.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_PEERS_H
#define SCHEDULER_PEERS_H

#include "base/memory.h"
#include "base/socket.h"
#include "base/table.h"

#include <stdbool.h>
#include <stdint.h>

/* A part that the node said it has. */
struct part_name {
    uint64_t job;
    uint32_t attempt;
    uint32_t part;
};

struct peer {
    char *node;
    bool connected; /* `to` is good, as far as anybody knows */
    bool silent;    /* the core was told */
    bool suspected; /* the log was told */
    struct sender to;
    uint8_t incarnation[16];
    int64_t heard_us; /* boot clock */
    int64_t heard_wall_us;
    int64_t joined_us; /* of the last hello */
    char *version;
    double load;
    uint8_t topology[32]; /* digest */
    int64_t resend_us;    /* boot clock: look for unconfirmed commands; 0: none sent */
    int64_t resend_wait_us;
    uint64_t reports_waiting;

    /* What the core thought the node had when its agent said hello.  What is missing in the
     * inventory that follows is gone; anything newer is none of that inventory's business. */
    struct part_name *expected;
    size_t expected_count;
};

struct peers;

struct peers *peers_new(void);
void peers_free(struct peers *peers);
DEFINE_CLEANUP(struct peers *, peers_free)

struct peer *peers_find(const struct peers *peers, const char *node); /* or NULL */
struct peer *peers_get(struct peers *peers, const char *node);        /* made when new */
struct peer *peers_next(const struct peers *peers, size_t *place);    /* NULL at the end */
void peer_set_version(struct peer *peer, const char *version);

#endif
