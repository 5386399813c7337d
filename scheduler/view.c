/* view.c - the core's objects and the store's rows as people are shown them */

#include "scheduler/view.h"

#include "scheduler/service_inside.h"

#include <stdint.h>

static char *text(const char *from)
{
    return (char *)(uintptr_t)(from ? from : "");
}

static int64_t priority_of(const struct job *job)
{
    return -(int64_t)job->request.nice;
}

Wire__JobView *view_of_job(const struct job *job, struct arena *arena)
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
    view->node_list = text(job_node_list(job, arena));
    view->nodes = job->part_count ? job->part_count : job->request.nodes_least;
    view->cores = job_cores(job);
    view->tasks = job->request.tasks;
    view->memory = job_memory(job);
    view->submit_us = job->submit_us;
    view->eligible_us = job->eligible_us;
    view->start_us = job->start_us;
    view->end_us = job->end_us;
    view->limit_us = job->request.limit_us;
    view->planned_us = job->planned_us;
    view->attempt = job->attempt;
    view->exit_code = job->exit_code;
    view->exit_signal = job->exit_signal;
    view->priority = priority_of(job);
    view->held = job->held_micro;
    view->charged = job->charged_micro;
    view->ended_by = text(job->ended_by);
    job_measured(job, &view->cpu_used_us, &view->memory_peak);
    return view;
}

static char *copy(struct arena *arena, const char *from)
{
    return arena_copy_utf8(arena, from);
}

Wire__JobView *view_of_row(const struct job_row *row, struct arena *arena)
{
    Wire__JobView *view = ARENA_NEW(arena, Wire__JobView);

    wire__job_view__init(view);
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
