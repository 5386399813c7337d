/* view.c - the core's objects and the store's rows as people are shown them */

#include "scheduler/view.h"

#include "scheduler/core/dependency.h"
#include "scheduler/core/het.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/request.h"
#include "scheduler/core/suspend.h"
#include "scheduler/jobspec.h"
#include "scheduler/service_inside.h"

#include <inttypes.h>
#include <stdint.h>

static char *text(const char *from)
{
    return (char *)(uintptr_t)(from ? from : "");
}

/* Without factors, who is nice goes later among equals. */
static int64_t priority_of(int32_t nice)
{
    return -(int64_t)nice;
}

static char *dependency_text(const struct dependencies *dependencies, struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer print;

    buffer_init(&print);
    dependencies_print(dependencies, &print);
    return arena_copy(arena, print.bytes);
}

static char *elements_text(const struct elements *elements, struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer print;

    buffer_init(&print);
    elements_print(elements, &print);
    return arena_copy(arena, print.bytes);
}

/* A head shows what its elements do. */
static void view_head(const struct job *head, struct arena *arena, Wire__JobView *view)
{
    const struct array *array = head->array;
    Wire__ArrayCounts *counts = ARENA_NEW(arena, Wire__ArrayCounts);

    wire__array_counts__init(counts);
    counts->all = array->all.count;
    counts->running = array->placed;
    counts->waiting = array->left - array->placed;
    counts->completed = array->good;
    counts->failed = array->failed;
    counts->cancelled = array->cancelled;
    view->array_counts = counts;
    view->array_limit = array->throttle;
    view->elements = elements_text(&array->all, arena);
    view->start_us = 0;
    if (!job_state_is_final(head->state) && array->placed > 0) {
        view->state = text(job_state_name(JOB_RUNNING));
        view->state_code = text(job_state_compact(JOB_RUNNING));
    }
}

static void view_array(const struct job *job, struct arena *arena, Wire__JobView *view)
{
    view->array = job->array_id;
    if (job->array_id == 0)
        return;
    if (job_is_head(job)) {
        view_head(job, arena, view);
        return;
    }
    view->elements = job->elements ? elements_text(job->elements, arena)
                                   : arena_format(arena, "%" PRIu32, job->element);
    view->array_limit = job->array ? job->array->throttle : 0;
}

char *node_switches(const struct node *node, struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer path;

    buffer_init(&path);
    switch_tree_print(node->cluster->tree, node->leaf, &path);
    return arena_copy(arena, path.bytes);
}

/* UNLIMITED is as long as the partition allows: before it is known which, the longest. */
static int64_t shown_limit(const struct core *core, const struct job *job)
{
    const struct inventory *inventory = core_inventory(core);
    int64_t limit_us = job_limit(job), longest_us = 0;

    if (limit_us != INT64_MAX)
        return limit_us;
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct partition *partition =
            request_partition(&job->request, inventory_cluster(inventory, i));

        if (partition && partition->limit_us > longest_us)
            longest_us = partition->limit_us;
    }
    return longest_us ? longest_us : limit_us;
}

Wire__JobView *view_of_job(const struct core *core, const struct job *job, struct arena *arena)
{
    Wire__JobView *view = ARENA_NEW(arena, Wire__JobView);

    wire__job_view__init(view);
    view->id = job->id;
    view->name = job->name;
    view->user = job->user;
    view->project = job->project;
    view->institution = job->institution;
    view->cluster = text(job->cluster ? job->cluster->name : NULL);
    view->partition = text(job->partition ? job->partition->name : job->request.partition);
    view->state = text(job_state_name(job->state));
    view->state_code = text(job_state_compact(job->state));
    view->reason = text(job_reason_name(job->reason));
    if (job->refusal)
        view->refusal = arena_copy_utf8(arena, job->refusal);
    view->node_list = text(job_node_list(job, arena));
    view->nodes = job->part_count ? job->part_count : het_nodes(&job->request);
    view->cores = job_cores(job);
    view->tasks = het_tasks(&job->request);
    view->memory = job_memory(job);
    view->submit_us = job->submit_us;
    view->eligible_us = job->eligible_us;
    view->start_us = job->start_us;
    view->end_us = job->end_us;
    view->limit_us = shown_limit(core, job);
    view->planned_us = job->planned_us;
    view->attempt = job->attempt;
    view->exit_code = job->exit_code;
    view->exit_signal = job->exit_signal;
    view->priority = core_has_priorities(core) ? (int64_t)priority_of_job(core, job)
                                               : priority_of(job->request.nice);
    view->nice = job->request.nice;
    view->comment = text(job->request.comment);
    view->reservation = text(job->request.reservation);
    view->qos = text(job->request.qos);
    view->dependency = dependency_text(job->request.dependencies, arena);
    view->held = job->held_micro;
    view->deadline_us = job->request.deadline_us;
    view->limit_least_us = job->request.limit_least_us;
    view_array(job, arena, view);
    view->charged = job->charged_micro;
    view->ended_by = text(job->ended_by);
    if (job->interruption) {
        view->preempted_by = job->interruption->by;
        view->preempted_us = job->interruption->at_us;
        view->suspended_us = suspended_time(job, job->end_us ? job->end_us : core_now(core));
    }
    job_measured(job, &view->cpu_used_us, &view->memory_peak);
    return view;
}

