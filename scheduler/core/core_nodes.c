/* core_nodes.c - nodes come, fall silent, are lost, drained and resumed */

#include "scheduler/core/core_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The text may be the one that stands there: a node that is back has the facts it had. */
static void set_text(char **place, const char *text)
{
    char *copy = text ? memory_copy(text) : NULL;

    free(*place);
    *place = copy;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The part went with its node; its job may go on elsewhere. */
static void lose_part(struct core *core, struct part *part)
{
    const struct node *node = part->node;
    struct job *job = part->job;

    /* What is known of its end: when the node was last heard of. */
    if (part->number == 0 && job->start_us != 0) {
        job->end_us = core->now_us;
        if (node->state == NODE_SILENT && node->silent_us > job->start_us)
            job->end_us = node->silent_us;
    }
    attempt_part_over(core, part, PART_LOST);
    attempt_stop(core, job, REASON_NODE_DOWN);
}

static void lose_all_parts(struct core *core, struct node *node)
{
    LIST_EACH(&node->parts, place)
        lose_part(core, CONTAINER_OF(place, struct part, of_node));
}

static bool has_size(const struct node *node, const struct node_facts *facts)
{
    return node->cores == facts->cores && node->memory_bytes == facts->memory_bytes &&
           gpu_stock_equal(&node->gpu_stock, &facts->gpu_stock) &&
           same_text(node->own_features, facts->features);
}

static bool has_facts(const struct node *node, const struct node_facts *facts)
{
    return has_size(node, facts) && node->threads == facts->threads &&
           node->packages == facts->packages && node->numa_nodes == facts->numa_nodes &&
           node->gpus == facts->gpus && node->emulated == facts->emulated &&
           node->boot_us == facts->boot_us && node->class &&
           same_text(node->boot_id, facts->boot_id);
}

/* Of what its jobs have there are more or less now. */
static void take_gpus(struct node *node, const struct gpu_stock *stock)
{
    inventory_set_gpus(node, stock);
    LIST_EACH(&node->parts, place) {
        const struct part *part = CONTAINER_OF(place, struct part, of_node);

        inventory_take_gpus(node, part->gpu_type, part->gpus);
    }
}

static void take_facts(struct node *node, const struct node_facts *facts)
{
    node->cores = facts->cores;
    node->threads = facts->threads;
    node->packages = facts->packages;
    node->numa_nodes = facts->numa_nodes;
    node->gpus = facts->gpus;
    take_gpus(node, &facts->gpu_stock);
    set_text(&node->own_features, facts->features && *facts->features ? facts->features : NULL);
    node->memory_bytes = facts->memory_bytes;
    node->emulated = facts->emulated;
    node->boot_us = facts->boot_us;
    set_text(&node->boot_id, facts->boot_id);
}

void on_node_joined(struct core *core, const struct event *event)
{
    const struct node_facts *facts = &event->node;
    struct error err;
    struct node *node;
    bool known, was_up, worse;

    if (facts->cores > NODE_CORES_MAX) {
        core_warn(core, NULL, NULL, "node %.60s: %" PRIu32 " cores are too many to be true",
                  facts->name, facts->cores);
        return;
    }
    node = inventory_get_node(core->inventory, facts->name, facts->cluster, &err);
    if (!node) {
        core_warn(core, NULL, NULL, "node %.40s: %.70s", facts->name, err.text);
        return;
    }
    if (node->boot_id && !same_text(node->boot_id, facts->boot_id))
        lose_all_parts(core, node);
    known = has_facts(node, facts);
    was_up = node->state == NODE_UP;
    if (known && was_up)
        return;
    worse = node->class && !has_size(node, facts);
    take_facts(node, facts);
    node->state = NODE_UP;
    node->silent_us = 0;
    core_set_node_timer(core, node, INT64_MAX);
    inventory_file_node(core->inventory, node);
    plan_nodes_changed(core, worse);
    if (!known)
        core_save_node(core, node);
    if (node->cores < node->cores_used)
        core_warn(core, NULL, node,
                  "has %" PRIu32 " cores, but its jobs %" PRIu32 ": no new work until it fits",
                  node->cores, node->cores_used);
}

static int64_t lease_end(const struct node *node, const struct part *part)
{
    const struct partition *partition = part->job->partition;

    if (partition->contact != CONTACT_LEASE)
        return INT64_MAX;
    /* Clocks may differ by two per cent, and the last word may have been on its way. */
    return node->silent_us + partition->lease_us + partition->lease_us / 50 + 5000000;
}

void node_watch_leases(struct core *core, struct node *node)
{
    int64_t due_us = INT64_MAX;

    LIST_EACH(&node->parts, place) {
        int64_t end_us = lease_end(node, CONTAINER_OF(place, struct part, of_node));

        if (end_us < due_us)
            due_us = end_us;
    }
    core_set_node_timer(core, node, due_us);
}

void on_node_timer(struct core *core, struct node *node)
{
    LIST_EACH(&node->parts, place) {
        struct part *part = CONTAINER_OF(place, struct part, of_node);

        if (lease_end(node, part) <= core->now_us)
            lose_part(core, part);
    }
    node_watch_leases(core, node);
}

void on_node_silent(struct core *core, const struct event *event)
{
    struct node *node = inventory_seek_node(core->inventory, event->node_change.name);

    if (!node || node->state != NODE_UP)
        return;
    node->state = NODE_SILENT;
    node->silent_us = core->now_us;
    inventory_file_node(core->inventory, node);
    node_watch_leases(core, node);
    plan_nodes_changed(core, true);
}

void on_node_lost(struct core *core, const struct event *event)
{
    struct node *node = inventory_seek_node(core->inventory, event->node_change.name);

    if (!node || (node->state == NODE_DOWN && node->parts.count == 0))
        return;
    lose_all_parts(core, node);
    node->state = NODE_DOWN;
    core_set_node_timer(core, node, INT64_MAX);
    if (node->class)
        inventory_file_node(core->inventory, node);
    plan_nodes_changed(core, true);
    core_save_node(core, node);
}

void core_drain_node(struct core *core, struct node *node, const char *reason, const char *by)
{
    node->drained = true;
    set_text(&node->drain_reason, reason);
    set_text(&node->drain_by, by);
    if (node->class)
        inventory_file_node(core->inventory, node);
    plan_nodes_changed(core, true);
    core_save_node(core, node);
}

void on_node_drained(struct core *core, const struct event *event)
{
    struct node *node = inventory_seek_node(core->inventory, event->node_change.name);

    if (node)
        core_drain_node(core, node, event->node_change.reason, event->by);
}

void on_node_resumed(struct core *core, const struct event *event)
{
    struct node *node = inventory_seek_node(core->inventory, event->node_change.name);

    if (!node || !node->drained)
        return;
    node->drained = false;
    set_text(&node->drain_reason, NULL);
    set_text(&node->drain_by, NULL);
    if (node->class)
        inventory_file_node(core->inventory, node);
    plan_nodes_changed(core, false);
    core_save_node(core, node);
}
