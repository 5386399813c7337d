/* guarantee_nodes.h - a cluster's nodes, as the guarantee to its owners counts them
 *
 * Whose work is on each node and how long it may stay, and the sums of that.  They are made when a
 * run of the planner asks for them, O(nodes of the cluster and parts on them), and kept: in the run
 * guarantee_nodes_note() sees to it, O(nodes of the job); between runs until something of the
 * cluster changes that nobody noted, or a guest comes near enough to its end to be counted
 * otherwise.  With reservations, which come nearer all the time, they are made anew in each run.
 * Outside of a run they are made anew for each question.
 *
 * Owns: marks and sums, in the plan.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_GUARANTEE_NODES_H
#define SCHEDULER_CORE_GUARANTEE_NODES_H

#include "scheduler/core/core.h"
#include "scheduler/core/preemption.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a node. */
enum {
    GUARANTEE_COUNTED = 1, /* takes work, and is in no reservation as long as that matters */
    GUARANTEE_OWN = 2,     /* has work of the owners */
    GUARANTEE_FIRM = 4,    /* has work of others that would stay too long */
    GUARANTEE_CLEAR = 8,   /* has neither: all guests will have gone by until_us */
};

/* Of a cluster: of the nodes that are counted. */
struct guarantee_nodes {
    bool is_made;
    bool is_exhausted; /* nobody more can be pushed aside, as things are */
    int64_t until_us;
    int64_t good_until_us; /* then some guest is firm no more */
    uint64_t changes;      /* of the inventory, when they were right */
    uint32_t nodes, own, firm, clear;
};

struct plan;
void guarantee_nodes_init(struct plan *plan, size_t clusters);
void guarantee_nodes_clear(struct plan *plan);

/* The planner runs from here to there. */
void guarantee_nodes_begin(struct core *core);
void guarantee_nodes_end(struct core *core);

/* The sums; those of `clear` by that time, or by any (0).  Good until the next call. */
struct guarantee_nodes *guarantee_nodes(const struct core *core, const struct cluster *cluster,
                                        int64_t until_us);

/* Marks of a node, as of the last sums of its cluster. */
unsigned guarantee_marks(const struct core *core, const struct node *node);

/* The job was placed, or is pushed aside. */
void guarantee_nodes_note(struct core *core, const struct job *job);

/* Between runs: the job, or anything, may have changed. */
void guarantee_nodes_doubt(struct core *core, const struct job *job);
void guarantee_nodes_doubt_all(struct core *core);

/* Each part on the node; NULL: the first, or no more. */
const struct part *guarantee_part_after(const struct node *node, const struct part *part);

/* Is it of others than the owners of its cluster?  Will it have gone by then? Can it be made to go in
 * time? */
bool guarantee_is_guest(const struct job *job);
bool guarantee_goes_by(const struct core *core, const struct job *job, int64_t at_us);
bool guarantee_yields(const struct core *core, const struct contender *guest,
                      struct terms *ret_terms);

#endif
