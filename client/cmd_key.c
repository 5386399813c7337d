/* cmd_key.c - tequio key: who may speak, and tokens for those who shall */

#include "base/digest.h"
#include "base/parse.h"
#include "client/cells.h"
#include "client/columns.h"
#include "client/command.h"
#include "client/session.h"
#include "proto/arena.h"

#include <stdio.h>
#include <string.h>

enum { ROLES_MAX = 8 };

#define TOKEN_LIFE_MOST_US (7 * US_PER_DAY)

/* --- list ----------------------------------------------------------------------------------- */

struct list_arguments {
    const char *user;
    struct output_options output;
};

static const struct option_rule list_options[] = {
    OPTION_TEXT('u', "user", "NAME", struct list_arguments, user, N_("keys of this user or node")),
    OUTPUT_OPTIONS(struct list_arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF_TEXT(public, Wire__KeyView, public_key)
CELL_OF_TEXT(principal, Wire__KeyView, principal)
CELL_OF_TEXT(enrolled_by, Wire__KeyView, enrolled_by)
CELL_OF_TEXT(revoked_by, Wire__KeyView, revoked_by)
CELL_OF_OPTIONAL(enrolled, Wire__KeyView, CELL_TIME, enrolled_us)
CELL_OF_OPTIONAL(revoked, Wire__KeyView, CELL_TIME, revoked_us)

static void cell_roles(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__KeyView *key = row;

    for (size_t i = 0; i < key->n_roles; i++)
        buffer_print(scratch, "%s%s", i ? "," : "", key->roles[i]);
    cell_set_text(cell, scratch->bytes);
}

const struct column key_columns[] = {
    {"key",        NULL, "KEY",         0, 0,          cell_public     },
    {"principal",  NULL, "PRINCIPAL",   0, 0,          cell_principal  },
    {"roles",      NULL, "ROLES",       0, COLUMN_CUT, cell_roles      },
    {"enrolled",   NULL, "ENROLLED",    0, 0,          cell_enrolled   },
    {"enrolledby", NULL, "ENROLLED_BY", 0, COLUMN_CUT, cell_enrolled_by},
    {"revoked",    NULL, "REVOKED",     0, 0,          cell_revoked    },
    {"revokedby",  NULL, "REVOKED_BY",  0, COLUMN_CUT, cell_revoked_by },
    {NULL,         NULL, NULL,          0, 0,          NULL            },
};

static bool run_list(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__KeyList body = WIRE__KEY_LIST__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list_arguments arguments = {0};
    struct output output = {.columns = key_columns,
                            .standard = "key,principal,roles,enrolled,revoked"};
    int first;

    if (!command_options(list_options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(key_columns, &arguments.output, err))
        return false;
    body.principal = arena_copy_utf8(arena, arguments.user ? arguments.user : "");
    ask.body_case = WIRE__ENVELOPE__BODY_KEY_LIST;
    ask.key_list = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_KEY_LISTING, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->key_listing->keys;
    output.count = answer->key_listing->n_keys;
    return output_print(&output, &arguments.output, err);
}

static const struct command key_list = {
    .name = "list",
    .summary = N_("Show the keys that are, or were, enrolled"),
    .operands = "",
    .options = list_options,
    .run = run_list,
};

/* --- revoke --------------------------------------------------------------------------------- */

struct revoke_arguments {
    const char *reason;
};

static const struct option_rule revoke_options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct revoke_arguments, reason, N_("why, for the records")),
    OPTION_HELP,
    OPTION_END,
};

/* A key may begin with '-': take it out before options are looked for. */
static const char *take_key(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++) {
        const char *key = argv[i];

        if (!key_text_is_valid(key))
            continue;
        memmove(argv + i, argv + i + 1, (size_t)(*argc - i) * sizeof(char *));
        (*argc)--;
        return key;
    }
    return NULL;
}

static bool run_revoke(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__KeyRevoke body = WIRE__KEY_REVOKE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct revoke_arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    const char *public_key;
    int first;

    public_key = take_key(&argc, argv);
    if (!command_options(revoke_options, argc, argv, &arguments, &first, err))
        return false;
    if (first < argc && public_key)
        return command_no_operands(argc, argv, first, err);
    if (first < argc)
        return fail(err, ERROR_INVALID, _("%s is not a public key: 40 characters of Z85"),
                    argv[first]);
    if (!public_key)
        return fail(err, ERROR_INVALID, _("no key given; `tequio key list` shows them"));
    body.key = session_new_key(key);
    body.public_key = arena_copy(arena, public_key);
    body.reason = arena_copy_utf8(arena, arguments.reason ? arguments.reason : "");
    ask.body_case = WIRE__ENVELOPE__BODY_KEY_REVOKE;
    ask.key_revoke = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err);
    if (answer)
        puts(_("revoked"));
    return answer != NULL;
}

