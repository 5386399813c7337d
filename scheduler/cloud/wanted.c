/* wanted.c - which servers waiting jobs would have use for */

#include "scheduler/cloud/wanted.h"

#include "scheduler/core/finish.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

#include <stdlib.h>

#define LOOKS_MOST 65536 /* at nodes that are no servers */

struct pool_view {
    const struct inventory *inventory;
    const struct cluster *cluster;
    struct wanted_node *nodes;
    size_t count;

    /* Made when a job needs other nodes, too. */
    bool *left_out;             /* by a node's index: a server, or one that a job counts on */
    const struct node **chosen; /* for the job at hand */
    size_t looks;               /* so far */
};

/* A job's tasks while they are put on nodes. */
struct placing {
    const struct need *need;
    uint64_t bit; /* of the partition */
    uint32_t left, nodes;
};

/* Does it wait for room, and would a server that is there at soon_us have it done sooner than
 * what is planned for it? */
static bool counts(const struct core *core, const struct job *job, const struct cluster *cluster,
                   int64_t soon_us)
{
    const struct partition *partition = request_partition_at(&job->request, cluster, 0);

    if (job->state != JOB_PENDING || !partition ||
        (job->shape &&
         finish_expected(core, job) <= soon_us + finish_run(job->shape, cluster, partition)))
        return false;
    return job->reason == REASON_RESOURCES || job->reason == REASON_PRIORITY ||
           job->reason == REASON_NODE_NOT_AVAILABLE;
}

/* As many of the tasks as the node holds, so that the nodes still needed get one each. */
static uint32_t place_on(struct placing *placing, const struct node *node, const struct room *room)
{
    const struct request *request = placing->need->request;
    uint32_t least = request->nodes_least, most, kept;

    if (placing->left == 0 || placing->nodes == request->nodes_most ||
        !(node->partitions & placing->bit) || !need_admits(placing->need, node))
        return 0;
    kept = placing->nodes + 1 < least ? least - placing->nodes - 1 : 0;
    if (placing->left <= kept)
        return 0;
    most = need_capacity(placing->need, node, room);
    if (most > placing->left - kept)
        most = placing->left - kept;
    placing->left -= most;
    placing->nodes += most > 0;
    return most;
}

/* Those that are on first. */
static bool place_on_servers(const struct pool_view *view, struct placing *placing)
{
    for (size_t i = 0; i < 2 * view->count; i++) {
        struct wanted_node *place = &view->nodes[i % view->count];

        if (i < view->count)
            place->tasks = 0;
        if (i < view->count ? place->is_on : place->is_off)
            place->tasks = place_on(placing, place->node, &place->room);
    }
    return placing->left == 0 && placing->nodes >= placing->need->request->nodes_least;
}

static void take(struct room *room, const struct need *need, const struct wanted_node *place)
{
    uint32_t cores = need_cores(need, place->node, place->tasks);
    uint64_t memory = need_memory(need, place->node, place->tasks);

    room->cores -= cores < room->cores ? cores : room->cores;
    room->memory_bytes -= memory < room->memory_bytes ? memory : room->memory_bytes;
    room->idle = false;
}

static void count_on(const struct pool_view *view, const struct need *need)
{
    for (size_t i = 0; i < view->count; i++)
        if (view->nodes[i].tasks > 0) {
            view->nodes[i].use = true;
            take(&view->nodes[i].room, need, &view->nodes[i]);
        }
}

/* --- with nodes that are no servers -------------------------------------------------------------- */

static void leave_out_servers(struct pool_view *view)
{
    size_t count = inventory_node_count(view->inventory);

    view->left_out = NEW_ARRAY(bool, count);
    view->chosen = NEW_ARRAY(const struct node *, count);
    for (size_t i = 0; i < view->count; i++)
        view->left_out[view->nodes[i].node->index] = true;
}

/* How many nodes got some of the tasks. */
static size_t place_on_others(struct pool_view *view, struct placing *placing)
{
    size_t count = inventory_node_count(view->inventory), chosen = 0;

    for (size_t i = 0; i < count && view->looks < LOOKS_MOST && placing->left > 0; i++) {
        const struct node *node = inventory_node(view->inventory, i);
        struct room room;

        view->looks++;
        if (node->cluster != view->cluster || view->left_out[i] || !node_takes_work(node))
            continue;
        room = room_of(node);
        if (place_on(placing, node, &room) > 0)
            view->chosen[chosen++] = node;
    }
    return chosen;
}

/* What fits on the others alone waits for no server. */
static bool place_on_both(struct pool_view *view, struct placing *placing)
{
    size_t chosen;

    if (!view->left_out)
        leave_out_servers(view);
    chosen = place_on_others(view, placing);
    if (placing->left == 0 || !place_on_servers(view, placing))
        return false;
    for (size_t i = 0; i < chosen; i++)
        view->left_out[view->chosen[i]->index] = true;
    return true;
}

/* Of both kinds only where servers alone would not do, but one of them would help. */
static bool place_once(struct pool_view *view, const struct need *need, uint64_t bit)
{
    const struct placing whole = {.need = need, .bit = bit, .left = need->request->tasks};
    struct placing alone = whole, both = whole;

    if (!place_on_servers(view, &alone) &&
        (alone.nodes == 0 || need->request->nodes_most == 1 || !place_on_both(view, &both)))
        return false;
    count_on(view, need);
    return true;
}

/* In the first partition in which it fits. */
static void place_job(struct pool_view *view, const struct job *job)
{
    CLEANUP(read_need_clear) struct read_need read;
    const struct partition *partition;
    bool placed = false;

    read_need(&read, job, job->window, &job->request);
    for (size_t i = 0;
         !placed && (partition = request_partition_at(&job->request, view->cluster, i)); i++) {
        uint32_t copies = job_element_count(job);

        read.need.partition = partition;
        while (copies > 0 && place_once(view, &read.need, partition_bit(view->cluster, partition)))
            copies--;
        placed = copies < job_element_count(job);
    }
}

void wanted_find(const struct core *core, const struct cluster *cluster, struct wanted_node *nodes,
                 size_t count, int64_t now_us, int64_t boot_us)
{
    struct pool_view view = {core_inventory(core), cluster, nodes, count, NULL, NULL, 0};
    const struct job *job = NULL;
    unsigned placed = 0;
    uint64_t pending, running;

    for (size_t i = 0; i < count; i++) {
        nodes[i].use = false;
        nodes[i].room = nodes[i].node->parts.count > 0 ? room_of(nodes[i].node)
                                                       : room_when_empty(nodes[i].node);
    }
    core_count(core, &pending, &running);
    while (pending > 0 && placed < WANTED_JOBS_MOST &&
           (job = core_job_after(core, job ? job->id : 0))) {
        pending -= job->state == JOB_PENDING;
        if (!counts(core, job, cluster, now_us + boot_us))
            continue;
        placed++;
        place_job(&view, job);
    }
    free(view.left_out);
    free(view.chosen);
}
