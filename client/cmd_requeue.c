/* cmd_requeue.c - tequio requeue: jobs end and wait again */

#include "client/change.h"

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    return change_run(session, WIRE__JOB_VERB__JOB_VERB_REQUEUE, _("job %s requeued"), argc, argv,
                      err);
}

const struct command cmd_requeue = {
    .name = "requeue",
    .summary = N_("End jobs and let them wait again"),
    .operands = N_("JOB..."),
    .options = change_options,
    .run = run,
};
