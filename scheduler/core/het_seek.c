/* het_seek.c - nodes for all components of a heterogeneous job at once */

#include "scheduler/core/het_seek.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"
#include "scheduler/core/seek_inside.h"

#include <stdlib.h>

/* --- needs -------------------------------------------------------------------------------------- */

static struct hostlist *read_list(const char *text)
{
    struct error ignored;

    return text ? hostlist_parse(text, &ignored) : NULL;
}

struct need *het_needs_new(const struct request *request, const struct node *avoid,
                           const struct window *window)
{
    uint32_t count = het_size(request) - 1;
    struct need *more;

    if (count == 0)
        return NULL;
    more = NEW_ARRAY(struct need, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct request *each = het_request(request, i + 1);
        struct error ignored;

        more[i] = (struct need){
            .request = each,
            .avoid = avoid,
            .window = window,
            .only = read_list(each->node_list),
            .except = read_list(each->node_exclude),
        };
        if (each->constraints && each->constraints->features)
            more[i].features = feature_rule_parse(each->constraints->features, &ignored);
    }
    return more;
}

void het_needs_free(struct need *more, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        hostlist_free((struct hostlist *)(uintptr_t)more[i].only);
        hostlist_free((struct hostlist *)(uintptr_t)more[i].except);
        feature_rule_free(more[i].features);
    }
    free(more);
}

/* --- one component ------------------------------------------------------------------------------ */

static struct room room_at(const struct core *core, const struct node *node,
                           const struct moment *moment)
{
    switch (moment->kind) {
    case MOMENT_NOW:
        return plan_room(&core->plan, node, moment->end_us);
    case MOMENT_LATER:
        return plan_room_at(node, moment->at_us);
    case MOMENT_EMPTY:
    case MOMENT_EMPTY_ALL:
        return room_when_empty(node);
    default:
        return room_of(node);
    }
}

static bool is_there(const struct core *core, const struct need *need, const struct node *node,
                     const struct moment *moment)
{
    int64_t limit_us = request_limit(need->request, need->partition);

    if (moment->kind != MOMENT_BACK && moment->kind != MOMENT_EMPTY_ALL && !node_takes_work(node))
        return false;
    if (moment->kind == MOMENT_NOW)
        return !seek_is_kept(core, need, node, moment->end_us);
    return (moment->kind != MOMENT_LATER && !moment->beside_windows) ||
           !windows_against(&core->plan.windows, node, need->window, moment->at_us,
                            moment->at_us + limit_us);
}

/* Where one node will do, none but the one that seek.c would choose. */
static void keep_best(const struct need *need, struct placement *piece)
{
    struct seat best = {0};

    for (size_t i = 0; i < piece->offered; i++) {
        const struct seat *seat = &piece->seats[i];

        if (seat->capacity >= need->request->tasks &&
            seek_prefers(need, seat->node, seat->room, &best))
            best = *seat;
    }
    if (!best.node)
        return;
    placement_reset(piece);
    placement_offer(piece, best.node, best.capacity, best.room);
}

/* Out of all nodes, whatever their class: the slow way. */
static bool place_offered(const struct core *core, const struct need *need,
                          const struct cluster *cluster, const struct moment *moment,
                          struct placement *piece)
{
    uint64_t bit = partition_bit(cluster, need->partition);
    int64_t at_us;
    bool few;

    placement_reset(piece);
    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        if (!(class->partitions & bit) || !need_admits_class(need, class))
            continue;
        for (size_t j = 0; j < class->members.count; j++) {
            struct node *node = class->members.nodes[j];
            struct room room;

            if (!need_admits(need, node) || !is_there(core, need, node, moment))
                continue;
            room = room_at(core, node, moment);
            placement_offer(piece, node, need_capacity(need, node, &room), room.cores);
        }
    }
    if (moment->as_now && need->request->nodes_least <= 1)
        keep_best(need, piece);
    few = moment->few_switches || moment->kind == MOMENT_LATER || moment->kind == MOMENT_NOW;
    at_us = moment->kind == MOMENT_NOW ? core->now_us : moment->at_us;
    return near_choose_offered(&core->plan.scratch->near, cluster->tree,
                               few ? need_switches(need, at_us) : 0, need->request, piece);
}

