/* cmd_privacy.c - tequio privacy: what the network has of a person, who looked at it, its end */

#include "base/clock.h"
#include "base/parse.h"
#include "client/cells.h"
#include "client/columns.h"
#include "client/command.h"
#include "client/jobs.h"
#include "client/session.h"
#include "client/setters.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PARTS      5
#define PERSON_MAX 64 /* bytes of a name */

struct arguments {
    const char *user;
};

/* The answers that the rows are in. */
struct own_data {
    const char *user;
    Wire__Envelope *people, *keys, *usage;
    struct jobs *jobs;
    const void **job_rows;
};

static void own_data_clear(struct own_data *data)
{
    message_free(data->people);
    message_free(data->keys);
    message_free(data->usage);
    jobs_free(data->jobs);
    free(data->job_rows);
}

static bool ask_register(struct session *session, struct own_data *data, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RegisterAsk body = WIRE__REGISTER_ASK__INIT;

    body.what = (char *)(uintptr_t) "user";
    body.user = (char *)(uintptr_t)data->user;
    body.ended = true;
    ask.body_case = WIRE__ENVELOPE__BODY_REGISTER_ASK;
    ask.register_ask = &body;
    data->people = session_ask(session, &ask, WIRE__ENVELOPE__BODY_REGISTER_TABLE, err);
    return data->people != NULL;
}

static bool ask_keys(struct session *session, struct own_data *data, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__KeyList body = WIRE__KEY_LIST__INIT;

    body.principal = (char *)(uintptr_t)data->user;
    ask.body_case = WIRE__ENVELOPE__BODY_KEY_LIST;
    ask.key_list = &body;
    data->keys = session_ask(session, &ask, WIRE__ENVELOPE__BODY_KEY_LISTING, err);
    return data->keys != NULL;
}

static bool ask_usage(struct session *session, struct own_data *data, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UsageAsk body = WIRE__USAGE_ASK__INIT;

    body.user = (char *)(uintptr_t)data->user;
    body.by = (char *)(uintptr_t) "user,cluster";
    body.until_us = clock_wall_us(&clock_real);
    ask.body_case = WIRE__ENVELOPE__BODY_USAGE_ASK;
    ask.usage_ask = &body;
    data->usage = session_ask(session, &ask, WIRE__ENVELOPE__BODY_USAGE_TABLE, err);
    return data->usage != NULL;
}

/* Those that wait and run, and those that ended. */
static bool ask_jobs(struct session *session, struct own_data *data, struct error *err)
{
    Wire__JobList list = WIRE__JOB_LIST__INIT;
    const struct filter filter = {.users = data->user};

    list.history = true;
    data->jobs = jobs_ask(session, &list, &filter, err);
    if (!data->jobs)
        return false;
    data->job_rows = NEW_ARRAY(const void *, data->jobs->count);
    for (size_t i = 0; i < data->jobs->count; i++)
        data->job_rows[i] = &data->jobs->rows[i];
    return true;
}

/* --- what is not in it ---------------------------------------------------------------------- */

struct left_out {
    const char *what, *why;
};

CELL_OF_TEXT(what, struct left_out, what)
CELL_OF_TEXT(why, struct left_out, why)

static const struct column left_out_columns[] = {
    {"what", NULL, NULL, 0, 0, cell_what},
    {"why",  NULL, NULL, 0, 0, cell_why },
    {NULL,   NULL, NULL, 0, 0, NULL     },
};

static const struct left_out left_out[] = {
    {N_("scripts, commands and variables of jobs"),
     N_("only who submitted them may see them: tequio show --script JOB")                                },
    {N_("what jobs wrote"),                                       N_("it lies in the person's own files")},
    {N_("lines of the audit log that name the person"),
     N_("they tell of others too; an auditor answers for them")                                          },
    {N_("the salt of the person's seal"),
     N_("whoever has it can tell whose transactions of the ledger these are")                            },
    {N_("reports that were made, backups, logs of the programs"),
     N_("they are kept by whom they were made for")                                                      },
};

