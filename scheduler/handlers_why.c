/* handlers_why.c - why a job waits, or what would become of one
 *
 * A copy of the process tries things out and writes an explanation (explain.h); that is turned
 * into the answer here, with what the asker may see.  Who asks too often, or where no copy can
 * be made, gets at once what the core knows without a trial. */

#include "scheduler/service_inside.h"

#include "scheduler/authority.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/request.h"
#include "scheduler/explain.h"
#include "scheduler/job_rows.h"
#include "scheduler/service_cloud.h"
#include "scheduler/tell_blockers.h"
#include "scheduler/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_US INT64_C(4000000)
#define FRONT_SHOWN 5
/* Of each principal, whatever the settings say of other requests. */
#define TRIALS_PER_SECOND 1

/* What is to be submitted to the copy; its texts are in the arena. */
struct trial {
    struct request request;
    struct elements elements;
    struct submission submission;
};

struct inquiry {
    struct service *service;
    struct arena *arena;
    struct scope scope;
    enum door door;
    struct sender to;
    uint64_t request;
    uint64_t asked; /* as it was asked for: an array, or the job */
    uint64_t job;
    const char *state, *reason;
    char *refusal; /* NULL: no node refused it */
    bool ended;
    uint64_t preempted_by; /* 0: nobody pushed it aside */
    int64_t preempted_us;
    /* of jobs that are not submitted */
    uint32_t trial_count; /* 0: it is about a job that waits */
    struct trial *trials;
    size_t note_count;
    char **notes;
};

static void free_inquiry(struct inquiry *inquiry)
{
    for (uint32_t i = 0; i < inquiry->trial_count; i++) {
        request_clear(&inquiry->trials[i].request);
        elements_clear(&inquiry->trials[i].elements);
    }
    arena_free(inquiry->arena);
    free(inquiry);
}

/* --- the answer ------------------------------------------------------------------------------------- */

static char *text(const char *constant)
{
    return (char *)(uintptr_t)(constant ? constant : "");
}

static void fill_start(Wire__JobReasons *reasons, const struct explanation *explanation,
                       struct arena *keep)
{
    reasons->planned_us = explanation->planned_us;
    reasons->never = explanation->latest.never;
    if (explanation->latest.never)
        return;
    reasons->latest_us = explanation->latest.at_us;
    reasons->later_than_latest = !explanation->latest.known;
    reasons->earliest_us = explanation->earliest.at_us;
    reasons->later_than_earliest = !explanation->earliest.known;
    if (reasons->planned_us == 0 && explanation->latest.known)
        reasons->planned_us = explanation->latest.at_us; /* by limits, as the planner counts */
    reasons->planned_place = arena_copy_utf8(keep, explanation->latest.where.place);
    reasons->planned_nodes = arena_copy_utf8(keep, explanation->latest.where.nodes);
    reasons->last_us = explanation->last.at_us;
    reasons->later_than_last = !explanation->last.known;
    /* A sooner end may make a later start: an interval all the same. */
    if (reasons->earliest_us > reasons->planned_us && reasons->planned_us > 0)
        reasons->earliest_us = reasons->planned_us;
    if (explanation->latest.known && reasons->latest_us < reasons->planned_us)
        reasons->latest_us = reasons->planned_us;
}

/* Those of the first few that are still there and may be seen. */
static void fill_front(Wire__JobReasons *reasons, const struct inquiry *inquiry,
                       const struct explanation *explanation, struct arena *keep)
{
    const struct core *core = inquiry->service->core;
    const struct front *front = &explanation->front;

    reasons->front = ARENA_NEW(keep, Wire__JobsInFront);
    wire__jobs_in_front__init(reasons->front);
    reasons->front->count = front->count;
    reasons->front->cores = front->cores;
    reasons->front->jobs = ARENA_NEW_ARRAY(keep, Wire__JobView *, FRONT_SHOWN);
    for (unsigned i = 0; i < front->listed && reasons->front->n_jobs < FRONT_SHOWN; i++) {
        const struct job *job = core_find_job(core, front->jobs[i]);

        if (!job || !scope_covers(&inquiry->scope, job->user, job->project, job->institution, NULL))
            continue;
        reads_note(inquiry->service, &inquiry->scope, "job",
                   &(struct read_of){job->user, job->project, job->institution});
        reasons->front->jobs[reasons->front->n_jobs++] = view_of_job(core, job, keep);
    }
}

