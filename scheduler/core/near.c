/* near.c - of the nodes that have room, those that are near each other */

#include "scheduler/core/near.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void near_init(struct near *near)
{
    *near = (struct near){0};
    placement_init(&near->offers);
}

void near_clear(struct near *near)
{
    placement_clear(&near->offers);
    free(near->leaves);
    free(near->rooms);
    free(near->tried);
    free(near->order);
    *near = (struct near){0};
}

void near_begin(struct near *near, const struct switch_tree *tree)
{
    if (tree->leaf_count + 1 > near->leaf_capacity) {
        near->leaf_capacity = tree->leaf_count + 1;
        near->leaves = memory_resize(near->leaves, near->leaf_capacity, sizeof(*near->leaves));
        near->order = memory_resize(near->order, near->leaf_capacity, sizeof(*near->order));
    }
    if (tree->count > near->switch_capacity) {
        near->switch_capacity = tree->count;
        near->rooms = memory_resize(near->rooms, tree->count, sizeof(*near->rooms));
        near->tried = memory_resize(near->tried, tree->count, sizeof(*near->tried));
    }
    memset(near->leaves, 0, (tree->leaf_count + 1) * sizeof(*near->leaves));
    memset(near->tried, 0, tree->count * sizeof(*near->tried));
    placement_reset(&near->offers);
    near->is_scattered = false;
}

static void add(struct near_room *room, const struct near_room *other)
{
    room->tasks += other->tasks;
    room->whole += other->whole;
    room->nodes += other->nodes;
}

static void take_away(struct near_room *room, const struct near_room *other)
{
    room->tasks -= other->tasks;
    room->whole -= other->whole;
    room->nodes -= other->nodes;
}

void near_hope(struct near *near, uint32_t leaf, struct near_room room)
{
    add(&near->leaves[leaf].room, &room);
}

void near_despair(struct near *near, uint32_t leaf, struct near_room room)
{
    take_away(&near->leaves[leaf].room, &room);
}

/* --- what there is --------------------------------------------------------------------------------- */

static bool holds(const struct near_room *room, const struct request *request)
{
    return room->tasks >= request->tasks && room->nodes >= request->nodes_least;
}

static void sum_up(struct near *near, const struct switch_tree *tree)
{
    memset(near->rooms, 0, tree->count * sizeof(*near->rooms));
    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t parent = tree->all[i].parent;

        if (i < tree->leaf_count)
            near->rooms[i] = near->leaves[i].room;
        if (parent == SWITCH_NONE)
            continue;
        add(&near->rooms[parent], &near->rooms[i]);
    }
}

static int compare_capacity(const void *a, const void *b)
{
    const struct seat *first = a, *second = b;

    return (first->capacity < second->capacity) - (first->capacity > second->capacity);
}

/* What its seats come to. */
static struct near_room room_of_leaf(const struct near *near, const struct near_leaf *leaf,
                                     uint32_t nodes_most)
{
    struct seat *seats = near->offers.seats + leaf->first;
    struct near_room room = {.nodes = leaf->count};

    if (leaf->count > nodes_most)
        qsort(seats, leaf->count, sizeof(*seats), compare_capacity);
    for (size_t i = 0; i < leaf->count; i++) {
        room.whole += seats[i].capacity;
        if (i < nodes_most)
            room.tasks += seats[i].capacity;
    }
    return room;
}

/* Look at its nodes; what was hoped of it is corrected in all switches above. */
static void learn_leaf(struct near *near, const struct near_ask *ask, uint32_t number)
{
    struct near_leaf *leaf = &near->leaves[number];
    struct near_room hoped = leaf->room;

    if (leaf->is_known)
        return;
    leaf->is_known = true;
    leaf->first = near->offers.offered;
    if (hoped.nodes > 0 && ask->offer)
        ask->offer(ask->context, number, &near->offers);
    leaf->count = near->offers.offered - leaf->first;
    leaf->room = room_of_leaf(near, leaf, ask->request->nodes_most);
    for (uint32_t at = number; number < ask->tree->leaf_count && at != SWITCH_NONE;
         at = ask->tree->all[at].parent) {
        take_away(&near->rooms[at], &hoped);
        add(&near->rooms[at], &leaf->room);
    }
}

/* --- under one switch ------------------------------------------------------------------------------- */

