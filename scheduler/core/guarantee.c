/* guarantee.c - nodes that a cluster's institution has within a stated time */

#include "scheduler/core/guarantee.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/guarantee_nodes.h"
#include "scheduler/core/node_class.h"

#include <stdlib.h>
#include <string.h>

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

/* By its first job: when that has started, those behind it call anew. */
static bool is_noted(const struct core *core, const struct shape *shape)
{
    return shape->called_serial == core->plan.callers_serial &&
           core->plan.callers[shape->called_place] == shape_first(shape)->id;
}

static void add_caller(struct plan *plan, struct shape *shape)
{
    shape->called_serial = plan->callers_serial;
    shape->called_place = plan->caller_count;
    plan->callers[plan->caller_count++] = shape_first(shape)->id;
}

/* Those that have been looked at already stay. */
void guarantee_begin_walk(struct core *core)
{
    struct plan *plan = &core->plan;
    size_t count = plan->caller_count;

    plan->caller_count = 0;
    plan->callers_serial++;
    for (size_t i = 0; i < count; i++) {
        struct shape *shape = caller(core, i);

        if (shape && shape->looked_pass == plan->pass && !is_noted(core, shape))
            add_caller(plan, shape);
    }
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++)
        plan->guaranteed.calls[i].is_made = false;
}

static void note_caller(struct core *core, const struct cluster *cluster, struct shape *shape)
{
    struct plan *plan = &core->plan;

    if (shape->called_known != plan->nodes_serial)
        shape->called_nodes = nodes_of(core, cluster, shape);
    shape->called_known = plan->nodes_serial;
    if (shape->called_us == 0)
        shape->called_us = core->now_us;
    if (is_noted(core, shape))
        return;
    if (plan->caller_count == plan->caller_capacity) {
        plan->caller_capacity = plan->caller_capacity ? 2 * plan->caller_capacity : 16;
        plan->callers = memory_resize(plan->callers, plan->caller_capacity, sizeof(*plan->callers));
    }
    add_caller(plan, shape);
}

static void add_call(struct guarantee_call *call, const struct shape *shape)
{
    uint64_t jobs = shape->jobs.count - 1 + job_element_count(shape_first(shape));
    uint32_t fit = (call->left - call->nodes) / shape->called_nodes;

    if (fit > 0 && shape->called_us > 0 && shape->called_us < call->since_us)
        call->since_us = shape->called_us;
    call->nodes += (jobs < fit ? (uint32_t)jobs : fit) * shape->called_nodes;
    call->is_all = jobs > fit || call->nodes == call->left;
}

/* Those that were noted since the last time come on top. */
static const struct guarantee_call *call_of(const struct core *core, const struct cluster *cluster,
                                            uint32_t left)
{
    const struct plan *plan = &core->plan;
    struct guarantee_call *call =
        &plan->guaranteed.calls[inventory_cluster_index(core->inventory, cluster)];

    if (!plan->guaranteed.is_running || !call->is_made || call->left != left)
        *call = (struct guarantee_call){
            .is_made = true, .left = left, .is_all = left == 0, .since_us = core->now_us};
    for (; call->seen < plan->caller_count && !call->is_all; call->seen++) {
        const struct shape *shape = caller(core, call->seen);

        if (shape && cluster_of(core, shape) == cluster)
            add_call(call, shape);
    }
    return call;
}

/* --- the counts -------------------------------------------------------------------------------- */

struct guarantee_count guarantee_count(const struct core *core, const struct cluster *cluster)
{
    const struct guarantee_nodes *sums = guarantee_nodes(core, cluster, 0);
    const struct guarantee_call *call;
    struct guarantee_count count = {.nodes = sums->nodes, .own = sums->own, .firm = sums->firm};

    count.guaranteed = cluster->guarantee < count.nodes ? cluster->guarantee : count.nodes;
    call = call_of(core, cluster, count.guaranteed > count.own ? count.guaranteed - count.own : 0);
    count.called = call->nodes;
    count.is_called_out = call->is_all;
    count.until_us = call->since_us + cluster->guarantee_within_us;
    if (count.called > 0) /* else it does not matter */
        count.clear = guarantee_nodes(core, cluster, count.until_us)->clear;
    return count;
}

/* Guests alone are there, who can be made to go, but have not been. */
static bool is_to_clear(unsigned marks)
{
    return !(marks & (GUARANTEE_OWN | GUARANTEE_FIRM | GUARANTEE_CLEAR));
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
        unsigned marks = guarantee_marks(core, placement->seats[i].node);

        firm += !(marks & GUARANTEE_FIRM);
        taken += (marks & GUARANTEE_COUNTED) && (marks & GUARANTEE_CLEAR);
        to_clear += is_to_clear(marks);
    }
    if (gone_us > core->now_us + cluster->guarantee_within_us &&
        !guarantee_yields(core, &guest, &terms) &&
        count.firm + firm > count.nodes - count.guaranteed)
        return true;
    if (count.called == 0 || gone_us <= count.until_us)
        return false;
    /* Beside guests who are spared for a time nobody may come who would be spared for longer. */
    return (taken > 0 && count.clear < count.called + taken) ||
           (to_clear > 0 && count.clear < count.called);
}

