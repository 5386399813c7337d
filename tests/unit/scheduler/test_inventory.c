/* test_inventory.c - clusters, their nodes, and how a node is said to be */

#include "scheduler/core/inventory.h"
#include "scheduler/core/node_class.h"
#include "tests/lib/runner.h"

static struct inventory *make_inventory(void)
{
    struct partition partitions[] = {
        {.name = (char *)"batch", .is_default = true       },
        {.name = (char *)"few",   .nodes = (char *)"n[2-3]"},
    };
    struct cluster clusters[] = {
        {.name = (char *)"alpha",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .partition_count = 2,
         .partitions = partitions},
        {.name = (char *)"beta",
         .institution = (char *)"ipn",
         .factor_ppm = 1000000,
         .partition_count = 1,
         .partitions = partitions},
    };

    return inventory_new(clusters, 2);
}

static struct node *add(struct inventory *inventory, const char *name, uint32_t cores)
{
    struct error err;
    struct node *node = inventory_get_node(inventory, name, "alpha", &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    node->cores = cores;
    node->memory_bytes = 100;
    node->state = NODE_UP;
    inventory_file_node(inventory, node);
    return node;
}

static void test_clusters(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();
    const struct cluster *alpha = inventory_find_cluster(inventory, "alpha");

    CU_ASSERT_EQUAL(inventory_cluster_count(inventory), 2);
    CU_ASSERT_PTR_EQUAL(alpha, inventory_cluster(inventory, 0));
    CU_ASSERT_EQUAL(inventory_cluster_index(inventory, inventory_cluster(inventory, 1)), 1);
    CU_ASSERT_PTR_NULL(inventory_find_cluster(inventory, "gamma"));
    CU_ASSERT_STRING_EQUAL(cluster_find_partition(alpha, NULL)->name, "batch");
    CU_ASSERT_STRING_EQUAL(cluster_find_partition(alpha, "few")->name, "few");
    CU_ASSERT_PTR_NULL(cluster_find_partition(alpha, "none"));
}

static void test_nodes(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();
    struct node *first = add(inventory, "n1", 4);
    struct node *second = add(inventory, "n2", 8);
    struct list_node part = {0};
    struct error err;

    CU_ASSERT_EQUAL(inventory_node_count(inventory), 2);
    CU_ASSERT_PTR_EQUAL(inventory_find_node(inventory, "n2"), second);
    CU_ASSERT_PTR_NULL(inventory_find_node(inventory, "n3"));
    CU_ASSERT_EQUAL(first->partitions, 1);
    CU_ASSERT_EQUAL(second->partitions, 3);
    CU_ASSERT_PTR_NULL(inventory_get_node(inventory, "n3", "gamma", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT_EQUAL(inventory_node_count(inventory), 2);

    /* A node may move to another cluster, but not while it has parts. */
    list_add_last(&second->parts, &part);
    CU_ASSERT_PTR_NULL(inventory_get_node(inventory, "n2", "beta", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    list_remove(&second->parts, &part);
    CU_ASSERT_PTR_EQUAL(inventory_get_node(inventory, "n2", "beta", &err), second);
    inventory_file_node(inventory, second);
    CU_ASSERT_EQUAL(inventory_free_cores(inventory, inventory_cluster(inventory, 0)), 4);
    CU_ASSERT_EQUAL(inventory_free_cores(inventory, inventory_cluster(inventory, 1)), 8);
    CU_ASSERT_EQUAL(second->partitions, 1);
}

static void test_take_and_give(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();
    struct node *node = add(inventory, "n1", 4);
    const struct cluster *alpha = inventory_cluster(inventory, 0);

    inventory_take(inventory, node, 3, 60);
    CU_ASSERT_EQUAL(node_free_cores(node), 1);
    CU_ASSERT_EQUAL(node_free_memory(node), 40);
    CU_ASSERT_EQUAL(inventory_free_cores(inventory, alpha), 1);
    /* It comes back smaller than what it has: no new work until that fits. */
    node->cores = 2;
    inventory_file_node(inventory, node);
    CU_ASSERT_FALSE(node_takes_work(node));
    CU_ASSERT_EQUAL(node_free_cores(node), 0);
    CU_ASSERT_EQUAL(inventory_free_cores(inventory, alpha), 0);
    inventory_give(inventory, node, 3, 60);
    CU_ASSERT(node_takes_work(node));
    CU_ASSERT_EQUAL(inventory_free_cores(inventory, alpha), 2);
    node->drained = true;
    inventory_file_node(inventory, node);
    CU_ASSERT_EQUAL(inventory_free_cores(inventory, alpha), 0);
}

/* Classes stand in an order that does not depend on which node came first. */
static void test_classes(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();
    const struct cluster *alpha = inventory_cluster(inventory, 0);

    add(inventory, "n2", 8);
    add(inventory, "n4", 4);
    add(inventory, "n1", 8);
    add(inventory, "n5", 4);
    CU_ASSERT_EQUAL(inventory_class_count(inventory, alpha), 3);
    CU_ASSERT_EQUAL(inventory_class(inventory, alpha, 0)->cores, 4);
    CU_ASSERT_EQUAL(inventory_class(inventory, alpha, 0)->working, 2);
    CU_ASSERT_EQUAL(inventory_class(inventory, alpha, 1)->partitions, 1);
    CU_ASSERT_EQUAL(inventory_class(inventory, alpha, 2)->partitions, 3);
}

static void test_state_text(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();
    struct node *node = add(inventory, "n1", 4);
    struct list_node part = {0};

    CU_ASSERT_STRING_EQUAL(node_state_text(node), "idle");
    node->drained = true;
    CU_ASSERT_STRING_EQUAL(node_state_text(node), "drained");
    list_add_last(&node->parts, &part);
    CU_ASSERT_STRING_EQUAL(node_state_text(node), "draining");
    node->drained = false;
    node->cores_used = 2;
    CU_ASSERT_STRING_EQUAL(node_state_text(node), "mixed");
    node->cores_used = 4;
    CU_ASSERT_STRING_EQUAL(node_state_text(node), "allocated");
    node->state = NODE_SILENT;
    CU_ASSERT_STRING_EQUAL(node_state_text(node), "allocated*");
    node->state = NODE_DOWN;
    CU_ASSERT_STRING_EQUAL(node_state_text(node), "down");
    node->cores_used = 0;
    list_remove(&node->parts, &part);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"clusters and partitions",  test_clusters     },
        {"nodes come, and move",     test_nodes        },
        {"take and give",            test_take_and_give},
        {"classes of equal nodes",   test_classes      },
        {"how a node is said to be", test_state_text   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("inventory", tests);
}
