/* peers.h - the nodes' agents as the scheduler hears them
 *
 * A peer is a node that has an agent, now or before; it is connected while it has joined after its
 * last silence.  The return address is that of the hello with which it joined.
 *
 * Owns: the peers.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_PEERS_H
#define SCHEDULER_PEERS_H

#include "base/memory.h"
#include "base/socket.h"
#include "base/table.h"
#include "scheduler/core/event.h"

#include <stdbool.h>
#include <stdint.h>

/* A part that the node said it has. */
struct part_name {
    uint64_t job;
    uint32_t attempt;
    uint32_t part;
};

/* A hello that was welcomed.  It may be an old one, from before a reboot, that came late: it
 * counts when an inventory names its session, since only its own agent has had the answer. */
struct greeting {
    uint64_t session; /* 0: none is open */
    struct sender to;
    uint8_t incarnation[16];
    uint8_t topology[32]; /* digest */
    char *version;
    char *boot_id;
    char *features;
    struct node_facts facts; /* without name and cluster */

    /* What the core thought the node had at that time.  What is missing in the inventory is
     * gone; anything newer is none of that inventory's business. */
    struct part_name *expected;
    size_t expected_count;
};

struct peer {
    char *node;
    uint64_t session; /* 0: has not joined since the scheduler started */
    bool connected;   /* `to` is good, as far as anybody knows */
    bool silent;      /* the core was told */
    bool suspected;   /* the log was told */
    struct sender to;
    uint8_t incarnation[16];
    int64_t heard_us; /* boot clock */
    int64_t heard_wall_us;
    int64_t joined_us; /* of the last inventory that made it join */
    char *version;
    double load;
    uint8_t topology[32]; /* digest */
    int64_t resend_us;    /* boot clock: look for unconfirmed commands; 0: none sent */
    int64_t resend_wait_us;
    uint64_t reports_waiting;

    /* What it had at the last inventory that is not known here, and runs or has ended unheard. */
    struct part_name *unknown;
    size_t unknown_count;
    char *unknown_jobs; /* that run, as people read them; "": none */
    bool end_unknown;   /* an operator's word: all of them are to end */

    struct greeting greeting;
};

struct peers;

struct peers *peers_new(void);
void peers_free(struct peers *peers);
DEFINE_CLEANUP(struct peers *, peers_free)

struct peer *peers_find(const struct peers *peers, const char *node); /* or NULL */
struct peer *peers_get(struct peers *peers, const char *node);        /* made when new */
struct peer *peers_next(const struct peers *peers, size_t *place);    /* NULL at the end */
void greeting_clear(struct greeting *greeting);
void peer_set_version(struct peer *peer, const char *version);

#endif
