/* admin_add.c - tequio admin institution|project|user|grant add */

#include "base/parse.h"
#include "client/admin.h"
#include "client/foreseen.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

enum { UIDS_MAX = 64 };

static char *text(struct arena *arena, const char *given)
{
    return arena_copy_utf8(arena, given ? given : "");
}

/* The one operand: a name. */
static bool read_name(int argc, char **argv, int first, const char **ret_name, struct error *err)
{
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no name given"));
    *ret_name = argv[first];
    return command_no_operands(argc, argv, first + 1, err);
}

static bool send(struct session *session, Wire__Envelope *ask, struct error *err)
{
    CLEANUP(message_freep)
    Wire__Envelope *answer = session_ask(session, ask, WIRE__ENVELOPE__BODY_DONE, err);

    return answer != NULL;
}

/* --- institution ---------------------------------------------------------------------------- */

struct institution_arguments {
    const char *title;
    const char *ror;
};

static const struct option_rule institution_options[] = {
    OPTION_TEXT('t', "title", "TEXT", struct institution_arguments, title,
                N_("the name in full, for reports")),
    OPTION_TEXT(0, "ror", "ID", struct institution_arguments, ror,
                N_("its number in the Research Organization Registry")),
    OPTION_HELP,
    OPTION_END,
};

static bool run_institution(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd body = WIRE__INSTITUTION_ADD__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct institution_arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    const char *name;
    int first;

    if (!command_options(institution_options, argc, argv, &arguments, &first, err) ||
        !read_name(argc, argv, first, &name, err))
        return false;
    body.key = session_new_key(key);
    body.name = text(arena, name);
    body.title = text(arena, arguments.title ? arguments.title : name);
    body.ror = text(arena, arguments.ror);
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &body;
    return send(session, &ask, err);
}

/* --- project -------------------------------------------------------------------------------- */

struct project_arguments {
    const char *institution;
    const char *title;
};

static const struct option_rule project_options[] = {
    OPTION_TEXT('i', "institution", "NAME", struct project_arguments, institution,
                N_("whose project it is")),
    OPTION_TEXT('t', "title", "TEXT", struct project_arguments, title,
                N_("the name in full, for reports")),
    OPTION_HELP,
    OPTION_END,
};

static bool run_project(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ProjectAdd body = WIRE__PROJECT_ADD__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct project_arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    const char *name;
    int first;

    if (!command_options(project_options, argc, argv, &arguments, &first, err) ||
        !read_name(argc, argv, first, &name, err) ||
        !is_given(arguments.institution, "--institution", err))
        return false;
    body.key = session_new_key(key);
    body.name = text(arena, name);
    body.institution = text(arena, arguments.institution);
    body.title = text(arena, arguments.title ? arguments.title : name);
    ask.body_case = WIRE__ENVELOPE__BODY_PROJECT_ADD;
    ask.project_add = &body;
    return send(session, &ask, err);
}

/* --- user ----------------------------------------------------------------------------------- */

struct user_arguments {
    const char *project;
    bool manager;
    uint32_t uid_count;
    uint32_t uids[UIDS_MAX];
};

/* A number, or the name of an account of this machine; may be given several times. */
static bool add_uid(void *place, const char *given, struct error *err)
{
    struct user_arguments *arguments = place;
    const struct passwd *account = getpwnam(given);
    uint32_t uid;
    char shown[TEXT_SHOWN_SIZE];

    if (arguments->uid_count == UIDS_MAX)
        return fail(err, ERROR_INVALID, _("at most %d accounts"), UIDS_MAX);
    if (account)
        uid = account->pw_uid;
    else if (!parse_u32(given, 0, UINT32_MAX - 1, &uid, err))
        return fail(err, ERROR_INVALID, _("%s is neither a uid nor an account of this machine"),
                    text_show(given, shown));
    arguments->uids[arguments->uid_count++] = uid;
    return true;
}

