/* test_wanted.c - a server is made for a job that it will have done sooner than others */

#include "scheduler/cloud/wanted.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <stdio.h>

static void join(struct scene *scene, const char *name, const char *cluster)
{
    scene_step(scene, (struct event){
                          .kind = EVENT_NODE_JOINED,
                          .node = {.name = name,
                                   .cluster = cluster,
                                   .boot_id = "x",
                                   .cores = 4,
                                   .memory_bytes = UINT64_C(4) << 30}
    });
}

/* A cluster with one node, and one whose node is off. */
static void begin(struct scene *scene, uint32_t speed_ppm)
{
    struct partition batch = {.name = (char *)"batch",
                              .is_default = true,
                              .up = true,
                              .limit_us = US_PER_DAY,
                              .default_limit_us = US_PER_HOUR};
    struct cluster clusters[] = {
        {.name = (char *)"iron",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .partition_count = 1,
         .partitions = &batch},
        { .name = (char *)"cloud",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .speed_ppm = speed_ppm,
         .partition_count = 1,
         .partitions = &batch},
    };
    const struct core_settings settings = {.clusters = clusters,
                                           .cluster_count = COUNT_OF(clusters),
                                           .keep_ended_us = US_PER_HOUR,
                                           .pending_most = 10000,
                                           .pending_most_per_user = 10000};
    const struct event books[] = {
        {.kind = EVENT_INSTITUTION_ADDED, .books = {.institution = "unam"}             },
        {.kind = EVENT_PROJECT_ADDED,     .books = {"unam", "astro"}                   },
        {.kind = EVENT_GRANTED,
         .grant = {.id = 1, .institution = "unam", .amount_micro = INT64_C(1000000000)}},
    };

    *scene = (struct scene){.core = core_new(&settings), .now_us = SCENE_START};
    effects_init(&scene->effects);
    buffer_init(&scene->text);
    for (size_t i = 0; i < COUNT_OF(books); i++)
        scene_step(scene, books[i]);
    join(scene, "i1", "iron");
    join(scene, "c1", "cloud");
    scene_node(scene, EVENT_NODE_LOST, "c1");
}

static bool is_wanted(const struct scene *scene, int64_t boot_minutes)
{
    const struct inventory *inventory = core_inventory(scene->core);
    struct wanted_node node = {.node = inventory_find_node(inventory, "c1"), .is_off = true};
    uint64_t turn = 0;

    wanted_find(scene->core, inventory_cluster(inventory, 1), &node, 1,
                scene->now_us + boot_minutes * US_PER_MINUTE, &turn);
    return node.use;
}

