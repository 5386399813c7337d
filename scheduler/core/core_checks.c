/* core_checks.c - may it be done?  What is asked before an event is made of it */

#include "base/parse.h"
#include "scheduler/core/advice.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

#include <inttypes.h>
#include <string.h>

/* What became of a parent is noted now: it may be forgotten before the event is handled. */
static bool check_dependency(const struct core *core, struct dependency *dependency,
                             struct error *err)
{
    uint64_t parent = dependency->parent;
    const struct job *job = array_seek_job(core, parent);

    if (dependency->kind == DEPENDENCY_SINGLETON)
        return parent == 0 || fail(err, ERROR_INVALID, "dependency: singleton names no job");
    if (dependency->delay_us < 0 || dependency->delay_us > PARSE_DURATION_MAX_US ||
        (dependency->delay_us && dependency->kind != DEPENDENCY_AFTER))
        return fail(err, ERROR_INVALID,
                    "dependency %s:%" PRIu64 ": only after takes a delay, of up to 10 years",
                    dependency_kind_name(dependency->kind), parent);
    /* One that has a state was looked up in the store. */
    if (dependency->state == DEPENDENCY_OPEN && !job)
        return fail(err, ERROR_NOT_FOUND, "dependency %s:%" PRIu64 ": no job %" PRIu64,
                    dependency_kind_name(dependency->kind), parent, parent);
    if (job && job->request.het)
        dependency->parent = job->id; /* whichever component was named */
    if (job && !(job_is_head(job) && dependency->kind == DEPENDENCY_AFTER_CORR))
        dependency_settle(dependency, job->state, job->start_us, job->end_us, core->now_us);
    return true;
}

/* Nodes that would do and licences must be in the same cluster. */
static bool check_licensed_nodes(const struct core *core, const struct request *request,
                                 const struct license_list *list, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer names;
    struct request there = *request;

    buffer_init(&names);
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);

        if (!request_partition(request, cluster) ||
            !licenses_possible(core->licenses, list, cluster))
            continue;
        buffer_print(&names, "%s%s", names.length > 0 ? "," : "", cluster->name);
    }
    there.clusters = names.length > 0 ? names.bytes : NULL;
    there.clusters_excluded = false;
    return request_check_possible(&there, core->inventory, err) ||
           fail_in(err, "where its licenses are");
}

static bool check_licenses(const struct core *core, const struct request *request,
                           struct error *err)
{
    struct license_list list;

    if (!request->constraints || !request->constraints->licenses)
        return true;
    return license_list_parse(request->constraints->licenses, &list, err) &&
           licenses_check(core->licenses, &list, request, core->inventory, err) &&
           check_licensed_nodes(core, request, &list, err);
}

/* Element by element there must be one for each, and what became of it must be known. */
static bool check_counterparts(const struct dependency *dependency, const struct array *parent,
                               const struct elements *elements, struct error *err)
{
    CLEANUP(elements_clear) struct elements rest = {0}, known = {0};

    elements_copy(&rest, elements);
    elements_cut(&rest, &parent->all, &known);
    if (rest.count > 0)
        return fail(err, ERROR_INVALID,
                    "dependency aftercorr:%" PRIu64 ": that array has no element %" PRIu32,
                    dependency->parent, elements_first(&rest));
    if (parent->too_many_bad)
        return fail(err, ERROR_INVALID,
                    "dependency aftercorr:%" PRIu64 ": too many elements of that array have "
                    "failed already to tell them apart; afterany goes",
                    dependency->parent);
    return true;
}

bool core_check_elements(const struct core *core, const struct request *request,
                         const struct elements *elements, const char *user, const char *project,
                         struct error *err)
{
    const struct dependencies *dependencies = request->dependencies;

    for (uint32_t i = 0; dependencies && i < dependencies->count; i++) {
        const struct dependency *dependency = &dependencies->all[i];
        const struct job *parent = core_seek_job(core, dependency->parent);

        if (dependency->kind == DEPENDENCY_AFTER_CORR && parent && job_is_head(parent) &&
            !check_counterparts(dependency, parent->array, elements, err))
            return false;
    }
    return limits_check_request(core, request, user, project, elements->count, err);
}

