/* forwards.h - asks passed on to a node's agent whose answers are awaited
 *
 * The agent sees a request number of ours; its answer finds the asker by it.  One that does not
 * come in time is answered for the agent.
 *
 * Owns: the forwards.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_FORWARDS_H
#define SCHEDULER_FORWARDS_H

#include "base/heap.h"
#include "base/memory.h"
#include "base/socket.h"
#include "scheduler/transport.h"

#include <stdint.h>

#define FORWARDS_MAX  4096
#define FORWARDS_EACH 128 /* of one principal */

struct forward {
    struct heap_node by_time;
    uint64_t number;  /* as the agent sees it */
    int64_t until_us; /* boot clock */
    char *node;
    char *principal; /* who asked */
    enum door door;
    struct sender to;
    uint64_t request;
};

struct forwards;

struct forwards *forwards_new(void);
void forwards_free(struct forwards *forwards);
DEFINE_CLEANUP(struct forwards *, forwards_free)

/* The number to use, or 0 when there are FORWARDS_MAX already, or FORWARDS_EACH of the
 * principal.  The names are copied. */
uint64_t forwards_add(struct forwards *forwards, const struct forward *forward);

/* Take out, or NULL: by number (and the node that answers), or one whose time is over. */
struct forward *forwards_take(struct forwards *forwards, uint64_t number, const char *node);
struct forward *forwards_take_late(struct forwards *forwards, int64_t now_us);
int64_t forwards_next_time(const struct forwards *forwards);
void forward_free(struct forward *forward);
DEFINE_CLEANUP(struct forward *, forward_free)

#endif
