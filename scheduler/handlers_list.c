/* handlers_list.c - jobs listed, shown and explained */

#include "scheduler/service_inside.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "scheduler/authority.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"
#include "scheduler/filter.h"
#include "scheduler/job_rows.h"
#include "scheduler/jobspec.h"
#include "scheduler/series_rows.h"
#include "scheduler/view.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_DEFAULT 1000
#define PAGE_MOST    4000
#define AGAIN_US     20000

static uint32_t page_size(const Wire__JobList *wire)
{
    if (wire->most == 0)
        return PAGE_DEFAULT;
    return wire->most < PAGE_MOST ? wire->most : PAGE_MOST;
}

static void note_list(struct service *service, const struct scope *scope, const Wire__JobList *wire)
{
    const Wire__JobFilter *filter = wire->filter;
    const struct read_of of = {
        .user = filter ? filter->user : NULL,
        .project = filter ? filter->project : NULL,
        .institution = filter ? filter->institution : NULL,
    };

    reads_note(service, scope, "jobs", &of);
}

/* --- the queue: from memory --------------------------------------------------------------------------- */

static bool on_live_list(struct service *service, const struct ask *ask, Wire__Envelope *answer,
                         struct arena *keep, struct error *err)
{
    const Wire__JobList *wire = ask->envelope->job_list;
    uint32_t most = page_size(wire);
    struct scope scope = scope_of(service->people, ask->principal, keep);
    struct filter filter;
    Wire__JobListing *listing;

    if (!filter_read(wire->filter, &filter, err))
        return false;
    note_list(service, &scope, wire);
    listing = ANSWER(answer, keep, Wire__JobListing, wire__job_listing, job_listing,
                     WIRE__ENVELOPE__BODY_JOB_LISTING);
    listing->jobs = ARENA_NEW_ARRAY(keep, Wire__JobView *, most + HET_SIZE_MAX);
    for (const struct job *job = core_job_after(service->core, wire->after); job;
         job = core_job_after(service->core, job->id)) {
        if (!filter_has_job(&filter, job) ||
            !scope_covers(&scope, job->user, job->project, job->institution,
                          job->cluster ? job->cluster->name : ""))
            continue;
        if (listing->n_jobs >= most) {
            listing->more = true;
            break;
        }
        for (uint32_t i = 0; i < het_size(&job->request); i++)
            listing->jobs[listing->n_jobs++] = view_of_component(service->core, job, i, keep);
    }
    return true;
}

/* --- history: from the store, on the other thread --------------------------------------------------------- */

struct history {
    Wire__JobList *wire; /* a copy */
    struct filter filter;
    struct scope scope;
    uint32_t most;
    Wire__JobListing *listing;
    struct arena *arena;
};

static bool is_wanted(const struct history *history, const struct job_row *row)
{
    const Wire__JobList *wire = history->wire;

    if (wire->since_us && row->end_us && row->end_us < wire->since_us)
        return false;
    if (wire->until_us && row->submit_us >= wire->until_us)
        return false;
    return filter_has_row(&history->filter, row) &&
           scope_covers(&history->scope, row->user, row->project, row->institution, row->cluster);
}

static bool on_history_row(void *owner, const struct row *row, bool good)
{
    struct history *history = owner;
    Wire__JobListing *listing = history->listing;
    uint32_t count;

    if (!good || !is_wanted(history, &row->job))
        return true;
    if (listing->n_jobs >= history->most) {
        listing->more = true;
        return false;
    }
    count = row_component_count(&row->job, history->arena);
    for (uint32_t i = 0; i < count && i < HET_SIZE_MAX; i++)
        listing->jobs[listing->n_jobs++] = view_of_component_row(&row->job, i, history->arena);
    return true;
}

static struct query history_query(const struct history *history)
{
    const Wire__JobFilter *filter = history->wire->filter;
    struct query query = {
        .kind = QUERY_JOBS_AFTER, .lane = LANE_SLOW, .after = (int64_t)history->wire->after};