static bool check_dependencies(const struct core *core, struct dependencies *dependencies,
                               struct error *err)
{
    if (!dependencies)
        return true;
    if (dependencies->count > DEPENDENCIES_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " dependencies; %d are the most",
                    dependencies->count, DEPENDENCIES_MAX);
    for (uint32_t i = 0; i < dependencies->count; i++)
        if (!check_dependency(core, &dependencies->all[i], err))
            return false;
    return true;
}

/* A window that is to serve the job, for as long as it may take. */
static bool check_reservation(const struct core *core, const struct request *request,
                              const char *user, const char *project, struct error *err)
{
    const char *name = request->reservation;
    const struct window *window;
    const struct window_facts *facts;

    if (!name)
        return true;
    window = windows_find(&core->plan.windows, name);
    if (!window || window->until_us == 0)
        return fail(err, ERROR_NOT_FOUND, "no reservation %.64s", name);
    if (!window_serves(window, user, project, ledger_institution_of(core->ledger, project)))
        return fail(err, ERROR_DENIED, "reservation %s is not for %s in project %s", name, user,
                    project);
    facts = &window->facts;
    if (request->limit_us > facts->end_us - facts->start_us && request->limit_us != INT64_MAX)
        return fail(err, ERROR_INVALID,
                    "the time limit is longer than reservation %s lasts: ask for less time", name);
    if (het_nodes(request) > hostlist_count(window->nodes))
        return fail(err, ERROR_INVALID,
                    "reservation %s has %zu nodes, fewer than the %" PRIu32 " asked for", name,
                    hostlist_count(window->nodes), het_nodes(request));
    return true;
}

static bool check_deadline(const struct core *core, const struct request *request,
                           struct error *err)
{
    int64_t start_us = core->now_us > request->begin_us ? core->now_us : request->begin_us;
    int64_t least_us = request_limit_least(request);

    if (request->deadline_us == 0 || request->deadline_us - start_us > least_us)
        return true;
    return fail(err, ERROR_INVALID,
                "the deadline cannot be met: the job may run for %" PRId64
                " s and there are %" PRId64 " s left",
                least_us / US_PER_SECOND, (request->deadline_us - start_us) / US_PER_SECOND);
}

/* What could be asked for instead, as far as the error's text has room. */
static void add_possible(const struct core *core, const struct request *request, struct error *err)
{
    struct proposal proposals[PROPOSAL_MAX] = {0};
    unsigned count = core_propose_possible(core, request, proposals);
    size_t length = strlen(err->text);

    for (unsigned i = 0; i < count; i++) {
        const char *change = proposals[i].change;
        const char *before = i == 0 ? "; possible: " : " or ";

        if (length + strlen(before) + strlen(change) >= sizeof(err->text))
            break;
        length += (size_t)snprintf(err->text + length, sizeof(err->text) - length, "%s%s", before,
                                   change);
    }
    proposals_clear(proposals, count);
}

/* Is there a cluster whose nodes could serve all components at once? */
static bool check_together(const struct core *core, const struct request *request,
                           struct error *err)
{
    CLEANUP(read_need_clear) struct read_need read = {0};
    const struct job nobody = {0};

    read_need(&read, &nobody, NULL, request);
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);

        if (!het_has_cluster(request, cluster))
            continue;
        for (size_t j = 0; (read.need.partition = request_partition_at(request, cluster, j)); j++)
            if (het_possible(core, &read.need, cluster) != POSSIBLE_NEVER)
                return true;
    }
    return fail(err, ERROR_INVALID,
                "Requested node configuration is not available: no cluster has nodes for all "
                "components at once, each on nodes of its own");
}

static bool check_components(const struct core *core, const struct request *request,
                             struct error *err)
{
    if (!request->het)
        return true;
    for (uint32_t i = 1; i < het_size(request); i++)
        if (!request_check_possible(het_request(request, i), core->inventory, err))
            return fail_in(err, "component %" PRIu32, i);
    return check_together(core, request, err);
}

