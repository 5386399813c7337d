/* change.c - cancel, hold, release, requeue, signal: many jobs at once */

#include "client/change.h"

#include "base/parse.h"
#include "client/jobs.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CHANGE_JOBS_MAX = 65536, CHANGE_BATCH = 4096 };

static void print_done(const struct change *change, uint64_t job)
{
    char number[24];

    if (change->quiet)
        return;
    snprintf(number, sizeof(number), "%" PRIu64, job);
    for (const char *place = change->done; *place; place++)
        if (place[0] == '%' && place[1] == 's') {
            fputs(number, stdout);
            place++;
        } else {
            putchar(*place);
        }
    putchar('\n');
}

/* *err becomes the first failure; all are told. */
static bool take_answer(const struct change *change, const Wire__JobChanged *changed,
                        struct error *err)
{
    bool good = true;

    if (changed->n_codes != changed->n_jobs || changed->n_texts != changed->n_jobs)
        return fail(err, ERROR_INTERNAL, _("the scheduler tells of %zu jobs in %zu words"),
                    changed->n_jobs, changed->n_texts);
    for (size_t i = 0; i < changed->n_jobs; i++) {
        CLEANUP(buffer_clear) struct buffer text = {0};

        if (changed->codes[i] == 0) {
            print_done(change, changed->jobs[i]);
            continue;
        }
        if (!good) { /* the one before is told here, the last by main.c */
            buffer_init(&text);
            buffer_add_escaped(&text, err->text);
            fprintf(stderr, "tequio: %s\n", text.bytes);
        }
        good = fail(err, (enum error_code)changed->codes[i], "%s", changed->texts[i]);
    }
    return good;
}

static bool send(struct session *session, const struct change *change, Wire__JobChange *body,
                 struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    uint8_t key[SESSION_KEY_SIZE];

    body->key = session_new_key(key);
    body->verb = change->verb;
    body->signal = change->signal;
    body->batch_only = change->batch_only;
    body->reason = arena_copy_utf8(arena, change->reason ? change->reason : "");
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_JOB_CHANGED, err);
    return answer && take_answer(change, answer->job_changed, err);
}

bool change_jobs(struct session *session, const struct change *change, int count, char **operands,
                 struct error *err)
{
    CLEANUP(memory_freep) uint64_t *jobs = NULL;
    size_t job_count = 0;
    bool good = true;

    for (int i = 0; i < count; i++)
        if (!filter_add_jobs(operands[i], CHANGE_JOBS_MAX, &jobs, &job_count, err))
            return false;
    if (job_count == 0)
        return fail(err, ERROR_INVALID, _("no job given"));
    for (size_t i = 0; i < job_count; i += CHANGE_BATCH) {
        Wire__JobChange body = WIRE__JOB_CHANGE__INIT;

        body.jobs = jobs + i;
        body.n_jobs = job_count - i < CHANGE_BATCH ? job_count - i : CHANGE_BATCH;
        good = send(session, change, &body, err) && good;
    }
    return good;
}

/* By number, because some of what a filter can say only we can tell (several users). */
bool change_matching(struct session *session, const struct change *change,
                     const struct filter *filter, struct error *err)
{
    Wire__JobList list = WIRE__JOB_LIST__INIT;
    CLEANUP(jobs_freep) struct jobs *jobs = jobs_ask(session, &list, filter, err);
    CLEANUP(memory_freep) uint64_t *numbers = NULL;
    size_t count = 0;
    bool good = true;

    if (!jobs)
        return false;
    numbers = NEW_ARRAY(uint64_t, jobs->count + 1);
    for (size_t i = 0; i < jobs->count; i++)
        if (!filter_is_ended(jobs->rows[i].view->state))
            numbers[count++] = jobs->rows[i].view->id;
    for (size_t i = 0; i < count; i += CHANGE_BATCH) {
        Wire__JobChange body = WIRE__JOB_CHANGE__INIT;

        body.jobs = numbers + i;
        body.n_jobs = count - i < CHANGE_BATCH ? count - i : CHANGE_BATCH;
        good = send(session, change, &body, err) && good;
    }
    if (count == 0 && !change->quiet)
        fputs(_("tequio: no job matches\n"), stderr);
    return good;
}

/* --- hold, release, requeue ----------------------------------------------------------------- */

struct arguments {
    const char *reason;
    bool quiet;
};

const struct option_rule change_options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason,
                N_("keep TEXT in the job's history")),
    OPTION_FLAG('Q', "quiet", struct arguments, quiet, N_("say nothing of jobs that were changed")),
    OPTION_HELP,
    OPTION_END,
};

bool change_run(struct session *session, Wire__JobVerb verb, const char *done, int argc,
                char **argv, struct error *err)
{
    struct arguments arguments = {0};
    struct change change = {.verb = verb, .done = done};
    int first;

    if (!command_options(change_options, argc, argv, &arguments, &first, err))
        return false;
    change.reason = arguments.reason;
    change.quiet = arguments.quiet;
    return change_jobs(session, &change, argc - first, argv + first, err);
}
