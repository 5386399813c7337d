/* handlers_wait.c - the end of a job, awaited; the output of a job, passed on to its node */

#include "scheduler/service_inside.h"

#include "base/parse.h"
#include "proto/staging.h"
#include "scheduler/authority.h"
#include "scheduler/job_rows.h"
#include "scheduler/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MOST_US        (60 * US_PER_SECOND)
#define OUTPUT_WAIT_MOST_US (30 * US_PER_SECOND)
#define OUTPUT_MOST         262144
#define NODE_GRACE_US       (5 * US_PER_SECOND) /* for the way to the node and back */

/* --- JobWait ---------------------------------------------------------------------------------------- */

static void answer_wait(struct service *service, const struct wait *wait, const struct job *job)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;
    Wire__JobEnded ended = WIRE__JOB_ENDED__INIT;

    ended.timeout = !job || !job_state_is_final(job->state);
    if (job)
        ended.job = view_of_job(service->core, job, arena);
    answer.body_case = WIRE__ENVELOPE__BODY_JOB_ENDED;
    answer.job_ended = &ended;
    service_answer(service, wait->door, &wait->to, wait->request, &answer);
}

static void answer_waits_for(struct service *service, uint64_t id, const struct job *job)
{
    struct wait *wait = waits_take_job(service->waits, id);

    while (wait) {
        struct wait *next = wait->next;

        answer_wait(service, wait, job);
        free(wait);
        wait = next;
    }
}

/* Several elements of an array may have ended as one. */
void answer_waits(struct service *service, const struct job *job)
{
    uint32_t element = job->elements ? elements_first(job->elements) : ELEMENT_NONE;

    if (!job->elements)
        answer_waits_for(service, job->id, job);
    for (; element != ELEMENT_NONE; element = elements_after(job->elements, element))
        answer_waits_for(service, array_element_id(job->array_id, element), job);
}

void answer_late_waits(struct service *service)
{
    struct wait *wait;

    while ((wait = waits_take_late(service->waits, service->boot_us))) {
        answer_wait(service, wait, core_find_element(service->core, wait->job));
        free(wait);
    }
}

static int64_t bounded(int64_t wait_us, int64_t most_us)
{
    if (wait_us < 0)
        return 0;
    return wait_us < most_us ? wait_us : most_us;
}

static Wire__JobEnded *make_ended(Wire__Envelope *answer, struct arena *keep)
{
    return ANSWER(answer, keep, Wire__JobEnded, wire__job_ended, job_ended,
                  WIRE__ENVELOPE__BODY_JOB_ENDED);
}

/* The job has left the memory. */
static bool answer_from_store(struct service *service, const struct ask *ask,
                              Wire__Envelope *answer, struct arena *keep, struct error *err)
{
    const Wire__JobWait *wire = ask->envelope->job_wait;
    struct row row;
    struct scope scope = scope_of(service->people, ask->principal, keep);

    if (!find_job_row(service, wire->job, wire->array, &row, keep, err))
        return false;
    if (!scope_covers(&scope, row.job.user, row.job.project, row.job.institution, row.job.cluster))
        return deny(service, ask, err, "job %" PRId64 " belongs to somebody else", row.job.id);
    reads_note_job(service, ask, "job",
                   &(struct read_of){row.job.user, row.job.project, row.job.institution});
    make_ended(answer, keep)->job = view_of_row(&row.job, keep);
    return true;
}

