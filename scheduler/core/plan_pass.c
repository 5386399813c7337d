/* plan_pass.c - start what can be started */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/guarantee.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/plan.h"
#include "scheduler/core/request.h"
#include "scheduler/core/suspend.h"

#include <assert.h>

/* Starts of one step, shapes that are opened, that are checked and that are parked in it: the
 * rest comes in the next step, which is due at once. */
#define STARTS_MOST 4096
#define UNPARK_MOST 64
#define CHECK_MOST  64
#define PARK_MOST   2048
#define SOON_US     INT64_C(10000)

/* --- what is to be had ---------------------------------------------------------------------- */

static void look_at_lane(const struct core *core, struct lane *lane)
{
    uint64_t bit = partition_bit(lane->cluster, lane->partition);
    size_t count = inventory_class_count(core->inventory, lane->cluster);

    lane->free_cores = 0;
    lane->most_cores = 0;
    lane->idle_nodes = 0;
    lane->free_gpus = 0;
    lane->most_gpus = 0;
    lane->within = UINT64_MAX;
    lane->beside = 0;
    for (size_t i = 0; i < count; i++) {
        const struct node_class *class = inventory_class(core->inventory, lane->cluster, i);
        uint32_t most;

        if (class->working == 0)
            continue;
        if (!(class->partitions & bit)) {
            lane->within &= ~class->partitions;
            continue;
        }
        lane->beside |= class->partitions;
        most = node_class_most(class);
        lane->free_cores += class->free_cores;
        lane->idle_nodes += class->buckets[class->cores].count;
        if (most > lane->most_cores)
            lane->most_cores = most;
        lane->free_gpus += class->free_gpus;
        if (node_class_most_gpus(class) > lane->most_gpus)
            lane->most_gpus = node_class_most_gpus(class);
    }
    lane->is_measured = false;
}

static void look_at_lanes(struct core *core)
{
    for (size_t i = 0; i < core->plan.lane_count; i++) {
        struct lane *lane = &core->plan.lanes[i];
        uint64_t changes = inventory_changes(core->inventory, lane->cluster);

        if (lane->changes == changes)
            continue;
        lane->changes = changes;
        look_at_lane(core, lane);
    }
}

/* Of its cluster. */
static const struct lane *first_lane(const struct core *core, const struct lane *lane)
{
    return plan_lane(&core->plan, inventory_cluster_index(core->inventory, lane->cluster),
                     lane->cluster->partitions);
}

/* Free cores of the lane that are not for who stays so long.  Where partitions share nodes, what
 * is reserved on them is counted in one of their lanes. */
static uint64_t kept_cores(const struct core *core, const struct lane *lane, int64_t time_us)
{
    const struct lane *others = first_lane(core, lane);
    uint64_t cores = 0;

    for (size_t i = 0; i < lane->cluster->partition_count; i++)
        if (others[i].blocked && (lane->within >> i & 1) &&
            time_us > others[i].start_us - core->now_us)
            cores += others[i].kept_cores;
    return cores;
}

/* Could what asks for so much start there, as far as sums tell?  True in any case where nobody
 * waits yet: it might be the first. */
static bool has_room(const struct core *core, struct lane *lane, const struct demand *demand)
{
    uint32_t depth = core->settings.backfill_depth;

    if (!lane->blocked)
        return true;
    if (core->settings.policy->backfill == BACKFILL_NONE || (depth > 0 && lane->looked >= depth))
        return false;
    if (demand->counts[DEMAND_CORES] > lane->free_cores ||
        demand->counts[DEMAND_NODE_CORES] > lane->most_cores ||
        demand->counts[DEMAND_IDLE_NODES] > lane->idle_nodes ||
        demand->counts[DEMAND_GPUS] > lane->free_gpus ||
        demand->counts[DEMAND_NODE_GPUS] > lane->most_gpus ||
        demand->counts[DEMAND_TASK_GPUS] > lane->most_gpus)
        return false;
    if (!lane->is_measured)
        reservations_measure(core, lane);
    if (demand->counts[DEMAND_NODE_CORES] > lane->long_cores &&
        (int64_t)demand->amounts[DEMAND_TIME] > lane->long_us - core->now_us)
        return false;
    return demand->counts[DEMAND_CORES] +
               kept_cores(core, lane, (int64_t)demand->amounts[DEMAND_TIME]) <=
           lane->free_cores;
}

