/* seek_many.c - where a job could start now on several nodes */

#include "scheduler/core/request.h"
#include "scheduler/core/seek_inside.h"

struct look {
    const struct core *core;
    const struct need *need;
    const struct cluster *cluster;
    int64_t end_us;
    uint64_t bit;
};

/* Tasks on a node of that bucket as if nothing were reserved, and all its GPUs and memory were
 * free: cheap and hopeful. */
static uint32_t hope_of(const struct need *need, const struct node_class *class, uint32_t bucket)
{
    struct room room = {
        .cores = bucket, .memory_bytes = UINT64_MAX, .idle = bucket == class->cores};

    for (uint32_t i = 0; i < class->gpus.kind_count; i++)
        room.gpus[i] = class->gpus.kinds[i].count;
    return need_capacity(need, class->buckets[bucket].nodes[0], &room);
}

/* The first bucket at or above *bucket whose nodes may hold a task; false: none. */
static bool next_bucket(const struct look *look, const struct node_class *class, uint32_t *bucket)
{
    uint64_t least = seek_least_cores(class, look->need->request, 1);

    if (least > class->cores)
        return false;
    *bucket = node_class_seek(class, *bucket > least ? *bucket : (uint32_t)least);
    return *bucket != NODE_NO_BUCKET;
}

static bool is_of_use(const struct look *look, const struct node_class *class)
{
    return (class->partitions & look->bit) && class->working > 0 &&
           seek_class_has_room(class, look->need);
}

static uint32_t leaf_of(const struct look *look, const struct node_class *class)
{
    return class->leaf == SWITCH_NONE ? look->cluster->tree->leaf_count : class->leaf;
}

static void count_class(const struct look *look, const struct node_class *class)
{
    struct scratch *scratch = look->core->plan.scratch;
    uint32_t most = look->need->request->nodes_most;

    for (uint32_t bucket = 0; next_bucket(look, class, &bucket); bucket++) {
        uint32_t tasks = hope_of(look->need, class, bucket);
        size_t count = class->buckets[bucket].count;

        spread_add(&scratch->spread, tasks, (uint32_t)count);
        if (look->cluster->tree && tasks > 0)
            near_hope(&scratch->near, leaf_of(look, class),
                      (struct near_room){(uint64_t)tasks * (count < most ? count : most),
                                         (uint64_t)tasks * count, count});
    }
}

/* Counts of nodes alone; and what may be hoped of each leaf switch. */
static bool could_hold(const struct look *look)
{
    struct scratch *scratch = look->core->plan.scratch;
    size_t count = inventory_class_count(look->core->inventory, look->cluster);

    spread_reset(&scratch->spread);
    if (look->cluster->tree)
        near_begin(&scratch->near, look->cluster->tree);
    for (size_t i = 0; i < count; i++) {
        const struct node_class *class = inventory_class(look->core->inventory, look->cluster, i);

        if (is_of_use(look, class))
            count_class(look, class);
    }
    return spread_holds(&scratch->spread, look->need->request);
}

/* Nodes of a bucket are alike, unless something is reserved on them or they differ in memory: no
 * more of those that are as good as can be are offered than the job may have. */
static void offer_bucket(const struct look *look, const struct node_class *class, uint32_t number,
                         struct placement *placement)
{
    const struct roster *bucket = &class->buckets[number];
    const struct need *need = look->need;
    uint32_t hope = hope_of(need, class, number), good = 0;

    for (size_t i = 0; hope > 0 && i < bucket->count && good < need->request->nodes_most; i++) {
        struct node *node = bucket->nodes[i];
        struct room room;
        uint32_t capacity;

        if (!need_admits(need, node))
            continue;
        room = plan_room(&look->core->plan, node, look->end_us);
        capacity = need_capacity(need, node, &room);
        if (capacity == 0 || seek_is_kept(look->core, need, node, look->end_us))
            continue;
        placement_offer(placement, node, capacity, room.cores);
        good += capacity == hope && room.cores == number;
    }
}

static void offer_class(const struct look *look, const struct node_class *class,
                        struct placement *placement)
{
    if (is_of_use(look, class))
        for (uint32_t bucket = 0; next_bucket(look, class, &bucket); bucket++)
            offer_bucket(look, class, bucket, placement);
}

static void offer_leaf(void *context, uint32_t leaf, struct placement *offers)
{
    const struct look *look = context;
    const struct inventory *inventory = look->core->inventory;
    size_t count = inventory_class_count(inventory, look->cluster);

    for (size_t i = inventory_first_class(inventory, look->cluster, leaf); i < count; i++) {
        const struct node_class *class = inventory_class(inventory, look->cluster, i);

        if (leaf_of(look, class) != leaf)
            break;
        offer_class(look, class, offers);
    }
}

static bool seek_near(struct look *look, struct placement *placement)
{
    struct near *near = &look->core->plan.scratch->near;
    struct near_ask ask = {
        .tree = look->cluster->tree,
        .request = look->need->request,
        .leaves_most = need_switches(look->need, look->core->now_us),
        .offer = offer_leaf,
        .context = look,
    };

    if (near_choose(near, &ask, placement))
        return true;
    if (near->is_scattered)
        look->core->plan.scratch->kept_by = REASON_SWITCHES;
    return false;
}

bool seek_many(const struct core *core, const struct need *need, const struct cluster *cluster,
               int64_t end_us, struct placement *placement)
{
    size_t count = inventory_class_count(core->inventory, cluster);
    struct look look = {
        .core = core,
        .need = need,
        .cluster = cluster,
        .end_us = end_us,
        .bit = partition_bit(cluster, placement->partition),
    };

    if (!could_hold(&look))
        return false;
    if (cluster->tree)
        return seek_near(&look, placement);
    for (size_t i = 0; i < count; i++)
        offer_class(&look, inventory_class(core->inventory, cluster, i), placement);
    return placement_choose(placement, need->request);
}
