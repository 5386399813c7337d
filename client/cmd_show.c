/* cmd_show.c - tequio show: all that is known of a job */

#include "base/clock.h"
#include "base/parse.h"
#include "client/binding.h"
#include "client/cells.h"
#include "client/command.h"
#include "client/job_curves.h"
#include "client/job_efficiency.h"
#include "client/job_end.h"
#include "client/job_names.h"
#include "client/jobs.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOW_JOBS_MAX = 256 };

#define SHOWN(row) (((const struct job_row *)(row))->shown)

struct arguments {
    struct output_options output;
    bool script;
    bool binding;
    bool efficiency;
    const char *svg;
};

static const struct option_rule options[] = {
    OPTION_FLAG('s', "script", struct arguments, script, N_("print the script alone")),
    OPTION_FLAG('b', "binding", struct arguments, binding,
                N_("show on which cores each task of a running job is")),
    OPTION_FLAG('e', "efficiency", struct arguments, efficiency,
                N_("show how much of what it had the job used")),
    OPTION_TEXT(0, "svg", "FILE", struct arguments, svg,
                N_("with --efficiency: draw it into the file")),
    OPTION_TEXT('o', "format", "FIELDS", struct arguments, output.format,
                N_("print these fields, as `tequio history` names them")),
    OPTION_FLAG(0, "json", struct arguments, output.json, N_("print JSON")),
    OPTION_HELP,
    OPTION_END,
};

#define SHOWN_CELL(name, field)                                                         \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        cell->kind = CELL_TEXT;                                                         \
        cell->text = SHOWN(row)->field;                                                 \
    }

SHOWN_CELL(directory, directory)
SHOWN_CELL(output, output)
SHOWN_CELL(error, error)
SHOWN_CELL(input, input)
SHOWN_CELL(command, command)

static void cell_how_ended(const void *row, struct cell *cell, struct buffer *scratch)
{
    job_end_print(((const struct job_row *)row)->view, scratch);
    if (scratch->length > 0)
        cell_set_text(cell, scratch->bytes);
}

static void cell_requeue(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->kind = CELL_FLAG;
    cell->number = SHOWN(row)->requeue;
}

/* One word for each node: "n1: 4 cores 0-3 (cpus 0-7), running". */
static void cell_parts(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobShown *shown = SHOWN(row);

    for (size_t i = 0; i < shown->n_parts; i++) {
        const Wire__PartView *part = shown->parts[i];

        buffer_print(scratch, "%s%s: %" PRIu32 "%s", i ? "; " : "", part->node, part->cores,
                     part->cores == 1 ? " core" : " cores");
        if (*part->core_list)
            buffer_print(scratch, " %s", part->core_list);
        if (*part->cpu_list)
            buffer_print(scratch, " (cpus %s)", part->cpu_list);
        if (part->gpus > 0)
            buffer_print(scratch, " %s:%u%s%s%s", part->gpu_type, part->gpus,
                         *part->gpu_list ? " (gpus " : "", part->gpu_list,
                         *part->gpu_list ? ")" : "");
        buffer_print(scratch, ", %s", part->state);
        if (*part->switches)
            buffer_print(scratch, ", switches %s", part->switches);
    }
    cell->kind = CELL_TEXT;
    cell->text = scratch->bytes;
}

/* "2@00:05:00"; nothing when any number will do. */
static void cell_switches(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobShown *shown = SHOWN(row);

    if (shown->switches > 0)
        buffer_print(scratch, "%" PRIu32, shown->switches);
    if (shown->switches_us > 0) {
        buffer_add_char(scratch, '@');
        print_duration(shown->switches_us, scratch);
    }
    cell_set_text(cell, scratch->bytes);
}

static const struct column own_columns[] = {
    {"howended",  NULL,      "HOW_IT_ENDED", 0, 0, cell_how_ended},
    {"command",   NULL,      "COMMAND",      0, 0, cell_command  },
    {"directory", "workdir", "DIRECTORY",    0, 0, cell_directory},
    {"output",    "stdout",  "OUTPUT",       0, 0, cell_output   },
    {"error",     "stderr",  "ERROR",        0, 0, cell_error    },
    {"input",     "stdin",   "INPUT",        0, 0, cell_input    },
    {"requeue",   NULL,      "REQUEUE",      0, 0, cell_requeue  },
    {"switches",  NULL,      "SWITCHES",     0, 0, cell_switches },
    {"parts",     "binding", "PARTS",        0, 0, cell_parts    },
};

