/* request.c - check what is asked for, and complete what was left out */

#include "scheduler/core/request.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/features.h"
#include "scheduler/core/het.h"
#include "scheduler/core/match.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static char *copy_text(const char *text)
{
    return text ? memory_copy(text) : NULL;
}

void request_copy(struct request *to, const struct request *from)
{
    *to = *from;
    to->partition = copy_text(from->partition);
    to->node_list = copy_text(from->node_list);
    to->reservation = copy_text(from->reservation);
    to->node_exclude = copy_text(from->node_exclude);
    to->comment = copy_text(from->comment);
    to->qos = copy_text(from->qos);
    to->dependencies = dependencies_copy(from->dependencies);
    to->constraints = constraints_copy(from->constraints);
    to->het = het_copy(from->het);
    to->clusters = copy_text(from->clusters);
}

void request_clear(struct request *request)
{
    free(request->partition);
    free(request->node_list);
    free(request->reservation);
    free(request->node_exclude);
    free(request->comment);
    free(request->qos);
    free(request->dependencies);
    constraints_free(request->constraints);
    het_free(request->het);
    free(request->clusters);
    *request = (struct request){0};
}

static void add_key_text(struct buffer *buffer, const char *text)
{
    if (text)
        buffer_add(buffer, text, strlen(text) + 1);
    buffer_add_char(buffer, text ? '+' : '-');
}

void request_add_key(const struct request *request, struct buffer *buffer)
{
    buffer_add_u64(buffer, (uint64_t)request->nodes_least << 32 | request->nodes_most);
    buffer_add_u64(buffer, (uint64_t)request->tasks << 32 | request->cpus_per_task);
    buffer_add_u64(buffer, (uint64_t)request->tasks_per_node << 1 | request->exclusive);
    buffer_add_u64(buffer, request->memory_per_node);
    buffer_add_u64(buffer, request->memory_per_cpu);
    buffer_add_u64(buffer, (uint64_t)request->limit_us);
    buffer_add_u64(buffer, (uint64_t)request->limit_least_us);
    buffer_add_u64(buffer, (uint64_t)request->deadline_us);
    buffer_add_u32(buffer, (uint32_t)request->nice);
    add_key_text(buffer, request->partition);
    add_key_text(buffer, request->node_list);
    add_key_text(buffer, request->node_exclude);
    add_key_text(buffer, request->reservation);
    add_key_text(buffer, request->qos);
    buffer_add_u32(buffer, (uint32_t)request->surcharge_ppm);
    add_key_text(buffer, request->clusters);
    if (request->clusters_excluded)
        buffer_add_char(buffer, '^');
    constraints_add_key(request->constraints, buffer);
    het_add_key(request->het, buffer);
}

bool request_admits_cluster(const struct request *request, const struct cluster *cluster)
{
    return !request->clusters || features_have(request->clusters, cluster->name,
                                               strlen(cluster->name)) != request->clusters_excluded;
}

static const struct partition *find_named(const struct cluster *cluster, const char *name,
                                          size_t length)
{
    for (size_t i = 0; i < cluster->partition_count; i++) {
        const struct partition *partition = &cluster->partitions[i];

        if (strncmp(partition->name, name, length) == 0 && partition->name[length] == '\0')
            return partition;
    }
    return NULL;
}

const struct partition *request_partition_at(const struct request *request,
                                             const struct cluster *cluster, size_t index)
{
    const char *name = request->partition;

    if (!request_admits_cluster(request, cluster))
        return NULL;
    if (!name)
        return index == 0 ? cluster_find_partition(cluster, NULL) : NULL;
    while (*name) {
        size_t length = strcspn(name, ",");
        const struct partition *partition = find_named(cluster, name, length);

        if (partition && index-- == 0)
            return partition;
        name += length + (name[length] == ',');
    }
    return NULL;
}

const struct partition *request_partition(const struct request *request,
                                          const struct cluster *cluster)
{
    return request_partition_at(request, cluster, 0);
}

