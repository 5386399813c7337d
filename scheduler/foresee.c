/* foresee.c - what a change of grants would do to the jobs that wait */

#include "scheduler/foresee.h"

#include "scheduler/core/core.h"
#include "scheduler/core/price.h"
#include "scheduler/service_inside.h"

#define JOBS_MAX 1000 /* in the answer; the rest is counted */

static void add_job(Wire__Foreseen *foreseen, const struct job *job, int64_t amount_micro,
                    bool affordable, struct arena *keep)
{
    Wire__ForeseenJob *row;

    if (foreseen->n_jobs == JOBS_MAX) {
        foreseen->more++;
        return;
    }
    row = ARENA_NEW(keep, Wire__ForeseenJob);
    wire__foreseen_job__init(row);
    row->job = job->id;
    row->user = arena_copy(keep, job->user);
    row->project = arena_copy(keep, job->project);
    row->amount = amount_micro;
    row->affordable = affordable;
    foreseen->jobs[foreseen->n_jobs++] = row;
}

/* How it would be, beside how it is. */
struct change {
    const struct ledger *ledger;
    const struct rates *rates;
    int64_t at_us; /* the time of which the cards count */
};

static void foresee_change(struct service *service, const struct change *change,
                           Wire__Envelope *answer, struct arena *keep)
{
    const struct core *core = service->core;
    int64_t now_us = service->now_us;
    Wire__Foreseen *foreseen = ANSWER(answer, keep, Wire__Foreseen, wire__foreseen, foreseen,
                                      WIRE__ENVELOPE__BODY_FORESEEN);
    struct error ignored;

    foreseen->jobs = ARENA_NEW_ARRAY(keep, Wire__ForeseenJob *, JOBS_MAX);
    for (const struct job *job = core_job_after(core, 0); job;
         job = core_job_after(core, job->id)) {
        int64_t before_micro, after_micro;
        bool could, can;

        if (job->state != JOB_PENDING ||
            !price_of_waiting(core, core_rates(core), job, now_us, &before_micro) ||
            !price_of_waiting(core, change->rates, job, change->at_us, &after_micro))
            continue;
        could = ledger_can_hold(core_ledger(core), job->project, before_micro, now_us, &ignored);
        can = ledger_can_hold(change->ledger, job->project, after_micro, now_us, &ignored);
        if (could != can)
            add_job(foreseen, job, after_micro, can, keep);
    }
}

void foresee(struct service *service, const struct ledger *after, Wire__Envelope *answer,
             struct arena *keep)
{
    const struct change change = {after, core_rates(service->core), service->now_us};

    foresee_change(service, &change, answer, keep);
}

void foresee_rates(struct service *service, const struct rates *after, int64_t at_us,
                   Wire__Envelope *answer, struct arena *keep)
{
    const struct change change = {core_ledger(service->core), after, at_us};

    foresee_change(service, &change, answer, keep);
}
