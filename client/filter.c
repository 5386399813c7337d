/* filter.c - which jobs: the -u -A -p -t -n -w -M -j of queue, history and cancel */

#include "client/filter.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "base/table.h"
#include "client/job_names.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILTER_JOBS_MAX = 4096 };

enum dimension {
    BY_USER,
    BY_PROJECT,
    BY_INSTITUTION,
    BY_CLUSTER,
    BY_PARTITION,
    BY_NAME,
    DIMENSION_COUNT
};

struct filter_sets {
    struct table *sets[DIMENSION_COUNT]; /* NULL: the message says it all */
    struct hostlist *nodes;              /* likewise */
};

static const struct {
    const char *compact;
    const char *name;
    bool ended;
} states[] = {
    {"PD",  "PENDING",       false},
    {"CF",  "CONFIGURING",   false},
    {"R",   "RUNNING",       false},
    {"CG",  "COMPLETING",    false},
    {"CD",  "COMPLETED",     true },
    {"F",   "FAILED",        true },
    {"CA",  "CANCELLED",     true },
    {"TO",  "TIMEOUT",       true },
    {"OOM", "OUT_OF_MEMORY", true },
    {"NF",  "NODE_FAIL",     true },
    {"DL",  "DEADLINE",      true },
    {"PR",  "PREEMPTED",     true },
    {"S",   "SUSPENDED",     false},
};

static const char *text_of(const Wire__JobView *job, enum dimension dimension)
{
    const char *const texts[DIMENSION_COUNT] = {job->user,    job->project,   job->institution,
                                                job->cluster, job->partition, job->name};

    return texts[dimension];
}

/* One name goes into the message; of several, the set is kept here. */
static void fill_names(const char *names, struct arena *arena, char **place, struct table **set)
{
    char *rest, *name;

    if (!names || !*names)
        return;
    if (!strchr(names, ',')) {
        *place = arena_copy_utf8(arena, names);
        return;
    }
    rest = arena_copy(arena, names);
    *set = table_new();
    while ((name = strsep(&rest, ",")))
        if (*name)
            table_put_text(*set, name, name);
}

static bool fill_nodes(const char *text, struct arena *arena, Wire__JobFilter *message,
                       struct filter_sets *rest, struct error *err)
{
    struct hostlist *nodes = text ? hostlist_parse(text, err) : NULL;

    if (!text)
        return true;
    if (!nodes)
        return false;
    if (hostlist_count(nodes) == 1) {
        message->node = arena_copy(arena, hostlist_at(nodes, 0));
        hostlist_free(nodes);
    } else {
        rest->nodes = nodes;
    }
    return true;
}

static bool is_state(const char *text, size_t i)
{
    return strcasecmp(text, states[i].compact) == 0 || strcasecmp(text, states[i].name) == 0;
}

bool filter_fail_state(const char *text, const char *const *names, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    const char *nearest = nearest_name(text, names);

    if (nearest)
        return fail(err, ERROR_INVALID, _("unknown state %s; nearest is %s"),
                    text_show(text, shown), nearest);
    return fail(err, ERROR_INVALID, _("unknown state %s; the manual page lists them"),
                text_show(text, shown));
}

static bool fail_state(const char *text, struct error *err)
{
    const char *names[COUNT_OF(states) + 1] = {0};

    for (size_t i = 0; i < COUNT_OF(states); i++)
        names[i] = states[i].name;
    return filter_fail_state(text, names, err);
}

static bool fill_states(const char *text, struct arena *arena, Wire__JobFilter *message,
                        struct error *err)
{
    char *rest = text ? arena_copy(arena, text) : NULL, *name;

    message->states = arena_get(arena, COUNT_OF(states) + 1, sizeof(char *));
    while (rest && (name = strsep(&rest, ","))) {
        size_t i = 0;

        if (!*name)
            continue;
        if (strcasecmp(name, "all") == 0) {
            message->n_states = 0;
            return true;
        }
        while (i < COUNT_OF(states) && !is_state(name, i))
            i++;
        if (i == COUNT_OF(states))
            return fail_state(name, err);
        if (message->n_states < COUNT_OF(states))
            message->states[message->n_states++] = arena_copy(arena, states[i].name);
    }
    return true;
}

