/* handlers_policy.c - in which order jobs start, shown; shares, shown and set */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "scheduler/authority.h"
#include "scheduler/core/policy.h"

#include <inttypes.h>
#include <string.h>

#define JOBS_MAX   4096
#define PAGE_MOST  4000
#define SHARE_ROWS 8000 /* of one answer */
#define SHARES_MAX 1000000

static char *text(const char *from)
{
    return (char *)(uintptr_t)(from ? from : "");
}

static bool is_or_any(const char *wanted, const char *name)
{
    return *wanted == '\0' || strcmp(wanted, name) == 0;
}

/* --- PriorityAsk -------------------------------------------------------------------------------------- */

static void show_factors(const struct core_settings *settings, Wire__PriorityTable *table,
                         struct arena *keep)
{
    table->factors = ARENA_NEW_ARRAY(keep, Wire__PriorityFactor *, PRIORITY_COUNT);
    for (unsigned i = 0; i < PRIORITY_COUNT; i++) {
        Wire__PriorityFactor *factor = ARENA_NEW(keep, Wire__PriorityFactor);

        wire__priority_factor__init(factor);
        factor->name = text(priority_factor_name(i));
        factor->weight = i == PRIORITY_NICE ? 1 : settings->priority.weights[i];
        table->factors[table->n_factors++] = factor;
    }
}

static void show_parts(const struct priority_view *view, Wire__PriorityRow *row, struct arena *keep)
{
    row->parts = ARENA_NEW_ARRAY(keep, Wire__PriorityPart *, PRIORITY_COUNT);
    for (unsigned i = 0; i < PRIORITY_COUNT; i++) {
        Wire__PriorityPart *part = ARENA_NEW(keep, Wire__PriorityPart);

        wire__priority_part__init(part);
        part->factor = view->factors[i];
        part->weighted = view->weighted[i];
        row->parts[row->n_parts++] = part;
    }
}

static Wire__PriorityRow *show_priority(const struct core *core, const struct job *job,
                                        struct arena *keep)
{
    Wire__PriorityRow *row = ARENA_NEW(keep, Wire__PriorityRow);
    struct priority_view view;

    priority_view(core, job, &view);
    wire__priority_row__init(row);
    row->job = job->id;
    row->user = job->user;
    row->project = job->project;
    row->institution = job->institution;
    row->partition = text(job->request.partition);
    row->reason = text(job_reason_name(job->reason));
    row->priority = view.priority;
    show_parts(&view, row, keep);
    row->cores = job_cores(job);
    row->ranked = view.is_ranked;
    if (!view.is_ranked)
        return row;
    row->rank = view.rank;
    row->since_us = view.standing.since_us;
    row->wait_us = view.standing.wait_us;
    row->limit_us = view.standing.limit_us;
    row->run_us = view.standing.run_us;
    row->place = view.standing.place;
    return row;
}

/* Those that were named: each must wait, and be theirs to see. */
static bool show_named(struct service *service, const struct ask *ask, Wire__PriorityTable *table,
                       struct arena *keep, struct error *err)
{
    const Wire__PriorityAsk *wire = ask->envelope->priority_ask;

    for (size_t i = 0; i < wire->n_jobs; i++) {
        const struct job *job = core_find_job(service->core, wire->jobs[i]);

        if (!job)
            return fail(err, ERROR_NOT_FOUND, "no job %" PRIu64 " waits, runs or has just ended",
                        wire->jobs[i]);
        if (!may_see_job(service->people, ask->principal, job))
            return deny(service, ask, err, "job %" PRIu64 " belongs to somebody else", job->id);
        reads_note_job(service, ask, "job",
                       &(struct read_of){job->user, job->project, job->institution});
        if (job->state != JOB_PENDING)
            return fail(err, ERROR_CONFLICT,
                        "job %" PRIu64 " is %s: only what waits has a priority", job->id,
                        job_state_name(job->state));
        table->rows[table->n_rows++] = show_priority(service->core, job, keep);
    }
    return true;
}

static void show_all(struct service *service, const struct ask *ask, Wire__PriorityTable *table,
                     struct arena *keep)
{
    const Wire__PriorityAsk *wire = ask->envelope->priority_ask;
    struct scope scope = scope_of(service->people, ask->principal, keep);