#define FORMAT_RECORD                                                                             \
    "jobid,arraytasks,arraylimit,name,state,reason,howended,refusal,user,account,institution,"    \
    "cluster,"                                                                                    \
    "partition,"                                                                                  \
    "nodes,nodelist,cpus,"                                                                        \
    "tasks,memory,timelimit,timemin,deadline,priority,attempt,submit,eligible,planned,start,end," \
    "time,waited,"                                                                                \
    "dependency,exitcode,totalcpu,efficiency,maxrss,energy,held,charged,preemptedby,preempttime," \
    "suspended,comment,"                                                                          \
    "command,directory,"                                                                          \
    "output,error,"                                                                               \
    "input,requeue,switches,parts"

/* All that a list can show, and what only a single job has. */
static struct column *make_columns(void)
{
    struct column *columns;
    size_t count = 0;

    while (job_columns[count].name)
        count++;
    columns = NEW_ARRAY(struct column, count + COUNT_OF(own_columns) + efficiency_column_count + 1);
    memcpy(columns, job_columns, count * sizeof(*columns));
    memcpy(columns + count, own_columns, sizeof(own_columns));
    memcpy(columns + count + COUNT_OF(own_columns), efficiency_columns,
           efficiency_column_count * sizeof(*columns));
    return columns;
}

/* What is wanted besides what a list of jobs has. */
enum wanted { RECORD, SCRIPT, SAMPLES };

static Wire__Envelope *ask(struct session *session, struct job_ref job, enum wanted wanted,
                           struct error *err)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__JobShow body = WIRE__JOB_SHOW__INIT;
    Wire__Envelope *answer;

    body.job = job.job;
    body.array = job.array;
    body.script = wanted == SCRIPT;
    body.samples = wanted == SAMPLES;
    envelope.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    envelope.job_show = &body;
    answer = session_ask(session, &envelope, WIRE__ENVELOPE__BODY_JOB_SHOWN, err);
    if (answer && !answer->job_shown->job) {
        message_free(answer);
        fail(err, ERROR_INTERNAL, _("the scheduler shows no job"));
        return NULL;
    }
    return answer;
}

static bool print_script(struct session *session, struct job_ref job, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask(session, job, SCRIPT, err);

    if (!answer)
        return false;
    if (answer->job_shown->script.len == 0)
        return fail(err, ERROR_NOT_FOUND, _("the script of job %" PRIu64 " is not kept any more"),
                    job.job);
    fwrite(answer->job_shown->script.data, 1, answer->job_shown->script.len, stdout);
    return true;
}

static bool print_binding(struct session *session, struct job_ref job,
                          const struct output_options *how, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask(session, job, RECORD, err);

    return answer && binding_show_job(session, answer->job_shown, how, err);
}

static bool write_file(const char *path, const struct buffer *buffer, struct error *err)
{
    FILE *file = fopen(path, "we");
    bool good;

    if (!file)
        return fail_errno(err, "%s", path);
    good = fwrite(buffer->bytes, 1, buffer->length, file) == buffer->length;
    if (fclose(file) != 0 || !good)
        return fail_errno(err, "%s", path);
    return true;
}

static bool draw(struct session *session, struct job_ref job, const char *path, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask(session, job, SAMPLES, err);
    CLEANUP(buffer_clear) struct buffer picture = {0};
    struct job_row row = {0};
    struct series series;

    if (!answer)
        return false;
    row.shown = answer->job_shown;
    if (!job_series(&row, &series))
        return fail(err, ERROR_NOT_FOUND,
                    _("what job %" PRIu64 " used over its time is not known (yet)"), job.job);
    buffer_init(&picture);
    curves_print_svg(row.shown->job, &series, &picture);
    return write_file(path, &picture, err);
}

