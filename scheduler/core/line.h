/* line.h - shapes of waiting jobs in the order of their turns
 *
 * A line is a search tree (a treap: R. Seidel, C. Aragon, "Randomized search trees", 1996)
 * whose every node knows the least of what is asked for below it.  So whoever can say
 * which demands are hopeless finds the next shape that is not, without a look at those
 * between: O(log n) where the least of a part tells of it truly.  The shape of the
 * tree depends only on what is in it.  Adding and removing is O(log n).
 *
 * Owns: nothing.  Borrows: the shapes, in which its nodes lie.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_LINE_H
#define SCHEDULER_CORE_LINE_H

#include "scheduler/core/demand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose turn comes first: the lower rank, then the less nice, then the older job. */
struct turn {
    double rank;
    int32_t nice;
    uint32_t tier; /* of its stream: the highest is first, whatever the rank */
    uint64_t job;
};

static inline bool turn_is_before(const struct turn *a, const struct turn *b)
{
    if (a->tier != b->tier)
        return a->tier > b->tier;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->nice != b->nice)
        return a->nice < b->nice;
    return a->job < b->job;
}

struct line_node {
    struct line_node *left, *right;
    uint64_t weight; /* a node's is above those of its children */
    struct turn turn;
    const struct demand *demand; /* its own */
    struct demand least;         /* of it and all below */
};

struct line {
    struct line_node *root;
    struct line_node *first; /* NULL: it is empty */
};

/* node->turn and node->demand are set, and stay as they are while it is in the line. */
void line_add(struct line *line, struct line_node *node);
void line_remove(struct line *line, struct line_node *node);

/* The line of these nodes, in the order of their turns, and of no others; the array is used. O(n). */
void line_build(struct line *line, struct line_node **nodes, size_t count);

/* May something that asks for so much be of use? */
typedef bool line_admits_fn(const struct demand *demand, const void *context);

/* The first after `after` (NULL: of all) that is admitted, or NULL. */
struct line_node *line_seek(const struct line *line, const struct turn *after,
                            line_admits_fn *admits, const void *context);

#endif
