/* handlers_jobs.c - cancel, hold, release, requeue, signal */

#include "scheduler/service_inside.h"

#include "base/parse.h"
#include "scheduler/authority.h"
#include "scheduler/filter.h"

#include <inttypes.h>
#include <string.h>

#define CHANGES_MAX    4096 /* in one request; more are asked for behind the last */
#define REASON_MAX     256
#define SIGNAL_MAX     64
#define JOBS_NAMED_MAX 4096

/* One JobChange being carried out. */
struct change {
    struct service *service;
    const struct ask *ask;
    const Wire__JobChange *wire;
    Wire__JobChanged *changed;
    struct arena *keep;
    size_t capacity;
    uint64_t id; /* the one at hand */
    const struct elements *elements;
};

/* --- verbs ------------------------------------------------------------------------------------------ */

/* Which elements of an array: NULL for all, and for what is none. */
static void step(const struct change *change, enum event_kind kind)
{
    service_step(change->service, &(struct event){.kind = kind,
                                                  .by = change->ask->principal->name,
                                                  .job = change->id,
                                                  .elements = change->elements});
}

/* Of an array: may it be done to some of the elements that are named? */
static bool may_change(const struct change *change, enum event_kind kind, const struct job *job,
                       struct error *err)
{
    bool by_admin = strcmp(change->ask->principal->name, job->user) != 0;

    return !change->elements ||
           core_check_array(change->service->core, kind, job, change->elements, by_admin, err);
}

static bool do_limit(const struct change *change, const struct job *job, struct error *err)
{
    if (change->elements)
        return fail(err, ERROR_INVALID, "the limit is the whole array's: name %" PRIu64 " alone",
                    job->id);
    if (!core_check_limit(change->service->core, change->id, err))
        return false;
    service_step(change->service, &(struct event){
                                      .kind = EVENT_ARRAY_LIMITED,
                                      .by = change->ask->principal->name,
                                      .limit = {job->id, change->wire->array_limit}
    });
    return true;
}

static bool do_cancel(const struct change *change, const struct job *job, struct error *err)
{
    if (!may_change(change, EVENT_JOB_CANCELLED, job, err) ||
        !core_check_cancel(change->service->core, change->id, err))
        return false;
    step(change, EVENT_JOB_CANCELLED);
    return true;
}

static bool do_hold(const struct change *change, const struct job *job, struct error *err)
{
    if (!may_change(change, EVENT_JOB_HELD, job, err) ||
        (!change->elements && !core_check_hold(change->service->core, change->id, err)))
        return false;
    step(change, EVENT_JOB_HELD);
    return true;
}

static bool do_release(const struct change *change, const struct job *job, struct error *err)
{
    bool by_admin = strcmp(change->ask->principal->name, job->user) != 0;

    if (!may_change(change, EVENT_JOB_RELEASED, job, err) ||
        (!change->elements &&
         !core_check_release(change->service->core, change->id, by_admin, err)))
        return false;
    step(change, EVENT_JOB_RELEASED);
    return true;
}

static bool do_requeue(const struct change *change, const struct job *job, struct error *err)
{
    if (!may_change(change, EVENT_JOB_REQUEUED, job, err) ||
        (!change->elements && !core_check_requeue(change->service->core, change->id, err)))
        return false;
    step(change, EVENT_JOB_REQUEUED);
    return true;
}

/* Whose nodes they are, or the network's operator: a suspended job keeps memory from others. */
static bool may_suspend(const struct change *change, const struct job *job, struct error *err)
{
    const struct principal *principal = change->ask->principal;

    if (job_is_head(job) ? principal->roles & ROLE_OPERATOR
                         : job->cluster && may_manage_cluster(principal, job->cluster->name))
        return true;
    return deny(change->service, change->ask, err,
                "only an operator, or an administrator of its cluster, suspends and resumes job "
                "%" PRIu64,
                job->id);
}

static bool do_suspend(const struct change *change, const struct job *job, struct error *err)
{
    if (!may_change(change, EVENT_JOB_SUSPENDED, job, err) ||
        (!change->elements && !core_check_suspend(change->service->core, change->id, err)) ||
        !may_suspend(change, job, err))
        return false;
    step(change, EVENT_JOB_SUSPENDED);
    return true;
}

static bool do_resume(const struct change *change, const struct job *job, struct error *err)
{
    if (!may_change(change, EVENT_JOB_RESUMED, job, err) ||
        (!change->elements && !core_check_resume(change->service->core, change->id, err)) ||
        !may_suspend(change, job, err))
        return false;
    step(change, EVENT_JOB_RESUMED);
    return true;
}

