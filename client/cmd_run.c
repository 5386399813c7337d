/* cmd_run.c - tequio run: a command on other nodes, here and now */

#include "base/parse.h"
#include "base/random.h"
#include "client/command.h"
#include "client/follow.h"
#include "client/session.h"
#include "client/step.h"
#include "client/submission.h"
#include "client/typing.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How many tasks the job has when the person does not say: one, or one for each node. */
static void choose_tasks(struct job_request *request)
{
    uint32_t per_node = request->tasks_per_node ? request->tasks_per_node : 1;

    if (request->tasks)
        return;
    if (request->nodes_least == request->nodes_most)
        request->tasks = request->nodes_least ? request->nodes_least * per_node : per_node;
    else
        request->tasks_per_node = per_node;
}

/* The folder of this program, for nodes that have it in the same place but not in PATH. */
static void add_own_folder(struct buffer *script)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash;

    if (length <= 0)
        return;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (!slash || strpbrk(path, "'\n"))
        return;
    *slash = '\0';
    buffer_print(script, "command -v tequio >/dev/null 2>&1 || PATH=$PATH:'%s'\n", path);
}

/* Quoted for the shell. */
static void add_text_option(struct buffer *script, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_print(script, " --%s='", name);
    for (; *value; value++)
        if (*value == '\'')
            buffer_add_text(script, "'\\''");
        else
            buffer_add_char(script, *value);
    buffer_add_char(script, '\'');
}

/* The job's script: it does the same inside the job, as one step. */
static struct jobfile *make_script(const struct job_request *request, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer script;

    buffer_init(&script);
    buffer_add_text(&script, "#!/bin/sh\n# made by tequio run\n");
    add_own_folder(&script);
    buffer_print(&script, "export %s=1\n", STEP_CARRIER);
    buffer_add_text(&script, "exec tequio run");
    if (request->tasks)
        buffer_print(&script, " --ntasks=%" PRIu32, request->tasks);
    if (request->tasks_per_node)
        buffer_print(&script, " --ntasks-per-node=%" PRIu32, request->tasks_per_node);
    if (request->cpus_per_task)
        buffer_print(&script, " --cpus-per-task=%" PRIu32, request->cpus_per_task);
    if (request->pmix)
        buffer_add_text(&script, " --mpi=pmix");
    if (request->label)
        buffer_add_text(&script, " --label");
    if (request->terminal)
        buffer_add_text(&script, " --pty --unattended");
    if (request->keep_on_failure)
        buffer_add_text(&script, " --kill-on-bad-exit=0");
    add_text_option(&script, "container", request->container);
    add_text_option(&script, "task-prolog", request->task_prolog);
    add_text_option(&script, "task-epilog", request->task_epilog);
    buffer_add_text(&script, " -- \"$@\"\n");
    return jobfile_parse("tequio run", script.bytes, script.length, err);
}

/* Where the output lies until it has been shown: on the node, under a name that nobody can
 * guess and lay something under beforehand. */
struct carriers {
    char output[64];
    char errors[64];
};

static void carriers_make(struct carriers *carriers)
{
    uint64_t number;

    random_fill(&number, sizeof(number));
    snprintf(carriers->output, sizeof(carriers->output), "/tmp/tequio-run-%016" PRIx64 ".out",
             number);
    snprintf(carriers->errors, sizeof(carriers->errors), "/tmp/tequio-run-%016" PRIx64 ".err",
             number);
}

static void fill_spec(const struct job_request *wanted, const char *command,
                      struct carriers *carriers, Wire__JobSpec *spec)
{
    spec->tasks = wanted->tasks;
    spec->tasks_per_node = wanted->tasks_per_node;
    spec->container = (char *)""; /* the tasks are in it, not what starts them */
    if (!wanted->name && strlen(command) <= JOB_NAME_MAX)
        spec->name = (char *)command;
    if (wanted->output)
        return;
    spec->output = carriers->output;
    if (!wanted->error)
        spec->error = carriers->errors;
}

static bool submit(struct session *session, struct submission *submission, uint64_t *ret_job,
                   struct error *err)
{
    CLEANUP(message_freep)
    Wire__Envelope *answer = submission_send(submission, session, NULL, false, err);

    if (!answer)
        return false;
    if (answer->submitted->n_first_ids != 1)
        return fail(err, ERROR_INTERNAL, _("the scheduler tells no number of the job"));
    *ret_job = answer->submitted->first_ids[0];
    return true;
}

static void print_notes(const struct job_request *wanted, const struct submission *submission,
                        uint64_t job)
{
    if (!wanted->quiet && *submission_notes(submission))
        fprintf(stderr, "tequio: %s", submission_notes(submission));
    if (wanted->verbose)
        fprintf(stderr, _("tequio: job %" PRIu64 "\n"), job);
}

static bool run_as_job(struct session *session, struct submission_source *source, struct error *err)
{
    CLEANUP(submission_freep) struct submission *submission = submission_new();
    CLEANUP(typing_endp) struct typing *typing = NULL;
    struct job_request wanted = {0};
    struct follow follow = {.on_interrupt = FOLLOW_CANCELS, .output = true};
    struct carriers carriers = {0};
    int status = 0, first;
    bool followed;

    if (!job_options_environment(run_options, environ, &wanted, err) ||
        !options_read(run_options, source->argc, source->argv, &wanted, &first, err))
        return false;
    choose_tasks(&wanted);
    carriers_make(&carriers);
    source->file = make_script(&wanted, err);
    if (!source->file || !submission_add(submission, source, err))
        return false;
    fill_spec(&wanted, source->arguments[0], &carriers, submission_spec(submission, 0));
    if (wanted.terminal) {
        typing = typing_start(session, &(struct typing_options){.credential = NULL}, err);
        if (!typing)
            return false;
    }
    if (!submit(session, submission, &follow.job, err))
        return false;
    if (typing)
        typing_into(typing, &(struct typing_place){.job = follow.job});
    print_notes(&wanted, submission, follow.job);
    follow.quiet = wanted.quiet;
    follow.errors = !wanted.output || wanted.error;
    followed = follow_job(session, &follow, &status, err);
    unlink(carriers.output); /* when the node is this machine */
    unlink(carriers.errors);
    session_set_status(session, status);
    return followed;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct job_request line = {0};
    struct component_lines components;
    int first;

    if (!components_read(run_options, argc, argv, &line, &components, err))
        return false;
    first = components.first_operand;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no command given"));
    if (step_is_possible() && components.count > 0)
        return fail(err, ERROR_INVALID,
                    _("a step has one command: --het-group names the components that run it"));
    if (step_is_possible())
        return step_run(session, &line, argv + first, err);
    if (line.het_group)
        return fail(err, ERROR_INVALID, _("--het-group is for steps, inside a job"));
    return run_as_job(session,
                      &(struct submission_source){
                          .rules = run_options,
                          .argc = argc,
                          .argv = argv,
                          .more = components.all,
                          .more_count = components.count,
                          .arguments = argv + first,
                          .argument_count = argc - first,
                      },
                      err);
}

const struct command cmd_run = {
    .name = "run",
    .summary = N_("Run a command on the network, or as a step inside a job"),
    .operands = N_("COMMAND [ARGUMENT...]"),
    .options = run_options,
    .run = run,
};
