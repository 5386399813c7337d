/* run.c - one seed from beginning to end */

#include "tests/simulation/run.h"

#include "base/parse.h"
#include "tests/lib/store_memory.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/storm.h"
#include "tests/simulation/world.h"

#include <stdio.h>

#define STORM_LEAST (2 * US_PER_MINUTE)
#define STORM_MOST  (12 * US_PER_MINUTE)
#define SETTLE_MOST (2 * US_PER_HOUR)

static void weather_the_storm(struct world *world, struct storm *storm, uint64_t steps)
{
    int64_t until_us =
        world->agenda.now_us + test_random_between(&storm->random, STORM_LEAST, STORM_MOST);
    uint64_t last = steps ? world->steps + steps : UINT64_MAX;

    while (world->steps < last && world_step(world, until_us))
        ;
    storm_end(storm);
}

void run_seed(struct run *run)
{
    CLEANUP(world_freep) struct world *world = world_new(run->seed);
    struct storm storm;

    storm_begin(&storm, world);
    for (size_t i = 0; i < WORLD_PEOPLE; i++) {
        world->people[i]->pause_us = test_random_between(&storm.random, 2, 30) * US_PER_SECOND;
        researcher_work(world->people[i]);
    }
    weather_the_storm(world, &storm, run->steps);
    run->good = world_settle(world, SETTLE_MOST);
    snprintf(run->first, sizeof(run->first), "%s", world->findings.first);
    buffer_reset(&run->trace);
    buffer_add(&run->trace, world->trace.text.bytes, world->trace.text.length);
    run->steps_done = world->steps;
    run->jobs = store_memory_count(world->center->store, ROW_JOB);
}
