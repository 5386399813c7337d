/* plan.c - which waiting job starts where */

#include "scheduler/core/plan.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/finish.h"
#include "scheduler/core/guarantee.h"
#include "scheduler/core/guarantee_nodes.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/loan.h"
#include "scheduler/core/price.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <stdlib.h>

/* A limit that may be cut is found to a sixteenth of what is between the least and the most. */
#define CUTS_TRIED 4

static void make_lanes(struct plan *plan, const struct inventory *inventory)
{
    size_t clusters = inventory_cluster_count(inventory);

    plan->first_lanes = NEW_ARRAY(size_t, clusters);
    for (size_t i = 0; i < clusters; i++) {
        plan->first_lanes[i] = plan->lane_count;
        plan->lane_count += inventory_cluster(inventory, i)->partition_count;
    }
    plan->lanes = NEW_ARRAY(struct lane, plan->lane_count);
    for (size_t i = 0; i < clusters; i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        for (size_t j = 0; j < cluster->partition_count; j++) {
            struct lane *lane = &plan->lanes[plan->first_lanes[i] + j];

            *lane = (struct lane){
                .cluster = cluster,
                .partition = &cluster->partitions[j],
                .changes = UINT64_MAX,
            };
            placement_init(&lane->seats);
        }
    }
}

void plan_init(struct plan *plan, const struct inventory *inventory, const struct policy *policy)
{
    *plan = (struct plan){
        .nodes_serial = 1, .lost_serial = 1, .again_us = INT64_MAX, .unprotected_us = INT64_MAX};
    make_lanes(plan, inventory);
    plan->loan_us = INT64_MAX;
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        if (loan_next(inventory_cluster(inventory, i), 0) < INT64_MAX)
            plan->loan_us = 0; /* at once */
        plan->has_guarantees |= inventory_cluster(inventory, i)->guarantee > 0;
    }
    guarantee_init(plan, inventory_cluster_count(inventory));
    plan->scratch = NEW(struct scratch);
    plan->scratch->waits = NEW_ARRAY(uint8_t, plan->lane_count);
    placement_init(&plan->scratch->trial);
    placement_init(&plan->scratch->best);
    placement_init(&plan->scratch->piece);
    placement_init(&plan->scratch->possible);
    spread_init(&plan->scratch->spread);
    near_init(&plan->scratch->near);
    near_init(&plan->scratch->ahead);
    windows_init(&plan->windows);
    schedule_init(&plan->schedule, policy->backfill == BACKFILL_CONSERVATIVE, plan->lane_count);
}

void plan_clear(struct plan *plan)
{
    for (size_t i = 0; i < plan->lane_count; i++)
        placement_clear(&plan->lanes[i].seats);
    free(plan->lanes);
    free(plan->first_lanes);
    free(plan->spares);
    placement_clear(&plan->scratch->trial);
    placement_clear(&plan->scratch->best);
    placement_clear(&plan->scratch->piece);
    placement_clear(&plan->scratch->possible);
    free(plan->scratch->marks);
    spread_clear(&plan->scratch->spread);
    near_clear(&plan->scratch->near);
    near_clear(&plan->scratch->ahead);
    free(plan->scratch->waits);
    schedule_clear(&plan->schedule);
    windows_clear(&plan->windows);
    free(plan->preemptors);
    guarantee_clear(plan);
    free(plan->scratch->outlooks);
    free(plan->scratch->seen);
    free(plan->scratch);
}

struct lane *plan_lane(const struct plan *plan, size_t cluster, const struct partition *partition)
{
    const struct lane *first = &plan->lanes[plan->first_lanes[cluster]];

    return &plan->lanes[plan->first_lanes[cluster] +
                        (size_t)(partition - first->cluster->partitions)];
}

void plan_changed(struct core *core)
{
    core->plan.changed = true;
}