static bool on_job_wait(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    struct service *service = owner;
    const Wire__JobWait *wire = ask->envelope->job_wait;
    const struct job *job = core_find_element(service->core, wire->job);
    const struct wait wait = {
        .job = job && job->request.het ? job->id : wire->job,
        .until_us = service->boot_us + bounded(wire->wait_us, WAIT_MOST_US),
        .door = service->door,
        .to = ask->to,
        .request = ask->request,
        .principal = ask->principal->name,
    };

    if (!service_paces(service, ask, PACE_QUERY, err) ||
        !check_job_array(job, wire->job, wire->array, err))
        return false;
    if (!job)
        return answer_from_store(service, ask, answer, keep, err);
    if (!may_see_job(service->people, ask->principal, job))
        return deny(service, ask, err, "job %" PRIu64 " belongs to somebody else", job->id);
    reads_note_job(service, ask, "job",
                   &(struct read_of){job->user, job->project, job->institution});
    if (job_state_is_final(job->state)) {
        make_ended(answer, keep)->job = view_of_job(service->core, job, keep);
        return true;
    }
    if (!waits_add(service->waits, &wait)) {
        ask->retry_after_us = US_PER_SECOND;
        return fail(err, ERROR_EXHAUSTED,
                    "%d askers are waiting already, or %d with your name: ask again later",
                    WAITS_MAX, WAITS_EACH);
    }
    ask->later = true;
    return true;
}

/* --- OutputRead ----------------------------------------------------------------------------------------- */

/* Whose output is read, and where it lies. */
struct source {
    char *node; /* NULL: the job never ran */
    char *user;
    char *path; /* NULL: it runs, and its node knows */
    bool ended;
};

static void source_clear(struct source *source)
{
    free(source->node);
    free(source->user);
    free(source->path);
}

static bool find_first_node(void *owner, const struct row *row, bool good)
{
    struct source *source = owner;

    if (good && row->part.part == 0)
        source->node = memory_copy(row->part.node);
    return false;
}

static bool check_reader(struct service *service, const struct ask *ask, const char *user,
                         struct error *err)
{
    return strcmp(user, ask->principal->name) == 0 ||
           deny(service, ask, err, "only its owner may read the output of job %" PRIu64,
                ask->envelope->output_read->job);
}

static void take_path(const struct ask *ask, const char *output, const char *error_output,
                      struct source *source)
{
    bool errors = ask->envelope->output_read->error_stream && error_output && *error_output;
    const char *path = errors ? error_output : output;

    if (path && *path)
        source->path = memory_copy(path);
}

/* Below the job's directory, and not its output. */
static bool take_file(struct service *service, const struct ask *ask, uint64_t spec_id,
                      struct source *source, struct error *err)
{
    const char *file = ask->envelope->output_read->file;
    const Wire__JobSpec *spec;
    struct bytes script;

    if (*file == '\0')
        return true;
    if (!staging_check_path(file, err))
        return false;
    spec = runnable_of(service, spec_id, &script, err);
    if (!spec)
        return false;
    free(source->path);
    source->path = memory_format("%s/%s", spec->directory, file);
    return true;
}

/* The job has left the memory. */
static bool find_stored(struct service *service, const struct ask *ask, struct source *source,
                        struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct store *store = service->outside.store;
    const Wire__OutputRead *wire = ask->envelope->output_read;
    struct row row;
    struct query query = {.kind = QUERY_PARTS_OF};

    if (!find_job_row(service, wire->job, wire->array, &row, arena, err))
        return false;
    query.from = row.job.id;
    if (!check_reader(service, ask, row.job.user, err))
        return false;
    source->ended = true;
    source->user = memory_copy(row.job.user);
    if (row.job.start_us > 0)
        take_path(ask, row.job.output, row.job.error_output, source);
    return take_file(service, ask, (uint64_t)row.job.spec, source, err) &&
           store->query(store, &query, find_first_node, source, err);
}

static bool find_source(struct service *service, const struct ask *ask, struct source *source,
                        struct error *err)
{
    const Wire__OutputRead *wire = ask->envelope->output_read;
    const struct job *job = core_find_element(service->core, wire->job);

