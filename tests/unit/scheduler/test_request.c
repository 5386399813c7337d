/* test_request.c - what is left out is completed as users of Slurm expect; what cannot be is
 * refused, with what could */

#include "base/parse.h"
#include "scheduler/core/request.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

static struct inventory *make_inventory(bool with_nodes)
{
    static const struct {
        const char *name;
        uint32_t cores;
        uint64_t memory_bytes;
    } rows[] = {
        {"n1", 4, UINT64_C(8) << 30 },
        {"n2", 4, UINT64_C(8) << 30 },
        {"n3", 8, UINT64_C(16) << 30},
        {"n4", 8, UINT64_C(16) << 30},
    };
    struct partition partitions[] = {
        {.name = (char *)"batch",
         .is_default = true,
         .up = true,
         .limit_us = US_PER_DAY,
         .default_limit_us = US_PER_HOUR  },
        {.name = (char *)"few",
         .nodes = (char *)"n[1-2]",
         .up = true,
         .limit_us = US_PER_HOUR,
         .default_limit_us = US_PER_MINUTE},
    };
    struct cluster cluster = {.name = (char *)"alpha",
                              .institution = (char *)"unam",
                              .factor_ppm = 1000000,
                              .partition_count = 2,
                              .partitions = partitions};
    struct inventory *inventory = inventory_new(&cluster, 1);
    struct error err;

    for (size_t i = 0; with_nodes && i < COUNT_OF(rows); i++) {
        struct node *node = inventory_get_node(inventory, rows[i].name, "alpha", &err);

        node->cores = rows[i].cores;
        node->memory_bytes = rows[i].memory_bytes;
        inventory_file_node(inventory, node);
    }
    return inventory;
}

static void test_completed(void)
{
    /* clang-format 14 aligns designators as if they were columns. */
    /* clang-format off */
    static const struct request given[] = {
        {0},
        {.tasks = 6},
        {.nodes_least = 3},
        {.nodes_least = 2, .nodes_most = 4},
        {.nodes_least = 2, .nodes_most = 4, .tasks = 8},
        {.nodes_most = 2, .tasks = 8},
        {.nodes_least = 2, .tasks_per_node = 3},
        {.tasks_per_node = 3},
        {.tasks = 7, .tasks_per_node = 3},
        {.tasks = 4, .cpus_per_task = 2},
        {.nodes_least = 4, .tasks = 2},
        {.node_list = (char *)"n[1-3]"},
        {.node_list = (char *)"n[1-3]", .tasks = 8},
        {.node_list = (char *)"n[1-3]", .nodes_least = 1},
        {.node_list = (char *)"n[1-3]", .tasks = 1},
    };
    /* clang-format on */
    /* least, most, tasks, cores per task */
    static const uint32_t completed[][4] = {
        {1, 1, 1, 1},
        {1, 6, 6, 1},
        {3, 3, 3, 1},
        {2, 2, 2, 1},
        {2, 4, 8, 1},
        {1, 2, 8, 1},
        {2, 2, 6, 1},
        {1, 1, 3, 1},
        {3, 7, 7, 1},
        {1, 4, 4, 2},
        {2, 2, 2, 1},
        {3, 3, 3, 1},
        {3, 3, 8, 1},
        {1, 1, 1, 1},
        {1, 1, 1, 1},
    };
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory(true);

    CU_ASSERT_EQUAL(COUNT_OF(given), COUNT_OF(completed));
    for (size_t i = 0; i < COUNT_OF(given); i++) {
        struct request request = given[i];
        struct error err = {0};

        CU_ASSERT(request_check(&request, inventory, &err));
        CU_ASSERT_EQUAL(request.nodes_least, completed[i][0]);
        CU_ASSERT_EQUAL(request.nodes_most, completed[i][1]);
        CU_ASSERT_EQUAL(request.tasks, completed[i][2]);
        CU_ASSERT_EQUAL(request.cpus_per_task, completed[i][3]);
        CU_ASSERT_EQUAL(request.limit_us, US_PER_HOUR);
    }
}

