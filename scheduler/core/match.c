/* match.c - which nodes a request fits on, and how well */

#include "scheduler/core/match.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct room room_of(const struct node *node)
{
    struct room room = {
        .cores = node_free_cores(node),
        .memory_bytes = node_free_memory(node),
        .idle = node->cores_used == 0,
    };

    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++)
        room.gpus[i] = node_free_gpus(node, i);
    return room;
}

struct room room_when_empty(const struct node *node)
{
    struct room room = {.cores = node->cores, .memory_bytes = node->memory_bytes, .idle = true};

    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++)
        room.gpus[i] = node->gpu_stock.kinds[i].count;
    return room;
}

const struct partition *need_partition(const struct need *need, const struct cluster *cluster)
{
    return need->partition ? need->partition : request_partition(need->request, cluster);
}

uint32_t need_switches(const struct need *need, int64_t start_us)
{
    const struct constraints *constraints = need->request->constraints;

    return constraints && start_us < need->switches_until_us ? constraints->switches : 0;
}

uint64_t partition_bit(const struct cluster *cluster, const struct partition *partition)
{
    return UINT64_C(1) << (partition - cluster->partitions);
}

static bool is_of_type(const struct constraints *constraints, const struct gpu_kind *kind)
{
    return !constraints->gpu_type || strcmp(constraints->gpu_type, kind->type) == 0;
}

bool need_admits_class(const struct need *need, const struct node_class *class)
{
    const struct constraints *constraints = need->request->constraints;
    uint32_t least;

    if (need->features &&
        !feature_rule_admits_class(need->features, class->number, class->features))
        return false;
    if (!constraints || !(constraints->gpus_per_node || constraints->gpus_per_task))
        return true;
    least = constraints_gpus(constraints, 1);
    for (uint32_t i = 0; i < class->gpus.kind_count; i++)
        if (is_of_type(constraints, &class->gpus.kinds[i]) && class->gpus.kinds[i].count >= least)
            return true;
    return false;
}

bool need_admits(const struct need *need, const struct node *node)
{
    if (node == need->avoid || (need->marks && need->marks[node->index] == need->mark))
        return false;
    if (need->request && need->request->constraints && node->class &&
        !need_admits_class(need, node->class))
        return false;
    if (need->window && !hostlist_has(need->window->nodes, node->name))
        return false;
    if (need->only && !hostlist_has(need->only, node->name))
        return false;
    return !need->except || !hostlist_has(need->except, node->name);
}

/* How many of the tasks so many GPUs of one kind serve. */
static uint64_t serve(const struct constraints *constraints, uint32_t gpus, uint64_t tasks)
{
    if (gpus < constraints->gpus_per_node)
        return 0;
    if (constraints->gpus_per_task && gpus / constraints->gpus_per_task < tasks)
        return gpus / constraints->gpus_per_task;
    return tasks;
}

static uint64_t serve_any(const struct constraints *constraints, const struct node *node,
                          const struct room *room, uint64_t tasks)
{
    uint64_t most = 0;

    if (!constraints->gpus_per_node && !constraints->gpus_per_task)
        return tasks;
    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++) {
        uint64_t served;

        if (!is_of_type(constraints, &node->gpu_stock.kinds[i]))
            continue;
        served = serve(constraints, room->gpus[i], tasks);
        if (served > most)
            most = served;
    }
    return most;
}

uint32_t need_gpus(const struct need *need, uint32_t tasks)
{
    return constraints_gpus(need->request->constraints, tasks);
}

uint32_t need_gpu_kind(const struct need *need, const struct node *node, const struct room *room,
                       uint32_t tasks)
{
    const struct constraints *constraints = need->request->constraints;
    uint32_t gpus = need_gpus(need, tasks), best = GPU_KINDS_MAX;

    for (uint32_t i = 0; gpus > 0 && i < node->gpu_stock.kind_count; i++)
        if (is_of_type(constraints, &node->gpu_stock.kinds[i]) && room->gpus[i] >= gpus &&
            (best == GPU_KINDS_MAX || room->gpus[i] < room->gpus[best]))
            best = i;
    return best;
}

uint32_t need_capacity(const struct need *need, const struct node *node, const struct room *room)
{
    const struct request *request = need->request;
    uint64_t tasks;

    if (request->exclusive && !room->idle)
        return 0;
    if (request->memory_per_node > room->memory_bytes)
        return 0;
    tasks = (request->exclusive ? node->cores : room->cores) / request->cpus_per_task;
    if (request->memory_per_cpu) {
        uint64_t held = room->memory_bytes / request->memory_per_cpu / request->cpus_per_task;

        if (held < tasks)
            tasks = held;
    }
    if (request->tasks_per_node && tasks > request->tasks_per_node)
        tasks = request->tasks_per_node;
    if (request->constraints)
        tasks = serve_any(request->constraints, node, room, tasks);
    return tasks > request->tasks ? request->tasks : (uint32_t)tasks;
}

