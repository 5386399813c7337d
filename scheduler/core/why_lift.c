/* why_lift.c - what blocks a job is taken out of its way, on a copy of the core */

#include "scheduler/core/dependency.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

#include <stdlib.h>

/* Plans of one instant; then the core has come to rest, or never will. */
#define PASSES_MOST 64

/* --- the job's own ------------------------------------------------------------------------------ */

void lift_hold(struct core *core, struct job *job, const struct blocker *blocker)
{
    (void)core;
    (void)blocker;
    job->hold = HOLD_NONE;
}

void lift_begin(struct core *core, struct job *job, const struct blocker *blocker)
{
    (void)core;
    (void)blocker;
    job->request.begin_us = 0;
}

void lift_dependencies(struct core *core, struct job *job, const struct blocker *blocker)
{
    struct dependency *dependency = &job->request.dependencies->all[blocker->number];

    (void)core;
    dependency->state = DEPENDENCY_MET;
    dependency->from_us = 0;
}

/* As high as it may be, and still a limit: the shape of its jobs says whether there is one. */
void lift_array(struct core *core, struct job *job, const struct blocker *blocker)
{
    (void)blocker;
    job->array->throttle = UINT32_MAX;
    queue_array_changed(&core->queue, job->array->id);
}

/* --- limits ------------------------------------------------------------------------------------- */

/* The copy's own. */
static struct partition *own(const struct blocker *blocker)
{
    return &blocker->cluster->partitions[blocker->partition - blocker->cluster->partitions];
}

/* For the job alone: others that could start there now would change what is left for it. */
void lift_limit(struct core *core, struct job *job, const struct blocker *blocker)
{
    core->plan.lifted.job = job;
    core->plan.lifted.partition = blocker->partition;
    core->plan.lifted.limit_us = blocker->partition->limit_us;
    own(blocker)->limit_us = job->request.limit_us;
    plan_limits_changed(core);
    plan_nodes_changed(core, true);
}

void lift_down(struct core *core, struct job *job, const struct blocker *blocker)
{
    (void)job;
    own(blocker)->up = true;
    plan_nodes_changed(core, true);
}

/* Enough for everything that may follow, to whichever of the two is short. */
void lift_budget(struct core *core, struct job *job, const struct blocker *blocker)
{
    struct event event = {
        .grant = {.id = UINT64_MAX - core->step,
                  .institution = job->institution,
                  .amount_micro = LEDGER_AMOUNT_MAX / 1024},
    };
    struct effects effects;

    effects_init(&effects);
    core->effects = &effects;
    if (strncmp(blocker->place, "project ", 8) == 0)
        event.grant.project = job->project;
    core->step++;
    on_granted(core, &event);
    core->effects = NULL;
    effects_clear(&effects);
}

/* --- shortage ----------------------------------------------------------------------------------- */

/* Components may be in other partitions of the cluster. */
void lift_nodes(struct core *core, struct job *job, const struct blocker *blocker)
{
    uint64_t bits =
        job->request.het ? UINT64_MAX : partition_bit(blocker->cluster, blocker->partition);

    job->avoid = NULL;
    for (size_t i = 0; i < inventory_node_count(core->inventory); i++) {
        const struct node *known = inventory_node(core->inventory, i);
        struct node *node = inventory_seek_node(core->inventory, known->name);

        if (node->cluster != blocker->cluster || !(node->partitions & bits) || node->cores == 0)
            continue;
        node->state = NODE_UP;
        node->drained = false;
        inventory_file_node(core->inventory, node);
    }
    plan_nodes_changed(core, true);
}

/* --- turn --------------------------------------------------------------------------------------- */

/* Does it come first in any order, or is something kept for it?  Who has a planned start may be
 * in the way of those who came before and have lost theirs; who is later in the queue may be
 * earlier among those that fill what it leaves. */