void guarantee_placed(struct core *core, const struct job *job)
{
    if (!core->plan.has_guarantees)
        return;
    guarantee_nodes_note(core, job);
    core->plan.guaranteed.calls[inventory_cluster_index(core->inventory, job->cluster)].is_made =
        false;
}

/* Whoever waits for something else does not call. */
void guarantee_forget(struct core *core, struct shape *shape)
{
    const struct cluster *cluster = shape->called_us > 0 ? cluster_of(core, shape) : NULL;

    shape->called_us = 0;
    if (cluster)
        core->plan.guaranteed.calls[inventory_cluster_index(core->inventory, cluster)].is_made =
            false;
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

    if (job->state == JOB_SUSPENDED || !guarantee_yields(clearings->core, &guest, ret_terms))
        return false;
    spared_us = preempt_exempt_until(job, ret_terms);
    if (spared_us <= clearings->core->now_us)
        return true;
    if (spared_us < clearings->spared_us)
        clearings->spared_us = spared_us;
    return false;
}

static void add_clearing(struct clearings *clearings, struct node *node)
{
    struct clearing clearing = {.node = node, .placed_us = INT64_MAX};
    struct terms terms;

    if ((guarantee_marks(clearings->core, node) & (GUARANTEE_COUNTED | GUARANTEE_CLEAR)) !=
        GUARANTEE_COUNTED)
        return;
    for (const struct part *part = NULL; (part = guarantee_part_after(node, part));) {
        if (!guarantee_is_guest(part->job))
            return;
        if (guarantee_goes_by(clearings->core, part->job, clearings->until_us))
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
    for (uint32_t i = 0; i < job->part_count; i++) {
        unsigned marks = guarantee_marks(clearings->core, job->parts[i].node);

        cleared += (marks & GUARANTEE_COUNTED) && (marks & GUARANTEE_CLEAR);
    }
    return cleared;
}

static uint32_t clear_node(struct clearings *clearings, const struct node *node,
                           const struct job *by)
{
    uint32_t cleared = 0;

    for (const struct part *part = NULL; (part = guarantee_part_after(node, part));) {
        struct terms terms;

        if (!guarantee_goes_by(clearings->core, part->job, clearings->until_us) &&
            may_be_pushed(clearings, part->job, &terms))
            cleared += push(clearings, part->job, &terms, by);
    }
    return cleared;
}

static void find_clearings(struct clearings *clearings, const struct cluster *cluster)
{
    const struct core *core = clearings->core;

    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        for (size_t j = 0; j < class->members.count; j++)
            add_clearing(clearings, class->members.nodes[j]);
    }
}

static void clear_some(struct core *core, const struct cluster *cluster,
                       const struct guarantee_count *count, const struct job *by)
{
    CLEANUP(clear_clearings)
    struct clearings clearings = {
        .core = core, .until_us = count->until_us, .spared_us = INT64_MAX};
    uint32_t missing = count->called - count->clear, cleared = 0;

    if (guarantee_nodes(core, cluster, count->until_us)->is_exhausted)
        return;
    find_clearings(&clearings, cluster);
    if (clearings.all)
        qsort(clearings.all, clearings.count, sizeof(*clearings.all), compare_clearings);
    for (size_t i = 0; clearings.all && i < clearings.count && cleared < missing; i++)
        cleared += clear_node(&clearings, clearings.all[i].node, by);
    if (cleared < missing && clearings.spared_us < core->plan.unprotected_us)
        core->plan.unprotected_us = clearings.spared_us;
    guarantee_nodes(core, cluster, count->until_us)->is_exhausted = cleared < missing;
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

/* --- the planner's ----------------------------------------------------------------------------- */

void guarantee_init(struct plan *plan, size_t clusters)
{
    plan->callers_serial = 1; /* shapes have 0 */
    plan->guaranteed.calls = NEW_ARRAY(struct guarantee_call, clusters + 1);
    guarantee_nodes_init(plan, clusters);
}

void guarantee_clear(struct plan *plan)
{
    free(plan->callers);
    free(plan->guaranteed.calls);
    guarantee_nodes_clear(plan);
}

void guarantee_begin_run(struct core *core)
{
    for (size_t i = 0; core->plan.has_guarantees && i < inventory_cluster_count(core->inventory);
         i++)
        core->plan.guaranteed.calls[i].is_made = false;
    guarantee_nodes_begin(core);
}

void guarantee_end_run(struct core *core)
{
    guarantee_nodes_end(core);
}
