/* change.c - cancel, hold, release, requeue, signal: many jobs at once */

#include "client/change.h"

#include "base/parse.h"
#include "client/job_names.h"
#include "client/jobs.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CHANGE_JOBS_MAX = 65536, CHANGE_BATCH = 4096 };

static void print_done(const struct change *change, uint64_t job, const char *elements)
{
    if (change->quiet)
        return;
    for (const char *place = change->done; *place; place++)
        if (place[0] == '%' && place[1] == 's') {
            printf("%" PRIu64, job);
            if (*elements)
                printf(strpbrk(elements, "-,") ? "_[%s]" : "_%s", elements);
            place++;
        } else {
            putchar(*place);
        }
    putchar('\n');
}

/* *err becomes the first failure; all are told. */
static bool take_answer(const struct change *change, const struct job_name *names,
                        const Wire__JobChanged *changed, struct error *err)
{
    bool good = true;

    if (changed->n_codes != changed->n_jobs || changed->n_texts != changed->n_jobs)
        return fail(err, ERROR_INTERNAL, _("the scheduler tells of %zu jobs in %zu words"),
                    changed->n_jobs, changed->n_texts);
    for (size_t i = 0; i < changed->n_jobs; i++) {
        CLEANUP(buffer_clear) struct buffer text = {0};

        if (changed->codes[i] == 0) {
            print_done(change, changed->jobs[i], names[i].elements);
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

/* So many names from there on. */
static bool send(struct session *session, const struct change *change, const struct job_name *names,
                 size_t count, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobChange body = WIRE__JOB_CHANGE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    uint8_t key[SESSION_KEY_SIZE];

    body.key = session_new_key(key);
    body.verb = change->verb;
    body.signal = change->signal;
    body.batch_only = change->batch_only;
    body.array_limit = change->limit;
    body.reason = arena_copy_utf8(arena, change->reason ? change->reason : "");
    body.jobs = ARENA_NEW_ARRAY(arena, uint64_t, count);
    body.elements = ARENA_NEW_ARRAY(arena, char *, count);
    for (size_t i = 0; i < count; i++) {
        body.jobs[i] = names[i].job;
        body.elements[i] = names[i].elements;
    }
    body.n_jobs = body.n_elements = count;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_JOB_CHANGED, err);
    if (answer && answer->job_changed->n_jobs != count)
        return fail(err, ERROR_INTERNAL, _("the scheduler tells of %zu jobs in %zu words"), count,
                    answer->job_changed->n_jobs);
    return answer && take_answer(change, names, answer->job_changed, err);
}

static bool send_all(struct session *session, const struct change *change,
                     const struct job_names *names, struct error *err)
{
    bool good = true;

    for (size_t i = 0; i < names->count; i += CHANGE_BATCH) {
        size_t rest = names->count - i;

        good =
            send(session, change, names->all + i, rest < CHANGE_BATCH ? rest : CHANGE_BATCH, err) &&
            good;
    }
    return good;
}

bool change_jobs(struct session *session, const struct change *change, int count, char **operands,
                 struct error *err)
{
    CLEANUP(job_names_clear) struct job_names names = {0};

    for (int i = 0; i < count; i++)
        if (!job_names_add(&names, operands[i], CHANGE_JOBS_MAX, err))
            return false;
    if (names.count == 0)
        return fail(err, ERROR_INVALID, _("no job given"));
    return send_all(session, change, &names, err);
}

/* By number, because some of what a filter can say only we can tell (several users). */
bool change_matching(struct session *session, const struct change *change,
                     const struct filter *filter, struct error *err)
{
    Wire__JobList list = WIRE__JOB_LIST__INIT;
    CLEANUP(jobs_freep) struct jobs *jobs = jobs_ask(session, &list, filter, err);
    CLEANUP(job_names_clear) struct job_names names = {0};

    if (!jobs)
        return false;
    names.all = NEW_ARRAY(struct job_name, jobs->count + 1);
    for (size_t i = 0; i < jobs->count; i++) {
        const Wire__JobView *job = jobs->rows[i].view;

        if (!filter_is_ended(job->state))
            names.all[names.count++] =
                (struct job_name){job->array ? job->array : job->id, memory_copy(job->elements)};
    }
    if (names.count == 0 && !change->quiet)
        fputs(_("tequio: no job matches\n"), stderr);
    return send_all(session, change, &names, err);
}

/* --- hold, release, requeue ----------------------------------------------------------------- */

const struct option_rule change_options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct change_arguments, reason,
                N_("keep TEXT in the job's history")),
    OPTION_FLAG('Q', "quiet", struct change_arguments, quiet,
                N_("say nothing of jobs that were changed")),
    OPTION_HELP,
    OPTION_END,
};

bool change_run(struct session *session, Wire__JobVerb verb, const char *done, int argc,
                char **argv, struct error *err)
{
    struct change_arguments arguments = {0};
    struct change change = {.verb = verb, .done = done};
    int first;

    if (!command_options(change_options, argc, argv, &arguments, &first, err))
        return false;
    change.reason = arguments.reason;
    change.quiet = arguments.quiet;
    return change_jobs(session, &change, argc - first, argv + first, err);
}
