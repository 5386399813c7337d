/* inventory_clusters.c - what the configuration says of clusters, and what of it each node has */

#include "base/parse.h"
#include "scheduler/core/features.h"
#include "scheduler/core/inventory_inside.h"
#include "scheduler/core/node_class.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

static void copy_features(struct cluster *to, struct site *site, const struct cluster *from)
{
    to->features = NEW_ARRAY(struct feature, from->feature_count);
    site->featured = NEW_ARRAY(struct hostlist *, from->feature_count);
    for (size_t i = 0; i < from->feature_count; i++) {
        to->features[i].name = memory_copy(from->features[i].name);
        to->features[i].nodes = copy_text(from->features[i].nodes);
        site->featured[i] = read_list(from->features[i].nodes);
    }
}

static void copy_stocks(struct cluster *to, const struct cluster *from)
{
    to->licenses = NEW_ARRAY(struct license_stock, from->license_count);
    for (size_t i = 0; i < from->license_count; i++) {
        to->licenses[i].name = memory_copy(from->licenses[i].name);
        to->licenses[i].seats = from->licenses[i].seats;
    }
}

/* Rules that make no tree are none: the settings refuse them long before. */
static void copy_switches(struct cluster *to, const struct cluster *from)
{
    struct error ignored;

    to->switches = NEW_ARRAY(struct switch_rule, from->switch_count);
    for (size_t i = 0; i < from->switch_count; i++)
        to->switches[i] = (struct switch_rule){
            .name = memory_copy(from->switches[i].name),
            .nodes = copy_text(from->switches[i].nodes),
            .switches = copy_text(from->switches[i].switches),
        };
    to->tree =
        to->switch_count > 0 ? switch_tree_new(to->switches, to->switch_count, &ignored) : NULL;
}

void inventory_copy_cluster(struct cluster *to, struct site *site, const struct cluster *from)
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
    copy_features(to, site, from);
    copy_stocks(to, from);
    copy_switches(to, from);
}

static void clear_stocks(struct cluster *cluster, struct site *site)
{
    for (size_t i = 0; i < cluster->feature_count; i++) {
        free(cluster->features[i].name);
        free(cluster->features[i].nodes);
        hostlist_free(site->featured[i]);
    }
    for (size_t i = 0; i < cluster->license_count; i++)
        free(cluster->licenses[i].name);
    for (size_t i = 0; i < cluster->switch_count; i++) {
        free(cluster->switches[i].name);
        free(cluster->switches[i].nodes);
        free(cluster->switches[i].switches);
    }
    switch_tree_free(cluster->tree);
    free(cluster->switches);
    free(cluster->features);
    free(cluster->licenses);
    free(site->featured);
}

void inventory_clear_cluster(struct cluster *cluster, struct site *site)
{
    clear_stocks(cluster, site);
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

uint64_t inventory_partitions(const struct inventory *inventory, const struct node *node)
{
    const struct site *site = inventory_site(inventory, node->cluster);
    uint64_t partitions = 0;

    for (size_t i = 0; i < node->cluster->partition_count; i++)
        if (!site->lists[i] || hostlist_has(site->lists[i], node->name))
            partitions |= UINT64_C(1) << i;
    return partitions;
}

/* What its agent says, and what the configuration adds. */
char *inventory_features(const struct inventory *inventory, const struct node *node)
{
    const struct site *site = inventory_site(inventory, node->cluster);
    char *features = features_join(node->own_features ? node->own_features : "", "");

    for (size_t i = 0; i < node->cluster->feature_count; i++) {
        CLEANUP(memory_freep) char *before = NULL;

        if (site->featured[i] && !hostlist_has(site->featured[i], node->name))
            continue;
        before = features;
        features = features_join(before, node->cluster->features[i].name);
    }
    return features;
}

bool inventory_has_feature(const struct inventory *inventory, const char *name)
{
    for (size_t i = 0; i < inventory->cluster_count; i++) {
        for (size_t j = 0; j < inventory->clusters[i].feature_count; j++)
            if (strcmp(inventory->clusters[i].features[j].name, name) == 0)
                return true;
        for (size_t j = 0; j < inventory->sites[i].class_count; j++)
            if (features_have(inventory->sites[i].classes[j]->features, name, strlen(name)))
                return true;
    }
    return false;
}

char *inventory_nearest_feature(const struct inventory *inventory, const char *name)
{
    CLEANUP(memory_freep) char *all = memory_copy("");
    CLEANUP(memory_freep) const char **names = NULL;
    size_t count = 0;
    const char *nearest;
    char *rest, *next;

    for (size_t i = 0; i < inventory->cluster_count; i++)
        for (size_t j = 0; j < inventory->sites[i].class_count; j++) {
            char *joined = features_join(all, inventory->sites[i].classes[j]->features);

            free(all);
            all = joined;
        }
    names = NEW_ARRAY(const char *, strlen(all) + 2);
    rest = all;
    while ((next = strsep(&rest, ",")))
        if (*next)
            names[count++] = next;
    nearest = nearest_name(name, names);
    return nearest ? memory_copy(nearest) : NULL;
}
