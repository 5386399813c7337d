/* handlers_binding.c - where a job's tasks are, or would be: the nodes, then each node's agent
 *
 * Which cores a task has is the agents' knowledge (agent/binding.h): the ask is passed on. */

#include "scheduler/service_inside.h"

#include "proto/layout.h"
#include "scheduler/authority.h"
#include "scheduler/core/preview.h"
#include "scheduler/core/request.h"
#include "scheduler/jobspec.h"

#include <inttypes.h>
#include <string.h>

#define ANSWER_WITHIN_US (5 * INT64_C(1000000))
#define TASKS_MOST       65536 /* of one ask */

/* --- the nodes of a request ------------------------------------------------------------------------- */

static void fill_preview(const struct preview *preview, Wire__Envelope *answer, struct arena *keep)
{
    Wire__PreviewView *view = ANSWER(answer, keep, Wire__PreviewView, wire__preview_view,
                                     preview_view, WIRE__ENVELOPE__BODY_PREVIEW_VIEW);
    size_t count = preview->count;

    view->later = preview->later;
    view->nodes = ARENA_NEW_ARRAY(keep, char *, count);
    view->node_cores = ARENA_NEW_ARRAY(keep, uint32_t, count);
    view->node_tasks = ARENA_NEW_ARRAY(keep, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        view->nodes[i] = arena_copy(keep, preview->nodes[i]->name);
        view->node_cores[i] = preview->cores[i];
        view->node_tasks[i] = preview->tasks[i];
    }
    view->n_nodes = view->n_node_cores = view->n_node_tasks = count;
}

static bool preview(struct service *service, const Wire__JobSpec *spec, Wire__Envelope *answer,
                    struct arena *keep, struct error *err)
{
    const struct inventory *inventory = core_inventory(service->core);
    CLEANUP(request_clear) struct request request = {0};
    CLEANUP(preview_clear) struct preview found = {.later = false};

    if (!jobspec_check(spec, err))
        return false;
    jobspec_to_request(spec, &request);
    if (!request_check(&request, inventory, err) || !preview_make(inventory, &request, &found, err))
        return false;
    fill_preview(&found, answer, keep);
    return true;
}

/* --- one node --------------------------------------------------------------------------------------------- */

static bool has_part_on(const struct job *job, const char *node)
{
    for (uint32_t i = 0; i < job->part_count; i++)
        if (strcmp(job->parts[i].node->name, node) == 0)
            return true;
    return false;
}

static bool check_job(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__BindingAsk *wire = ask->envelope->binding_ask;
    const struct job *job = core_find_job(service->core, wire->job);

    if (!job)
        return fail(err, ERROR_NOT_FOUND, "no job %" PRIu64 " runs or waits", wire->job);
    if (!may_see_job(service->people, ask->principal, job))
        return deny(service, ask, err, "job %" PRIu64 " belongs to somebody else", job->id);
    reads_note_job(service, ask, "job",
                   &(struct read_of){job->user, job->project, job->institution});
    if (job->state != JOB_RUNNING && job->state != JOB_CONFIGURING)
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " does not run", job->id);
    return has_part_on(job, wire->node) ||
           fail(err, ERROR_NOT_FOUND, "job %" PRIu64 " is not on node %.64s", job->id, wire->node);
}

static bool check_wish(const Wire__BindingAsk *wire, struct error *err)
{
    uint64_t tasks = 0;

    for (size_t i = 0; i < wire->n_node_tasks; i++)
        tasks += wire->node_tasks[i];
    if (wire->part >= wire->n_node_tasks || wire->cores == 0 || tasks > TASKS_MOST)
        return fail(err, ERROR_INVALID,
                    "a binding of %" PRIu64 " tasks on %zu nodes; %d tasks are the most", tasks,
                    wire->n_node_tasks, TASKS_MOST);
    return layout_check(wire->layout, err);
}

static bool pass_on(struct service *service, struct ask *ask, struct error *err)
{
    const Wire__BindingAsk *wire = ask->envelope->binding_ask;
    const struct peer *peer = peers_find(service->peers, wire->node);
    Wire__Envelope message = *ask->envelope;

    if (!peer || !peer->connected)
        return fail(err, ERROR_UNAVAILABLE, "node %.64s does not answer", wire->node);
    return pass_to_node(service, ask, peer, &message, ANSWER_WITHIN_US, err);
}

bool on_binding_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                    struct error *err)
{
    struct service *service = owner;
    const Wire__BindingAsk *wire = ask->envelope->binding_ask;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    if (wire->spec)
        return preview(service, wire->spec, answer, keep, err);
    if (wire->job != 0 ? !check_job(service, ask, err) : !check_wish(wire, err))
        return false;
    return pass_on(service, ask, err);
}
