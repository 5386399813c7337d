/* history_check.c - what was acknowledged against what became of it */

#include "tests/crash/history_check.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/table.h"
#include "proto/channel.h"
#include "tests/crash/job.h"
#include "tests/crash/live_jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_US (20 * US_PER_SECOND)

/* What is known of one job. */
struct fate {
    uint64_t id;
    uint32_t acknowledged;
    uint32_t listed;
    uint32_t began, ended;
    uint32_t restarts;
    bool as_told; /* the end that its number says, in its first attempt */
    int64_t charged_micro;
};

struct checker {
    struct channel *channel;
    struct table *fates; /* by job */
    int64_t at_once;     /* jobs that ran, at most */
    unsigned tests, failed;
};

static struct fate *fate_of(struct checker *checker, uint64_t id)
{
    struct fate *fate = table_get_number(checker->fates, id);

    if (!fate) {
        fate = NEW(struct fate);
        fate->id = id;
        table_put_number(checker->fates, id, fate);
    }
    return fate;
}

static void report(struct checker *checker, bool good, const char *what, uint64_t wrong)
{
    checker->tests++;
    checker->failed += !good;
    printf("%sok %u - %s\n", good ? "" : "not ", checker->tests, what);
    if (!good)
        printf("# %" PRIu64 " wrong\n", wrong);
}

/* Held back by the scheduler until the job has ended, or for a while. */
static void wait_for(struct checker *checker, uint64_t job)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWait wait = WIRE__JOB_WAIT__INIT;
    struct error err;

    wait.job = job;
    wait.wait_us = WAIT_US;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_WAIT;
    ask.job_wait = &wait;
    message_free(channel_ask(checker->channel, &ask, WIRE__ENVELOPE__BODY_JOB_ENDED,
                             WAIT_US + ASK_US, &err));
}

static bool ended_as_told(const Wire__JobView *job)
{
    struct job_end end = job_end_of(job->id);
    const char *state = end.code == 0 && end.signal == 0 ? "COMPLETED" : "FAILED";

    return strcmp(job->state, state) == 0 && job->exit_code == end.code &&
           job->exit_signal == end.signal && job->attempt == 1;
}

/* Every job that history knows. */
static void read_history(struct checker *checker)
{
    uint64_t after = 0;
    bool more = true;

    while (more) {
        Wire__Envelope *answer = jobs_after(checker->channel, after, true);

        if (!answer)
            return;
        more = answer->job_listing->more;
        for (size_t i = 0; i < answer->job_listing->n_jobs; i++) {
            const Wire__JobView *job = answer->job_listing->jobs[i];
            struct fate *fate = fate_of(checker, job->id);

            after = job->id;
            fate->listed++;
            fate->as_told = ended_as_told(job);
            fate->charged_micro = job->charged;
            if (!fate->as_told)
                printf("# job %" PRIu64 ": %s, exit %u:%u, attempt %u, %s\n", job->id, job->state,
                       job->exit_code, job->exit_signal, job->attempt, job->reason);
        }
        message_free(answer);
    }
}

/* The lines that the jobs themselves wrote: "+ID RESTARTS" and "-ID". */
static void read_ran(struct checker *checker, const char *work)
{
    CLEANUP(memory_freep)
    char *path = memory_format("%s/ran", work);
    FILE *file = fopen(path, "re");
    int64_t running = 0;
    char line[128];

    while (file && fgets(line, sizeof line, file)) {
        char *end;
        struct fate *fate = fate_of(checker, strtoull(line + 1, &end, 10));

        running += line[0] == '+' ? 1 : -1;
        if (running > checker->at_once)
            checker->at_once = running;
        fate->began += line[0] == '+';
        fate->ended += line[0] == '-';
        fate->restarts += (uint32_t)strtoul(end, NULL, 10);
    }
    if (file)
        fclose(file);
}

static Wire__QuotaRow *institution_row(Wire__QuotaTable *quotas)
{
    for (size_t i = 0; i < quotas->n_rows; i++)
        if (!*quotas->rows[i]->project)
            return quotas->rows[i];
    return NULL;
}

/* The books: nothing held any more, and charged what the jobs were charged. */
static void check_books(struct checker *checker, int64_t charged_micro)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__QuotaAsk quota = WIRE__QUOTA_ASK__INIT;
    struct error err;
    Wire__Envelope *answer;
    Wire__QuotaRow *row = NULL;

    ask.body_case = WIRE__ENVELOPE__BODY_QUOTA_ASK;
    ask.quota_ask = &quota;
    answer = channel_ask(checker->channel, &ask, WIRE__ENVELOPE__BODY_QUOTA_TABLE, ASK_US, &err);
    if (answer)
        row = institution_row(answer->quota_table);
    report(checker, row && row->held == 0, "nothing is held for jobs that ended",
           row ? (uint64_t)row->held : 0);
    report(checker, row && row->charged == charged_micro && charged_micro > 0,
           "the institution was charged the sum of its jobs, once each",
           row ? (uint64_t)row->charged : 0);
    message_free(answer);
}

