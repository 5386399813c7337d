/* cmd_help.c - tequio help: what there is, and how it is used */

#include "client/commands.h"
#include "client/session.h"

static const struct option_rule options[] = {
    OPTION_HELP,
    OPTION_END,
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    int first;

    (void)session;
    if (!command_options(options, argc, argv, NULL, &first, err))
        return false;
    if (first < argc)
        return commands_help_on(argc - first, argv + first, err);
    commands_help();
    return true;
}

const struct command cmd_help = {
    .name = "help",
    .summary = N_("Show how a command is used"),
    .operands = N_("[COMMAND...]"),
    .options = options,
    .run = run,
};
