/* guarantee.c - nodes that a cluster's institution has within a stated time */

#include "scheduler/core/guarantee.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/preemption.h"

#include <stdlib.h>
#include <string.h>

/* --- guests ------------------------------------------------------------------------------------ */

/* Those that can be made to go in time. */
static bool yields_in_time(const struct core *core, const struct contender *guest,
                           struct terms *ret_terms)
{
    return preemption_yields(guest, ret_terms) && ret_terms->mode != QOS_PREEMPT_SUSPEND &&
           ret_terms->exempt_us + ret_terms->grace_us + core->settings.kill_wait_us <=
               guest->cluster->guarantee_within_us;
}

static bool is_guest(const struct job *job)
{
    return limits_is_lent(job->cluster, job->institution);
}

/* Suspended, nobody knows how long it stays. */
static bool goes_by(const struct core *core, const struct job *job, int64_t at_us)
{
    const struct contender guest = {job, job->cluster, job->partition};

    if (preempt_is_leaving(job))
        return true;
    return job->state != JOB_SUSPENDED && !preemption_may_suspend(&guest) &&
           job->expected_us <= at_us - core->settings.kill_wait_us;
}

static bool is_firm(const struct core *core, const struct job *job)
{
    const struct contender guest = {job, job->cluster, job->partition};
    struct terms terms;

    return !goes_by(core, job, core->now_us + job->cluster->guarantee_within_us) &&
           !yields_in_time(core, &guest, &terms);
}

/* --- nodes ------------------------------------------------------------------------------------- */

static const struct part *part_after(const struct node *node, const struct part *part)
{
    struct list_node *next =
        part ? list_after(&node->parts, &part->of_node) : list_first(&node->parts);

    return next ? CONTAINER_OF(next, struct part, of_node) : NULL;
}

static bool has_owner(const struct node *node)
{
    for (const struct part *part = NULL; (part = part_after(node, part));)
        if (!is_guest(part->job))
            return true;
    return false;
}

static bool has_firm(const struct core *core, const struct node *node)
{
    for (const struct part *part = NULL; (part = part_after(node, part));)
        if (is_guest(part->job) && is_firm(core, part->job))
            return true;
    return false;
}

static bool is_clear(const struct core *core, const struct node *node, int64_t until_us)
{
    for (const struct part *part = NULL; (part = part_after(node, part));)
        if (!is_guest(part->job) || !goes_by(core, part->job, until_us))
            return false;
    return true;
}

/* Guests alone are there, who can be made to go, but have not been. */
static bool is_to_clear(const struct core *core, const struct node *node, int64_t until_us)
{
    return !has_owner(node) && !has_firm(core, node) && !is_clear(core, node, until_us);
}

/* Does it take work, and is it for anybody, as long as that matters? */
static bool is_counted(const struct core *core, const struct cluster *cluster,
                       const struct node *node)
{
    return node_takes_work(node) && !windows_against(&core->plan.windows, node, NULL, core->now_us,
                                                     core->now_us + cluster->guarantee_within_us);
}

typedef void node_fn(struct node *node, void *context);

static void each_working(const struct core *core, const struct cluster *cluster, node_fn *visit,
                         void *context)
{
    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        for (size_t j = 0; j < class->members.count; j++)
            if (is_counted(core, cluster, class->members.nodes[j]))
                visit(class->members.nodes[j], context);
    }
}

/* --- those that wait --------------------------------------------------------------------------- */

/* The cluster whose guarantee shapes of the stream may count on; NULL: none's. */
static const struct cluster *cluster_of_stream(const struct core *core, const struct stream *stream)
{
    const struct cluster *cluster = core->plan.lanes[stream->lanes[0]].cluster;

    if (stream->lanes[stream->lane_count] != STREAM_CLAIMS || cluster->guarantee == 0)
        return NULL;
    for (size_t i = 1; i < stream->lane_count; i++)
        if (core->plan.lanes[stream->lanes[i]].cluster != cluster)
            return NULL;
    return cluster;
}

