/* reservation.c - the time and the nodes for the first job that must wait */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"

#include <assert.h>

void reservation_drop(struct plan *plan)
{
    plan->blocked = NULL;
    plan->reservation++;
}

void reservation_take(struct plan *plan, const struct node *node, uint32_t cores,
                      uint64_t memory_bytes)
{
    struct spare *spare = &plan->spares[node->index];

    if (!plan->blocked || spare->serial != plan->reservation)
        return;
    spare->cores -= cores < spare->cores ? cores : spare->cores;
    spare->memory_bytes -= memory_bytes < spare->memory_bytes ? memory_bytes
                                                              : spare->memory_bytes;
}

static struct room room_in_outlook(const struct outlook *outlook, const struct node *node)
{
    return (struct room){
        .cores = node->cores > outlook->cores_used ? node->cores - outlook->cores_used : 0,
        .memory_bytes = node->memory_bytes > outlook->memory_used_bytes
                            ? node->memory_bytes - outlook->memory_used_bytes
                            : 0,
        .idle = outlook->cores_used == 0,
    };
}

static struct outlook *outlook_of(struct scratch *scratch, const struct node *node)
{
    struct outlook *outlook = &scratch->outlooks[node->index];

    if (outlook->serial != scratch->outlook)
        *outlook = (struct outlook){scratch->outlook, node->cores_used, node->memory_used_bytes, 0};
    return outlook;
}

/* Count every node that could be used as it is now. */
static void count_present(const struct core *core, const struct need *need,
                          const struct cluster *cluster, uint64_t bit)
{
    struct scratch *scratch = core->plan.scratch;

    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        for (size_t j = 0; (class->partitions & bit) && j < class->members.count; j++) {
            const struct node *node = class->members.nodes[j];
            struct outlook *outlook;
            struct room room;

            if (!node_takes_work(node) || !need_admits(need, node))
                continue;
            outlook = outlook_of(scratch, node);
            room = room_in_outlook(outlook, node);
            outlook->capacity = need_capacity(need, node, &room);
            spread_add(&scratch->spread, outlook->capacity, 1);
        }
    }
}

/* The part ends: true when its node alone now holds all tasks. */
static bool give_part(struct scratch *scratch, const struct need *need, const struct part *part,
                      bool count)
{
    struct outlook *outlook = outlook_of(scratch, part->node);
    struct room room;
    uint32_t capacity;

    outlook->cores_used -= part->cores;
    outlook->memory_used_bytes -= part->memory_bytes;
    room = room_in_outlook(outlook, part->node);
    capacity = need_capacity(need, part->node, &room);
    if (count) {
        spread_remove(&scratch->spread, outlook->capacity);
        spread_add(&scratch->spread, capacity, 1);
    }
    outlook->capacity = capacity;
    return capacity >= need->request->tasks;
}

/* The job ends: a node that alone now holds all tasks, or NULL. */
static struct node *give_job(struct scratch *scratch, const struct need *need, const struct job *job,
                             uint64_t bit)
{
    bool count = need->request->nodes_most > 1;
    struct node *holds = NULL;

    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];

        if (part_is_over(part) || !(part->node->partitions & bit) ||
            !node_takes_work(part->node) || !need_admits(need, part->node))
            continue;
        if (give_part(scratch, need, part, count) && !holds)
            holds = part->node;
    }
    return holds;
}

int64_t reservation_find(const struct core *core, const struct need *need,
                         const struct cluster *cluster, struct node **ret_node)
{
    const struct timeline *timeline =
        &core->timelines[inventory_cluster_index(core->inventory, cluster)];
    const struct partition *partition = request_partition(need->request, cluster);
    uint64_t bit = partition_bit(cluster, partition);
    bool many = need->request->nodes_most > 1;
    struct scratch *scratch = core->plan.scratch;

    *ret_node = NULL;
    scratch->outlook++;
    spread_reset(&scratch->spread);
    if (many) {
        count_present(core, need, cluster, bit);
        if (spread_holds(&scratch->spread, need->request))
            return core->now_us + 1;
    }
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_entry *entry = &timeline->entries[i];
        bool last = i + 1 == timeline->count || entry[1].end_us != entry->end_us;
        struct node *node = give_job(scratch, need, entry->job, bit);

        if ((!many && node) || (many && last && spread_holds(&scratch->spread, need->request))) {
            *ret_node = many ? NULL : node;
            return entry->end_us > core->now_us ? entry->end_us : core->now_us + 1;
        }
    }
    return INT64_MAX;
}

/* What of the node will be free at the reserved time. */
static struct room room_at(const struct node *node, int64_t at_us)
{
    struct room room = {
        .cores = timeline_free_cores(node, at_us),
        .memory_bytes = timeline_free_memory(node, at_us),
    };

    room.idle = room.cores == node->cores;
    return room;
}

static void offer_at(struct placement *placement, const struct need *need, struct node *node,
                     int64_t at_us)
{
    struct room room = room_at(node, at_us);

    if (node_takes_work(node) && need_admits(need, node))
        placement_offer(placement, node, need_capacity(need, node, &room), room.cores);
}

static bool choose_at(struct core *core, const struct need *need, const struct cluster *cluster,
                      int64_t at_us)
{
    struct placement *placement = &core->plan.reserved;
    uint64_t bit = partition_bit(cluster, request_partition(need->request, cluster));

    placement_reset(placement);
    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        for (size_t j = 0; (class->partitions & bit) && j < class->members.count; j++)
            offer_at(placement, need, class->members.nodes[j], at_us);
    }
    return placement_choose(placement, need->request);
}

static bool choose_node(struct core *core, const struct need *need, struct node *node,
                        int64_t at_us)
{
    placement_reset(&core->plan.reserved);
    offer_at(&core->plan.reserved, need, node, at_us);
    return placement_choose(&core->plan.reserved, need->request);
}

static void take_seats(struct plan *plan, const struct need *need)
{
    for (size_t i = 0; i < plan->reserved.count; i++) {
        const struct seat *seat = &plan->reserved.seats[i];
        struct room room = room_at(seat->node, plan->start_us);
        uint64_t memory_bytes = need_memory(need, seat->node, seat->tasks);
        uint32_t cores = need_cores(need, seat->node, seat->tasks);

        assert(cores <= room.cores);
        plan->spares[seat->node->index] = (struct spare){
            .serial = plan->reservation,
            .cores = room.cores - cores,
            .memory_bytes =
                memory_bytes < room.memory_bytes ? room.memory_bytes - memory_bytes : 0,
        };
    }
}

bool reservation_make(struct core *core, struct shape *shape)
{
    struct plan *plan = &core->plan;
    struct need need = shape_need(shape);
    const struct cluster *best = NULL;
    struct node *best_node = NULL;
    int64_t best_us = INT64_MAX;

    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);
        struct node *node;
        int64_t start_us;

        if (!plan->scratch->waits[i])
            continue;
        start_us = reservation_find(core, &need, cluster, &node);
        if (start_us < best_us) {
            best_us = start_us;
            best = cluster;
            best_node = node;
        }
    }
    if (!best || !(best_node ? choose_node(core, &need, best_node, best_us)
                             : choose_at(core, &need, best, best_us)))
        return false;
    plan->reservation++;
    plan->blocked = shape;
    plan->cluster = best;
    plan->start_us = best_us;
    take_seats(plan, &need);
    return true;
}