static bool check_possible(const struct core *core, struct request *request, struct error *err)
{
    if (!request_complete(request, core->inventory, err))
        return false;
    if (request_check_possible(request, core->inventory, err))
        return check_components(core, request, err);
    add_possible(core, request, err);
    return false;
}

/* Who says nothing of the wait for few switches waits as long as the settings say. */
static bool complete_switches(const struct core *core, struct request *request)
{
    struct constraints *constraints = request->constraints;

    if (constraints && constraints->switches > 0 && constraints->switches_us == 0)
        constraints->switches_us = core->settings.switch_wait_us;
    return true;
}

bool core_check_request(const struct core *core, struct request *request, const char *user,
                        const char *project, uint32_t copies, struct error *err)
{
    const struct core_settings *settings = &core->settings;

    if (copies == 0)
        return fail(err, ERROR_INVALID, "no copies: at least 1");
    if (!user || !user[0])
        return fail(err, ERROR_INVALID, "no user");
    if (!project || !ledger_institution_of(core->ledger, project))
        return fail(err, ERROR_NOT_FOUND, "no project %s", project ? project : "named");
    if (core->pending + copies > settings->pending_most)
        return fail(err, ERROR_EXHAUSTED,
                    "%" PRIu64 " jobs are pending of at most %" PRIu32 ": try again later",
                    core->pending, settings->pending_most);
    if ((uint64_t)queue_user_count(&core->queue, user) + copies > settings->pending_most_per_user)
        return fail(err, ERROR_EXHAUSTED,
                    "%s has %" PRIu32 " pending jobs of at most %" PRIu32 ": try again later", user,
                    queue_user_count(&core->queue, user), settings->pending_most_per_user);
    return check_dependencies(core, request->dependencies, err) &&
           qos_check_request(core, request, user, project, err) &&
           check_possible(core, request, err) && complete_switches(core, request) &&
           check_licenses(core, request, err) && check_deadline(core, request, err) &&
           check_reservation(core, request, user, project, err) &&
           limits_check_request(core, request, user, project, copies, err);
}

static const struct job *find_live(const struct core *core, uint64_t id, struct error *err)
{
    const struct job *job = core_find_element(core, id);

    if (!job) {
        fail(err, ERROR_NOT_FOUND, "no job %" PRIu64, id);
        return NULL;
    }
    if (job_state_is_final(job->state)) {
        fail(err, ERROR_CONFLICT, "job %" PRIu64 " has already ended (%s)", id,
             job_state_name(job->state));
        return NULL;
    }
    return job;
}

/* What may be done to an array, if it may be done to one of these elements (NULL: all). */
static const struct {
    enum event_kind kind;
    job_question_fn *may;
    const char *cannot;
} array_rules[] = {
    {EVENT_JOB_CANCELLED, job_may_be_cancelled, "has already ended"                },
    {EVENT_JOB_HELD,      job_may_be_held,      "is pending: only that can be held"},
    {EVENT_JOB_RELEASED,  job_may_be_released,  "is held"                          },
    {EVENT_JOB_REQUEUED,  job_may_be_requeued,  "runs: only that can be requeued"  },
    {EVENT_JOB_SUSPENDED, job_may_be_suspended, "runs: only that can be suspended" },
    {EVENT_JOB_RESUMED,   job_may_be_resumed,   "is suspended"                     },
};

static bool check_elements(const struct array *array, const struct elements *elements,
                           struct error *err)
{
    CLEANUP(elements_clear) struct elements rest = {0}, known = {0};
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!elements)
        return true;
    elements_copy(&rest, elements);
    elements_cut(&rest, &array->all, &known);
    if (rest.count == 0)
        return true;
    elements_print(&array->all, &text);
    return fail(err, ERROR_NOT_FOUND, "array %" PRIu64 " has no element %" PRIu32 ": it has %.80s",
                array->id, elements_first(&rest), text.bytes);
}

