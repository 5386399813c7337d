/* test_line.c - a line finds who is next as a walk in order would */

#include "scheduler/core/line.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#define NODES  200
#define ROUNDS 4000

struct entry {
    struct line_node node;
    struct demand demand;
    bool in_line;
};

struct scene {
    struct line line;
    struct entry entries[NODES];
};

/* What can be had at present. */
struct offer {
    uint32_t cores;
    uint64_t time_us;
};

static bool admits(const struct demand *demand, const void *context)
{
    const struct offer *offer = context;

    return demand->counts[DEMAND_CORES] <= offer->cores &&
           demand->amounts[DEMAND_TIME] <= offer->time_us;
}

static struct line_node *seek_by_walking(struct scene *scene, const struct turn *after,
                                         const struct offer *offer)
{
    struct line_node *best = NULL;

    for (size_t i = 0; i < NODES; i++) {
        struct entry *entry = &scene->entries[i];

        if (!entry->in_line || !admits(&entry->demand, offer) ||
            (after && !turn_is_before(after, &entry->node.turn)))
            continue;
        if (!best || turn_is_before(&entry->node.turn, &best->turn))
            best = &entry->node;
    }
    return best;
}

static void change(struct scene *scene, struct test_random *random, size_t which)
{
    struct entry *entry = &scene->entries[which];

    if (entry->in_line) {
        line_remove(&scene->line, &entry->node);
    } else {
        entry->demand = (struct demand){0};
        entry->demand.counts[DEMAND_CORES] = test_random_below(random, 64);
        entry->demand.amounts[DEMAND_TIME] = test_random_below(random, 64);
        entry->node.demand = &entry->demand;
        entry->node.turn = (struct turn){.rank = test_random_below(random, 4),
                                         .nice = (int32_t)test_random_below(random, 3) - 1,
                                         .job = which + 1};
        line_add(&scene->line, &entry->node);
    }
    entry->in_line = !entry->in_line;
}

static void test_against_a_walk(void)
{
    struct test_random random = test_random_from_environment();
    struct scene scene = {0};
    unsigned found_count = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct offer offer = {test_random_below(&random, 64), test_random_below(&random, 64)};
        const struct entry *from = &scene.entries[test_random_below(&random, NODES)];
        const struct turn *after = from->in_line ? &from->node.turn : NULL;
        struct line_node *found;

        change(&scene, &random, test_random_below(&random, NODES));
        found = line_seek(&scene.line, after, admits, &offer);
        CU_ASSERT_PTR_EQUAL_FATAL(found, seek_by_walking(&scene, after, &offer));
        found_count += found != NULL;
    }
    CU_ASSERT(found_count > ROUNDS / 10);
}

static void test_order_of_turns(void)
{
    const struct turn turns[] = {
        {3.0, 9,  1, 99},
        {1.0, 5,  0, 9 },
        {2.0, -1, 0, 8 },
        {2.0, 0,  0, 3 },
        {2.0, 0,  0, 7 },
    };

    for (unsigned i = 0; i < COUNT_OF(turns); i++)
        for (unsigned j = 0; j < COUNT_OF(turns); j++)
            CU_ASSERT_EQUAL(turn_is_before(&turns[i], &turns[j]), i < j);
}

static void test_empty(void)
{
    struct line line = {0};
    struct offer all = {UINT32_MAX, UINT64_MAX};

    CU_ASSERT_PTR_NULL(line_seek(&line, NULL, admits, &all));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"against a walk",           test_against_a_walk},
        {"the order of turns",       test_order_of_turns},
        {"an empty line has nobody", test_empty         },
        CU_TEST_INFO_NULL
    };

    return run_suite("line", tests);
}
