/* test_node_class.c - buckets of nodes by free cores */

#include "scheduler/core/node_class.h"
#include "tests/lib/runner.h"

static struct node_class *make_class(uint32_t cores)
{
    struct node like = {.cores = cores, .partitions = 1, .features = (char *)""};

    return node_class_new(&like, 0);
}

static struct node make_node(const char *name)
{
    return (struct node){
        .name = (char *)name, .bucket = NODE_NO_BUCKET, .gpu_bucket = NODE_NO_BUCKET};
}

static void test_order_is_by_name(void)
{
    struct node nodes[] = {make_node("n10"), make_node("n2"), make_node("n1")};
    struct node_class *class = make_class(8);

    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        node_class_add(class, &nodes[i]);
        node_class_file(class, &nodes[i], 4);
    }
    CU_ASSERT_EQUAL(class->buckets[4].count, 3);
    CU_ASSERT_STRING_EQUAL(class->buckets[4].nodes[0]->name, "n1");
    CU_ASSERT_STRING_EQUAL(class->buckets[4].nodes[1]->name, "n2");
    CU_ASSERT_STRING_EQUAL(class->buckets[4].nodes[2]->name, "n10");
    CU_ASSERT_EQUAL(class->working, 3);
    node_class_remove(class, &nodes[1]);
    CU_ASSERT_EQUAL(class->members.count, 2);
    CU_ASSERT_EQUAL(class->buckets[4].count, 2);
    CU_ASSERT_PTR_NULL(nodes[1].class);
    node_class_free(class);
}

/* The search crosses words of the bitmap, and the class's own size is the last bucket. */
static void test_seek(void)
{
    static const uint32_t filled[] = {0, 63, 64, 127, 200};
    struct node nodes[COUNT_OF(filled)];
    struct node_class *class = make_class(200);
    uint32_t bucket = 0;

    CU_ASSERT_EQUAL(node_class_seek(class, 0), NODE_NO_BUCKET);
    for (size_t i = 0; i < COUNT_OF(filled); i++) {
        nodes[i] = make_node("n");
        node_class_add(class, &nodes[i]);
        node_class_file(class, &nodes[i], filled[i]);
        node_class_file(class, &nodes[i], filled[i]); /* where it is already */
    }
    for (size_t i = 0; i < COUNT_OF(filled); i++) {
        CU_ASSERT_EQUAL(node_class_seek(class, bucket), filled[i]);
        bucket = filled[i] + 1;
    }
    CU_ASSERT_EQUAL(node_class_seek(class, 201), NODE_NO_BUCKET);
    CU_ASSERT_EQUAL(node_class_most(class), 200);
    CU_ASSERT_EQUAL(node_class_seek_down(class, 200), 200);
    CU_ASSERT_EQUAL(node_class_seek_down(class, 199), 127);
    CU_ASSERT_EQUAL(node_class_seek_down(class, 126), 64);
    CU_ASSERT_EQUAL(node_class_seek_down(class, 63), 63);
    CU_ASSERT_EQUAL(node_class_seek_down(class, 62), 0);
    node_class_file(class, &nodes[4], NODE_NO_BUCKET);
    CU_ASSERT_EQUAL(node_class_seek(class, 128), NODE_NO_BUCKET);
    CU_ASSERT_EQUAL(class->working, 4);
    node_class_free(class);
}

static void test_free_gpus_are_counted(void)
{
    struct node node = make_node("n1");
    struct node_class *class;
    struct error err;

    CU_ASSERT(gpu_stock_parse("a100:4,v100:2", &node.gpu_stock, &err));
    node.cores = 8;
    node.features = (char *)"";
    class = node_class_new(&node, 3);
    node_class_add(class, &node);
    CU_ASSERT_EQUAL(node_class_most_gpus(class), 0); /* it takes no work yet */
    node_class_file(class, &node, 8);
    CU_ASSERT_EQUAL(node_class_most_gpus(class), 4);
    CU_ASSERT_EQUAL(class->free_gpus, 6);
    inventory_take_gpus(&node, "a100", 3);
    node_class_file(class, &node, 8); /* the same bucket, other GPUs */
    CU_ASSERT_EQUAL(node_class_most_gpus(class), 2);
    CU_ASSERT_EQUAL(class->free_gpus, 3);
    inventory_give_gpus(&node, "a100", 3);
    node_class_file(class, &node, NODE_NO_BUCKET);
    CU_ASSERT_EQUAL(node_class_most_gpus(class), 0);
    CU_ASSERT_EQUAL(class->free_gpus, 0);
    node_class_free(class);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"equal nodes stand by name, n2 before n10", test_order_is_by_name     },
        {"the first bucket at or above",             test_seek                 },
        {"free GPUs are counted",                    test_free_gpus_are_counted},
        CU_TEST_INFO_NULL,
    };

    return run_suite("node_class", tests);
}
