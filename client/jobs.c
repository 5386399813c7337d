/* jobs.c - lists of jobs, asked for page by page */

#include "client/jobs.h"

#include "base/clock.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void take_answer(struct jobs *jobs, Wire__Envelope *answer, const struct filter_sets *rest)
{
    const Wire__JobListing *listing = answer->job_listing;
    int64_t now_us = clock_wall_us(&clock_real);

    jobs->answers = memory_resize(jobs->answers, jobs->answer_count + 1, sizeof(*jobs->answers));
    jobs->answers[jobs->answer_count++] = answer;
    jobs->rows = memory_resize(jobs->rows, jobs->count + listing->n_jobs + 1, sizeof(*jobs->rows));
    for (size_t i = 0; i < listing->n_jobs; i++)
        if (filter_admits(rest, listing->jobs[i]))
            jobs->rows[jobs->count++] =
                (struct job_row){.view = listing->jobs[i], .now_us = now_us};
}

/* Page after page; a page must go on behind the one before, or this would never end. */
static bool ask_all(struct session *session, Wire__JobList *list, const struct filter_sets *rest,
                    struct jobs *jobs, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    bool more = true;

    ask.body_case = WIRE__ENVELOPE__BODY_JOB_LIST;
    ask.job_list = list;
    list->after = 0;
    while (more) {
        CLEANUP(message_freep)
        Wire__Envelope *answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_JOB_LISTING, err);
        const Wire__JobListing *listing = answer ? answer->job_listing : NULL;
        uint64_t last;

        if (!answer)
            return false;
        more = listing->more && listing->n_jobs > 0;
        last = listing->n_jobs ? listing->jobs[listing->n_jobs - 1]->id : 0;
        if (more && last <= list->after)
            return fail(err, ERROR_INTERNAL, _("the scheduler repeats a page of its list"));
        list->after = last;
        take_answer(jobs, STEAL(answer), rest);
    }
    return true;
}

struct jobs *jobs_ask(struct session *session, Wire__JobList *list, const struct filter *filter,
                      struct error *err)
{
    CLEANUP(jobs_freep) struct jobs *jobs = NEW(struct jobs);
    CLEANUP(filter_sets_freep) struct filter_sets *rest = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    Wire__JobFilter message;
    bool good;

    if (!filter_fill(filter, session, arena, &message, &rest, err))
        return NULL;
    list->filter = &message;
    good = ask_all(session, list, rest, jobs, err);
    list->filter = NULL;
    if (!good)
        return NULL;
    return STEAL(jobs);
}

void jobs_free(struct jobs *jobs)
{
    if (!jobs)
        return;
    for (size_t i = 0; i < jobs->answer_count; i++)
        message_free(jobs->answers[i]);
    free(jobs->answers);
    free(jobs->rows);
    free(jobs);
}

bool jobs_print(const struct jobs *jobs, const char *standard, const struct output_options *options,
                struct error *err)
{
    CLEANUP(memory_freep) const void **rows = memory_get(jobs->count + 1, sizeof(*rows));
    struct output output = {
        .columns = job_columns, .standard = standard, .rows = rows, .count = jobs->count};

    for (size_t i = 0; i < jobs->count; i++)
        rows[i] = &jobs->rows[i];
    return output_print(&output, options, err);
}

/* As sbatch --wait: a signal is 1, so that nobody takes it for a signal to the one who waits. */
int job_exit_status(const Wire__JobView *job)
{
    if (job->exit_code > 0)
        return job->exit_code > 255 ? 255 : (int)job->exit_code;
    if (job->exit_signal > 0)
        return job->exit_signal > 127 ? 255 : 128 + (int)job->exit_signal;
    return strcmp(job->state, "COMPLETED") == 0 ? 0 : 1;
}

void job_state_print(const Wire__JobView *job, struct buffer *buffer)
{
    buffer_add_escaped(buffer, job->state);
    if (*job->reason && strcmp(job->reason, "None") != 0) {
        buffer_add_text(buffer, " (");
        buffer_add_escaped(buffer, job->reason);
        buffer_add_char(buffer, ')');
    }
    if (*job->ended_by) {
        buffer_add_text(buffer, " by ");
        buffer_add_escaped(buffer, job->ended_by);
    } else if (strcmp(job->state, "PREEMPTED") == 0 && job->preempted_by > 0) {
        buffer_print(buffer, " by %" PRIu64, job->preempted_by);
    }
}
