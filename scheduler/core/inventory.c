/* inventory.c - clusters, partitions and nodes, and what of them is free */

#include "scheduler/core/inventory.h"

#include "base/hostlist.h"
#include "base/table.h"
#include "scheduler/core/node_class.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What belongs to a cluster beside its description. */
struct site {
    size_t class_count;
    struct node_class **classes; /* by cores, then partitions */
    struct hostlist **lists;     /* of each partition; NULL: all nodes */
    uint64_t free_cores;         /* of the nodes that take work */
    uint64_t changes;
};

struct inventory {
    size_t cluster_count;
    struct cluster *clusters;
    struct site *sites;
    size_t node_count, node_capacity;
    struct node **nodes;
    struct table *by_name;
};

static char *copy_text(const char *text)
{
    return text ? memory_copy(text) : NULL;
}

/* A host list that cannot be read has no nodes: the settings refuse it long before. */
static struct hostlist *read_list(const char *nodes)
{
    struct error ignored;
    struct hostlist *list;

    if (!nodes)
        return NULL;
    list = hostlist_parse(nodes, &ignored);
    return list ? list : hostlist_new();
}

static void copy_cluster(struct cluster *to, struct site *site, const struct cluster *from)
{
    assert(from->partition_count <= PARTITION_MAX);
    *to = *from;
    to->name = memory_copy(from->name);
    to->institution = copy_text(from->institution);
    to->partitions = NEW_ARRAY(struct partition, from->partition_count);
    site->lists = NEW_ARRAY(struct hostlist *, from->partition_count);
    for (size_t i = 0; i < from->partition_count; i++) {
        to->partitions[i] = from->partitions[i];
        to->partitions[i].name = memory_copy(from->partitions[i].name);
        to->partitions[i].nodes = copy_text(from->partitions[i].nodes);
        site->lists[i] = read_list(from->partitions[i].nodes);
    }
}

struct inventory *inventory_new(const struct cluster *clusters, size_t count)
{
    struct inventory *inventory = NEW(struct inventory);

    inventory->cluster_count = count;
    inventory->clusters = NEW_ARRAY(struct cluster, count);
    inventory->sites = NEW_ARRAY(struct site, count);
    inventory->by_name = table_new();
    for (size_t i = 0; i < count; i++)
        copy_cluster(&inventory->clusters[i], &inventory->sites[i], &clusters[i]);
    return inventory;
}

static void change_partition(struct cluster *cluster, const struct partition *from)
{
    for (size_t i = 0; i < cluster->partition_count; i++) {
        struct partition *partition = &cluster->partitions[i];

        if (strcmp(partition->name, from->name) != 0)
            continue;
        partition->up = from->up;
        partition->limit_us = from->limit_us;
        partition->default_limit_us = from->default_limit_us;
    }
}

void inventory_change_partitions(struct inventory *inventory, const struct cluster *clusters,
                                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t index = 0;

        while (index < inventory->cluster_count &&
               strcmp(inventory->clusters[index].name, clusters[i].name) != 0)
            index++;
        if (index == inventory->cluster_count)
            continue;
        for (size_t j = 0; j < clusters[i].partition_count; j++)
            change_partition(&inventory->clusters[index], &clusters[i].partitions[j]);
    }
}

static void clear_cluster(struct cluster *cluster, struct site *site)
{
    for (size_t i = 0; i < cluster->partition_count; i++) {
        free(cluster->partitions[i].name);
        free(cluster->partitions[i].nodes);
        hostlist_free(site->lists[i]);
    }
    for (size_t i = 0; i < site->class_count; i++)
        node_class_free(site->classes[i]);
    free(site->classes);
    free(site->lists);
    free(cluster->partitions);
    free(cluster->name);
    free(cluster->institution);
}

static void free_node(struct node *node)
{
    free(node->name);
    free(node->drain_reason);
    free(node->drain_by);
    free(node->boot_id);
    free(node);
}

void inventory_free(struct inventory *inventory)
{
    if (!inventory)
        return;
    for (size_t i = 0; i < inventory->cluster_count; i++)
        clear_cluster(&inventory->clusters[i], &inventory->sites[i]);
    for (size_t i = 0; i < inventory->node_count; i++)
        free_node(inventory->nodes[i]);
    table_free(inventory->by_name);
    free(inventory->clusters);
    free(inventory->sites);
    free(inventory->nodes);
    free(inventory);
}

