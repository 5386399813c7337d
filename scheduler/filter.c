/* filter.c - which jobs a person means */

#include "scheduler/filter.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "scheduler/jobspec.h"

#include <string.h>

static bool fail_state(const char *text, struct error *err)
{
    const char *names[JOB_STATE_COUNT + 1] = {0};
    const char *nearest;

    for (int state = 0; state < JOB_STATE_COUNT; state++)
        names[state] = job_state_name((enum job_state)state);
    nearest = nearest_name(text, names);
    return fail(err, ERROR_INVALID, "no job state %.40s%s%s%s", text,
                nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

bool filter_read(const Wire__JobFilter *wire, struct filter *ret_filter, struct error *err)
{
    struct filter filter = {.wire = wire};

    for (size_t i = 0; wire && i < wire->n_states; i++) {
        enum job_state state;

        if (!job_state_parse(wire->states[i], &state))
            return fail_state(wire->states[i], err);
        filter.states |= 1u << state;
    }
    *ret_filter = filter;
    return true;
}

bool filter_is_empty(const struct filter *filter)
{
    const Wire__JobFilter *wire = filter->wire;

    return !wire || (!*wire->user && !*wire->project && !*wire->institution && !*wire->cluster &&
                     !*wire->partition && !*wire->name && !*wire->node && wire->n_jobs == 0 &&
                     wire->n_states == 0);
}

bool is_or_any(const char *wanted, const char *text)
{
    return *wanted == '\0' || strcmp(wanted, text ? text : "") == 0;
}

/* A job, which is of that array; a whole array; or several elements, with that one among them. */
static bool is_named(const Wire__JobFilter *wire, size_t i, uint64_t id, uint64_t array)
{
    if (i < wire->n_arrays && wire->arrays[i] && wire->arrays[i] != array)
        return false;
    return wire->jobs[i] == id || (array && wire->jobs[i] == array);
}

static bool has_job(const Wire__JobFilter *wire, const struct job *job)
{
    for (size_t i = 0; i < wire->n_jobs; i++)
        if (is_named(wire, i, job->id, job->array_id) ||
            (job->elements && wire->jobs[i] > job->array_id &&
             wire->jobs[i] - job->array_id - 1 <= job->element &&
             elements_has(job->elements, (uint32_t)(wire->jobs[i] - job->array_id - 1))))
            return true;
    return wire->n_jobs == 0;
}

static bool has_row(const Wire__JobFilter *wire, const struct job_row *row)
{
    Wire__JobSpec *spec;
    uint64_t id = (uint64_t)row->id, array;
    bool has = wire->n_jobs == 0;

    if (has)
        return true;
    spec = wire__job_spec__unpack(NULL, row->request.size, row->request.bytes);
    array = spec && spec->array_row ? spec->array_row->array : 0;
    for (size_t i = 0; !has && i < wire->n_jobs; i++)
        has = is_named(wire, i, id, array) ||
              (array && array != id && wire->jobs[i] > array && wire->jobs[i] < id &&
               array_row_has(spec->array_row, array, (uint32_t)(wire->jobs[i] - array - 1)));
    if (spec)
        wire__job_spec__free_unpacked(spec, NULL);
    return has;
}

static bool is_on_node(const struct job *job, const char *node)
{
    for (uint32_t i = 0; i < job->part_count; i++)
        if (strcmp(job->parts[i].node->name, node) == 0)
            return true;
    return *node == '\0';
}

static const char *partition_of(const struct job *job)
{
    return job->partition ? job->partition->name : job->request.partition;
}

bool filter_has_job(const struct filter *filter, const struct job *job)
{
    const Wire__JobFilter *wire = filter->wire;

    if (filter->states && !(filter->states & 1u << job->state))
        return false;
    return !wire ||
           (is_or_any(wire->user, job->user) && is_or_any(wire->project, job->project) &&
            is_or_any(wire->institution, job->institution) && is_or_any(wire->name, job->name) &&
            is_or_any(wire->cluster, job->cluster ? job->cluster->name : NULL) &&
            is_or_any(wire->partition, partition_of(job)) && has_job(wire, job) &&
            is_on_node(job, wire->node));
}

static bool node_list_has(const char *node_list, const char *node)
{
    CLEANUP(hostlist_freep) struct hostlist *list = NULL;
    struct error ignored;

    if (*node == '\0' || strcmp(node_list, node) == 0)
        return true;
    list = hostlist_parse(node_list, &ignored);
    return list && hostlist_has(list, node);
}

bool filter_has_row(const struct filter *filter, const struct job_row *row)
{
    const Wire__JobFilter *wire = filter->wire;

    if (filter->states && !(filter->states & 1u << row->state))
        return false;
    return !wire ||
           (is_or_any(wire->user, row->user) && is_or_any(wire->project, row->project) &&
            is_or_any(wire->institution, row->institution) && is_or_any(wire->name, row->name) &&
            is_or_any(wire->cluster, row->cluster) && is_or_any(wire->partition, row->partition) &&
            node_list_has(row->node_list, wire->node) && has_row(wire, row));
}