static void check_store(struct checker *checker)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StoreCheck check = WIRE__STORE_CHECK__INIT;
    struct error err;
    Wire__Envelope *answer;

    ask.body_case = WIRE__ENVELOPE__BODY_STORE_CHECK;
    ask.store_check = &check;
    answer = channel_ask(checker->channel, &ask, WIRE__ENVELOPE__BODY_STORE_CHECKED, ASK_US, &err);
    for (size_t i = 0; answer && i < answer->store_checked->n_findings; i++)
        printf("# %s\n", answer->store_checked->findings[i]);
    report(checker, answer && answer->store_checked->n_findings == 0,
           "every row, chain and balance of the database is good",
           answer ? answer->store_checked->n_findings : 0);
    message_free(answer);
}

static void check_fates(struct checker *checker, int64_t *ret_charged)
{
    uint64_t lost = 0, twice = 0, ghosts = 0, harmed = 0, not_once = 0;
    const struct fate *fate;

    *ret_charged = 0;
    for (size_t place = 0; (fate = table_next(checker->fates, &place));) {
        lost += fate->acknowledged > 0 && fate->listed == 0;
        twice += fate->acknowledged > 1;
        ghosts += fate->acknowledged == 0;
        harmed += fate->listed > 0 && (!fate->as_told || fate->restarts > 0);
        not_once += fate->began != 1 || fate->ended != 1;
        *ret_charged += fate->charged_micro;
    }
    report(checker, lost == 0, "no acknowledged job is lost", lost);
    report(checker, twice == 0, "no job id was given twice", twice);
    report(checker, ghosts == 0, "no job exists that nobody was told of", ghosts);
    report(checker, harmed == 0,
           "every job ended in its first attempt with its own exit code or signal", harmed);
    report(checker, not_once == 0, "every job ran exactly once", not_once);
}

static bool output_is_whole(const char *work, uint64_t id)
{
    CLEANUP(memory_freep)
    char *path = memory_format("%s/%" PRIu64 ".out", work, id);
    CLEANUP(memory_freep)
    char *due = job_output_of(id);
    FILE *file = fopen(path, "re");
    bool same = file != NULL;

    for (const char *at = due; same && *at; at++)
        same = getc(file) == (unsigned char)*at;
    same = same && getc(file) == EOF;
    if (file)
        fclose(file);
    if (!same)
        printf("# %s is not what the job wrote\n", path);
    return same;
}

static void check_outputs(struct checker *checker, const char *work)
{
    uint64_t harmed = 0;
    const struct fate *fate;

    for (size_t place = 0; (fate = table_next(checker->fates, &place));)
        harmed += !output_is_whole(work, fate->id);
    report(checker, harmed == 0, "every output file has its job's bytes, no more and no fewer",
           harmed);
}

static void check_kills(struct checker *checker, const struct kills *kills)
{
    report(checker, 2 * kills->amid_jobs > kills->count, "jobs ran at most of the kills",
           kills->count - kills->amid_jobs);
    if (kills->most_takeover_s > 0)
        report(checker, kills->takeover_s <= kills->most_takeover_s,
               "a standby answered as soon as asked for, in milliseconds",
               (uint64_t)(1000 * kills->takeover_s));
    if (kills->agreed_within_s > 0)
        report(checker, kills->agreed_s <= kills->agreed_within_s,
               "sites and centre agreed in time when their links were whole, in milliseconds",
               (uint64_t)(1000 * kills->agreed_s));
    if (kills->at_once_paid > 0)
        report(checker, checker->at_once <= kills->at_once_paid,
               "no more jobs ran at once than the grant pays for", (uint64_t)checker->at_once);
    report(checker, kills->rate >= kills->least_rate, "submissions came as fast as asked for",
           (uint64_t)kills->rate);
}

bool history_check(const char *endpoint, const char *work, const struct acks *acks,
                   const struct kills *kills)
{
    struct checker checker = {.fates = table_new()};
    struct error err;
    struct fate *fate;
    int64_t charged_micro;
    uint64_t live;

    checker.channel = channel_open(endpoint, NULL, NULL, "history_check", &err);
    if (!checker.channel) {
        printf("Bail out! %s\n", err.text);
        return false;
    }
    while ((live = first_live_job(checker.channel, NULL, NULL)) != 0)
        wait_for(&checker, live);
    for (size_t i = 0; i < acks->count; i++)
        fate_of(&checker, acks->jobs[i])->acknowledged++;
    read_history(&checker);
    read_ran(&checker, work);
    printf("# %" PRId64 " jobs at once at most\n", checker.at_once);
    printf("1..%d\n", 12 + (kills->most_takeover_s > 0) + (kills->agreed_within_s > 0) +
                          (kills->at_once_paid > 0));
    check_kills(&checker, kills);
    report(&checker, acks->failures == 0 && acks->count > 0, "every submission was answered",
           acks->failures);
    check_fates(&checker, &charged_micro);
    check_outputs(&checker, work);
    check_books(&checker, charged_micro);
    check_store(&checker);
    for (size_t place = 0; (fate = table_next(checker.fates, &place));)
        free(fate);
    table_free(checker.fates);
    channel_free(checker.channel);
    return checker.failed == 0;
}
