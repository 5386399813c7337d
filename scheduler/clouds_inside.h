/* clouds_inside.h - the inside of the clouds
 *
 * Owns: see clouds.h.  Threads: what is asked at present is the worker's while `busy`.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUDS_INSIDE_H
#define SCHEDULER_CLOUDS_INSIDE_H

#include "scheduler/clouds.h"

#include "base/buffer.h"
#include "base/worker.h"
#include "scheduler/cloud/pool.h"
#include "scheduler/cloud/wanted.h"
#include "scheduler/service_cloud.h"

enum ask_kind { ASK_MEASURE, ASK_ORDER };

struct cloud {
    struct clouds *clouds;
    const struct cloud_settings *settings;
    const struct cluster *cluster;
    char *by; /* "cloud NAME": who does all this */
    char *template;
    struct pool *pool;
    struct provider *provider;
    struct worker *worker;
    bool shares;            /* the worker of an earlier one */
    int64_t *idle_since_us; /* of each member, in its order; 0: not idle */
    uint64_t turn;          /* of its cluster's first: whose turn it is to want servers */
    int64_t measure_us;     /* when to ask for the flavour (again); INT64_MAX: it is known */
    struct server_size size;

    /* What is asked at present: the worker's while `busy`. */
    bool busy;
    enum ask_kind asked;
    struct pool_order order;
    struct buffer user_data;
    struct server_list list;
    int64_t asked_us;
    char id[SERVER_ID_SIZE];
    bool good;
    struct error err;
};

struct listed {
    struct cloud *cloud;
    const struct pool_member *member;
};

struct clouds {
    struct loop *loop;
    struct service *service;
    const char *scheduler_key;
    struct watch *tick;
    size_t count;
    struct cloud *all;
    struct wanted_node *nodes; /* of the cluster at hand, and whose they are */
    struct listed *members;
    size_t listed;
};

/* clouds_nodes.c: which nodes have joined, are wanted, or have been idle too long. */
void clouds_look(struct clouds *clouds);

/* For lists of nodes. */
node_note_fn clouds_note;

/* Of those of its clouds that may make a server now, or are at it, the quickest. */
cloud_boot_fn clouds_boot;

#endif
