/* handlers_attach.c - the steps of a running job, and what its owner types into them
 *
 * Its first node knows: the ask is passed on. */

#include "scheduler/service_inside.h"

#include "scheduler/core/array.h"
#include "scheduler/job_rows.h"

#include <inttypes.h>
#include <string.h>

#define ANSWER_WITHIN_US (7 * INT64_C(1000000)) /* that node may have to ask another one */

struct job_name {
    uint64_t job;
    uint64_t array;
};

static struct job_name job_of(const Wire__Envelope *envelope)
{
    if (envelope->body_case == WIRE__ENVELOPE__BODY_STEP_LIST)
        return (struct job_name){envelope->step_list->job, envelope->step_list->array};
    return (struct job_name){envelope->step_input->job, envelope->step_input->array};
}

/* Nobody types for somebody else, whatever else they may do. */
static const struct job *find_job(struct service *service, const struct ask *ask, struct error *err)
{
    struct job_name name = job_of(ask->envelope);
    const struct job *job = core_find_element(service->core, name.job);

    if (!check_job_array(job, name.job, name.array, err))
        return NULL;
    if (!job)
        fail(err, ERROR_NOT_FOUND, "no job %" PRIu64 " runs or waits", name.job);
    else if (strcmp(job->user, ask->principal->name) != 0)
        (void)deny(service, ask, err, "only its owner may attach to job %" PRIu64, job->id);
    else if (job_is_head(job))
        fail(err, ERROR_INVALID,
             "job %" PRIu64 " is an array: name an element, as in %" PRIu64 "_%" PRIu32, job->id,
             job->id, elements_first(&job->array->all));
    else if (job->state != JOB_RUNNING || job->part_count == 0)
        fail(err, ERROR_CONFLICT, "job %" PRIu64 " does not run", job->id);
    else
        return job;
    return NULL;
}

/* An element is known to its node by a number of its own. */
static void name_job(Wire__Envelope *message, Wire__StepList *list, Wire__StepInput *input,
                     uint64_t job)
{
    if (message->body_case == WIRE__ENVELOPE__BODY_STEP_LIST) {
        *list = *message->step_list;
        list->job = job;
        message->step_list = list;
        return;
    }
    *input = *message->step_input;
    input->job = job;
    message->step_input = input;
}

bool on_step_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                 struct error *err)
{
    struct service *service = owner;
    Wire__Envelope message = *ask->envelope;
    const struct job *job;
    const struct peer *peer;
    Wire__StepList list;
    Wire__StepInput input;

    (void)answer;
    (void)keep;
    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    job = find_job(service, ask, err);
    if (!job)
        return false;
    peer = peers_find(service->peers, job->parts[0].node->name);
    if (!peer || !peer->connected)
        return fail(err, ERROR_UNAVAILABLE, "node %s does not answer", job->parts[0].node->name);
    name_job(&message, &list, &input, job->id);
    return pass_to_node(service, ask, peer, &message, ANSWER_WITHIN_US, err);
}
