/* seek.c - where a job could start now */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"
#include "scheduler/core/seek_inside.h"

#include <assert.h>

struct room plan_room(const struct plan *plan, const struct node *node, int64_t end_us)
{
    struct room room = room_of(node);
    const struct spare *spare = reservation_on(plan, node, end_us);

    if (!spare)
        return room;
    if (spare->cores < room.cores)
        room.cores = spare->cores;
    if (spare->memory_bytes < room.memory_bytes)
        room.memory_bytes = spare->memory_bytes;
    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++)
        if (spare->gpus[i] < room.gpus[i])
            room.gpus[i] = spare->gpus[i];
    room.idle = room.idle && spare->cores == node->cores;
    return room;
}

bool seek_class_has_room(const struct node_class *class, const struct need *need)
{
    return need_admits_class(need, class) && node_class_most_gpus(class) >= need_gpus(need, 1);
}

uint64_t seek_least_cores(const struct node_class *class, const struct request *request,
                          uint32_t tasks)
{
    uint64_t cores = (uint64_t)tasks * request->cpus_per_task;

    if (request->exclusive && cores < class->cores)
        return class->cores;
    return cores > 0 ? cores : 1;
}

bool seek_is_kept(const struct core *core, const struct need *need, const struct node *node,
                  int64_t end_us)
{
    const struct window *window =
        windows_against(&core->plan.windows, node, need->window, core->now_us,
                        end_us > need->windows_us ? end_us : need->windows_us);

    if (!window)
        return false;
    core->plan.scratch->kept_by = window->facts.maintenance ? REASON_MAINTENANCE : REASON_RESERVED;
    return true;
}

static struct node *seek_in_bucket(const struct core *core, const struct roster *bucket,
                                   const struct need *need, int64_t end_us)
{
    for (size_t i = 0; i < bucket->count; i++) {
        struct node *node = bucket->nodes[i];
        struct room room;

        if (!need_admits(need, node))
            continue;
        room = plan_room(&core->plan, node, end_us);
        if (need_capacity(need, node, &room) >= need->request->tasks &&
            !seek_is_kept(core, need, node, end_us))
            return node;
    }
    return NULL;
}

/* The node of the class with the least room that holds all tasks. */
static struct node *seek_in_class(const struct core *core, const struct node_class *class,
                                  const struct need *need, int64_t end_us)
{
    uint64_t least = seek_least_cores(class, need->request, need->request->tasks);
    uint32_t bucket;

    if (least > class->cores)
        return NULL;
    for (bucket = node_class_seek(class, (uint32_t)least); bucket != NODE_NO_BUCKET;
         bucket = node_class_seek(class, bucket + 1)) {
        struct node *node = seek_in_bucket(core, &class->buckets[bucket], need, end_us);

        if (node)
            return node;
    }
    return NULL;
}

/* Of leaf switches the one that is fuller: the others stay whole. */
static bool is_fuller(const struct node_class *class, const struct node_class *other)
{
    return class->leaf != other->leaf && class->free_cores < other->free_cores;
}

/* Who needs no GPU leaves those nodes alone that have some; then the tightest is best. */
static bool is_better(const struct need *need, const struct node_class *class, uint32_t free_cores,
                      const struct node *best)
{
    bool has_gpus = class->gpus.kind_count > 0;

    if (!best)
        return true;
    if (need_gpus(need, 1) == 0 && has_gpus != (best->gpu_stock.kind_count > 0))
        return !has_gpus;
    if (free_cores != node_free_cores(best))
        return free_cores < node_free_cores(best);
    return is_fuller(class, best->class);
}

bool seek_prefers(const struct need *need, const struct node *node, uint32_t cores,
                  const struct seat *best)
{
    bool has_gpus = node->gpu_stock.kind_count > 0;

    if (!best->node)
        return true;
    if (need_gpus(need, 1) == 0 && has_gpus != (best->node->gpu_stock.kind_count > 0))
        return !has_gpus;
    return cores < best->room;
}

/* Could a node of the class be better, as far as its buckets tell? */
static bool could_be_better(const struct node_class *class, const struct need *need,
                            const struct node *best)
{
    uint64_t least = seek_least_cores(class, need->request, need->request->tasks);
    uint32_t bucket;

    if (!best)
        return true;
    bucket = least > class->cores ? NODE_NO_BUCKET : node_class_seek(class, (uint32_t)least);
    return bucket != NODE_NO_BUCKET && is_better(need, class, bucket, best);
}

static bool seek_one(const struct core *core, const struct need *need,
                     const struct cluster *cluster, int64_t end_us, struct placement *placement)
{
    uint64_t bit = partition_bit(cluster, placement->partition);
    size_t count = inventory_class_count(core->inventory, cluster);
    struct node *best = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);
        struct node *node;

        if (!(class->partitions & bit) || class->working == 0 ||
            !could_be_better(class, need, best) || !seek_class_has_room(class, need))
            continue;
        node = seek_in_class(core, class, need, end_us);
        if (node && is_better(need, class, node_free_cores(node), best))
            best = node;
    }
    if (!best)
        return false;
    placement_offer(placement, best, need->request->tasks, node_free_cores(best));
    return placement_choose(placement, need->request);
}

bool seek_licenses(const struct core *core, const struct need *need, const struct cluster *cluster,
                   int64_t end_us)
{
    return !need->licenses || licenses_free_now(core->licenses, need->licenses, cluster, end_us);
}

bool seek_now(const struct core *core, const struct need *need, const struct cluster *cluster,
              int64_t end_us, struct placement *placement)
{
    return seek_licenses(core, need, cluster, end_us) &&
           seek_nodes(core, need, cluster, end_us, placement);
}

bool seek_nodes(const struct core *core, const struct need *need, const struct cluster *cluster,
                int64_t end_us, struct placement *placement)
{
    if (need->request->het)
        return het_place(core, need, cluster,
                         &(struct moment){.kind = MOMENT_NOW, .end_us = end_us}, placement);
    placement_reset(placement);
    placement->cluster = cluster;
    placement->partition = need_partition(need, cluster);
    assert(placement->partition);
    if (need->request->nodes_least <= 1 && seek_one(core, need, cluster, end_us, placement))
        return true;
    if (need->request->nodes_most <= 1)
        return false;
    placement_reset(placement);
    return seek_many(core, need, cluster, end_us, placement);
}
