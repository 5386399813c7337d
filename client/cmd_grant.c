/* cmd_grant.c - tequio grant list|move|end: what was granted, and what becomes of it */

#include "base/parse.h"
#include "client/admin.h"
#include "client/cells.h"
#include "client/foreseen.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

/* --- list ----------------------------------------------------------------------------------- */

struct list_arguments {
    const char *institution;
    const char *project;
    struct output_options output;
};

static const struct option_rule list_options[] = {
    OPTION_TEXT(0, "institution", "NAME", struct list_arguments, institution,
                N_("of this institution")),
    OPTION_TEXT('A', "account", "NAME", struct list_arguments, project, N_("of this project")),
    OUTPUT_OPTIONS(struct list_arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF(id, Wire__GrantRow, CELL_NUMBER, id)
CELL_OF_TEXT(institution, Wire__GrantRow, institution)
CELL_OF_TEXT(project, Wire__GrantRow, project)
CELL_OF(amount, Wire__GrantRow, CELL_AMOUNT, amount)
CELL_OF(left, Wire__GrantRow, CELL_AMOUNT, left)
CELL_OF(start, Wire__GrantRow, CELL_TIME, start_us)
CELL_OF_OPTIONAL(end, Wire__GrantRow, CELL_TIME, end_us)
CELL_OF_TEXT(by, Wire__GrantRow, made_by)
CELL_OF_TEXT(reason, Wire__GrantRow, reason)

static const struct column columns[] = {
    {"id",          NULL,      "GRANT",       0, COLUMN_RIGHT, cell_id         },
    {"institution", NULL,      "INSTITUTION", 0, COLUMN_CUT,   cell_institution},
    {"project",     "account", "PROJECT",     0, COLUMN_CUT,   cell_project    },
    {"amount",      NULL,      "AMOUNT",      0, COLUMN_RIGHT, cell_amount     },
    {"left",        NULL,      "LEFT",        0, COLUMN_RIGHT, cell_left       },
    {"start",       NULL,      "START",       0, 0,            cell_start      },
    {"end",         NULL,      "END",         0, 0,            cell_end        },
    {"by",          NULL,      "BY",          0, COLUMN_CUT,   cell_by         },
    {"reason",      NULL,      "REASON",      0, COLUMN_CUT,   cell_reason     },
    {NULL,          NULL,      NULL,          0, 0,            NULL            },
};

static bool run_list(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__GrantsAsk body = WIRE__GRANTS_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list_arguments arguments = {0};
    struct output output = {.columns = columns};
    int first;

    if (!command_options(list_options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    body.institution = arena_copy_utf8(arena, arguments.institution ? arguments.institution : "");
    body.project = arena_copy_utf8(arena, arguments.project ? arguments.project : "");
    ask.body_case = WIRE__ENVELOPE__BODY_GRANTS_ASK;
    ask.grants_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_GRANT_TABLE, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->grant_table->rows;
    output.count = answer->grant_table->n_rows;
    return output_print(&output, &arguments.output, err);
}

static const struct command grant_list = {
    .name = "list",
    .summary = N_("List grants, and what is left of each"),
    .operands = "",
    .options = list_options,
    .run = run_list,
};

/* --- move, end ------------------------------------------------------------------------------ */

struct arguments {
    const char *project;
    const char *reason;
    int64_t amount;
    bool dry_run;
    int64_t until_us;
};

/* The one operand, the grant's number; then ask. */
static bool change(struct session *session, const struct arguments *arguments, int argc,
                   char **operands, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__GrantChange body = WIRE__GRANT_CHANGE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    uint8_t key[SESSION_KEY_SIZE];

    if (argc == 0)
        return fail(err, ERROR_INVALID, _("no grant given: see tequio grant list"));
    if (!command_no_operands(argc, operands, 1, err) ||
        !parse_u64(operands[0], 1, INT64_MAX, &body.grant, err) ||
        !is_given(arguments->reason, "--reason", err))
        return false;
    body.key = session_new_key(key);
    body.project = arena_copy_utf8(arena, arguments->project ? arguments->project : "");
    body.amount = arguments->amount;
    body.carry_until_us = arguments->until_us;
    body.reason = arena_copy_utf8(arena, arguments->reason);
    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_CHANGE;
    ask.grant_change = &body;
    body.dry_run = arguments->dry_run;
    return arguments->dry_run
               ? foreseen_show(session, &ask, err)
               : (answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err)) != NULL;
}

static const struct option_rule move_options[] = {
    OPTION_TEXT('A', "project", "NAME", struct arguments, project,
                N_("to this project of the same institution")),
    OPTION_WITH('n', "amount", "AMOUNT", struct arguments, amount, set_amount,
                N_("service units; all that is left of the grant when not given")),
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for the books")),
    DRY_RUN_OPTION(struct arguments),
    OPTION_HELP,
    OPTION_END,
};

static bool run_move(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    return command_options(move_options, argc, argv, &arguments, &first, err) &&
           is_given(arguments.project, "--project", err) &&
           change(session, &arguments, argc - first, argv + first, err);
}

static const struct option_rule end_options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for the books")),
    DRY_RUN_OPTION(struct arguments),
    OPTION_HELP,
    OPTION_END,
};

static bool run_end(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    return command_options(end_options, argc, argv, &arguments, &first, err) &&
           change(session, &arguments, argc - first, argv + first, err);
}

static const struct option_rule carry_options[] = {
    OPTION_WITH('E', "end", "WHEN", struct arguments, until_us, set_time, N_("good until then")),
    OPTION_WITH('n', "amount", "AMOUNT", struct arguments, amount, set_amount,
                N_("service units; all that is left of the grant when not given")),
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for the books")),
    DRY_RUN_OPTION(struct arguments),
    OPTION_HELP,
    OPTION_END,
};

static bool run_carry(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    if (!command_options(carry_options, argc, argv, &arguments, &first, err))
        return false;
    if (!arguments.until_us)
        return fail(err, ERROR_INVALID, _("%s is needed"), "--end");
    return change(session, &arguments, argc - first, argv + first, err);
}

static const struct command grant_carry = {
    .name = "carry",
    .summary = N_("Carry over what is left of a grant to another end"),
    .operands = N_("GRANT"),
    .options = carry_options,
    .run = run_carry,
};

static const struct command grant_move = {
    .name = "move",
    .summary = N_("Move what is left of a project's grant to another project"),
    .operands = N_("GRANT"),
    .options = move_options,
    .run = run_move,
};

static const struct command grant_end = {
    .name = "end",
    .summary = N_("End a grant: what was not used of it goes away"),
    .operands = N_("GRANT"),
    .options = end_options,
    .run = run_end,
};

static const struct command *const children[] = {&grant_add,  &grant_carry, &grant_end,
                                                 &grant_list, &grant_move,  NULL};

const struct command cmd_grant = {
    .name = "grant",
    .summary = N_("List, add, move, carry over and end grants"),
    .operands = "",
    .children = children,
};
