/* cmd_release.c - tequio release: held jobs may start */

#include "client/change.h"

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    return change_run(session, WIRE__JOB_VERB__JOB_VERB_RELEASE, _("job %s released"), argc, argv,
                      err);
}

const struct command cmd_release = {
    .name = "release",
    .summary = N_("Let held jobs start"),
    .operands = N_("JOB..."),
    .options = change_options,
    .run = run,
};
