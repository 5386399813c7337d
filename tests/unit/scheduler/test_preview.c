/* test_preview.c - the nodes a request would get, without a job */

#include "scheduler/core/preview.h"
#include "scheduler/core/request.h"
#include "tests/lib/runner.h"

#include <string.h>

/* Two nodes of 8 and one of 16 cores; the partition "one" has the first alone. */
static struct inventory *make_inventory(void)
{
    static const uint32_t cores[] = {8, 8, 16};
    struct partition partitions[] = {
        {.name = (char *)"all",
         .is_default = true,
         .up = true,
         .limit_us = INT64_C(3600000000),
         .default_limit_us = INT64_C(60000000)},
        {.name = (char *)"one",
         .nodes = (char *)"n1",
         .up = true,
         .limit_us = INT64_C(3600000000),
         .default_limit_us = INT64_C(60000000)},
    };
    const struct cluster cluster = {.name = (char *)"cc",
                                    .institution = (char *)"uni",
                                    .factor_ppm = 1000000,
                                    .partition_count = COUNT_OF(partitions),
                                    .partitions = partitions};
    struct inventory *inventory = inventory_new(&cluster, 1);

    for (uint32_t i = 0; i < COUNT_OF(cores); i++) {
        const char name[] = {'n', (char)('1' + i), '\0'};
        struct error err;
        struct node *node = inventory_get_node(inventory, name, "cc", &err);

        node->cores = cores[i];
        node->memory_bytes = UINT64_C(1) << 30;
        node->state = NODE_UP;
        inventory_file_node(inventory, node);
    }
    return inventory;
}

static const struct {
    uint32_t tasks, each;
    const char *nodes; /* with the tasks of each; NULL: none hold it */
    bool later;
} cases[] = {
    {4,  1, "n1:4",       false},
    {12, 1, "n3:12",      false},
    {20, 1, "n2:8 n3:12", false},
    {4,  4, "n3:4",       false},
    {3,  8, "n2:1 n3:2",  false},
    {40, 1, NULL,         false},
};

static void test_nodes_are_chosen(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(preview_clear) struct preview preview = {.later = false};
        CLEANUP(buffer_clear) struct buffer text = {0};
        struct request request = {.tasks = cases[i].tasks,
                                  .cpus_per_task = cases[i].each,
                                  .nodes_least = 1,
                                  .nodes_most = 3,
                                  .limit_us = 1000000};
        struct error err;
        bool found = preview_make(inventory, &request, &preview, &err);

        CU_ASSERT_EQUAL(found, cases[i].nodes != NULL);
        if (!found)
            continue;
        buffer_init(&text);
        for (size_t node = 0; node < preview.count; node++) {
            buffer_print(&text, "%s%s:%u", node > 0 ? " " : "", preview.nodes[node]->name,
                         preview.tasks[node]);
            CU_ASSERT_EQUAL(preview.cores[node], preview.tasks[node] * cases[i].each);
        }
        if (strcmp(text.bytes, cases[i].nodes) != 0)
            printf("# %s, not %s\n", text.bytes, cases[i].nodes);
        CU_ASSERT_STRING_EQUAL(text.bytes, cases[i].nodes);
        CU_ASSERT_EQUAL(preview.later, cases[i].later);
    }
}

static void test_as_if_nothing_ran(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();
    CLEANUP(preview_clear) struct preview preview = {.later = false};
    struct request request = {
        .tasks = 16, .cpus_per_task = 1, .nodes_least = 1, .nodes_most = 1, .limit_us = 1000000};
    struct error err;

    inventory_take(inventory, inventory_seek_node(inventory, "n3"), 1, 0);
    CU_ASSERT_FATAL(preview_make(inventory, &request, &preview, &err));
    CU_ASSERT(preview.later);
    CU_ASSERT_STRING_EQUAL(preview.nodes[0]->name, "n3");
    preview_clear(&preview);
    request.node_list = (char *)"n1";
    CU_ASSERT(!preview_make(inventory, &request, &preview, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "16 task(s)"));
}

static void test_every_partition_is_tried(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory();
    CLEANUP(preview_clear) struct preview preview = {.later = false};
    struct request request = {.partition = (char *)"one",
                              .tasks = 12,
                              .cpus_per_task = 1,
                              .nodes_least = 1,
                              .nodes_most = 1,
                              .limit_us = 1000000};
    struct error err;

    CU_ASSERT_FALSE(preview_make(inventory, &request, &preview, &err));
    request.partition = (char *)"one,all";
    CU_ASSERT_FATAL(preview_make(inventory, &request, &preview, &err));
    CU_ASSERT_STRING_EQUAL(preview.nodes[0]->name, "n3");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nodes are chosen as plans do",     test_nodes_are_chosen        },
        {"as if nothing ran, which is said", test_as_if_nothing_ran       },
        {"every partition is tried",         test_every_partition_is_tried},
        CU_TEST_INFO_NULL,
    };

    return run_suite("preview", tests);
}