static bool signal_job(const struct change *change, const struct job *job, struct error *err)
{
    if (job->state != JOB_RUNNING)
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " does not run", job->id);
    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct command command = {
            .kind = COMMAND_SIGNAL,
            .job = job->id,
            .attempt = job->attempt,
            .part = i,
            .signal = change->wire->signal,
            .batch_only = change->wire->batch_only,
        };

        if (i == 0 || !change->wire->batch_only)
            group_add_command(change->service->open, &command);
    }
    return true;
}

/* Not kept: a signal that is lost with its node is lost.  Of an array, whatever runs gets it. */
static bool do_signal(const struct change *change, const struct job *job, struct error *err)
{
    const struct core *core = change->service->core;
    const struct job *element = job;
    bool sent = false;

    if (!job_is_head(job))
        return signal_job(change, job, err);
    while ((element = core_job_after(core, element->id)) && element->array_id == job->id)
        if (element->state == JOB_RUNNING &&
            (!change->elements || elements_has(change->elements, element->element)))
            sent = signal_job(change, element, err) || sent;
    return sent || fail(err, ERROR_CONFLICT, "no such element of job %" PRIu64 " runs", job->id);
}

typedef bool verb_fn(const struct change *change, const struct job *job, struct error *err);

static const struct {
    Wire__JobVerb verb;
    const char *name;
    verb_fn *run;
} verbs[] = {
    {WIRE__JOB_VERB__JOB_VERB_CANCEL,  "cancel",  do_cancel },
    {WIRE__JOB_VERB__JOB_VERB_HOLD,    "hold",    do_hold   },
    {WIRE__JOB_VERB__JOB_VERB_RELEASE, "release", do_release},
    {WIRE__JOB_VERB__JOB_VERB_REQUEUE, "requeue", do_requeue},
    {WIRE__JOB_VERB__JOB_VERB_SIGNAL,  "signal",  do_signal },
    {WIRE__JOB_VERB__JOB_VERB_LIMIT,   "limit",   do_limit  },
    {WIRE__JOB_VERB__JOB_VERB_SUSPEND, "suspend", do_suspend},
    {WIRE__JOB_VERB__JOB_VERB_RESUME,  "resume",  do_resume },
};

/* --- the jobs meant ------------------------------------------------------------------------------------- */

static void add_result(struct change *change, uint64_t job, const struct error *err)
{
    Wire__JobChanged *changed = change->changed;
    size_t at = changed->n_jobs;

    changed->jobs[at] = job;
    changed->codes[at] = (uint32_t)err->code;
    changed->texts[at] = arena_copy_utf8(change->keep, err->code == ERROR_NONE ? "" : err->text);
    changed->n_jobs = changed->n_codes = changed->n_texts = at + 1;
}

static void make_room(struct change *change, size_t count)
{
    Wire__JobChanged *changed = change->changed;

    changed->jobs = ARENA_NEW_ARRAY(change->keep, uint64_t, count + 1);
    changed->codes = ARENA_NEW_ARRAY(change->keep, uint32_t, count + 1);
    changed->texts = ARENA_NEW_ARRAY(change->keep, char *, count + 1);
}

/* The job may have left the memory: say what became of it. */
static bool fail_missing(struct service *service, uint64_t id, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct store *store = service->outside.store;
    struct row row = {.kind = ROW_JOB, .job = {.id = (int64_t)id}};
    bool found;

    if (!store->find(store, &row, arena, &found, err))
        return false;
    if (!found)
        return fail(err, ERROR_NOT_FOUND, "no job %" PRIu64, id);
    return fail(err, ERROR_CONFLICT, "job %" PRIu64 " has already ended (%s)", id,
                job_state_name((enum job_state)row.job.state));
}

static bool change_job(const struct change *change, verb_fn *run, uint64_t id, struct error *err)
{
    struct service *service = change->service;
    const struct job *job = core_find_element(service->core, id);

    if (!job)
        return fail_missing(service, id, err);
    if (change->elements && !job_is_head(job))
        return fail(err, ERROR_INVALID, "job %" PRIu64 " is no array", id);
    if (!may_manage_job(service->people, change->ask->principal, job))
        return deny(service, change->ask, err, "job %" PRIu64 " belongs to somebody else", id);
    return run(change, job, err);
}

static void change_one(struct change *change, verb_fn *run, uint64_t id, const char *text)
{
    struct error err = {.code = ERROR_NONE};
    CLEANUP(elements_clear) struct elements elements = {0};

    change->id = id;
    change->elements = *text ? &elements : NULL;
    if (*text == '\0' || elements_parse(text, ELEMENTS_RUNS_MAX, &elements, &err))
        change_job(change, run, id, &err);
    change->elements = NULL;
    add_result(change, id, &err);
}

/* A job that a filter meant: of an array, with all elements that it stands for. */
static void change_whole(struct change *change, verb_fn *run, uint64_t id)
{
    const struct job *job = core_find_job(change->service->core, id);
    CLEANUP(elements_clear) struct elements elements = {0};
    struct error err = {.code = ERROR_NONE};

    change->id = id;
    change->elements = NULL;
    if (job && job->elements) {
        elements_copy(&elements, job->elements);
        change->id = job->array_id;
        change->elements = &elements;
    }
    change_job(change, run, change->id, &err);
    change->elements = NULL;
    add_result(change, id, &err);
}

