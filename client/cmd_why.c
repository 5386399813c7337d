/* cmd_why.c - tequio why: everything that keeps a job waiting */

#include "base/parse.h"
#include "client/command.h"
#include "client/job_end.h"
#include "client/job_names.h"
#include "client/output.h"
#include "client/reasons.h"
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

static void print_head(const char *name, const Wire__JobReasons *reasons)
{
    CLEANUP(buffer_clear) struct buffer time = {0};

    printf(_("job %s: "), name);
    output_text(reasons->state);
    if (*reasons->reason && strcmp(reasons->reason, "None") != 0) {
        fputs(" (", stdout);
        output_text(reasons->reason);
        putchar(')');
    }
    putchar('\n');
    if (reasons->preempted_by == 0)
        return;
    buffer_init(&time);
    print_time(reasons->preempted_us, &time);
    printf(_("it made room for job %" PRIu64 " at %s\n"), reasons->preempted_by, time.bytes);
}

/* What nothing keeps waiting any more.  The job's row has it, whoever had the last word. */
static bool print_end(struct session *session, const struct job_ref *job, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow body = WIRE__JOB_SHOW__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(buffer_clear) struct buffer sentence = {0};

    body.job = job->job;
    body.array = job->array;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_JOB_SHOWN, err);
    if (!answer)
        return false;
    buffer_init(&sentence);
    if (answer->job_shown->job)
        job_end_print(answer->job_shown->job, &sentence);
    if (sentence.length > 0) {
        output_text(sentence.bytes);
        putchar('\n');
    }
    return true;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWhy body = WIRE__JOB_WHY__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct arguments arguments = {0};
    struct job_ref job;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !reasons_check(&arguments.output, err))
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
    if (!arguments.output.json)
        print_head(argv[first], answer->job_reasons);
    if (!arguments.output.json && strcmp(answer->job_reasons->state, "PENDING") != 0 &&
        !print_end(session, &job, err))
        return false;
    return reasons_print(answer->job_reasons, &arguments.output, err);
}

const struct command cmd_why = {
    .name = "why",
    .summary = N_("Tell everything that keeps a job waiting"),
    .operands = N_("JOB"),
    .options = options,
    .run = run,
};