static bool is_blocked(const struct core *core, const struct stream *stream)
{
    for (size_t i = 0; i < stream->lane_count; i++)
        if (!core->plan.lanes[stream->lanes[i]].blocked)
            return false;
    return true;
}

static bool may_start(const struct stream *stream, const struct demand *demand, const void *context)
{
    const struct core *core = context;
    bool room = false;

    if (stream->lanes[stream->lane_count] & STREAM_IN_WINDOW)
        return true; /* in a window: whoever waits outside is not before them */
    for (size_t i = 0; i < stream->lane_count && !room; i++)
        room = has_room(core, &core->plan.lanes[stream->lanes[i]], demand);
    if (!room)
        return false;
    if (stream->failures == 0 || !is_blocked(core, stream))
        return true;
    for (unsigned i = 0; i < stream->failures; i++)
        if (demand_covers(demand, &stream->failed[i]))
            return false;
    return true;
}

/* May it be the first that waits somewhere? */
static bool may_be_first(const struct stream *stream, const struct demand *demand,
                         const void *context)
{
    (void)demand;
    return !is_blocked(context, stream);
}

/* Whatever asks for as much as this shape cannot start either, in the rest of this pass. */
static void remember_failure(const struct core *core, const struct shape *shape)
{
    struct stream *stream = shape->stream;
    const struct request *request = shape_request(shape);
    struct demand *failed;

    if (shape_is_special(shape))
        return;
    for (size_t i = 0; i < stream->lane_count; i++)
        if (!core->plan.scratch->waits[i])
            return;
    if (stream->failures < STREAM_FAILURES)
        failed = &stream->failed[stream->failures++];
    else
        failed = &stream->failed[shape_first(shape)->id % STREAM_FAILURES];
    *failed = demand_of_job(shape_first(shape),
                            request->limit_least_us ? request->limit_least_us : request->limit_us);
}

/* --- one shape ------------------------------------------------------------------------------ */

void plan_start_best(struct core *core, struct shape *shape, struct job *job)
{
    const struct placement *best = &core->plan.scratch->best;
    struct need need = shape_need(shape);

    job = array_take_first(core, job);
    job->limit_cut_us = core->plan.scratch->best_cut_us;
    need.request = &job->request;
    for (size_t i = 0; i < best->count; i++)
        reservations_discount(&core->plan, best->seats[i].node);
    attempt_begin(core, job, best, &need);
    guarantee_placed(core, job);
    reservations_note(&core->plan, job, core->now_us + job_limit(job));
    for (uint32_t i = 0; i < job->part_count; i++)
        reservations_recount(&core->plan, job->parts[i].node);
    if (job->shape)
        queue_remove(&core->queue, job, core->now_us);
    look_at_lanes(core);
}

static void count_look(struct core *core, const struct shape *shape)
{
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        struct lane *lane = &core->plan.lanes[shape->stream->lanes[i]];

        if (lane->blocked && lane->blocked != shape)
            lane->looked++;
    }
}

/* The least that the partitions make of it. */
static int64_t job_limit_of(const struct shape *shape)
{
    return (int64_t)shape->demand.amounts[DEMAND_TIME];
}

/* By its quality of service nothing is reserved for it. */
static bool keeps_nothing(const struct shape *shape)
{
    const struct qos *qos = shape_first(shape)->association->qos;

    return qos && qos->no_reserve;
}

static void wait_for(struct core *core, struct shape *shape, enum job_reason reason)
{
    if (!plan_waits(reason) && reason != REASON_BUDGET && reason != REASON_ARRAY_LIMIT &&
        !reason_is_limit(reason) && shape->avoid)
        reason = REASON_LAUNCH_FAILURE; /* no other node will do: that one is asked again later */
    if (!plan_waits(reason))
        guarantee_forget(core, shape);
    if (reason == REASON_RESOURCES && shape->window) {
        windows_block(&core->plan.windows, shape->window, core->plan.pass, job_limit_of(shape));
    } else if (plan_waits(reason)) {
        if (reason == REASON_RESOURCES && !keeps_nothing(shape) &&
            shape->kept_by != REASON_FINISHES_SOONER && !guarantee_serves(core, shape))
            preempt_for(core, shape);
        if (!keeps_nothing(shape))
            reservation_make(core, shape);
        count_look(core, shape);
        remember_failure(core, shape);
    }
    queue_set_aside(&core->queue, shape, reason);
}

