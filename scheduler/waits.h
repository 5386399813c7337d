/* waits.h - who waits for the end of which job
 *
 * Each waiter is answered once: when its job ends, or when its time is over.  To find those of
 * a job is O(1) each, the first whose time is over O(log n).
 *
 * Owns: the waiters.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_WAITS_H
#define SCHEDULER_WAITS_H

#include "base/heap.h"
#include "base/memory.h"
#include "base/socket.h"
#include "scheduler/transport.h"

#include <stdbool.h>
#include <stdint.h>

#define WAITS_MAX  65536
#define WAITS_EACH 1024 /* of one principal */

struct wait {
    struct heap_node by_time;
    struct wait *next; /* of the same job */
    uint64_t job;
    int64_t until_us; /* boot clock */
    enum door door;
    struct sender to;
    uint64_t request;
    char *principal; /* who waits; NULL once taken out */
};

struct waits;

struct waits *waits_new(void);
void waits_free(struct waits *waits);
DEFINE_CLEANUP(struct waits *, waits_free)

/* False when there are WAITS_MAX already, or WAITS_EACH of the principal.  The name is copied. */
bool waits_add(struct waits *waits, const struct wait *wait);

/* Take out all who wait for the job: a chain through `next`, each to be freed. */
struct wait *waits_take_job(struct waits *waits, uint64_t job);

/* Take out one whose time is over, or NULL. */
struct wait *waits_take_late(struct waits *waits, int64_t now_us);

/* INT64_MAX when nobody waits. */
int64_t waits_next_time(const struct waits *waits);

#endif
