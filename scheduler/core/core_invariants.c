/* core_invariants.c - what must hold after every step */

#include "scheduler/core/core_inside.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/preemption.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Each assertion is a bug when it fails, and ends the program: a core that is wrong must
 * not go on. */

static void check_node(const struct node *node)
{
    uint32_t gpus[GPU_KINDS_MAX + 1] = {0}; /* the last: of types that it has not got any more */
    uint64_t memory_bytes = 0;
    uint32_t cores = 0;

    LIST_EACH(&node->parts, place) {
        const struct part *part = CONTAINER_OF(place, struct part, of_node);

        assert(part->node == node && !part_is_over(part));
        assert(!job_state_is_final(part->job->state) && part->job->state != JOB_PENDING);
        assert(part->cores_held <= part->cores);
        assert(part->cores_held == part->cores || part->job->state == JOB_SUSPENDED ||
               part->state == PART_STOPPING);
        cores += part->cores_held;
        memory_bytes += part->memory_bytes;
        gpus[gpu_stock_find(&node->gpu_stock, part->gpu_type)] += part->gpus;
    }
    assert(cores == node->cores_used);
    assert(memory_bytes == node->memory_used_bytes);
    for (uint32_t i = 0; i < GPU_KINDS_MAX; i++)
        assert(gpus[i] == node->gpus_used[i]);
    if (node_takes_work(node)) {
        assert(cores <= node->cores);
        for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++)
            assert(gpus[i] <= node->gpu_stock.kinds[i].count);
        assert(node->bucket == node->cores - cores);
    } else {
        assert(node->bucket == NODE_NO_BUCKET);
    }
}

static void check_pending(const struct job *job)
{
    bool waits = heap_has(&job->of_timers);

    assert(job->part_count == 0 && !job->cluster && !job->partition);
    assert(job->held_micro == 0 && job->start_us == 0);
    assert(plan_reason(job) != REASON_NONE);
    /* Exactly one place: held, behind an obstacle, or in the queue. */
    assert((job->hold != HOLD_NONE) + (job->shape != NULL) +
               (job->hold == HOLD_NONE && job->obstacle != REASON_NONE) ==
           1);
    assert(job->obstacle != REASON_BEGIN_TIME || job->hold != HOLD_NONE ||
           (waits && job->timer_us <= job->request.begin_us));
    assert(job->request.deadline_us == 0 || (waits && job->timer_us <= job_too_late(job)));
    assert(!waits || job->avoid || job->obstacle != REASON_NONE || job->request.deadline_us > 0 ||
           job_switches_until(job) > 0);
}

/* What it asked for in GPUs and features, it has. */
static void check_constraints(const struct job *job)
{
    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];
        const struct constraints *constraints =
            het_request(&job->request, part->component)->constraints;

        if (!constraints)
            continue;
        assert(part->gpus == constraints_gpus(constraints, part->tasks));
        assert(part->gpus == 0 || !constraints->gpu_type ||
               strcmp(constraints->gpu_type, part->gpu_type) == 0);
    }
}

static void check_node_of_component(const struct job *job, uint32_t part, uint32_t component)
{
    const struct node *node = job->parts[part].node;

    assert(job->parts[part].component == component && node->cluster == job->cluster);
    for (uint32_t i = 0; job->components && i < part; i++)
        assert(job->parts[i].node != node);
}

/* Each component has what it asked for, in one cluster with the others, on nodes of its own. */
static void check_components(const struct job *job)
{
    uint32_t part = 0;

    assert(!job->components == !job->request.het);
    for (uint32_t i = 0; i < het_size(&job->request); i++) {
        const struct request *request = het_request(&job->request, i);
        uint32_t count = job->components ? job->components[i].parts : job->part_count;
        const struct partition *partition = het_partition(job, i);
        uint32_t tasks = 0;

        assert(partition && count >= request->nodes_least && count <= request->nodes_most);
        for (uint32_t j = 0; j < count; j++, part++) {
            check_node_of_component(job, part, i);
            tasks += job->parts[part].tasks;
        }
        assert(tasks == request->tasks);
    }
    assert(part == job->part_count);
}

static void check_placed(const struct job *job)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];

        assert(part->job == job && part->number == i && part->tasks > 0);
        assert(list_has(&part->of_node) == !part_is_over(part));
        left += !part_is_over(part);
    }
    assert(left == job->parts_left && left > 0);
    check_components(job);
    assert(job->cluster && job->partition && !job->shape && job->attempt > 0);
    assert(heap_has(&job->of_timers));
    assert((job->state == JOB_RUNNING) <= (job->start_us != 0));
    assert((job->state == JOB_SUSPENDED) == list_has(&job->of_queue));
    assert((job->state == JOB_SUSPENDED) ==
           (job->interruption && job->interruption->suspended_us > 0));
    check_constraints(job);
}

