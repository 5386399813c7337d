/* cmd_drain.c - tequio drain: nothing new starts on nodes */

#include "client/command.h"
#include "client/node_change.h"
#include "client/session.h"

struct arguments {
    const char *reason;
    bool lost;
    bool end_unknown;
};

static const struct option_rule options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for all to see")),
    OPTION_FLAG(0, "lost", struct arguments, lost,
                N_("my word that nothing runs there any more: jobs are requeued")),
    OPTION_FLAG(0, "end-unknown", struct arguments, end_unknown,
                N_("my word that jobs there which the scheduler does not know may end")),
    OPTION_HELP,
    OPTION_END,
};

static Wire__NodeVerb verb_of(const struct arguments *arguments)
{
    if (arguments->end_unknown)
        return WIRE__NODE_VERB__NODE_VERB_END_UNKNOWN;
    return arguments->lost ? WIRE__NODE_VERB__NODE_VERB_LOST : WIRE__NODE_VERB__NODE_VERB_DRAIN;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no node given"));
    if (!arguments.reason || !*arguments.reason)
        return fail(err, ERROR_INVALID, _("say why: --reason TEXT"));
    if (arguments.lost && arguments.end_unknown)
        return fail(err, ERROR_INVALID, _("either --lost or --end-unknown"));
    for (int i = first; i < argc; i++)
        if (!node_change(session, verb_of(&arguments), argv[i], arguments.reason, err))
            return false;
    return true;
}

const struct command cmd_drain = {
    .name = "drain",
    .summary = N_("Take nodes out of use; what runs there goes on"),
    .operands = N_("NODES..."),
    .options = options,
    .run = run,
};
