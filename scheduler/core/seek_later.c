/* seek_later.c - when a job could start, as the placed jobs end and windows come and go */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"
#include "scheduler/core/seek_inside.h"

#include <stdlib.h>
#include <string.h>

static struct room room_in_outlook(const struct outlook *outlook, const struct node *node)
{
    struct room room = {
        .cores = node->cores > outlook->cores_used ? node->cores - outlook->cores_used : 0,
        .memory_bytes = node->memory_bytes > outlook->memory_used_bytes
                            ? node->memory_bytes - outlook->memory_used_bytes
                            : 0,
        .idle = outlook->cores_used == 0,
    };

    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++) {
        uint32_t count = node->gpu_stock.kinds[i].count;

        room.gpus[i] = count > outlook->gpus_used[i] ? count - outlook->gpus_used[i] : 0;
    }
    return room;
}

struct room outlook_room(const struct scratch *scratch, const struct node *node, int64_t at_us)
{
    const struct outlook *outlook = &scratch->outlooks[node->index];

    if (at_us == scratch->outlook_us && outlook->serial == scratch->outlook)
        return room_in_outlook(outlook, node);
    return plan_room_at(node, at_us);
}

static struct outlook *outlook_of(struct scratch *scratch, struct node *node)
{
    struct outlook *outlook = &scratch->outlooks[node->index];

    if (outlook->serial == scratch->outlook)
        return outlook;
    scratch->seen[scratch->seen_count++] = node;
    *outlook = (struct outlook){
        .serial = scratch->outlook,
        .cores_used = node->cores_used,
        .memory_used_bytes = node->memory_used_bytes,
    };
    if (node->gpu_stock.kind_count > 0)
        memcpy(outlook->gpus_used, node->gpus_used, sizeof(outlook->gpus_used));
    return outlook;
}

static uint32_t leaf_of(const struct node *node)
{
    return node->leaf == SWITCH_NONE ? node->cluster->tree->leaf_count : node->leaf;
}

static struct near_room room_for(uint32_t capacity)
{
    return (struct near_room){capacity, capacity, capacity > 0};
}

/* A node with room for so many tasks, in the spread and of its leaf switch; and no more. */
static void count_in(struct scratch *scratch, const struct node *node, uint32_t capacity)
{
    spread_add(&scratch->spread, capacity, 1);
    if (scratch->looks_at_leaves)
        near_hope(&scratch->ahead, leaf_of(node), room_for(capacity));
}

static void count_out(struct scratch *scratch, const struct node *node, uint32_t capacity)
{
    spread_remove(&scratch->spread, capacity);
    if (scratch->looks_at_leaves)
        near_despair(&scratch->ahead, leaf_of(node), room_for(capacity));
}

static void count_node(struct scratch *scratch, const struct need *need, struct node *node)
{
    struct outlook *outlook;
    struct room room;

    if (!node_takes_work(node) || !need_admits(need, node))
        return;
    outlook = outlook_of(scratch, node);
    room = room_in_outlook(outlook, node);
    outlook->capacity = need_capacity(need, node, &room);
    count_in(scratch, node, outlook->capacity);
}

/* Every node that could be used, as it is now. */
static void count_present(const struct core *core, const struct need *need,
                          const struct cluster *cluster, uint64_t bit)
{
    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        if (!(class->partitions & bit) || !need_admits_class(need, class))
            continue;
        for (size_t j = 0; j < class->members.count; j++)
            count_node(core->plan.scratch, need, class->members.nodes[j]);
    }
}

/* The same, but nodes that are full are counted without a look: of all that wait behind a full
 * cluster nobody pays for its size. */