static void check_ended(const struct job *job)
{
    assert(job->parts_left == 0 && !job->shape && job->held_micro == 0);
    assert(job->end_us != 0 && heap_has(&job->of_timers));
}

/* The seats in use are those of the jobs that are placed. */
static void check_licenses(const struct core *core)
{
    const struct cluster *cluster;
    uint64_t taken = 0, held = 0;
    uint32_t seats, used;
    const char *name;

    for (size_t i = 0; licenses_at(core->licenses, i, &name, &cluster, &seats, &used); i++)
        taken += used;
    for (size_t i = 0; i < core->jobs.used; i++) {
        const struct job *job = core->jobs.places[i].job;

        if (job && job->state != JOB_PENDING && !job_state_is_final(job->state))
            held += licenses_of(core->licenses, job);
    }
    assert(taken == held);
}

/* What an array counts is what its elements are; each of them is one job's. */
static void check_head(const struct core *core, const struct job *head)
{
    const struct array *array = head->array;
    uint64_t left = 0, placed = 0, unstarted = 0;
    const struct job *job = head;

    assert(!head->shape && head->part_count == 0 && !head->elements);
    assert(job_state_is_final(head->state) == (array->left == 0));
    while ((job = job_index_after(&core->jobs, job->id)) && job->array_id == head->id) {
        assert(job->array == array && job->id == array_element_id(array->id, job->element));
        assert(elements_has(&array->all, job->element));
        if (job->elements)
            assert(job->elements->count > 1 && elements_last(job->elements) == job->element);
        if (job_state_is_final(job->state))
            continue;
        left += job_element_count(job);
        unstarted += job->start_us == 0 ? job_element_count(job) : 0;
        placed += job->state != JOB_PENDING;
    }
    assert(left == array->left && placed == array->placed && unstarted == array->unstarted);
    assert((uint64_t)array->left + array->good + array->failed + array->cancelled ==
           array->all.count);
}

static void check_jobs(const struct core *core)
{
    uint64_t pending = 0, running = 0, queued = 0;

    limits_check_begin(core->limits);
    for (size_t i = 0; i < core->jobs.used; i++) {
        const struct job *job = core->jobs.places[i].job;

        if (!job)
            continue;
        assert(job->id < core->next_job);
        if (!job_state_is_final(job->state) && !job_is_head(job))
            limits_check_job(core->limits, job);
        if (job_is_head(job)) {
            check_head(core, job);
        } else if (job->state == JOB_PENDING) {
            check_pending(job);
            pending++;
            queued += job->shape != NULL;
        } else if (!job_state_is_final(job->state)) {
            check_placed(job);
            running++;
        } else {
            check_ended(job);
        }
    }
    assert(pending == core->pending && running == core->running);
    assert(queued == core->queue.count);
    assert(limits_check_end(core->limits));
}

static void check_timeline(const struct timeline *timeline)
{
    struct timeline_place place = {0};
    const struct timeline_entry *entry;
    int64_t before_us = INT64_MIN;
    size_t count = 0;

    for (; (entry = timeline_next(timeline, &place)); count++) {
        assert(entry->end_us == entry->job->expected_us);
        assert(before_us <= entry->end_us);
        before_us = entry->end_us;
    }
    assert(count == timeline->count);
}

static void check_plan(const struct core *core)
{
    size_t placed = 0;

    for (size_t i = 0; i < core->settings.cluster_count; i++) {
        check_timeline(&core->timelines[i]);
        placed += core->timelines[i].count;
    }
    assert(placed == core->running);
    for (size_t i = 0; i < core->plan.lane_count; i++) {
        const struct shape *blocked = core->plan.lanes[i].blocked;

        assert(!blocked || (blocked->state == SHAPE_ASIDE && blocked->reservations > 0));
    }
}

void core_check_invariants(const struct core *core)
{
    struct error err = {0};
    bool good;

    for (size_t i = 0; i < inventory_node_count(core->inventory); i++)
        check_node(inventory_node(core->inventory, i));
    check_jobs(core);
    check_plan(core);
    check_licenses(core);
    good = ledger_check(core->ledger, &err);
    assert(good);
}
