/* partition.c - is there a partition of that name, and which one was meant */

#include "client/partition.h"

#include "base/memory.h"
#include "base/parse.h"
#include "client/text.h"

#include <string.h>

bool cluster_check(const Wire__ClusterListing *listing, const char *cluster, struct error *err)
{
    CLEANUP(memory_freep)
    const char **names = NEW_ARRAY(const char *, listing->n_clusters + 1);
    char shown[TEXT_SHOWN_SIZE];
    const char *nearest;

    for (size_t i = 0; i < listing->n_clusters; i++) {
        names[i] = listing->clusters[i]->name;
        if (!cluster || strcmp(cluster, names[i]) == 0)
            return true;
    }
    if (!cluster)
        return true;
    nearest = nearest_name(cluster, names);
    text_show(cluster, shown);
    if (nearest)
        return fail(err, ERROR_NOT_FOUND, _("no cluster %s: did you mean %s?"), shown, nearest);
    return fail(err, ERROR_NOT_FOUND, _("no cluster %s"), shown);
}

bool partition_check(const Wire__ClusterListing *listing, const char *cluster,
                     const char *partition, struct error *err)
{
    CLEANUP(memory_freep) const char **names = NULL;
    char shown[TEXT_SHOWN_SIZE];
    const char *nearest;
    size_t count = 0;

    if (!cluster_check(listing, cluster, err))
        return false;
    for (size_t i = 0; partition && i < listing->n_clusters; i++) {
        const Wire__ClusterView *view = listing->clusters[i];

        if (cluster && strcmp(cluster, view->name) != 0)
            continue;
        names = memory_resize(names, count + view->n_partitions + 1, sizeof(*names));
        for (size_t j = 0; j < view->n_partitions; j++) {
            names[count++] = view->partitions[j]->name;
            if (strcmp(partition, names[count - 1]) == 0)
                return true;
        }
        names[count] = NULL;
    }
    if (!partition)
        return true;
    nearest = count > 0 ? nearest_name(partition, names) : NULL;
    text_show(partition, shown);
    if (nearest)
        return fail(err, ERROR_NOT_FOUND, _("no partition %s: did you mean %s?"), shown, nearest);
    return fail(err, ERROR_NOT_FOUND, _("no partition %s"), shown);
}