    reads_note(service, &scope, "jobs", &(struct read_of){NULL, NULL, NULL});
    for (const struct job *job = core_job_after(service->core, wire->after); job;
         job = core_job_after(service->core, job->id)) {
        if (job->state != JOB_PENDING ||
            !scope_covers(&scope, job->user, job->project, job->institution, ""))
            continue;
        if (table->n_rows == PAGE_MOST) {
            table->more = true;
            return;
        }
        table->rows[table->n_rows++] = show_priority(service->core, job, keep);
    }
}

static bool on_priority_ask(void *owner, struct ask *ask, Wire__Envelope *answer,
                            struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__PriorityAsk *wire = ask->envelope->priority_ask;
    const struct core_settings *settings = core_settings(service->core);
    Wire__PriorityTable *table;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    if (wire->n_jobs > JOBS_MAX)
        return fail(err, ERROR_INVALID, "%zu jobs; %d are the most", wire->n_jobs, JOBS_MAX);
    table = ANSWER(answer, keep, Wire__PriorityTable, wire__priority_table, priority_table,
                   WIRE__ENVELOPE__BODY_PRIORITY_TABLE);
    table->policy = text(settings->policy->name);
    table->order = text(settings->policy->queue->basis);
    table->weighed = core_has_priorities(service->core);
    show_factors(settings, table, keep);
    table->rows = ARENA_NEW_ARRAY(keep, Wire__PriorityRow *, PAGE_MOST + JOBS_MAX);
    if (wire->n_jobs > 0)
        return show_named(service, ask, table, keep, err);
    show_all(service, ask, table, keep);
    return true;
}

/* --- ShareAsk ----------------------------------------------------------------------------------------- */

struct share_view {
    struct service *service;
    const struct principal *principal;
    const Wire__ShareAsk *wire;
    Wire__ShareTable *table;
    struct arena *keep;
    const char *institution, *project; /* of the line at hand */
};

static bool sees_institution(const struct share_view *view)
{
    return view->principal->roles & (ROLE_AUDITOR | ROLE_ACCOUNTING) ||
           may_manage_institution(view->principal, view->institution);
}

/* What institutions have and use is everybody's to know, who used it is not. */
static bool sees_line(const struct share_view *view, const struct share_line *line)
{
    const struct people *people = view->service->people;
    const char *name = view->principal->name;
    const struct membership *membership;

    if (line->depth == 1 || sees_institution(view))
        return true;
    membership = people_membership(people, name, line->depth == 2 ? line->name : view->project);
    if (line->depth == 2)
        return membership;
    return strcmp(line->name, name) == 0 || (membership && membership->manager);
}

static bool is_wanted(const struct share_view *view, const struct share_line *line)
{
    const Wire__ShareAsk *wire = view->wire;

    if (!is_or_any(wire->institution, view->institution))
        return false;
    if (line->depth >= 2 && !is_or_any(wire->project, view->project))
        return false;
    if (line->depth == 3 && !is_or_any(wire->user, line->name))
        return false;
    return line->depth >= 2 || *wire->project == '\0' || *wire->institution;
}

static void note_giver(const struct share_view *view, Wire__ShareRow *row)
{
    const struct row key = {
        .kind = ROW_SHARE,
        .share = {.institution = row->institution, .project = row->project, .user = row->user},
    };
    const struct row *given = given_find(view->service->given, &key);

    if (!given)
        return;
    row->reason = arena_copy_utf8(view->keep, given->share.reason);
    row->made_by = arena_copy(view->keep, given->share.made_by);
    row->made_us = given->share.made_us;
}

static bool on_share_line(const struct share_line *line, void *context)
{
    struct share_view *view = context;
    Wire__ShareRow *row;

    if (line->depth == 1)
        view->institution = line->name;
    if (line->depth == 2)
        view->project = line->name;
    if (!is_wanted(view, line) || !sees_line(view, line))
        return true;
    if (view->table->n_rows == SHARE_ROWS)
        return false;
    row = ARENA_NEW(view->keep, Wire__ShareRow);
    wire__share_row__init(row);
    row->depth = line->depth;
    row->institution = arena_copy(view->keep, view->institution);
    row->project = arena_copy(view->keep, line->depth >= 2 ? view->project : "");
    row->user = arena_copy(view->keep, line->depth == 3 ? line->name : "");
    row->shares = line->shares;
    row->norm_shares = line->norm_shares;
    row->usage = (int64_t)line->usage_micro;
    row->norm_usage = line->norm_usage;
    row->factor = line->factor;
    note_giver(view, row);
    view->table->rows[view->table->n_rows++] = row;
    return true;
}

