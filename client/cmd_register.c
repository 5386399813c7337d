/* cmd_register.c - tequio institution|project|user: list, add, change and end what is registered */

#include "base/clock.h"
#include "client/admin.h"
#include "client/cells.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

/* --- list ----------------------------------------------------------------------------------- */

struct list_arguments {
    const char *institution;
    const char *project;
    const char *user;
    bool ended;
    struct output_options output;
};

#define LIST_OPTIONS                                                                      \
    OPTION_TEXT(0, "institution", "NAME", struct list_arguments, institution,             \
                N_("of this institution")),                                               \
        OPTION_FLAG('a', "all", struct list_arguments, ended, N_("also what has ended")), \
        OUTPUT_OPTIONS(struct list_arguments, output), OPTION_HELP_LONG, OPTION_END

static const struct option_rule institution_list_options[] = {LIST_OPTIONS};

static const struct option_rule project_list_options[] = {
    OPTION_TEXT('A', "account", "NAME", struct list_arguments, project, N_("of this project")),
    LIST_OPTIONS};

static const struct option_rule user_list_options[] = {
    OPTION_TEXT('A', "account", "NAME", struct list_arguments, project, N_("of this project")),
    OPTION_TEXT('u', "user", "NAME", struct list_arguments, user, N_("of this person")),
    LIST_OPTIONS};

CELL_OF_TEXT(institution, Wire__RegisterRow, institution)
CELL_OF_TEXT(project, Wire__RegisterRow, project)
CELL_OF_TEXT(user, Wire__RegisterRow, user)
CELL_OF_TEXT(title, Wire__RegisterRow, title)
CELL_OF_TEXT(ror, Wire__RegisterRow, ror)
CELL_OF(manager, Wire__RegisterRow, CELL_FLAG, manager)
CELL_OF_OPTIONAL(since, Wire__RegisterRow, CELL_TIME, made_us)
CELL_OF_OPTIONAL(until, Wire__RegisterRow, CELL_TIME, until_us)
CELL_OF_TEXT(by, Wire__RegisterRow, ended_by)
CELL_OF_TEXT(reason, Wire__RegisterRow, reason)

static void cell_roles(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__RegisterRow *person = row;

    for (size_t i = 0; i < person->n_roles; i++)
        buffer_print(scratch, "%s%s", i ? "," : "", person->roles[i]);
    cell_set_text(cell, scratch->bytes);
}

const struct column register_columns[] = {
    {"institution", NULL,      "INSTITUTION", 0, COLUMN_CUT, cell_institution},
    {"project",     "account", "PROJECT",     0, COLUMN_CUT, cell_project    },
    {"user",        NULL,      "USER",        0, COLUMN_CUT, cell_user       },
    {"title",       NULL,      "TITLE",       0, COLUMN_CUT, cell_title      },
    {"ror",         NULL,      "ROR",         0, COLUMN_CUT, cell_ror        },
    {"manager",     NULL,      "MANAGER",     0, 0,          cell_manager    },
    {"roles",       NULL,      "ROLES",       0, COLUMN_CUT, cell_roles      },
    {"since",       NULL,      "SINCE",       0, 0,          cell_since      },
    {"until",       NULL,      "UNTIL",       0, 0,          cell_until      },
    {"by",          NULL,      "ENDED BY",    0, COLUMN_CUT, cell_by         },
    {"reason",      NULL,      "REASON",      0, COLUMN_CUT, cell_reason     },
    {NULL,          NULL,      NULL,          0, 0,          NULL            },
};

static bool show(struct session *session, const char *what, const char *standard,
                 const struct list_arguments *arguments, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RegisterAsk body = WIRE__REGISTER_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct output output = {.columns = register_columns, .standard = standard};

    body.what = arena_copy(arena, what);
    body.institution = arena_copy_utf8(arena, arguments->institution ? arguments->institution : "");
    body.project = arena_copy_utf8(arena, arguments->project ? arguments->project : "");
    body.user = arena_copy_utf8(arena, arguments->user ? arguments->user : "");
    body.ended = arguments->ended;
    ask.body_case = WIRE__ENVELOPE__BODY_REGISTER_ASK;
    ask.register_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_REGISTER_TABLE, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->register_table->rows;
    output.count = answer->register_table->n_rows;
    return output_print(&output, &arguments->output, err);
}