bool core_check_array(const struct core *core, enum event_kind kind, const struct job *head,
                      const struct elements *elements, bool by_admin, struct error *err)
{
    CLEANUP(memory_freep) struct job **jobs = NULL;
    size_t rule = 0, count;

    while (array_rules[rule].kind != kind)
        rule++;
    if (!check_elements(head->array, elements, err))
        return false;
    count = array_select(core, head, elements, array_rules[rule].may, &jobs);
    for (size_t i = 0; i < count; i++)
        if (kind == EVENT_JOB_RELEASED && jobs[i]->hold == HOLD_ADMIN && !by_admin)
            return fail(err, ERROR_DENIED, "job %" PRIu64 " is held by an administrator", head->id);
    for (size_t i = 0; elements && i < count; i++)
        if (jobs[i]->elements && jobs[i]->elements->run_count > ELEMENTS_RUNS_MAX)
            return fail(err, ERROR_EXHAUSTED,
                        "array %" PRIu64 " is in more than %d pieces: name it as a whole", head->id,
                        ELEMENTS_RUNS_MAX);
    if (count > 0)
        return true;
    if (kind == EVENT_JOB_CANCELLED)
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " has already ended", head->id);
    return fail(err, ERROR_CONFLICT, "no element of job %" PRIu64 " %s", head->id,
                array_rules[rule].cannot);
}

bool core_check_limit(const struct core *core, uint64_t id, struct error *err)
{
    const struct job *job = find_live(core, id, err);

    if (!job)
        return false;
    return job_is_head(job) || fail(err, ERROR_CONFLICT, "job %" PRIu64 " is no array", id);
}

bool core_check_cancel(const struct core *core, uint64_t job, struct error *err)
{
    return find_live(core, job, err) != NULL;
}

bool core_check_hold(const struct core *core, uint64_t id, struct error *err)
{
    const struct job *job = find_live(core, id, err);

    if (!job)
        return false;
    if (job_is_head(job))
        return core_check_array(core, EVENT_JOB_HELD, job, NULL, true, err);
    if (job->state != JOB_PENDING)
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " is %s: only a pending job can be held",
                    id, job_state_name(job->state));
    return true;
}

bool core_check_release(const struct core *core, uint64_t id, bool by_admin, struct error *err)
{
    const struct job *job = find_live(core, id, err);

    if (!job)
        return false;
    if (job_is_head(job))
        return core_check_array(core, EVENT_JOB_RELEASED, job, NULL, by_admin, err);
    if (job->state != JOB_PENDING || job->hold == HOLD_NONE)
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " is not held", id);
    if (job->hold == HOLD_ADMIN && !by_admin)
        return fail(err, ERROR_DENIED, "job %" PRIu64 " is held by an administrator", id);
    return true;
}

bool core_check_requeue(const struct core *core, uint64_t id, struct error *err)
{
    const struct job *job = find_live(core, id, err);

    if (!job)
        return false;
    if (job_is_head(job))
        return core_check_array(core, EVENT_JOB_REQUEUED, job, NULL, true, err);
    if (!job_may_be_requeued(job))
        return fail(err, ERROR_CONFLICT,
                    "job %" PRIu64 " is %s: only a job that runs can be requeued", id,
                    job_state_name(job->state));
    return true;
}

bool core_check_suspend(const struct core *core, uint64_t id, struct error *err)
{
    const struct job *job = find_live(core, id, err);

    if (!job)
        return false;
    if (job_is_head(job))
        return core_check_array(core, EVENT_JOB_SUSPENDED, job, NULL, true, err);
    return job_may_be_suspended(job) ||
           fail(err, ERROR_CONFLICT, "job %" PRIu64 " is %s: only a job that runs can be suspended",
                id, job_state_name(job->state));
}

bool core_check_resume(const struct core *core, uint64_t id, struct error *err)
{
    const struct job *job = find_live(core, id, err);

    if (!job)
        return false;
    if (job_is_head(job))
        return core_check_array(core, EVENT_JOB_RESUMED, job, NULL, true, err);
    return job_may_be_resumed(job) ||
           fail(err, ERROR_CONFLICT, "job %" PRIu64 " is %s: only a suspended job can go on", id,
                job_state_name(job->state));
}
