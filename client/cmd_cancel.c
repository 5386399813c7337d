/* cmd_cancel.c - tequio cancel: end jobs that wait or run, or send them a signal */

#include "base/parse.h"
#include "client/change.h"
#include "client/command.h"
#include "client/session.h"

struct arguments {
    struct filter filter;
    const char *reason;
    int signal;
    bool batch_only;
    bool quiet;
};

static bool set_signal(void *place, const char *text, struct error *err)
{
    return parse_signal(text, place, err);
}

static const struct option_rule options[] = {
    FILTER_OPTIONS(struct arguments, filter),
    OPTION_TEXT('n', "name", "NAMES", struct arguments, filter.names, N_("jobs called so")),
    OPTION_TEXT('t', "state", "STATES", struct arguments, filter.states,
                N_("jobs in these states")),
    OPTION_TEXT('w', "nodelist", "NODES", struct arguments, filter.nodes,
                N_("jobs on these nodes")),
    OPTION_WITH('s', "signal", "SIGNAL", struct arguments, signal, set_signal,
                N_("send this signal, and do not end the job")),
    OPTION_FLAG('b', "batch", struct arguments, batch_only,
                N_("send the signal to the batch script alone")),
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason,
                N_("keep TEXT in the job's history")),
    OPTION_FLAG('Q', "quiet", struct arguments, quiet, N_("say nothing of jobs that were changed")),
    OPTION_HELP,
    OPTION_END,
};

static bool has_filter(const struct filter *filter)
{
    return filter->users || filter->me || filter->projects || filter->institutions ||
           filter->clusters || filter->partitions || filter->names || filter->nodes ||
           filter->states;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    struct change change = {.verb = WIRE__JOB_VERB__JOB_VERB_CANCEL, .done = _("job %s cancelled")};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (arguments.batch_only && !arguments.signal)
        return fail(err, ERROR_INVALID, _("--batch needs --signal: a job ends as a whole"));
    if (arguments.signal) {
        change.verb = WIRE__JOB_VERB__JOB_VERB_SIGNAL;
        change.signal = (uint32_t)arguments.signal;
        change.done = _("signal sent to job %s");
    }
    change.batch_only = arguments.batch_only;
    change.reason = arguments.reason;
    change.quiet = arguments.quiet;
    if (first < argc)
        return change_jobs(session, &change, argc - first, argv + first, err);
    if (arguments.filter.jobs && !has_filter(&arguments.filter))
        return change_jobs(session, &change, 1, (char *[]){(char *)arguments.filter.jobs}, err);
    if (!has_filter(&arguments.filter))
        return fail(err, ERROR_INVALID,
                    _("no job given: name jobs, or say which (--me, --name ...)"));
    /* who is not named is not meant: `cancel -p short` ends the asker's jobs there */
    if (!arguments.filter.users && !arguments.filter.projects && !arguments.filter.institutions)
        arguments.filter.me = true;
    return change_matching(session, &change, &arguments.filter, err);
}

const struct command cmd_cancel = {
    .name = "cancel",
    .summary = N_("End jobs that wait or run, or send them a signal"),
    .operands = N_("[JOB...]"),
    .options = options,
    .run = run,
};