static bool is_in_front(const struct core *core, const struct job *other, const struct job *job)
{
    if (!job->shape || other->shape->reservations > 0 || core->plan.schedule.is_kept)
        return true;
    for (unsigned i = 0; i < queue_order_count(&core->queue); i++) {
        struct turn turn = other->shape->of_lines[i].turn;
        struct turn own = job->shape->of_lines[i].turn;

        turn.job = other->id;
        own.job = job->id;
        if (turn_is_before(&turn, &own))
            return true;
    }
    return false;
}

/* Who comes before it goes away, in other clusters as well: they may take what a limit, a budget or
 * licences leave.  All are found first: the first that goes takes the reservations of the others
 * with it. */
void lift_turn(struct core *core, struct job *job, const struct blocker *blocker)
{
    CLEANUP(memory_freep) struct job **front = NEW_ARRAY(struct job *, core->jobs.used);
    size_t count = 0;

    (void)blocker;
    for (size_t i = 0; i < core->jobs.used; i++) {
        struct job *other = core->jobs.places[i].job;

        if (other && other != job && other->shape && is_in_front(core, other, job))
            front[count++] = other;
    }
    for (size_t i = 0; i < count; i++) {
        plan_remove(core, front[i]);
        front[i]->hold = HOLD_ADMIN;
    }
    plan_changed(core);
}

/* --- all of it ---------------------------------------------------------------------------------- */

/* Who stands in the queue keeps the place, and the planned start. */
static void join_queue(struct core *core, struct job *job)
{
    if (!job->shape)
        job_wait(core, job);
}

/* Is it the only one that the job may run in? */
static bool is_only_lane(const struct core *core, const struct job *job)
{
    const struct inventory *inventory = core->inventory;
    size_t count = 0;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++)
        for (size_t j = 0; request_partition_at(&job->request, inventory_cluster(inventory, i), j);
             j++)
            count++;
    return count == 1;
}

static void restrict_to(struct core *core, struct job *job, const struct lane_name *lane)
{
    struct request *request = &job->request;
    bool stands = job->shape != NULL;

    if (is_only_lane(core, job))
        return;
    if (stands)
        plan_remove(core, job); /* under the old request */
    free(request->clusters);
    request->clusters = memory_copy(lane->cluster->name);
    free(request->partition);
    request->partition = memory_copy(lane->partition->name);
    request->clusters_excluded = false;
    if (stands)
        job_wait(core, job);
}

static void lift_all(struct core *core, struct job *job, const struct blocker *blockers,
                     unsigned count)
{
    bool waits = false;

    for (unsigned i = 0; i < count; i++) {
        if (blockers[i].tier >= BLOCKER_SHORTAGE && !waits) {
            join_queue(core, job);
            waits = true;
        }
        if (blockers[i].row->lift)
            blockers[i].row->lift(core, job, &blockers[i]);
    }
    if (!waits)
        join_queue(core, job);
}

/* All of as many elements: one that starts leaves the others. */
static bool still_waits(const struct job *job, uint32_t waiting)
{
    return job->state == JOB_PENDING && job_element_count(job) == waiting;
}

bool blocker_is_of(const struct blocker *blocker, const struct lane_name *lane)
{
    return !blocker->cluster ||
           (blocker->cluster == lane->cluster && blocker->partition == lane->partition);
}

bool core_lift(struct core *core, uint64_t id, const struct lane_name *lane,
               const struct blocker *blockers, unsigned count)
{
    struct job *job = array_seek_job(core, id);
    struct event event = {.kind = EVENT_TIME_PASSED, .at_us = core->now_us};
    struct effects effects;
    uint32_t waiting;

    if (!job || job->state != JOB_PENDING || job_is_head(job))
        return false;
    waiting = job_element_count(job);
    if (lane)
        restrict_to(core, job, lane);
    lift_all(core, job, blockers, count);
    queue_all_changed(&core->queue);
    plan_changed(core);
    core->plan.reordered_us = core->now_us; /* in the order in which it waits now */
    effects_init(&effects);
    for (unsigned i = 0; i < PASSES_MOST && still_waits(job, waiting); i++) {
        effects_reset(&effects);
        core_step(core, &event, &effects);
        if (core_next_time(core) > core->now_us)
            break;
    }
    effects_clear(&effects);
    return !still_waits(job, waiting);
}
