/* line.c - shapes of waiting jobs in the order of their turns */

#include "scheduler/core/line.h"

#include "base/memory.h"

#include <assert.h>

/* Spreads job numbers evenly (the finalizer of G. Steele, D. Lea, C. Flood, "Fast splittable
 * pseudorandom number generators", 2014). */
static uint64_t weight_of(uint64_t job)
{
    uint64_t mixed = job + UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static void sum_up(struct line_node *node)
{
    node->least = *node->demand;
    if (node->left)
        demand_lower(&node->least, &node->left->least);
    if (node->right)
        demand_lower(&node->least, &node->right->least);
}

/* What is before the turn, and the rest. */
static void split(struct line_node *node, const struct turn *turn, struct line_node **ret_before,
                  struct line_node **ret_rest)
{
    if (!node) {
        *ret_before = *ret_rest = NULL;
        return;
    }
    if (turn_is_before(&node->turn, turn)) {
        split(node->right, turn, &node->right, ret_rest);
        *ret_before = node;
    } else {
        split(node->left, turn, ret_before, &node->left);
        *ret_rest = node;
    }
    sum_up(node);
}

/* All of `before` comes before all of `rest`. */
static struct line_node *join(struct line_node *before, struct line_node *rest)
{
    if (!before || !rest)
        return before ? before : rest;
    if (before->weight > rest->weight) {
        before->right = join(before->right, rest);
        sum_up(before);
        return before;
    }
    rest->left = join(before, rest->left);
    sum_up(rest);
    return rest;
}

static struct line_node *add(struct line_node *tree, struct line_node *node)
{
    if (!tree || node->weight > tree->weight) {
        split(tree, &node->turn, &node->left, &node->right);
        sum_up(node);
        return node;
    }
    if (turn_is_before(&tree->turn, &node->turn))
        tree->right = add(tree->right, node);
    else
        tree->left = add(tree->left, node);
    demand_lower(&tree->least, node->demand);
    return tree;
}

void line_add(struct line *line, struct line_node *node)
{
    node->left = node->right = NULL;
    node->weight = weight_of(node->turn.job);
    line->root = add(line->root, node);
    if (!line->first || turn_is_before(&node->turn, &line->first->turn))
        line->first = node;
}

/* Of a million nodes none is in a cache: they are asked for some steps ahead. */
#define AHEAD 8

static void ask_for(const struct line_node *node)
{
    __builtin_prefetch(&node->turn, 1);
    __builtin_prefetch(&node->demand, 1);
    __builtin_prefetch((const char *)(node + 1) - 1, 1);
}

/* The nodes on the right edge of the tree so far lie in front of those to come, the root first
 * (J. Vuillemin, "A unifying look at data structures", 1980). */
void line_build(struct line *line, struct line_node **nodes, size_t count)
{
    struct line_node **edge = nodes;
    size_t length = 0;

    line->first = count > 0 ? nodes[0] : NULL;
    for (size_t i = 0; i < count; i++) {
        struct line_node *node = nodes[i], *under = NULL;

        if (i + AHEAD < count)
            ask_for(nodes[i + AHEAD]);
        node->weight = weight_of(node->turn.job);
        while (length > 0 && edge[length - 1]->weight < node->weight) {
            under = edge[--length];
            sum_up(under);
        }
        node->left = under;
        node->right = NULL;
        if (length > 0)
            edge[length - 1]->right = node;
        edge[length++] = node;
    }
    line->root = length > 0 ? edge[0] : NULL;
    while (length > 0)
        sum_up(edge[--length]);
}

static struct line_node *drop(struct line_node *tree, const struct line_node *node)
{
    assert(tree);
    if (tree == node)
        return join(tree->left, tree->right);
    if (turn_is_before(&tree->turn, &node->turn))
        tree->right = drop(tree->right, node);
    else
        tree->left = drop(tree->left, node);
    sum_up(tree);
    return tree;
}

void line_remove(struct line *line, struct line_node *node)
{
    line->root = drop(line->root, node);
    node->left = node->right = NULL;
    if (line->first != node)
        return;
    line->first = line->root;
    while (line->first && line->first->left)
        line->first = line->first->left;
}

static struct line_node *seek(struct line_node *node, const struct turn *after,
                              line_admits_fn *admits, const void *context)
{
    struct line_node *found;

    if (!node || !admits(&node->least, context))
        return NULL;
    if (after && !turn_is_before(after, &node->turn))
        return seek(node->right, after, admits, context);
    found = seek(node->left, after, admits, context);
    if (found)
        return found;
    if (admits(node->demand, context))
        return node;
    return seek(node->right, NULL, admits, context);
}

struct line_node *line_seek(const struct line *line, const struct turn *after,
                            line_admits_fn *admits, const void *context)
{
    if (!after && line->first && admits(line->first->demand, context))
        return line->first;
    return seek(line->root, after, admits, context);
}
