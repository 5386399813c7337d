/* core_agents.c - the agents of a small network: they go on with what they hold */

#include "tests/property/core_agents.h"

#include <CUnit/CUnit.h>
#include <string.h>

static uint32_t below(struct world *world, uint32_t limit)
{
    return test_random_below(world->random, limit);
}

static void drop_held(struct world *world, size_t place)
{
    world->held[place] = world->held[--world->held_count];
}

static void fill_news(const struct held *held, enum event_kind kind, struct event *event)
{
    *event = (struct event){
        .kind = kind,
        .part = {.job = held->job,
                 .attempt = held->attempt,
                 .part = held->part,
                 .token = held->token,
                 .core_list = held->part % 2 ? "0" : NULL},
    };
}

static bool is_up(const struct world *world, const char *name)
{
    for (unsigned i = 0; i < WORLD_NODES; i++)
        if (strcmp(world_node_name(i), name) == 0)
            return world->up[i];
    return false;
}

static void end_part(struct world *world, size_t place)
{
    struct held held = world->held[place];
    struct event event;

    fill_news(&held, EVENT_PART_ENDED, &event);
    if (held.stop && below(world, 4))
        event.part.cause = END_STOPPED;
    else
        event.part.cause = (enum end_cause)below(world, END_CAUSE_COUNT);
    event.part.exit_code = below(world, 3) ? 0 : below(world, 256);
    if (held.started)
        event.part.wall_used_us = world->now_us - held.started_us - held.away_us +
                                  (int64_t)below(world, 9000000) - 4000000;
    drop_held(world, place);
    world_step(world, &event);
    if (below(world, 3) == 0)
        world_step(world, &event); /* told twice */
}

static void refuse(struct world *world, size_t place)
{
    struct held held = world->held[place];
    struct event event;

    fill_news(&held, EVENT_PART_REFUSED, &event);
    event.part.text = "no room";
    drop_held(world, place);
    world_step(world, &event);
}

/* It stands still, or goes on, as it was told; and says so, now and then of a turn that is over. */
static void turn_part(struct world *world, struct held *held)
{
    struct held copy;
    struct event event;

    if (held->turn % 2)
        held->still_us = world->now_us;
    else if (held->turn_done % 2)
        held->away_us += world->now_us - held->still_us;
    held->turn_done = held->turn;
    copy = *held;
    fill_news(&copy, copy.turn % 2 ? EVENT_PART_PAUSED : EVENT_PART_RESUMED, &event);
    event.part.turn = below(world, 5) ? copy.turn : copy.turn - 1;
    world_step(world, &event);
    event.part.turn = copy.turn;
    world_step(world, &event);
}

void world_agent_acts(struct world *world)
{
    struct event event;
    struct held *held;
    size_t place;

    if (world->held_count == 0)
        return;
    place = below(world, (uint32_t)world->held_count);
    held = &world->held[place];
    if (!is_up(world, held->node))
        return;
    if (world->refusals && !held->ready && !held->started && below(world, 10) == 0) {
        refuse(world, place);
    } else if (held->start && !held->started && below(world, 8)) {
        held->started = true;
        held->started_us = world->now_us;
        fill_news(held, EVENT_PART_STARTED, &event);
        world_step(world, &event);
    } else if (!held->ready && !held->started) {
        held->ready = true;
        fill_news(held, EVENT_PART_READY, &event);
        world_step(world, &event);
    } else if (held->turn != held->turn_done) {
        turn_part(world, held);
    } else if (held->stop || (held->started && held->turn_done % 2 == 0)) {
        end_part(world, place);
    }
}

void world_reboot(struct world *world, unsigned node)
{
    world->boot[node]++;
    world->broken[node] = below(world, 3) == 0;
    for (size_t i = world->held_count; i-- > 0;)
        if (strcmp(world->held[i].node, world_node_name(node)) == 0)
            drop_held(world, i);
}
