/* reservation.c - the time and the nodes for the first job that must wait */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/loan.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <string.h>

/* In a large cluster of several nodes a reservation is looked for anew only so often, and kept
 * meanwhile: an end before its time may let the job start sooner, but makes the reservation no
 * worse. */
#define KEEP_JOBS 1000
#define KEEP_US   INT64_C(1000000)

void reservations_drop(struct plan *plan)
{
    for (size_t i = 0; i < plan->lane_count; i++) {
        struct lane *lane = &plan->lanes[i];

        if (lane->blocked)
            lane->blocked->reservations = 0;
        lane->blocked = NULL;
        lane->looked = 0;
        lane->kept_cores = 0;
    }
    if (plan->licenses)
        licenses_drop(plan->licenses);
}

void reservations_forget(struct plan *plan, const struct job *job)
{
    for (size_t i = 0; i < plan->lane_count; i++)
        if (plan->lanes[i].found_job == job->id)
            plan->lanes[i].found_job = 0;
}

struct spare *reservation_on(const struct plan *plan, const struct node *node, int64_t end_us)
{
    struct spare *spare = &plan->spares[node->index];

    if (!spare->lane || !spare->lane->blocked || spare->lane->serial != spare->serial ||
        end_us <= spare->start_us)
        return NULL;
    return spare;
}

/* Free cores of the node that are not for who stays beyond the reserved time. */
static uint32_t kept_on(const struct node *node, const struct spare *spare)
{
    uint32_t cores = node_takes_work(node) ? node_free_cores(node) : 0;

    return cores > spare->cores ? cores - spare->cores : 0;
}

/* A component may have nodes that are in another partition: they are not among the lane's cores. */
static bool is_counted(const struct lane *lane, const struct node *node)
{
    return node->partitions & partition_bit(lane->cluster, lane->partition);
}

void reservations_discount(struct plan *plan, struct node *node)
{
    const struct spare *spare = reservation_on(plan, node, INT64_MAX);

    if (spare && is_counted(spare->lane, node))
        spare->lane->kept_cores -= kept_on(node, spare);
}

void reservations_recount(struct plan *plan, struct node *node)
{
    const struct spare *spare = reservation_on(plan, node, INT64_MAX);

    if (spare && is_counted(spare->lane, node))
        spare->lane->kept_cores += kept_on(node, spare);
}

static void take_spare(struct spare *spare, const struct part *part)
{
    uint32_t kind =
        part->gpus > 0 ? gpu_stock_find(&part->node->gpu_stock, part->gpu_type) : GPU_KINDS_MAX;

    spare->cores -= part->cores < spare->cores ? part->cores : spare->cores;
    spare->memory_bytes -=
        part->memory_bytes < spare->memory_bytes ? part->memory_bytes : spare->memory_bytes;
    if (kind < GPU_KINDS_MAX)
        spare->gpus[kind] -= part->gpus < spare->gpus[kind] ? part->gpus : spare->gpus[kind];
}

void reservations_note(struct plan *plan, const struct job *job, int64_t end_us)
{
    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];
        struct spare *spare = reservation_on(plan, part->node, end_us);

        if (spare)
            take_spare(spare, part);
    }
    /* What is not in force was not respected: it cannot be kept. */
    for (size_t i = 0; i < plan->lane_count; i++)
        if (!plan->lanes[i].blocked && plan->lanes[i].cluster == job->cluster)
            plan->lanes[i].found_job = 0;
}

/* What of the node will be free at a time to come. */
static uint64_t free_memory_at(const struct node *node, int64_t at_us)
{
    return node->memory_used_bytes > 0 ? timeline_free_memory(node, at_us) : node->memory_bytes;
}

static void count_gpus_at(const struct node *node, int64_t at_us, struct room *room)
{
    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++)
        room->gpus[i] = timeline_free_gpus(node, i, at_us);
}

struct room plan_room_at(const struct node *node, int64_t at_us)
{
    struct room room = {
        .cores = timeline_free_cores(node, at_us),
        .memory_bytes = free_memory_at(node, at_us),
    };

    count_gpus_at(node, at_us, &room);
    room.idle = room.cores == node->cores;
    return room;
}

