/* request_possible.c - refuse what could never run, and say what could */

#include "scheduler/core/request.h"

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/match.h"
#include "scheduler/core/node_class.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* The most of each that one cluster's partition has. */
struct offer {
    const struct cluster *cluster;
    const struct partition *partition;
    uint32_t nodes; /* that the job may be on */
    uint32_t cores; /* of the largest */
    uint64_t memory_bytes;
    uint32_t gpus; /* of a type that would do, the most on one of them */
};

/* Of the types that would do, the most that the node has of one. */
static uint32_t most_gpus(const struct node *node, const struct request *request)
{
    const char *type = request->constraints ? request->constraints->gpu_type : NULL;
    uint32_t most = 0;

    if (constraints_gpus(request->constraints, 1) == 0)
        return 0;
    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++) {
        const struct gpu_kind *kind = &node->gpu_stock.kinds[i];

        if ((!type || strcmp(type, kind->type) == 0) && kind->count > most)
            most = kind->count;
    }
    return most;
}

static struct offer find_offer(const struct inventory *inventory, const struct cluster *cluster,
                               const struct partition *partition, const struct need *need)
{
    struct request plain = *need->request;
    struct need any = *need;
    struct offer offer = {.cluster = cluster, .partition = partition};
    uint64_t bit = partition_bit(cluster, partition);

    /* Nodes with too few GPUs are an offer, too: the error says how many they have. */
    plain.constraints = NULL;
    any.request = &plain;
    for (size_t i = 0; i < inventory_class_count(inventory, cluster); i++) {
        const struct node_class *class = inventory_class(inventory, cluster, i);

        if (!(class->partitions & bit))
            continue;
        if (need->features &&
            !feature_rule_admits_class(need->features, class->number, class->features))
            continue;
        for (size_t j = 0; j < class->members.count; j++) {
            const struct node *node = class->members.nodes[j];

            if (!need_admits(&any, node))
                continue;
            offer.nodes++;
            if (most_gpus(node, need->request) > offer.gpus)
                offer.gpus = most_gpus(node, need->request);
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

/* All types of GPU that there are, as advice. */
static void list_types(const struct inventory *inventory, struct buffer *types)
{
    struct gpu_stock seen = {0};
    struct error ignored;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        for (size_t j = 0; j < inventory_class_count(inventory, cluster); j++) {
            const struct gpu_stock *stock = &inventory_class(inventory, cluster, j)->gpus;

            for (uint32_t k = 0; k < stock->kind_count; k++)
                if (gpu_stock_find(&seen, stock->kinds[k].type) == GPU_KINDS_MAX)
                    (void)gpu_stock_add(&seen, stock->kinds[k].type, 1, &ignored);
        }
    }
    for (uint32_t i = 0; i < seen.kind_count; i++)
        buffer_print(types, "%s%s", i > 0 ? ", " : "", seen.kinds[i].type);
}

static bool fail_gpus(const struct offer *offer, const struct request *request,
                      const struct inventory *inventory, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer types;
    const struct constraints *constraints = request->constraints;
    uint32_t asked = constraints_gpus(constraints, 1);
    const char *type = constraints->gpu_type;

    buffer_init(&types);
    list_types(inventory, &types);
    if (offer->gpus > 0)
        return fail(err, ERROR_INVALID,
                    "Requested node configuration is not available: %" PRIu32 " GPUs%s%s per %s, "
                    "but nodes of partition %s of %s have at most %" PRIu32 " of one type",
                    asked, type ? " " : "", type ? type : "",
                    constraints->gpus_per_node ? "node" : "task", offer->partition->name,
                    offer->cluster->name, offer->gpus);
    return fail(err, ERROR_INVALID,
                "Requested node configuration is not available: no GPU%s%s in partition %s of %s; "
                "the network has %s",
                type ? " " : "", type ? type : "", offer->partition->name, offer->cluster->name,
                types.length > 0 ? types.bytes : "none");
}

/* Say what is wrong with the request on the best offer, one thing at a time. */
static bool fail_nearest(const struct offer *offer, const struct request *request,
                         const struct inventory *inventory, const struct spread *spread,
                         struct error *err)
{
    const char *partition = offer->partition->name, *cluster = offer->cluster->name;
    uint32_t tasks;

    assert(request->cpus_per_task > 0);
    if (constraints_gpus(request->constraints, 1) > offer->gpus)
        return fail_gpus(offer, request, inventory, err);
    if (offer->nodes == 0 && request->constraints && request->constraints->features)
        return fail(err, ERROR_INVALID,
                    "Requested node configuration is not available: no node of partition %s of %s "
                    "meets the constraint '%.60s'",
                    partition, cluster, request->constraints->features);
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
    if (a->gpus != b->gpus)
        return a->gpus > b->gpus;
    return (uint64_t)a->nodes * a->cores > (uint64_t)b->nodes * b->cores;
}

/* Would it do in one of the places?  And how many nodes are known in all of them. */
static bool is_possible(const struct inventory *inventory, struct need *need, struct spread *spread,
                        size_t *ret_known)
{
    const struct request *request = need->request;

    *ret_known = 0;
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        for (size_t j = 0; (need->partition = request_partition_at(request, cluster, j)); j++) {
            if (request_limit(request, need->partition) > need->partition->limit_us)
                continue;
            spread_reset(spread);
            *ret_known +=
                match_when_empty(inventory, need->partition, cluster, need, false, spread);
            if (spread_holds(spread, request))
                return true;
        }
    }
    return false;
}

static struct offer find_best(const struct inventory *inventory, const struct need *need)
{
    const struct request *request = need->request;
    struct offer best = {0};

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);
        const struct partition *partition;

        for (size_t j = 0; (partition = request_partition_at(request, cluster, j)); j++) {
            struct offer offer;

            if (request_limit(request, partition) > partition->limit_us)
                continue;
            offer = find_offer(inventory, cluster, partition, need);
            if (!best.cluster || is_better(&offer, &best))
                best = offer;
        }
    }
    return best;
}

bool request_check_possible(const struct request *request, const struct inventory *inventory,
                            struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *only = NULL;
    CLEANUP(hostlist_freep) struct hostlist *except = NULL;
    CLEANUP(feature_rule_freep) struct feature_rule *features = NULL;
    CLEANUP(spread_clear) struct spread spread;
    struct offer best = {0};
    struct need need = {.request = request};
    size_t known = 0;

    spread_init(&spread);
    if (request->node_list && !(only = hostlist_parse(request->node_list, err)))
        return false;
    if (request->node_exclude && !(except = hostlist_parse(request->node_exclude, err)))
        return false;
    if (request->constraints && request->constraints->features &&
        !(features = feature_rule_parse(request->constraints->features, err)))
        return false;
    need.only = only;
    need.except = except;
    need.features = features;
    if (is_possible(inventory, &need, &spread, &known) || known == 0)
        return true;
    best = find_best(inventory, &need);
    assert(best.cluster && best.partition); /* or no node would be known */
    need.partition = best.partition;
    spread_reset(&spread);
    (void)match_when_empty(inventory, best.partition, best.cluster, &need, false, &spread);
    return fail_nearest(&best, request, inventory, &spread, err);
}
