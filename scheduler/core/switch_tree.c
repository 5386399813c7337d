/* switch_tree.c - how the nodes of a cluster are wired: switches, and switches above them */

#include "scheduler/core/switch_tree.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

/* While a tree is made: what each rule has come to. */
struct growth {
    const struct switch_rule *rules;
    uint32_t count;
    struct table *names;        /* rule + 1 */
    struct hostlist **children; /* NULL: of a leaf */
    uint32_t *parents;          /* rules */
    struct tree_switch *grown;  /* by rule; first_leaf is SWITCH_NONE until it was reached */
    uint32_t leaf_count, tops;
};

static void clear_growth(struct growth *growth)
{
    for (uint32_t i = 0; i < growth->count; i++)
        hostlist_free(growth->children[i]);
    table_free(growth->names);
    free(growth->children);
    free(growth->parents);
    free(growth->grown);
}

static void begin(struct growth *growth, const struct switch_rule *rules, uint32_t count)
{
    *growth = (struct growth){.rules = rules, .count = count};
    growth->names = table_new();
    growth->children = NEW_ARRAY(struct hostlist *, count);
    growth->parents = NEW_ARRAY(uint32_t, count);
    growth->grown = NEW_ARRAY(struct tree_switch, count);
    for (uint32_t i = 0; i < count; i++) {
        growth->parents[i] = SWITCH_NONE;
        growth->grown[i].first_leaf = SWITCH_NONE;
    }
}

static uint32_t find_rule(const struct growth *growth, const char *name)
{
    return (uint32_t)(uintptr_t)table_get_text(growth->names, name) - 1;
}

/* --- what is written ---------------------------------------------------------------------------- */

static bool read_names(struct growth *growth, struct error *err)
{
    for (uint32_t i = 0; i < growth->count; i++) {
        const struct switch_rule *rule = &growth->rules[i];

        if (!parse_name(rule->name, "switch", SWITCH_NAME_MAX, err))
            return false;
        if (table_put_text(growth->names, rule->name, (void *)(uintptr_t)(i + 1)))
            return fail(err, ERROR_INVALID, "switch %s is there twice", rule->name);
        if (!rule->nodes == !rule->switches)
            return fail(err, ERROR_INVALID,
                        "switch %s: give either nodes = \"LIST\" (it is a leaf) or switches = "
                        "\"LIST\" (they are under it)",
                        rule->name);
    }
    return true;
}

static bool fail_unknown(const struct growth *growth, uint32_t above, const char *name,
                         struct error *err)
{
    CLEANUP(memory_freep) const char **names = NEW_ARRAY(const char *, growth->count + 1);
    const char *nearest;

    for (uint32_t i = 0; i < growth->count; i++)
        names[i] = growth->rules[i].name;
    nearest = nearest_name(name, names);
    return fail(err, ERROR_NOT_FOUND, "switch %s: there is no switch %s%s%s%s",
                growth->rules[above].name, name, nearest ? "; did you mean " : "",
                nearest ? nearest : "", nearest ? "?" : "");
}

static bool put_under(struct growth *growth, uint32_t above, const char *name, struct error *err)
{
    uint32_t child = find_rule(growth, name);

    if (child == SWITCH_NONE)
        return fail_unknown(growth, above, name, err);
    if (growth->parents[child] != SWITCH_NONE)
        return fail(err, ERROR_INVALID, "switch %s is under both %s and %s: it can be under one",
                    name, growth->rules[growth->parents[child]].name, growth->rules[above].name);
    growth->parents[child] = above;
    return true;
}

static struct hostlist *read_list(const struct switch_rule *rule, struct error *err)
{
    struct hostlist *list = hostlist_parse(rule->nodes ? rule->nodes : rule->switches, err);

    if (!list) {
        fail_in(err, "switch %s", rule->name);
        return NULL;
    }
    if (hostlist_count(list) > 0)
        return list;
    hostlist_free(list);
    fail(err, ERROR_INVALID, "switch %s: an empty list", rule->name);
    return NULL;
}

static bool read_children(struct growth *growth, struct error *err)
{
    for (uint32_t i = 0; i < growth->count; i++) {
        if (!growth->rules[i].switches)
            continue;
        growth->children[i] = read_list(&growth->rules[i], err);
        if (!growth->children[i])
            return false;
        for (size_t j = 0; j < hostlist_count(growth->children[i]); j++)
            if (!put_under(growth, i, hostlist_at(growth->children[i], j), err))
                return false;
    }
    return true;
}

/* --- the tree ------------------------------------------------------------------------------------- */

/* Number the leaves under one of the topmost switches, from the first child to the last. */
static void number_leaves(struct growth *growth, uint32_t top, uint32_t *stack)
{
    uint32_t depth = 0;

    stack[depth++] = top;
    while (depth > 0) {
        uint32_t rule = stack[--depth];
        const struct hostlist *children = growth->children[rule];

        growth->grown[rule].first_leaf = growth->leaf_count;
        if (!children)
            growth->leaf_count++;
        for (size_t i = children ? hostlist_count(children) : 0; i-- > 0;)
            stack[depth++] = find_rule(growth, hostlist_at(children, i));
    }
}