static bool on_share_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    struct share_view view = {
        .service = service,
        .principal = ask->principal,
        .wire = ask->envelope->share_ask,
        .keep = keep,
    };

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    view.table = ANSWER(answer, keep, Wire__ShareTable, wire__share_table, share_table,
                        WIRE__ENVELOPE__BODY_SHARE_TABLE);
    view.table->rows = ARENA_NEW_ARRAY(keep, Wire__ShareRow *, SHARE_ROWS);
    view.table->half_life_us = core_settings(service->core)->priority.half_life_us;
    view.table->used = core_has_priorities(service->core);
    share_rank(core_shares(service->core));
    if (!share_walk(core_shares(service->core), service->now_us, on_share_line, &view))
        return fail(err, ERROR_EXHAUSTED, "more than %d lines: ask for one institution or project",
                    SHARE_ROWS);
    return true;
}

/* --- ShareSet ----------------------------------------------------------------------------------------- */

static bool check_place(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__ShareSet *wire = ask->envelope->share_set;
    const char *owner;
    struct balance ignored;

    if (!ledger_balance(core_ledger(service->core), wire->institution, NULL, service->now_us,
                        &ignored))
        return fail(err, ERROR_NOT_FOUND, "no institution %.64s", wire->institution);
    if (*wire->project == '\0')
        return *wire->user == '\0' ||
               fail(err, ERROR_INVALID, "a person's shares are of a project");
    owner = ledger_institution_of(core_ledger(service->core), wire->project);
    if (!owner || strcmp(owner, wire->institution) != 0)
        return fail(err, ERROR_NOT_FOUND, "institution %.64s has no project %.64s",
                    wire->institution, wire->project);
    if (*wire->user && !people_membership(service->people, wire->user, wire->project))
        return fail(err, ERROR_NOT_FOUND, "%.64s is not in project %.64s", wire->user,
                    wire->project);
    return true;
}

/* An institution does not give itself shares. */
static bool check_share(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__ShareSet *wire = ask->envelope->share_set;

    if (!may_manage_institution(ask->principal, wire->institution))
        return deny(service, ask, err, "you do not manage institution %.64s", wire->institution);
    if (*wire->project == '\0' && !(ask->principal->roles & ROLE_OPERATOR))
        return deny(service, ask, err, "only the network's operator sets shares of institutions");
    if (!check_place(service, ask, err))
        return false;
    if (wire->shares > SHARES_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " shares; %d are the most", wire->shares,
                    SHARES_MAX);
    if (*wire->reason == '\0')
        return fail(err, ERROR_INVALID, "shares need a reason");
    return reason_fits(wire->reason, err);
}

static bool on_share_set(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__ShareSet *wire = ask->envelope->share_set;
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    const struct row row = {
        .kind = ROW_SHARE,
        .share = {.institution = wire->institution,
                  .project = wire->project,
                  .user = wire->user,
                  .shares = wire->shares,
                  .reason = wire->reason,
                  .made_by = ask->principal->name,
                  .made_us = service->now_us},
    };

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!check_share(service, ask, err))
        return false;
    group_put(service, &row);
    given_put(service->given, &row);
    service_step(service, &(struct event){
                              .kind = EVENT_SHARE_SET,
                              .by = ask->principal->name,
                              .share = {wire->institution, wire->project, wire->user, wire->shares},
    });
    audit(service, ask->principal->name, "share-set", "%s/%s/%s shares=%" PRIu32 " reason=%s",
          wire->institution, wire->project, wire->user, wire->shares, wire->reason);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

const struct handler policy_handlers[] = {
    {WIRE__ENVELOPE__BODY_PRIORITY_ASK, ROLE_PEOPLE,                   on_priority_ask},
    {WIRE__ENVELOPE__BODY_SHARE_ASK,    ROLE_PEOPLE | ROLE_ACCOUNTING, on_share_ask   },
    {WIRE__ENVELOPE__BODY_SHARE_SET,    ROLE_MANAGER | ROLE_OPERATOR,  on_share_set   },
    {0,                                 0,                             NULL           },
};
