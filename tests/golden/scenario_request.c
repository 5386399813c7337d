/* scenario_request.c - what the words of "submit" ask for */

#include "tests/golden/scenario.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"

#include <stdlib.h>
#include <string.h>

void fill_request(const struct play *play, struct request *request)
{
    const char *nodes = value_of(play, "nodes");
    const char *nice = value_of(play, "nice");
    const char *clusters = value_of(play, "clusters");
    struct request none = {.requeue = !has_word(play, "no-requeue")};
    char *dash = nodes ? strchr(nodes, '-') : NULL;

    *request = none;
    request->partition =
        value_of(play, "partition") ? memory_copy(value_of(play, "partition")) : NULL;
    request->clusters_excluded = clusters && *clusters == '^';
    if (clusters)
        request->clusters = memory_copy(clusters + request->clusters_excluded);
    request->node_list = value_of(play, "list") ? memory_copy(value_of(play, "list")) : NULL;
    request->node_exclude =
        value_of(play, "exclude") ? memory_copy(value_of(play, "exclude")) : NULL;
    request->nodes_least = nodes ? (uint32_t)strtoul(nodes, NULL, 10) : 0;
    request->nodes_most = dash ? (uint32_t)strtoul(dash + 1, NULL, 10) : 0;
    request->tasks = (uint32_t)number_of(play, "tasks", 0);
    request->cpus_per_task = (uint32_t)number_of(play, "cpus", 0);
    request->tasks_per_node = (uint32_t)number_of(play, "per-node", 0);
    request->memory_per_node = size_of(play, "memory");
    request->memory_per_cpu = size_of(play, "memory-per-cpu");
    request->exclusive = has_word(play, "exclusive");
    request->limit_us = duration_of(play, "limit", 0);
    request->begin_us = duration_of(play, "begin", 0);
    if (request->begin_us)
        request->begin_us += play->now_us;
    request->limit_least_us = duration_of(play, "least", 0);
    request->deadline_us = duration_of(play, "deadline", 0);
    if (request->deadline_us)
        request->deadline_us += play->now_us;
    request->dependencies = dependencies_of(play);
    if (value_of(play, "reservation"))
        request->reservation = memory_copy(value_of(play, "reservation"));
    request->constraints = constraints_of(play);
    request->qos = value_of(play, "qos") ? memory_copy(value_of(play, "qos")) : NULL;
    request->nice = nice ? (int32_t)strtol(nice, NULL, 10) : 0;
}

/* The words of one component: those between two ':'. */
struct play component_of(const struct play *play, size_t first, size_t *ret_next)
{
    struct play own = *play;

    own.count = 1;
    while (first < play->count && strcmp(play->words[first], ":") != 0)
        own.words[own.count++] = play->words[first++];
    *ret_next = first + 1;
    return own;
}

void fill_components(const struct play *play, size_t next, struct request *request)
{
    struct request all[HET_SIZE_MAX];
    uint32_t count = 0;

    while (next <= play->count && count < HET_SIZE_MAX) {
        struct play own = component_of(play, next, &next);

        fill_request(&own, &all[count++]);
    }
    if (count == 0)
        return;
    request->het = het_new(count);
    memcpy(request->het->more, all, count * sizeof(*all));
}

void clear_request(struct request *request)
{
    het_free(request->het);
    free(request->partition);
    free(request->node_list);
    free(request->node_exclude);
    free(request->reservation);
    free(request->dependencies);
    constraints_free(request->constraints);
    free(request->qos);
    free(request->clusters);
}