int64_t request_limit(const struct request *request, const struct partition *partition)
{
    return request->limit_us == INT64_MAX ? partition->limit_us : request->limit_us;
}

int64_t request_limit_least(const struct request *request)
{
    if (request->limit_least_us > 0)
        return request->limit_least_us;
    return request->limit_us == INT64_MAX && request->deadline_us > 0 ? 0 : request->limit_us;
}

static bool check_numbers(const struct request *request, struct error *err)
{
    if (request->tasks > REQUEST_TASKS_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " tasks are more than %d", request->tasks,
                    REQUEST_TASKS_MAX);
    if (request->cpus_per_task > NODE_CORES_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " cores per task are more than %d",
                    request->cpus_per_task, NODE_CORES_MAX);
    if (request->nodes_least > REQUEST_NODES_MAX || request->nodes_most > REQUEST_NODES_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " nodes are more than %d",
                    request->nodes_least > request->nodes_most ? request->nodes_least
                                                               : request->nodes_most,
                    REQUEST_NODES_MAX);
    if (request->nodes_most && request->nodes_least > request->nodes_most)
        return fail(err, ERROR_INVALID, "at least %" PRIu32 " nodes, but at most %" PRIu32,
                    request->nodes_least, request->nodes_most);
    if (request->tasks_per_node > REQUEST_TASKS_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " tasks per node are more than %d",
                    request->tasks_per_node, REQUEST_TASKS_MAX);
    if (request->memory_per_node && request->memory_per_cpu)
        return fail(err, ERROR_INVALID, "give memory per node or per core, not both");
    if (request->memory_per_node > REQUEST_MEMORY_MAX ||
        request->memory_per_cpu > REQUEST_MEMORY_MAX)
        return fail(err, ERROR_INVALID, "more memory than 1 PiB");
    if (request->limit_us < 0)
        return fail(err, ERROR_INVALID, "a time limit below zero");
    if (request->limit_us != INT64_MAX && request->limit_us > PARSE_DURATION_MAX_US)
        return fail(err, ERROR_INVALID, "a time limit above ten years");
    if (request->begin_us < 0)
        return fail(err, ERROR_INVALID, "a begin time before 1970");
    if (request->deadline_us < 0)
        return fail(err, ERROR_INVALID, "a deadline before 1970");
    if (request->limit_least_us < 0)
        return fail(err, ERROR_INVALID, "a least time limit below zero");
    if (request->nice < -REQUEST_NICE_MAX || request->nice > REQUEST_NICE_MAX)
        return fail(err, ERROR_INVALID, "nice %" PRId32 " is not between -%d and %d", request->nice,
                    REQUEST_NICE_MAX, REQUEST_NICE_MAX);
    return true;
}

/* No cluster of the network has a partition of this name. */
static bool fail_partition(const struct request *request, const struct inventory *inventory,
                           const char *name, struct error *err)
{
    CLEANUP(memory_freep) const char **names = NULL;
    bool one = request->clusters && !request->clusters_excluded && !strchr(request->clusters, ',');
    const char *nearest;
    size_t count = 0;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++)
        count += inventory_cluster(inventory, i)->partition_count;
    names = NEW_ARRAY(const char *, count + 1);
    count = 0;
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        for (size_t j = 0; request_admits_cluster(request, cluster) && j < cluster->partition_count;
             j++)
            names[count++] = cluster->partitions[j].name;
    }
    nearest = nearest_name(name, names);
    return fail(err, ERROR_NOT_FOUND, "no partition %s%s%s%s%s%s", name, one ? " in cluster " : "",
                one ? request->clusters : "", nearest ? "; did you mean " : "",
                nearest ? nearest : "", nearest ? "?" : "");
}

/* Each name that is given must be a partition somewhere, and be there once. */
static bool check_partitions(const struct request *request, const struct inventory *inventory,
                             struct error *err)
{
    CLEANUP(memory_freep) char *copy = copy_text(request->partition);
    char *rest = copy, *name;

