/* wanted.c - which servers waiting jobs would have use for */

#include "scheduler/cloud/wanted.h"

#include "scheduler/core/finish.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

struct pool_view {
    const struct cluster *cluster;
    struct wanted_node *nodes;
    size_t count;
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
static uint32_t tasks_for(const struct need *need, const struct wanted_node *place, uint32_t left,
                          uint32_t nodes_left)
{
    uint32_t most = need_capacity(need, place->node, &place->room);
    uint32_t kept = nodes_left > 1 ? nodes_left - 1 : 0;

    if (left <= kept)
        return 0;
    return most < left - kept ? most : left - kept;
}

/* Those that are on first. */
static bool place_tasks(const struct pool_view *view, const struct need *need, uint64_t bit)
{
    const struct request *request = need->request;
    uint32_t left = request->tasks, used = 0;

    for (size_t i = 0; i < 2 * view->count && left > 0 && used < request->nodes_most; i++) {
        struct wanted_node *place = &view->nodes[i % view->count];
        uint32_t nodes_left = used < request->nodes_least ? request->nodes_least - used : 1;

        if (i < view->count)
            place->tasks = 0;
        if ((i < view->count ? !place->is_on : !place->is_off) ||
            !(place->node->partitions & bit) || !need_admits(need, place->node))
            continue;
        place->tasks = tasks_for(need, place, left, nodes_left);
        left -= place->tasks;
        used += place->tasks > 0;
    }
    return left == 0 && used >= request->nodes_least;
}

static void take(struct room *room, const struct need *need, const struct wanted_node *place)
{
    uint32_t cores = need_cores(need, place->node, place->tasks);
    uint64_t memory = need_memory(need, place->node, place->tasks);

    room->cores -= cores < room->cores ? cores : room->cores;
    room->memory_bytes -= memory < room->memory_bytes ? memory : room->memory_bytes;
    room->idle = false;
}

static bool place_once(const struct pool_view *view, const struct need *need, uint64_t bit)
{
    for (size_t i = 0; i < view->count; i++)
        view->nodes[i].tasks = 0;
    if (!place_tasks(view, need, bit))
        return false;
    for (size_t i = 0; i < view->count; i++)
        if (view->nodes[i].tasks > 0) {
            view->nodes[i].use = true;
            take(&view->nodes[i].room, need, &view->nodes[i]);
        }
    return true;
}

/* In the first partition in which it fits. */
static void place_job(const struct pool_view *view, const struct job *job)
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
    struct pool_view view = {cluster, nodes, count};
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
}
