/* explain.h - why a job waits, what would help, and when it starts: found by trying
 *
 * What the core alone knows of a waiting job (core_why()) is completed by trials: each on a
 * copy of the process (base/twin.h), where the planner itself says what would happen.  So
 * advice is what was seen to work, and blockers are a minimal set.
 *
 * An explanation has no pointer but to clusters, which never move: it goes through a pipe as it
 * is, from a copy to its origin.  It is written several times, more complete each time: who has
 * no time to wait takes the last.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_EXPLAIN_H
#define SCHEDULER_EXPLAIN_H

#include "scheduler/core/advice.h"
#include "scheduler/core/core.h"
#include "scheduler/core/finish_terms.h"
#include "scheduler/core/front.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADVICE_MAX 6
#define FINISH_MAX 8 /* clusters of which the terms are told */

struct advice {
    char change[96];
    struct tried tried;
};

/* A start, as far as it was followed. */
struct expected {
    int64_t at_us;
    bool known; /* it starts then; else: later than that */
    bool never; /* as things stand it does not */
    struct tried where;
};

/* What it costs at most, where it starts or is planned first. */
struct cost {
    const struct cluster *cluster; /* NULL: it is for nothing */
    uint32_t cores;
    int64_t limit_us;
    uint32_t factor_ppm; /* for each core: by its rate card, or the cluster's */
    uint64_t card;       /* 0: no rate card applies */
    bool listed;         /* by it: listed at that price, billed nothing */
    int64_t price_micro; /* of the whole time limit */
    int64_t hold_micro;  /* what is held when it starts */
    int64_t available_micro;
};

struct explanation {
    uint64_t job;
    bool complete;
    /* Of what was only tried: which of those that were asked about, and how many elements or copies
     * it has, of which so many would start at once. */
    uint32_t number;
    uint32_t count, starting;
    struct tried now;     /* the first of them */
    struct expected last; /* the last of several, if all use their time limits up */
    unsigned blocker_count;
    struct blocker blockers[BLOCKER_MAX];
    struct front front;
    struct expected earliest; /* run times as predicted */
    int64_t planned_us;       /* the planner's promise; 0: none */
    struct expected latest;   /* all use their time limits up, and nobody new comes before it */
    struct cost cost;
    unsigned finish_count;
    struct finish_terms finishes[FINISH_MAX];
    unsigned advice_count;
    struct advice advice[ADVICE_MAX];
};

/* What is tried out: all jobs from one number up to, and not with, another. */
struct outline {
    uint64_t first, next;
};
#define OUTLINES_MAX 16

/* The same of jobs that were submitted to the copy, one after the other. */
void explain_outlines(struct core *core, const struct outline *outlines, uint32_t count,
                      int64_t patience_us, int output);

/* What the core knows of it as it stands; no trial. */
void explain_at_once(const struct core *core, uint64_t job, struct explanation *ret_explanation);

/* All of it, for up to patience_us.  In a copy: `output` gets each state of the answer. */
void explain(struct core *core, uint64_t job, int64_t patience_us, int output,
             struct explanation *ret_explanation);

/* Decide what is a guess among them: what is no blocker goes. */
void explain_blockers(struct core *core, uint64_t job, struct blocker *blockers, unsigned *count);

/* Try what may help explanation->job until until_us (monotonic clock): what does is added. */
void explain_advise(struct core *core, struct explanation *explanation, int64_t until_us);

/* The last state of that number that the bytes have whole; false: there is none. */
bool explanation_read(const void *bytes, size_t size, uint32_t number,
                      struct explanation *ret_explanation);

#endif
