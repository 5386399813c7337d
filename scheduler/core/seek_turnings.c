/* seek_turnings.c - when windows close nodes to a job, and open them again */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/request.h"
#include "scheduler/core/seek_inside.h"

#include <stdlib.h>

static void add_turning(struct turnings *turnings, struct turning turning)
{
    if (turnings->count == turnings->capacity) {
        turnings->capacity = turnings->capacity ? 2 * turnings->capacity : 64;
        turnings->all = memory_resize(turnings->all, turnings->capacity, sizeof(*turnings->all));
    }
    turnings->all[turnings->count++] = turning;
}

static void add_window(struct turnings *turnings, const struct window *window, struct node *node,
                       int64_t now_us, int64_t limit_us)
{
    int64_t at_us = now_us, from_us, until_us;

    for (int i = 0; i < WINDOW_TIMES_MOST && window_span(window, at_us, &from_us, &until_us); i++) {
        add_turning(turnings, (struct turning){from_us - limit_us + 1, node, true});
        add_turning(turnings, (struct turning){until_us, node, false});
        at_us = until_us;
    }
}

static int compare_turnings(const void *a, const void *b)
{
    const struct turning *first = a, *second = b;

    if (first->at_us != second->at_us)
        return first->at_us < second->at_us ? -1 : 1;
    if (first->node->index != second->node->index)
        return first->node->index < second->node->index ? -1 : 1;
    return (int)second->closes -
           (int)first->closes; /* a node is never opened before it is closed */
}

void turnings_clear(struct turnings *turnings)
{
    free(turnings->all);
}

void turnings_find(const struct core *core, const struct need *need, const struct cluster *cluster,
                   struct turnings *turnings)
{
    const struct windows *windows = &core->plan.windows;
    const struct partition *partition = need_partition(need, cluster);
    int64_t limit_us = request_limit(need->request, partition);
    uint64_t bit = partition_bit(cluster, partition);

    for (size_t i = 0; i < windows->known_nodes; i++) {
        struct node *node = (struct node *)(uintptr_t)inventory_node(core->inventory, i);
        const struct window_list *list = &windows->of_nodes[i];

        if (list->count == 0 || node->cluster != cluster || !(node->partitions & bit) ||
            !node_takes_work(node) || !need_admits(need, node))
            continue;
        for (uint32_t j = 0; j < list->count; j++)
            if (list->all[j] != need->window)
                add_window(turnings, list->all[j], node, core->now_us, limit_us);
    }
    if (turnings->count > 0)
        qsort(turnings->all, turnings->count, sizeof(*turnings->all), compare_turnings);
}
