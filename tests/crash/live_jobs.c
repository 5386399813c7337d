/* live_jobs.c - which jobs the scheduler holds for alive */

#include "tests/crash/live_jobs.h"

#include "base/memory.h"
#include "base/parse.h"

#include <stdio.h>
#include <string.h>

Wire__Envelope *jobs_after(struct channel *channel, uint64_t after, bool history)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobList list = WIRE__JOB_LIST__INIT;
    struct error err;
    Wire__Envelope *answer;

    list.history = history;
    list.after = after;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_LIST;
    ask.job_list = &list;
    answer = channel_ask(channel, &ask, WIRE__ENVELOPE__BODY_JOB_LISTING, ASK_US, &err);
    if (!answer)
        printf("# list: %s\n", err.text);
    return answer;
}

static bool is_live(const Wire__JobView *job)
{
    static const char *const live[] = {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING"};

    for (size_t i = 0; i < COUNT_OF(live); i++)
        if (strcmp(job->state, live[i]) == 0)
            return true;
    return false;
}

uint64_t first_live_job(struct channel *channel, job_wanted_fn *is_wanted, void *owner)
{
    uint64_t after = 0, found = 0;
    bool more = true;

    while (more && !found) {
        Wire__Envelope *answer = jobs_after(channel, after, false);

        if (!answer)
            return 0;
        for (size_t i = 0; i < answer->job_listing->n_jobs && !found; i++) {
            after = answer->job_listing->jobs[i]->id;
            if (is_live(answer->job_listing->jobs[i]) && (!is_wanted || is_wanted(owner, after)))
                found = after;
        }
        more = answer->job_listing->more;
        message_free(answer);
    }
    return found;
}