static void fill_proposals(Wire__JobReasons *reasons, const struct explanation *explanation,
                           struct arena *keep)
{
    unsigned count = explanation->advice_count;

    reasons->proposals = ARENA_NEW_ARRAY(keep, Wire__Proposal *, count + 1);
    for (unsigned i = 0; i < count; i++) {
        const struct advice *advice = &explanation->advice[i];
        Wire__Proposal *proposal = ARENA_NEW(keep, Wire__Proposal);

        wire__proposal__init(proposal);
        proposal->change = arena_copy_utf8(keep, advice->change);
        proposal->place = arena_copy_utf8(keep, advice->tried.place);
        proposal->nodes = arena_copy_utf8(keep, advice->tried.nodes);
        proposal->instead = advice->tried.instead;
        reasons->proposals[reasons->n_proposals++] = proposal;
    }
}

static void fill_cost(Wire__JobReasons *reasons, const struct cost *cost, struct arena *keep)
{
    if (!cost->cluster)
        return;
    reasons->cost = ARENA_NEW(keep, Wire__Cost);
    wire__cost__init(reasons->cost);
    reasons->cost->cluster = arena_copy_utf8(keep, cost->cluster->name);
    reasons->cost->cores = cost->cores;
    reasons->cost->limit_us = cost->limit_us;
    reasons->cost->factor_ppm = cost->factor_ppm;
    reasons->cost->card = cost->card;
    reasons->cost->listed = cost->listed;
    reasons->cost->price = cost->price_micro;
    reasons->cost->hold = cost->hold_micro;
    reasons->cost->available = cost->available_micro;
}

/* Where a cloud makes a server sooner than nodes come free, it starts on that. */
static void fill_finishes(Wire__JobReasons *reasons, const struct service *service,
                          const struct explanation *explanation, struct arena *keep)
{
    unsigned count = explanation->finish_count;

    reasons->finishes = ARENA_NEW_ARRAY(keep, Wire__Finish *, count + 1);
    for (unsigned i = 0; i < count; i++) {
        const struct finish_terms *terms = &explanation->finishes[i];
        int64_t boot_us = service_cloud_boot(service, terms->cluster);
        bool is_made = boot_us > 0 && boot_us < terms->start_us - service->now_us;
        Wire__Finish *finish;

        if (terms->start_us == INT64_MAX && !is_made)
            continue;
        finish = ARENA_NEW(keep, Wire__Finish);
        wire__finish__init(finish);
        finish->cluster = arena_copy_utf8(keep, terms->cluster->name);
        finish->start_us = is_made ? service->now_us : terms->start_us;
        finish->boot_us = is_made ? boot_us : 0;
        finish->stage_us = terms->stage_us;
        finish->run_us = terms->run_us;
        finish->speed_ppm = cluster_speed(terms->cluster);
        reasons->finishes[reasons->n_finishes++] = finish;
    }
}

/* Nodes do not come back by themselves; a server is made when nothing else keeps the job. */
static bool is_served(const Wire__JobReasons *reasons, const struct explanation *explanation)
{
    bool is_made = false;

    for (size_t i = 0; i < reasons->n_finishes; i++)
        is_made |= reasons->finishes[i]->boot_us > 0;
    for (unsigned i = 0; i < explanation->blocker_count; i++)
        if (explanation->blockers[i].tier < BLOCKER_SHORTAGE)
            return false;
    return is_made;
}

static Wire__JobReasons *make_reasons(const struct inquiry *inquiry,
                                      const struct explanation *explanation, struct arena *keep)
{
    Wire__JobReasons *reasons = ARENA_NEW(keep, Wire__JobReasons);

    wire__job_reasons__init(reasons);
    reasons->job = inquiry->asked;
    reasons->state = text(inquiry->state);
    reasons->reason = text(inquiry->reason);
    reasons->complete = explanation->complete;
    tell_blockers(reasons, explanation, keep);
    if (inquiry->refusal)
        reasons->advice[reasons->n_advice++] = arena_format(
            keep, "%s: %s",
            inquiry->ended ? "it failed, not by its script" : "the last launch was refused",
            inquiry->refusal);
    reasons->preempted_by = inquiry->preempted_by;
    reasons->preempted_us = inquiry->preempted_us;
    fill_start(reasons, explanation, keep);
    fill_front(reasons, inquiry, explanation, keep);
    fill_finishes(reasons, inquiry->service, explanation, keep);
    reasons->never = reasons->never && !is_served(reasons, explanation);
    fill_proposals(reasons, explanation, keep);
    fill_cost(reasons, &explanation->cost, keep);
    if (inquiry->trial_count > 0) {
        reasons->count = explanation->count;
        reasons->starting = explanation->starting;
    }
    if (explanation->now.started) {
        reasons->place = arena_copy_utf8(keep, explanation->now.place);
        reasons->nodes = arena_copy_utf8(keep, explanation->now.nodes);
    }
    return reasons;
}

