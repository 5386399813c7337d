/* preview.c - the nodes a request would get, without a job */

#include "scheduler/core/preview.h"

#include "scheduler/core/near.h"
#include "scheduler/core/request.h"

#include <inttypes.h>
#include <stdlib.h>

void preview_clear(struct preview *preview)
{
    free(preview->nodes);
    free(preview->cores);
    free(preview->tasks);
    *preview = (struct preview){0};
}

static void offer_nodes(const struct inventory *inventory, const struct need *need, bool later,
                        struct placement *placement)
{
    uint64_t bit = partition_bit(placement->cluster, placement->partition);

    placement_reset(placement);
    for (size_t i = 0; i < inventory_node_count(inventory); i++) {
        struct node *node = inventory_seek_node(inventory, inventory_node(inventory, i)->name);
        struct room room = later ? room_when_empty(node) : room_of(node);

        if (node->cluster == placement->cluster && (node->partitions & bit) &&
            node_takes_work(node) && need_admits(need, node))
            placement_offer(placement, node, need_capacity(need, node, &room), room.cores);
    }
}

static bool choose(const struct inventory *inventory, const struct need *need, bool later,
                   struct placement *placement)
{
    CLEANUP(near_clear) struct near near;

    near_init(&near);
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);
        const struct partition *partition;

        placement->cluster = cluster;
        for (size_t j = 0; (partition = request_partition_at(need->request, cluster, j)); j++) {
            placement->partition = partition;
            offer_nodes(inventory, need, later, placement);
            if (near_choose_offered(&near, cluster->tree, 0, need->request, placement))
                return true;
        }
    }
    return false;
}

static bool read_list(const char *text, struct hostlist **ret_list, struct error *err)
{
    if (!text)
        return true;
    *ret_list = hostlist_parse(text, err);
    return *ret_list != NULL;
}

static void fill(const struct need *need, const struct placement *placement,
                 struct preview *preview)
{
    preview->count = placement->count;
    preview->nodes = NEW_ARRAY(const struct node *, preview->count);
    preview->cores = NEW_ARRAY(uint32_t, preview->count);
    preview->tasks = NEW_ARRAY(uint32_t, preview->count);
    for (size_t i = 0; i < preview->count; i++) {
        const struct seat *seat = &placement->seats[i];

        preview->nodes[i] = seat->node;
        preview->cores[i] = need_cores(need, seat->node, seat->tasks);
        preview->tasks[i] = seat->tasks;
    }
}

bool preview_make(const struct inventory *inventory, const struct request *request,
                  struct preview *ret_preview, struct error *err)
{
    CLEANUP(placement_clear) struct placement placement;
    CLEANUP(hostlist_freep) struct hostlist *only = NULL;
    CLEANUP(hostlist_freep) struct hostlist *except = NULL;
    struct need need = {.request = request};
    bool later = false;

    placement_init(&placement);
    if (!read_list(request->node_list, &only, err) ||
        !read_list(request->node_exclude, &except, err))
        return false;
    need.only = only;
    need.except = except;
    if (!choose(inventory, &need, false, &placement)) {
        later = true;
        if (!choose(inventory, &need, true, &placement))
            return fail(err, ERROR_EXHAUSTED,
                        "no nodes that take work at present hold %" PRIu32 " task(s) of %" PRIu32
                        " core(s)",
                        request->tasks, request->cpus_per_task);
    }
    *ret_preview = (struct preview){.later = later};
    fill(&need, &placement, ret_preview);
    return true;
}
