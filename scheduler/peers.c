/* peers.c - the nodes' agents as the scheduler hears them */

#include "scheduler/peers.h"

#include <stdlib.h>
#include <string.h>

struct peers {
    struct table *by_node;
};

void greeting_clear(struct greeting *greeting)
{
    free(greeting->version);
    free(greeting->boot_id);
    free(greeting->features);
    free(greeting->expected);
    *greeting = (struct greeting){0};
}

struct peers *peers_new(void)
{
    struct peers *peers = NEW(struct peers);

    peers->by_node = table_new();
    return peers;
}

void peers_free(struct peers *peers)
{
    struct peer *peer;

    if (!peers)
        return;
    for (size_t place = 0; (peer = table_next(peers->by_node, &place));) {
        free(peer->node);
        free(peer->version);
        free(peer->unknown);
        free(peer->unknown_jobs);
        greeting_clear(&peer->greeting);
        free(peer);
    }
    table_free(peers->by_node);
    free(peers);
}

struct peer *peers_find(const struct peers *peers, const char *node)
{
    return table_get_text(peers->by_node, node);
}

struct peer *peers_get(struct peers *peers, const char *node)
{
    struct peer *peer = peers_find(peers, node);

    if (peer)
        return peer;
    peer = NEW(struct peer);
    peer->node = memory_copy(node);
    peer->version = memory_copy("");
    peer->unknown_jobs = memory_copy("");
    table_put_text(peers->by_node, node, peer);
    return peer;
}

struct peer *peers_next(const struct peers *peers, size_t *place)
{
    return table_next(peers->by_node, place);
}

void peer_set_version(struct peer *peer, const char *version)
{
    if (strcmp(peer->version, version) == 0)
        return;
    free(peer->version);
    peer->version = memory_copy(version);
}
