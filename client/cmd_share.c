/* cmd_share.c - tequio share: who has which share, and has used how much of it */

#include "base/parse.h"
#include "client/cells.h"
#include "client/command.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

#include <string.h>

#define FORMAT_STANDARD "account,user,rawshares,normshares,rawusage,effectvusage,fairshare"
#define SHARES_MAX      1000000

struct arguments {
    const char *institution;
    const char *project;
    const char *user;
    const char *reason;
    struct output_options output;
};

static const struct option_rule options[] = {
    OPTION_TEXT(0, "institution", "NAME", struct arguments, institution, N_("of this institution")),
    OPTION_TEXT('A', "account", "NAME", struct arguments, project, N_("of this project")),
    OPTION_TEXT('u', "user", "NAME", struct arguments, user, N_("of this person")),
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason,
                N_("why the shares are set, for the audit log")),
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

/* Deeper lines stand further in, as sshare prints them. */
static void cell_account(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ShareRow *share = row;
    const char *name = share->depth == 1 ? share->institution : share->project;

    buffer_print(scratch, "%*s%s", share->depth > 1 ? 1 : 0, "", name);
    cell_set_text(cell, scratch->bytes);
}

static void set_fraction(struct cell *cell, double fraction)
{
    cell->kind = CELL_FRACTION;
    cell->fraction = fraction;
}

static void cell_user(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ShareRow *share = row;

    (void)scratch;
    cell->absent = "";
    if (*share->user)
        cell_set_text(cell, share->user);
}

static void cell_norm_shares(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    set_fraction(cell, ((const Wire__ShareRow *)row)->norm_shares);
}

static void cell_norm_usage(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    set_fraction(cell, ((const Wire__ShareRow *)row)->norm_usage);
}

static void cell_factor(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ShareRow *share = row;

    (void)scratch;
    cell->absent = "";
    if (share->depth == 3)
        set_fraction(cell, share->factor);
}

/* Above 1: less was used than the share is of what the siblings used. */
static void cell_level(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ShareRow *share = row;

    (void)scratch;
    if (share->norm_usage > 0)
        set_fraction(cell, share->norm_shares / share->norm_usage);
}

CELL_OF_TEXT(institution, Wire__ShareRow, institution)
CELL_OF_TEXT(project, Wire__ShareRow, project)
CELL_OF(shares, Wire__ShareRow, CELL_NUMBER, shares)
CELL_OF(usage, Wire__ShareRow, CELL_AMOUNT, usage)
CELL_OF_TEXT(reason, Wire__ShareRow, reason)
CELL_OF_TEXT(by, Wire__ShareRow, made_by)
CELL_OF_OPTIONAL(made, Wire__ShareRow, CELL_TIME, made_us)

static const struct column columns[] = {
    {"account",      NULL, "ACCOUNT",      0, COLUMN_CUT,   cell_account    },
    {"user",         NULL, "USER",         0, COLUMN_CUT,   cell_user       },
    {"institution",  NULL, "INSTITUTION",  0, COLUMN_CUT,   cell_institution},
    {"project",      NULL, "PROJECT",      0, COLUMN_CUT,   cell_project    },
    {"rawshares",    NULL, "RAWSHARES",    0, COLUMN_RIGHT, cell_shares     },
    {"normshares",   NULL, "NORMSHARES",   0, COLUMN_RIGHT, cell_norm_shares},
    {"rawusage",     NULL, "RAWUSAGE",     0, COLUMN_RIGHT, cell_usage      },
    {"effectvusage", NULL, "EFFECTVUSAGE", 0, COLUMN_RIGHT, cell_norm_usage },
    {"fairshare",    NULL, "FAIRSHARE",    0, COLUMN_RIGHT, cell_factor     },
    {"levelfs",      NULL, "LEVELFS",      0, COLUMN_RIGHT, cell_level      },
    {"by",           NULL, "BY",           0, COLUMN_CUT,   cell_by         },
    {"set",          NULL, "SET",          0, 0,            cell_made       },
    {"reason",       NULL, "REASON",       0, COLUMN_CUT,   cell_reason     },
    {NULL,           NULL, NULL,           0, 0,            NULL            },
};

static bool show(struct session *session, const struct arguments *arguments, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ShareAsk body = WIRE__SHARE_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct output output = {.columns = columns, .standard = FORMAT_STANDARD};

    body.institution = arena_copy_utf8(arena, arguments->institution ? arguments->institution : "");
    body.project = arena_copy_utf8(arena, arguments->project ? arguments->project : "");
    body.user = arena_copy_utf8(arena, arguments->user ? arguments->user : "");
    ask.body_case = WIRE__ENVELOPE__BODY_SHARE_ASK;
    ask.share_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_SHARE_TABLE, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->share_table->rows;
    output.count = answer->share_table->n_rows;
    return output_print(&output, &arguments->output, err);
}

/* "INSTITUTION", "INSTITUTION/PROJECT" or "INSTITUTION/PROJECT/USER". */
static bool read_place(const char *given, struct arena *arena, Wire__ShareSet *body,
                       struct error *err)
{
    char **const names[] = {&body->institution, &body->project, &body->user};
    char *text = arena_copy_utf8(arena, given);

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *slash = strchr(text, '/');

        if (slash)
            *slash = '\0';
        if (*text == '\0')
            break;
        *names[i] = text;
        if (!slash)
            return true;
        text = slash + 1;
    }
    return fail(err, ERROR_INVALID,
                _("%s is no place of the tree: write INSTITUTION, INSTITUTION/PROJECT or "
                  "INSTITUTION/PROJECT/USER"),
                given);
}

static bool set(struct session *session, const struct arguments *arguments, int count,
                char **operands, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ShareSet body = WIRE__SHARE_SET__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    uint8_t key[SESSION_KEY_SIZE];
    uint64_t shares;

    if (count != 2)
        return fail(err, ERROR_INVALID, _("write tequio share set PLACE SHARES --reason TEXT"));
    if (!read_place(operands[0], arena, &body, err) ||
        !parse_u64(operands[1], 0, SHARES_MAX, &shares, err))
        return false;
    if (!is_given(arguments->reason, "--reason", err))
        return false;
    body.key = session_new_key(key);
    body.shares = (uint32_t)shares;
    body.reason = arena_copy_utf8(arena, arguments->reason);
    ask.body_case = WIRE__ENVELOPE__BODY_SHARE_SET;
    ask.share_set = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err);
    return answer != NULL;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    if (first < argc && strcmp(argv[first], "set") == 0)
        return set(session, &arguments, argc - first - 1, argv + first + 1, err);
    return command_no_operands(argc, argv, first, err) && show(session, &arguments, err);
}

const struct command cmd_share = {
    .name = "share",
    .summary = N_("Show shares and what was used of them; set shares"),
    .operands = N_("[set PLACE SHARES]"),
    .options = options,
    .run = run,
};