static const struct command key_revoke = {
    .name = "revoke",
    .summary = N_("End a key: its next message is refused"),
    .operands = N_("KEY"),
    .options = revoke_options,
    .run = run_revoke,
};

/* --- token ---------------------------------------------------------------------------------- */

struct token_arguments {
    const char *cluster;
    const char *institution;
    const char *roles;
    int64_t life_us;
};

static const struct option_rule token_options[] = {
    OPTION_TEXT('M', "cluster", "NAME", struct token_arguments, cluster,
                N_("of a node, or of a cluster's administrator")),
    OPTION_TEXT('i', "institution", "NAME", struct token_arguments, institution,
                N_("of an institution's manager")),
    OPTION_TEXT(0, "role", "ROLES", struct token_arguments, roles,
                N_("operator, auditor, institution-manager, cluster-admin; else the plain one")),
    OPTION_DURATION('t', "life", "TIME", struct token_arguments, life_us,
                    N_("good for so long; 15 minutes when not given, at most 7 days")),
    OPTION_HELP,
    OPTION_END,
};

static bool check_kind(const char *kind, struct error *err)
{
    static const char *const kinds[] = {"user", "node", "service", NULL};
    char shown[TEXT_SHOWN_SIZE];

    for (size_t i = 0; kinds[i]; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return fail(err, ERROR_INVALID, _("write user, node or service, not %s"),
                text_show(kind, shown));
}

static void fill_roles(const char *roles, struct arena *arena, Wire__TokenCreate *body)
{
    char *rest, *role;

    if (!roles)
        return;
    rest = arena_copy_utf8(arena, roles);
    body->roles = arena_get(arena, ROLES_MAX, sizeof(char *));
    while (body->n_roles < ROLES_MAX && (role = strsep(&rest, ",")))
        if (*role)
            body->roles[body->n_roles++] = role;
}

/* The token alone on stdout; how long it is good, for the person. */
static void print_token(const Wire__TokenCreated *created)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    hex_print(created->token.data, created->token.len, &text);
    printf("%s\n", text.bytes);
    buffer_reset(&text);
    print_time(created->until_us, &text);
    fprintf(stderr, _("tequio: good once, until %s\n"), text.bytes);
}

static bool run_token(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__TokenCreate body = WIRE__TOKEN_CREATE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct token_arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    int first;

    if (!command_options(token_options, argc, argv, &arguments, &first, err))
        return false;
    if (argc - first < 2)
        return fail(err, ERROR_INVALID, _("say for whom: user, node or service, and its name"));
    if (!command_no_operands(argc, argv, first + 2, err) || !check_kind(argv[first], err))
        return false;
    if (arguments.life_us > TOKEN_LIFE_MOST_US)
        return fail(err, ERROR_INVALID, _("a token is good for at most 7 days"));
    body.key = session_new_key(key);
    body.kind = argv[first];
    body.name = arena_copy_utf8(arena, argv[first + 1]);
    body.cluster = arena_copy_utf8(arena, arguments.cluster ? arguments.cluster : "");
    body.institution = arena_copy_utf8(arena, arguments.institution ? arguments.institution : "");
    body.life_us = arguments.life_us;
    fill_roles(arguments.roles, arena, &body);
    ask.body_case = WIRE__ENVELOPE__BODY_TOKEN_CREATE;
    ask.token_create = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_TOKEN_CREATED, err);
    if (answer)
        print_token(answer->token_created);
    return answer != NULL;
}

static const struct command key_token = {
    .name = "token",
    .summary = N_("Make a one-time token for a user, a node or a service"),
    .operands = N_("user|node|service NAME"),
    .options = token_options,
    .run = run_token,
};

static const struct command *const children[] = {&key_list, &key_revoke, &key_token, NULL};

const struct command cmd_key = {
    .name = "key",
    .summary = N_("Manage the keys of people, nodes and services"),
    .operands = "",
    .children = children,
};
