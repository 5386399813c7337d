/* service_cloud.h - the service's door for nodes that are made on demand
 *
 * What clouds.c does to the network goes through here: events, rows and tokens join the open
 * group like those of any request, and are durable when service_durable() has come to the number that
 * service_open_group() gave.
 *
 * Threads: none (the loop's).
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SERVICE_CLOUD_H
#define SCHEDULER_SERVICE_CLOUD_H

#include "scheduler/cloud/pool.h"
#include "scheduler/service.h"

/* The time of the core, after a look at the clocks. */
int64_t service_now(struct service *service);

uint64_t service_durable(const struct service *service);
uint64_t service_open_group(const struct service *service);

/* No more orders: it ends, or has failed. */
bool service_is_ending(const struct service *service);

/* Every server that is stored for the cluster's pools. */
typedef void stored_server_fn(void *owner, const struct pool_member *member);
bool service_each_server(struct service *service, stored_server_fn *on_server, void *owner,
                         struct error *err);
void service_save_server(struct service *service, const char *cluster,
                         const struct pool_member *member);

/* A node that could be made, before it ever was: it is known, and down. */
void service_introduce_node(struct service *service, const char *name, const char *cluster,
                            const struct server_size *size);

/* EVENT_NODE_DRAINED, EVENT_NODE_RESUMED, EVENT_NODE_LOST. */
void service_change_node(struct service *service, enum event_kind kind, const char *name,
                         const char *by, const char *reason);

/* A token with which the node enrols, in hexadecimal; what keys it had are revoked. */
#define SERVICE_TOKEN_SIZE 65
void service_admit_node(struct service *service, const char *name, const char *cluster,
                        const char *by, int64_t life_us, char ret_token[SERVICE_TOKEN_SIZE]);

/* So that lists show it: what becomes of a node that is made on demand, and why the last server
 * for it failed ("": it did not); false: nothing to tell.  Set once; the texts are used at once. */
struct node_note {
    const char *state, *reason, *by;
};
typedef bool node_note_fn(void *owner, const char *node, struct node_note *ret_note);
void service_set_node_note(struct service *service, node_note_fn *note, void *owner);

/* How long it takes until a server that is asked for now is a node of the cluster; 0: no cloud
 * makes any.  Set once. */
typedef int64_t cloud_boot_fn(void *owner, const struct cluster *cluster);
void service_set_cloud_boot(struct service *service, cloud_boot_fn *boot, void *owner);
int64_t service_cloud_boot(const struct service *service, const struct cluster *cluster);

#endif
