/* placement.c - how long it takes to choose cores on a node, and to lay its tasks out on them
 *
 * placement [--rounds N] [SOURCE...]: parts come and go at random on each machine (as
 * agent/topology.h names them); each is filled with tasks.  One figure is the mean of a decision. */

#include "agent/topology.h"
#include "base/clock.h"
#include "base/parse.h"
#include "tests/lib/random.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MOST = 16, ROUNDS = 20000 };

static const char *const standard[] = {
    "synthetic:package:2 numa:1 l3:2 core:16 pu:2",
    "synthetic:package:2 numa:4 l3:3 core:8 pu:2",
    "synthetic:package:4 numa:4 l3:4 core:4 pu:1",
};

struct stage {
    struct topology *topology;
    struct slots *slots;
    struct idset *parts[PARTS_MOST];
    struct test_random random;
    int64_t spent_us[3]; /* taking, laying out, giving back */
    uint32_t decisions;
};

static void lay_out(struct stage *stage, const struct idset *part)
{
    const struct placement_machine machine = topology_machine(stage->topology);
    struct placement_wish wish = {.each = 1 + test_random_below(&stage->random, 4)};
    struct error err;
    int64_t start_us;

    wish.tasks = idset_count(part) / wish.each;
    wish.tasks += wish.tasks == 0;
    start_us = clock_boot_us(&clock_real);
    placement_free(placement_new(&machine, part, &wish, &err));
    stage->spent_us[1] += clock_boot_us(&clock_real) - start_us;
}

static void play_round(struct stage *stage)
{
    uint32_t which = test_random_below(&stage->random, PARTS_MOST);
    uint32_t count = 1 + test_random_below(&stage->random, stage->topology->core_count / 4);
    int64_t start_us = clock_boot_us(&clock_real);
    bool given = stage->parts[which] != NULL;

    if (given) {
        slots_give(stage->slots, stage->parts[which]);
        idset_free(stage->parts[which]);
        stage->parts[which] = NULL;
        stage->spent_us[2] += clock_boot_us(&clock_real) - start_us;
        return;
    }
    stage->parts[which] = slots_take(stage->slots, count);
    stage->spent_us[0] += clock_boot_us(&clock_real) - start_us;
    if (!stage->parts[which])
        return;
    stage->decisions++;
    lay_out(stage, stage->parts[which]);
}

static bool measure(const char *source, uint32_t rounds, struct error *err)
{
    static const char *const names[] = {"take", "lay-out", "give-back"};
    struct stage stage = {.random = test_random_from_seed(1)};

    stage.topology = topology_read(source, err);
    if (!stage.topology)
        return false;
    stage.slots = slots_new(stage.topology->places, stage.topology->core_count);
    for (uint32_t i = 0; i < rounds; i++)
        play_round(&stage);
    printf("# %s: %" PRIu32 " cores\n", source, stage.topology->core_count);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        printf("%-10s %8.3f us\n", names[i],
               stage.decisions ? (double)stage.spent_us[i] / stage.decisions : 0.0);
    for (uint32_t i = 0; i < PARTS_MOST; i++)
        idset_free(stage.parts[i]);
    slots_free(stage.slots);
    topology_free(stage.topology);
    return true;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"rounds", required_argument, NULL, 'r'},
        {NULL,     0,                 NULL, 0  },
    };
    uint32_t rounds = ROUNDS;
    struct error err = {0};
    bool good = true;
    int letter;

    while (good && (letter = getopt_long(argc, argv, "", options, NULL)) != -1)
        good = letter == 'r' && parse_u32(optarg, 1, 100000000, &rounds, &err);
    for (size_t i = 0; good && optind == argc && i < COUNT_OF(standard); i++)
        good = measure(standard[i], rounds, &err);
    for (int i = optind; good && i < argc; i++)
        good = measure(argv[i], rounds, &err);
    if (!good)
        fprintf(stderr, "placement: %s\n", *err.text ? err.text : "see the head of placement.c");
    return good ? 0 : 1;
}