/* What came of the looks of a step. */
struct tally {
    unsigned starts, parked;
};

static bool is_full(const struct tally *tally)
{
    return tally->starts >= STARTS_MOST || tally->parked >= PARK_MOST;
}

static void look_at(struct core *core, struct shape *shape, struct tally *tally)
{
    enum job_reason reason;

    /* In a window jobs start in their order: nothing is reserved there for who must wait. */
    if (shape->window && shape->window->blocked_pass == core->plan.pass) {
        shape->looked_pass = core->plan.pass;
        queue_set_aside(&core->queue, shape, REASON_RESOURCES);
        return;
    }
    reason = plan_examine(core, shape);
    queue_checked(&core->queue, shape);
    while (reason == REASON_NONE) {
        struct job *job = shape_first(shape);
        bool stays = job->elements != NULL;

        plan_start_best(core, shape, job);
        tally->starts++;
        if (!stays || is_full(tally))
            return;
        reason = plan_examine(core, shape);
    }
    if (!plan_waits(reason))
        tally->parked++;
    shape->looked_pass = core->plan.pass;
    wait_for(core, shape, reason);
}

/* --- all of them ----------------------------------------------------------------------------- */

static void walk_all(struct core *core, enum turn_of order, walk_admits_fn *admits,
                     struct tally *tally)
{
    struct walk walk;
    struct shape *shape;

    walk_begin(&walk, &core->queue, order, admits, core);
    while (!is_full(tally) && (shape = walk_next(&walk)))
        if (shape->looked_pass != core->plan.pass) /* else it waits, as the first in its lanes */
            look_at(core, shape, tally);
    walk_end(&walk);
}

/* Of all nodes that take work.  O(classes), once in the time between two orders. */
static uint64_t count_cores(const struct core *core)
{
    uint64_t cores = 0;

    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);

        for (size_t j = 0; j < inventory_class_count(core->inventory, cluster); j++) {
            const struct node_class *class = inventory_class(core->inventory, cluster, j);

            cores += (uint64_t) class->working * class->cores;
        }
    }
    return cores;
}

static void begin_pass(struct core *core)
{
    struct plan *plan = &core->plan;
    const struct policy *policy = core->settings.policy;
    struct stream *stream;
    struct shape *shape;
    size_t place = 0;

    if ((policy->queue->moves || policy->candidates->moves || policy->guard_limits > 0) &&
        core->now_us - plan->reordered_us >= policy->reorder_us) {
        share_rank(core->shares);
        queue_reorder(&core->queue, core->now_us, count_cores(core));
        plan->reordered_us = core->now_us;
    }
    while ((shape = queue_first_open(&core->queue)))
        queue_close(&core->queue, shape);
    reservations_drop(plan);
    while ((stream = table_next(core->queue.streams, &place)))
        stream->failures = 0;
    plan->pass++;
    plan->changed = false;
    if (plan->has_guarantees)
        guarantee_begin_pass(core);
}

/* What was freed for them is theirs, whoever comes before them. */
static void look_at_preemptors(struct core *core, struct tally *tally)
{
    struct shape *shape;
    size_t place = 0;

    while (!is_full(tally) && (shape = preempt_next(core, &place)))
        if (shape->looked_pass != core->plan.pass)
            look_at(core, shape, tally);
}

/* Something came free, or the order changed: all that wait may be concerned. */
static void pass_over_all(struct core *core)
{
    const struct policy *policy = core->settings.policy;
    struct tally tally = {0};

    begin_pass(core);
    look_at_preemptors(core, &tally);
    if (core->plan.has_guarantees) {
        guarantee_begin_walk(core);
        walk_all(core, TURN_QUEUE, guarantee_admits, &tally);
    }
    if (policy->queue != policy->candidates && policy->backfill != BACKFILL_NONE)
        walk_all(core, TURN_QUEUE, may_be_first, &tally);
    walk_all(core, policy->backfill == BACKFILL_NONE ? TURN_QUEUE : TURN_CANDIDATES, may_start,
             &tally);
    if (is_full(&tally))
        core->plan.changed = true;
}

