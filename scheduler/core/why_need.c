/* why_need.c - a request with its texts read, as the planner tests it */

#include "base/hostlist.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/why.h"

void read_need(struct read_need *read, const struct job *job, const struct window *window,
               const struct request *request)
{
    const struct constraints *constraints = request->constraints;
    struct error ignored;

    /* The node that refused the last launch is avoided for a while; it is there all the same. */
    *read = (struct read_need){
        .need = {.request = request, .window = window, .association = job->association}
    };
    read->need.switches_until_us = job_switches_until(job);
    if (request->node_list)
        read->need.only = read->only = hostlist_parse(request->node_list, &ignored);
    if (request->node_exclude)
        read->need.except = read->except = hostlist_parse(request->node_exclude, &ignored);
    if (constraints && constraints->features)
        read->need.features = read->features = feature_rule_parse(constraints->features, &ignored);
    if (constraints && constraints->licenses &&
        license_list_parse(constraints->licenses, &read->licenses, &ignored))
        read->need.licenses = &read->licenses;
    read->need.more = read->more = het_needs_new(request, NULL, window);
    read->more_count = het_size(request) - 1;
}

void read_need_clear(struct read_need *read)
{
    hostlist_free(read->only);
    hostlist_free(read->except);
    feature_rule_free(read->features);
    het_needs_free(read->more, read->more_count);
}
