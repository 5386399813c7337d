/* cmd_version.c - tequio version: this program's */

#include "client/command.h"
#include "client/session.h"

#include <stdio.h>

static const struct option_rule options[] = {
    OPTION_HELP,
    OPTION_END,
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    int first;

    (void)session;
    if (!command_options(options, argc, argv, NULL, &first, err) ||
        !command_no_operands(argc, argv, first, err))
        return false;
    puts(PACKAGE_STRING);
    return true;
}

const struct command cmd_version = {
    .name = "version",
    .summary = N_("Print the version of this program"),
    .operands = "",
    .options = options,
    .run = run,
};
