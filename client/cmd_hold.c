/* cmd_hold.c - tequio hold: jobs that wait do not start */

#include "client/change.h"

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    return change_run(session, WIRE__JOB_VERB__JOB_VERB_HOLD, _("job %s held"), argc, argv, err);
}

const struct command cmd_hold = {
    .name = "hold",
    .summary = N_("Keep jobs that wait from starting"),
    .operands = N_("JOB..."),
    .options = change_options,
    .run = run,
};
