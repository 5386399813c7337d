/* storm.c - faults at random: machines, agents, scheduler, disk, network, clocks */

#include "tests/simulation/storm.h"

#include "base/parse.h"
#include "tests/simulation/chance.h"

#include <stdlib.h>

#define LATE_MOST (11 * US_PER_MINUTE) /* so late may a message be, and some more */

static struct machine *any_machine(struct storm *storm)
{
    return storm->world->machines[test_random_below(&storm->random, WORLD_MACHINES)];
}

static void end_later(struct storm *storm, struct machine *machine, int64_t most_us, agenda_fn *end)
{
    agenda_add(&storm->world->agenda,
               storm->world->agenda.now_us + chance_wait(&storm->random, most_us), end, machine, 0);
}

/* --- agents and machines ------------------------------------------------------------------------------ */

static void kill_agent(struct storm *storm)
{
    machine_kill(any_machine(storm), (enum death)test_random_below(&storm->random, DEATH_COUNT));
}

static void power_on(void *owner, uint64_t word)
{
    (void)word;
    machine_power_on(owner);
}

/* At times an operator says that it is lost before it comes back. */
static void power_off(struct storm *storm)
{
    struct machine *machine = any_machine(storm);

    if (!machine->powered)
        return;
    machine_power_off(machine);
    end_later(storm, machine, 5 * US_PER_MINUTE, power_on);
}

static void declare_lost(struct storm *storm)
{
    struct machine *machine = any_machine(storm);

    if (machine->powered)
        return;
    machine->declared_us = storm->world->agenda.now_us + LATE_MOST;
    operator_declare_lost(storm->world->operator, machine->is.name);
}

static void lose_shepherd(struct storm *storm)
{
    struct machine *machine = any_machine(storm);

    machine_kill(machine, DEATH_BETWEEN);
    machine_lose_shepherd(machine);
}

static void make_resist(struct storm *storm)
{
    runtime_simulated_resist(any_machine(storm)->simulated, test_random_below(&storm->random, 6));
}

static void make_refuse(struct storm *storm)
{
    runtime_simulated_refuse(any_machine(storm)->simulated, test_random_below(&storm->random, 2),
                             test_random_below(&storm->random, 2));
}

/* --- the scheduler ---------------------------------------------------------------------------------------- */

static void kill_center(struct storm *storm)
{
    center_kill(storm->world->center, "by the storm");
}

static void spoil_commits(struct storm *storm)
{
    static const uint32_t rarities[] = {0, 0, 20, 100};
    struct commit_faults *faults = &storm->world->center->faults;
    struct test_random *random = &storm->random;

    faults->crash_before = rarities[test_random_below(random, COUNT_OF(rarities))];
    faults->crash_after = rarities[test_random_below(random, COUNT_OF(rarities))];
    faults->fails = 2 * rarities[test_random_below(random, COUNT_OF(rarities))];
    faults->fails_kept = 2 * rarities[test_random_below(random, COUNT_OF(rarities))];
    faults->slow_us = test_random_chance(random, 30) ? 10 * US_PER_SECOND : 0;
}

/* --- the network ------------------------------------------------------------------------------------------- */

static void mend(void *owner, uint64_t reconnects)
{
    struct machine *machine = owner;

    link_cut(machine->link, false, false);
    if (reconnects)
        link_reconnect(machine->link);
}

static void cut_link(struct storm *storm)
{
    struct machine *machine = any_machine(storm);
    uint32_t way = test_random_below(&storm->random, 4);

    link_cut(machine->link, way != 1, way != 2);
    agenda_add(&storm->world->agenda,
               storm->world->agenda.now_us + chance_wait(&storm->random, 4 * US_PER_MINUTE), mend,
               machine, test_random_below(&storm->random, 2));
}

static void drop_connection(struct storm *storm)
{
    link_reconnect(any_machine(storm)->link);
}

static struct weather any_weather(struct storm *storm)
{
    struct test_random *random = &storm->random;
    struct weather weather = weather_fair;

    weather.delay_most_us += chance_wait(random, 3 * US_PER_SECOND);
    weather.lost = test_random_chance(random, 50) ? test_random_below(random, 25) : 0;
    weather.twice = test_random_chance(random, 50) ? test_random_below(random, 25) : 0;
    weather.late = test_random_chance(random, 30) ? test_random_below(random, 10) : 0;
    weather.mixed = test_random_chance(random, 50);
    return weather;
}