    if (filter && *filter->user) {
        query.kind = QUERY_JOBS_OF_USER;
        query.text = filter->user;
    } else if (filter && *filter->project) {
        query.kind = QUERY_JOBS_OF_PROJECT;
        query.text = filter->project;
    }
    return query;
}

static bool read_history(struct reading *reading, struct error *err)
{
    struct history *history = reading->question;
    const struct query query = history_query(history);

    history->arena = reading->arena;
    history->listing = ANSWER(&reading->answer, reading->arena, Wire__JobListing, wire__job_listing,
                              job_listing, WIRE__ENVELOPE__BODY_JOB_LISTING);
    history->listing->jobs =
        ARENA_NEW_ARRAY(reading->arena, Wire__JobView *, history->most + HET_SIZE_MAX);
    return reading->store->query(reading->store, &query, on_history_row, history, err);
}

/* The ask is gone when the other thread reads: copy it through its packed form. */
static Wire__JobList *copy_list(const Wire__JobList *wire, struct arena *arena)
{
    size_t size = wire__job_list__get_packed_size(wire);
    CLEANUP(memory_freep) uint8_t *bytes = memory_get(size + 1, 1);
    ProtobufCAllocator allocator = arena_allocator(arena);

    wire__job_list__pack(wire, bytes);
    return wire__job_list__unpack(&allocator, size, bytes);
}

static bool on_history_list(struct service *service, struct ask *ask, struct error *err)
{
    const Wire__JobList *wire = ask->envelope->job_list;
    struct arena *arena = arena_new();
    struct history *history = ARENA_NEW(arena, struct history);

    history->wire = copy_list(wire, arena);
    if (!filter_read(history->wire->filter, &history->filter, err)) {
        arena_free(arena);
        return false;
    }
    history->scope = scope_of(service->people, ask->principal, arena);
    note_list(service, &history->scope, wire);
    history->most = page_size(wire);
    return reading_start(service, ask, arena, read_history, history, err);
}

static bool on_job_list(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    const Wire__JobList *wire = ask->envelope->job_list;

    if (!service_paces(owner, ask, PACE_QUERY, err))
        return false;
    if (wire->since_us < 0 || wire->until_us < 0 ||
        (wire->until_us && wire->until_us <= wire->since_us))
        return fail(err, ERROR_INVALID, "the time span ends before it begins");
    if (wire->after > INT64_MAX)
        return fail(err, ERROR_INVALID, "there is no job %" PRIu64, wire->after);
    if (wire->history)
        return on_history_list(owner, ask, err);
    return on_live_list(owner, ask, answer, keep, err);
}

/* --- one job ------------------------------------------------------------------------------------------------ */

static char *text(const char *from)
{
    return (char *)(uintptr_t)(from ? from : "");
}

static void show_part(const struct part *part, Wire__PartView *view, struct arena *keep)
{
    wire__part_view__init(view);
    view->node = part->node->name;
    view->cores = part->cores;
    view->memory = part->memory_bytes;
    view->core_list = text(part->core_list);
    view->cpu_list = text(part->cpu_list);
    view->gpus = part->gpus;
    view->gpu_type = text(part->gpu_type);
    view->gpu_list = text(part->gpu_list);
    view->switches = node_switches(part->node, keep);
    view->state = text(part_state_name(part->state));
}

/* Of the component that is shown. */
static void show_live_parts(const struct job *job, Wire__JobShown *shown, struct arena *keep)
{
    shown->parts = ARENA_NEW_ARRAY(keep, Wire__PartView *, job->part_count + 1);
    for (uint32_t i = 0; i < job->part_count; i++) {
        if (job->parts[i].component != shown->job->het_offset)
            continue;
        shown->parts[shown->n_parts] = ARENA_NEW(keep, Wire__PartView);
        show_part(&job->parts[i], shown->parts[shown->n_parts++], keep);
    }
}