/* The first job has the node for an hour, and the second would, too. */
static void test_the_sooner_end_counts(void)
{
    static const struct {
        uint32_t speed_ppm;
        int64_t boot_minutes;
        bool wanted;
    } cases[] = {
        {1000000, 10,  true },
        {1000000, 59,  true },
        {1000000, 60,  false},
        {500000,  10,  false}, /* there soon, but slow: done in 130 minutes, not in 120 */
        {2000000, 80,  true }, /* there late, but fast: done in 110 */
        {2000000, 100, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene scene;

        begin(&scene, cases[i].speed_ppm);
        (void)scene_submit(&scene, (struct request){.tasks = 4, .limit_us = US_PER_HOUR});
        CU_ASSERT(!is_wanted(&scene, cases[i].boot_minutes));
        (void)scene_submit(&scene, (struct request){.tasks = 4, .limit_us = US_PER_HOUR});
        CU_ASSERT_EQUAL(is_wanted(&scene, cases[i].boot_minutes), cases[i].wanted);
        scene_clear(&scene);
    }
}

/* Who may run there alone has nothing planned elsewhere. */
static void test_no_other_place(void)
{
    struct scene scene;

    begin(&scene, 500000);
    (void)scene_submit(
        &scene, (struct request){.tasks = 4, .limit_us = US_PER_HOUR, .clusters = (char *)"iron"});
    CU_ASSERT(!is_wanted(&scene, 600));
    (void)scene_submit(
        &scene, (struct request){.tasks = 4, .limit_us = US_PER_HOUR, .clusters = (char *)"cloud"});
    CU_ASSERT(is_wanted(&scene, 600));
    scene_clear(&scene);
}

/* A node that is no server, and two that are off. */
static void begin_with_iron(struct scene *scene)
{
    begin(scene, 1000000);
    join(scene, "c2", "cloud");
    scene_node(scene, EVENT_NODE_LOST, "c2");
    join(scene, "b1", "cloud");
}

static struct request on_nodes(uint32_t nodes)
{
    return (struct request){.tasks = 4 * nodes,
                            .nodes_least = nodes,
                            .nodes_most = nodes,
                            .limit_us = US_PER_HOUR,
                            .clusters = (char *)"cloud"};
}

/* How many servers, of as many as the test lets there be. */
static size_t count_wanted(const struct scene *scene, size_t servers)
{
    const struct inventory *inventory = core_inventory(scene->core);
    struct wanted_node nodes[] = {
        {.node = inventory_find_node(inventory, "c1"), .is_off = servers > 0},
        {.node = inventory_find_node(inventory, "c2"), .is_off = servers > 1},
    };
    uint64_t turn = 0;

    wanted_find(scene->core, inventory_cluster(inventory, 1), nodes, COUNT_OF(nodes),
                scene->now_us + US_PER_MINUTE, &turn);
    return (size_t)nodes[0].use + (size_t)nodes[1].use;
}

/* Servers alone where they do, else together with what is there besides. */
static void test_beside_other_nodes(void)
{
    struct scene scene;

    begin_with_iron(&scene);
    (void)scene_submit(&scene, on_nodes(3));
    CU_ASSERT_EQUAL(count_wanted(&scene, 2), 2);
    CU_ASSERT_EQUAL(count_wanted(&scene, 1), 0);
    scene_clear(&scene);

    begin_with_iron(&scene);
    (void)scene_submit(&scene, on_nodes(2));
    CU_ASSERT_EQUAL(count_wanted(&scene, 2), 2);
    CU_ASSERT_EQUAL(count_wanted(&scene, 1), 1);
    CU_ASSERT_EQUAL(count_wanted(&scene, 0), 0);
    scene_clear(&scene);
}

/* A node that is in use, or that another job counts on already, is none to count on. */
static void test_other_nodes_are_counted_on_once(void)
{
    struct request request = on_nodes(2);
    struct scene scene;

    begin_with_iron(&scene);
    (void)scene_submit(&scene, on_nodes(1)); /* runs there */
    (void)scene_submit(&scene, on_nodes(2));
    CU_ASSERT_EQUAL(count_wanted(&scene, 1), 0);
    scene_clear(&scene);

    begin_with_iron(&scene);
    request.node_list = (char *)"b1,c1";
    (void)scene_submit(&scene, request);
    request.node_list = (char *)"b1,c2";
    (void)scene_submit(&scene, request);
    CU_ASSERT_EQUAL(count_wanted(&scene, 2), 1);
    scene_node(&scene, EVENT_NODE_DRAINED, "b1");
    CU_ASSERT_EQUAL(count_wanted(&scene, 2), 0);
    scene_clear(&scene);
}

/* Room that jobs leave there goes to the next ones, until there is none. */
static void test_other_nodes_are_shared(void)
{
    struct request request = on_nodes(2);

    request.tasks = 2;
    for (uint32_t before = 3; before <= 4; before++) {
        struct scene scene;

        begin_with_iron(&scene);
        request.node_list = (char *)"b1,c1";
        for (uint32_t i = 0; i < before; i++)
            (void)scene_submit(&scene, request);
        request.node_list = (char *)"b1,c2";
        (void)scene_submit(&scene, request);
        CU_ASSERT_EQUAL(count_wanted(&scene, 2), before == 3 ? 2 : 1);
        scene_clear(&scene);
    }
}

#define CROWD 250

/* Many that ask for ever different things that cannot be had, and one behind them. */
static void test_all_have_their_turn(void)
{
    struct request request = on_nodes(2);
    struct wanted_node node = {.is_off = true};
    const struct inventory *inventory;
    struct scene scene;
    uint64_t turn = 0;
    unsigned rounds = 0;

    begin(&scene, 1000000);
    for (unsigned i = 0; i < CROWD; i++) {
        char name[16];

        snprintf(name, sizeof(name), "b%u", i);
        join(&scene, name, "cloud");
        (void)scene_submit(&scene, (struct request){.tasks = 3,
                                                    .memory_per_node = UINT64_C(4) << 30,
                                                    .limit_us = US_PER_HOUR,
                                                    .clusters = (char *)"cloud"});
    }
    for (unsigned i = 0; i < 5 * CROWD; i++) {
        request.memory_per_node = (UINT64_C(1) + i) << 20;
        (void)scene_submit(&scene, request);
    }
    (void)scene_submit(&scene, on_nodes(1));
    inventory = core_inventory(scene.core);
    node.node = inventory_find_node(inventory, "c1");
    do {
        wanted_find(scene.core, inventory_cluster(inventory, 1), &node, 1,
                    scene.now_us + US_PER_MINUTE, &turn);
        rounds++;
    } while (!node.use && rounds < 4);
    CU_ASSERT_EQUAL(rounds, 2);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the sooner end counts",           test_the_sooner_end_counts          },
        {"no other place",                  test_no_other_place                 },
        {"beside other nodes",              test_beside_other_nodes             },
        {"other nodes are counted on once", test_other_nodes_are_counted_on_once},
        {"other nodes are shared",          test_other_nodes_are_shared         },
        {"all have their turn",             test_all_have_their_turn            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("wanted", tests);
}
