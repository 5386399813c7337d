/* network.h - messages between one scheduler and its peers: late, lost, twice, out of order
 *
 * A link is what a peer that dials has: one connection at a time.  A new connection has a new
 * return address; what the scheduler sends to an old one is lost, as on a ROUTER.  While the
 * scheduler is down, what was sent to it may wait for it, as in a DEALER's queue.
 *
 * Owns: links and messages on their way.  Borrows: agenda, trace, and who receives.
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_NETWORK_H
#define TESTS_SIMULATION_NETWORK_H

#include "base/memory.h"
#include "scheduler/transport.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct network;
struct link;

/* What a message meets on a link. */
struct weather {
    int64_t delay_least_us, delay_most_us;
    unsigned lost;  /* per cent */
    unsigned twice; /* per cent */
    unsigned late;  /* per mille: minutes late */
    bool mixed;     /* the order may change */
};

/* Who is at the end of a link. */
struct link_end {
    const char *name;
    enum door door;
    const char *key; /* NULL: uid */
    uid_t uid;
    void (*receive)(void *owner, const uint8_t *bytes, size_t size);
    void *owner;
};

typedef void receive_fn(void *owner, enum door door, const struct sender *sender,
                        const uint8_t *bytes, size_t size);

struct network *network_new(struct agenda *agenda, struct trace *trace, uint64_t seed);
void network_free(struct network *network);
DEFINE_CLEANUP(struct network *, network_free)

/* The scheduler's side: NULL while it is down.  Coming up, all peers connect anew. */
void network_listen(struct network *network, receive_fn *receive, void *owner);
struct transport network_transport(struct network *network);

struct link *network_dial(struct network *network, const struct link_end *end);
bool link_send(struct link *link, const void *bytes, size_t size);

/* A new connection. */
void link_reconnect(struct link *link);

void link_set_weather(struct link *link, const struct weather *weather);
void link_cut(struct link *link, bool up, bool down); /* towards the scheduler, from it */
const char *link_name(const struct link *link);
uint64_t network_delivered(const struct network *network);

extern const struct weather weather_fair;

#endif