static const struct cluster *cluster_of(const struct core *core, const struct shape *shape)
{
    const struct cluster *cluster = cluster_of_stream(core, shape->stream);

    return cluster && !shape->more && !limits_is_lent(cluster, shape_first(shape)->institution)
               ? cluster
               : NULL;
}

static struct lane *first_lane(const struct core *core, const struct cluster *cluster)
{
    return plan_lane(&core->plan, inventory_cluster_index(core->inventory, cluster),
                     cluster->partitions);
}

bool guarantee_admits(const struct stream *stream, const struct demand *demand, const void *context)
{
    const struct core *core = context;
    const struct cluster *cluster = cluster_of_stream(core, stream);

    (void)demand;
    return cluster && !first_lane(core, cluster)->is_called_out;
}

void guarantee_begin_pass(struct core *core)
{
    for (size_t i = 0; i < core->plan.lane_count; i++)
        core->plan.lanes[i].is_called_out = false;
}

/* As many nodes as each of its jobs can need when they are empty. */
static uint32_t nodes_of(const struct core *core, const struct cluster *cluster,
                         const struct shape *shape)
{
    const struct request *request = shape_request(shape);
    const struct need need = shape_need(shape);
    uint32_t least = request->tasks, nodes;

    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        for (size_t j = 0; j < class->members.count; j++) {
            const struct room room = room_when_empty(class->members.nodes[j]);
            uint32_t capacity = need_capacity(&need, class->members.nodes[j], &room);

            if (capacity > 0 && capacity < least)
                least = capacity;
        }
    }
    nodes = least > 0 ? (request->tasks + least - 1) / least : 1;
    return nodes > request->nodes_least ? nodes : request->nodes_least;
}

static struct shape *caller(const struct core *core, size_t index)
{
    const struct job *job = core_seek_job(core, core->plan.callers[index]);

    return job && job->state == JOB_PENDING && job->shape && job->shape->state != SHAPE_PARKED
               ? job->shape
               : NULL;
}

static bool is_noted(const struct core *core, const struct shape *shape)
{
    for (size_t i = 0; i < core->plan.caller_count; i++)
        if (caller(core, i) == shape)
            return true;
    return false;
}

/* Those that have been looked at already stay. */
void guarantee_begin_walk(struct core *core)
{
    struct plan *plan = &core->plan;
    size_t count = 0;

    for (size_t i = 0; i < plan->caller_count; i++) {
        const struct shape *shape = caller(core, i);

        if (shape && shape->looked_pass == plan->pass)
            plan->callers[count++] = plan->callers[i];
    }
    plan->caller_count = count;
}

static void note_caller(struct core *core, const struct cluster *cluster, struct shape *shape)
{
    struct plan *plan = &core->plan;

    shape->called_nodes = nodes_of(core, cluster, shape);
    if (shape->called_us == 0)
        shape->called_us = core->now_us;
    if (is_noted(core, shape))
        return;
    plan->callers = memory_resize(plan->callers, plan->caller_count + 1, sizeof(*plan->callers));
    plan->callers[plan->caller_count++] = shape_first(shape)->id;
}

/* What those that wait take of so many nodes, in their turns up to the first that does not fit. */
struct call {
    uint32_t nodes;
    bool is_all;      /* all of what was left, or as much as fits */
    int64_t since_us; /* when the first of them began to wait */
};

static void add_call(struct call *call, const struct shape *shape, uint32_t left)
{
    uint64_t jobs = shape->jobs.count - 1 + job_element_count(shape_first(shape));
    uint32_t fit = (left - call->nodes) / shape->called_nodes;

    if (fit > 0 && shape->called_us > 0 && shape->called_us < call->since_us)
        call->since_us = shape->called_us;
    call->nodes += (jobs < fit ? (uint32_t)jobs : fit) * shape->called_nodes;
    call->is_all = jobs > fit || call->nodes == left;
}

static struct call call_of(const struct core *core, const struct cluster *cluster, uint32_t left)
{
    struct call call = {.is_all = left == 0, .since_us = core->now_us};

