/* handlers_submit.c - new jobs */

#include "scheduler/service_inside.h"

#include "base/parse.h"
#include "scheduler/authority.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"
#include "scheduler/job_rows.h"
#include "scheduler/jobspec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPTS_KEPT 65536
#define DEFAULT_NAME "batch"

/* One JobSpec on its way into the core. */
struct draft {
    const Wire__JobSpec *spec;
    const char *project;
    struct request request;
    struct elements elements; /* empty: no array */
    uint32_t copies;
};

struct drafts {
    size_t count;
    struct draft *all;
};

static void drafts_clear(struct drafts *drafts)
{
    for (size_t i = 0; i < drafts->count; i++) {
        request_clear(&drafts->all[i].request);
        elements_clear(&drafts->all[i].elements);
    }
    free(drafts->all);
}

/* --- checks --------------------------------------------------------------------------------------- */

static bool check_scripts(const Wire__Submit *submit, struct error *err)
{
    if (submit->n_scripts == 0 || submit->n_scripts > JOBS_PER_SUBMIT_MAX)
        return fail(err, ERROR_INVALID, "%zu scripts; 1 to %d are possible", submit->n_scripts,
                    JOBS_PER_SUBMIT_MAX);
    for (size_t i = 0; i < submit->n_scripts; i++)
        if (!script_check(submit->scripts[i], err))
            return false;
    return true;
}

static bool check_specs(const Wire__Submit *submit, struct error *err)
{
    if (submit->n_jobs == 0 || submit->n_jobs > JOBS_PER_SUBMIT_MAX)
        return fail(err, ERROR_INVALID, "%zu jobs in one request; 1 to %d are possible",
                    submit->n_jobs, JOBS_PER_SUBMIT_MAX);
    for (size_t i = 0; i < submit->n_jobs; i++) {
        const Wire__JobSpec *spec = submit->jobs[i];

        if (spec->script >= submit->n_scripts)
            return fail(err, ERROR_INVALID, "job %zu names script %" PRIu32 " of %zu", i + 1,
                        spec->script, submit->n_scripts);
        if (!jobspec_check(spec, err))
            return submit->n_jobs == 1 ? false : fail_in(err, "job %zu", i + 1);
    }
    return true;
}

/* The one project of somebody who is in one only, counted as of now. */
static const char *only_project(const struct service *service, const struct person *person,
                                unsigned *ret_count)
{
    const char *only = NULL;
    unsigned count = 0;

    for (const struct membership *each = person ? person->memberships : NULL; each;
         each = each->next)
        if (people_is_member_now(service->people, each)) {
            only = each->project;
            count++;
        }
    *ret_count = count;
    return only;
}

static const char *fail_ended(struct service *service, const struct ask *ask, const char *project,
                              struct error *err)
{
    const char *institution = ledger_institution_of(core_ledger(service->core), project);
    const struct closing_row *closing = register_ended(service, "project", project);

    if (!closing && institution)
        closing = register_ended(service, "institution", institution);
    if (!closing)
        return project;
    deny(service, ask, err, "%s %s has ended: nothing new starts there", closing->what,
         closing->name);
    return NULL;
}

static void deny_project(struct service *service, const struct ask *ask, const char *named,
                         struct error *err)
{
    const struct person *person = people_find(service->people, ask->principal->name, false);
    CLEANUP(memory_freep) const char **names = NULL;
    const char *nearest;
    size_t count = 0;