static void take_leaves(const struct near *near, uint32_t count, struct placement *placement)
{
    placement_reset(placement);
    for (uint32_t i = 0; i < count; i++) {
        const struct near_leaf *leaf = &near->leaves[near->order[i]];

        for (size_t j = leaf->first; j < leaf->first + leaf->count; j++)
            placement_offer(placement, near->offers.seats[j].node, near->offers.seats[j].capacity,
                            near->offers.seats[j].room);
    }
}

/* More room first; of equals the first leaf. */
static int compare_leaves(const void *a, const void *b, void *context)
{
    const struct near *near = context;
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    const struct near_room *one = &near->leaves[first].room, *other = &near->leaves[second].room;

    if (one->tasks != other->tasks)
        return one->tasks > other->tasks ? -1 : 1;
    if (one->whole != other->whole)
        return one->whole > other->whole ? -1 : 1;
    return first < second ? -1 : 1;
}

static uint32_t order_leaves(struct near *near, const struct tree_switch *under)
{
    uint32_t count = 0;

    for (uint32_t i = under->first_leaf; i < under->first_leaf + under->leaf_count; i++)
        if (near->leaves[i].count > 0)
            near->order[count++] = i;
    qsort_r(near->order, count, sizeof(*near->order), compare_leaves, near);
    return count;
}

/* How many of the leaves in order hold the job; the last of them is the tightest that will do. */
static uint32_t count_leaves(struct near *near, uint32_t count, const struct request *request)
{
    struct near_room before = {0}, room = {0};
    uint32_t needed = 0, last;

    while (needed < count && !holds(&room, request)) {
        const struct near_leaf *leaf = &near->leaves[near->order[needed++]];

        before = room;
        add(&room, &leaf->room);
    }
    if (!holds(&room, request))
        return 0;
    for (last = count - 1; last >= needed; last--) {
        const struct near_leaf *leaf = &near->leaves[near->order[last]];

        room = before;
        add(&room, &leaf->room);
        if (holds(&room, request)) {
            uint32_t kept = near->order[needed - 1];

            near->order[needed - 1] = near->order[last];
            near->order[last] = kept;
            break;
        }
    }
    return needed;
}

/* Few leaves first; then as many as may be had. */
static bool choose_under(struct near *near, const struct near_ask *ask, uint32_t number,
                         struct placement *placement)
{
    const struct tree_switch *under = &ask->tree->all[number];
    uint32_t count = order_leaves(near, under), most = count;
    uint32_t needed = count_leaves(near, count, ask->request);

    if (ask->leaves_most > 0 && most > ask->leaves_most)
        most = ask->leaves_most;
    if (needed == 0 || needed > most)
        return false;
    take_leaves(near, needed, placement);
    if (placement_choose(placement, ask->request))
        return true;
    take_leaves(near, most, placement);
    return most > needed && placement_choose(placement, ask->request);
}

/* Of the switches of this height that have not been tried and might do, the one with least room. */
static uint32_t next_switch(const struct near *near, const struct near_ask *ask, uint32_t first)
{
    const struct switch_tree *tree = ask->tree;
    uint32_t best = SWITCH_NONE;

    for (uint32_t i = first; i < tree->count && tree->all[i].height == tree->all[first].height; i++)
        if (!near->tried[i] && holds(&near->rooms[i], ask->request) &&
            (best == SWITCH_NONE || near->rooms[i].whole < near->rooms[best].whole))
            best = i;
    return best;
}

static bool try_switch(struct near *near, const struct near_ask *ask, uint32_t number,
                       struct placement *placement)
{
    const struct tree_switch *under = &ask->tree->all[number];

    near->tried[number] = 1;
    for (uint32_t i = under->first_leaf; i < under->first_leaf + under->leaf_count; i++)
        learn_leaf(near, ask, i);
    return holds(&near->rooms[number], ask->request) && choose_under(near, ask, number, placement);
}

static bool choose_at(struct near *near, const struct near_ask *ask, uint32_t first,
                      struct placement *placement)
{
    uint32_t number;

    while ((number = next_switch(near, ask, first)) != SWITCH_NONE)
        if (try_switch(near, ask, number, placement))
            return true;
    return false;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

    return (first < second) - (first > second);
}

