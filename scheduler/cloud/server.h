/* server.h - a server as its cloud lists it
 *
 * Owns: a list its servers.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_SERVER_H
#define SCHEDULER_CLOUD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVER_NAME_SIZE  256 /* with the zero; a node's name */
#define SERVER_ID_SIZE    64
#define SERVER_FAULT_SIZE 160
#define SERVERS_MAX       100000 /* of one pool, in one list */

enum server_state {
    SERVER_BUILDING,
    SERVER_ACTIVE,
    SERVER_OFF,    /* shut down, suspended, paused: nothing runs there */
    SERVER_BROKEN, /* it was not made, or has failed: its fault says why */
    SERVER_GOING   /* being removed */
};

struct server {
    char name[SERVER_NAME_SIZE];
    char id[SERVER_ID_SIZE]; /* the cloud's */
    enum server_state state;
    char fault[SERVER_FAULT_SIZE]; /* "" when none */
    bool no_room;                  /* BROKEN: there was no host for it; others would fare alike */
};

struct server_list {
    struct server *all;
    size_t count, capacity;
};

void server_list_clear(struct server_list *list);
struct server *server_list_add(struct server_list *list);

#endif