static void count_free(const struct core *core, const struct need *need,
                       const struct cluster *cluster, uint64_t bit)
{
    struct scratch *scratch = core->plan.scratch;

    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);
        uint32_t bucket = 0;

        if (!(class->partitions & bit) || !need_admits_class(need, class))
            continue;
        spread_add(&scratch->spread, 0, (uint32_t) class->buckets[0].count);
        while ((bucket = node_class_seek(class, bucket + 1)) != NODE_NO_BUCKET)
            for (size_t j = 0; j < class->buckets[bucket].count; j++)
                count_node(scratch, need, class->buckets[bucket].nodes[j]);
    }
}

void outlook_gather(const struct core *core, const struct cluster *cluster, uint64_t bit,
                    int64_t at_us)
{
    struct scratch *scratch = core->plan.scratch;
    struct timeline_place place = {0};
    const struct timeline_entry *entry;

    scratch->outlook++;
    scratch->outlook_us = 0;
    scratch->seen_count = 0;
    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);
        uint32_t bucket = 0;

        while ((class->partitions & bit) &&
               (bucket = node_class_seek(class, bucket + 1)) != NODE_NO_BUCKET)
            for (size_t j = 0; j < class->buckets[bucket].count; j++)
                (void)outlook_of(scratch, class->buckets[bucket].nodes[j]);
    }
    while ((entry = timeline_next(
                &core->timelines[inventory_cluster_index(core->inventory, cluster)], &place)) &&
           entry->end_us <= at_us)
        for (uint32_t i = 0; i < entry->job->part_count; i++)
            if (entry->job->parts[i].node->partitions & bit)
                (void)outlook_of(scratch, entry->job->parts[i].node);
}

void outlook_begin(const struct core *core, const struct need *need, const struct cluster *cluster,
                   uint64_t bit, int64_t start_us)
{
    const struct windows *windows = &core->plan.windows;
    struct scratch *scratch = core->plan.scratch;
    int64_t end_us = start_us + request_limit(need->request, need->partition);

    scratch->outlook++;
    scratch->outlook_us = 0;
    scratch->seen_count = 0;
    scratch->looks_at_leaves = false;
    spread_reset(&scratch->spread);
    count_present(core, need, cluster, bit);
    for (size_t i = 0; i < windows->known_nodes; i++) {
        const struct node *node = inventory_node(core->inventory, i);
        struct outlook *outlook = &scratch->outlooks[node->index];

        if (outlook->serial != scratch->outlook ||
            !windows_against(windows, node, need->window, start_us, end_us))
            continue;
        outlook->closed = 1;
        spread_remove(&scratch->spread, outlook->capacity);
    }
}

static void use_cores(struct outlook *outlook, const struct part *part, int sign)
{
    outlook->cores_used += sign < 0 ? -part->cores_held : part->cores_held;
}

/* The part has what it has (sign 1), or not any more (-1). */
static void use_part(struct outlook *outlook, const struct part *part, int sign)
{
    uint32_t kind =
        part->gpus > 0 ? gpu_stock_find(&part->node->gpu_stock, part->gpu_type) : GPU_KINDS_MAX;

    use_cores(outlook, part, sign);
    outlook->memory_used_bytes += sign < 0 ? -part->memory_bytes : part->memory_bytes;
    if (kind < GPU_KINDS_MAX)
        outlook->gpus_used[kind] += sign < 0 ? -part->gpus : part->gpus;
}

/* The part ends: true when its node alone now holds all tasks. */
static bool give_part(struct scratch *scratch, const struct need *need, const struct part *part,
                      bool count)
{
    struct outlook *outlook = outlook_of(scratch, part->node);
    struct room room;
    uint32_t capacity;

    use_part(outlook, part, -1);
    room = room_in_outlook(outlook, part->node);
    capacity = need_capacity(need, part->node, &room);
    if (count && outlook->closed == 0) {
        count_out(scratch, part->node, outlook->capacity);
        count_in(scratch, part->node, capacity);
    }
    outlook->capacity = capacity;
    return capacity >= need->request->tasks && outlook->closed == 0;
}

