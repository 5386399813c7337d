/* filter.c - which jobs a person means */

#include "scheduler/filter.h"

#include "base/hostlist.h"
#include "base/parse.h"

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

static bool is_or_any(const char *wanted, const char *text)
{
    return *wanted == '\0' || strcmp(wanted, text ? text : "") == 0;
}

static bool has_id(const Wire__JobFilter *wire, uint64_t id)
{
    if (wire->n_jobs == 0)
        return true;
    for (size_t i = 0; i < wire->n_jobs; i++)
        if (wire->jobs[i] == id)
            return true;
    return false;
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
            is_or_any(wire->partition, partition_of(job)) && has_id(wire, job->id) &&
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
            has_id(wire, (uint64_t)row->id) && node_list_has(row->node_list, wire->node));
}