    while (rest && (name = strsep(&rest, ","))) {
        bool found = false;
        size_t length = strlen(name);

        for (size_t i = 0; !found && i < inventory_cluster_count(inventory); i++)
            found = request_admits_cluster(request, inventory_cluster(inventory, i)) &&
                    find_named(inventory_cluster(inventory, i), name, length);
        if (!found)
            return fail_partition(request, inventory, name, err);
        if (rest && features_have(rest, name, length))
            return fail(err, ERROR_INVALID, "partition %s is named twice", name);
    }
    return true;
}

static bool fail_cluster(const struct inventory *inventory, const char *name, struct error *err)
{
    size_t count = inventory_cluster_count(inventory);
    CLEANUP(memory_freep) const char **names = NEW_ARRAY(const char *, count + 1);
    const char *nearest;

    for (size_t i = 0; i < count; i++)
        names[i] = inventory_cluster(inventory, i)->name;
    nearest = nearest_name(name, names);
    return fail(err, ERROR_NOT_FOUND, "no cluster %.64s%s%s%s", name,
                nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static bool check_clusters(const struct request *request, const struct inventory *inventory,
                           struct error *err)
{
    CLEANUP(memory_freep) char *copy = copy_text(request->clusters);
    char *rest = copy, *name;

    for (unsigned i = 1; rest && (name = strsep(&rest, ",")); i++) {
        if (i > JOB_CLUSTERS_MAX)
            return fail(err, ERROR_INVALID, "more than %d clusters", JOB_CLUSTERS_MAX);
        if (!inventory_find_cluster(inventory, name))
            return fail_cluster(inventory, name, err);
    }
    if (!check_partitions(request, inventory, err))
        return false;
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++)
        if (request_partition(request, inventory_cluster(inventory, i)))
            return true;
    if (request->clusters_excluded)
        return fail(err, ERROR_INVALID, "no cluster is left: all are excluded");
    return fail(err, ERROR_INVALID, "no default partition: name one");
}

/* How many names are on the list; each must be a node that is known. */
static bool check_list(const char *text, const char *what, const struct inventory *inventory,
                       uint32_t *ret_count, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *list = NULL;

    if (!text)
        return true;
    list = hostlist_parse(text, err);
    if (!list)
        return fail_in(err, "%s", what);
    if (hostlist_count(list) == 0)
        return fail(err, ERROR_INVALID, "%s: no node named", what);
    for (size_t i = 0; i < hostlist_count(list); i++)
        if (!inventory_find_node(inventory, hostlist_at(list, i)))
            return fail(err, ERROR_NOT_FOUND, "%s: no node %s", what, hostlist_at(list, i));
    *ret_count = (uint32_t)hostlist_count(list);
    return true;
}

static bool complete_nodes(struct request *request, uint32_t listed, struct error *err)
{
    uint32_t tasks = request->tasks, per_node = request->tasks_per_node;

    if (request->nodes_least == 0 && request->nodes_most == 0) {
        uint32_t nodes = listed > 0 ? listed : 1;

        if (tasks > 0 && nodes > tasks)
            nodes = tasks;
        if (tasks > 0 && per_node > 0 && nodes < (tasks + per_node - 1) / per_node)
            nodes = (tasks + per_node - 1) / per_node;
        request->nodes_least = nodes;
        request->nodes_most = tasks > 0 ? tasks : nodes;
    } else if (request->nodes_most == 0) {
        request->nodes_most = request->nodes_least;
    } else if (request->nodes_least == 0) {
        request->nodes_least = 1;
    }
    if (tasks == 0)
        request->tasks = request->nodes_least * (per_node > 0 ? per_node : 1);
    if (listed > 0 && request->nodes_least > listed)
        return fail(err, ERROR_INVALID, "%" PRIu32 " nodes, but the list names only %" PRIu32,
                    request->nodes_least, listed);
    return true;
}

/* -N, -n and --ntasks-per-node say the same thing three ways: any two give the third. */
static bool complete_counts(struct request *request, uint32_t listed, struct error *err)
{
    if (request->cpus_per_task == 0)
        request->cpus_per_task = 1;
    if (!constraints_begin(request, err) || !complete_nodes(request, listed, err))
        return false;
    /* A node without a task is of no use: as Slurm does, take fewer nodes. */
    if (request->nodes_least > request->tasks)
        request->nodes_least = request->tasks;
    if (request->nodes_most > request->tasks)
        request->nodes_most = request->tasks;
    if (listed > 0 && request->nodes_most > listed)
        request->nodes_most = listed;
    if (request->tasks > REQUEST_TASKS_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " tasks are more than %d", request->tasks,
                    REQUEST_TASKS_MAX);
    if (request->tasks_per_node > 0 &&
        (uint64_t)request->tasks_per_node * request->nodes_most < request->tasks)
        return fail(err, ERROR_INVALID,
                    "%" PRIu32 " tasks do not fit on %" PRIu32 " nodes with %" PRIu32
                    " tasks per node: that is at most %" PRIu64,
                    request->tasks, request->nodes_most, request->tasks_per_node,
                    (uint64_t)request->tasks_per_node * request->nodes_most);
    if (!constraints_complete(request, err))
        return false;
    if ((uint64_t)request->tasks * request->cpus_per_task > UINT32_MAX / 2)
        return fail(err, ERROR_INVALID, "%" PRIu32 " tasks of %" PRIu32 " cores are too many",
                    request->tasks, request->cpus_per_task);
    return true;
}

static bool check_limit(struct request *request, const struct inventory *inventory,
                        struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;
    int64_t longest_us = 0;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);
        const struct partition *partition;

        for (size_t j = 0; (partition = request_partition_at(request, cluster, j)); j++) {
            if (request->limit_us == 0)
                request->limit_us = partition->default_limit_us;
            if (partition->limit_us > longest_us)
                longest_us = partition->limit_us;
        }
    }
    buffer_init(&text);
    if (request->limit_least_us > request->limit_us)
        return fail(err, ERROR_INVALID, "the least time limit is above the time limit");
    if (request->limit_us == INT64_MAX || request->limit_us <= longest_us)
        return true;
    print_duration(longest_us, &text);
    return fail(err, ERROR_INVALID,
                "Requested time limit is invalid (missing or exceeds some limit): at most %s",
                text.bytes);
}