/* The job ends: a node that alone now holds all tasks, or NULL. */
static struct node *give_job(struct scratch *scratch, const struct need *need,
                             const struct job *job, uint64_t bit)
{
    bool count = need->request->nodes_most > 1;
    struct node *holds = NULL;

    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];

        if (part_is_over(part) || !(part->node->partitions & bit) || !node_takes_work(part->node) ||
            !need_admits(need, part->node))
            continue;
        if (give_part(scratch, need, part, count) && !holds)
            holds = part->node;
    }
    return holds;
}

/* What the job's parts have, given back or taken, in a spread that counts all nodes. */
static void change(struct scratch *scratch, const struct need *need, const struct job *job,
                   uint64_t bit, int sign, bool cores_alone)
{
    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];
        struct outlook *outlook;
        struct room room;

        if (part_is_over(part) || !(part->node->partitions & bit))
            continue;
        outlook = &scratch->outlooks[part->node->index];
        if (outlook->serial != scratch->outlook)
            continue; /* not among the nodes that would do */
        if (cores_alone)
            use_cores(outlook, part, sign);
        else
            use_part(outlook, part, sign);
        if (outlook->closed == 0)
            spread_remove(&scratch->spread, outlook->capacity);
        room = room_in_outlook(outlook, part->node);
        outlook->capacity = need_capacity(need, part->node, &room);
        if (outlook->closed == 0)
            spread_add(&scratch->spread, outlook->capacity, 1);
    }
}

void outlook_give(struct scratch *scratch, const struct need *need, const struct job *job,
                  uint64_t bit, bool cores_alone)
{
    change(scratch, need, job, bit, -1, cores_alone);
}

void outlook_take(struct scratch *scratch, const struct need *need, const struct job *job,
                  uint64_t bit, bool cores_alone)
{
    change(scratch, need, job, bit, 1, cores_alone);
}

/* --- windows --------------------------------------------------------------------------------- */

/* Let the turnings happen up to and with that time; a node that is open now and holds all tasks,
 * or NULL. */
static struct node *turn_until(struct scratch *scratch, const struct need *need,
                               struct turnings *turnings, int64_t at_us)
{
    bool many = need->request->nodes_most > 1;
    struct node *holds = NULL;

    for (; turnings->next < turnings->count && turnings->all[turnings->next].at_us <= at_us;
         turnings->next++) {
        const struct turning *turning = &turnings->all[turnings->next];
        struct outlook *outlook = outlook_of(scratch, turning->node);
        struct room room = room_in_outlook(outlook, turning->node);

        outlook->capacity = need_capacity(need, turning->node, &room);
        if (turning->closes && outlook->closed++ == 0 && many)
            count_out(scratch, turning->node, outlook->capacity);
        if (turning->closes || --outlook->closed > 0)
            continue;
        if (many)
            count_in(scratch, turning->node, outlook->capacity);
        else if (outlook->capacity >= need->request->tasks)
            holds = turning->node;
    }
    return holds && outlook_of(scratch, holds)->closed == 0 ? holds : NULL;
}

/* --- the search ------------------------------------------------------------------------------ */

/* So often nodes are chosen to see whether few switches will do. */
#define CHOICES_MOST 32

struct search {
    const struct core *core;
    const struct need *need;
    const struct cluster *cluster;
    uint64_t bit;
    bool many;
    unsigned choices;
    struct turnings turnings;
};

static void clear_search(struct search *search)
{
    turnings_clear(&search->turnings);
}

/* What happens next: an end, a node that is open again, or the end of its wait for few switches;
 * INT64_MAX: nothing more. */
static int64_t next_time(const struct search *search, const struct timeline_entry *entry,
                         int64_t last_us)
{
    const struct turnings *turnings = &search->turnings;
    int64_t next_us = entry ? entry->end_us : INT64_MAX;

    if (turnings->next < turnings->count && turnings->all[turnings->next].at_us < next_us)
        next_us = turnings->all[turnings->next].at_us;
    if (search->core->plan.scratch->looks_at_leaves && last_us < search->need->switches_until_us &&
        search->need->switches_until_us < next_us)
        next_us = search->need->switches_until_us;
    return next_us;
}

