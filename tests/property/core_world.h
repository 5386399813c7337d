/* core_world.h - a small network around the core: agents that do what they are told, and a store
 *
 * Two cores get the same events; what they want done must be the same byte for byte.  The
 * agents hold the parts that were launched; the store has what the effects saved, and a
 * core can be made from it.
 *
 * Owns: everything in it.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_PROPERTY_CORE_WORLD_H
#define TESTS_PROPERTY_CORE_WORLD_H

#include "base/buffer.h"
#include "scheduler/core/core.h"
#include "scheduler/core/policy.h"
#include "tests/lib/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_NODES 6
#define WORLD_JOBS  4096

/* A part on its agent. */
struct held {
    uint64_t job;
    uint32_t attempt, part;
    uint8_t token[TOKEN_SIZE];
    char node[8];
    bool start, stop, ready, started;
    uint32_t turn, turn_done; /* odd: it is to stand still, and does */
    int64_t started_us;
    int64_t still_us, away_us; /* since when it stands still, how long it did before */
};

/* What the store has of a job. */
struct saved_job {
    bool there;
    struct job row; /* texts and parts are copies */
    char cluster[16], partition[16];
    char nodes[WORLD_NODES][8];
    bool ended; /* EFFECT_JOB_ENDED was seen */
};

struct saved_node {
    bool there;
    struct node row;
    char cluster[16], boot[8];
};

struct world {
    struct test_random *random;
    const struct policy *policy; /* NULL: the core's own choice */
    bool has_tiers;              /* jobs of alpha's "lent" may be ended for those of its "batch" */
    struct buffer *record;       /* NULL, or where all events and what follows from them is told */
    struct core *core, *twin;
    struct effects effects, twin_effects;
    struct buffer text, twin_text;
    int64_t now_us;
    uint64_t next_grant;
    uint64_t next_job;
    size_t held_count, held_capacity;
    struct held *held;
    struct saved_job jobs[WORLD_JOBS];
    struct saved_node nodes[WORLD_NODES];
    size_t booking_count, booking_capacity;
    struct booking *bookings; /* all, in order */
    size_t grant_count;
    struct grant grants[256];
    size_t limit_count;
    struct limit limits[512]; /* in the order in which they were set */
    uint64_t restarts;
    size_t suspended;     /* jobs were, so often */
    bool up[WORLD_NODES]; /* its agent talks to the scheduler */
    unsigned boot[WORLD_NODES];
    bool broken[WORLD_NODES]; /* some of its GPUs are */
    bool refusals;            /* agents refuse launches now and then */
};

/* NULL: the core's own choice of policy.  What others remember (planned starts, ranks) is not
 * stored, so that only with that a core that was restarted goes on alike. */
struct world *world_new(struct test_random *random, const struct policy *policy, bool has_tiers);
void world_free(struct world *world);

/* Give the event to both cores; check, save and send what they want done. */
void world_step(struct world *world, struct event *event);

/* Make a core from what was saved and go on with it as the twin: false when it is too early,
 * since a job is just being placed or ended. */
bool world_restart(struct world *world);

/* At any time: both cores are made anew from what was saved, and all agents say hello. */
void world_crash(struct world *world);
/* A limit from now on; kept over restarts. */
void world_limit(struct world *world, const struct limit *limit);

/* The node's agent says hello. */
void world_join(struct world *world, unsigned node);
const char *world_node_name(unsigned node);

/* core_world_network.c: what its agent says of the node; GPUs fail now and then. */
struct node_facts world_facts(const struct world *world, unsigned node);
struct core *world_make_core(const struct world *world);

/* No seat of a licence is given twice. */
void world_check_licenses(const struct core *core);

#endif
