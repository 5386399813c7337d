/* share.c - who has used less than his share, and who more */

#include "accounting/core/share.h"

#include "base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct branch {
    char *name;
    uint32_t shares;
    double usage; /* micro SU, weighed */
    double factor;
    struct table *by_name; /* its children */
    size_t count, capacity;
    struct branch **children;
};

struct share_tree {
    int64_t half_life_us;
    int64_t base_us; /* usage of then weighs 1 */
    struct branch root;
    size_t people;
};

static struct branch *branch_new(const char *name)
{
    struct branch *branch = NEW(struct branch);

    branch->name = memory_copy(name);
    branch->shares = 1;
    branch->factor = 1;
    return branch;
}

static void clear_branch(struct branch *branch)
{
    for (size_t i = 0; i < branch->count; i++) {
        clear_branch(branch->children[i]);
        free(branch->children[i]);
    }
    free(branch->children);
    free(branch->name);
    table_free(branch->by_name);
}

struct share_tree *share_new(int64_t half_life_us)
{
    struct share_tree *tree = NEW(struct share_tree);

    tree->half_life_us = half_life_us;
    tree->root.shares = 1;
    return tree;
}

void share_free(struct share_tree *tree)
{
    if (!tree)
        return;
    clear_branch(&tree->root);
    free(tree);
}

static struct branch *find_child(const struct branch *branch, const char *name)
{
    return branch->by_name ? table_get_text(branch->by_name, name) : NULL;
}

static struct branch *get_child(struct branch *branch, const char *name)
{
    struct branch *child = find_child(branch, name);

    if (child)
        return child;
    if (!branch->by_name)
        branch->by_name = table_new();
    if (branch->count == branch->capacity) {
        branch->capacity = branch->capacity ? 2 * branch->capacity : 4;
        branch->children =
            memory_resize(branch->children, branch->capacity, sizeof(*branch->children));
    }
    child = branch_new(name);
    branch->children[branch->count++] = child;
    table_put_text(branch->by_name, name, child);
    return child;
}

static struct branch *get_person(struct share_tree *tree, const struct share_place *place)
{
    struct branch *project = get_child(get_child(&tree->root, place->institution), place->project);
    size_t count = project->count;
    struct branch *person = get_child(project, place->user);

    tree->people += project->count - count;
    return person;
}

static struct branch *get_branch(struct share_tree *tree, const struct share_place *place)
{
    if (place->user)
        return get_person(tree, place);
    if (place->project)
        return get_child(get_child(&tree->root, place->institution), place->project);
    return get_child(&tree->root, place->institution);
}

void share_set(struct share_tree *tree, const struct share_place *place, uint32_t shares)
{
    get_branch(tree, place)->shares = shares;
}

void share_plant(struct share_tree *tree, const struct share_place *place)
{
    (void)get_branch(tree, place);
}

/* --- fading ---------------------------------------------------------------------------------- */

/* 2^(1/2), 2^(1/4), …: the bits of a fraction choose among them. */
static const double roots[] = {
    1.4142135623730951, 1.189207115002721,  1.0905077326652577, 1.0442737824274138,
    1.0218971486541166, 1.0108892860517005, 1.0054299011128027, 1.0027112750502025,
    1.0013547198921082, 1.0006771306930664, 1.0003385080526823, 1.0001692397053021,
    1.0000846162726942, 1.0000423072413958, 1.0000211533969647, 1.0000105766425498,
};

/* What usage of then weighs against usage of the base. */
static double weight_at(const struct share_tree *tree, int64_t at_us)
{
    int64_t age_us = at_us - tree->base_us;
    double weight = 1;
    int64_t whole, rest_us;

    if (tree->half_life_us == 0)
        return 1;
    whole = age_us / tree->half_life_us;
    rest_us = age_us % tree->half_life_us;
    if (rest_us < 0) {
        rest_us += tree->half_life_us;
        whole--;
    }
    for (size_t i = 0; i < COUNT_OF(roots); i++) {
        rest_us *= 2;
        if (rest_us >= tree->half_life_us) {
            weight *= roots[i];
            rest_us -= tree->half_life_us;
        }
    }
    for (; whole > 0 && weight < 1e300; whole--)
        weight *= 2;
    for (; whole < 0 && weight > 1e-300; whole++)
        weight /= 2;
    return weight;
}