/* Would the nodes be chosen, as they are in the outlook? */
static bool can_choose(struct search *search, uint32_t leaves_most)
{
    struct scratch *scratch = search->core->plan.scratch;

    if (search->choices++ >= CHOICES_MOST)
        return false;
    placement_reset(&scratch->trial);
    for (size_t i = 0; i < scratch->seen_count; i++) {
        struct node *node = scratch->seen[i];
        const struct outlook *outlook = &scratch->outlooks[node->index];

        if (outlook->closed == 0)
            placement_offer(&scratch->trial, node, outlook->capacity,
                            room_in_outlook(outlook, node).cores);
    }
    return near_choose_offered(&scratch->near, search->cluster->tree, leaves_most,
                               search->need->request, &scratch->trial);
}

static bool holds_at(struct search *search, int64_t at_us)
{
    struct scratch *scratch = search->core->plan.scratch;
    const struct request *request = search->need->request;
    uint32_t leaves_most = scratch->looks_at_leaves ? need_switches(search->need, at_us) : 0;

    if (!spread_holds(&scratch->spread, request))
        return false;
    if (leaves_most == 0)
        return true;
    return near_may_hold(&scratch->ahead, search->cluster->tree, leaves_most, request) &&
           can_choose(search, leaves_most);
}

static void begin_search(struct search *search)
{
    const struct core *core = search->core;
    struct scratch *scratch = core->plan.scratch;

    scratch->outlook++;
    scratch->outlook_us = 0;
    scratch->seen_count = 0;
    spread_reset(&scratch->spread);
    scratch->looks_at_leaves =
        search->many && search->cluster->tree && need_switches(search->need, core->now_us) > 0;
    if (scratch->looks_at_leaves)
        near_begin(&scratch->ahead, search->cluster->tree);
    if (search->many)
        count_free(core, search->need, search->cluster, search->bit);
    turnings_find(core, search->need, search->cluster, &search->turnings);
    (void)turn_until(scratch, search->need, &search->turnings, core->now_us);
}

int64_t reservation_find(const struct core *core, const struct need *need,
                         const struct cluster *cluster, struct node **ret_node)
{
    const struct timeline *timeline =
        &core->timelines[inventory_cluster_index(core->inventory, cluster)];
    CLEANUP(clear_search)
    struct search search = {
        .core = core,
        .need = need,
        .cluster = cluster,
        .bit = partition_bit(cluster, need_partition(need, cluster)),
        .many = need->request->nodes_most > 1,
    };
    struct scratch *scratch = core->plan.scratch;
    const struct timeline_entry *entry;
    struct timeline_place place = {0};
    int64_t at_us = core->now_us;

    *ret_node = NULL;
    begin_search(&search);
    if (search.many && holds_at(&search, core->now_us))
        return core->now_us + 1;
    entry = timeline_next(timeline, &place);
    while ((at_us = next_time(&search, entry, at_us)) != INT64_MAX) {
        struct node *holds = turn_until(scratch, need, &search.turnings, at_us);

        for (; entry && entry->end_us == at_us; entry = timeline_next(timeline, &place)) {
            struct node *node = give_job(scratch, need, entry->job, search.bit);

            holds = holds ? holds : node;
        }
        if (search.many ? holds_at(&search, at_us) : holds != NULL) {
            *ret_node = search.many ? NULL : holds;
            /* Of jobs that are late already, some may be yet to come. */
            scratch->outlook_us = search.many && at_us > core->now_us ? at_us : 0;
            return at_us > core->now_us ? at_us : core->now_us + 1;
        }
    }
    return INT64_MAX;
}