/* Room for what is noted of each node; zero is no serial. */
static void grow(struct plan *plan, size_t nodes)
{
    size_t capacity = plan->node_capacity ? plan->node_capacity : 64;
    struct scratch *scratch = plan->scratch;

    while (capacity < nodes)
        capacity *= 2;
    if (capacity == plan->node_capacity)
        return;
    plan->spares = memory_resize(plan->spares, capacity, sizeof(*plan->spares));
    scratch->outlooks = memory_resize(scratch->outlooks, capacity, sizeof(*scratch->outlooks));
    scratch->seen = memory_resize(scratch->seen, capacity, sizeof(struct node *));
    plan->guaranteed.marks = memory_resize(plan->guaranteed.marks, capacity, 1);
    scratch->marks = memory_resize(scratch->marks, capacity, sizeof(*scratch->marks));
    for (size_t i = plan->node_capacity; i < capacity; i++) {
        plan->spares[i].lane = NULL;
        scratch->outlooks[i].serial = 0;
        scratch->marks[i] = 0;
    }
    plan->node_capacity = capacity;
}

void plan_nodes_changed(struct core *core, bool worse)
{
    grow(&core->plan, inventory_node_count(core->inventory));
    windows_learn_nodes(&core->plan.windows, core->inventory);
    guarantee_nodes_doubt_all(core);
    core->plan.nodes_serial++;
    if (worse)
        core->plan.lost_serial = core->plan.nodes_serial;
    core->plan.changed = true;
    queue_all_changed(&core->queue);
    schedule_nodes_changed(&core->plan.schedule);
}

/* All lanes in which the job may run, and the least that they make of its limit. */
static struct lanes list_lanes(const struct core *core, const struct request *request,
                               uint32_t *numbers)
{
    struct lanes lanes = {.numbers = numbers, .limit_us = request->limit_us};

    if (request->limit_least_us > 0)
        lanes.limit_us = request->limit_least_us;

    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);
        const struct partition *partition;

        if (!het_has_cluster(request, cluster))
            continue;
        for (size_t j = 0; (partition = request_partition_at(request, cluster, j)); j++) {
            numbers[lanes.count++] =
                (uint32_t)(plan_lane(&core->plan, i, partition) - core->plan.lanes);
            if (request_limit(request, partition) < lanes.limit_us)
                lanes.limit_us = request_limit(request, partition);
            if (partition->tier > lanes.tier)
                lanes.tier = partition->tier;
        }
    }
    return lanes;
}

void plan_limits_changed(struct core *core)
{
    CLEANUP(memory_freep)
    uint32_t *numbers = NEW_ARRAY(uint32_t, core->plan.lane_count);
    struct shape *shape;
    size_t place = 0;

    while ((shape = table_next(core->queue.shapes, &place)))
        if (shape_request(shape)->limit_us == INT64_MAX)
            queue_set_limit(&core->queue, shape,
                            list_lanes(core, shape_request(shape), numbers).limit_us, core->now_us);
}

void plan_add(struct core *core, struct job *job)
{
    CLEANUP(memory_freep)
    uint32_t *numbers = NEW_ARRAY(uint32_t, core->plan.lane_count);
    struct lanes lanes = list_lanes(core, &job->request, numbers);
    const struct policy *policy = core->settings.policy;

    /* Who has used nothing yet is to be ranked with the others. */
    if (policy->queue->has_priorities || policy->candidates->has_priorities)
        share_add_usage(core->shares,
                        &(struct share_place){job->institution, job->project, job->user}, 0,
                        core->now_us);
    lanes.in_window = job->window != NULL;
    lanes.claims = preempt_claims(core, job);
    queue_add(&core->queue, job, &lanes, core->now_us);
    if (job->shape->called_us > 0)
        core->plan.changed = true; /* one more waits for what is guaranteed */
    schedule_add(core, job);
}

void plan_remove(struct core *core, struct job *job)
{
    if (job->shape->called_us > 0)
        core->plan.changed = true; /* others may have what was kept for it */
    if (job->shape->reservations > 0) {
        reservations_drop(&core->plan);
        core->plan.changed = true;
    }
    reservations_forget(&core->plan, job);
    schedule_remove(core, job);
    queue_remove(&core->queue, job, core->now_us);
}