static const struct option_rule user_options[] = {
    OPTION_TEXT('A', "project", "NAME", struct user_arguments, project,
                N_("may submit for this project")),
    OPTION_FLAG(0, "manager", struct user_arguments, manager, N_("may manage the project's jobs")),
    {0, "uid", "UID", 0, add_uid, N_("is this account of the scheduler's machine, too")},
    OPTION_HELP,
    OPTION_END,
};

static bool run_user(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UserAdd body = WIRE__USER_ADD__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct user_arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    const char *name;
    int first;

    if (!command_options(user_options, argc, argv, &arguments, &first, err) ||
        !read_name(argc, argv, first, &name, err) || !is_given(arguments.project, "--project", err))
        return false;
    body.key = session_new_key(key);
    body.name = text(arena, name);
    body.project = text(arena, arguments.project);
    body.manager = arguments.manager;
    body.local_uids = arguments.uids;
    body.n_local_uids = arguments.uid_count;
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &body;
    return send(session, &ask, err);
}

/* --- grant ---------------------------------------------------------------------------------- */

struct grant_arguments {
    const char *institution;
    const char *project;
    const char *reason;
    int64_t amount;
    int64_t start_us;
    int64_t end_us;
    bool dry_run;
};

static const struct option_rule grant_options[] = {
    OPTION_TEXT('i', "institution", "NAME", struct grant_arguments, institution,
                N_("to this institution")),
    OPTION_TEXT('A', "project", "NAME", struct grant_arguments, project,
                N_("from its institution to this project")),
    OPTION_WITH('n', "amount", "AMOUNT", struct grant_arguments, amount, set_amount,
                N_("service units; one is a core-hour of the reference node")),
    OPTION_WITH('S', "start", "WHEN", struct grant_arguments, start_us, set_time,
                N_("good from then on; now when not given")),
    OPTION_WITH('E', "end", "WHEN", struct grant_arguments, end_us, set_time,
                N_("good until then; for ever when not given")),
    OPTION_TEXT('r', "reason", "TEXT", struct grant_arguments, reason, N_("why, for the books")),
    DRY_RUN_OPTION(struct grant_arguments),
    OPTION_HELP,
    OPTION_END,
};

static bool run_grant(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__GrantAdd body = WIRE__GRANT_ADD__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct grant_arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    int first;

    if (!command_options(grant_options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err))
        return false;
    if (!arguments.institution == !arguments.project)
        return fail(err, ERROR_INVALID, _("say to whom: --institution NAME or --project NAME"));
    if (arguments.amount <= 0)
        return fail(err, ERROR_INVALID, _("say how much: --amount, above 0"));
    if (arguments.end_us > 0 && arguments.end_us <= arguments.start_us)
        return fail(err, ERROR_INVALID, _("the end of the time lies before its start"));
    body.key = session_new_key(key);
    body.institution = text(arena, arguments.institution);
    body.project = text(arena, arguments.project);
    body.amount = arguments.amount;
    body.start_us = arguments.start_us;
    body.end_us = arguments.end_us;
    body.reason = text(arena, arguments.reason);
    body.dry_run = arguments.dry_run;
    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_ADD;
    ask.grant_add = &body;
    return arguments.dry_run ? foreseen_show(session, &ask, err) : send(session, &ask, err);
}

/* --- the table ------------------------------------------------------------------------------ */

#define ADD(what, summary_text, operands_text)                                  \
    const struct command what##_add = {                                         \
        .name = "add",                                                          \
        .summary = summary_text,                                                \
        .operands = operands_text,                                              \
        .options = what##_options,                                              \
        .run = run_##what,                                                      \
    };                                                                          \
    static const struct command *const what##_children[] = {&what##_add, NULL}; \
    const struct command admin_##what = {                                       \
        .name = #what,                                                          \
        .summary = summary_text,                                                \
        .operands = "",                                                         \
        .children = what##_children,                                            \
    };

ADD(institution, N_("Add an institution"), N_("NAME"))
ADD(project, N_("Add a project of an institution"), N_("NAME"))
ADD(user, N_("Add a person to a project"), N_("NAME"))
ADD(grant, N_("Grant service units to an institution or a project"), "")
