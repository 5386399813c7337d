/* room.c - what is still taken in when the scheduler's disk fills up
 *
 * Jobs that run are not touched by it, and what agents report is stored to the last byte;
 * new jobs are refused first, then whatever else people would have stored. */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>

#define LOOK_EVERY_US (5 * US_PER_SECOND)

static const struct {
    enum room room;
    unsigned percent;
    uint64_t bytes; /* so much is enough on any disk */
    const char *name;
    const char *told;
} levels[] = {
    {ROOM_NONE,   2,  UINT64_C(128) << 20, "read-only",   "nothing is taken in but what agents report"},
    {ROOM_SCARCE, 5,  UINT64_C(512) << 20, "no-new-work", "new jobs are refused"                      },
    {ROOM_LITTLE, 10, UINT64_C(2) << 30,   "normal",      "going on; make room soon"                  },
    {ROOM_ENOUGH, 0,  0,                   "normal",      "everything is taken in as before"          },
};

static size_t level_of(uint64_t room, uint64_t all)
{
    size_t level = 0;

    while (levels[level].percent > 0 &&
           (room >= all / 100 * levels[level].percent || room >= levels[level].bytes))
        level++;
    return level;
}

void look_for_room(struct service *service)
{
    struct store *store = service->outside.store;
    uint64_t room, all;
    size_t level;

    if (!store->measure || service->boot_us < service->next_room_us)
        return;
    service->next_room_us = service->boot_us + LOOK_EVERY_US;
    if (!store->measure(store, &room, &all))
        return;
    level = level_of(room, all);
    if (levels[level].room == service->room)
        return;
    service->room = levels[level].room;
    if (service->room == ROOM_ENOUGH)
        log_info("the disk has %" PRIu64 " MiB free again; %s", room >> 20, levels[level].told);
    else
        log_warning("the disk has only %" PRIu64 " MiB free; %s", room >> 20, levels[level].told);
}

const char *room_name(enum room room)
{
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (levels[i].room == room)
            return levels[i].name;
    return "normal";
}

bool check_room(const struct service *service, enum room least, struct error *err)
{
    if (service->room >= least)
        return true;
    return fail(err, ERROR_EXHAUSTED,
                "the scheduler's disk is nearly full (%s): jobs go on, but nothing new is taken "
                "in until its operator makes room",
                room_name(service->room));
}
