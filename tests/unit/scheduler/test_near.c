/* test_near.c - nodes near each other: the smallest subtree, few leaves, and whole ones are left */

#include "scheduler/core/constraints.h"
#include "scheduler/core/near.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

#define LEAVES 6
#define STATES 20000

/* Two switches over two and three leaves, one leaf beside them; the last node is under none. */
static const struct switch_rule rules[] = {
    {(char *)"a",   (char *)"a[1-4]", NULL              },
    {(char *)"b",   (char *)"b[1-4]", NULL              },
    {(char *)"c",   (char *)"c[1-4]", NULL              },
    {(char *)"d",   (char *)"d[1-4]", NULL              },
    {(char *)"e",   (char *)"e[1-4]", NULL              },
    {(char *)"f",   (char *)"f[1-4]", NULL              },
    {(char *)"ab",  NULL,             (char *)"a,b"     },
    {(char *)"cde", NULL,             (char *)"c,d,e"   },
    {(char *)"top", NULL,             (char *)"ab,cde,f"},
};

struct scene {
    struct switch_tree *tree;
    struct cluster cluster;
    struct node_class *class;
    char names[LEAVES * 4 + 1][8];
    struct node nodes[LEAVES * 4 + 1];
    uint32_t rooms[LEAVES * 4 + 1]; /* tasks that fit; 0: not free */
    struct near near;
    struct placement placement;
};

static void begin(struct scene *scene)
{
    struct error err;

    *scene = (struct scene){.tree = switch_tree_new(rules, COUNT_OF(rules), &err)};
    scene->cluster.tree = scene->tree;
    for (unsigned i = 0; i <= LEAVES * 4; i++) {
        struct node *node = &scene->nodes[i];

        snprintf(scene->names[i], sizeof(scene->names[i]), "%c%u", "abcdefx"[i / 4], i % 4 + 1);
        node->name = scene->names[i];
        node->leaf = switch_tree_leaf(scene->tree, node->name);
    }
    near_init(&scene->near);
    placement_init(&scene->placement);
}

static void end(struct scene *scene)
{
    switch_tree_free(scene->tree);
    near_clear(&scene->near);
    placement_clear(&scene->placement);
}

static bool choose(struct scene *scene, const struct request *request, uint32_t leaves_most)
{
    placement_reset(&scene->placement);
    for (unsigned i = 0; i <= LEAVES * 4; i++)
        placement_offer(&scene->placement, &scene->nodes[i], scene->rooms[i], scene->rooms[i]);
    return near_choose_offered(&scene->near, scene->tree, leaves_most, request, &scene->placement);
}

/* "a1 a3" */
static void take_names(const struct scene *scene, char *names, size_t size)
{
    names[0] = '\0';
    for (size_t i = 0; i < scene->placement.count; i++)
        snprintf(names + strlen(names), size - strlen(names), "%s%s", i ? " " : "",
                 scene->placement.seats[i].node->name);
}

/* Digits are the room of a1 to f4 and of x1. */
static void test_choices(void)
{
    static const struct {
        const char *rooms;
        uint32_t nodes, tasks, leaves_most;
        const char *chosen;
    } cases[] = {
        {"1111 1110 1100 1111 1111 1111 1", 2, 2, 0, "c1 c2"               }, /* exactly so many */
        {"1111 1110 1100 1111 1111 1111 1", 3, 3, 0, "b1 b2 b3"            },
        {"1111 1111 1111 1111 1111 1111 1", 6, 6, 0, "a1 a2 a3 a4 b1 b2"   }, /* ab is smaller */
        {"1100 1100 1110 1110 1000 1111 0", 5, 5, 0, "c1 c2 c3 d1 d2"      }, /* cde has so many */
        {"1100 1100 1110 1100 1000 0000 0", 5, 5, 0, "c1 c2 c3 d1 d2"      }, /* of e none is needed */
        {"1000 1000 1000 1000 1000 1000 1", 7, 7, 0, "a1 b1 c1 d1 e1 f1 x1"},
        {"1000 1000 1000 1000 1000 1000 1", 2, 2, 1, ""                    },
        {"1000 1000 1000 1000 1000 1000 1", 2, 2, 2, "a1 b1"               },
        {"1100 1000 1000 1000 1000 1110 1", 5, 5, 2, "a1 a2 f1 f2 f3"      },
        {"2000 1100 1111 0000 0000 0000 0", 2, 3, 0, "c1 c2 c3"            }, /* three alone are near */
        {"1110 0000 0000 0000 0000 0000 1", 4, 4, 3, ""                    }, /* x1 has no switch */
        {"1110 0000 0000 0000 0000 0000 1", 4, 4, 0, "a1 a2 a3 x1"         },
        {"0000 0000 0000 0000 0000 0000 1", 1, 1, 0, "x1"                  },
    };
    struct scene scene;

    begin(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request request = {.nodes_least = cases[i].nodes < 4 ? 1 : cases[i].nodes,
                                  .nodes_most = cases[i].nodes > 2 ? cases[i].nodes : 3,
                                  .tasks = cases[i].tasks,
                                  .cpus_per_task = 1};
        unsigned node = 0;
        char names[120];

        for (const char *digit = cases[i].rooms; *digit; digit++)
            if (*digit != ' ')
                scene.rooms[node++] = (uint32_t)(*digit - '0');
        CU_ASSERT_EQUAL(choose(&scene, &request, cases[i].leaves_most), *cases[i].chosen != '\0');
        take_names(&scene, names, sizeof(names));
        CU_ASSERT_STRING_EQUAL(names, cases[i].chosen);
        if (strcmp(names, cases[i].chosen) != 0)
            printf("# case %zu: %s\n", i, names);
    }
    end(&scene);
}

