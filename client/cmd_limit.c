/* cmd_limit.c - tequio limit list|set|clear|array: how much may run at once, and for whom */

#include "client/cells.h"
#include "client/command.h"
#include "client/limit_array.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

#include <string.h>

#define LIMITS_MOST 64

/* "project:bio" in two; "network" has no name. */
static void read_place(const char *given, struct arena *arena, char **ret_scope, char **ret_name)
{
    char *text = arena_copy_utf8(arena, given);
    char *colon = strchr(text, ':');

    *ret_scope = text;
    *ret_name = (char *)"";
    if (!colon)
        return;
    *colon = '\0';
    *ret_name = colon + 1;
}

/* --- list ----------------------------------------------------------------------------------- */

struct list_arguments {
    struct output_options output;
};

static const struct option_rule list_options[] = {
    OUTPUT_OPTIONS(struct list_arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

static void cell_place(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__LimitRow *limit = row;

    buffer_print(scratch, "%s%s%s", limit->scope, *limit->name ? ":" : "", limit->name);
    cell_set_text(cell, scratch->bytes);
}

static void cell_used(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__LimitRow *limit = row;

    (void)scratch;
    if (*limit->used)
        cell_set_text(cell, limit->used);
    if (*limit->used && strcmp(limit->used, limit->amount) == 0)
        cell->tone = TONE_WAIT;
}

static void cell_by(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__LimitRow *limit = row;

    (void)scratch;
    cell_set_text(cell, limit->configured ? _("configuration") : limit->made_by);
}

CELL_OF_TEXT(scope, Wire__LimitRow, scope)
CELL_OF_TEXT(name, Wire__LimitRow, name)
CELL_OF_TEXT(form, Wire__LimitRow, form)
CELL_OF_TEXT(what, Wire__LimitRow, what)
CELL_OF_TEXT(amount, Wire__LimitRow, amount)
CELL_OF_TEXT(reason, Wire__LimitRow, reason)
CELL_OF_OPTIONAL(made, Wire__LimitRow, CELL_TIME, made_us)

#define FORMAT_LIST "place,form,what,limit,used,by,set,reason"

static const struct column columns[] = {
    {"place",  NULL, "PLACE",  0, COLUMN_CUT,   cell_place },
    {"scope",  NULL, "SCOPE",  0, 0,            cell_scope },
    {"name",   NULL, "NAME",   0, COLUMN_CUT,   cell_name  },
    {"form",   NULL, "FORM",   0, 0,            cell_form  },
    {"what",   NULL, "WHAT",   0, 0,            cell_what  },
    {"limit",  NULL, "LIMIT",  0, COLUMN_RIGHT, cell_amount},
    {"used",   NULL, "USED",   0, COLUMN_RIGHT, cell_used  },
    {"by",     NULL, "BY",     0, COLUMN_CUT,   cell_by    },
    {"set",    NULL, "SET",    0, 0,            cell_made  },
    {"reason", NULL, "REASON", 0, COLUMN_CUT,   cell_reason},
    {NULL,     NULL, NULL,     0, 0,            NULL       },
};

static bool run_list(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__LimitsAsk body = WIRE__LIMITS_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list_arguments arguments = {0};
    struct output output = {.columns = columns, .standard = FORMAT_LIST};
    int first;

    if (!command_options(list_options, argc, argv, &arguments, &first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    if (first < argc)
        read_place(argv[first], arena, &body.scope, &body.name);
    if (first < argc && !command_no_operands(argc, argv, first + 1, err))
        return false;
    ask.body_case = WIRE__ENVELOPE__BODY_LIMITS_ASK;
    ask.limits_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_LIMIT_TABLE, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->limit_table->rows;
    output.count = answer->limit_table->n_rows;
    return output_print(&output, &arguments.output, err);
}

static const struct command limit_list = {
    .name = "list",
    .summary = N_("List limits, and what is used of them"),
    .operands = N_("[PLACE]"),
    .options = list_options,
    .run = run_list,
};

/* --- set, clear ----------------------------------------------------------------------------- */

struct arguments {
    bool per_user;
    bool per_job;
    const char *reason;
};

static const struct option_rule options[] = {
    OPTION_FLAG('u', "per-user", struct arguments, per_user,
                N_("of each person there, not of all together")),
    OPTION_FLAG('j', "per-job", struct arguments, per_job, N_("of each job alone")),
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for the audit log")),
    OPTION_HELP,
    OPTION_END,
};

/* "cores=100"; to take one away "cores" alone. */
static bool read_amount(const char *given, bool clear, struct arena *arena,
                        Wire__LimitAmount *amount, struct error *err)
{
    char *text = arena_copy_utf8(arena, given);
    char *sign = strchr(text, '=');

    wire__limit_amount__init(amount);
    amount->what = text;
    if (clear && !sign)
        return true;
    if (clear || !sign || sign[1] == '\0')
        return fail(err, ERROR_INVALID,
                    clear ? _("%s: name only what is not to be limited any more")
                          : _("%s is no limit: write WHAT=AMOUNT, as cores=100"),
                    given);
    *sign = '\0';
    amount->amount = sign + 1;
    return true;
}

static bool fill_amounts(Wire__LimitSet *body, bool clear, int count, char **operands,
                         struct arena *arena, struct error *err)
{
    if (count > LIMITS_MOST)
        return fail(err, ERROR_INVALID, _("more than %d limits at once"), LIMITS_MOST);
    body->limits = ARENA_NEW_ARRAY(arena, Wire__LimitAmount *, (size_t)count);
    for (int i = 0; i < count; i++) {
        body->limits[i] = ARENA_NEW(arena, Wire__LimitAmount);
        if (!read_amount(operands[i], clear, arena, body->limits[i], err))
            return false;
        body->n_limits++;
    }
    return true;
}

static bool change(struct session *session, bool clear, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__LimitSet body = WIRE__LIMIT_SET__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (argc - first < 2)
        return fail(err, ERROR_INVALID, _("write PLACE and at least one limit"));
    if (arguments.per_user && arguments.per_job)
        return fail(err, ERROR_INVALID, _("%s and %s exclude each other"), "--per-user",
                    "--per-job");
    if (!is_given(arguments.reason, "--reason", err))
        return false;
    read_place(argv[first], arena, &body.scope, &body.name);
    if (!fill_amounts(&body, clear, argc - first - 1, argv + first + 1, arena, err))
        return false;
    body.form = (char *)(arguments.per_user ? "per-user" : arguments.per_job ? "per-job" : "total");
    body.key = session_new_key(key);
    body.reason = arena_copy_utf8(arena, arguments.reason);
    ask.body_case = WIRE__ENVELOPE__BODY_LIMIT_SET;
    ask.limit_set = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err);
    return answer != NULL;
}

static bool run_set(struct session *session, int argc, char **argv, struct error *err)
{
    return change(session, false, argc, argv, err);
}

static bool run_clear(struct session *session, int argc, char **argv, struct error *err)
{
    return change(session, true, argc, argv, err);
}

static const struct command limit_set = {
    .name = "set",
    .summary = N_("Set limits of a place"),
    .operands = N_("PLACE WHAT=AMOUNT..."),
    .options = options,
    .run = run_set,
};

static const struct command limit_clear = {
    .name = "clear",
    .summary = N_("Take limits away that were set"),
    .operands = N_("PLACE WHAT..."),
    .options = options,
    .run = run_clear,
};

static const struct command *const children[] = {&limit_array, &limit_clear, &limit_list,
                                                 &limit_set, NULL};

const struct command cmd_limit = {
    .name = "limit",
    .summary = N_("List, set and clear limits of what may run at once"),
    .operands = "",
    .children = children,
};