static void fill_answer(const struct inquiry *inquiry, const struct explanation *explanation,
                        Wire__Envelope *answer, struct arena *keep)
{
    answer->body_case = WIRE__ENVELOPE__BODY_JOB_REASONS;
    answer->job_reasons = make_reasons(inquiry, explanation, keep);
}

/* Of each that there was time for; the first is said apart from those behind it. */
static void fill_trials(const struct inquiry *inquiry, const uint8_t *bytes, size_t size,
                        Wire__Envelope *answer)
{
    struct arena *keep = inquiry->arena;
    CLEANUP(memory_freep) struct explanation *explanation = NEW(struct explanation);
    Wire__Submitted *submitted = ANSWER(answer, keep, Wire__Submitted, wire__submitted, submitted,
                                        WIRE__ENVELOPE__BODY_SUBMITTED);

    submitted->n_notes = inquiry->note_count;
    submitted->notes = inquiry->notes;
    submitted->more = ARENA_NEW_ARRAY(keep, Wire__JobReasons *, inquiry->trial_count);
    for (uint32_t i = 0; i < inquiry->trial_count; i++) {
        if (!explanation_read(bytes, size, i, explanation))
            return;
        if (i == 0)
            submitted->reasons = make_reasons(inquiry, explanation, keep);
        else
            submitted->more[submitted->n_more++] = make_reasons(inquiry, explanation, keep);
    }
}

/* --- the trial -------------------------------------------------------------------------------------- */

/* One after the other, as they would be submitted. */
static void try_all(const struct inquiry *inquiry, int output)
{
    struct core *core = inquiry->service->core;
    struct outline outlines[OUTLINES_MAX];

    for (uint32_t i = 0; i < inquiry->trial_count; i++) {
        outlines[i].first =
            core_try_submission(core, &inquiry->trials[i].submission, inquiry->service->now_us);
        outlines[i].next = core_next_job(core);
    }
    explain_outlines(core, outlines, inquiry->trial_count, PATIENCE_US, output);
}

static void be_asked(void *owner, int output)
{
    struct inquiry *inquiry = owner;
    struct explanation *explanation = NEW(struct explanation);

    if (inquiry->trial_count > 0)
        try_all(inquiry, output);
    else
        explain(inquiry->service->core, inquiry->job, PATIENCE_US, output, explanation);
}

static void on_answered(void *owner, const uint8_t *bytes, size_t size)
{
    struct inquiry *inquiry = owner;
    struct service *service = inquiry->service;
    CLEANUP(memory_freep) struct explanation *explanation = NEW(struct explanation);
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;

    service->reading--;
    if (inquiry->trial_count > 0) {
        fill_trials(inquiry, bytes, size, &answer);
    } else {
        if (!explanation_read(bytes, size, 0, explanation))
            explain_at_once(service->core, inquiry->job, explanation);
        fill_answer(inquiry, explanation, &answer, inquiry->arena);
    }
    service_answer(service, inquiry->door, &inquiry->to, inquiry->request, &answer);
    free_inquiry(inquiry);
}

static struct inquiry *make_inquiry(struct service *service, struct ask *ask)
{
    struct inquiry *inquiry = NEW(struct inquiry);

    inquiry->service = service;
    inquiry->arena = arena_new();
    inquiry->scope = scope_of(service->people, ask->principal, inquiry->arena);
    inquiry->door = service->door;
    inquiry->to = ask->to;
    inquiry->request = ask->request;
    inquiry->state = inquiry->reason = "";
    return inquiry;
}