static bool may_use(const struct need *need, const struct moment *moment)
{
    bool is_checked =
        (moment->kind == MOMENT_NOW || moment->kind == MOMENT_LATER) && !moment->closed_too;

    return request_limit(need->request, need->partition) <= need->partition->limit_us &&
           (need->partition->up || !is_checked);
}

static bool place_in(const struct core *core, const struct need *need,
                     const struct cluster *cluster, const struct moment *moment,
                     struct placement *piece)
{
    if (!may_use(need, moment))
        return false;
    if (moment->kind == MOMENT_NOW && !moment->out_of_all)
        return seek_nodes(core, need, cluster, moment->end_us, piece);
    return place_offered(core, need, cluster, moment, piece);
}

static void take_piece(const struct core *core, uint32_t component, uint8_t place,
                       struct placement *placement)
{
    struct scratch *scratch = core->plan.scratch;
    const struct placement *piece = &scratch->piece;

    placement->places[component] = place;
    placement_append(placement, piece, component);
    for (size_t i = 0; i < piece->count; i++)
        scratch->marks[piece->seats[i].node->index] = scratch->mark;
}

static const struct partition *partition_at(const struct need *own, uint32_t component,
                                            const struct cluster *cluster, uint8_t place)
{
    if (component > 0)
        return place < PARTITION_MAX ? request_partition_at(own->request, cluster, place) : NULL;
    return place == 0 ? need_partition(own, cluster) : NULL;
}

/* Is there another of its partitions that has nodes for it, though not now, and may let it there? */
static bool waits_elsewhere(const struct core *core, const struct need *need, struct need *own,
                            uint32_t component, const struct placement *placement)
{
    static const struct moment empty = {.kind = MOMENT_EMPTY};
    const struct cluster *cluster = placement->cluster;

    for (uint8_t i = 0; (own->partition = partition_at(own, component, cluster, i)); i++)
        if (own->partition->up &&
            !limits_keep_component(core, need, component, i, placement, NULL) &&
            place_in(core, own, cluster, &empty, &core->plan.scratch->piece))
            return true;
    return false;
}

/* The first is told where; each other one has a choice of its own.  A partition of which a limit
 * keeps it is passed over, unless no other will ever do: then that limit is what it waits for. */
static bool place_one(const struct core *core, const struct need *need, uint32_t component,
                      const struct moment *moment, struct placement *placement)
{
    const struct cluster *cluster = placement->cluster;
    struct placement *piece = &core->plan.scratch->piece;
    bool is_bounded = moment->kind != MOMENT_EMPTY && moment->kind != MOMENT_EMPTY_ALL;
    struct request plain = *need->request;
    struct need own = *need_of(need, component);
    uint8_t kept = PARTITION_MAX;

    plain.het = NULL;
    own.marks = core->plan.scratch->marks;
    own.mark = core->plan.scratch->mark;
    if (component == 0)
        own.request = &plain;
    for (uint8_t i = 0; (own.partition = partition_at(&own, component, cluster, i)); i++) {
        if (!place_in(core, &own, cluster, moment, piece))
            continue;
        if (!is_bounded || !limits_keep_component(core, need, component, i, placement, piece)) {
            take_piece(core, component, i, placement);
            return true;
        }
        if (kept == PARTITION_MAX)
            kept = i;
    }
    if (kept == PARTITION_MAX || waits_elsewhere(core, need, &own, component, placement))
        return false;
    own.partition = partition_at(&own, component, cluster, kept);
    (void)place_in(core, &own, cluster, moment, piece);
    take_piece(core, component, kept, placement);
    return true;
}