void plan_placed(struct core *core, struct job *job, int64_t end_us)
{
    timeline_add(core_timeline(core, job), job, end_us);
    schedule_expect(core, job, end_us);
}

void plan_expect(struct core *core, struct job *job, int64_t end_us)
{
    guarantee_nodes_doubt(core, job);
    timeline_move(core_timeline(core, job), job, end_us);
    schedule_expect(core, job, end_us);
}

void plan_gone(struct core *core, struct job *job)
{
    timeline_remove(core_timeline(core, job), job);
    schedule_expect(core, job, 0);
}

static const struct lane *lane_of(const struct core *core, const struct shape *shape, size_t index)
{
    return &core->plan.lanes[shape->stream->lanes[index]];
}

static bool seek_until(struct core *core, const struct need *need, const struct cluster *cluster,
                       int64_t limit_us)
{
    return seek_nodes(core, need, cluster, core->now_us + limit_us, &core->plan.scratch->trial);
}

/* A place for the limit, or for as much of it as the gap and the deadline leave. */
static enum job_reason seek_place(struct core *core, const struct need *need,
                                  const struct cluster *cluster, int64_t limit_us)
{
    const struct request *request = need->request;
    int64_t least_us = request_limit_least(request), most_us = limit_us, found_us;

    if (request->deadline_us > 0 && request->deadline_us - core->now_us < most_us)
        most_us = request->deadline_us - core->now_us;
    if (most_us <= 0 || (most_us < limit_us && most_us < least_us))
        return REASON_DEADLINE;
    core->plan.scratch->trial_cut_us = most_us < limit_us ? most_us : 0;
    if (seek_until(core, need, cluster, most_us))
        return REASON_NONE;
    if (request->limit_least_us == 0 || !seek_until(core, need, cluster, least_us))
        return REASON_RESOURCES;
    found_us = least_us;
    for (unsigned i = 0; i < CUTS_TRIED; i++) {
        int64_t middle_us = found_us + (most_us - found_us) / 2;

        if (seek_until(core, need, cluster, middle_us))
            found_us = middle_us;
        else
            most_us = middle_us;
    }
    (void)seek_until(core, need, cluster, found_us);
    core->plan.scratch->trial_cut_us = found_us;
    return REASON_NONE;
}

/* A place to start now in one lane, in scratch->trial; whole nodes, and what a rate card counts
 * besides cores, may cost more than there is. */
static enum job_reason try_lane(struct core *core, const struct shape *shape,
                                const struct lane *lane, struct limit_hit *ret_hit)
{
    struct scratch *scratch = core->plan.scratch;
    struct need need = shape_need(shape);
    int64_t limit_us = request_limit(need.request, lane->partition), end_us;
    enum job_reason reason;
    struct request bounded = *need.request;
    const struct association *association = shape_first(shape)->association;
    int64_t nodes = limits_nodes_for(
        core, association, (struct limit_place){lane->cluster, lane->partition}, need.request);

    if (nodes < bounded.nodes_most)
        bounded.nodes_most = (uint32_t)nodes; /* not below nodes_least: find_obstacle() */
    need.request = &bounded;
    need.partition = lane->partition;
    reason = seek_place(core, &need, lane->cluster, limit_us);
    if (reason != REASON_NONE)
        return reason;
    end_us = core->now_us + (scratch->trial_cut_us > 0 ? scratch->trial_cut_us : limit_us);
    if (!seek_licenses(core, &need, lane->cluster, end_us))
        return REASON_LICENSES;
    if (het_is_exclusive(need.request) || rates_count(core->rates) > 0) {
        const struct lane_name name = {lane->cluster, lane->partition};
        struct quantities placed = quantities_placed(&scratch->trial, &need);

        if (!price_is_there(core, shape_first(shape), &name, &placed))
            return REASON_BUDGET;
    }
    if (limits_keep_placement(core, shape, &scratch->trial, &need, ret_hit))
        return limit_hit_reason(ret_hit);
    if (guarantee_keeps(core, shape_first(shape), &scratch->trial, end_us - core->now_us))
        return REASON_GUARANTEED;
    return REASON_NONE;
}