struct stored_parts {
    Wire__JobShown *shown;
    struct arena *keep;
    size_t capacity;
};

/* The nodes of a component are its own. */
static bool is_of_component(const Wire__JobView *job, const char *node)
{
    CLEANUP(hostlist_freep) struct hostlist *nodes = NULL;
    struct error ignored;

    if (job->het_size == 0)
        return true;
    nodes = hostlist_parse(job->node_list, &ignored);
    return nodes && hostlist_has(nodes, node);
}

static bool on_stored_part(void *owner, const struct row *row, bool good)
{
    struct stored_parts *parts = owner;
    Wire__JobShown *shown = parts->shown;
    Wire__PartView *view;

    if (!good || !is_of_component(shown->job, row->part.node))
        return true;
    if (shown->n_parts == parts->capacity) {
        size_t capacity = parts->capacity ? 2 * parts->capacity : 16;
        Wire__PartView **more = ARENA_NEW_ARRAY(parts->keep, Wire__PartView *, capacity);

        if (shown->n_parts)
            memcpy(more, shown->parts, shown->n_parts * sizeof(*more));
        shown->parts = more;
        parts->capacity = capacity;
    }
    view = ARENA_NEW(parts->keep, Wire__PartView);
    wire__part_view__init(view);
    view->node = arena_copy_utf8(parts->keep, row->part.node);
    view->cores = (uint32_t)row->part.cores;
    view->memory = (uint64_t)row->part.memory;
    view->core_list = arena_copy_utf8(parts->keep, row->part.core_list);
    view->cpu_list = arena_copy_utf8(parts->keep, row->part.cpu_list);
    view->gpus = (uint32_t)row->part.gpus;
    view->gpu_type = arena_copy_utf8(parts->keep, row->part.gpu_type);
    view->gpu_list = arena_copy_utf8(parts->keep, row->part.gpu_list);
    view->state = text(part_state_name((enum part_state)row->part.state));
    shown->parts[shown->n_parts++] = view;
    return true;
}

/* What it runs.  The texts are the service's until the next specification is read. */
static bool show_spec(struct service *service, struct ask *ask, uint64_t spec_id,
                      Wire__JobShown *shown, struct error *err)
{
    const Wire__JobSpec *spec;
    struct bytes script;

    spec = runnable_of(service, spec_id, &script, err);
    if (!spec && err->code == ERROR_NOT_FOUND) {
        ask->retry_after_us = AGAIN_US; /* its commit is under way */
        return fail(err, ERROR_UNAVAILABLE, "the job is just being stored: ask again");
    }
    if (!spec)
        return false;
    shown->directory = spec->directory;
    shown->output = spec->output;
    shown->error = spec->error;
    shown->input = spec->input;
    shown->command = spec->command;
    shown->requeue = !spec->no_requeue;
    shown->switches = spec->switches;
    shown->switches_us = spec->switches_us;
    if (ask->envelope->job_show->script)
        shown->script = (ProtobufCBinaryData){script.size, (uint8_t *)(uintptr_t)script.bytes};
    return true;
}

static bool may_see_script(struct service *service, const struct ask *ask, const char *user,
                           struct error *err)
{
    const Wire__JobShow *wire = ask->envelope->job_show;

    if (!wire->script || strcmp(user, ask->principal->name) == 0)
        return true;
    return deny(service, ask, err, "only its owner may see the script of job %" PRIu64, wire->job);
}

static Wire__JobShown *make_shown(Wire__Envelope *answer, struct arena *keep)
{
    return ANSWER(answer, keep, Wire__JobShown, wire__job_shown, job_shown,
                  WIRE__ENVELOPE__BODY_JOB_SHOWN);
}

/* Components are not told apart in them. */
static bool has_series(const Wire__JobShown *shown)
{
    return shown->job->het_size == 0;
}

static void show_live_series(const struct ask *ask, const struct job *job, Wire__JobShown *shown,
                             struct arena *keep)
{
    if (!job->series || !has_series(shown))
        return;
    shown->energy_mj = series_total(job->series).energy_mj;
    if (ask->envelope->job_show->samples)
        shown->samples = series_text(job->series, keep);
}

