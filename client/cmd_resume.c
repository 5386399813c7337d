/* cmd_resume.c - tequio resume: nodes may be used again, suspended jobs go on */

#include "client/change.h"
#include "client/node_change.h"
#include "client/session.h"

#include <string.h>

struct arguments {
    const char *reason;
};

static const struct option_rule options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for all to see")),
    OPTION_HELP,
    OPTION_END,
};

/* "17", "20-25", "123_[5-9]": what has no letter is no node. */
static bool is_job(const char *operand)
{
    return operand[strspn(operand, "0123456789_,-+[]%")] == '\0';
}

static bool resume(struct session *session, char *operand, const char *reason, struct error *err)
{
    const struct change change = {
        .verb = WIRE__JOB_VERB__JOB_VERB_RESUME,
        .reason = reason,
        .done = _("job %s goes on when its cores are free"),
    };

    if (is_job(operand))
        return change_jobs(session, &change, 1, &operand, err);
    return node_change(session, WIRE__NODE_VERB__NODE_VERB_RESUME, operand, reason, err);
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no node and no job given"));
    for (int i = first; i < argc; i++)
        if (!resume(session, argv[i], arguments.reason, err))
            return false;
    return true;
}

const struct command cmd_resume = {
    .name = "resume",
    .summary = N_("Put drained nodes back into use, let suspended jobs go on"),
    .operands = N_("NODES|JOB..."),
    .options = options,
    .run = run,
};
