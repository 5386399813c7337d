/* test_constraints.c - GPUs asked for in one way say what they are in the others */

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/job.h"
#include "tests/lib/runner.h"

#include <string.h>

/* What is given, and what is made of it: nodes, tasks, GPUs per node and per task. */
struct outcome {
    uint32_t nodes_least, nodes_most, tasks, per_node, per_task;
};

/* As request_check() does between the two. */
static void complete(struct request *request)
{
    if (request->nodes_least == 0) {
        request->nodes_least = 1;
        request->nodes_most = request->tasks > 0 ? request->tasks : 1;
    }
    if (request->tasks == 0)
        request->tasks = request->nodes_least;
    if (request->cpus_per_task == 0)
        request->cpus_per_task = 1;
}

static bool apply(struct request *request, const struct constraints *given, struct error *err)
{
    request->constraints = constraints_copy(given);
    if (!constraints_check(request, err) || !constraints_begin(request, err))
        return false;
    complete(request);
    return constraints_complete(request, err);
}

static void test_gpus(void)
{
    static const struct {
        struct request request;
        struct constraints given;
        struct outcome outcome;
    } cases[] = {
        {{0},                                             {.gpus = 4},                     {1, 1, 1, 4, 0}},
        {{.nodes_least = 2, .nodes_most = 2},             {.gpus = 8},                     {2, 2, 2, 4, 0}},
        {{.tasks = 8},                                    {.gpus = 8},                     {1, 8, 8, 0, 1}},
        {{.tasks = 4},                                    {.gpus = 2},                     {1, 1, 4, 2, 0}},
        {{.tasks = 4},                                    {.gpus = 8, .gpus_per_task = 2}, {1, 4, 4, 0, 2}},
        {{0},                                             {.gpus = 8, .gpus_per_task = 2}, {1, 4, 4, 0, 2}},
        {{0},                                             {.gpus = 8, .gpus_per_node = 4}, {2, 2, 2, 4, 0}},
        {{.tasks = 4},                                    {.gpus_per_task = 1},            {1, 4, 4, 0, 1}},
        {{.tasks = 4, .nodes_least = 1, .nodes_most = 4},
         {.gpus_per_node = 2, .gpus_per_task = 1},
         {1, 4, 4, 2, 0}                                                                                  },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request request = cases[i].request;
        const struct outcome *outcome = &cases[i].outcome;
        struct error err;

        CU_ASSERT(apply(&request, &cases[i].given, &err));
        CU_ASSERT_EQUAL(request.nodes_least, outcome->nodes_least);
        CU_ASSERT_EQUAL(request.nodes_most, outcome->nodes_most);
        CU_ASSERT_EQUAL(request.tasks, outcome->tasks);
        CU_ASSERT_EQUAL(request.constraints->gpus, 0);
        CU_ASSERT_EQUAL(request.constraints->gpus_per_node, outcome->per_node);
        CU_ASSERT_EQUAL(request.constraints->gpus_per_task, outcome->per_task);
        constraints_free(request.constraints);
    }
}

static void test_shares_of_each_gpu(void)
{
    struct request tasks = {.tasks = 4}, nodes = {.nodes_least = 2, .nodes_most = 2, .tasks = 4};
    struct error err;

    CU_ASSERT(apply(
        &tasks, &(struct constraints){.gpus_per_task = 2, .cpus_per_gpu = 3, .memory_per_gpu = 600},
        &err));
    CU_ASSERT_EQUAL(tasks.cpus_per_task, 6);
    CU_ASSERT_EQUAL(tasks.memory_per_cpu, 200);
    constraints_free(tasks.constraints);

    CU_ASSERT(apply(
        &nodes, &(struct constraints){.gpus_per_node = 4, .cpus_per_gpu = 2, .memory_per_gpu = 600},
        &err));
    CU_ASSERT_EQUAL(nodes.cpus_per_task, 4); /* 8 GPUs, 16 cores, 4 tasks */
    CU_ASSERT_EQUAL(nodes.memory_per_node, 2400);
    constraints_free(nodes.constraints);
}

static void test_refused(void)
{
    static const struct {
        struct request request;
        struct constraints given;
        const char *says;
    } cases[] = {
        {{0},                                             {.cpus_per_gpu = 2},                      "but no GPU"     },
        {{0},                                             {.gpu_type = (char *)"a b", .gpus = 1},   "type of GPU"    },
        {{0},                                             {.gpus_per_node = 1025},                  "per node"       },
        {{0},                                             {.gpus = 5, .gpus_per_task = 2},          "4 or 6"         },
        {{.tasks = 3, .nodes_least = 2, .nodes_most = 2}, {.gpus = 5},                              "ask for 6"      },
        {{.tasks = 3},                                    {.gpus = 4, .gpus_per_task = 2},          "ask for 6 GPUs" },
        {{.cpus_per_task = 2},                            {.gpus = 4, .cpus_per_gpu = 2},           "not both"       },
        {{.memory_per_node = 2},                          {.gpus = 4, .memory_per_gpu = 2},         "not both"       },
        {{.nodes_least = 1, .nodes_most = 1, .tasks = 4},
         {.gpus_per_node = 2, .gpus_per_task = 1},
         "as their GPUs"                                                                                             },
        {{0},                                             {.gpus_per_node = 1, .gpus_per_task = 2}, "only 1 per node"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request request = cases[i].request;
        struct error err = {0};

        CU_ASSERT(!apply(&request, &cases[i].given, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
        constraints_free(request.constraints);
    }
}

/* Nothing of it is left: then there is no difference to a request without. */
static void test_nothing_is_nothing(void)
{
    struct request request = {.tasks = 1};
    struct error err;

    CU_ASSERT(apply(&request, &(struct constraints){0}, &err));
    CU_ASSERT_PTR_NULL(request.constraints);
    CU_ASSERT(!constraints_any(NULL));
    CU_ASSERT_EQUAL(constraints_gpus(NULL, 7), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"GPUs",               test_gpus              },
        {"shares of each GPU", test_shares_of_each_gpu},
        {"what is refused",    test_refused           },
        {"nothing is nothing", test_nothing_is_nothing},
        CU_TEST_INFO_NULL,
    };

    return run_suite("constraints", tests);
}