    for (size_t i = 0; i < core->plan.caller_count && !call.is_all; i++) {
        const struct shape *shape = caller(core, i);

        if (shape && cluster_of(core, shape) == cluster)
            add_call(&call, shape, left);
    }
    return call;
}

/* --- the counts -------------------------------------------------------------------------------- */

struct counting {
    const struct core *core;
    struct guarantee_count *count;
};

static void count_use(struct node *node, void *context)
{
    const struct counting *counting = context;

    counting->count->nodes++;
    counting->count->own += has_owner(node);
    counting->count->firm += has_firm(counting->core, node);
}

static void count_clear(struct node *node, void *context)
{
    const struct counting *counting = context;

    counting->count->clear += is_clear(counting->core, node, counting->count->until_us);
}

struct guarantee_count guarantee_count(const struct core *core, const struct cluster *cluster)
{
    struct guarantee_count count = {0};
    struct counting counting = {core, &count};
    struct call call;

    each_working(core, cluster, count_use, &counting);
    count.guaranteed = cluster->guarantee < count.nodes ? cluster->guarantee : count.nodes;
    call = call_of(core, cluster, count.guaranteed > count.own ? count.guaranteed - count.own : 0);
    count.called = call.nodes;
    count.is_called_out = call.is_all;
    count.until_us = call.since_us + cluster->guarantee_within_us;
    each_working(core, cluster, count_clear, &counting);
    return count;
}

bool guarantee_keeps(const struct core *core, const struct job *job,
                     const struct placement *placement, int64_t limit_us)
{
    const struct cluster *cluster = placement->cluster;
    const struct contender guest = {job, cluster, placement->partition};
    int64_t gone_us = core->now_us + limit_us + core->settings.kill_wait_us;
    uint32_t firm = 0, taken = 0, to_clear = 0;
    struct guarantee_count count;
    struct terms terms;

    if (cluster->guarantee == 0 || job->window || !limits_is_lent(cluster, job->institution))
        return false;
    if (preemption_may_suspend(&guest))
        gone_us = INT64_MAX;
    count = guarantee_count(core, cluster);
    for (size_t i = 0; i < placement->count; i++) {
        firm += !has_firm(core, placement->seats[i].node);
        taken += is_clear(core, placement->seats[i].node, count.until_us);
        to_clear += is_to_clear(core, placement->seats[i].node, count.until_us);
    }
    if (gone_us > core->now_us + cluster->guarantee_within_us &&
        !yields_in_time(core, &guest, &terms) && count.firm + firm > count.nodes - count.guaranteed)
        return true;
    if (gone_us <= count.until_us)
        return false;
    /* Beside guests who are spared for a time nobody may come who would be spared for longer. */
    return (taken > 0 && count.clear < count.called + taken) ||
           (to_clear > 0 && count.clear < count.called);
}

void guarantee_changed(struct core *core)
{
    queue_parking_changed(&core->queue, queue_parking(&core->queue, GUARANTEE_PARKING));
}

/* --- nodes are cleared ------------------------------------------------------------------------- */

/* A node from which all guests that would stay can be pushed. */
struct clearing {
    struct node *node;
    uint32_t cores;    /* of these */
    int64_t placed_us; /* the oldest */
};

struct clearings {
    struct core *core;
    int64_t until_us;
    int64_t spared_us; /* when the first of those may be pushed that have not run long enough */
    size_t count, capacity;
    struct clearing *all;
};

static void clear_clearings(struct clearings *clearings)
{
    free(clearings->all);
}

/* Can the guest be pushed now?  Else, perhaps later. */
static bool may_be_pushed(struct clearings *clearings, const struct job *job,
                          struct terms *ret_terms)
{
    const struct contender guest = {job, job->cluster, job->partition};
    int64_t spared_us;

