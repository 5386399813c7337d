/* pool.h - nodes that are servers made on demand
 *
 * Pure: no clock, no network.  A pool has a fixed set of names; a server of one of them is asked
 * for when work waits for it, boots, joins as a node, and is retired when nothing has needed it
 * for a while.  What is to be done next comes out as orders, what came of them goes back in.
 *
 *   OFF ──want──▶ ASKED ──made, or seen──▶ BOOTING ──joined──▶ UP
 *    ▲              │ not made, not wanted   │ too late, broken  │ idle, broken
 *    └──────────────┴──── gone ◀── RETIRING ◀┴───────────────────┘
 *
 * Nothing leaks and nothing is made twice, whenever the scheduler dies: an order to make is given
 * only when the wish for it is durable; before anything else is done after a start, and before
 * a name is made again whose making had an unknown outcome, the cloud is asked what there is. A server
 * with the pool's mark that is not a member's is removed.
 *
 * A member that fails is left alone for a while, twice as long each time; where the cloud has no
 * room, all of the pool is.
 *
 * Owns: its members.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_POOL_H
#define SCHEDULER_CLOUD_POOL_H

#include "base/error.h"
#include "base/hostlist.h"
#include "base/memory.h"
#include "scheduler/cloud/provider.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are the store's. */
enum pool_state {
    POOL_OFF = 0,
    POOL_ASKED = 1,    /* to be made, or it is not known whether it was */
    POOL_BOOTING = 2,  /* it is there, its agent has not come yet */
    POOL_UP = 3,       /* a node */
    POOL_RETIRING = 4, /* to be removed, until the cloud does not list it any more */
    POOL_STATE_COUNT
};

const char *pool_state_name(enum pool_state state); /* "off", "asked" … */

struct pool_member {
    char *name;
    enum pool_state state;
    char id[SERVER_ID_SIZE];       /* "" when not known */
    char fault[SERVER_FAULT_SIZE]; /* why the last one failed; "" when it joined */
    uint32_t failures;             /* since one joined */
    int64_t since_us;              /* of the state */
    int64_t shut_until_us;         /* it is left alone until then */

    /* the pool's own */
    int64_t tried_us; /* to make it; 0: not since the wish; below 0: nobody knows when */
    int64_t known_us; /* the id */
    uint64_t durable; /* when the store has come so far, the member is in it as it is */
    bool seen;
};

struct pool;

struct pool_settings {
    int64_t boot_limit_us; /* then it is given up */
    int64_t settle_us;     /* so long after an unknown outcome a server may still appear */
    int64_t list_us; /* between two looks while something happens; thirty times as long else */
};

/* Whoever has it, by the way. */
struct pool_watcher {
    /* Store the member; the number is compared with pool_next()'s `durable`. */
    uint64_t (*save)(void *owner, const struct pool_member *member);

    /* Its server is known to run no more: nothing runs there. */
    void (*lost)(void *owner, const struct pool_member *member);

    /* For the log. */
    void (*say)(void *owner, const char *name, const char *text);
    void *owner;
};

struct pool *pool_new(const struct hostlist *names, const struct pool_settings *settings,
                      const struct pool_watcher *watcher);
void pool_free(struct pool *pool);
DEFINE_CLEANUP(struct pool *, pool_free)

/* As it was stored: state, id, fault, failures and times.  False: no such name. */
bool pool_restore(struct pool *pool, const struct pool_member *member);

size_t pool_count(const struct pool *pool);
const struct pool_member *pool_member(const struct pool *pool, size_t index);
const struct pool_member *pool_find(const struct pool *pool, const char *name);

/* How long a server takes from the wish to the node: as learnt, or as the limit says. */
int64_t pool_boot_us(const struct pool *pool);

/* May it be asked for now?  It is off, and nothing failed so lately. */
bool pool_may_want(const struct pool *pool, const struct pool_member *member, int64_t now_us);
void pool_want(struct pool *pool, const struct pool_member *member, int64_t now_us);
/* Nothing needs it any more: what is asked for but was not tried yet, nor perhaps tried before a
 * start, is not made. */
void pool_unwant(struct pool *pool, const struct pool_member *member, int64_t now_us);
void pool_joined(struct pool *pool, const struct pool_member *member, int64_t now_us);
void pool_retire(struct pool *pool, const struct pool_member *member, int64_t now_us);

enum pool_order_kind { POOL_NOTHING, POOL_LIST, POOL_MAKE, POOL_REMOVE };

struct pool_order {
    enum pool_order_kind kind;
    char name[SERVER_NAME_SIZE]; /* to make */
    char id[SERVER_ID_SIZE];     /* to remove */
};

/* One order at a time: what came of it is told before the next is asked for. */
struct pool_order pool_next(struct pool *pool, uint64_t durable, int64_t now_us);

/* What came of an order: of POOL_LIST the list, of POOL_MAKE the id, of POOL_REMOVE nothing.
 * wait_us: as the provider says. */
void pool_listed(struct pool *pool, const struct server_list *list, int64_t asked_us,
                 int64_t now_us);
void pool_made(struct pool *pool, const struct pool_order *order, const char *id, int64_t now_us);
void pool_removed(struct pool *pool, const struct pool_order *order);
void pool_failed(struct pool *pool, const struct pool_order *order, const struct error *err,
                 int64_t wait_us, int64_t now_us);

#endif