static void print(const struct own_data *data)
{
    const Wire__RegisterTable *people = data->people->register_table;
    const Wire__KeyListing *keys = data->keys->key_listing;
    const Wire__UsageTable *usage = data->usage->usage_table;
    struct left_out told[COUNT_OF(left_out)];
    const void *left_out_rows[COUNT_OF(left_out)];
    const struct output_part parts[PARTS] = {
        {"memberships",
         {register_columns, NULL, (const void *const *)people->rows, people->n_rows}               },
        {"keys",        {key_columns, NULL, (const void *const *)keys->keys, keys->n_keys}         },
        {"usage",       {usage_columns, NULL, (const void *const *)usage->rows, usage->n_rows}     },
        {"jobs",        {job_columns, NULL, (const void *const *)data->job_rows, data->jobs->count}},
        {"left-out",    {left_out_columns, NULL, left_out_rows, COUNT_OF(left_out)}                },
    };

    for (size_t i = 0; i < COUNT_OF(left_out); i++) {
        told[i] = (struct left_out){_(left_out[i].what), _(left_out[i].why)};
        left_out_rows[i] = &told[i];
    }
    output_object(parts, PARTS);
}

static const struct option_rule options[] = {
    OPTION_TEXT('u', "user", "NAME", struct arguments, user,
                N_("of this person, whom I manage, instead of mine")),
    OPTION_HELP,
    OPTION_END,
};

/* An empty answer must not read as if the network had nothing. */
static bool check_known(const struct own_data *data, struct error *err)
{
    if (data->people->register_table->n_rows > 0 || data->keys->key_listing->n_keys > 0)
        return true;
    return fail(
        err, ERROR_NOT_FOUND,
        _("there is no %s, or it is nobody whom you manage: `tequio user list` shows who is"),
        data->user);
}

static bool run_export(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(own_data_clear) struct own_data data = {0};
    struct arguments arguments = {0};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err))
        return false;
    data.user = arguments.user ? arguments.user : session_principal(session, err);
    if (!data.user || !parse_name(data.user, _("person"), PERSON_MAX, err) ||
        !ask_register(session, &data, err) || !ask_keys(session, &data, err) ||
        !check_known(&data, err) || !ask_usage(session, &data, err) ||
        !ask_jobs(session, &data, err))
        return false;
    print(&data);
    return true;
}

static const struct command privacy_export = {
    .name = "export",
    .summary = N_("Print what the network has of a person, as JSON"),
    .operands = "",
    .options = options,
    .run = run_export,
};

/* --- erase ----------------------------------------------------------------------------------- */

struct erase_arguments {
    const char *reason;
    bool dry_run, cancel;
};

static const struct option_rule erase_options[] = {
    OPTION_TEXT('r', "reason", "TEXT", struct erase_arguments, reason,
                N_("why, for the audit log")),
    OPTION_FLAG(0, "dry-run", struct erase_arguments, dry_run,
                N_("change nothing: tell what is in the way")),
    OPTION_FLAG(0, "cancel", struct erase_arguments, cancel, N_("do not do what was asked for")),
    OPTION_HELP,
    OPTION_END,
};

static void print_waits(const Wire__PrivacyErasing *erasing, FILE *to)
{
    for (size_t i = 0; i < erasing->n_waits; i++)
        fprintf(to, "%s\n", erasing->waits[i]);
}

static bool tell_erasing(const Wire__PrivacyErasing *erasing,
                         const struct erase_arguments *arguments, const char *user,
                         struct error *err)
{
    if (erasing->noted) {
        printf(_("%s can do nothing any more, and is erased when the operator types "
                 "`tequio-scheduler --erase`; %" PRIu64 " jobs stay, without the name\n"),
               user, erasing->jobs);
        return true;
    }
    if (erasing->cancelled) {
        printf(_("%s is not erased, and can do again what they could before\n"), user);
        return true;
    }
    print_waits(erasing, arguments->dry_run ? stdout : stderr);
    if (arguments->dry_run && erasing->n_waits == 0)
        printf(_("nothing is in the way; %" PRIu64 " jobs would stay, without the name\n"),
               erasing->jobs);
    return arguments->dry_run || fail(err, ERROR_CONFLICT, _("%s is not erased"), user);
}