/* clang-format 14 aligns designators as if they were columns. */
/* clang-format off */
static const struct request hopeless[] = {
    {.tasks = UINT32_MAX},
    {.cpus_per_task = NODE_CORES_MAX + 1},
    {.nodes_least = 70000},
    {.nodes_least = 3, .nodes_most = 2},
    {.tasks = 1000000, .cpus_per_task = 60000},
    {.nodes_least = 60000, .tasks_per_node = 1000000},
    {.memory_per_node = 1, .memory_per_cpu = 1},
    {.memory_per_node = UINT64_MAX},
    {.limit_us = -1},
    {.limit_us = INT64_MAX - 1},
    {.limit_us = 2 * US_PER_DAY},
    {.begin_us = -1},
    {.nice = 2000000},
    {.partition = (char *)"none"},
    {.clusters = (char *)"beta"},
    {.clusters = (char *)"alpha", .partition = (char *)"x"},
    {.node_list = (char *)"n[5-1]"},
    {.node_list = (char *)""},
    {.node_list = (char *)"n7"},
    {.node_exclude = (char *)"n7"},
    {.node_list = (char *)"n1", .nodes_least = 2},
    {.tasks = 9, .nodes_least = 2, .tasks_per_node = 4},
    {.nodes_least = 5},
    {.nodes_least = 3, .partition = (char *)"few"},
    {.cpus_per_task = 9},
    {.tasks = 25},
    {.tasks = 17, .nodes_least = 1, .nodes_most = 2},
    {.memory_per_node = UINT64_C(17) << 30},
    {.memory_per_cpu = UINT64_C(17) << 30},
    {.tasks = 1, .node_exclude = (char *)"n[1-4]"},
    {.tasks = 1, .node_list = (char *)"n3", .partition = (char *)"few"},
    {.cpus_per_task = 8, .node_list = (char *)"n1"},
};
/* clang-format on */

static const struct {
    enum error_code code;
    const char *says;
} refusals[] = {
    {ERROR_INVALID,   "more than 1048576"              },
    {ERROR_INVALID,   "more than 1048576"              },
    {ERROR_INVALID,   "more than 65536"                },
    {ERROR_INVALID,   "at least 3 nodes, but at most 2"},
    {ERROR_INVALID,   "too many"                       },
    {ERROR_INVALID,   "tasks"                          },
    {ERROR_INVALID,   "not both"                       },
    {ERROR_INVALID,   "1 PiB"                          },
    {ERROR_INVALID,   "below zero"                     },
    {ERROR_INVALID,   "ten years"                      },
    {ERROR_INVALID,   "at most 1-00:00:00"             },
    {ERROR_INVALID,   "1970"                           },
    {ERROR_INVALID,   "nice"                           },
    {ERROR_NOT_FOUND, "no partition none"              },
    {ERROR_NOT_FOUND, "no cluster beta"                },
    {ERROR_NOT_FOUND, "no partition x in cluster alpha"},
    {ERROR_INVALID,   "node list"                      },
    {ERROR_INVALID,   "no node named"                  },
    {ERROR_NOT_FOUND, "no node n7"                     },
    {ERROR_NOT_FOUND, "no node n7"                     },
    {ERROR_INVALID,   "names only 1"                   },
    {ERROR_INVALID,   "at most 8"                      },
    {ERROR_INVALID,   "has 4 that may be used"         },
    {ERROR_INVALID,   "has 2 that may be used"         },
    {ERROR_INVALID,   "have at most 8"                 },
    {ERROR_INVALID,   "holds 24 such tasks"            },
    {ERROR_INVALID,   "holds 16 such tasks"            },
    {ERROR_INVALID,   "at most 16G"                    },
    {ERROR_INVALID,   "at most 16G"                    },
    {ERROR_INVALID,   "has 0 that may be used"         },
    {ERROR_INVALID,   "has 0 that may be used"         },
    {ERROR_INVALID,   "have at most 4"                 },
};

static void test_refused(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory(true);

    CU_ASSERT_EQUAL(COUNT_OF(hopeless), COUNT_OF(refusals));
    for (size_t i = 0; i < COUNT_OF(hopeless); i++) {
        struct request request = hopeless[i];
        struct error err = {0};

        CU_ASSERT_FALSE(request_check(&request, inventory, &err));
        CU_ASSERT_EQUAL(err.code, refusals[i].code);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, refusals[i].says));
        if (!strstr(err.text, refusals[i].says))
            printf("# case %zu: %s\n", i, err.text);
    }
}

