/* pmix_meet.c - how the PMIx servers of a step find each other */

#include "agent/pmix_meet.h"

#include "base/file.h"
#include "base/parse.h"
#include "base/worker.h"
#include "proto/channel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME           "tequio-pmix"
#define WAIT_US        (20 * US_PER_SECOND) /* of one ask, at the agent */
#define ASK_TIMEOUT_US (60 * US_PER_SECOND)

enum { CREDENTIAL_MOST = 64 };

struct pmix_meet {
    const struct pmix_job *job;
    struct pmix_meet_calls calls;
    struct worker *worker;
    struct channel *channel;
    struct buffer credential;
    uint64_t job_id;
    uint64_t step;
    char *address;
    bool met;     /* or nobody is above us */
    char *answer; /* of the ask that is under way; NULL: none, and why */
    struct error err;
};

static const char *need(const char *name, struct error *err)
{
    const char *value = getenv(name);

    if (!value)
        fail(err, ERROR_INVALID, "%s is not set: this is started by the node's agent", name);
    return value;
}

static bool read_environment(struct pmix_meet *meet, struct error *err)
{
    const char *agent = need("TEQUIO_AGENT", err);
    const char *path = agent ? need("TEQUIO_CREDENTIAL", err) : NULL;
    const char *job = path ? need("TEQUIO_JOB_ID", err) : NULL;
    const char *step = job ? need("TEQUIO_STEP_ID", err) : NULL;

    if (!step || !parse_job_id(job, &meet->job_id, err) ||
        !parse_u64(step, 1, UINT64_MAX, &meet->step, err) ||
        !file_read(path, CREDENTIAL_MOST, &meet->credential, err))
        return false;
    meet->channel = channel_open(agent, NULL, NULL, NAME " " PACKAGE_VERSION, err);
    return meet->channel != NULL;
}

/* On the worker's thread. */
static void ask(void *owner)
{
    struct pmix_meet *meet = owner;
    const struct pmix_job *job = meet->job;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepMeet body = WIRE__STEP_MEET__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = meet->job_id;
    body.step = meet->step;
    body.credential = (ProtobufCBinaryData){.len = meet->credential.length,
                                            .data = (uint8_t *)meet->credential.bytes};
    body.address = meet->address;
    if (!meet->met)
        body.node = job->nodes[pmix_job_parent(job)];
    body.wait_us = WAIT_US;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_MEET;
    envelope.step_meet = &body;
    answer = channel_ask(meet->channel, &envelope, WIRE__ENVELOPE__BODY_STEP_MET, ASK_TIMEOUT_US,
                         &meet->err);
    meet->answer = answer ? memory_copy(answer->step_met->address) : NULL;
}

static void on_answer(void *owner)
{
    struct pmix_meet *meet = owner;
    const struct pmix_meet_calls *calls = &meet->calls;
    CLEANUP(memory_freep) char *answer = STEAL(meet->answer);

    if (!answer && meet->err.code != ERROR_UNAVAILABLE) {
        calls->on_trouble(calls->owner, &meet->err);
        return;
    }
    if (answer && *answer && !meet->met) {
        meet->met = true;
        calls->on_met(calls->owner, answer);
    }
    if (!meet->met || (*meet->address && !calls->is_done(calls->owner)))
        worker_give(meet->worker, ask, on_answer, meet);
}

struct pmix_meet *pmix_meet_new(struct loop *loop, const struct pmix_job *job, const char *address,
                                const struct pmix_meet_calls *calls, struct error *err)
{
    struct pmix_meet *meet = NEW(struct pmix_meet);

    meet->job = job;
    meet->calls = *calls;
    meet->address = memory_copy(address);
    meet->met = job->index == 0;
    buffer_init(&meet->credential);
    if (!read_environment(meet, err)) {
        buffer_clear(&meet->credential);
        free(meet->address);
        free(meet);
        return NULL;
    }
    meet->worker = worker_new(loop);
    worker_give(meet->worker, ask, on_answer, meet);
    return meet;
}
