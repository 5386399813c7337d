/* center.h - the real central scheduler on a simulated machine
 *
 * The store outlives it, and whatever was not committed is gone.  It may be killed at any
 * time, right before a commit or right after it, commits may be slow or fail, and be kept
 * though they were said to have failed.
 *
 * Owns: service, store, settings.  Borrows: agenda, trace, network, findings.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_CENTER_H
#define TESTS_SIMULATION_CENTER_H

#include "scheduler/service.h"
#include "tests/lib/random.h"
#include "tests/simulation/findings.h"
#include "tests/simulation/host_clock.h"
#include "tests/simulation/network.h"

#include <stdbool.h>
#include <stdint.h>

/* One in so many commits meets it; 0: none does. */
struct commit_faults {
    uint32_t crash_before, crash_after;
    uint32_t fails;      /* nothing is kept */
    uint32_t fails_kept; /* all is kept */
    int64_t slow_us;     /* at most */
    uint32_t crash_at;   /* before the work of a commit or after it: the n-th of both */
};

/* Who looks at each commit, and at each start. */
struct center_watch {
    void (*before_commit)(void *owner, const struct batch *batch);
    void (*after_commit)(void *owner, const struct batch *batch);
    void (*started)(void *owner);
    void *owner;
};

struct center {
    struct agenda *agenda;
    struct trace *trace;
    struct findings *findings;
    struct network *network;
    struct transport transport;
    struct test_random random;
    struct host_clock clock;
    struct clock clock_seam;
    struct settings settings;
    struct store *store;
    struct center_watch watch;
    struct commit_faults faults;

    struct service *service; /* NULL: it is down */
    uint64_t life;
    unsigned starts;
    uint64_t turns; /* whenever the service was at work */
    int64_t wake_us;
    bool turn_open;       /* its end is on the agenda */
    struct list lanes[2]; /* work given and not done, oldest first */
    uint8_t token_seed[32];
};

struct center *center_new(struct agenda *agenda, struct findings *findings, struct network *network,
                          uint64_t seed);
void center_free(struct center *center);
DEFINE_CLEANUP(struct center *, center_free)

void center_start(struct center *center);
void center_kill(struct center *center, const char *why); /* it starts again by itself */

#endif