    if (job->state == JOB_SUSPENDED || !yields_in_time(clearings->core, &guest, ret_terms))
        return false;
    spared_us = preempt_exempt_until(job, ret_terms);
    if (spared_us <= clearings->core->now_us)
        return true;
    if (spared_us < clearings->spared_us)
        clearings->spared_us = spared_us;
    return false;
}

static void add_clearing(struct node *node, void *context)
{
    struct clearings *clearings = context;
    struct clearing clearing = {.node = node, .placed_us = INT64_MAX};
    struct terms terms;

    if (is_clear(clearings->core, node, clearings->until_us))
        return;
    for (const struct part *part = NULL; (part = part_after(node, part));) {
        if (!is_guest(part->job))
            return;
        if (goes_by(clearings->core, part->job, clearings->until_us))
            continue;
        if (!may_be_pushed(clearings, part->job, &terms))
            return;
        clearing.cores += part->cores;
        if (part->job->placed_us < clearing.placed_us)
            clearing.placed_us = part->job->placed_us;
    }
    if (clearings->count == clearings->capacity) {
        clearings->capacity = clearings->capacity ? 2 * clearings->capacity : 64;
        clearings->all =
            memory_resize(clearings->all, clearings->capacity, sizeof(*clearings->all));
    }
    clearings->all[clearings->count++] = clearing;
}

/* The one with least to lose comes first; of equals the one whose work has run the least. */
static int compare_clearings(const void *a, const void *b)
{
    const struct clearing *first = a, *second = b;

    if (first->cores != second->cores)
        return first->cores < second->cores ? -1 : 1;
    if (first->placed_us != second->placed_us)
        return first->placed_us > second->placed_us ? -1 : 1;
    return strcmp(first->node->name, second->node->name);
}

/* How many nodes that clears: a guest may be on several. */
static uint32_t push(struct clearings *clearings, struct job *job, const struct terms *terms,
                     const struct job *by)
{
    uint32_t cleared = 0;

    preempt_push(clearings->core, job, terms, by);
    for (uint32_t i = 0; i < job->part_count; i++)
        cleared += is_counted(clearings->core, job->cluster, job->parts[i].node) &&
                   is_clear(clearings->core, job->parts[i].node, clearings->until_us);
    return cleared;
}

static uint32_t clear_node(struct clearings *clearings, const struct node *node,
                           const struct job *by)
{
    uint32_t cleared = 0;

    for (const struct part *part = NULL; (part = part_after(node, part));) {
        struct terms terms;

        if (!goes_by(clearings->core, part->job, clearings->until_us) &&
            may_be_pushed(clearings, part->job, &terms))
            cleared += push(clearings, part->job, &terms, by);
    }
    return cleared;
}

static void clear_some(struct core *core, const struct cluster *cluster,
                       const struct guarantee_count *count, const struct job *by)
{
    CLEANUP(clear_clearings)
    struct clearings clearings = {
        .core = core, .until_us = count->until_us, .spared_us = INT64_MAX};
    uint32_t missing = count->called - count->clear, cleared = 0;

    each_working(core, cluster, add_clearing, &clearings);
    if (clearings.all)
        qsort(clearings.all, clearings.count, sizeof(*clearings.all), compare_clearings);
    for (size_t i = 0; clearings.all && i < clearings.count && cleared < missing; i++)
        cleared += clear_node(&clearings, clearings.all[i].node, by);
    if (cleared < missing && clearings.spared_us < core->plan.unprotected_us)
        core->plan.unprotected_us = clearings.spared_us;
}

bool guarantee_serves(struct core *core, struct shape *shape)
{
    const struct cluster *cluster = cluster_of(core, shape);
    struct guarantee_count count;
    uint32_t before;

    if (!cluster)
        return false;
    before = is_noted(core, shape) ? 0 : guarantee_count(core, cluster).called;
    note_caller(core, cluster, shape);
    count = guarantee_count(core, cluster);
    first_lane(core, cluster)->is_called_out = count.is_called_out;
    if (count.clear < count.called)
        clear_some(core, cluster, &count, shape_first(shape));
    if (count.called > before)
        return true;
    shape->called_us = 0;
    return false;
}