    if (!check_job_array(job, wire->job, wire->array, err))
        return false;
    if (!job)
        return find_stored(service, ask, source, err);
    if (job_is_head(job))
        return fail(err, ERROR_INVALID,
                    "job %" PRIu64 " is an array: name an element, as in %" PRIu64 "_%" PRIu32,
                    job->id, job->id, elements_first(&job->array->all));
    if (!check_reader(service, ask, job->user, err))
        return false;
    source->ended = job_state_is_final(job->state);
    source->user = memory_copy(job->user);
    if (source->ended && job->start_us > 0)
        take_path(ask, job->output, job->error_output, source);
    if (job->part_count > 0)
        source->node = memory_copy(job->parts[0].node->name);
    return take_file(service, ask, job->spec, source, err);
}

bool pass_to_node(struct service *service, struct ask *ask, const struct peer *peer,
                  Wire__Envelope *message, int64_t within_us, struct error *err)
{
    const struct forward entry = {
        .node = peer->node,
        .principal = ask->principal->name,
        .door = service->door,
        .to = ask->to,
        .request = ask->request,
        .until_us = service->boot_us + within_us,
    };
    uint64_t number = forwards_add(service->forwards, &entry);

    if (number == 0) {
        ask->retry_after_us = US_PER_SECOND;
        return fail(err, ERROR_EXHAUSTED,
                    "%d asks are waiting for nodes already, or %d of yours: ask again later",
                    FORWARDS_MAX, FORWARDS_EACH);
    }
    service_send(service, DOOR_AGENTS, &peer->to, number, message);
    ask->later = true;
    return true;
}

/* What the asker wrote where path and user go does not count. */
static bool forward(struct service *service, struct ask *ask, const struct peer *peer,
                    const struct source *source, struct error *err)
{
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    Wire__OutputRead read = *ask->envelope->output_read;
    char none[] = "";

    read.path = source->path ? source->path : none;
    read.user = source->user;
    if (read.most == 0 || read.most > OUTPUT_MOST)
        read.most = OUTPUT_MOST;
    read.wait_us = bounded(read.wait_us, OUTPUT_WAIT_MOST_US);
    message.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    message.output_read = &read;
    return pass_to_node(service, ask, peer, &message, read.wait_us + NODE_GRACE_US, err);
}

/* Why nobody can be asked. */
static bool fail_source(const struct ask *ask, const struct source *source, struct error *err)
{
    uint64_t job = ask->envelope->output_read->job;

    if (source->node)
        return fail(err, ERROR_UNAVAILABLE,
                    "node %s, which has the output of job %" PRIu64 ", does not answer",
                    source->node, job);
    if (source->ended)
        return fail(err, ERROR_NOT_FOUND, "job %" PRIu64 " ended before it could print anything",
                    job);
    return fail(err, ERROR_CONFLICT, "job %" PRIu64 " has not started", job);
}

static bool on_output_read(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    struct service *service = owner;
    CLEANUP(source_clear) struct source source = {0};
    const struct peer *peer;

    (void)answer;
    (void)keep;
    if (!service_paces(service, ask, PACE_QUERY, err) || !find_source(service, ask, &source, err))
        return false;
    peer = source.node ? peers_find(service->peers, source.node) : NULL;
    if (!peer || !peer->connected)
        return fail_source(ask, &source, err);
    return forward(service, ask, peer, &source, err);
}

const struct handler wait_handlers[] = {
    {WIRE__ENVELOPE__BODY_JOB_WAIT,    ROLE_PEOPLE | ROLE_ACCOUNTING, on_job_wait   },
    {WIRE__ENVELOPE__BODY_OUTPUT_READ, ROLE_PEOPLE,                   on_output_read},
    {WIRE__ENVELOPE__BODY_BINDING_ASK, ROLE_PEOPLE,                   on_binding_ask},
    {WIRE__ENVELOPE__BODY_STEP_LIST,   ROLE_PEOPLE,                   on_step_ask   },
    {WIRE__ENVELOPE__BODY_STEP_INPUT,  ROLE_PEOPLE,                   on_step_ask   },
    {0,                                0,                             NULL          },
};