    for (const struct membership *each = person->memberships; each; each = each->next) {
        names = memory_resize(names, count + 2, sizeof(*names));
        names[count++] = each->project;
        names[count] = NULL;
    }
    nearest = names ? nearest_name(named, names) : NULL;
    deny(service, ask, err, "%s is not in project %.64s%s%s%s", ask->principal->name, named,
         nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* Who pays. */
static const char *find_project(struct service *service, const struct ask *ask, const char *named,
                                struct error *err)
{
    const char *user = ask->principal->name;
    unsigned count;
    const char *only = only_project(service, people_find(service->people, user, false), &count);

    if (count == 0) {
        deny(service, ask, err,
             "%s is in no project: ask the institution's manager for \"tequio user add\"", user);
        return NULL;
    }
    if (*named && people_membership(service->people, user, named))
        return fail_ended(service, ask, named, err);
    if (*named) {
        deny_project(service, ask, named, err);
        return NULL;
    }
    if (count > 1) {
        fail(err, ERROR_INVALID, "%s is in %u projects: name the one that pays (--account)", user,
             count);
        return NULL;
    }
    return fail_ended(service, ask, only, err);
}

/* A parent that is in memory is followed by the core.  One that ended long ago is in the store,
 * and what became of it is final. */
static bool look_up_parent(struct service *service, const struct ask *ask,
                           struct dependency *dependency, uint64_t array, struct arena *keep,
                           struct error *err)
{
    const struct job *job = core_find_element(service->core, dependency->parent);
    struct row row = {.kind = ROW_JOB};
    struct scope scope = scope_of(service->people, ask->principal, keep);
    bool visible;

    if (!check_job_array(job, dependency->parent, array, err) ||
        (!job && !find_job_row(service, dependency->parent, array, &row, keep, err)))
        return fail_in(err, "dependency");
    visible = job ? may_see_job(service->people, ask->principal, job)
                  : scope_covers(&scope, row.job.user, row.job.project, row.job.institution,
                                 row.job.cluster);
    if (!visible)
        return deny(service, ask, err, "dependency: job %" PRIu64 " belongs to somebody else",
                    dependency->parent);
    if (!job)
        dependency_settle(dependency, (enum job_state)row.job.state, row.job.start_us,
                          row.job.end_us, service->now_us);
    return true;
}

static bool look_up_parents(struct service *service, const struct ask *ask,
                            const Wire__JobSpec *spec, struct dependencies *dependencies,
                            struct error *err)
{
    struct arena *keep = dependencies ? arena_new() : NULL;
    bool good = true;

    for (uint32_t i = 0; dependencies && good && i < dependencies->count; i++)
        if (dependencies->all[i].kind != DEPENDENCY_SINGLETON)
            good = look_up_parent(service, ask, &dependencies->all[i], spec->dependencies[i]->array,
                                  keep, err);
    arena_free(keep);
    return good;
}

static bool check_array_size(const struct service *service, const struct elements *elements,
                             struct error *err)
{
    uint32_t most = service->settings->array_most;

    return elements->count <= most ||
           fail(err, ERROR_INVALID,
                "an array of %" PRIu32 " elements; %" PRIu32 " are the most (array-most)",
                elements->count, most);
}

static bool check_draft(struct service *service, const struct ask *ask, struct draft *draft,
                        uint32_t copies, struct error *err)
{
    const Wire__JobSpec *spec = draft->spec;

    if (*spec->array && (!elements_parse(spec->array, ELEMENTS_RUNS_MAX, &draft->elements, err) ||
                         !check_array_size(service, &draft->elements, err)))
        return false;
    return look_up_parents(service, ask, spec, draft->request.dependencies, err) &&
           core_check_request(service->core, &draft->request, ask->principal->name, draft->project,
                              copies, err) &&
           (!*spec->array || core_check_elements(service->core, &draft->request, &draft->elements,
                                                 ask->principal->name, draft->project, err));
}

/* Whoever could would go before all others. */
static bool check_nice(struct service *service, const struct ask *ask, const Wire__JobSpec *spec,
                       struct error *err)
{
    return spec->nice >= 0 || ask->principal->roles & ROLE_OPERATOR ||
           deny(service, ask, err, "--nice=%" PRId32 ": only an operator goes below 0", spec->nice);
}

/* The limits on pending jobs count what came before in the same request. */
static bool make_drafts(struct service *service, const struct ask *ask, struct drafts *drafts,
                        struct error *err)
{
    const Wire__Submit *submit = ask->envelope->submit;
    uint32_t copies = 0;

    drafts->all = NEW_ARRAY(struct draft, submit->n_jobs);
    for (size_t i = 0; i < submit->n_jobs; i++) {
        struct draft *draft = &drafts->all[i];

        draft->spec = submit->jobs[i];
        draft->copies = draft->spec->copies ? draft->spec->copies : 1;
        copies += draft->copies;
        if (copies > JOBSPEC_COPIES_MAX)
            return fail(err, ERROR_INVALID, "more than %d jobs in one request", JOBSPEC_COPIES_MAX);
        draft->project = find_project(service, ask, draft->spec->project, err);
        if (!draft->project || !check_nice(service, ask, draft->spec, err))
            return false;
        jobspec_to_request(draft->spec, &draft->request);
        drafts->count++;
        if (!check_draft(service, ask, draft, copies, err))
            return submit->n_jobs == 1 ? false : fail_in(err, "job %zu", i + 1);
    }
    return true;
}

/* --- storing ---------------------------------------------------------------------------------------- */

static bool on_script(void *owner, const struct row *row, bool good)
{
    int64_t *id = owner;

    (void)good;
    *id = row->script.id;
    return false;
}

static void forget_scripts(struct service *service)
{
    if (table_count(service->scripts) < SCRIPTS_KEPT || !service_is_idle(service))
        return; /* those that are not committed yet are only here */
    table_free(service->scripts);
    service->scripts = table_new();
}

/* Equal scripts are stored once. */
static bool store_script(struct service *service, ProtobufCBinaryData script, int64_t *ret_id,
                         struct error *err)
{
    struct digest digest = digest_of(script.data, script.len);
    void *known = table_get(service->scripts, digest.bytes, DIGEST_SIZE);
    struct store *store = service->outside.store;
    const struct query query = {
        .kind = QUERY_SCRIPT, .bytes = {digest.bytes, DIGEST_SIZE}
    };
    int64_t id = (int64_t)(uintptr_t)known;

    if (!known && !store->query(store, &query, on_script, &id, err))
        return false;
    if (id == 0) {
        id = ++service->marks.last_script;
        group_put(service, &(struct row){
                               .kind = ROW_SCRIPT,
                               .script = {.id = id,
                                          .digest = {digest.bytes, DIGEST_SIZE},
                                          .bytes = {script.data, script.len}}
        });
    }
    if (!known)
        table_put(service->scripts, digest.bytes, DIGEST_SIZE, (void *)(uintptr_t)id);
    *ret_id = id;
    return true;
}

static int64_t store_spec(struct service *service, const Wire__JobSpec *spec, int64_t script)
{
    size_t size = wire__job_spec__get_packed_size(spec);
    int64_t id = ++service->marks.last_spec;

    buffer_reset(&service->scratch);
    wire__job_spec__pack(spec, (uint8_t *)buffer_reserve(&service->scratch, size));
    group_put(service,
              &(struct row){
                  .kind = ROW_SPEC,
                  .spec = {.id = id, .script = script, .bytes = {service->scratch.bytes, size}}
    });
    return id;
}

static struct submission submission_of(const struct ask *ask, const struct draft *draft)
{
    return (struct submission){
        .copies = draft->copies,
        .name = *draft->spec->name ? draft->spec->name : DEFAULT_NAME,
        .user = ask->principal->name,
        .project = draft->project,
        .request = &draft->request,
        .elements = draft->elements.count ? &draft->elements : NULL,
        .throttle = draft->spec->array_limit,
        .hold = draft->spec->hold,
    };
}

static uint64_t submit_draft(struct service *service, const struct ask *ask,
                             const struct draft *draft, int64_t spec)
{
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .by = ask->principal->name,
        .submission = submission_of(ask, draft),
    };

    service_seal(service, ask->principal->name);
    event.submission.first = core_next_job(service->core);
    event.submission.spec = (uint64_t)spec;
    service_step(service, &event);
    return event.submission.first;
}

static bool submit_all(struct service *service, const struct ask *ask, const struct drafts *drafts,
                       uint64_t *first_ids, struct error *err)
{
    const Wire__Submit *submit = ask->envelope->submit;
    CLEANUP(memory_freep) int64_t *scripts = NEW_ARRAY(int64_t, submit->n_scripts);

    forget_scripts(service);
    for (size_t i = 0; i < submit->n_scripts; i++)
        if (!store_script(service, submit->scripts[i], &scripts[i], err))
            return false;
    for (size_t i = 0; i < drafts->count; i++) {
        const struct draft *draft = &drafts->all[i];
        int64_t spec = store_spec(service, draft->spec, scripts[draft->spec->script]);

        first_ids[i] = submit_draft(service, ask, draft, spec);
    }
    return true;
}

/* --- the handler --------------------------------------------------------------------------------------- */

static char *note_of(const struct draft *draft, struct arena *keep)
{
    const struct request *request = &draft->request;
    CLEANUP(buffer_clear) struct buffer limit, shapes;

    buffer_init(&limit);
    buffer_init(&shapes);
    if (request->limit_us == INT64_MAX)
        buffer_add_text(&limit, "as long as the partition allows");
    else
        print_duration(request->limit_us, &limit);
    for (uint32_t i = 0; i < het_size(request); i++) {
        const struct request *each = het_request(request, i);

        buffer_print(&shapes,
                     "%s%" PRIu32 " node(s) or more, %" PRIu32 " task(s) of %" PRIu32 " core(s)",
                     i > 0 ? " : " : "", each->nodes_least, each->tasks, each->cpus_per_task);
    }
    return arena_format(keep,
                        "would be accepted: %" PRIu32 " job(s), project %s, %s, time limit %s",
                        draft->copies, draft->project, shapes.bytes, limit.bytes);
}

static void fill_notes(Wire__Submitted *submitted, const struct drafts *drafts, struct arena *keep)
{
    submitted->n_notes = drafts->count;
    submitted->notes = ARENA_NEW_ARRAY(keep, char *, drafts->count);
    for (size_t i = 0; i < drafts->count; i++)
        submitted->notes[i] = note_of(&drafts->all[i], keep);
}

/* What would become of them. */
static void try_drafts(struct service *service, struct ask *ask, const struct drafts *drafts,
                       const Wire__Submitted *submitted)
{
    CLEANUP(memory_freep)
    struct submission *all = NEW_ARRAY(struct submission, drafts->count);

    for (size_t i = 0; i < drafts->count; i++)
        all[i] = submission_of(ask, &drafts->all[i]);
    try_submissions(service, ask, all, drafts->count, submitted);
}

static bool on_submit(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                      struct error *err)
{
    struct service *service = owner;
    const Wire__Submit *submit = ask->envelope->submit;
    CLEANUP(drafts_clear) struct drafts drafts = {0};
    Wire__Submitted *submitted;
    enum keyed keyed = KEYED_NEW;

    if (!service_paces(service, ask, PACE_SUBMISSION, err) ||
        !check_room(service, ROOM_LITTLE, err))
        return false;
    if (!submit->test_only)
        keyed = keyed_begin(service, ask, submit->key, &submit->base, err);
    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!check_scripts(submit, err) || !check_specs(submit, err) ||
        !make_drafts(service, ask, &drafts, err))
        return false;
    submitted = ANSWER(answer, keep, Wire__Submitted, wire__submitted, submitted,
                       WIRE__ENVELOPE__BODY_SUBMITTED);
    if (submit->test_only) {
        fill_notes(submitted, &drafts, keep);
        try_drafts(service, ask, &drafts, submitted);
        return true;
    }
    submitted->n_first_ids = drafts.count;
    submitted->first_ids = ARENA_NEW_ARRAY(keep, uint64_t, drafts.count);
    if (!submit_all(service, ask, &drafts, submitted->first_ids, err))
        return false;
    keyed_end(service, ask, submit->key, answer);
    return true;
}

const struct handler submit_handlers[] = {
    {WIRE__ENVELOPE__BODY_SUBMIT, ROLE_USER | ROLE_MANAGER | ROLE_CLUSTER | ROLE_OPERATOR,
     on_submit                                                                                 },
    {0,                           0,                                                       NULL},
};