static void offer_at(const struct plan *plan, struct lane *lane, const struct need *need,
                     struct node *node)
{
    int64_t limit_us = request_limit(need->request, lane->partition);
    int64_t at_us = lane->start_us;
    struct room room;

    if (!node_takes_work(node) || !need_admits(need, node) ||
        windows_against(&plan->windows, node, need->window, at_us, at_us + limit_us))
        return;
    room = outlook_room(plan->scratch, node, at_us);
    placement_offer(&lane->seats, node, need_capacity(need, node, &room), room.cores);
}

/* All nodes that may have room at the reserved time: as the search for it saw them, where it
 * did. */
static void offer_nodes(const struct core *core, const struct need *need, struct lane *lane)
{
    const struct scratch *scratch = core->plan.scratch;

    if (lane->start_us != scratch->outlook_us)
        outlook_gather(core, lane->cluster, partition_bit(lane->cluster, lane->partition),
                       lane->start_us);
    for (size_t i = 0; i < scratch->seen_count; i++)
        offer_at(&core->plan, lane, need, scratch->seen[i]);
}

/* The seats of the reservation; `node` if it is to be one alone. */
static bool choose_seats(const struct core *core, const struct need *need, struct lane *lane,
                         struct node *node)
{
    placement_reset(&lane->seats);
    if (node)
        offer_at(&core->plan, lane, need, node);
    else
        offer_nodes(core, need, lane);
    return near_choose_offered(&core->plan.scratch->near, lane->cluster->tree,
                               need_switches(need, lane->start_us), need->request, &lane->seats);
}

/* Where lanes share nodes, the reservations on a node are taken for one: the earlier time and the
 * lesser rest. */
static void note_spare(struct plan *plan, struct node *node, struct spare spare)
{
    struct spare *noted = &plan->spares[node->index];

    reservations_discount(plan, node);
    if (reservation_on(plan, node, INT64_MAX)) {
        if (noted->start_us < spare.start_us)
            spare.start_us = noted->start_us;
        if (noted->cores < spare.cores)
            spare.cores = noted->cores;
        if (noted->memory_bytes < spare.memory_bytes)
            spare.memory_bytes = noted->memory_bytes;
        for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++)
            if (noted->gpus[i] < spare.gpus[i])
                spare.gpus[i] = noted->gpus[i];
    }
    *noted = spare;
}

/* What the reservation leaves of the node at its time. */
static struct spare spare_of(const struct need *need, struct lane *lane, const struct seat *seat)
{
    /* Its free cores at that time are in the seat: to count them again may take long in a pool. */
    struct room room = {.memory_bytes = free_memory_at(seat->node, lane->start_us)};
    uint64_t memory_bytes = need_memory(need, seat->node, seat->tasks);
    uint32_t cores = need_cores(need, seat->node, seat->tasks);
    struct spare spare = {
        .lane = lane,
        .serial = lane->serial,
        .start_us = lane->start_us,
        .cores = cores < seat->room ? seat->room - cores : 0,
        .memory_bytes = memory_bytes < room.memory_bytes ? room.memory_bytes - memory_bytes : 0,
    };
    uint32_t kind;

    count_gpus_at(seat->node, lane->start_us, &room);
    memcpy(spare.gpus, room.gpus, sizeof(spare.gpus));
    kind = need_gpu_kind(need, seat->node, &room, seat->tasks);
    if (kind < GPU_KINDS_MAX)
        spare.gpus[kind] -= need_gpus(need, seat->tasks);
    return spare;
}

static void take_seats(struct plan *plan, const struct need *need, struct lane *lane)
{
    for (size_t i = 0; i < lane->seats.count; i++)
        note_spare(
            plan, lane->seats.seats[i].node,
            spare_of(need_of(need, lane->seats.seats[i].component), lane, &lane->seats.seats[i]));
}

