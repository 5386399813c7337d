/* cmd_resume.c - tequio resume: nodes may be used again */

#include "client/command.h"
#include "client/node_change.h"
#include "client/session.h"

struct arguments {
    const char *reason;
};

static const struct option_rule options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for all to see")),
    OPTION_HELP,
    OPTION_END,
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no node given"));
    for (int i = first; i < argc; i++)
        if (!node_change(session, WIRE__NODE_VERB__NODE_VERB_RESUME, argv[i], arguments.reason,
                         err))
            return false;
    return true;
}

const struct command cmd_resume = {
    .name = "resume",
    .summary = N_("Put drained nodes back into use"),
    .operands = N_("NODES..."),
    .options = options,
    .run = run,
};