static bool show_stored_series(struct service *service, const struct ask *ask,
                               const struct job_row *job, Wire__JobShown *shown, struct arena *keep,
                               struct error *err)
{
    struct series series;
    struct error ignored;
    char *samples;

    if (!has_series(shown))
        return true;
    if (!stored_series(service, job, keep, &samples, err))
        return false;
    if (*samples && series_parse(samples, &series, &ignored))
        shown->energy_mj = series_total(&series).energy_mj;
    if (ask->envelope->job_show->samples)
        shown->samples = samples;
    return true;
}

static bool show_stored(struct service *service, struct ask *ask, Wire__Envelope *answer,
                        struct arena *keep, struct error *err)
{
    uint64_t id = ask->envelope->job_show->job;
    struct store *store = service->outside.store;
    struct scope scope = scope_of(service->people, ask->principal, keep);
    struct row row;
    struct query query = {.kind = QUERY_PARTS_OF};
    struct stored_parts parts = {.keep = keep};

    if (!find_job_row(service, id, ask->envelope->job_show->array, &row, keep, err))
        return false;
    query.from = row.job.id;
    if (!scope_covers(&scope, row.job.user, row.job.project, row.job.institution, row.job.cluster))
        return deny(service, ask, err, "job %" PRIu64 " belongs to somebody else", id);
    if (!may_see_script(service, ask, row.job.user, err))
        return false;
    reads_note_job(service, ask, "job",
                   &(struct read_of){row.job.user, row.job.project, row.job.institution});
    parts.shown = make_shown(answer, keep);
    parts.shown->job = view_of_component_row(&row.job, (uint32_t)(id - (uint64_t)row.job.id), keep);
    if (!show_spec(service, ask, (uint64_t)row.job.spec, parts.shown, err) ||
        !store->query(store, &query, on_stored_part, &parts, err))
        return false;
    if (!show_stored_series(service, ask, &row.job, parts.shown, keep, err))
        return false;
    if (*row.job.output)
        parts.shown->output = text(row.job.output);
    if (*row.job.error_output)
        parts.shown->error = text(row.job.error_output);
    return true;
}

static bool on_job_show(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    struct service *service = owner;
    const Wire__JobShow *wire = ask->envelope->job_show;
    const struct job *job = core_find_element(service->core, wire->job);
    Wire__JobShown *shown;

    if (!service_paces(service, ask, PACE_QUERY, err) ||
        !check_job_array(job, wire->job, wire->array, err))
        return false;
    if (!job)
        return show_stored(service, ask, answer, keep, err);
    if (!may_see_job(service->people, ask->principal, job))
        return deny(service, ask, err, "job %" PRIu64 " belongs to somebody else", job->id);
    if (!may_see_script(service, ask, job->user, err))
        return false;
    reads_note_job(service, ask, "job",
                   &(struct read_of){job->user, job->project, job->institution});
    shown = make_shown(answer, keep);
    shown->job = view_of_component(service->core, job, het_component(job, wire->job), keep);
    if (!show_spec(service, ask, job->spec, shown, err))
        return false;
    show_live_parts(job, shown, keep);
    show_live_series(ask, job, shown, keep);
    shown->requeue = job->request.requeue;
    if (job->request.constraints)
        shown->switches_us = job->request.constraints->switches_us;
    if (job->output)
        shown->output = job->output;
    if (job->error_output)
        shown->error = job->error_output;
    return true;
}

const struct handler list_handlers[] = {
    {WIRE__ENVELOPE__BODY_JOB_LIST, ROLE_PEOPLE | ROLE_ACCOUNTING, on_job_list},
    {WIRE__ENVELOPE__BODY_JOB_SHOW, ROLE_PEOPLE | ROLE_ACCOUNTING, on_job_show},
    {0,                             0,                             NULL       },
};