/* The answers: a heterogeneous job has one for each of its components. */
struct answers {
    enum wanted wanted;
    size_t count, capacity;
    Wire__Envelope **all;
};

static void clear_answers(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        message_free(answers->all[i]);
    free(answers->all);
}

static bool add_answer(struct answers *answers, struct session *session, struct job_ref job,
                       struct error *err)
{
    Wire__Envelope *answer = ask(session, job, answers->wanted, err);

    if (!answer)
        return false;
    if (answers->count == answers->capacity) {
        answers->capacity = answers->capacity ? 2 * answers->capacity : 8;
        answers->all = memory_resize(answers->all, answers->capacity, sizeof(*answers->all));
    }
    answers->all[answers->count++] = answer;
    return true;
}

static bool add_job(struct answers *answers, struct session *session, struct job_ref job,
                    struct error *err)
{
    const Wire__JobView *view;

    if (!add_answer(answers, session, job, err))
        return false;
    view = answers->all[answers->count - 1]->job_shown->job;
    for (uint32_t i = 1; view->het_offset == 0 && i < view->het_size; i++)
        if (!add_answer(answers, session, (struct job_ref){job.job + i, 0}, err))
            return false;
    return true;
}

/* Of fields that are named, any can be one of how it went. */
static enum wanted wanted_by(const struct arguments *arguments)
{
    return arguments->efficiency || arguments->output.format ? SAMPLES : RECORD;
}

static bool print(struct session *session, const struct job_ref *jobs, size_t count,
                  const struct arguments *arguments, struct error *err)
{
    const struct output_options *how = &arguments->output;
    const char *standard = arguments->efficiency ? FORMAT_EFFICIENCY : FORMAT_RECORD;
    CLEANUP(memory_freep) struct column *columns = make_columns();
    CLEANUP(clear_answers) struct answers answers = {.wanted = wanted_by(arguments)};
    CLEANUP(memory_freep) struct job_row *rows = NULL;
    CLEANUP(memory_freep) const void **places = NULL;
    struct output output = {.columns = columns, .standard = standard};

    if (!output_check(columns, how, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_job(&answers, session, jobs[i], err))
            return false;
    rows = NEW_ARRAY(struct job_row, answers.count);
    output.rows = places = memory_get(answers.count, sizeof(*places));
    for (size_t i = 0; i < answers.count; i++) {
        const Wire__JobShown *shown = answers.all[i]->job_shown;

        rows[i] = (struct job_row){
            .view = shown->job, .now_us = clock_wall_us(&clock_real), .shown = shown};
        places[output.count++] = &rows[i];
    }
    return output_records(&output, how, err);
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(job_names_clear) struct job_names names = {0};
    CLEANUP(memory_freep) struct job_ref *jobs = NULL;
    struct arguments arguments = {0};
    size_t count = 0;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first < argc && strcmp(argv[first], "job") == 0) /* as in `scontrol show job 17` */
        first++;
    for (int i = first; i < argc; i++)
        if (!job_names_add(&names, argv[i], SHOW_JOBS_MAX, err))
            return false;
    if (!job_names_refs(&names, SHOW_JOBS_MAX, &jobs, &count, err))
        return false;
    if (count == 0)
        return fail(err, ERROR_INVALID, _("no job given"));
    if (arguments.script && count != 1)
        return fail(err, ERROR_INVALID, _("--script is for one job"));
    if (arguments.binding && count != 1)
        return fail(err, ERROR_INVALID, _("--binding is for one job"));
    if (arguments.svg && (!arguments.efficiency || count != 1))
        return fail(err, ERROR_INVALID, _("--svg is for --efficiency of one job"));
    if (arguments.svg)
        return draw(session, jobs[0], arguments.svg, err);
    if (arguments.binding)
        return print_binding(session, jobs[0], &arguments.output, err);
    return arguments.script ? print_script(session, jobs[0], err)
                            : print(session, jobs, count, &arguments, err);
}

const struct command cmd_show = {
    .name = "show",
    .summary = N_("Show all that is known of a job"),
    .operands = N_("JOB..."),
    .options = options,
    .run = run,
};
