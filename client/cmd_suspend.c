/* cmd_suspend.c - tequio suspend: jobs that run stand still for a while */

#include "client/change.h"

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    return change_run(session, WIRE__JOB_VERB__JOB_VERB_SUSPEND, _("job %s suspended"), argc, argv,
                      err);
}

const struct command cmd_suspend = {
    .name = "suspend",
    .summary = N_("Let jobs that run stand still for a while"),
    .operands = N_("JOB..."),
    .options = change_options,
    .run = run,
};
