/* test_line.c - shapes in the order of their turns, against a plain array */

#include "scheduler/core/line.h"

#include "base/memory.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#define NODES  300
#define ROUNDS 8000

struct scene {
    struct line line;
    struct line_node nodes[NODES];
    struct demand demands[NODES];
    bool in_line[NODES];
};

static bool admits(const struct demand *demand, const void *context)
{
    const struct demand *most = context;

    return demand->counts[DEMAND_CORES] <= most->counts[DEMAND_CORES] &&
           demand->amounts[DEMAND_TIME] <= most->amounts[DEMAND_TIME];
}

static const struct line_node *seek_model(const struct scene *scene, const struct turn *after,
                                          const struct demand *most)
{
    const struct line_node *first = NULL;

    for (size_t i = 0; i < NODES; i++) {
        const struct line_node *node = &scene->nodes[i];

        if (scene->in_line[i] && admits(&scene->demands[i], most) &&
            (!after || turn_is_before(after, &node->turn)) &&
            (!first || turn_is_before(&node->turn, &first->turn)))
            first = node;
    }
    return first;
}

static void give_turn(struct scene *scene, struct test_random *random, size_t i)
{
    struct line_node *node = &scene->nodes[i];

    scene->demands[i] = (struct demand){0};
    scene->demands[i].counts[DEMAND_CORES] = test_random_below(random, 50);
    scene->demands[i].amounts[DEMAND_TIME] = test_random_below(random, 50);
    node->demand = &scene->demands[i];
    node->turn = (struct turn){.rank = test_random_below(random, 20),
                               .nice = (int32_t)test_random_below(random, 3) - 1,
                               .tier = test_random_below(random, 2),
                               .job = i + 1};
}

static void build(struct scene *scene)
{
    struct line_node *nodes[NODES];
    size_t count = 0;

    for (size_t i = 0; i < NODES; i++) {
        size_t place = count;

        if (!scene->in_line[i])
            continue;
        for (; place > 0 && turn_is_before(&scene->nodes[i].turn, &nodes[place - 1]->turn); place--)
            nodes[place] = nodes[place - 1];
        nodes[place] = &scene->nodes[i];
        count++;
    }
    line_build(&scene->line, nodes, count);
}

static void test_agrees_with_an_array(void)
{
    struct test_random random = test_random_from_environment();
    static struct scene scene;

    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t i = test_random_below(&random, NODES), j = test_random_below(&random, NODES);
        struct demand most = {0};

        if (scene.in_line[i]) {
            line_remove(&scene.line, &scene.nodes[i]);
        } else {
            give_turn(&scene, &random, i);
            line_add(&scene.line, &scene.nodes[i]);
        }
        scene.in_line[i] = !scene.in_line[i];
        if (round % 100 == 0)
            build(&scene);
        most.counts[DEMAND_CORES] = test_random_below(&random, 60);
        most.amounts[DEMAND_TIME] = test_random_below(&random, 60);
        CU_ASSERT_PTR_EQUAL_FATAL(line_seek(&scene.line, NULL, admits, &most),
                                  seek_model(&scene, NULL, &most));
        CU_ASSERT_PTR_EQUAL_FATAL(line_seek(&scene.line, &scene.nodes[j].turn, admits, &most),
                                  seek_model(&scene, &scene.nodes[j].turn, &most));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the next that is admitted", test_agrees_with_an_array},
        CU_TEST_INFO_NULL,
    };

    return run_suite("line", tests);
}
