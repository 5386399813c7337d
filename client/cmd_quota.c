/* cmd_quota.c - tequio quota: what is left of the grants */

#include "client/cells.h"
#include "client/command.h"
#include "client/session.h"
#include "proto/arena.h"

struct arguments {
    const char *institution;
    const char *project;
    struct output_options output;
};

static const struct option_rule options[] = {
    OPTION_TEXT(0, "institution", "NAME", struct arguments, institution, N_("of this institution")),
    OPTION_TEXT('A', "account", "NAME", struct arguments, project, N_("of this project")),
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF_TEXT(institution, Wire__QuotaRow, institution)
CELL_OF_TEXT(project, Wire__QuotaRow, project)
CELL_OF(granted, Wire__QuotaRow, CELL_AMOUNT, granted)
CELL_OF(charged, Wire__QuotaRow, CELL_AMOUNT, charged)
CELL_OF(held, Wire__QuotaRow, CELL_AMOUNT, held)
CELL_OF(queued, Wire__QuotaRow, CELL_AMOUNT, queued)
CELL_OF_OPTIONAL(end, Wire__QuotaRow, CELL_TIME, end_us)

static void cell_available(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__QuotaRow *quota = row;

    (void)scratch;
    cell_set(cell, CELL_AMOUNT, quota->available);
    if (quota->available <= 0)
        cell->tone = TONE_BAD;
    else if (quota->available < quota->queued)
        cell->tone = TONE_WAIT;
}

static const struct column columns[] = {
    {"institution", NULL,      "INSTITUTION", 0, COLUMN_CUT,   cell_institution},
    {"project",     "account", "PROJECT",     0, COLUMN_CUT,   cell_project    },
    {"granted",     NULL,      "GRANTED",     0, COLUMN_RIGHT, cell_granted    },
    {"charged",     NULL,      "CHARGED",     0, COLUMN_RIGHT, cell_charged    },
    {"held",        NULL,      "HELD",        0, COLUMN_RIGHT, cell_held       },
    {"available",   NULL,      "AVAILABLE",   0, COLUMN_RIGHT, cell_available  },
    {"queued",      NULL,      "QUEUED",      0, COLUMN_RIGHT, cell_queued     },
    {"end",         NULL,      "END",         0, 0,            cell_end        },
    {NULL,          NULL,      NULL,          0, 0,            NULL            },
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__QuotaAsk body = WIRE__QUOTA_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct arguments arguments = {0};
    struct output output = {.columns = columns};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    body.institution = arena_copy_utf8(arena, arguments.institution ? arguments.institution : "");
    body.project = arena_copy_utf8(arena, arguments.project ? arguments.project : "");
    ask.body_case = WIRE__ENVELOPE__BODY_QUOTA_ASK;
    ask.quota_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_QUOTA_TABLE, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->quota_table->rows;
    output.count = answer->quota_table->n_rows;
    return output_print(&output, &arguments.output, err);
}

const struct command cmd_quota = {
    .name = "quota",
    .summary = N_("Show what is granted, charged, held and available"),
    .operands = "",
    .options = options,
    .run = run,
};
