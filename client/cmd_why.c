/* cmd_why.c - tequio why: everything that keeps a job waiting */

#include "base/parse.h"
#include "client/cells.h"
#include "client/command.h"
#include "client/job_names.h"
#include "client/output.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    struct output_options output;
};

static const struct option_rule options[] = {
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF_TEXT(code, Wire__Blocker, code)
CELL_OF_TEXT(place, Wire__Blocker, place)
CELL_OF_TEXT(needs, Wire__Blocker, needs)
CELL_OF_TEXT(has, Wire__Blocker, has)
CELL_OF_OPTIONAL(free, Wire__Blocker, CELL_TIME, free_us)

static const struct column columns[] = {
    {"code",  "reason", "REASON",  0, 0,          cell_code },
    {"place", NULL,     "WHERE",   0, COLUMN_CUT, cell_place},
    {"needs", NULL,     "NEEDS",   0, COLUMN_CUT, cell_needs},
    {"has",   NULL,     "HAS",     0, COLUMN_CUT, cell_has  },
    {"free",  NULL,     "FREE AT", 0, 0,          cell_free },
    {NULL,    NULL,     NULL,      0, 0,          NULL      },
};

static void print_time_line(const char *text, int64_t time_us)
{
    CLEANUP(buffer_clear) struct buffer time;

    buffer_init(&time);
    print_time(time_us, &time);
    printf("%s %s\n", text, time.bytes);
}

static void print_head(const char *name, const Wire__JobReasons *reasons)
{
    printf(_("job %s: "), name);
    output_text(reasons->state);
    if (*reasons->reason && strcmp(reasons->reason, "None") != 0) {
        fputs(" (", stdout);
        output_text(reasons->reason);
        putchar(')');
    }
    putchar('\n');
}

static void print_tail(const Wire__JobReasons *reasons)
{
    if (reasons->planned_us > 0)
        print_time_line(_("planned start:"), reasons->planned_us);
    if (reasons->latest_us > reasons->planned_us)
        print_time_line(_("at the latest, if nothing more urgent comes:"), reasons->latest_us);
    for (size_t i = 0; i < reasons->n_advice; i++) {
        fputs("- ", stdout);
        output_text(reasons->advice[i]);
        putchar('\n');
    }
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWhy body = WIRE__JOB_WHY__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct arguments arguments = {0};
    struct output output = {.columns = columns};
    struct job_ref job;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no job given"));
    if (!job_ref_read(argv[first], &job, err) || !command_no_operands(argc, argv, first + 1, err))
        return false;
    body.job = job.job;
    body.array = job.array;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_WHY;
    ask.job_why = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_JOB_REASONS, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->job_reasons->blockers;
    output.count = answer->job_reasons->n_blockers;
    if (!arguments.output.json)
        print_head(argv[first], answer->job_reasons);
    if ((output.count > 0 || arguments.output.json) &&
        !output_print(&output, &arguments.output, err))
        return false;
    if (!arguments.output.json)
        print_tail(answer->job_reasons);
    return true;
}

const struct command cmd_why = {
    .name = "why",
    .summary = N_("Tell everything that keeps a job waiting"),
    .operands = N_("JOB"),
    .options = options,
    .run = run,
};