/* Is the lane's last reservation for the same job, and young enough to be kept? */
static bool is_kept(const struct core *core, const struct shape *shape, const struct lane *lane)
{
    size_t cluster = inventory_cluster_index(core->inventory, lane->cluster);

    return lane->found_job == shape_first(shape)->id &&
           lane->found_serial >= core->plan.lost_serial &&
           core->timelines[cluster].count > KEEP_JOBS &&
           !inventory_only_node(core->inventory, lane->cluster) &&
           core->now_us - lane->found_us < KEEP_US && lane->start_us > core->now_us;
}

/* A cluster that is one big node, with nothing to count but cores, as a replayed log's is: the
 * sums of the expected ends tell it all.  False: it is not so simple. */
static bool find_in_pool(const struct core *core, const struct need *need, struct lane *lane)
{
    const struct request *request = need->request;
    struct node *node = inventory_only_node(core->inventory, lane->cluster);
    uint64_t cores = (uint64_t)request->tasks * request->cpus_per_task;
    uint64_t freed = 0;
    struct room room;

    if (!node || request->het || request->exclusive || request->constraints ||
        request->memory_per_node || request->memory_per_cpu || node->memory_used_bytes > 0 ||
        request->nodes_least > 1 || !node_takes_work(node) || !need_admits(need, node) ||
        windows_against(&core->plan.windows, node, NULL, 0, INT64_MAX) ||
        !(node->partitions & partition_bit(lane->cluster, lane->partition)))
        return false;
    room = room_when_empty(node);
    if (need_capacity(need, node, &room) < request->tasks || cores <= node_free_cores(node))
        return false;
    lane->start_us =
        timeline_seek(&core->timelines[inventory_cluster_index(core->inventory, lane->cluster)],
                      cores - node_free_cores(node), core->now_us + 1, &freed);
    if (lane->start_us == INT64_MAX)
        return false;
    placement_reset(&lane->seats);
    placement_offer(&lane->seats, node, request->tasks, node_free_cores(node) + (uint32_t)freed);
    return placement_choose(&lane->seats, request);
}

/* The first time at which there are nodes and licences.  Nodes that are free now are so later,
 * too: nobody behind takes them. */
static bool find_licensed(const struct core *core, const struct need *need, struct lane *lane)
{
    int64_t end_us = core->now_us + request_limit(need->request, lane->partition);
    int64_t licensed_us =
        licenses_free_at(core->licenses, need->licenses, lane->cluster, core->now_us);
    struct node *node;

    lane->start_us = core->now_us + 1;
    if (licensed_us == INT64_MAX)
        return false;
    if (!seek_nodes(core, need, lane->cluster, end_us, &core->plan.scratch->trial))
        lane->start_us = reservation_find(core, need, lane->cluster, &node);
    if (lane->start_us == INT64_MAX)
        return false;
    if (licensed_us > lane->start_us)
        lane->start_us = licensed_us;
    return choose_seats(core, need, lane, NULL);
}

/* All components at one time. */
static bool find_components(const struct core *core, const struct need *need, struct lane *lane)
{
    int64_t licensed_us = core->now_us + 1;

    if (need->licenses)
        licensed_us = licenses_free_at(core->licenses, need->licenses, lane->cluster, core->now_us);
    lane->start_us = licensed_us == INT64_MAX
                         ? INT64_MAX
                         : het_find(core, need, lane->cluster, licensed_us, &lane->seats);
    return lane->start_us != INT64_MAX;
}

static bool find_anywhere(const struct core *core, const struct need *need, struct lane *lane)
{
    struct node *node;

    if (need->request->het)
        return find_components(core, need, lane);
    if (need->licenses)
        return find_licensed(core, need, lane);
    lane->start_us = reservation_find(core, need, lane->cluster, &node);
    return lane->start_us != INT64_MAX && choose_seats(core, need, lane, node);
}

/* Was it found for the same job in the same state of all that it follows from?  The time alone
 * changes nothing before it has come. */
static bool is_found(const struct core *core, const struct shape *shape, const struct lane *lane)
{
    size_t cluster = inventory_cluster_index(core->inventory, lane->cluster);

    return lane->found_job == shape_first(shape)->id && !shape->licenses &&
           core->plan.windows.known_nodes == 0 && lane->start_us > core->now_us &&
           lane->found_serial == core->plan.nodes_serial &&
           lane->found_changes == inventory_changes(core->inventory, lane->cluster) &&
           lane->found_ends == core->timelines[cluster].changes;
}

