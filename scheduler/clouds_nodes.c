/* clouds_nodes.c - which nodes of clouds have joined, are wanted, or have been idle too long */

#include "scheduler/clouds_inside.h"

#include <string.h>

static bool is_ours(const struct cloud *cloud, const struct node *node)
{
    return node->drained && node->drain_by && strcmp(node->drain_by, cloud->by) == 0;
}

/* Of a node that is no server at present, nothing is left. */
static void tidy_up(struct cloud *cloud, const struct node *node)
{
    struct service *service = cloud->clouds->service;

    if (node->state != NODE_DOWN || node->parts.count > 0)
        service_change_node(service, EVENT_NODE_LOST, node->name, cloud->by, NULL);
    if (is_ours(cloud, node))
        service_change_node(service, EVENT_NODE_RESUMED, node->name, cloud->by, NULL);
}

static void look_at_nodes(struct cloud *cloud, int64_t now_us)
{
    const struct inventory *inventory = core_inventory(service_core(cloud->clouds->service));

    for (size_t i = 0; i < pool_count(cloud->pool); i++) {
        const struct pool_member *member = pool_member(cloud->pool, i);
        const struct node *node = inventory_find_node(inventory, member->name);

        if (!node)
            continue;
        if (member->state == POOL_OFF)
            tidy_up(cloud, node);
        else if (node->state == NODE_UP)
            pool_joined(cloud->pool, member, now_us);
    }
}

/* Those that are not known to the core yet are left out. */
static void list_nodes(struct cloud *cloud, int64_t now_us)
{
    struct clouds *clouds = cloud->clouds;
    const struct inventory *inventory = core_inventory(service_core(clouds->service));

    for (size_t i = 0; i < pool_count(cloud->pool); i++) {
        const struct pool_member *member = pool_member(cloud->pool, i);
        const struct node *node = inventory_find_node(inventory, member->name);

        if (!node || node->cluster != cloud->cluster)
            continue;
        clouds->members[clouds->listed] = (struct listed){cloud, member};
        clouds->nodes[clouds->listed++] = (struct wanted_node){
            .node = node,
            .is_on =
                !node->drained && (member->state == POOL_ASKED || member->state == POOL_BOOTING ||
                                   (member->state == POOL_UP && node->state == NODE_UP)),
            .is_off = !node->drained && pool_may_want(cloud->pool, member, now_us),
        };
    }
}

static void retire(struct cloud *cloud, const struct pool_member *member, int64_t now_us)
{
    service_change_node(cloud->clouds->service, EVENT_NODE_DRAINED, member->name, cloud->by,
                        "idle: its server is being removed");
    pool_retire(cloud->pool, member, now_us);
}

/* A node that jobs wait for, or that has some, is not idle. */
static void look_at_idle(struct cloud *cloud, const struct wanted_node *place,
                         const struct pool_member *member, int64_t now_us)
{
    int64_t *since_us = &cloud->idle_since_us[member - pool_member(cloud->pool, 0)];

    if (member->state != POOL_UP || place->node->parts.count > 0 || place->use) {
        *since_us = 0;
        return;
    }
    if (*since_us == 0)
        *since_us = now_us;
    if (now_us - *since_us >= cloud->settings->idle_us) {
        *since_us = 0;
        retire(cloud, member, now_us);
    }
}

/* Does an earlier one look after its cluster? */
static bool is_looked_after(const struct clouds *clouds, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (clouds->all[i].cluster == clouds->all[index].cluster)
            return true;
    return false;
}

/* All clouds of a cluster together, so that no two make servers for the same job; the first in the
 * configuration is preferred. */
static void look_at_jobs(struct cloud *first, int64_t now_us)
{
    struct clouds *clouds = first->clouds;
    int64_t boot_us = 0;

    clouds->listed = 0;
    for (size_t i = 0; i < clouds->count; i++) {
        struct cloud *cloud = &clouds->all[i];

        if (cloud->cluster != first->cluster)
            continue;
        list_nodes(cloud, now_us);
        if (pool_boot_us(cloud->pool) > boot_us)
            boot_us = pool_boot_us(cloud->pool);
    }
    wanted_find(service_core(clouds->service), first->cluster, clouds->nodes, clouds->listed,
                now_us + boot_us, &first->turn);
    for (size_t i = 0; i < clouds->listed; i++) {
        const struct wanted_node *place = &clouds->nodes[i];
        const struct listed *listed = &clouds->members[i];

        if (place->is_off && place->use)
            pool_want(listed->cloud->pool, listed->member, now_us);
        else
            look_at_idle(listed->cloud, place, listed->member, now_us);
        if (!place->use && first->turn == 0) /* no job, for all were looked at */
            pool_unwant(listed->cloud->pool, listed->member, now_us);
    }
}

void clouds_look(struct clouds *clouds)
{
    for (size_t i = 0; i < clouds->count; i++) {
        int64_t now_us = service_now(clouds->service);

        look_at_nodes(&clouds->all[i], now_us);
        if (!is_looked_after(clouds, i))
            look_at_jobs(&clouds->all[i], now_us);
    }
}

/* --- what is told of a cluster ------------------------------------------------------------------- */

static bool may_make(const struct cloud *cloud, int64_t now_us)
{
    for (size_t i = 0; i < pool_count(cloud->pool); i++) {
        const struct pool_member *member = pool_member(cloud->pool, i);

        if (member->state == POOL_ASKED || member->state == POOL_BOOTING ||
            pool_may_want(cloud->pool, member, now_us))
            return true;
    }
    return false;
}

int64_t clouds_boot(void *owner, const struct cluster *cluster)
{
    const struct clouds *clouds = owner;
    int64_t least_us = 0;

    for (size_t i = 0; i < clouds->count; i++) {
        const struct cloud *cloud = &clouds->all[i];
        int64_t boot_us = pool_boot_us(cloud->pool);

        if (cloud->cluster == cluster && may_make(cloud, service_now(clouds->service)) &&
            (least_us == 0 || boot_us < least_us))
            least_us = boot_us;
    }
    return least_us;
}

/* --- what lists of nodes tell -------------------------------------------------------------------- */

/* Nothing of one that is a node like any other; why the last server failed, until one joins. */
bool clouds_note(void *owner, const char *node, struct node_note *ret_note)
{
    const struct clouds *clouds = owner;

    for (size_t i = 0; i < clouds->count; i++) {
        const struct pool_member *member = pool_find(clouds->all[i].pool, node);

        if (!member)
            continue;
        if (member->state == POOL_UP)
            return false;
        *ret_note = (struct node_note){
            .state = pool_state_name(member->state == POOL_RETIRING ? POOL_OFF : member->state),
            .reason = member->fault,
            .by = clouds->all[i].by,
        };
        return true;
    }
    return false;
}
