/* test_nearest.c - who asks for what never can be is told the nearest that can */

#include "scheduler/core/advice.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/request.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <stdlib.h>
#include <string.h>

#define STATES 2000

static void make_nodes(struct scene *scene, struct test_random *random)
{
    static const char *const names[] = {"a1", "a2", "a3", "b1", "b2"};

    scene_init(scene);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (i == 0 || test_random_below(random, 4) > 0)
            scene_join(scene, names[i], 1 + test_random_below(random, 12), "x");
}

static struct request any_request(struct test_random *random)
{
    struct request request = {
        .tasks = 1 + test_random_below(random, 40),
        .cpus_per_task = 1 + test_random_below(random, 14),
        .nodes_least = 1 + test_random_below(random, 6),
        .nodes_most = 0,
        .memory_per_node =
            test_random_below(random, 2) ? (uint64_t)(1 + test_random_below(random, 14)) << 30 : 0,
        .exclusive = test_random_below(random, 6) == 0,
        .limit_us = US_PER_HOUR,
    };

    if (test_random_below(random, 2) == 0)
        request.nodes_most = request.nodes_least + test_random_below(random, 4);
    if (test_random_below(random, 3) == 0)
        request.clusters = (char *)"alpha";
    return request;
}

static bool passes(const struct scene *scene, const struct request *request)
{
    struct request wanted;
    struct error err;
    bool good;

    request_copy(&wanted, request);
    good = core_check_request(scene->core, &wanted, "ana", "astro", 1, &err);
    request_clear(&wanted);
    return good;
}

/* One step less of a change would not have been enough. */
static bool is_least(const struct scene *scene, const struct request *asked,
                     const struct proposal *proposal)
{
    struct request more;
    bool good;

    request_copy(&more, &proposal->request);
    if (strncmp(proposal->change, "--mem=", 6) == 0) {
        /* from 8 GiB on a whole number of them */
        more.memory_per_node +=
            more.memory_per_node >= UINT64_C(8) << 30 ? UINT64_C(1) << 30 : UINT64_C(1) << 20;
    } else if (strncmp(proposal->change, "--ntasks=", 9) == 0) {
        more.tasks++;
        more.nodes_most = asked->nodes_most < more.tasks ? asked->nodes_most : more.tasks;
        more.nodes_least = asked->nodes_least < more.tasks ? asked->nodes_least : more.tasks;
    } else if (strncmp(proposal->change, "--cpus-per-task=", 16) == 0) {
        more.cpus_per_task++;
    } else if (strncmp(proposal->change, "--nodes=", 8) == 0) {
        more.nodes_least++;
    } else {
        request_clear(&more);
        return true; /* given up as a whole */
    }
    good = !passes(scene, &more);
    request_clear(&more);
    return good;
}

static bool check(const struct scene *scene, const struct request *asked, unsigned *count)
{
    struct proposal proposals[PROPOSAL_MAX] = {0};
    unsigned found = core_propose_possible(scene->core, asked, proposals);
    bool good = true;

    for (unsigned i = 0; good && i < found; i++, (*count)++) {
        good = passes(scene, &proposals[i].request) && is_least(scene, asked, &proposals[i]);
        if (!good)
            printf("# %s passes %d\n", proposals[i].change, passes(scene, &proposals[i].request));
    }
    proposals_clear(proposals, found);
    return good;
}

static void test_each_is_possible_and_none_nearer_is(void)
{
    struct test_random random = test_random_from_environment();
    unsigned refused = 0, proposed = 0;
    bool good = true;

    for (unsigned i = 0; good && i < STATES; i++) {
        struct test_random own = test_random_from_seed(random.seed + i);
        struct request asked;
        struct scene scene;
        struct error err;

        make_nodes(&scene, &own);
        asked = any_request(&own);
        if (request_complete(&asked, core_inventory(scene.core), &err) &&
            !request_check_possible(&asked, core_inventory(scene.core), &err)) {
            refused++;
            good = check(&scene, &asked, &proposed);
            if (!good)
                printf("# TEQUIO_TEST_SEED=%llu\n", (unsigned long long)own.seed);
        }
        scene_clear(&scene);
    }
    CU_ASSERT(good);
    CU_ASSERT(refused > STATES / 4);
    CU_ASSERT(proposed > refused / 2);
}

static void test_the_error_names_it(void)
{
    struct request asked = {.tasks = 1, .memory_per_node = UINT64_C(9) << 30};
    struct scene scene;
    struct error err;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x"); /* 4 GiB */
    CU_ASSERT_FALSE(core_check_request(scene.core, &asked, "ana", "astro", 1, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "; possible: --mem=4G"));
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each is possible, and none nearer is", test_each_is_possible_and_none_nearer_is},
        {"the error names it",                   test_the_error_names_it                 },
        CU_TEST_INFO_NULL,
    };

    return run_suite("nearest", tests);
}