/* A feature that no node has is most likely a slip; where no node is known, nobody can tell. */
static bool check_features(const struct request *request, const struct inventory *inventory,
                           struct error *err)
{
    CLEANUP(feature_rule_freep) struct feature_rule *rule = NULL;
    CLEANUP(memory_freep) char *nearest = NULL;
    const char *name;

    if (!request->constraints || !request->constraints->features ||
        inventory_node_count(inventory) == 0)
        return true;
    rule = feature_rule_parse(request->constraints->features, err);
    for (size_t i = 0; rule && (name = feature_rule_name(rule, i)); i++) {
        if (inventory_has_feature(inventory, name))
            continue;
        nearest = inventory_nearest_feature(inventory, name);
        return fail(err, ERROR_NOT_FOUND, "no node has the feature %s%s%s%s", name,
                    nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    }
    return rule != NULL;
}

bool request_complete(struct request *request, const struct inventory *inventory, struct error *err)
{
    uint32_t listed = 0, excluded = 0;

    return check_numbers(request, err) && constraints_check(request, err) &&
           check_clusters(request, inventory, err) && check_features(request, inventory, err) &&
           check_list(request->node_list, "node list", inventory, &listed, err) &&
           check_list(request->node_exclude, "nodes to exclude", inventory, &excluded, err) &&
           complete_counts(request, listed, err) && check_limit(request, inventory, err) &&
           het_complete(request, inventory, err);
}

bool request_check(struct request *request, const struct inventory *inventory, struct error *err)
{
    return request_complete(request, inventory, err) &&
           request_check_possible(request, inventory, err);
}