/* The sum of the largest. */
static uint64_t sum_most(uint32_t *numbers, uint32_t count, uint32_t most)
{
    uint64_t sum = 0;

    qsort(numbers, count, sizeof(*numbers), compare_numbers);
    for (uint32_t i = 0; i < count && i < most; i++)
        sum += numbers[i];
    return sum;
}

/* No more tasks and nodes of a leaf count than the job has: they fit in the numbers. */
bool near_may_hold(struct near *near, const struct switch_tree *tree, uint32_t leaves_most,
                   const struct request *request)
{
    for (uint32_t i = 0; i < tree->leaf_count; i++) {
        uint64_t tasks = near->leaves[i].room.tasks;

        near->order[i] = tasks < request->tasks ? (uint32_t)tasks : request->tasks;
    }
    if (sum_most(near->order, tree->leaf_count, leaves_most) < request->tasks)
        return false;
    for (uint32_t i = 0; i < tree->leaf_count; i++) {
        uint64_t nodes = near->leaves[i].room.nodes;

        near->order[i] = nodes < request->nodes_least ? (uint32_t)nodes : request->nodes_least;
    }
    return sum_most(near->order, tree->leaf_count, leaves_most) >= request->nodes_least;
}

/* --- all of them ------------------------------------------------------------------------------------- */

/* However scattered, nodes under no switch among them. */
static bool choose_any(struct near *near, const struct near_ask *ask, struct placement *placement)
{
    uint32_t others = ask->tree->leaf_count;
    struct near_room room = near->rooms[ask->tree->count - 1];

    learn_leaf(near, ask, others);
    if (ask->leaves_most == 0 && near->leaves[others].count == 0)
        return false;
    add(&room, &near->leaves[others].room);
    if (!holds(&room, ask->request))
        return false;
    for (uint32_t i = 0; i <= others; i++) {
        learn_leaf(near, ask, i);
        near->order[i] = i;
    }
    take_leaves(near, others + 1, placement);
    return placement_choose(placement, ask->request);
}

bool near_choose(struct near *near, const struct near_ask *ask, struct placement *placement)
{
    const struct switch_tree *tree = ask->tree;

    sum_up(near, tree);
    for (uint32_t i = 0; i < tree->count; i++)
        if ((i == 0 || tree->all[i].height != tree->all[i - 1].height) &&
            choose_at(near, ask, i, placement))
            return true;
    if (!choose_any(near, ask, placement))
        return false;
    near->is_scattered = ask->leaves_most > 0;
    if (near->is_scattered)
        placement_reset(placement);
    return !near->is_scattered;
}

/* By leaf, those of no switch last. */
static void group(struct near *near, const struct near_ask *ask, const struct placement *from)
{
    uint32_t leaf_count = ask->tree->leaf_count;
    size_t first = 0;

    for (size_t i = 0; i < from->offered; i++) {
        uint32_t leaf = from->seats[i].node->leaf;

        near->leaves[leaf < leaf_count ? leaf : leaf_count].count++;
        placement_offer(&near->offers, from->seats[i].node, from->seats[i].capacity,
                        from->seats[i].room); /* for the room: their places come below */
    }
    for (uint32_t i = 0; i <= leaf_count; i++) {
        near->leaves[i].first = first;
        first += near->leaves[i].count;
        near->leaves[i].count = 0;
        near->leaves[i].is_known = true;
    }
    for (size_t i = 0; i < from->offered; i++) {
        uint32_t leaf = from->seats[i].node->leaf;
        struct near_leaf *own = &near->leaves[leaf < leaf_count ? leaf : leaf_count];

        near->offers.seats[own->first + own->count++] = from->seats[i];
    }
    for (uint32_t i = 0; i <= leaf_count; i++)
        near->leaves[i].room = room_of_leaf(near, &near->leaves[i], ask->request->nodes_most);
}

bool near_choose_offered(struct near *near, const struct switch_tree *tree, uint32_t leaves_most,
                         const struct request *request, struct placement *placement)
{
    struct near_ask ask = {.tree = tree, .request = request, .leaves_most = leaves_most};

    if (!tree || placement->offered <= 1)
        return placement_choose(placement, request);
    near_begin(near, tree);
    group(near, &ask, placement);
    return near_choose(near, &ask, placement);
}