#define LIST(what, fields)                                                                  \
    static bool run_##what##_list(struct session *session, int argc, char **argv,           \
                                  struct error *err)                                        \
    {                                                                                       \
        struct list_arguments arguments = {0};                                              \
        int first;                                                                          \
                                                                                            \
        return command_options(what##_list_options, argc, argv, &arguments, &first, err) && \
               command_no_operands(argc, argv, first, err) &&                               \
               output_check(register_columns, &arguments.output, err) &&                    \
               show(session, #what, fields, &arguments, err);                               \
    }

LIST(institution, "institution,title,ror,since,until")
LIST(project, "project,institution,title,since,until")
LIST(user, "user,project,institution,manager,roles,since,until")

/* --- change, end ---------------------------------------------------------------------------- */

struct change_arguments {
    const char *project;
    const char *title;
    const char *ror;
    const char *reason;
    bool manager;
    bool no_manager;
    bool again;
    int64_t until_us;
};

/* The one operand, a name; then ask. */
static bool change(struct session *session, const char *what,
                   const struct change_arguments *arguments, int count, char **operands,
                   struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RegisterChange body = WIRE__REGISTER_CHANGE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    uint8_t key[SESSION_KEY_SIZE];

    if (count == 0)
        return fail(err, ERROR_INVALID, _("no name given"));
    if (!command_no_operands(count, operands, 1, err))
        return false;
    if (!is_given(arguments->reason, "--reason", err))
        return false;
    if (arguments->manager && arguments->no_manager)
        return fail(err, ERROR_INVALID, _("--manager or --no-manager, not both"));
    body.key = session_new_key(key);
    body.what = arena_copy(arena, what);
    body.name = arena_copy_utf8(arena, operands[0]);
    body.project = arena_copy_utf8(arena, arguments->project ? arguments->project : "");
    body.title = arena_copy_utf8(arena, arguments->title ? arguments->title : "");
    body.ror = arena_copy_utf8(arena, arguments->ror ? arguments->ror : "");
    body.reason = arena_copy_utf8(arena, arguments->reason);
    body.until_us = arguments->again ? -1 : arguments->until_us;
    if (arguments->manager || arguments->no_manager)
        body.manager = arguments->manager ? WIRE__SETTING__SETTING_YES : WIRE__SETTING__SETTING_NO;
    ask.body_case = WIRE__ENVELOPE__BODY_REGISTER_CHANGE;
    ask.register_change = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err);
    return answer != NULL;
}

#define TITLE_OPTION                                                  \
    OPTION_TEXT('t', "title", "TEXT", struct change_arguments, title, \
                N_("the name in full, for reports"))
#define REASON_OPTION \
    OPTION_TEXT('r', "reason", "TEXT", struct change_arguments, reason, N_("why, for the books"))
#define PROJECT_OPTION \
    OPTION_TEXT('A', "project", "NAME", struct change_arguments, project, N_("in this project"))
#define END_OPTIONS                                                              \
    OPTION_WITH('E', "end", "WHEN", struct change_arguments, until_us, set_time, \
                N_("nothing new from then on; from now on when not given")),     \
        OPTION_FLAG(0, "undo", struct change_arguments, again, N_("it has no end any more"))

static const struct option_rule institution_change_options[] = {
    TITLE_OPTION,
    OPTION_TEXT(0, "ror", "ID", struct change_arguments, ror,
                N_("its number in the Research Organization Registry")),
    REASON_OPTION,
    OPTION_HELP,
    OPTION_END,
};

static const struct option_rule project_change_options[] = {
    TITLE_OPTION,
    REASON_OPTION,
    OPTION_HELP,
    OPTION_END,
};

static const struct option_rule user_change_options[] = {
    PROJECT_OPTION,
    OPTION_FLAG(0, "manager", struct change_arguments, manager,
                N_("may manage the project's jobs")),
    OPTION_FLAG(0, "no-manager", struct change_arguments, no_manager,
                N_("may not manage the project's jobs any more")),
    REASON_OPTION,
    OPTION_HELP,
    OPTION_END,
};

static const struct option_rule institution_end_options[] = {
    END_OPTIONS,
    REASON_OPTION,
    OPTION_HELP,
    OPTION_END,
};

static const struct option_rule project_end_options[] = {
    END_OPTIONS,
    REASON_OPTION,
    OPTION_HELP,
    OPTION_END,
};

static const struct option_rule user_end_options[] = {
    PROJECT_OPTION, END_OPTIONS, REASON_OPTION, OPTION_HELP, OPTION_END,
};

static int64_t now(void)
{
    return clock_wall_us(&clock_real);
}

#define CHANGE(what, verb, until)                                                               \
    static bool run_##what##_##verb(struct session *session, int argc, char **argv,             \
                                    struct error *err)                                          \
    {                                                                                           \
        struct change_arguments arguments = {.until_us = (until)};                              \
        int first;                                                                              \
                                                                                                \
        return command_options(what##_##verb##_options, argc, argv, &arguments, &first, err) && \
               change(session, #what, &arguments, argc - first, argv + first, err);             \
    }

CHANGE(institution, change, 0)
CHANGE(institution, end, now())
CHANGE(project, change, 0)
CHANGE(project, end, now())
CHANGE(user, change, 0)
CHANGE(user, end, now())

/* --- the table ------------------------------------------------------------------------------ */

#define PART(what, verb, text, operand)           \
    static const struct command what##_##verb = { \
        .name = #verb,                            \
        .summary = text,                          \
        .operands = operand,                      \
        .options = what##_##verb##_options,       \
        .run = run_##what##_##verb,               \
    };

PART(institution, list, N_("List institutions"), "")
PART(institution, change, N_("Change an institution's names"), N_("NAME"))
PART(institution, end, N_("End an institution: its projects take no new jobs"), N_("NAME"))
PART(project, list, N_("List projects"), "")
PART(project, change, N_("Change a project's title"), N_("NAME"))
PART(project, end, N_("End a project: it takes no new jobs"), N_("NAME"))
PART(user, list, N_("List who is in which project"), "")
PART(user, change, N_("Change what somebody may do in a project"), N_("NAME"))
PART(user, end, N_("End somebody's part in a project"), N_("NAME"))

#define COMMAND(what, text)                                           \
    static const struct command *const what##_commands[] = {          \
        &what##_add, &what##_change, &what##_end, &what##_list, NULL, \
    };                                                                \
    const struct command cmd_##what = {                               \
        .name = #what,                                                \
        .summary = text,                                              \
        .operands = "",                                               \
        .children = what##_commands,                                  \
    };

COMMAND(institution, N_("List, add, change and end institutions"))
COMMAND(project, N_("List, add, change and end projects"))
COMMAND(user, N_("List, add, change and end who is in a project"))