/* A ring of switches has no top, and is not reached from any. */
static bool grow(struct growth *growth, struct error *err)
{
    CLEANUP(memory_freep) uint32_t *stack = NEW_ARRAY(uint32_t, growth->count);

    for (uint32_t i = 0; i < growth->count; i++)
        if (growth->parents[i] == SWITCH_NONE) {
            number_leaves(growth, i, stack);
            growth->tops++;
        }
    for (uint32_t i = 0; i < growth->count; i++) {
        uint32_t height = 0;

        if (growth->grown[i].first_leaf == SWITCH_NONE)
            return fail(err, ERROR_INVALID, "switch %s is under itself, by way of %s",
                        growth->rules[i].name, growth->rules[growth->parents[i]].name);
        for (uint32_t at = i; growth->rules[i].nodes && at != SWITCH_NONE;
             at = growth->parents[at], height++) {
            growth->grown[at].leaf_count++;
            if (growth->grown[at].height < height)
                growth->grown[at].height = height;
        }
    }
    return true;
}

struct place {
    uint32_t height, first_leaf, rule;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *first = a, *second = b;

    if (first->height != second->height)
        return first->height < second->height ? -1 : 1;
    return (first->first_leaf > second->first_leaf) - (first->first_leaf < second->first_leaf);
}

/* By height, and a root above several tops. */
static void arrange(const struct growth *growth, struct switch_tree *tree)
{
    CLEANUP(memory_freep) struct place *places = NEW_ARRAY(struct place, growth->count);
    CLEANUP(memory_freep) uint32_t *index = NEW_ARRAY(uint32_t, growth->count);

    for (uint32_t i = 0; i < growth->count; i++)
        places[i] = (struct place){growth->grown[i].height, growth->grown[i].first_leaf, i};
    qsort(places, growth->count, sizeof(*places), compare_places);
    for (uint32_t i = 0; i < growth->count; i++)
        index[places[i].rule] = i;
    tree->all = NEW_ARRAY(struct tree_switch, growth->count + 1);
    tree->leaf_count = growth->leaf_count;
    for (; tree->count < growth->count; tree->count++) {
        uint32_t rule = places[tree->count].rule, parent = growth->parents[rule];
        struct tree_switch *at = &tree->all[tree->count];

        *at = growth->grown[rule];
        at->name = memory_copy(growth->rules[rule].name);
        at->parent = parent != SWITCH_NONE ? index[parent]
                     : growth->tops > 1    ? growth->count
                                           : SWITCH_NONE;
    }
    if (growth->tops > 1)
        tree->all[tree->count++] =
            (struct tree_switch){.parent = SWITCH_NONE,
                                 .height = tree->all[growth->count - 1].height + 1,
                                 .leaf_count = growth->leaf_count};
}

static bool take_nodes(const struct growth *growth, struct switch_tree *tree, uint32_t rule,
                       struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *nodes = read_list(&growth->rules[rule], err);
    uint32_t leaf = growth->grown[rule].first_leaf;

    for (size_t i = 0; nodes && i < hostlist_count(nodes); i++) {
        void *other =
            table_put_text(tree->leaf_of, hostlist_at(nodes, i), (void *)(uintptr_t)(leaf + 1));

        if (other)
            return fail(err, ERROR_INVALID, "node %s is under both %s and %s: it can be under one",
                        hostlist_at(nodes, i), tree->all[(uintptr_t)other - 1].name,
                        growth->rules[rule].name);
    }
    return nodes != NULL;
}

struct switch_tree *switch_tree_new(const struct switch_rule *rules, size_t count,
                                    struct error *err)
{
    CLEANUP(switch_tree_freep) struct switch_tree *tree = NULL;
    CLEANUP(clear_growth) struct growth growth = {0};

    if (count > SWITCHES_MAX) {
        fail(err, ERROR_INVALID, "%zu switches; %d are the most", count, SWITCHES_MAX);
        return NULL;
    }
    begin(&growth, rules, (uint32_t)count);
    if (!read_names(&growth, err) || !read_children(&growth, err) || !grow(&growth, err))
        return NULL;
    tree = NEW(struct switch_tree);
    tree->leaf_of = table_new();
    arrange(&growth, tree);
    for (uint32_t i = 0; i < growth.count; i++)
        if (rules[i].nodes && !take_nodes(&growth, tree, i, err))
            return NULL;
    return STEAL(tree);
}

void switch_tree_free(struct switch_tree *tree)
{
    if (!tree)
        return;
    for (uint32_t i = 0; i < tree->count; i++)
        free(tree->all[i].name);
    table_free(tree->leaf_of);
    free(tree->all);
    free(tree);
}

/* --- questions --------------------------------------------------------------------------------------- */

uint32_t switch_tree_leaf(const struct switch_tree *tree, const char *node)
{
    /* Without one, 0 - 1. */
    return tree ? (uint32_t)(uintptr_t)table_get_text(tree->leaf_of, node) - 1 : SWITCH_NONE;
}

static void print_from_top(const struct switch_tree *tree, uint32_t at, struct buffer *text)
{
    const struct tree_switch *own = &tree->all[at];

    if (own->parent != SWITCH_NONE)
        print_from_top(tree, own->parent, text);
    if (own->name)
        buffer_print(text, "%s%s", text->length > 0 ? "." : "", own->name);
}

void switch_tree_print(const struct switch_tree *tree, uint32_t leaf, struct buffer *text)
{
    if (tree && leaf != SWITCH_NONE)
        print_from_top(tree, leaf, text);
}