static void change_weather(struct storm *storm)
{
    struct weather weather = any_weather(storm);

    uint32_t whose = test_random_below(&storm->random, 100);

    if (whose < 70)
        link_set_weather(any_machine(storm)->link, &weather);
    else if (whose < 75)
        operator_set_weather(storm->world->operator, & weather);
    else
        link_set_weather(
            storm->world->people[test_random_below(&storm->random, WORLD_PEOPLE)]->client->link,
            &weather);
}

/* --- clocks and operators ------------------------------------------------------------------------------------ */

static void set_clock(struct storm *storm)
{
    struct world *world = storm->world;
    int64_t ahead_us = test_random_between(&storm->random, -US_PER_DAY, US_PER_DAY);

    trace_say(&world->trace, "storm", "somebody sets a wall clock");
    if (test_random_chance(&storm->random, 50))
        world->center->clock.ahead_us = ahead_us;
    else
        any_machine(storm)->clock.ahead_us = ahead_us;
}

static void drain_node(struct storm *storm)
{
    operator_drain(storm->world->operator, any_machine(storm)->is.name);
}

static void resume_node(struct storm *storm)
{
    operator_resume(storm->world->operator, any_machine(storm)->is.name);
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*strike)(struct storm *storm);
    unsigned often; /* when the seed has this kind at all */
} kinds[] = {
    {"kill agent",      kill_agent,      10},
    {"power off",       power_off,       5 },
    {"declare lost",    declare_lost,    5 },
    {"lose shepherd",   lose_shepherd,   5 },
    {"resist",          make_resist,     3 },
    {"refuse",          make_refuse,     3 },
    {"kill scheduler",  kill_center,     5 },
    {"spoil commits",   spoil_commits,   5 },
    {"cut link",        cut_link,        10},
    {"drop connection", drop_connection, 5 },
    {"weather",         change_weather,  10},
    {"set clock",       set_clock,       2 },
    {"drain",           drain_node,      2 },
    {"resume",          resume_node,     4 },
};
static_assert(COUNT_OF(kinds) <= STORM_KINDS_MAX, "each kind has its weight");

static agenda_fn on_fault;

static void wait_for_next(struct storm *storm)
{
    agenda_add(&storm->world->agenda,
               storm->world->agenda.now_us +
                   test_random_between(&storm->random, 0, 2 * storm->pause_us),
               on_fault, storm, 0);
}

static void on_fault(void *owner, uint64_t word)
{
    struct storm *storm = owner;
    unsigned place = test_random_below(&storm->random, storm->all_weights);
    size_t kind = 0;

    (void)word;
    if (storm->over)
        return;
    while (place >= storm->weight[kind])
        place -= storm->weight[kind++];
    trace_say(&storm->world->trace, "storm", "%s", kinds[kind].name);
    kinds[kind].strike(storm);
    wait_for_next(storm);
}

void storm_begin(struct storm *storm, struct world *world)
{
    *storm = (struct storm){.world = world, .random = chance_stream(world->seed, 4)};
    storm->pause_us = test_random_between(&storm->random, 1, 20) * US_PER_SECOND;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (test_random_chance(&storm->random, 60))
            storm->weight[i] = 1 + test_random_below(&storm->random, 2 * kinds[i].often);
        storm->all_weights += storm->weight[i];
    }
    if (storm->all_weights > 0)
        wait_for_next(storm);
}

void storm_end(struct storm *storm)
{
    storm->over = true;
}

void storm_heal(struct world *world)
{
    world->center->faults = (struct commit_faults){0};
    for (size_t i = 0; i < WORLD_MACHINES; i++) {
        struct machine *machine = world->machines[i];

        link_cut(machine->link, false, false);
        link_set_weather(machine->link, &weather_fair);
        runtime_simulated_resist(machine->simulated, 0);
        runtime_simulated_refuse(machine->simulated, 0, 0);
        machine_power_on(machine);
        operator_resume(world->operator, machine->is.name);
    }
    for (size_t i = 0; i < WORLD_PEOPLE; i++)
        link_set_weather(world->people[i]->client->link, &weather_fair);
    operator_set_weather(world->operator, & weather_fair);
}
