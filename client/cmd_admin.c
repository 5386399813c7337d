/* cmd_admin.c - tequio admin: the network's state, its database, its books */

#include "base/parse.h"
#include "client/admin.h"
#include "client/cells.h"
#include "client/store_check.h"
#include "proto/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- status --------------------------------------------------------------------------------- */

struct status_arguments {
    struct output_options output;
};

static const struct option_rule status_options[] = {
    OUTPUT_OPTIONS(struct status_arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF_TEXT(state, Wire__Status, state)
CELL_OF_TEXT(version, Wire__Status, version)
CELL_OF_TEXT(store, Wire__Status, store)
CELL_OF(epoch, Wire__Status, CELL_NUMBER, epoch)
CELL_OF_OPTIONAL(started, Wire__Status, CELL_TIME, started_us)
CELL_OF(pending, Wire__Status, CELL_NUMBER, jobs_pending)
CELL_OF(running, Wire__Status, CELL_NUMBER, jobs_running)
CELL_OF(up, Wire__Status, CELL_NUMBER, nodes_up)
CELL_OF(nodes, Wire__Status, CELL_NUMBER, nodes)
CELL_OF(commits, Wire__Status, CELL_NUMBER, commits)
CELL_OF(requests, Wire__Status, CELL_NUMBER, requests)
CELL_OF(refused, Wire__Status, CELL_NUMBER, refused)

static void cell_lineage(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__Status *status = row;

    for (size_t i = 0; i < status->lineage.len && i < 16; i++)
        buffer_print(scratch, "%02x", status->lineage.data[i]);
    cell_set_text(cell, scratch->bytes);
}

static const struct column status_columns[] = {
    {"state",    NULL, "STATE",        0, 0, cell_state   },
    {"version",  NULL, "VERSION",      0, 0, cell_version },
    {"epoch",    NULL, "EPOCH",        0, 0, cell_epoch   },
    {"lineage",  NULL, "LINEAGE",      0, 0, cell_lineage },
    {"started",  NULL, "STARTED",      0, 0, cell_started },
    {"pending",  NULL, "JOBS PENDING", 0, 0, cell_pending },
    {"running",  NULL, "JOBS RUNNING", 0, 0, cell_running },
    {"up",       NULL, "NODES UP",     0, 0, cell_up      },
    {"nodes",    NULL, "NODES",        0, 0, cell_nodes   },
    {"commits",  NULL, "COMMITS",      0, 0, cell_commits },
    {"requests", NULL, "REQUESTS",     0, 0, cell_requests},
    {"refused",  NULL, "REFUSED",      0, 0, cell_refused },
    {"store",    NULL, "STORE",        0, 0, cell_store   },
    {NULL,       NULL, NULL,           0, 0, NULL         },
};

static bool run_status(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct status_arguments arguments = {0};
    const void *row;
    struct output output = {.columns = status_columns, .rows = &row, .count = 1};
    int first;

    if (!command_options(status_options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(status_columns, &arguments.output, err))
        return false;
    answer = session_ask_status(session, err);
    if (!answer)
        return false;
    row = answer->status;
    return arguments.output.format ? output_print(&output, &arguments.output, err)
                                   : output_records(&output, &arguments.output, err);
}

static const struct command admin_status = {
    .name = "status",
    .summary = N_("Show how the scheduler is"),
    .operands = "",
    .options = status_options,
    .run = run_status,
};

/* --- the database --------------------------------------------------------------------------- */

static const struct option_rule no_options[] = {
    OPTION_HELP,
    OPTION_END,
};

static bool run_backup(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__BackupMake body = WIRE__BACKUP_MAKE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    int first;

    if (!command_options(no_options, argc, argv, NULL, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no file given"));
    if (!command_no_operands(argc, argv, first + 1, err))
        return false;
    if (argv[first][0] != '/')
        return fail(err, ERROR_INVALID,
                    _("%s: the scheduler writes it, on its machine: give the whole path"),
                    argv[first]);
    body.path = arena_copy_utf8(arena, argv[first]);
    ask.body_case = WIRE__ENVELOPE__BODY_BACKUP_MAKE;
    ask.backup_make = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_BACKUP_MADE, err);
    if (answer)
        printf(_("%" PRIu64 " bytes in %s; keep %s.key with it\n"), answer->backup_made->size,
               argv[first], argv[first]);
    return answer != NULL;
}

static const struct command admin_backup = {
    .name = "backup",
    .summary = N_("Copy the database while the scheduler runs"),
    .operands = N_("PATH"),
    .options = no_options,
    .run = run_backup,
};

static bool run_check(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(message_freep)
    Wire__Envelope *answer = store_check_ask(session, no_options, argc, argv, err);
    const Wire__StoreChecked *checked;

    if (!answer)
        return false;
    checked = answer->store_checked;
    for (size_t i = 0; i < checked->n_findings; i++) {
        output_text(checked->findings[i]);
        putchar('\n');
    }
    if (!store_check_is_good(checked, err))
        return false;
    printf(_("%" PRIu64 " rows, all good\n"), checked->rows);
    return true;
}

static const struct command admin_check = {
    .name = "check",
    .summary = N_("Check every row, chain and balance of the database"),
    .operands = "",
    .options = no_options,
    .run = run_check,
};

/* Nothing can be asked of a scheduler that must not run meanwhile: say how it is done. */
static bool run_restore(struct session *session, int argc, char **argv, struct error *err)
{
    int first;

    (void)session;
    if (!command_options(no_options, argc, argv, NULL, &first, err))
        return false;
    return fail(err, ERROR_INVALID,
                _("the scheduler must not run meanwhile: stop it, then on its machine "
                  "`tequio-scheduler --restore %s`, and start it"),
                first < argc ? argv[first] : "FILE");
}

static const struct command admin_restore = {
    .name = "restore",
    .summary = N_("Tell how a copy of the database is brought back"),
    .operands = N_("[FILE]"),
    .options = no_options,
    .run = run_restore,
};

/* The same: nothing is asked. */
static bool run_migrate(struct session *session, int argc, char **argv, struct error *err)
{
    int first;

    (void)session;
    if (!command_options(no_options, argc, argv, NULL, &first, err))
        return false;
    return fail(err, ERROR_INVALID,
                _("the scheduler must not run meanwhile: stop it, on its machine "
                  "`tequio-scheduler --migrate %s`, write store = \"%s\" into its configuration, "
                  "and start it"),
                first < argc ? argv[first] : "STORE", first < argc ? argv[first] : "STORE");
}

static const struct command admin_migrate = {
    .name = "migrate",
    .summary = N_("Tell how the database is moved to a server"),
    .operands = N_("[STORE]"),
    .options = no_options,
    .run = run_migrate,
};

static const struct command *const children[] = {
    &admin_status,      &admin_check,   &admin_backup, &admin_restore, &admin_migrate,
    &admin_institution, &admin_project, &admin_user,   &admin_grant,   NULL,
};

const struct command cmd_admin = {
    .name = "admin",
    .summary = N_("Manage the network: state, database, institutions, people, grants"),
    .operands = "",
    .children = children,
};
