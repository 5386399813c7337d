/* foreseen.c - what a change would do, told before it is made */

#include "client/foreseen.h"

#include "client/cells.h"

#include <inttypes.h>
#include <stdio.h>

CELL_OF(job, Wire__ForeseenJob, CELL_NUMBER, job)
CELL_OF_TEXT(user, Wire__ForeseenJob, user)
CELL_OF_TEXT(project, Wire__ForeseenJob, project)
CELL_OF(amount, Wire__ForeseenJob, CELL_AMOUNT, amount)

static void cell_then(const void *row, struct cell *cell, struct buffer *scratch)
{
    bool affordable = ((const Wire__ForeseenJob *)row)->affordable;

    (void)scratch;
    cell_set_text(cell, affordable ? _("could start") : _("would wait"));
    cell->tone = affordable ? TONE_GOOD : TONE_WAIT;
}

static const struct column columns[] = {
    {"jobid",   NULL, "JOBID",   0, COLUMN_RIGHT, cell_job    },
    {"user",    NULL, "USER",    0, COLUMN_CUT,   cell_user   },
    {"project", NULL, "PROJECT", 0, COLUMN_CUT,   cell_project},
    {"amount",  NULL, "AMOUNT",  0, COLUMN_RIGHT, cell_amount },
    {"then",    NULL, "THEN",    0, 0,            cell_then   },
    {NULL,      NULL, NULL,      0, 0,            NULL        },
};

bool foreseen_show(struct session *session, Wire__Envelope *ask, struct error *err)
{
    CLEANUP(message_freep)
    Wire__Envelope *answer = session_ask(session, ask, WIRE__ENVELOPE__BODY_FORESEEN, err);
    const struct output_options options = {0};
    struct output output = {.columns = columns};

    if (!answer)
        return false;
    output.rows = (const void *const *)answer->foreseen->jobs;
    output.count = answer->foreseen->n_jobs;
    if (output.count == 0) {
        printf("%s\n", _("no waiting job would be concerned"));
        return true;
    }
    if (!output_print(&output, &options, err))
        return false;
    if (answer->foreseen->more)
        printf(_("and %" PRIu64 " more\n"), answer->foreseen->more);
    return true;
}