static void scale(struct branch *branch, double factor)
{
    branch->usage *= factor;
    for (size_t i = 0; i < branch->count; i++)
        scale(branch->children[i], factor);
}

/* Weights must not grow for ever. */
static void move_base(struct share_tree *tree, int64_t at_us)
{
    if (tree->half_life_us == 0 || at_us - tree->base_us < 64 * tree->half_life_us)
        return;
    scale(&tree->root, 1 / weight_at(tree, at_us));
    tree->base_us = at_us;
}

void share_add_usage(struct share_tree *tree, const struct share_place *place, int64_t amount_micro,
                     int64_t at_us)
{
    struct branch *person = get_person(tree, place);
    struct branch *institution = find_child(&tree->root, place->institution);
    struct branch *project = find_child(institution, place->project);
    double amount;

    move_base(tree, at_us);
    amount = (double)amount_micro * weight_at(tree, at_us);
    person->usage += amount;
    project->usage += amount;
    institution->usage += amount;
    tree->root.usage += amount;
}

/* --- ranks ------------------------------------------------------------------------------------ */

/* More share for what was used comes first; cross-multiplied, as some have used nothing. */
static int compare_branches(const void *a, const void *b)
{
    const struct branch *first = *(struct branch *const *)a;
    const struct branch *second = *(struct branch *const *)b;
    double left = (double)first->shares * second->usage;
    double right = (double)second->shares * first->usage;

    if (left != right)
        return left > right ? -1 : 1;
    if (first->shares != second->shares)
        return first->shares > second->shares ? -1 : 1;
    return strcmp(first->name, second->name);
}

static void sort_children(struct branch *branch)
{
    if (branch->count > 1)
        qsort(branch->children, branch->count, sizeof(struct branch *), compare_branches);
}

void share_rank(struct share_tree *tree)
{
    size_t rank = tree->people;
    struct branch *root = &tree->root;

    sort_children(root);
    for (size_t i = 0; i < root->count; i++) {
        sort_children(root->children[i]);
        for (size_t j = 0; j < root->children[i]->count; j++) {
            struct branch *project = root->children[i]->children[j];

            sort_children(project);
            for (size_t k = 0; k < project->count; k++)
                project->children[k]->factor = (double)rank-- / (double)tree->people;
        }
    }
    assert(rank == 0);
}

double share_factor(const struct share_tree *tree, const struct share_place *place)
{
    const struct branch *branch = find_child(&tree->root, place->institution);

    if (branch)
        branch = find_child(branch, place->project);
    if (branch)
        branch = find_child(branch, place->user);
    return branch ? branch->factor : 1;
}

/* --- to be shown -------------------------------------------------------------------------------- */

struct tour {
    share_visit_fn *visit;
    void *context;
    double weight;
};

static bool visit_children(const struct branch *branch, const struct tour *tour, unsigned depth)
{
    uint64_t shares = 0;

    for (size_t i = 0; i < branch->count; i++)
        shares += branch->children[i]->shares;
    for (size_t i = 0; i < branch->count; i++) {
        const struct branch *child = branch->children[i];
        struct share_line line = {
            .depth = depth,
            .name = child->name,
            .shares = child->shares,
            .norm_shares = shares ? (double)child->shares / (double)shares : 0,
            .usage_micro = child->usage / tour->weight,
            .norm_usage = branch->usage > 0 ? child->usage / branch->usage : 0,
            .factor = child->factor,
        };

        if (!tour->visit(&line, tour->context) || !visit_children(child, tour, depth + 1))
            return false;
    }
    return true;
}

bool share_walk(const struct share_tree *tree, int64_t at_us, share_visit_fn *visit, void *context)
{
    struct tour tour = {visit, context, weight_at(tree, at_us)};

    return visit_children(&tree->root, &tour, 1);
}
