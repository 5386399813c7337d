/* placement.c - the nodes a job gets, and how many of its tasks each */

#include "scheduler/core/placement.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void placement_init(struct placement *placement)
{
    *placement = (struct placement){0};
}

void placement_clear(struct placement *placement)
{
    free(placement->seats);
    *placement = (struct placement){0};
}

void placement_reset(struct placement *placement)
{
    placement->count = 0;
    placement->offered = 0;
}

static void add_seat(struct placement *placement, struct seat seat)
{
    if (placement->offered == placement->capacity) {
        placement->capacity = placement->capacity ? 2 * placement->capacity : 16;
        placement->seats =
            memory_resize(placement->seats, placement->capacity, sizeof(*placement->seats));
    }
    placement->seats[placement->offered++] = seat;
}

void placement_offer(struct placement *placement, struct node *node, uint32_t capacity,
                     uint32_t room)
{
    if (capacity == 0)
        return;
    add_seat(placement, (struct seat){node, capacity, room, 0, 0});
}

static int compare_seats(const void *a, const void *b)
{
    const struct seat *first = a, *second = b;

    if (first->capacity != second->capacity)
        return first->capacity < second->capacity ? -1 : 1;
    if (first->room != second->room)
        return first->room < second->room ? -1 : 1;
    return strverscmp(first->node->name, second->node->name);
}

static int compare_names(const void *a, const void *b)
{
    const struct seat *first = a, *second = b;

    return strverscmp(first->node->name, second->node->name);
}

/* How many of the roomiest seats hold all tasks; 0: not even all of them. */
static size_t count_needed(const struct placement *placement, const struct request *request)
{
    uint64_t held = 0;

    for (size_t i = 1; i <= placement->offered; i++) {
        held += placement->seats[placement->offered - i].capacity;
        if (held >= request->tasks && i >= request->nodes_least)
            return i;
    }
    return 0;
}

static uint64_t sum_seats(const struct placement *placement, size_t start, size_t length)
{
    uint64_t held = 0;

    for (size_t i = start; i < start + length; i++)
        held += placement->seats[i].capacity;
    return held;
}

/* Of all runs of so many seats in the order of room, the first that holds the tasks: nodes of
 * much the same size, with the least room left over. */
static size_t find_run(const struct placement *placement, size_t length, uint32_t tasks)
{
    uint64_t held = sum_seats(placement, 0, length);
    size_t start = 0;

    while (held < tasks) {
        held -= placement->seats[start].capacity;
        held += placement->seats[start + length].capacity;
        start++;
    }
    return start;
}

/* Or the roomiest seats, filled, and for what is then left the seat with the least room: put
 * in front of them when less is left over than of the run.  Where the seats start. */
static size_t find_start(struct placement *placement, size_t length, uint32_t tasks)
{
    size_t run = find_run(placement, length, tasks);
    size_t last = placement->offered - length;
    uint64_t filled = sum_seats(placement, last + 1, length - 1);
    uint64_t left = filled < tasks ? tasks - filled : 1;
    struct seat kept = placement->seats[last];
    size_t fit = 0;

    while (placement->seats[fit].capacity < left)
        fit++;
    if (filled + placement->seats[fit].capacity >= sum_seats(placement, run, length))
        return run;
    placement->seats[last] = placement->seats[fit];
    placement->seats[fit] = kept;
    return last;
}

static void deal_tasks(struct placement *placement, uint32_t tasks)
{
    for (size_t i = 0; i < placement->count; i++) {
        struct seat *seat = &placement->seats[i];
        uint32_t others = (uint32_t)(placement->count - i - 1);

        seat->tasks = tasks - others < seat->capacity ? tasks - others : seat->capacity;
        tasks -= seat->tasks;
    }
    assert(tasks == 0);
}

bool placement_choose(struct placement *placement, const struct request *request)
{
    size_t needed, start;

    if (placement->offered > 1)
        qsort(placement->seats, placement->offered, sizeof(*placement->seats), compare_seats);
    needed = count_needed(placement, request);
    if (needed == 0 || needed > request->nodes_most)
        return false;
    start = find_start(placement, needed, request->tasks);
    memmove(placement->seats, placement->seats + start, needed * sizeof(*placement->seats));
    placement->count = needed;
    if (needed > 1)
        qsort(placement->seats, needed, sizeof(*placement->seats), compare_names);
    deal_tasks(placement, request->tasks);
    return true;
}

void placement_append(struct placement *placement, const struct placement *piece,
                      uint32_t component)
{
    for (size_t i = 0; i < piece->count; i++) {
        struct seat seat = piece->seats[i];

        seat.component = component;
        add_seat(placement, seat);
    }
    placement->count = placement->offered;
}

static int compare_components(const void *a, const void *b)
{
    const struct seat *first = a, *second = b;

    if (first->component != second->component)
        return first->component < second->component ? -1 : 1;
    return compare_names(a, b);
}

void placement_sort(struct placement *placement)
{
    qsort(placement->seats, placement->count, sizeof(*placement->seats), compare_components);
}

uint32_t placement_cores(const struct placement *placement, const struct need *need)
{
    uint32_t cores = 0;

    for (size_t i = 0; i < placement->count; i++)
        cores += need_cores(need_of(need, placement->seats[i].component), placement->seats[i].node,
                            placement->seats[i].tasks);
    return cores;
}

void placement_swap(struct placement *a, struct placement *b)
{
    struct placement kept = *a;

    *a = *b;
    *b = kept;
}
