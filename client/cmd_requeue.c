/* cmd_requeue.c - tequio requeue: jobs end and wait again */

#include "client/change.h"
#include "client/command.h"
#include "client/session.h"

struct arguments {
    const char *reason;
    bool quiet;
};

static const struct option_rule options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason,
                N_("keep TEXT in the job's history")),
    OPTION_FLAG('Q', "quiet", struct arguments, quiet, N_("say nothing of jobs that were changed")),
    OPTION_HELP,
    OPTION_END,
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    struct change change = {.verb = WIRE__JOB_VERB__JOB_VERB_REQUEUE, .done = _("job %s requeued")};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    change.reason = arguments.reason;
    change.quiet = arguments.quiet;
    return change_jobs(session, &change, argc - first, argv + first, err);
}

const struct command cmd_requeue = {
    .name = "requeue",
    .summary = N_("End jobs and let them wait again"),
    .operands = N_("JOB..."),
    .options = options,
    .run = run,
};
