/* cmd_usage.c - tequio usage: who has used how much */

#include "base/clock.h"
#include "base/parse.h"
#include "client/cells.h"
#include "client/columns.h"
#include "client/command.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

#include <string.h>
#include <time.h>

struct arguments {
    const char *institution;
    const char *project;
    const char *user;
    const char *by;
    int64_t since_us;
    int64_t until_us;
    struct output_options output;
};

/* Words with commas. */
static bool set_by(void *place, const char *text, struct error *err)
{
    static const char *const names[] = {"institution", "project", "user", "cluster"};

    for (const char *word = text; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL) {
        size_t length = strcspn(word, ","), i = 0;

        while (i < COUNT_OF(names) &&
               (strlen(names[i]) != length || memcmp(names[i], word, length) != 0))
            i++;
        if (i == COUNT_OF(names))
            return fail(err, ERROR_INVALID,
                        _("write institution, project, user or cluster, not %s"), word);
    }
    *(const char **)place = text;
    return true;
}

static const struct option_rule options[] = {
    OPTION_TEXT(0, "institution", "NAME", struct arguments, institution, N_("of this institution")),
    OPTION_TEXT('A', "account", "NAME", struct arguments, project, N_("of this project")),
    OPTION_TEXT('u', "user", "NAME", struct arguments, user, N_("of this user")),
    OPTION_WITH('S', "since", "WHEN", struct arguments, since_us, set_time,
                N_("from then on; this month when not given")),
    OPTION_WITH('E', "until", "WHEN", struct arguments, until_us, set_time,
                N_("until then; now when not given")),
    OPTION_WITH(
        0, "by", "WHAT", struct arguments, by, set_by,
        N_("one line for each institution, project, user or cluster, or for several of them")),
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF_TEXT(institution, Wire__UsageRow, institution)
CELL_OF_TEXT(project, Wire__UsageRow, project)
CELL_OF_TEXT(user, Wire__UsageRow, user)
CELL_OF_TEXT(cluster, Wire__UsageRow, cluster)
CELL_OF(jobs, Wire__UsageRow, CELL_NUMBER, jobs)
CELL_OF(charged, Wire__UsageRow, CELL_AMOUNT, charged)
CELL_OF(waived, Wire__UsageRow, CELL_AMOUNT, waived)

static void set_hours(struct cell *cell, int64_t time_us)
{
    cell->kind = CELL_FRACTION;
    cell->fraction = (double)time_us / (double)US_PER_HOUR;
}

static void cell_core_hours(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    set_hours(cell, ((const Wire__UsageRow *)row)->core_us);
}

static void cell_cpu_hours(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    set_hours(cell, ((const Wire__UsageRow *)row)->cpu_used_us);
}

const struct column usage_columns[] = {
    {"institution", NULL,      "INSTITUTION", 0, COLUMN_CUT,   cell_institution},
    {"project",     "account", "PROJECT",     0, COLUMN_CUT,   cell_project    },
    {"user",        NULL,      "USER",        0, COLUMN_CUT,   cell_user       },
    {"cluster",     NULL,      "CLUSTER",     0, COLUMN_CUT,   cell_cluster    },
    {"jobs",        NULL,      "JOBS",        0, COLUMN_RIGHT, cell_jobs       },
    {"corehours",   NULL,      "CORE-HOURS",  0, COLUMN_RIGHT, cell_core_hours },
    {"cpuhours",    NULL,      "CPU-HOURS",   0, COLUMN_RIGHT, cell_cpu_hours  },
    {"charged",     NULL,      "CHARGED",     0, COLUMN_RIGHT, cell_charged    },
    {"waived",      NULL,      "WAIVED",      0, COLUMN_RIGHT, cell_waived     },
    {NULL,          NULL,      NULL,          0, 0,            NULL            },
};

/* The first moment of this month, in the local zone. */
static int64_t month_start(int64_t now_us)
{
    time_t now = (time_t)(now_us / US_PER_SECOND);
    struct tm fields;

    localtime_r(&now, &fields);
    fields.tm_mday = 1;
    fields.tm_hour = fields.tm_min = fields.tm_sec = 0;
    fields.tm_isdst = -1;
    return (int64_t)mktime(&fields) * US_PER_SECOND;
}

static char *text_or_empty(const char *text, struct arena *arena)
{
    return arena_copy_utf8(arena, text ? text : "");
}

/* The names that lines are told apart by, and the sums. */
static char *format_by(const char *by)
{
    bool user = strstr(by, "user"), project = user || strstr(by, "project");
    bool institution = project || strstr(by, "institution");

    return memory_format("%s%s%s%sjobs,corehours,cpuhours,charged,waived",
                         strstr(by, "cluster") ? "cluster," : "", institution ? "institution," : "",
                         project ? "project," : "", user ? "user," : "");
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UsageAsk body = WIRE__USAGE_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct arguments arguments = {.by = "project"};
    CLEANUP(memory_freep) char *standard = NULL;
    struct output output = {.columns = usage_columns};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(usage_columns, &arguments.output, err))
        return false;
    body.institution = text_or_empty(arguments.institution, arena);
    body.project = text_or_empty(arguments.project, arena);
    body.user = text_or_empty(arguments.user, arena);
    body.by = text_or_empty(arguments.by, arena);
    body.until_us = arguments.until_us ? arguments.until_us : clock_wall_us(&clock_real);
    body.since_us = arguments.since_us ? arguments.since_us : month_start(body.until_us);
    if (body.until_us < body.since_us)
        return fail(err, ERROR_INVALID, _("the end of the time lies before its start"));
    ask.body_case = WIRE__ENVELOPE__BODY_USAGE_ASK;
    ask.usage_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_USAGE_TABLE, err);
    if (!answer)
        return false;
    standard = format_by(arguments.by);
    output.standard = standard;
    output.rows = (const void *const *)answer->usage_table->rows;
    output.count = answer->usage_table->n_rows;
    return output_print(&output, &arguments.output, err);
}

const struct command cmd_usage = {
    .name = "usage",
    .summary = N_("Show who has used how much"),
    .operands = "",
    .options = options,
    .run = run,
};
