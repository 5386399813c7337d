/* cmd_quota.c - tequio quota: what is left of the grants */

#include "client/cells.h"
#include "client/command.h"
#include "client/quota_limits.h"
#include "client/session.h"
#include "proto/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

/* --- why ------------------------------------------------------------------------------------ */

static void print_cell(const char *before, enum cell_kind kind, int64_t number)
{
    const struct cell cell = {.kind = kind, .number = number};
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    output_cell(&cell, &text);
    printf("%s%s", before, text.bytes);
}

static void print_grant(const Wire__GrantRow *grant)
{
    printf(_("  grant %" PRIu64), grant->id);
    print_cell(": ", CELL_AMOUNT, grant->amount);
    print_cell(_(", left "), CELL_AMOUNT, grant->left);
    if (grant->end_us)
        print_cell(_(", until "), CELL_TIME, grant->end_us);
    printf(_(", by "));
    output_text(grant->made_by);
    printf(": ");
    output_text(grant->reason);
    putchar('\n');
}

/* The grants of exactly that budget; what has ended explains nothing any more. */
static bool print_grants(struct session *session, const Wire__QuotaRow *row, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__GrantsAsk body = WIRE__GRANTS_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    size_t count = 0;

    body.institution = row->institution;
    body.project = row->project;
    ask.body_case = WIRE__ENVELOPE__BODY_GRANTS_ASK;
    ask.grants_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_GRANT_TABLE, err);
    if (!answer)
        return false;
    for (size_t i = 0; i < answer->grant_table->n_rows; i++) {
        const Wire__GrantRow *grant = answer->grant_table->rows[i];

        if (strcmp(grant->project, row->project) != 0 || grant->left == 0)
            continue;
        print_grant(grant);
        count++;
    }
    if (count == 0)
        puts(*row->project ? _("  no grant of its own that lasts: what its institution has counts")
                           : _("  no grant that lasts"));
    return true;
}

static bool explain(struct session *session, const Wire__QuotaRow *row, struct error *err)
{
    if (*row->project)
        printf(_("project "));
    else
        printf(_("institution "));
    output_text(*row->project ? row->project : row->institution);
    print_cell(_(": granted "), CELL_AMOUNT, row->granted);
    print_cell(_(", charged "), CELL_AMOUNT, row->charged);
    print_cell(_(", held "), CELL_AMOUNT, row->held);
    print_cell(_(", available "), CELL_AMOUNT, row->available);
    putchar('\n');
    return print_grants(session, row, err);
}

static Wire__Envelope *ask_quota(struct session *session, char *institution, char *project,
                                 struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__QuotaAsk body = WIRE__QUOTA_ASK__INIT;

    body.institution = institution;
    body.project = project;
    ask.body_case = WIRE__ENVELOPE__BODY_QUOTA_ASK;
    ask.quota_ask = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_QUOTA_TABLE, err);
}

/* The project's budget and that above it: a job needs enough of both. */
static bool why(struct session *session, const char *project, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(message_freep) Wire__Envelope *above = NULL;
    CLEANUP(message_freep)
    Wire__Envelope *own =
        ask_quota(session, arena_copy(arena, ""), arena_copy_utf8(arena, project), err);
    bool seen = false;

    if (!own)
        return false;
    for (size_t i = 0; i < own->quota_table->n_rows; i++)
        if (!explain(session, own->quota_table->rows[i], err))
            return false;
    above = ask_quota(session, own->quota_table->rows[0]->institution, arena_copy(arena, ""), err);
    if (!above)
        return false;
    for (size_t i = 0; i < above->quota_table->n_rows; i++) {
        if (*above->quota_table->rows[i]->project)
            continue;
        seen = true;
        if (!explain(session, above->quota_table->rows[i], err))
            return false;
    }
    if (!seen) {
        printf(_("institution "));
        output_text(own->quota_table->rows[0]->institution);
        puts(_(": its managers see what it has; a job needs enough of both"));
    }
    return quota_print_limits(session, own->quota_table->rows[0]->institution, project, err);
}

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
        !output_check(columns, &arguments.output, err))
        return false;
    if (first + 2 == argc && strcmp(argv[first], "why") == 0)
        return why(session, argv[first + 1], err);
    if (!command_no_operands(argc, argv, first, err))
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
    .operands = N_("[why PROJECT]"),
    .options = options,
    .run = run,
};
