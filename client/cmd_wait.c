/* cmd_wait.c - tequio wait: until jobs have ended */

#include "base/parse.h"
#include "client/command.h"
#include "client/follow.h"
#include "client/job_names.h"
#include "client/session.h"

struct arguments {
    bool quiet;
};

enum { WAIT_JOBS_MAX = 4096 };

static const struct option_rule options[] = {
    OPTION_FLAG('Q', "quiet", struct arguments, quiet, N_("show no progress")),
    OPTION_HELP,
    OPTION_END,
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(job_names_clear) struct job_names names = {0};
    CLEANUP(memory_freep) struct job_ref *jobs = NULL;
    struct arguments arguments = {0};
    size_t count = 0;
    int first, worst = 0;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    for (int i = first; i < argc; i++)
        if (!job_names_add(&names, argv[i], WAIT_JOBS_MAX, err))
            return false;
    if (!job_names_refs(&names, WAIT_JOBS_MAX, &jobs, &count, err))
        return false;
    if (count == 0)
        return fail(err, ERROR_INVALID, _("no job given"));
    for (size_t i = 0; i < count; i++) {
        struct follow follow = {
            .job = jobs[i].job, .array = jobs[i].array, .quiet = arguments.quiet};
        int status = 0;

        if (!follow_job(session, &follow, &status, err))
            return false;
        worst = status > worst ? status : worst;
    }
    session_set_status(session, worst);
    return true;
}

const struct command cmd_wait = {
    .name = "wait",
    .summary = N_("Wait for the end of jobs, and exit as they did"),
    .operands = N_("JOB..."),
    .options = options,
    .run = run,
};