/* --- all of them -------------------------------------------------------------------------------- */

/* How few nodes can serve it, as far as its request tells. */
static uint64_t hardness_of(const struct need *need)
{
    const struct request *request = need->request;
    uint64_t nodes = request->nodes_most ? request->nodes_most : 1;
    uint64_t cores = (uint64_t)request->tasks * request->cpus_per_task / nodes;
    bool is_special = need->only || need->features || constraints_gpus(request->constraints, 1) > 0;

    return ((uint64_t)is_special << 33) + ((uint64_t)request->exclusive << 32) + cores;
}

/* Hardest first; of equals in their order. */
static void sort_components(const struct need *need, uint32_t count, uint32_t *order)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = i;

        for (; place > 0 &&
               hardness_of(need_of(need, order[place - 1])) < hardness_of(need_of(need, i));
             place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
}

static bool place_all(const struct core *core, const struct need *need, const struct moment *moment,
                      struct placement *placement, const uint32_t *order)
{
    uint32_t count = het_size(need->request);

    placement_reset(placement);
    core->plan.scratch->mark++;
    for (uint32_t i = 0; i < count; i++)
        if (!place_one(core, need, order[i], moment, placement))
            return false;
    placement_sort(placement);
    return true;
}

/* Now the quick search comes first; but what it takes for one component can leave none for another
 * where the slow one, which said when the job was submitted that it can run, would find some. */
bool het_place(const struct core *core, const struct need *need, const struct cluster *cluster,
               const struct moment *moment, struct placement *placement)
{
    struct moment out_of_all = *moment;
    uint32_t order[HET_SIZE_MAX] = {0}, reverse[HET_SIZE_MAX] = {0};
    uint32_t count = het_size(need->request);

    sort_components(need, count, order);
    for (uint32_t i = 0; i < count; i++)
        reverse[i] = order[count - 1 - i];
    placement->cluster = cluster;
    placement->partition = need_partition(need, cluster);
    if (place_all(core, need, moment, placement, order) ||
        place_all(core, need, moment, placement, reverse))
        return true;
    out_of_all.out_of_all = true;
    return moment->kind == MOMENT_NOW && (place_all(core, need, &out_of_all, placement, order) ||
                                          place_all(core, need, &out_of_all, placement, reverse));
}

/* Where a partition has no nodes yet, nobody knows what it will have. */
static bool is_known(const struct core *core, const struct need *need,
                     const struct cluster *cluster, uint32_t component)
{
    const struct need *own = need_of(need, component);
    const struct partition *partition =
        component == 0 ? need_partition(need, cluster) : request_partition(own->request, cluster);
    uint64_t bit = partition ? partition_bit(cluster, partition) : 0;

    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        if ((class->partitions & bit) && class->members.count > 0)
            return true;
    }
    return false;
}

enum possible het_possible(const struct core *core, const struct need *need,
                           const struct cluster *cluster)
{
    static const struct moment empty = {.kind = MOMENT_EMPTY}, all = {.kind = MOMENT_EMPTY_ALL};
    struct placement *piece = &core->plan.scratch->possible;

    if (het_place(core, need, cluster, &empty, piece))
        return POSSIBLE_NOW;
    if (het_place(core, need, cluster, &all, piece))
        return POSSIBLE_LATER;
    for (uint32_t i = 0; i < het_size(need->request); i++)
        if (!is_known(core, need, cluster, i))
            return POSSIBLE_LATER;
    return POSSIBLE_NEVER;
}

/* --- later -------------------------------------------------------------------------------------- */

static int64_t find_alone(const struct core *core, const struct need *own,
                          const struct cluster *cluster)
{
    struct node *ignored;

    if (seek_nodes(core, own, cluster, 0, &core->plan.scratch->piece))
        return core->now_us + 1; /* but for windows, and what is kept for others */
    return reservation_find(core, own, cluster, &ignored);
}