const char *node_state_text(const struct node *node)
{
    bool silent = node->state == NODE_SILENT;

    if (node->state == NODE_DOWN)
        return "down";
    if (node->drained && node->parts.count > 0)
        return silent ? "draining*" : "draining";
    if (node->drained)
        return silent ? "drained*" : "drained";
    if (node->cores == 0)
        return silent ? "unknown*" : "unknown";
    if (node->parts.count == 0)
        return silent ? "idle*" : "idle";
    if (node_free_cores(node) == 0)
        return silent ? "allocated*" : "allocated";
    return silent ? "mixed*" : "mixed";
}

size_t inventory_cluster_count(const struct inventory *inventory)
{
    return inventory->cluster_count;
}

const struct cluster *inventory_cluster(const struct inventory *inventory, size_t index)
{
    assert(index < inventory->cluster_count);
    return &inventory->clusters[index];
}

static struct cluster *find_cluster(const struct inventory *inventory, const char *name)
{
    for (size_t i = 0; i < inventory->cluster_count; i++)
        if (strcmp(inventory->clusters[i].name, name) == 0)
            return &inventory->clusters[i];
    return NULL;
}

const struct cluster *inventory_find_cluster(const struct inventory *inventory, const char *name)
{
    return find_cluster(inventory, name);
}

size_t inventory_cluster_index(const struct inventory *inventory, const struct cluster *cluster)
{
    return (size_t)(cluster - inventory->clusters);
}

static struct site *site_of(const struct inventory *inventory, const struct cluster *cluster)
{
    return &inventory->sites[inventory_cluster_index(inventory, cluster)];
}

const struct partition *cluster_find_partition(const struct cluster *cluster, const char *name)
{
    for (size_t i = 0; i < cluster->partition_count; i++) {
        const struct partition *partition = &cluster->partitions[i];

        if (name ? strcmp(partition->name, name) == 0 : partition->is_default)
            return partition;
    }
    return NULL;
}

size_t inventory_node_count(const struct inventory *inventory)
{
    return inventory->node_count;
}

const struct node *inventory_node(const struct inventory *inventory, size_t index)
{
    assert(index < inventory->node_count);
    return inventory->nodes[index];
}

struct node *inventory_seek_node(const struct inventory *inventory, const char *name)
{
    return table_get_text(inventory->by_name, name);
}

const struct node *inventory_find_node(const struct inventory *inventory, const char *name)
{
    return inventory_seek_node(inventory, name);
}

size_t inventory_class_count(const struct inventory *inventory, const struct cluster *cluster)
{
    return site_of(inventory, cluster)->class_count;
}

const struct node_class *inventory_class(const struct inventory *inventory,
                                         const struct cluster *cluster, size_t index)
{
    assert(index < site_of(inventory, cluster)->class_count);
    return site_of(inventory, cluster)->classes[index];
}

uint64_t inventory_changes(const struct inventory *inventory, const struct cluster *cluster)
{
    return site_of(inventory, cluster)->changes;
}

struct node *inventory_only_node(const struct inventory *inventory, const struct cluster *cluster)
{
    const struct site *site = site_of(inventory, cluster);
    struct node *only = NULL;

    for (size_t i = 0; i < site->class_count; i++) {
        const struct roster *members = &site->classes[i]->members;

        if (members->count > 1 || (members->count == 1 && only))
            return NULL;
        if (members->count == 1)
            only = members->nodes[0];
    }
    return only;
}

uint64_t inventory_free_cores(const struct inventory *inventory, const struct cluster *cluster)
{
    return site_of(inventory, cluster)->free_cores;
}

static struct node *add_node(struct inventory *inventory, const char *name)
{
    struct node *node = NEW(struct node);

    if (inventory->node_count == inventory->node_capacity) {
        inventory->node_capacity = inventory->node_capacity ? 2 * inventory->node_capacity : 16;
        inventory->nodes =
            memory_resize(inventory->nodes, inventory->node_capacity, sizeof(*inventory->nodes));
    }
    node->name = memory_copy(name);
    node->state = NODE_DOWN;
    node->bucket = NODE_NO_BUCKET;
    node->index = (uint32_t)inventory->node_count;
    list_init(&node->parts);
    inventory->nodes[inventory->node_count++] = node;
    table_put_text(inventory->by_name, node->name, node);
    return node;
}