/* A job that has ended, or is not the asker's, is not meant by a filter. */
static bool is_meant(const struct change *change, const struct filter *filter,
                     const struct job *job)
{
    return !job_state_is_final(job->state) && filter_has_job(filter, job) &&
           may_manage_job(change->service->people, change->ask->principal, job);
}

/* How many; found first, since a change may take a job out of what is walked. */
static size_t find_meant(struct change *change, const struct filter *filter, uint64_t *ids)
{
    const struct core *core = change->service->core;
    size_t count = 0;

    for (const struct job *job = core_job_after(core, change->wire->after); job;
         job = core_job_after(core, job->id)) {
        if (!is_meant(change, filter, job))
            continue;
        if (count == CHANGES_MAX) {
            change->changed->more = true;
            break;
        }
        ids[count++] = job->id;
    }
    return count;
}

static bool change_meant(struct change *change, verb_fn *run, struct error *err)
{
    CLEANUP(memory_freep) uint64_t *ids = NEW_ARRAY(uint64_t, CHANGES_MAX);
    struct filter filter;
    size_t count;

    if (!filter_read(change->wire->filter, &filter, err))
        return false;
    if (filter_is_empty(&filter))
        return fail(err, ERROR_INVALID, "no job and no filter given: say which jobs are meant");
    count = find_meant(change, &filter, ids);
    make_room(change, count);
    for (size_t i = 0; i < count; i++)
        change_whole(change, run, ids[i]);
    return true;
}

static bool change_named(struct change *change, verb_fn *run, struct error *err)
{
    const Wire__JobChange *wire = change->wire;

    if (wire->n_jobs > JOBS_NAMED_MAX)
        return fail(err, ERROR_INVALID, "%zu jobs named; %d are the most in one request",
                    wire->n_jobs, JOBS_NAMED_MAX);
    make_room(change, wire->n_jobs);
    for (size_t i = 0; i < wire->n_jobs; i++)
        change_one(change, run, wire->jobs[i], i < wire->n_elements ? wire->elements[i] : "");
    return true;
}

/* --- the handler ------------------------------------------------------------------------------------------ */

static bool check_change(const Wire__JobChange *wire, struct error *err)
{
    if (strlen(wire->reason) > REASON_MAX)
        return fail(err, ERROR_INVALID, "the reason has %zu bytes; %d are the most",
                    strlen(wire->reason), REASON_MAX);
    if (wire->verb == WIRE__JOB_VERB__JOB_VERB_SIGNAL &&
        (wire->signal == 0 || wire->signal > SIGNAL_MAX))
        return fail(err, ERROR_INVALID, "there is no signal %" PRIu32, wire->signal);
    return true;
}

static void audit_change(const struct change *change, const char *verb)
{
    const Wire__JobChanged *changed = change->changed;
    CLEANUP(buffer_clear) struct buffer jobs;

    buffer_init(&jobs);
    for (size_t i = 0; i < changed->n_jobs && jobs.length < 600; i++)
        if (changed->codes[i] == ERROR_NONE)
            buffer_print(&jobs, " %" PRIu64, changed->jobs[i]);
    if (jobs.length)
        audit(change->service, change->ask->principal->name, verb, "jobs%s reason=%s", jobs.bytes,
              change->wire->reason);
}

static bool on_job_change(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                          struct error *err)
{
    struct service *service = owner;
    const Wire__JobChange *wire = ask->envelope->job_change;
    struct change change = {.service = service, .ask = ask, .wire = wire, .keep = keep};
    enum keyed keyed;

    if (!service_paces(service, ask, PACE_SUBMISSION, err))
        return false;
    keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!check_change(wire, err))
        return false;
    change.changed = ANSWER(answer, keep, Wire__JobChanged, wire__job_changed, job_changed,
                            WIRE__ENVELOPE__BODY_JOB_CHANGED);
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (verbs[i].verb != wire->verb)
            continue;
        if (!(wire->n_jobs ? change_named(&change, verbs[i].run, err)
                           : change_meant(&change, verbs[i].run, err)))
            return false;
        audit_change(&change, verbs[i].name);
        keyed_end(service, ask, wire->key, answer);
        return true;
    }
    return fail(err, ERROR_INVALID, "no verb %d", (int)wire->verb);
}

const struct handler job_handlers[] = {
    {WIRE__ENVELOPE__BODY_JOB_CHANGE, ROLE_USER | ROLE_MANAGER | ROLE_CLUSTER | ROLE_OPERATOR,
     on_job_change                                                                                 },
    {0,                               0,                                                       NULL},
};
