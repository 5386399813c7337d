/* cmd_queue.c - tequio queue: what waits and runs */

#include "base/parse.h"
#include "client/command.h"
#include "client/job_names.h"
#include "client/jobs.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FORMAT_STANDARD "jobid,partition,name,user,st,time,nodes,place"
#define FORMAT_START    "jobid,partition,name,user,st,start,nodes,schednodes,place"
#define FORMAT_LONG \
    "jobid,partition,name,user,account,cluster,state,time,timelimit,nodes,cpus,memory,place"

struct arguments {
    struct filter filter;
    struct output_options output;
    bool start;
    bool details;
    bool all;
    bool each;
    uint32_t repeat_s;
};

static const struct option_rule options[] = {
    FILTER_OPTIONS(struct arguments, filter),
    OPTION_TEXT('n', "name", "NAMES", struct arguments, filter.names, N_("jobs called so")),
    OPTION_TEXT('w', "nodelist", "NODES", struct arguments, filter.nodes,
                N_("jobs on these nodes")),
    OPTION_TEXT('t', "states", "STATES", struct arguments, filter.states,
                N_("jobs in these states, short or long; all: ended ones too")),
    OPTION_FLAG('l', "long", struct arguments, details, N_("more fields")),
    OPTION_FLAG('r', "array", struct arguments, each,
                N_("a line for each element of an array, also of those that wait")),
    OPTION_FLAG(0, "start", struct arguments, start, N_("when jobs are expected to start")),
    OPTION_U32('i', "iterate", "SECONDS", struct arguments, repeat_s,
               N_("print again every so many seconds")),
    OPTION_FLAG('a', "all", struct arguments, all, N_("all partitions (as without it)")),
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

/* Jobs that have ended lately are still known; they are shown to those who ask for them. */
static void drop_ended(struct jobs *jobs)
{
    size_t kept = 0;

    for (size_t i = 0; i < jobs->count; i++)
        if (!filter_is_ended(jobs->rows[i].view->state))
            jobs->rows[kept++] = jobs->rows[i];
    jobs->count = kept;
}

/* What stands for several elements becomes as many rows. */
static void expand(struct jobs *jobs, struct arena *arena)
{
    struct job_row *rows = NULL;
    size_t count = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        const struct job_row *row = &jobs->rows[i];
        struct element_walk walk = {.text = row->view->elements};
        uint32_t element;
        bool good;

        while (element_walk_next(&walk, &element, &good)) {
            Wire__JobView *view = ARENA_NEW(arena, Wire__JobView);

            *view = *row->view;
            view->id = view->array + 1 + element;
            view->elements = arena_format(arena, "%" PRIu32, element);
            rows = memory_resize(rows, count + 1, sizeof(*rows));
            rows[count++] = (struct job_row){.view = view, .now_us = row->now_us};
        }
        if (*row->view->elements)
            continue;
        rows = memory_resize(rows, count + 1, sizeof(*rows));
        rows[count++] = *row;
    }
    free(jobs->rows);
    jobs->rows = rows;
    jobs->count = count;
}

static int by_start(const void *a, const void *b)
{
    const Wire__JobView *left = ((const struct job_row *)a)->view;
    const Wire__JobView *right = ((const struct job_row *)b)->view;
    int64_t left_us = left->planned_us > 0 ? left->planned_us : INT64_MAX;
    int64_t right_us = right->planned_us > 0 ? right->planned_us : INT64_MAX;

    if (left_us != right_us)
        return left_us < right_us ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static bool print(struct session *session, const struct arguments *arguments, struct error *err)
{
    Wire__JobList list = WIRE__JOB_LIST__INIT;
    CLEANUP(jobs_freep) struct jobs *jobs = jobs_ask(session, &list, &arguments->filter, err);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *standard = arguments->details ? FORMAT_LONG : FORMAT_STANDARD;

    if (!jobs)
        return false;
    if (!filter_names_ended(&arguments->filter) && !arguments->filter.jobs)
        drop_ended(jobs);
    if (arguments->filter.jobs && jobs->count == 0)
        return fail(err, ERROR_NOT_FOUND, _("Invalid job id specified: no job %s in the queue"),
                    arguments->filter.jobs);
    if (arguments->each)
        expand(jobs, arena);
    if (arguments->start) {
        qsort(jobs->rows, jobs->count, sizeof(*jobs->rows), by_start);
        standard = FORMAT_START;
    }
    return jobs_print(jobs, standard, &arguments->output, err);
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(job_columns, &arguments.output, err))
        return false;
    if (arguments.start && !arguments.filter.states)
        arguments.filter.states = "PENDING";
    for (;;) {
        const struct timespec pause = {.tv_sec = arguments.repeat_s};

        if (!print(session, &arguments, err))
            return false;
        if (arguments.repeat_s == 0)
            return true;
        if (fflush(stdout) != 0)
            return fail_errno(err, _("standard output"));
        putchar('\n');
        nanosleep(&pause, NULL);
    }
}

const struct command cmd_queue = {
    .name = "queue",
    .summary = N_("Show the jobs that wait and run"),
    .operands = "",
    .options = options,
    .run = run,
};