/* The number that the refusal names is the one that passes, and the next does not. */
static void test_nearest_is_true(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory(true);
    struct request request = {.tasks = 24, .limit_us = US_PER_HOUR};
    struct error err;

    CU_ASSERT(request_check(&request, inventory, &err));
    request = (struct request){.tasks = 1, .memory_per_node = UINT64_C(16) << 30};
    CU_ASSERT(request_check(&request, inventory, &err));
    request = (struct request){.tasks = 16, .nodes_most = 2};
    CU_ASSERT(request_check(&request, inventory, &err));
}

static void test_no_nodes_yet(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory(false);
    struct request request = {.tasks = 4096};
    struct error err;

    CU_ASSERT(request_check(&request, inventory, &err));
}

static void test_limits(void)
{
    CLEANUP(inventory_freep) struct inventory *inventory = make_inventory(true);
    const struct cluster *alpha = inventory_cluster(inventory, 0);
    struct request request = {.limit_us = INT64_MAX};
    struct error err;

    CU_ASSERT(request_check(&request, inventory, &err));
    CU_ASSERT_EQUAL(request.limit_us, INT64_MAX);
    CU_ASSERT_EQUAL(request_limit(&request, &alpha->partitions[0]), US_PER_DAY);
    CU_ASSERT_EQUAL(request_limit(&request, &alpha->partitions[1]), US_PER_HOUR);
    request.limit_us = 5;
    CU_ASSERT_EQUAL(request_limit(&request, &alpha->partitions[1]), 5);
}

/* Requests that the planner must tell apart have different keys. */
static void test_keys(void)
{
    /* clang-format 14 aligns designators as if they were columns. */
    /* clang-format off */
    static const struct request cases[] = {
        {0},
        {.tasks = 1},
        {.cpus_per_task = 1},
        {.nodes_least = 1},
        {.nodes_most = 1},
        {.tasks_per_node = 1},
        {.memory_per_node = 1},
        {.memory_per_cpu = 1},
        {.exclusive = true},
        {.limit_us = 1},
        {.nice = 1},
        {.partition = (char *)"a"},
        {.node_list = (char *)"a"},
        {.node_exclude = (char *)"a"},
        {.clusters = (char *)"a"},
        {.clusters = (char *)"a,b"},
        {.clusters = (char *)"ab"},
    };
    /* clang-format on */
    struct buffer keys[COUNT_OF(cases)];
    struct request other = {.begin_us = 7, .requeue = true};
    CLEANUP(buffer_clear) struct buffer same;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buffer_init(&keys[i]);
        request_add_key(&cases[i], &keys[i]);
        for (size_t j = 0; j < i; j++)
            CU_ASSERT(keys[i].length != keys[j].length ||
                      memcmp(keys[i].bytes, keys[j].bytes, keys[i].length) != 0);
    }
    buffer_init(&same);
    request_add_key(&other, &same);
    CU_ASSERT(same.length == keys[0].length && memcmp(same.bytes, keys[0].bytes, same.length) == 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        buffer_clear(&keys[i]);
}

static void test_copy(void)
{
    struct request request = {
        .tasks = 3, .partition = (char *)"batch", .clusters = (char *)"alpha"};
    struct request copy;

    request_copy(&copy, &request);
    CU_ASSERT(copy.partition != request.partition);
    CU_ASSERT_STRING_EQUAL(copy.partition, "batch");
    CU_ASSERT_STRING_EQUAL(copy.clusters, "alpha");
    CU_ASSERT_EQUAL(copy.tasks, 3);
    request_clear(&copy);
    CU_ASSERT_PTR_NULL(copy.partition);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is left out is completed",    test_completed      },
        {"what cannot be is refused",        test_refused        },
        {"the nearest request is true",      test_nearest_is_true},
        {"without nodes nothing is refused", test_no_nodes_yet   },
        {"limits of request and partition",  test_limits         },
        {"keys tell requests apart",         test_keys           },
        {"a copy has texts of its own",      test_copy           },
        CU_TEST_INFO_NULL,
    };

    return run_suite("request", tests);
}