/* Does it come before a job that has a reservation in the lane, or in one that shares nodes with it? */
static bool comes_before_in(const struct core *core, const struct shape *shape,
                            const struct lane *lane)
{
    const struct lane *others = first_lane(core, lane);

    for (size_t i = 0; i < lane->cluster->partition_count; i++)
        if ((&others[i] == lane || (lane->beside >> i & 1)) && others[i].blocked &&
            others[i].blocked != shape && shape_is_before(shape, others[i].blocked))
            return true;
    return false;
}

static bool comes_before(const struct core *core, const struct shape *shape)
{
    for (size_t i = 0; i < shape->stream->lane_count; i++)
        if (comes_before_in(core, shape, &core->plan.lanes[shape->stream->lanes[i]]))
            return true;
    return false;
}

/* Who is kept whatever ends (by a limit, by a budget) is in nobody's way, though it come before
 * them: it is parked without a look at the others. */
static bool park_kept(struct core *core, struct shape *shape, struct tally *tally)
{
    enum job_reason obstacle = plan_obstacle(core, shape);

    if (obstacle == REASON_NONE)
        return false;
    queue_checked(&core->queue, shape);
    shape->looked_pass = core->plan.pass;
    tally->parked++;
    wait_for(core, shape, obstacle);
    return true;
}

/* Nothing came free: look at what is new.  False when it changes the order, or has another order
 * of its own. */
static bool pass_over_new(struct core *core)
{
    const struct policy *policy = core->settings.policy;
    struct tally tally = {0};
    struct shape *shape;

    if (policy->queue != policy->candidates && core->queue.open.count > 1)
        return false;

    while ((shape = queue_first_open(&core->queue))) {
        bool is_first = comes_before(core, shape);

        if (is_full(&tally))
            break;
        if (is_first && park_kept(core, shape, &tally))
            continue;
        if (is_first)
            return false;
        if (!may_start(shape->stream, &shape->demand, core) &&
            !guarantee_admits(shape->stream, &shape->demand, core))
            queue_close(&core->queue, shape);
        else
            look_at(core, shape, &tally);
    }
    return true;
}

/* What is passed over without a look must not wait for what cannot be. */
static void check_some(struct core *core)
{
    struct shape *shape;

    for (unsigned i = 0; (shape = queue_oldest_check(&core->queue)); i++) {
        enum job_reason obstacle;

        if (shape->known_nodes >= core->plan.lost_serial)
            return;
        if (i == CHECK_MOST) {
            core->plan.again_us = core->now_us + SOON_US;
            return;
        }
        obstacle = plan_obstacle(core, shape);
        queue_checked(&core->queue, shape);
        if (obstacle == REASON_NONE)
            continue;
        if (shape->reservations > 0) {
            reservations_drop(&core->plan);
            core->plan.changed = true;
        }
        wait_for(core, shape, obstacle);
    }
}

static void run(struct core *core)
{
    struct plan *plan = &core->plan;

    plan->again_us = INT64_MAX;
    if (plan->unprotected_us <= core->now_us) {
        plan->unprotected_us = INT64_MAX;
        plan->changed = true;
    }
    if (plan->has_guarantees && plan->changed)
        guarantee_changed(core);
    if (queue_unpark(&core->queue, UNPARK_MOST))
        plan->again_us = core->now_us + SOON_US;
    windows_learn_nodes(&plan->windows, core->inventory);
    suspended_run(core);
    look_at_lanes(core);
    guarantee_begin_run(core);
    if (plan->schedule.is_kept) {
        schedule_run(core, plan->changed);
        if (plan->changed)
            plan->again_us = core->now_us;
        return;
    }
    if (plan->changed || !pass_over_new(core)) {
        pass_over_all(core);
        if (!pass_over_new(core))
            plan->changed = true;
    }
    check_some(core);
    limits_look_at_reservations(core);
    if (plan->changed || queue_first_open(&core->queue))
        plan->again_us = core->now_us;
}

void plan_run(struct core *core)
{
    run(core);
    guarantee_end_run(core);
}
