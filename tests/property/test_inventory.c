/* test_inventory.c - nodes are where their free cores say, and the best set of them is found */

#include "scheduler/core/inventory.h"
#include "scheduler/core/match.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/placement.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdio.h>

#define NODES  30
#define ROUNDS 5000

static struct inventory *make_inventory(void)
{
    struct partition partitions[] = {
        {.name = (char *)"batch", .is_default = true,        .up = true},
        {.name = (char *)"few",   .nodes = (char *)"n[3-9]", .up = true},
    };
    struct cluster cluster = {.name = (char *)"alpha",
                              .institution = (char *)"unam",
                              .factor_ppm = 1000000,
                              .partition_count = 2,
                              .partitions = partitions};

    return inventory_new(&cluster, 1);
}

/* Every node that takes work is found under its free cores, and nothing else is. */
static void check_buckets(const struct inventory *inventory)
{
    const struct cluster *cluster = inventory_cluster(inventory, 0);
    size_t filed = 0, working = 0;
    uint64_t free_cores = 0;

    for (size_t i = 0; i < inventory_class_count(inventory, cluster); i++) {
        const struct node_class *class = inventory_class(inventory, cluster, i);

        CU_ASSERT(i == 0 || inventory_class(inventory, cluster, i - 1)->cores <= class->cores);
        for (uint32_t bucket = node_class_seek(class, 0); bucket != NODE_NO_BUCKET;
             bucket = node_class_seek(class, bucket + 1))
            for (size_t j = 0; j < class->buckets[bucket].count; j++) {
                const struct node *node = class->buckets[bucket].nodes[j];

                CU_ASSERT(node_takes_work(node) && node_free_cores(node) == bucket);
                CU_ASSERT(node->class == class && node->cores == class->cores);
                filed++;
            }
    }
    for (size_t i = 0; i < inventory_node_count(inventory); i++) {
        const struct node *node = inventory_node(inventory, i);

        working += node_takes_work(node);
        free_cores += node_takes_work(node) ? node_free_cores(node) : 0;
        CU_ASSERT(node->partitions == (node->index + 1 >= 3 && node->index + 1 <= 9 ? 3 : 1));
    }
    CU_ASSERT_EQUAL_FATAL(filed, working);
    CU_ASSERT_EQUAL(inventory_free_cores(inventory, cluster), free_cores);
}

static void change(struct test_random *random, struct inventory *inventory, struct node *node)
{
    uint32_t cores = 1 + test_random_below(random, 4);

    switch (test_random_below(random, 8)) {
    case 0:
        node->drained = !node->drained;
        break;
    case 1:
        node->state = (enum node_state)test_random_below(random, NODE_STATE_COUNT);
        break;
    case 2:
        node->cores = 2 + 2 * test_random_below(random, 4);
        break;
    case 3:
    case 4:
        if (node->cores_used >= cores)
            inventory_give(inventory, node, cores, cores);
        return;
    default:
        if (node_takes_work(node) && node_free_cores(node) >= cores)
            inventory_take(inventory, node, cores, cores);
        return;
    }
    inventory_file_node(inventory, node);
}

static void test_buckets(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();
    struct error err;

    for (unsigned i = 1; i <= NODES; i++) {
        struct node *node;
        char name[8];

        snprintf(name, sizeof(name), "n%u", i);
        node = inventory_get_node(inventory, name, "alpha", &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(node);
        node->cores = 4;
        node->memory_bytes = 100;
        inventory_file_node(inventory, node);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct node *node = inventory_node(inventory, test_random_below(&random, NODES));

        change(&random, inventory, inventory_seek_node(inventory, node->name));
        check_buckets(inventory);
    }
}

/* Of all sets of nodes: is there one that holds the tasks, and how many nodes has the least? */
static unsigned least_nodes(const uint32_t *capacities, unsigned count,
                            const struct request *request)
{
    unsigned least = 0;

    for (unsigned set = 1; set < 1u << count; set++) {
        unsigned nodes = (unsigned)__builtin_popcount(set);
        uint32_t held = 0;

        for (unsigned i = 0; i < count; i++)
            if (set & 1u << i)
                held += capacities[i];
        if (nodes >= request->nodes_least && nodes <= request->nodes_most &&
            held >= request->tasks && (least == 0 || nodes < least))
            least = nodes;
    }
    return least;
}

static void check_choice(const struct placement *placement, const struct request *request,
                         unsigned least)
{
    uint32_t tasks = 0;

    CU_ASSERT_EQUAL(placement->count, least);
    for (size_t i = 0; i < placement->count; i++) {
        const struct seat *seat = &placement->seats[i];

        CU_ASSERT(seat->tasks >= 1 && seat->tasks <= seat->capacity);
        /* Blocks: a node is filled before the next gets more than one. */
        if (i + 1 < placement->count && placement->seats[i + 1].tasks > 1)
            CU_ASSERT_EQUAL(seat->tasks, seat->capacity);
        tasks += seat->tasks;
    }
    CU_ASSERT_EQUAL(tasks, request->tasks);
}

static void test_choice(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(placement_clear) struct placement placement;
    CLEANUP(spread_clear) struct spread spread;
    struct node nodes[8] = {0};
    char names[8][4];

    placement_init(&placement);
    spread_init(&spread);
    for (unsigned i = 0; i < 8; i++) {
        snprintf(names[i], sizeof(names[i]), "n%u", i);
        nodes[i].name = names[i];
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned count = 1 + test_random_below(&random, 8), usable = 0, least;
        struct request request = {.tasks = 1 + test_random_below(&random, 16)};
        uint32_t capacities[8];

        request.nodes_least = 1 + test_random_below(&random, 4);
        if (request.nodes_least > request.tasks)
            request.nodes_least = request.tasks;
        request.nodes_most = request.nodes_least + test_random_below(&random, 4);
        placement_reset(&placement);
        spread_reset(&spread);
        for (unsigned i = 0; i < count; i++) {
            uint32_t capacity = test_random_below(&random, 6);

            placement_offer(&placement, &nodes[i], capacity, capacity);
            spread_add(&spread, capacity, 1);
            if (capacity > 0)
                capacities[usable++] = capacity;
        }
        least = least_nodes(capacities, usable, &request);
        CU_ASSERT_EQUAL_FATAL(spread_holds(&spread, &request), least > 0);
        CU_ASSERT_EQUAL_FATAL(placement_choose(&placement, &request), least > 0);
        if (least > 0)
            check_choice(&placement, &request, least);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nodes lie where their free cores say",            test_buckets},
        {"the fewest nodes, and every task on one of them", test_choice },
        CU_TEST_INFO_NULL,
    };

    return run_suite("inventory", tests);
}