/* --- against a model that tries all ------------------------------------------------------------- */

/* Do the free nodes of these leaves hold the job? */
static bool holds(const struct scene *scene, const struct request *request, unsigned leaves)
{
    CLEANUP(placement_clear) struct placement placement;

    placement_init(&placement);
    for (unsigned i = 0; i < LEAVES * 4; i++)
        if (leaves >> scene->nodes[i].leaf & 1)
            placement_offer(&placement, (struct node *)(uintptr_t)&scene->nodes[i], scene->rooms[i],
                            scene->rooms[i]);
    return placement_choose(&placement, request);
}

static unsigned leaves_under(const struct tree_switch *under)
{
    return ((1u << under->leaf_count) - 1) << under->first_leaf;
}

/* The least height of a switch that holds the job with so many leaves; -1: there is none. */
static int least_height(const struct scene *scene, const struct request *request,
                        uint32_t leaves_most)
{
    for (uint32_t i = 0; i < scene->tree->count; i++) {
        unsigned all = leaves_under(&scene->tree->all[i]);

        for (unsigned leaves = all; leaves > 0; leaves = (leaves - 1) & all)
            if ((unsigned)__builtin_popcount(leaves) <= leaves_most &&
                holds(scene, request, leaves))
                return (int)scene->tree->all[i].height;
    }
    return -1;
}

/* Of the lowest switch over all that were chosen; -1: a node is under none. */
static int height_of(const struct scene *scene, unsigned *ret_leaves)
{
    unsigned leaves = 0;

    for (size_t i = 0; i < scene->placement.count; i++) {
        if (scene->placement.seats[i].node->leaf == SWITCH_NONE)
            return -1;
        leaves |= 1u << scene->placement.seats[i].node->leaf;
    }
    *ret_leaves = (unsigned)__builtin_popcount(leaves);
    for (uint32_t i = 0; i < scene->tree->count; i++)
        if ((leaves & ~leaves_under(&scene->tree->all[i])) == 0)
            return (int)scene->tree->all[i].height;
    return -1;
}

static bool is_right(struct scene *scene, const struct request *request, uint32_t leaves_most,
                     bool alike)
{
    bool found = choose(scene, request, leaves_most);
    int least = least_height(scene, request, leaves_most ? leaves_most : LEAVES);
    unsigned leaves = 0;
    uint32_t tasks = 0;
    int height;

    if (!found) /* one may be missed where nodes differ and few leaves are asked for */
        return least < 0 || (leaves_most > 0 && !alike);
    height = height_of(scene, &leaves);
    for (size_t i = 0; i < scene->placement.count; i++) {
        const struct seat *seat = &scene->placement.seats[i];

        if (seat->tasks == 0 || seat->tasks > scene->rooms[seat->node - scene->nodes])
            return false;
        tasks += seat->tasks;
    }
    if (tasks != request->tasks || scene->placement.count < request->nodes_least ||
        scene->placement.count > request->nodes_most)
        return false;
    if (leaves_most == 0)
        return height == least; /* -1 is the last resort */
    return leaves <= leaves_most && height >= 0 && (!alike || height == least);
}

static void test_against_a_model(void)
{
    struct test_random random = test_random_from_environment();
    unsigned found = 0;
    bool good = true;
    struct scene scene;

    begin(&scene);
    for (unsigned i = 0; good && i < STATES; i++) {
        struct test_random own = test_random_from_seed(random.seed + i);
        uint32_t most = test_random_below(&own, 2) ? 1 : 4, nodes = 1 + test_random_below(&own, 8);
        struct request request = {.nodes_least = nodes, .cpus_per_task = 1};
        uint32_t leaves_most = test_random_below(&own, 4);

        for (unsigned j = 0; j <= LEAVES * 4; j++)
            scene.rooms[j] = test_random_below(&own, 3) ? 1 + test_random_below(&own, most) : 0;
        request.tasks = nodes + test_random_below(&own, 6) * (most > 1);
        request.nodes_most =
            test_random_below(&own, 2) ? nodes : nodes + test_random_below(&own, 4);
        if (request.nodes_most > request.tasks)
            request.nodes_most = request.tasks;
        good = is_right(&scene, &request, leaves_most, most == 1);
        found += scene.placement.count > 0;
        if (!good)
            printf("# TEQUIO_TEST_SEED=%llu: %u to %u nodes, %u tasks, %u leaves\n",
                   (unsigned long long)own.seed, request.nodes_least, request.nodes_most,
                   request.tasks, leaves_most);
    }
    CU_ASSERT(good);
    CU_ASSERT(found > STATES / 4);
    end(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"who is near whom",                                test_choices        },
        {"the smallest subtree, no more leaves than asked", test_against_a_model},
        CU_TEST_INFO_NULL,
    };

    return run_suite("near", tests);
}
