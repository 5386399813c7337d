/* share.h - who has used less than his share, and who more
 *
 * A tree: the network, its institutions, their projects, the people in each.  Siblings have shares
 * of what their parent has, and have used some of what it used.  Usage fades: it counts half
 * after each half-life.  The order is that of Slurm's Fair Tree (R. Cox, L. Morrison, "Fair
 * Tree: fairshare algorithm for Slurm", 2014): the tree is walked from the top, at each level
 * first who has the most share for what it has used; people are ranked as they are met, so
 * that nobody of an institution that has used too much comes before anybody of one that has
 * not.  The factor is the rank over the number of people: 1 for the first.
 *
 * Only ratios of siblings count, so that fading costs nothing: new usage weighs more instead.
 * Arithmetic is plain, and the same on every machine.  Adding usage is O(1), ranking O(n log n).
 *
 * Owns: the tree.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORE_SHARE_H
#define ACCOUNTING_CORE_SHARE_H

#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct share_tree;

/* A place in the tree: user NULL is the project, project NULL too the institution. */
struct share_place {
    const char *institution;
    const char *project;
    const char *user;
};

struct share_tree *share_new(int64_t half_life_us); /* 0: usage does not fade */
void share_free(struct share_tree *tree);
DEFINE_CLEANUP(struct share_tree *, share_free)

/* Its shares among its siblings; whoever was given none has one. */
void share_set(struct share_tree *tree, const struct share_place *place, uint32_t shares);

/* It is there, though nobody in it has used anything: with one share unless it has others. */
void share_plant(struct share_tree *tree, const struct share_place *place);

/* The person used so much, as of at_us: it is added to the project and the institution too. */
void share_add_usage(struct share_tree *tree, const struct share_place *place, int64_t amount_micro,
                     int64_t at_us);

/* Rank all people anew. */
void share_rank(struct share_tree *tree);

/* The person's factor as last ranked; who is not known has used nothing: 1. */
double share_factor(const struct share_tree *tree, const struct share_place *place);

/* One line of the tree, to be shown: depth 1 is an institution, 2 a project, 3 a person. */
struct share_line {
    unsigned depth;
    const char *name;
    uint32_t shares;
    double norm_shares; /* of what its parent has */
    double usage_micro; /* faded, as of at_us */
    double norm_usage;  /* of what its parent used */
    double factor;      /* of a person */
};

/* Walk all lines, each parent before its children, in the order of ranks; after
 * share_rank().  Returns false at once when `visit` does. */
typedef bool share_visit_fn(const struct share_line *line, void *context);
bool share_walk(const struct share_tree *tree, int64_t at_us, share_visit_fn *visit, void *context);

#endif
