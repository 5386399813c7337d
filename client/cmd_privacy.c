/* cmd_privacy.c - tequio privacy export: what the network has of a person */

#include "base/clock.h"
#include "base/parse.h"
#include "client/columns.h"
#include "client/command.h"
#include "client/jobs.h"
#include "client/session.h"

#include <stdint.h>
#include <stdlib.h>

#define PARTS      4
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

static void print(const struct own_data *data)
{
    const Wire__RegisterTable *people = data->people->register_table;
    const Wire__KeyListing *keys = data->keys->key_listing;
    const Wire__UsageTable *usage = data->usage->usage_table;
    const struct output_part parts[PARTS] = {
        {"memberships",
         {register_columns, NULL, (const void *const *)people->rows, people->n_rows}               },
        {"keys",        {key_columns, NULL, (const void *const *)keys->keys, keys->n_keys}         },
        {"usage",       {usage_columns, NULL, (const void *const *)usage->rows, usage->n_rows}     },
        {"jobs",        {job_columns, NULL, (const void *const *)data->job_rows, data->jobs->count}},
    };

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

static const struct command *const children[] = {&privacy_export, NULL};

const struct command cmd_privacy = {
    .name = "privacy",
    .summary = N_("Show what the network has of a person"),
    .operands = "",
    .children = children,
};