static void take_trial(struct scratch *scratch)
{
    placement_swap(&scratch->best, &scratch->trial);
    scratch->best_cut_us = scratch->trial_cut_us;
}

enum job_reason plan_examine(struct core *core, struct shape *shape)
{
    struct scratch *scratch = core->plan.scratch;
    enum job_reason reason = REASON_BAD_CONSTRAINTS, waits = REASON_NONE;
    bool found = false;
    struct limit_hit hit;

    if (array_is_full(shape_first(shape)->array))
        return REASON_ARRAY_LIMIT;
    scratch->kept_by = REASON_NONE;
    plan_learn_possible(core, shape);
    limits_forget_obstacles(shape);
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        enum job_reason obstacle = plan_obstacle_in(core, shape, i, &hit);
        bool is_tried = obstacle == REASON_NONE;

        if (is_tried)
            obstacle = try_lane(core, shape, lane_of(core, shape, i), &hit);
        scratch->waits[i] = plan_waits(obstacle);
        if (plan_waits(obstacle) && waits != REASON_LICENSES)
            waits = obstacle;
        else if (obstacle != REASON_NONE &&
                 plan_obstacle_rank(obstacle) > plan_obstacle_rank(reason))
            reason = obstacle;
        if (obstacle != REASON_NONE && !plan_waits(obstacle))
            limits_note_obstacle(core, shape, obstacle, &hit);
        if (is_tried)
            limits_note_tried(core, shape, obstacle);
        if (obstacle != REASON_NONE)
            continue;
        /* of one cluster's partitions the first named */
        if (!found || finish_prefers(core, shape, &scratch->trial, &scratch->best))
            take_trial(scratch);
        found = true;
    }
    if (found && waits == REASON_RESOURCES && finish_is_sooner(core, shape)) {
        shape->kept_by = REASON_FINISHES_SOONER;
        return REASON_RESOURCES;
    }
    shape->kept_by = scratch->kept_by;
    if (found)
        return REASON_NONE;
    return waits != REASON_NONE ? waits : reason;
}

static bool has_reservation(const struct job *job)
{
    return job->shape && job->shape->reservations > 0 && job == shape_first(job->shape);
}

enum job_reason plan_reason(const struct job *job)
{
    switch (job->hold) {
    case HOLD_USER:
        return REASON_HELD_USER;
    case HOLD_ADMIN:
        return REASON_HELD_ADMIN;
    case HOLD_REQUEUED:
        return REASON_LAUNCH_FAILED_HELD;
    case HOLD_NONE:
        break;
    }
    if (!job->shape)
        return job->obstacle;
    if (job->shape->reason == REASON_LICENSES)
        return REASON_LICENSES;
    if (job->shape->reason == REASON_RESOURCES && job->shape->kept_by != REASON_NONE &&
        job == shape_first(job->shape))
        return job->shape->kept_by;
    if (has_reservation(job))
        return REASON_RESOURCES;
    if (job->shape->reason == REASON_NONE || job->shape->reason == REASON_RESOURCES)
        return REASON_PRIORITY;
    return job->shape->reason;
}

int64_t plan_start(const struct core *core, const struct job *job)
{
    int64_t start_us = INT64_MAX;

    if (job->claim.cores > 0)
        return job->claim.start_us;
    if (!has_reservation(job))
        return 0;
    for (size_t i = 0; i < job->shape->stream->lane_count; i++) {
        const struct lane *lane = &core->plan.lanes[job->shape->stream->lanes[i]];

        if (lane->blocked == job->shape && lane->start_us < start_us)
            start_us = lane->start_us;
    }
    return start_us;
}
