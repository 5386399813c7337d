/* request_possible.c - refuse what could never run, and say what could */

#include "scheduler/core/request.h"

#include "base/parse.h"
#include "scheduler/core/match.h"
#include "scheduler/core/node_class.h"

#include <assert.h>
#include <inttypes.h>

/* The most of each that one cluster's partition has. */
struct offer {
    const struct cluster *cluster;
    const struct partition *partition;
    uint32_t nodes; /* that the job may be on */
    uint32_t cores; /* of the largest */
    uint64_t memory_bytes;
};

static struct offer find_offer(const struct inventory *inventory, const struct cluster *cluster,
                               const struct partition *partition, const struct need *need)
{
    struct offer offer = {.cluster = cluster, .partition = partition};
    uint64_t bit = partition_bit(cluster, partition);

    for (size_t i = 0; i < inventory_class_count(inventory, cluster); i++) {
        const struct node_class *class = inventory_class(inventory, cluster, i);

        if (!(class->partitions & bit))
            continue;
        for (size_t j = 0; j < class->members.count; j++) {
            const struct node *node = class->members.nodes[j];

            if (!need_admits(need, node))
                continue;
            offer.nodes++;
            if (node->cores > offer.cores)
                offer.cores = node->cores;
            if (node->memory_bytes > offer.memory_bytes)
                offer.memory_bytes = node->memory_bytes;
        }
    }
    return offer;
}

/* The most tasks for which the spread still holds the request. */
static uint32_t most_tasks(const struct spread *spread, const struct request *request)
{
    struct request less = *request;
    uint32_t low = 0, high = request->tasks;

    while (high - low > 1) {
        less.tasks = low + (high - low) / 2;
        if (spread_holds(spread, &less))
            low = less.tasks;
        else
            high = less.tasks;
    }
    return low;
}

static bool fail_memory(const struct offer *offer, const char *what, uint64_t asked_bytes,
                        uint64_t most_bytes, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer asked;
    CLEANUP(buffer_clear) struct buffer most;

    buffer_init(&asked);
    buffer_init(&most);
    print_size(asked_bytes, &asked);
    print_size(most_bytes, &most);
    return fail(err, ERROR_INVALID,
                "Memory specification can not be satisfied: %s of memory %s, but nodes of "
                "partition %s of %s have at most %s",
                asked.bytes, what, offer->partition->name, offer->cluster->name, most.bytes);
}

/* Say what is wrong with the request on the best offer, one thing at a time. */
static bool fail_nearest(const struct offer *offer, const struct request *request,
                         const struct spread *spread, struct error *err)
{
    const char *partition = offer->partition->name, *cluster = offer->cluster->name;
    uint32_t tasks;

    assert(request->cpus_per_task > 0);
    if (request->nodes_least > offer->nodes)
        return fail(err, ERROR_INVALID,
                    "Requested node configuration is not available: %" PRIu32
                    " nodes, but partition %s of %s has %" PRIu32 " that may be used",
                    request->nodes_least, partition, cluster, offer->nodes);
    if (request->cpus_per_task > offer->cores)
        return fail(err, ERROR_INVALID,
                    "Requested node configuration is not available: %" PRIu32
                    " cores per task, but nodes of partition %s of %s have at most %" PRIu32,
                    request->cpus_per_task, partition, cluster, offer->cores);
    if (request->memory_per_node > offer->memory_bytes)
        return fail_memory(offer, "per node", request->memory_per_node, offer->memory_bytes, err);
    if (request->memory_per_cpu > offer->memory_bytes / request->cpus_per_task)
        return fail_memory(offer, "per core", request->memory_per_cpu,
                           offer->memory_bytes / request->cpus_per_task, err);
    tasks = most_tasks(spread, request);
    if (tasks > 0)
        return fail(
            err, ERROR_INVALID,
            "More processors requested than permitted: %" PRIu32 " tasks of %" PRIu32
            " cores on at most %" PRIu32 " nodes; partition %s of %s holds %" PRIu32 " such tasks",
            request->tasks, request->cpus_per_task, request->nodes_most, partition, cluster, tasks);
    return fail(err, ERROR_INVALID,
                "Requested node configuration is not available: no node of partition %s of %s "
                "has cores and memory enough for one task",
                partition, cluster);
}

static bool is_better(const struct offer *a, const struct offer *b)
{
    return (uint64_t)a->nodes * a->cores > (uint64_t)b->nodes * b->cores;
}

bool request_check_possible(const struct request *request, const struct inventory *inventory,
                            struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *only = NULL;
    CLEANUP(hostlist_freep) struct hostlist *except = NULL;
    CLEANUP(spread_clear) struct spread spread;
    struct offer best = {0};
    struct need need = {.request = request};
    size_t known = 0;

    spread_init(&spread);
    if (request->node_list && !(only = hostlist_parse(request->node_list, err)))
        return false;
    if (request->node_exclude && !(except = hostlist_parse(request->node_exclude, err)))
        return false;
    need.only = only;
    need.except = except;
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);
        const struct partition *partition = request_partition(request, cluster);

        if (!partition || request_limit(request, partition) > partition->limit_us)
            continue;
        spread_reset(&spread);
        known += match_when_empty(inventory, partition, cluster, &need, false, &spread);
        if (spread_holds(&spread, request))
            return true;
    }
    if (known == 0)
        return true;
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);
        const struct partition *partition = request_partition(request, cluster);
        struct offer offer;

        if (!partition || request_limit(request, partition) > partition->limit_us)
            continue;
        offer = find_offer(inventory, cluster, partition, &need);
        if (!best.cluster || is_better(&offer, &best))
            best = offer;
    }
    assert(best.cluster && best.partition); /* or no node would be known */
    spread_reset(&spread);
    (void)match_when_empty(inventory, best.partition, best.cluster, &need, false, &spread);
    return fail_nearest(&best, request, &spread, err);
}
