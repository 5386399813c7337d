/* view_het.c - the components of a heterogeneous job as people are shown them
 *
 * Each looks like a job of its own, with a number, nodes and a share of the price by its cores; the
 * shares add up to what the job as a whole holds and was charged. */

#include "scheduler/view.h"

#include "base/hostlist.h"
#include "proto/component.h"
#include "scheduler/core/het.h"
#include "scheduler/service_inside.h"

#include <stdint.h>
#include <string.h>

static char *text(const char *from)
{
    return (char *)(uintptr_t)(from ? from : "");
}

/* The component's part of an amount: what is before its last core less what is before its first,
 * so that nothing is lost by rounding. */
static int64_t share_of(int64_t amount, uint64_t before, uint64_t cores, uint64_t all)
{
    if (all == 0)
        return amount;
    return (int64_t)((__int128)amount * (int64_t)(before + cores) / (int64_t)all) -
           (int64_t)((__int128)amount * (int64_t)before / (int64_t)all);
}

static void share_amounts(Wire__JobView *view, uint64_t before, uint64_t cores)
{
    uint64_t all = view->cores;

    view->held = share_of(view->held, before, cores, all);
    view->charged = share_of(view->charged, before, cores, all);
    view->cores = (uint32_t)cores;
}

/* So many names of a list, from the first on. */
static char *cut_list(const char *list, size_t first, size_t count, struct arena *arena)
{
    CLEANUP(hostlist_freep) struct hostlist *some = hostlist_new();
    CLEANUP(hostlist_freep) struct hostlist *all = NULL;
    CLEANUP(buffer_clear) struct buffer print;
    struct error ignored;

    buffer_init(&print);
    all = hostlist_parse(list, &ignored);
    for (size_t i = first; all && i < first + count && i < hostlist_count(all); i++)
        (void)hostlist_add(some, hostlist_at(all, i), &ignored);
    hostlist_print(some, &print);
    return arena_copy(arena, print.length ? print.bytes : "");
}

static void name_component(Wire__JobView *view, uint64_t job, uint32_t component, uint32_t size)
{
    view->id = job + component;
    view->het_job = job;
    view->het_offset = component;
    view->het_size = size;
}

/* --- of a job in memory ------------------------------------------------------------------------- */

static void view_parts(const struct job *job, uint32_t component, struct arena *arena,
                       Wire__JobView *view)
{
    CLEANUP(hostlist_freep) struct hostlist *nodes = hostlist_new();
    CLEANUP(buffer_clear) struct buffer print;
    struct error ignored;

    buffer_init(&print);
    view->nodes = 0;
    view->memory = view->memory_peak = 0;
    view->cpu_used_us = 0;
    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];

        if (part->component != component)
            continue;
        (void)hostlist_add(nodes, part->node->name, &ignored);
        view->nodes++;
        view->memory += part->memory_bytes;
        view->cpu_used_us += part->cpu_used_us;
        if (part->memory_peak_bytes > view->memory_peak)
            view->memory_peak = part->memory_peak_bytes;
    }
    hostlist_print(nodes, &print);
    view->node_list = arena_copy(arena, print.length ? print.bytes : "");
}

Wire__JobView *view_of_component(const struct core *core, const struct job *job, uint32_t component,
                                 struct arena *arena)
{
    Wire__JobView *view = view_of_job(core, job, arena);
    const struct request *request = het_request(&job->request, component);
    uint32_t size = het_size(&job->request);
    uint64_t before = 0;

    if (size == 1)
        return view;
    for (uint32_t i = 0; i < component; i++)
        before += het_cores_of(job, i);
    name_component(view, job->id, component, size);
    share_amounts(view, before, het_cores_of(job, component));
    view->tasks = request->tasks;
    view->partition =
        text(job->partition ? het_partition(job, component)->name : request->partition);
    if (job->part_count > 0) {
        view_parts(job, component, arena, view);
        return view;
    }
    view->nodes = request->nodes_least;
    view->memory = request->memory_per_cpu
                       ? request->memory_per_cpu * request->tasks * request->cpus_per_task
                       : request->memory_per_node * request->nodes_least;
    return view;
}

/* --- of a row ----------------------------------------------------------------------------------- */

uint32_t row_component_count(const struct job_row *row, struct arena *arena)
{
    ProtobufCAllocator allocator = arena_allocator(arena);
    const Wire__JobSpec *spec =
        wire__job_spec__unpack(&allocator, row->request.size, row->request.bytes);

    return spec ? (uint32_t)spec->n_components + 1 : 1;
}

static uint64_t cores_of(const Wire__JobSpec *spec, size_t component)
{
    const Wire__JobSpec own =
        component == 0 ? *spec : component_to_spec(spec->components[component - 1]);

    if (component < spec->n_component_rows)
        return spec->component_rows[component]->cores;
    return (uint64_t)own.tasks * own.cpus_per_task;
}

static void view_component_row(const Wire__JobSpec *spec, uint32_t component, struct arena *arena,
                               Wire__JobView *view)
{
    size_t first = 0;

    for (uint32_t i = 0; i < component; i++)
        first += spec->component_rows[i]->parts;
    view->nodes = spec->component_rows[component]->parts;
    view->memory = spec->component_rows[component]->memory;
    view->node_list = cut_list(view->node_list, first, view->nodes, arena);
}

/* The name among those that were asked for, or the job's where none was. */
static char *partition_of(const Wire__JobSpec *spec, uint32_t component, char *job_partition,
                          struct arena *arena)
{
    uint32_t place = spec->n_component_rows ? spec->component_rows[component]->place : 0;
    char *rest, *name = NULL;

    if (component == 0)
        return job_partition;
    rest = arena_copy(arena, spec->components[component - 1]->partition);
    if (*rest == '\0')
        return text("");
    for (uint32_t i = 0; i <= place && rest; i++)
        name = strsep(&rest, ",");
    return name;
}

Wire__JobView *view_of_component_row(const struct job_row *row, uint32_t component,
                                     struct arena *arena)
{
    ProtobufCAllocator allocator = arena_allocator(arena);
    const Wire__JobSpec *spec =
        wire__job_spec__unpack(&allocator, row->request.size, row->request.bytes);
    Wire__JobView *view = view_of_row(row, arena);
    uint64_t before = 0;

    if (!spec || spec->n_components == 0 || component > spec->n_components)
        return view;
    for (uint32_t i = 0; i < component; i++)
        before += cores_of(spec, i);
    name_component(view, (uint64_t)row->id, component, (uint32_t)spec->n_components + 1);
    share_amounts(view, before, cores_of(spec, component));
    view->tasks = component == 0 ? spec->tasks : spec->components[component - 1]->tasks;
    view->partition = partition_of(spec, component, view->partition, arena);
    if (spec->n_component_rows == spec->n_components + 1)
        view_component_row(spec, component, arena, view);
    return view;
}