static bool run_erase(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct erase_arguments arguments = {0};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PrivacyErase body = WIRE__PRIVACY_ERASE__INIT;
    int first;

    if (!command_options(erase_options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no name given"));
    if (arguments.cancel && arguments.dry_run)
        return fail(err, ERROR_INVALID, _("--cancel and --dry-run do not go together"));
    if (!command_no_operands(argc, argv, first + 1, err) ||
        !parse_name(argv[first], _("person"), PERSON_MAX, err) ||
        (!arguments.dry_run && !is_given(arguments.reason, "--reason", err)))
        return false;
    body.user = argv[first];
    body.reason = (char *)(uintptr_t)(arguments.reason ? arguments.reason : "");
    body.dry_run = arguments.dry_run;
    body.cancel = arguments.cancel;
    ask.body_case = WIRE__ENVELOPE__BODY_PRIVACY_ERASE;
    ask.privacy_erase = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_PRIVACY_ERASING, err);
    return answer && tell_erasing(answer->privacy_erasing, &arguments, argv[first], err);
}

static const struct command privacy_erase = {
    .name = "erase",
    .summary = N_("Let a person be forgotten"),
    .operands = N_("NAME"),
    .options = erase_options,
    .run = run_erase,
};

/* --- log ------------------------------------------------------------------------------------- */

struct log_arguments {
    const char *user;
    int64_t since_us;
    struct output_options output;
};

static const struct option_rule log_options[] = {
    OPTION_TEXT('u', "user", "NAME", struct log_arguments, user,
                N_("who looked at this person, instead of at me")),
    OPTION_WITH('S', "starttime", "WHEN", struct log_arguments, since_us, set_time,
                N_("from then on")),
    OUTPUT_OPTIONS(struct log_arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF(at, Wire__PrivacyRead, CELL_TIME, at_us)
CELL_OF_TEXT(reader, Wire__PrivacyRead, reader)
CELL_OF_TEXT(looked_at, Wire__PrivacyRead, what)
CELL_OF_TEXT(user, Wire__PrivacyRead, user)
CELL_OF_TEXT(project, Wire__PrivacyRead, project)
CELL_OF_TEXT(institution, Wire__PrivacyRead, institution)
CELL_OF_TEXT(cluster, Wire__PrivacyRead, cluster)

static const struct column log_columns[] = {
    {"at",          "time",    "AT",          0, 0,          cell_at         },
    {"reader",      NULL,      "READER",      0, COLUMN_CUT, cell_reader     },
    {"what",        NULL,      "WHAT",        0, 0,          cell_looked_at  },
    {"user",        NULL,      "USER",        0, COLUMN_CUT, cell_user       },
    {"project",     "account", "PROJECT",     0, COLUMN_CUT, cell_project    },
    {"institution", NULL,      "INSTITUTION", 0, COLUMN_CUT, cell_institution},
    {"cluster",     NULL,      "CLUSTER",     0, COLUMN_CUT, cell_cluster    },
    {NULL,          NULL,      NULL,          0, 0,          NULL            },
};

static bool print_log(struct session *session, const struct log_arguments *arguments,
                      const char *user, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PrivacyLogAsk body = WIRE__PRIVACY_LOG_ASK__INIT;
    struct output output = {.columns = log_columns};

    body.user = (char *)(uintptr_t)user;
    body.since_us = arguments->since_us;
    ask.body_case = WIRE__ENVELOPE__BODY_PRIVACY_LOG_ASK;
    ask.privacy_log_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_PRIVACY_LOG, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->privacy_log->rows;
    output.count = answer->privacy_log->n_rows;
    if (!output_print(&output, &arguments->output, err))
        return false;
    if (answer->privacy_log->older > 0)
        fprintf(stderr, _("tequio: %" PRIu64 " older lines are not shown: see --starttime\n"),
                answer->privacy_log->older);
    return true;
}

static bool run_log(struct session *session, int argc, char **argv, struct error *err)
{
    struct log_arguments arguments = {0};
    const char *user;
    int first;

    if (!command_options(log_options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(log_columns, &arguments.output, err))
        return false;
    user = arguments.user ? arguments.user : session_principal(session, err);
    return user && parse_name(user, _("person"), PERSON_MAX, err) &&
           print_log(session, &arguments, user, err);
}

static const struct command privacy_log = {
    .name = "log",
    .summary = N_("Show who looked at a person's jobs and use"),
    .operands = "",
    .options = log_options,
    .run = run_log,
};

static const struct command *const children[] = {&privacy_erase, &privacy_export, &privacy_log,
                                                 NULL};

const struct command cmd_privacy = {
    .name = "privacy",
    .summary = N_("Show what the network has of a person, or end it"),
    .operands = "",
    .children = children,
};