/* Not before each component alone could start, whatever the others take. */
static int64_t find_least(const struct core *core, const struct need *need,
                          const struct cluster *cluster)
{
    int64_t least_us = core->now_us + 1;
    struct request plain = *need->request;

    plain.het = NULL;
    for (uint32_t i = 0; i < het_size(need->request); i++) {
        struct need own = *need_of(need, i);
        int64_t first_us = INT64_MAX;

        if (i == 0)
            own.request = &plain;
        for (size_t j = 0; j == 0 || i > 0; j++) {
            int64_t at_us;

            own.partition = i == 0 ? need_partition(need, cluster)
                                   : request_partition_at(own.request, cluster, j);
            if (!own.partition)
                break;
            at_us = find_alone(core, &own, cluster);
            if (at_us < first_us)
                first_us = at_us;
        }
        if (first_us == INT64_MAX)
            return INT64_MAX;
        if (first_us > least_us)
            least_us = first_us;
    }
    return least_us;
}

struct times {
    size_t count, capacity;
    int64_t *all;
};

static void clear_times(struct times *times)
{
    free(times->all);
}

static void add_time(struct times *times, int64_t at_us)
{
    if (times->count == times->capacity) {
        times->capacity = times->capacity ? 2 * times->capacity : 64;
        times->all = memory_resize(times->all, times->capacity, sizeof(*times->all));
    }
    times->all[times->count++] = at_us;
}

static int compare_times(const void *a, const void *b)
{
    const int64_t *first = a, *second = b;

    return *first < *second ? -1 : *first > *second;
}

/* When something changes for the better: a job ends, a window is over. */
static void find_times(const struct core *core, const struct cluster *cluster, int64_t least_us,
                       struct times *times)
{
    size_t number = inventory_cluster_index(core->inventory, cluster);
    struct timeline_place place = {0};
    const struct timeline_entry *entry;
    const struct window *window;
    size_t walk = 0;

    while ((entry = timeline_next(&core->timelines[number], &place)))
        if (entry->end_us > least_us &&
            (times->count == 0 || times->all[times->count - 1] != entry->end_us))
            add_time(times, entry->end_us);
    while ((window = core_window_next(core, &walk))) {
        int64_t at_us = least_us, from_us, until_us;

        for (int i = 0; i < 8 && window_span(window, at_us, &from_us, &until_us); i++) {
            add_time(times, until_us);
            at_us = until_us;
        }
    }
    if (times->count > 0)
        qsort(times->all, times->count, sizeof(*times->all), compare_times);
}

/* The components compete for nodes, so that what is found one by one need not do together.  Steps
 * that grow find a time at which it does, and halves the first of those between: O(log n) looks at
 * the nodes for n ends. */
int64_t het_find(const struct core *core, const struct need *need, const struct cluster *cluster,
                 int64_t least_us, struct placement *placement)
{
    CLEANUP(clear_times) struct times times = {0};
    struct moment moment = {.kind = MOMENT_LATER};
    int64_t first_us = find_least(core, need, cluster);
    size_t low = 0, high = 0, step = 1;

    if (first_us == INT64_MAX)
        return INT64_MAX;
    moment.at_us = first_us > least_us ? first_us : least_us;
    if (het_place(core, need, cluster, &moment, placement))
        return moment.at_us;
    find_times(core, cluster, moment.at_us, &times);
    for (;; low = high + 1, high += step, step *= 2) {
        if (high >= times.count)
            high = times.count - 1;
        if (low >= times.count)
            return INT64_MAX;
        moment.at_us = times.all[high];
        if (het_place(core, need, cluster, &moment, placement))
            break;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        moment.at_us = times.all[middle];
        if (het_place(core, need, cluster, &moment, placement))
            high = middle;
        else
            low = middle + 1;
    }
    moment.at_us = times.all[high];
    return het_place(core, need, cluster, &moment, placement) ? moment.at_us : INT64_MAX;
}