uint32_t need_cores(const struct need *need, const struct node *node, uint32_t tasks)
{
    return need->request->exclusive ? node->cores : tasks * need->request->cpus_per_task;
}

uint64_t need_memory(const struct need *need, const struct node *node, uint32_t tasks)
{
    const struct request *request = need->request;

    if (request->exclusive)
        return node->memory_bytes;
    if (request->memory_per_node)
        return request->memory_per_node;
    return request->memory_per_cpu * tasks * request->cpus_per_task;
}

void spread_init(struct spread *spread)
{
    *spread = (struct spread){0};
}

void spread_clear(struct spread *spread)
{
    free(spread->counts);
    *spread = (struct spread){0};
}

void spread_reset(struct spread *spread)
{
    if (spread->counts)
        memset(spread->counts, 0, ((size_t)spread->most + 1) * sizeof(*spread->counts));
    spread->most = 0;
    spread->tasks = 0;
}

void spread_add(struct spread *spread, uint32_t capacity, uint32_t nodes)
{
    if (!spread->counts || capacity > spread->capacity) {
        size_t had = spread->counts ? (size_t)spread->capacity + 1 : 0;
        uint32_t now = capacity > 31 ? 2 * capacity : 63;

        spread->counts = memory_resize(spread->counts, (size_t)now + 1, sizeof(*spread->counts));
        memset(spread->counts + had, 0, ((size_t)now + 1 - had) * sizeof(*spread->counts));
        spread->capacity = now;
    }
    spread->counts[capacity] += nodes;
    spread->tasks += (uint64_t)capacity * nodes;
    if (capacity > spread->most)
        spread->most = capacity;
}

void spread_remove(struct spread *spread, uint32_t capacity)
{
    assert(capacity <= spread->most && spread->counts[capacity] > 0);
    spread->counts[capacity]--;
    spread->tasks -= capacity;
}

/* Take the nodes with most room first: if these do not suffice, none do. */
bool spread_holds(const struct spread *spread, const struct request *request)
{
    uint64_t tasks = request->tasks, nodes = 0;

    if (spread->tasks < tasks)
        return false;
    for (uint32_t capacity = spread->most; capacity > 0; capacity--) {
        uint64_t wanted = (tasks + capacity - 1) / capacity;

        if (nodes + wanted < request->nodes_least)
            wanted = request->nodes_least - nodes;
        if (wanted <= spread->counts[capacity])
            return nodes + wanted <= request->nodes_most;
        nodes += spread->counts[capacity];
        if ((uint64_t)spread->counts[capacity] * capacity < tasks)
            tasks -= (uint64_t)spread->counts[capacity] * capacity;
        else
            tasks = 0;
    }
    return false;
}

/* Whether nodes of one class differ for this job. */
static bool needs_each_node(const struct need *need)
{
    return need->only || need->except || need->avoid || need->window || need->marks ||
           need->request->memory_per_node || need->request->memory_per_cpu;
}

/* True as soon as the spread is known to hold the job: then the rest is not counted. */
static bool spread_class(const struct node_class *class, const struct need *need, bool working_only,
                         struct spread *spread)
{
    const struct request *request = need->request;
    size_t count = working_only ? class->working : class->members.count;

    if (count == 0 || !need_admits_class(need, class))
        return false;
    if (!needs_each_node(need)) {
        struct room room = room_when_empty(class->members.nodes[0]);

        spread_add(spread, need_capacity(need, class->members.nodes[0], &room), (uint32_t)count);
        return false;
    }
    for (size_t i = 0; i < class->members.count; i++) {
        const struct node *node = class->members.nodes[i];
        struct room room = room_when_empty(node);

        if ((working_only && !node_takes_work(node)) || !need_admits(need, node))
            continue;
        spread_add(spread, need_capacity(need, node, &room), 1);
        if (spread->most >= request->tasks && request->nodes_least <= 1)
            return true;
        if (i % 256 == 255 && spread_holds(spread, request))
            return true;
    }
    return false;
}

size_t match_when_empty(const struct inventory *inventory, const struct partition *partition,
                        const struct cluster *cluster, const struct need *need, bool working_only,
                        struct spread *spread)
{
    uint64_t bit = partition_bit(cluster, partition);
    size_t count = inventory_class_count(inventory, cluster);
    size_t members = 0;

    for (size_t i = 0; i < count; i++) {
        const struct node_class *class = inventory_class(inventory, cluster, i);

        if (!(class->partitions & bit))
            continue;
        members += class->members.count;
        if (spread_class(class, need, working_only, spread))
            break;
    }
    return members;
}
