/* cmd_history.c - tequio history: jobs that ended, with sacct's letters */

#include "base/clock.h"
#include "base/parse.h"
#include "client/command.h"
#include "client/history_swf.h"
#include "client/jobs.h"
#include "client/session.h"

#include <string.h>

#define FORMAT_STANDARD "jobid,name,partition,account,cpus,state,exitcode"
#define FORMAT_BRIEF    "jobid,state,exitcode"
#define FORMAT_LONG                                                                              \
    "jobid,name,user,account,cluster,partition,nodes,cpus,state,exitcode,start,end,waited,time," \
    "efficiency,maxrss,charged"

struct arguments {
    struct filter filter;
    struct output_options output;
    int64_t since_us;
    int64_t until_us;
    bool brief;
    bool details;
    bool all_users;
    bool allocations;
    const char *swf;
};

/* "18:00" is the next one for what begins, and here the last. */
static bool is_time_of_day(const char *text)
{
    return strchr(text, ':') && strspn(text, "0123456789:") == strlen(text);
}

static bool set_time(void *place, const char *text, struct error *err)
{
    int64_t now_us = clock_wall_us(&clock_real);

    return parse_time(text, is_time_of_day(text) ? now_us - US_PER_DAY : now_us, place, err);
}

static const struct option_rule options[] = {
    FILTER_OPTIONS(struct arguments, filter),
    OPTION_TEXT(0, "name", "NAMES", struct arguments, filter.names, N_("jobs called so")),
    OPTION_TEXT('N', "nodelist", "NODES", struct arguments, filter.nodes,
                N_("jobs on these nodes")),
    OPTION_TEXT('s', "state", "STATES", struct arguments, filter.states,
                N_("jobs that ended so, short or long")),
    OPTION_FLAG('a', "allusers", struct arguments, all_users,
                N_("jobs of all users that I may see, not only mine")),
    OPTION_WITH('S', "starttime", "WHEN", struct arguments, since_us, set_time,
                N_("ended then or later; today when not given")),
    OPTION_WITH(0, "since", "WHEN", struct arguments, since_us, set_time, N_("the same")),
    OPTION_WITH('E', "endtime", "WHEN", struct arguments, until_us, set_time,
                N_("and before then; now when not given")),
    OPTION_FLAG('X', "allocations", struct arguments, allocations,
                N_("no steps (there are none here)")),
    OPTION_FLAG('b', "brief", struct arguments, brief, N_("number, state and exit code")),
    OPTION_FLAG('l', "long", struct arguments, details, N_("more fields")),
    OPTION_FLAG('P', "parsable2", struct arguments, output.parsable, N_("with | between fields")),
    OPTION_FLAG(0, "parsable", struct arguments, output.parsable_end,
                N_("with | behind each field")),
    OPTION_TEXT(0, "delimiter", "TEXT", struct arguments, output.delimiter,
                N_("this instead of |")),
    OPTION_FLAG('n', "noheader", struct arguments, output.no_header, N_("print no titles")),
    OPTION_TEXT('o', "format", "FIELDS", struct arguments, output.format,
                N_("print these fields: names with commas, each with %WIDTH if wanted")),
    OPTION_FLAG(0, "json", struct arguments, output.json,
                N_("print JSON, all fields unless --format")),
    OPTION_TEXT(0, "swf", "FILE", struct arguments, swf,
                N_("write them to FILE as a log for tequio simulate")),
    OPTION_HELP,
    OPTION_END,
};

/* Without another choice, the asker's own jobs of today, as sacct does. */
static bool complete(struct arguments *arguments, struct error *err)
{
    const struct filter *filter = &arguments->filter;

    if (!filter->users && !filter->projects && !filter->institutions && !filter->jobs &&
        !filter->nodes && !arguments->all_users)
        arguments->filter.me = true;
    if (arguments->since_us == 0 && !filter->jobs)
        return set_time(&arguments->since_us, "today", err);
    return true;
}

/* With the processors of all clusters, which a replay needs. */
static bool write_swf(struct session *session, const char *path, const struct jobs *jobs,
                      struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    uint32_t processors = 0;

    answer = session_ask_clusters(session, err);
    if (!answer)
        return false;
    for (size_t i = 0; i < answer->cluster_listing->n_clusters; i++)
        processors += answer->cluster_listing->clusters[i]->cores;
    return history_write_swf(path, jobs, processors, err);
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__JobList list = WIRE__JOB_LIST__INIT;
    CLEANUP(jobs_freep) struct jobs *jobs = NULL;
    struct arguments arguments = {0};
    const char *standard = FORMAT_STANDARD;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(job_columns, &arguments.output, err) || !complete(&arguments, err))
        return false;
    if (arguments.until_us > 0 && arguments.until_us < arguments.since_us)
        return fail(err, ERROR_INVALID, _("the end of the time lies before its start"));
    list.history = true;
    list.since_us = arguments.since_us;
    list.until_us = arguments.until_us;
    jobs = jobs_ask(session, &list, &arguments.filter, err);
    if (!jobs)
        return false;
    if (arguments.swf)
        return write_swf(session, arguments.swf, jobs, err);
    if (arguments.brief)
        standard = FORMAT_BRIEF;
    else if (arguments.details)
        standard = FORMAT_LONG;
    return jobs_print(jobs, standard, &arguments.output, err);
}

const struct command cmd_history = {
    .name = "history",
    .summary = N_("Show jobs, also those that have ended"),
    .operands = "",
    .options = options,
    .run = run,
};