static char *copy(struct arena *arena, const char *from)
{
    return arena_copy_utf8(arena, from);
}

/* What jobspec.h packs, as the message that it is; NULL when it cannot be read. */
static const Wire__JobSpec *read_request(struct bytes bytes, struct arena *arena)
{
    ProtobufCAllocator allocator = arena_allocator(arena);

    return wire__job_spec__unpack(&allocator, bytes.size, bytes.bytes);
}

static void view_array_row(const Wire__ArrayRow *row, uint64_t id, struct arena *arena,
                           Wire__JobView *view)
{
    Wire__ArrayCounts *counts;

    if (!row)
        return;
    view->array = row->array;
    view->elements = row->elements;
    view->array_limit = row->limit;
    if (row->array != id)
        return;
    counts = ARENA_NEW(arena, Wire__ArrayCounts);
    wire__array_counts__init(counts);
    counts->completed = row->good;
    counts->failed = row->failed;
    counts->cancelled = row->cancelled;
    counts->all = row->good + row->failed + row->cancelled;
    view->array_counts = counts;
}

Wire__JobView *view_of_row(const struct job_row *row, struct arena *arena)
{
    Wire__JobView *view = ARENA_NEW(arena, Wire__JobView);
    const Wire__JobSpec *request = read_request(row->request, arena);

    wire__job_view__init(view);
    if (request) {
        CLEANUP(memory_freep) struct dependencies *dependencies = jobspec_dependencies(request);

        view->comment = request->comment;
        view->refusal = request->last_word;
        view->reservation = request->reservation;
        view->qos = request->qos;
        view->dependency = dependency_text(dependencies, arena);
        view->nice = request->nice;
        view->priority = priority_of(request->nice);
        view->deadline_us = request->deadline_us;
        view->limit_least_us = request->limit_least_us;
        view_array_row(request->array_row, (uint64_t)row->id, arena, view);
        if (request->interruption) {
            view->preempted_by = request->interruption->by;
            view->preempted_us = request->interruption->at_us;
            view->suspended_us = request->interruption->paused_us;
        }
    }
    view->id = (uint64_t)row->id;
    view->name = copy(arena, row->name);
    view->user = copy(arena, row->user);
    view->project = copy(arena, row->project);
    view->institution = copy(arena, row->institution);
    view->cluster = copy(arena, row->cluster);
    view->partition = copy(arena, row->partition);
    view->state = text(job_state_name((enum job_state)row->state));
    view->state_code = text(job_state_compact((enum job_state)row->state));
    view->reason = text(job_reason_name((enum job_reason)row->reason));
    view->node_list = copy(arena, row->node_list);
    view->nodes = (uint32_t)row->nodes;
    view->cores = (uint32_t)row->cores;
    view->tasks = (uint32_t)row->tasks;
    view->memory = (uint64_t)row->memory;
    view->submit_us = row->submit_us;
    view->eligible_us = row->eligible_us;
    view->start_us = row->start_us;
    view->end_us = row->end_us;
    view->limit_us = row->limit_us;
    view->attempt = (uint32_t)row->attempt;
    view->exit_code = (uint32_t)row->exit_code;
    view->exit_signal = (uint32_t)row->exit_signal;
    view->held = row->held_micro;
    view->charged = row->charged_micro;
    view->ended_by = copy(arena, row->ended_by);
    view->cpu_used_us = row->cpu_used_us;
    view->memory_peak = (uint64_t)row->memory_peak;
    return view;
}