static bool fill_jobs(const char *text, struct arena *arena, Wire__JobFilter *message,
                      struct error *err)
{
    CLEANUP(job_names_clear) struct job_names names = {0};
    CLEANUP(memory_freep) struct job_ref *refs = NULL;
    size_t count = 0;

    if (!text)
        return true;
    if (!job_names_add(&names, text, FILTER_JOBS_MAX, err) ||
        !job_names_refs(&names, FILTER_JOBS_MAX, &refs, &count, err))
        return false;
    message->jobs = arena_get(arena, count + 1, sizeof(uint64_t));
    message->arrays = arena_get(arena, count + 1, sizeof(uint64_t));
    for (size_t i = 0; i < count; i++) {
        message->jobs[i] = refs[i].job;
        message->arrays[i] = refs[i].array;
    }
    message->n_jobs = message->n_arrays = count;
    return true;
}

bool filter_fill(const struct filter *filter, struct session *session, struct arena *arena,
                 Wire__JobFilter *ret_message, struct filter_sets **ret_rest, struct error *err)
{
    CLEANUP(filter_sets_freep) struct filter_sets *rest = NEW(struct filter_sets);
    Wire__JobFilter message = WIRE__JOB_FILTER__INIT;

    fill_names(filter->users, arena, &message.user, &rest->sets[BY_USER]);
    fill_names(filter->projects, arena, &message.project, &rest->sets[BY_PROJECT]);
    fill_names(filter->institutions, arena, &message.institution, &rest->sets[BY_INSTITUTION]);
    if (filter->clusters && strcasecmp(filter->clusters, "all") != 0)
        fill_names(filter->clusters, arena, &message.cluster, &rest->sets[BY_CLUSTER]);
    fill_names(filter->partitions, arena, &message.partition, &rest->sets[BY_PARTITION]);
    fill_names(filter->names, arena, &message.name, &rest->sets[BY_NAME]);
    if (!fill_nodes(filter->nodes, arena, &message, rest, err))
        return fail_in(err, _("nodes"));
    if (!fill_states(filter->states, arena, &message, err) ||
        !fill_jobs(filter->jobs, arena, &message, err))
        return false;
    if (filter->me) {
        const char *principal = session_principal(session, err);

        if (!principal)
            return false;
        message.user = arena_copy(arena, principal);
    }
    *ret_message = message;
    *ret_rest = STEAL(rest);
    return true;
}

static bool is_on(const struct hostlist *nodes, const char *node_list)
{
    struct error ignored;
    CLEANUP(hostlist_freep) struct hostlist *own = hostlist_parse(node_list, &ignored);

    for (size_t i = 0; own && i < hostlist_count(own); i++)
        if (hostlist_has(nodes, hostlist_at(own, i)))
            return true;
    return false;
}

bool filter_admits(const struct filter_sets *rest, const Wire__JobView *job)
{
    for (int i = 0; i < DIMENSION_COUNT; i++)
        if (rest->sets[i] && !table_get_text(rest->sets[i], text_of(job, (enum dimension)i)))
            return false;
    return !rest->nodes || is_on(rest->nodes, job->node_list);
}

void filter_sets_free(struct filter_sets *rest)
{
    if (!rest)
        return;
    for (int i = 0; i < DIMENSION_COUNT; i++)
        table_free(rest->sets[i]);
    hostlist_free(rest->nodes);
    free(rest);
}

bool filter_is_ended(const char *state)
{
    for (size_t i = 0; i < COUNT_OF(states); i++)
        if (is_state(state, i))
            return states[i].ended;
    return false;
}

bool filter_names_ended(const struct filter *filter)
{
    CLEANUP(memory_freep) char *copy = memory_copy(filter->states ? filter->states : "");
    char *rest = copy, *name;

    while ((name = strsep(&rest, ",")))
        if (strcasecmp(name, "all") == 0 || filter_is_ended(name))
            return true;
    return false;
}