static void note_found(const struct core *core, const struct shape *shape, struct lane *lane)
{
    size_t cluster = inventory_cluster_index(core->inventory, lane->cluster);

    lane->found_job = shape_first(shape)->id;
    lane->found_serial = core->plan.nodes_serial;
    lane->found_changes = inventory_changes(core->inventory, lane->cluster);
    lane->found_ends = core->timelines[cluster].changes;
}

static bool find_seats(struct core *core, const struct shape *shape, struct lane *lane)
{
    struct need need = shape_need(shape);

    need.partition = lane->partition;
    if (!is_found(core, shape, lane)) {
        lane->found_job = 0;
        core->plan.scratch->outlook_us = 0; /* what an earlier search saw may have changed */
        if (!find_in_pool(core, &need, lane) && !find_anywhere(core, &need, lane))
            return false;
        note_found(core, shape, lane);
    }
    /* Nobody need wait for what it may not have. */
    if (!loan_lets(lane->cluster, shape_first(shape)->institution, lane->start_us,
                   request_limit(need.request, lane->partition)))
        return false;
    lane->found_us = core->now_us;
    lane->serial = ++core->plan.serial;
    take_seats(&core->plan, &need, lane);
    return true;
}

/* Of the seats that are still its own. */
static void count_kept(struct plan *plan, struct lane *lane)
{
    lane->kept_cores = 0;
    for (size_t i = 0; i < lane->seats.count; i++) {
        const struct node *node = lane->seats.seats[i].node;
        const struct spare *spare = reservation_on(plan, node, INT64_MAX);

        if (spare && spare->lane == lane && is_counted(lane, node))
            lane->kept_cores += kept_on(node, spare);
    }
}

/* Nodes with fewer free cores than one has that is not reserved need no look. */
static void measure_class(const struct plan *plan, const struct node_class *class,
                          struct lane *lane)
{
    for (uint32_t bucket = node_class_most(class); bucket > lane->long_cores;
         bucket = node_class_seek_down(class, bucket - 1)) {
        const struct roster *roster = &class->buckets[bucket];

        for (size_t i = 0; i < roster->count && lane->long_cores < bucket; i++) {
            const struct spare *spare = reservation_on(plan, roster->nodes[i], INT64_MAX);
            uint32_t cores = spare && spare->cores < bucket ? spare->cores : bucket;

            if (cores > lane->long_cores)
                lane->long_cores = cores;
            if (spare && spare->start_us > lane->long_us)
                lane->long_us = spare->start_us;
        }
    }
}

void reservations_measure(const struct core *core, struct lane *lane)
{
    uint64_t bit = partition_bit(lane->cluster, lane->partition);

    lane->is_measured = true;
    lane->long_us = 0;
    lane->long_cores = 0;
    for (size_t i = 0; i < inventory_class_count(core->inventory, lane->cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, lane->cluster, i);

        if ((class->partitions & bit) && class->working > 0)
            measure_class(&core->plan, class, lane);
    }
}

/* Its nodes may be those of the cluster's other lanes, too. */
static void forget_measures(const struct plan *plan, const struct core *core,
                            const struct cluster *cluster)
{
    struct lane *lanes =
        plan_lane(plan, inventory_cluster_index(core->inventory, cluster), cluster->partitions);

    for (size_t i = 0; i < cluster->partition_count; i++)
        lanes[i].is_measured = false;
}

void reservation_make(struct core *core, struct shape *shape)
{
    struct plan *plan = &core->plan;

    if (shape->window)
        return;
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        struct lane *lane = &plan->lanes[shape->stream->lanes[i]];

        if (lane->blocked || !plan->scratch->waits[i])
            continue;
        if (!is_kept(core, shape, lane) && !find_seats(core, shape, lane))
            continue;
        lane->blocked = shape;
        shape->reservations++;
        if (shape->licenses)
            licenses_reserve(core->licenses, shape->licenses, lane->cluster, lane->start_us);
        count_kept(plan, lane);
        forget_measures(plan, core, lane->cluster);
    }
}
