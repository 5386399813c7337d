/* test_het.c - what an empty network can hold was accepted, and what was accepted it holds at once
 *
 * The check at submission and the search for nodes must not disagree: a job that was accepted
 * and finds no place on an empty network would wait for ever, and keep others waiting. */

#include "base/memory.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/core.h"
#include "scheduler/core/gpus.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#define RUNS 4000

static void join(struct scene *scene, const char *name, struct test_random *random)
{
    static const char *const gpus[] = {"", "", "a100:2", "v100:1"};
    static const char *const features[] = {NULL, "ib", "fast", "fast,ib"};
    uint32_t cores = 1 + test_random_below(random, 8);
    struct event event = {
        .kind = EVENT_NODE_JOINED,
        .node = {.name = name,
                 .cluster = "alpha",
                 .boot_id = "a",
                 .cores = cores,
                 .features = features[test_random_below(random, COUNT_OF(features))],
                 .memory_bytes = (uint64_t)cores << 30},
    };
    struct error err;

    CU_ASSERT_TRUE(gpu_stock_parse(gpus[test_random_below(random, COUNT_OF(gpus))],
                                   &event.node.gpu_stock, &err));
    event.node.gpus = gpu_stock_total(&event.node.gpu_stock);
    scene_step(scene, event);
}

static void join_nodes(struct scene *scene, struct test_random *random)
{
    uint32_t count = 2 + test_random_below(random, 5);

    for (uint32_t i = 0; i < count; i++) {
        char name[] = {'n', (char)('1' + i), '\0'};

        join(scene, name, random);
    }
}

/* Most ask for none of it. */
static struct constraints *any_constraints(struct test_random *random)
{
    static const char *const rules[] = {"ib", "fast", "!fast", "ib|fast"};
    struct constraints given = {0};

    switch (test_random_below(random, 6)) {
    case 0:
        given.gpus_per_node = 1;
        break;
    case 1:
        given.features = (char *)(uintptr_t)rules[test_random_below(random, COUNT_OF(rules))];
        break;
    default:
        return NULL;
    }
    return constraints_copy(&given);
}

static struct request random_component(struct test_random *random)
{
    static const char *const lists[] = {"n1", "n[1-2]", "n3"};
    struct request request = {
        .tasks = 1 + test_random_below(random, 6),
        .cpus_per_task = 1 + test_random_below(random, 4),
        .nodes_least = test_random_below(random, 3),
        .tasks_per_node = test_random_chance(random, 80) ? 0 : 1 + test_random_below(random, 3),
        .exclusive = test_random_chance(random, 10),
    };

    if (test_random_chance(random, 50))
        request.nodes_most = request.nodes_least + test_random_below(random, 3);
    if (test_random_chance(random, 20))
        request.node_list = memory_copy(lists[test_random_below(random, COUNT_OF(lists))]);
    request.constraints = any_constraints(random);
    return request;
}

/* False: it waits. */
static bool starts_or_is_refused(struct test_random *random, unsigned *accepted)
{
    struct scene scene;
    struct request request = random_component(random);
    struct het *het = het_new(1 + test_random_below(random, 3));
    bool good = true;
    uint64_t id;

    for (uint32_t i = 0; i < het->count; i++)
        het->more[i] = random_component(random);
    request.het = het;
    request.clusters = memory_copy("alpha"); /* the other has no nodes yet, so that nobody knows */
    scene_init(&scene);
    join_nodes(&scene, random);
    id = scene_submit(&scene, request);
    if (id) {
        (*accepted)++;
        good = scene_find(&scene, id)->state != JOB_PENDING;
    }
    request_clear(&request);
    scene_clear(&scene);
    return good;
}

static void test_accepted_is_placed(void)
{
    struct test_random random = test_random_from_environment();
    unsigned accepted = 0;

    for (unsigned i = 0; i < RUNS; i++) {
        struct test_random own = test_random_from_seed(test_random_next(&random));

        if (!starts_or_is_refused(&own, &accepted)) {
            printf("# TEQUIO_TEST_SEED=%llu\n", (unsigned long long)own.seed);
            CU_FAIL("accepted, and waits on an empty network");
            return;
        }
    }
    CU_ASSERT(accepted > RUNS / 20);
    CU_ASSERT(accepted < RUNS);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is accepted starts on an empty network", test_accepted_is_placed},
        CU_TEST_INFO_NULL,
    };

    return run_suite("het", tests);
}
