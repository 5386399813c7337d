/* shape.h - what waiting jobs ask for, once for all that ask for the same
 *
 * Jobs of one user and one project with the same request share a shape: if one of them
 * cannot start, none can, so that the planner looks at each shape once.
 *
 * Borrows: the jobs; what they ask for is read from the first.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_SHAPE_H
#define SCHEDULER_CORE_SHAPE_H

#include "base/digest.h"
#include "base/heap.h"
#include "base/list.h"
#include "scheduler/core/demand.h"
#include "scheduler/core/job.h"
#include "scheduler/core/line.h"
#include "scheduler/core/match.h"

#include <stddef.h>
#include <stdint.h>

enum shape_state { SHAPE_OPEN, SHAPE_ASIDE, SHAPE_PARKED };

/* The two orders of a policy: who is first, and who is tried first behind it. */
enum turn_of { TURN_QUEUE, TURN_CANDIDATES, TURN_COUNT };

struct stream;
struct parking;

struct shape {
    enum shape_state state;
    enum job_reason reason;    /* why its first job could not start; NONE: not looked at */
    struct heap_node of_order; /* open: in the queue; parked: in its parking */
    struct list_node of_check; /* unless parked: by when it was checked last */
    struct stream *stream;
    struct parking *parking; /* where it is parked */
    unsigned round;          /* in which of its two heaps */
    struct parking *refuge;  /* where it would be parked for what was found last; or NULL */
    bool needs_nodes;        /* in one of its lanes nodes keep it, whatever its refuge */
    uint32_t reservations;   /* lanes in which it is the first that waits */
    int64_t called_us;       /* since when it waits for what is guaranteed (guarantee.h); 0: not */
    uint32_t called_nodes;   /* that each of its jobs waits for then */
    uint64_t called_known;   /* as of that state of the nodes (plan.nodes_serial) */
    uint64_t called_serial;  /* it is among plan.callers, of that walk, */
    size_t called_place;     /* and there */
    uint64_t looked_pass;    /* the pass that looked at it last */
    struct heap jobs;        /* waiting, by id; never empty */
    struct demand demand;
    uint64_t work; /* of each job, in core seconds, as predicted */
    struct hostlist *only, *except;
    struct feature_rule *features;
    struct license_list *licenses;
    struct need *more; /* of a heterogeneous job, its components behind the first */
    uint32_t more_count;
    struct node *avoid;
    struct window *window;
    enum job_reason kept_by; /* waits for resources: there is room, but (scratch->kept_by) */
    uint32_t sooner;         /* the lane that has it done sooner, where that is it */
    uint64_t known_nodes;    /* `possible` is true of this state of the nodes */
    uint8_t *possible;       /* enum possible, per lane of its stream; they lie behind its lines */
    /* In its stream's lines, unless it is parked; with the turns of its first job.  One for both
     * orders where they are the same. */
    struct line_node of_lines[];
};

/* Equal for jobs of the same shape, and for no others: half a SHA-256 of what makes it, which is
 * several times as long. */
struct shape_key {
    uint8_t bytes[DIGEST_SIZE / 2];
};
struct shape_key shape_key_of(const struct job *job);

/* With this job as its first. */
struct shape *shape_new(struct job *job, size_t lane_count, unsigned order_count);
void shape_free(struct shape *shape);
DEFINE_CLEANUP(struct shape *, shape_free)

struct job *shape_first(const struct shape *shape);
const struct request *shape_request(const struct shape *shape);
struct need shape_need(const struct shape *shape);

/* Does it ask for what its demand does not say, so that its failure tells nothing of others? */
bool shape_is_special(const struct shape *shape);

/* Does its first job come first? */
bool shape_is_before(const struct shape *a, const struct shape *b);

#endif
