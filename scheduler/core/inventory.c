/* inventory.c - clusters, partitions and nodes, and what of them is free */

#include "scheduler/core/inventory.h"

#include "base/table.h"
#include "scheduler/core/inventory_inside.h"
#include "scheduler/core/node_class.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct inventory *inventory_new(const struct cluster *clusters, size_t count)
{
    struct inventory *inventory = NEW(struct inventory);

    inventory->cluster_count = count;
    inventory->clusters = NEW_ARRAY(struct cluster, count);
    inventory->sites = NEW_ARRAY(struct site, count);
    inventory->by_name = table_new();
    for (size_t i = 0; i < count; i++)
        inventory_copy_cluster(&inventory->clusters[i], &inventory->sites[i], &clusters[i]);
    return inventory;
}

static void free_node(struct node *node)
{
    free(node->name);
    free(node->drain_reason);
    free(node->drain_by);
    free(node->boot_id);
    free(node->own_features);
    free(node->features);
    free(node);
}

void inventory_free(struct inventory *inventory)
{
    if (!inventory)
        return;
    for (size_t i = 0; i < inventory->cluster_count; i++)
        inventory_clear_cluster(&inventory->clusters[i], &inventory->sites[i]);
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
    if (node->drained && node->drain_by && strcmp(node->drain_by, NODE_LENDER) == 0)
        return silent ? "occupied*" : "occupied";
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

struct site *inventory_site(const struct inventory *inventory, const struct cluster *cluster)
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
    return inventory_site(inventory, cluster)->class_count;
}

const struct node_class *inventory_class(const struct inventory *inventory,
                                         const struct cluster *cluster, size_t index)
{
    assert(index < inventory_site(inventory, cluster)->class_count);
    return inventory_site(inventory, cluster)->classes[index];
}

size_t inventory_first_class(const struct inventory *inventory, const struct cluster *cluster,
                             uint32_t leaf)
{
    const struct site *site = inventory_site(inventory, cluster);
    size_t place = 0, end = site->class_count;

    while (place < end) {
        size_t middle = place + (end - place) / 2;

        if (site->classes[middle]->leaf < leaf)
            place = middle + 1;
        else
            end = middle;
    }
    return place;
}

uint64_t inventory_changes(const struct inventory *inventory, const struct cluster *cluster)
{
    return inventory_site(inventory, cluster)->changes;
}

struct node *inventory_only_node(const struct inventory *inventory, const struct cluster *cluster)
{
    const struct site *site = inventory_site(inventory, cluster);
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
    return inventory_site(inventory, cluster)->free_cores;
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
    node->gpu_bucket = NODE_NO_BUCKET;
    node->features = memory_copy("");
    node->leaf = SWITCH_NONE;
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
                inventory_site(inventory, node->cluster)->free_cores -= node->bucket;
            inventory_site(inventory, node->cluster)->changes++;
            node_class_remove(node->class, node);
        }
        node->cluster = cluster;
    }
    return node;
}

static bool is_of_class(const struct node_class *class, const struct node *node)
{
    return class->cores == node->cores && class->partitions == node->partitions &&
           class->leaf == node->leaf && gpu_stock_equal(&class->gpus, &node->gpu_stock) &&
           strcmp(class->features, node->features) == 0;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* An order that does not depend on when nodes came. */
static int compare_class(const struct node_class *class, const struct node *node)
{
    int order = compare_numbers(class->leaf, node->leaf);

    if (order == 0)
        order = compare_numbers(class->cores, node->cores);
    if (order == 0)
        order = compare_numbers(class->partitions, node->partitions);
    if (order == 0)
        order = gpu_stock_compare(&class->gpus, &node->gpu_stock);
    return order ? order : strcmp(class->features, node->features);
}

static struct node_class *get_class(struct inventory *inventory, struct site *site,
                                    const struct node *node)
{
    size_t place = 0, end = site->class_count;

    while (place < end) {
        size_t middle = place + (end - place) / 2;
        int order = compare_class(site->classes[middle], node);

        if (order == 0)
            return site->classes[middle];
        if (order > 0)
            end = middle;
        else
            place = middle + 1;
    }
    site->classes = memory_resize(site->classes, site->class_count + 1, sizeof(*site->classes));
    memmove(&site->classes[place + 1], &site->classes[place],
            (site->class_count - place) * sizeof(*site->classes));
    site->class_count++;
    site->classes[place] = node_class_new(node, inventory->next_class++);
    return site->classes[place];
}

static bool gpus_fit(const struct node *node)
{
    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++)
        if (node->gpus_used[i] > node->gpu_stock.kinds[i].count)
            return false;
    return true;
}

bool node_takes_work(const struct node *node)
{
    return node->state == NODE_UP && !node->drained && node->cores >= node->cores_used &&
           gpus_fit(node);
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

uint32_t node_free_gpus(const struct node *node, uint32_t kind)
{
    uint32_t count = node->gpu_stock.kinds[kind].count;

    return count > node->gpus_used[kind] ? count - node->gpus_used[kind] : 0;
}

void inventory_take_gpus(struct node *node, const char *type, uint32_t count)
{
    uint32_t kind = count > 0 ? gpu_stock_find(&node->gpu_stock, type) : GPU_KINDS_MAX;

    if (kind < GPU_KINDS_MAX)
        node->gpus_used[kind] += count;
}

void inventory_give_gpus(struct node *node, const char *type, uint32_t count)
{
    uint32_t kind = count > 0 ? gpu_stock_find(&node->gpu_stock, type) : GPU_KINDS_MAX;

    if (kind == GPU_KINDS_MAX)
        return;
    assert(node->gpus_used[kind] >= count);
    node->gpus_used[kind] -= count;
}

void inventory_set_gpus(struct node *node, const struct gpu_stock *stock)
{
    node->gpu_stock = *stock;
    memset(node->gpus_used, 0, sizeof(node->gpus_used));
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
    struct site *site = inventory_site(inventory, node->cluster);

    node->partitions = inventory_partitions(inventory, node);
    node->leaf = switch_tree_leaf(node->cluster->tree, node->name);
    free(node->features);
    node->features = inventory_features(inventory, node);
    if (node->class && !is_of_class(node->class, node)) {
        if (node->bucket != NODE_NO_BUCKET)
            site->free_cores -= node->bucket;
        node_class_remove(node->class, node);
    }
    if (!node->class)
        node_class_add(get_class(inventory, site, node), node);
    file_node(site, node);
}

void inventory_take(struct inventory *inventory, struct node *node, uint32_t cores,
                    uint64_t memory_bytes)
{
    node->cores_used += cores;
    node->memory_used_bytes += memory_bytes;
    file_node(inventory_site(inventory, node->cluster), node);
}

void inventory_give(struct inventory *inventory, struct node *node, uint32_t cores,
                    uint64_t memory_bytes)
{
    assert(node->cores_used >= cores && node->memory_used_bytes >= memory_bytes);
    node->cores_used -= cores;
    node->memory_used_bytes -= memory_bytes;
    file_node(inventory_site(inventory, node->cluster), node);
}
