/* foresee.c - what a change of grants would do to the jobs that wait */

#include "scheduler/foresee.h"

#include "scheduler/core/core.h"
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

void foresee(struct service *service, const struct ledger *after, Wire__Envelope *answer,
             struct arena *keep)
{
    const struct ledger *before = core_ledger(service->core);
    int64_t now_us = service->now_us;
    Wire__Foreseen *foreseen = ANSWER(answer, keep, Wire__Foreseen, wire__foreseen, foreseen,
                                      WIRE__ENVELOPE__BODY_FORESEEN);
    struct error ignored;

    foreseen->jobs = ARENA_NEW_ARRAY(keep, Wire__ForeseenJob *, JOBS_MAX);
    for (const struct job *job = core_job_after(service->core, 0); job;
         job = core_job_after(service->core, job->id)) {
        int64_t amount_micro;
        bool could, can;

        if (job->state != JOB_PENDING || job->request.limit_us == INT64_MAX)
            continue;
        amount_micro = ledger_price(job_cores(job), job->request.limit_us, 1000000);
        could = ledger_can_hold(before, job->project, amount_micro, now_us, &ignored);
        can = ledger_can_hold(after, job->project, amount_micro, now_us, &ignored);
        if (could != can)
            add_job(foreseen, job, amount_micro, can, keep);
    }
}