struct node *inventory_get_node(struct inventory *inventory, const char *name,
                                const char *cluster_name, struct error *err)
{
    struct cluster *cluster = find_cluster(inventory, cluster_name);
    struct node *node = inventory_seek_node(inventory, name);

    if (!cluster) {
        fail(err, ERROR_NOT_FOUND, "no cluster %s", cluster_name);
        return NULL;
    }
    if (node && node->cluster != cluster && node->parts.count > 0) {
        fail(err, ERROR_CONFLICT, "node %s still has jobs in cluster %s", name,
             node->cluster->name);
        return NULL;
    }
    if (!node)
        node = add_node(inventory, name);
    if (node->cluster != cluster) {
        if (node->class) {
            bool had = node->bucket != NODE_NO_BUCKET;

            if (had)
                site_of(inventory, node->cluster)->free_cores -= node->bucket;
            site_of(inventory, node->cluster)->changes++;
            node_class_remove(node->class, node);
        }
        node->cluster = cluster;
    }
    return node;
}

static uint64_t partitions_of(const struct inventory *inventory, const struct node *node)
{
    const struct site *site = site_of(inventory, node->cluster);
    uint64_t partitions = 0;

    for (size_t i = 0; i < node->cluster->partition_count; i++)
        if (!site->lists[i] || hostlist_has(site->lists[i], node->name))
            partitions |= UINT64_C(1) << i;
    return partitions;
}

static struct node_class *get_class(struct site *site, uint32_t cores, uint64_t partitions)
{
    size_t place = 0;

    for (; place < site->class_count; place++) {
        struct node_class *class = site->classes[place];

        if (class->cores == cores && class->partitions == partitions)
            return class;
        if (class->cores > cores || (class->cores == cores && class->partitions > partitions))
            break;
    }
    site->classes = memory_resize(site->classes, site->class_count + 1, sizeof(*site->classes));
    memmove(&site->classes[place + 1], &site->classes[place],
            (site->class_count - place) * sizeof(*site->classes));
    site->class_count++;
    site->classes[place] = node_class_new(cores, partitions);
    return site->classes[place];
}

bool node_takes_work(const struct node *node)
{
    return node->state == NODE_UP && !node->drained && node->cores >= node->cores_used;
}

uint32_t node_free_cores(const struct node *node)
{
    return node->cores > node->cores_used ? node->cores - node->cores_used : 0;
}

uint64_t node_free_memory(const struct node *node)
{
    return node->memory_bytes > node->memory_used_bytes
               ? node->memory_bytes - node->memory_used_bytes
               : 0;
}

static void file_node(struct site *site, struct node *node)
{
    site->changes++;
    if (node->bucket != NODE_NO_BUCKET)
        site->free_cores -= node->bucket;
    node_class_file(node->class, node,
                    node_takes_work(node) ? node_free_cores(node) : NODE_NO_BUCKET);
    if (node->bucket != NODE_NO_BUCKET)
        site->free_cores += node->bucket;
}

void inventory_file_node(struct inventory *inventory, struct node *node)
{
    struct site *site = site_of(inventory, node->cluster);

    node->partitions = partitions_of(inventory, node);
    if (node->class &&
        (node->class->cores != node->cores || node->class->partitions != node->partitions)) {
        if (node->bucket != NODE_NO_BUCKET)
            site->free_cores -= node->bucket;
        node_class_remove(node->class, node);
    }
    if (!node->class)
        node_class_add(get_class(site, node->cores, node->partitions), node);
    file_node(site, node);
}

void inventory_take(struct inventory *inventory, struct node *node, uint32_t cores,
                    uint64_t memory_bytes)
{
    node->cores_used += cores;
    node->memory_used_bytes += memory_bytes;
    file_node(site_of(inventory, node->cluster), node);
}

void inventory_give(struct inventory *inventory, struct node *node, uint32_t cores,
                    uint64_t memory_bytes)
{
    assert(node->cores_used >= cores && node->memory_used_bytes >= memory_bytes);
    node->cores_used -= cores;
    node->memory_used_bytes -= memory_bytes;
    file_node(site_of(inventory, node->cluster), node);
}