/* May this asker have a copy?  If not, there is an answer all the same. */
static bool may_try(struct service *service, struct ask *ask)
{
    return service->outside.ask_twin && pace_take(service->pace, PACE_TRIAL, ask->principal->name,
                                                  TRIALS_PER_SECOND, service->boot_us) == 0;
}

static void begin(struct service *service, struct ask *ask, struct inquiry *inquiry)
{
    service->reading++;
    ask->later = true;
    service->outside.ask_twin(service->outside.state, be_asked, on_answered, inquiry);
}

static void keep_trial(struct trial *trial, const struct submission *submission, struct arena *keep)
{
    request_copy(&trial->request, submission->request);
    trial->submission = *submission;
    trial->submission.request = &trial->request;
    if (submission->elements) {
        elements_copy(&trial->elements, submission->elements);
        trial->submission.elements = &trial->elements;
    }
    trial->submission.name = arena_copy_utf8(keep, submission->name);
    trial->submission.user = arena_copy_utf8(keep, submission->user);
    trial->submission.project = arena_copy_utf8(keep, submission->project);
}

void try_submissions(struct service *service, struct ask *ask, const struct submission *all,
                     size_t count, const Wire__Submitted *submitted)
{
    struct inquiry *inquiry;

    if (!may_try(service, ask))
        return;
    inquiry = make_inquiry(service, ask);
    inquiry->trial_count = (uint32_t)(count < OUTLINES_MAX ? count : OUTLINES_MAX);
    inquiry->trials = ARENA_NEW_ARRAY(inquiry->arena, struct trial, inquiry->trial_count);
    for (uint32_t i = 0; i < inquiry->trial_count; i++)
        keep_trial(&inquiry->trials[i], &all[i], inquiry->arena);
    inquiry->note_count = submitted->n_notes;
    inquiry->notes = ARENA_NEW_ARRAY(inquiry->arena, char *, submitted->n_notes + 1);
    for (size_t i = 0; i < submitted->n_notes; i++)
        inquiry->notes[i] = arena_copy_utf8(inquiry->arena, submitted->notes[i]);
    begin(service, ask, inquiry);
}

/* Of an array as a whole, the first of its elements that wait. */
static const struct job *first_that_waits(const struct core *core, const struct job *job)
{
    const struct job *element = job;

    if (!job || !job_is_head(job))
        return job;
    while ((element = core_job_after(core, element->id)) && element->array_id == job->id)
        if (element->state == JOB_PENDING)
            return element;
    return job;
}

static bool on_job_why(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err)
{
    struct service *service = owner;
    uint64_t id = ask->envelope->job_why->job;
    const struct job *job = first_that_waits(service->core, core_find_element(service->core, id));
    struct inquiry *inquiry;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    if (!job)
        return fail(err, ERROR_NOT_FOUND, "no job %" PRIu64 " waits, runs or has just ended", id);
    if (!check_job_array(job, id, ask->envelope->job_why->array, err))
        return false;
    if (!may_see_job(service->people, ask->principal, job))
        return deny(service, ask, err, "job %" PRIu64 " belongs to somebody else", id);
    reads_note_job(service, ask, "job",
                   &(struct read_of){job->user, job->project, job->institution});
    inquiry = make_inquiry(service, ask);
    inquiry->job = job->id;
    inquiry->asked = id;
    inquiry->state = job_state_name(job->state);
    inquiry->reason = job_reason_name(job->reason);
    inquiry->ended = job_state_is_final(job->state);
    if (job->refusal)
        inquiry->refusal = arena_copy_utf8(inquiry->arena, job->refusal);
    if (job->interruption) {
        inquiry->preempted_by = job->interruption->by;
        inquiry->preempted_us = job->interruption->at_us;
    }
    if (job->state == JOB_PENDING && may_try(service, ask)) {
        begin(service, ask, inquiry);
    } else {
        CLEANUP(memory_freep) struct explanation *explanation = NEW(struct explanation);

        explain_at_once(service->core, inquiry->job, explanation);
        fill_answer(inquiry, explanation, answer, keep);
        free_inquiry(inquiry);
    }
    return true;
}

const struct handler why_handlers[] = {
    {WIRE__ENVELOPE__BODY_JOB_WHY, ROLE_PEOPLE, on_job_why},
    {0,                            0,           NULL      },
};
