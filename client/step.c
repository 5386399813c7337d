/* step.c - `tequio run` inside a job: tasks on the job's nodes */

#include "client/step.h"

#include "base/child.h"
#include "base/file.h"
#include "base/hostlist.h"
#include "base/parse.h"
#include "client/interrupt.h"
#include "client/session.h"
#include "client/step_groups.h"
#include "client/step_output.h"
#include "client/text.h"
#include "client/typing.h"
#include "proto/arena.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_LEAST_US (50 * INT64_C(1000))
#define PAUSE_MOST_US  US_PER_SECOND
#define TERMINAL_US    (US_PER_SECOND / 2) /* so soon a signal for the step is seen */

enum { CREDENTIAL_MAX = 4096 };

struct step {
    struct session *session;
    struct arena *arena;
    struct buffer credential;
    uint64_t job;
    uint64_t number;
    struct step_output *output;
    struct typing *typing; /* NULL: nobody types */
    bool terminal;
    struct step_groups groups;
    bool ended;
    bool interrupted;
    int status;
    int signal; /* that ended the step's tasks, or 0 */
};

bool step_is_possible(void)
{
    return getenv("TEQUIO_AGENT") && getenv("TEQUIO_CREDENTIAL");
}

static bool read_job(struct step *step, struct error *err)
{
    const char *job = getenv("TEQUIO_JOB_ID");
    const char *path = getenv("TEQUIO_CREDENTIAL");

    if (!job)
        job = getenv("SLURM_JOB_ID");
    if (!job)
        return fail(err, ERROR_INVALID, _("TEQUIO_JOB_ID is not set: this is no job"));
    if (!parse_job_id(job, &step->job, err))
        return fail_in(err, "TEQUIO_JOB_ID");
    if (!file_read(path, CREDENTIAL_MAX, &step->credential, err))
        return fail_in(err, "TEQUIO_CREDENTIAL");
    return true;
}

static ProtobufCBinaryData credential(const struct step *step)
{
    return (ProtobufCBinaryData){.len = step->credential.length,
                                 .data = (uint8_t *)step->credential.bytes};
}

/* -N: the first so many of the job's nodes; -w: these. */
static bool fill_nodes(struct step *step, const struct job_request *request, Wire__StepStart *start,
                       struct error *err)
{
    const char *all = step->groups.nodes ? step->groups.nodes : getenv("SLURM_JOB_NODELIST");
    CLEANUP(hostlist_freep) struct hostlist *nodes = NULL;
    CLEANUP(hostlist_freep) struct hostlist *chosen = hostlist_new();
    CLEANUP(buffer_clear) struct buffer text = {0};

    start->nodes = arena_copy(step->arena, request->node_list ? request->node_list : "");
    if (!request->node_list && request->nodes_most == 0 && step->groups.nodes)
        start->nodes = arena_copy(step->arena, step->groups.nodes);
    if (request->node_list || request->nodes_most == 0 || !all)
        return true;
    nodes = hostlist_parse(all, err);
    if (!nodes)
        return fail_in(err, "SLURM_JOB_NODELIST");
    if (request->nodes_least > hostlist_count(nodes))
        return fail(err, ERROR_INVALID, _("the job has %zu nodes, %" PRIu32 " are asked for"),
                    hostlist_count(nodes), request->nodes_least);
    for (size_t i = 0; i < hostlist_count(nodes) && i < request->nodes_most; i++)
        if (!hostlist_add(chosen, hostlist_at(nodes, i), err))
            return false;
    buffer_init(&text);
    hostlist_print(chosen, &text);
    start->nodes = arena_copy(step->arena, text.bytes);
    return true;
}

static void fill_environment(const struct step *step, Wire__StepStart *start)
{
    size_t count = 0;

    while (environ[count])
        count++;
    start->environment = arena_get(step->arena, count + 1, sizeof(char *));
    for (size_t i = 0; i < count; i++)
        if (strchr(environ[i], '=') > environ[i] && text_is_utf8(environ[i], strlen(environ[i])))
            start->environment[start->n_environment++] = environ[i];
}

static bool fill_command(const struct step *step, char **command, Wire__StepStart *start,
                         struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    size_t count = 0;

    while (command[count])
        count++;
    start->arguments = arena_get(step->arena, count + 1, sizeof(char *));
    for (size_t i = 0; i < count; i++) {
        if (!text_is_utf8(command[i], strlen(command[i])))
            return fail(err, ERROR_INVALID, _("%s %s is not UTF-8"), _("the argument"),
                        text_show(command[i], shown));
        start->arguments[start->n_arguments++] = command[i];
    }
    return true;
}

static char *directory(const struct step *step, const struct job_request *request)
{
    CLEANUP(memory_freep) char *here = getcwd(NULL, 0);

    if (request->directory && (request->directory[0] == '/' || !here))
        return arena_copy_utf8(step->arena, request->directory);
    if (request->directory)
        return arena_format(step->arena, "%s/%s", here, request->directory);
    return arena_copy_utf8(step->arena, here ? here : "/");
}

/* As the command line says, else the environment. */
static char *hook_of(const struct step *step, const char *program, const char *variable)
{
    const char *inherited = getenv(variable);

    return arena_copy_utf8(step->arena, program ? program : inherited ? inherited : "");
}

static void show_output(struct step *step, const Wire__StepStarted *started, bool label)
{
    const struct step_output_options wish = {
        .job = step->job,
        .step = started->step,
        .parts = started->parts,
        .part_count = started->n_parts,
        .label = label,
        .terminal = step->terminal,
    };

    step->number = started->step;
    step->output = step_output_new(&wish);
    if (step->typing)
        typing_into(step->typing, &(struct typing_place){.job = step->job, .step = started->step});
}

static bool start(struct step *step, const struct job_request *request, char **command,
                  struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StepStart body = WIRE__STEP_START__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    uint8_t key[SESSION_KEY_SIZE];

    if (!step_groups_read(request->het_group, step->arena, &step->groups, err) ||
        !fill_nodes(step, request, &body, err) || !fill_command(step, command, &body, err))
        return false;
    fill_environment(step, &body);
    body.key = session_new_key(key);
    body.credential = credential(step);
    body.job = step->job;
    body.tasks = request->tasks;
    body.tasks_per_node = request->tasks_per_node;
    body.cpus_per_task = request->cpus_per_task;
    step_groups_fill(&step->groups, request, &body);
    body.pmix = request->pmix;
    body.layout = job_layout_wire(&request->layout, step->arena);
    body.directory = directory(step, request);
    body.keep_on_failure = request->keep_on_failure;
    body.terminal = step->terminal;
    body.container = hook_of(step, request->container, "SLURM_CONTAINER");
    body.task_prolog = hook_of(step, request->task_prolog, "SLURM_TASK_PROLOG");
    body.task_epilog = hook_of(step, request->task_epilog, "SLURM_TASK_EPILOG");
    if (step->typing)
        typing_size(&body.rows, &body.columns);
    ask.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    ask.step_start = &body;
    answer = session_ask_agent(step->session, &ask, WIRE__ENVELOPE__BODY_STEP_STARTED, 0, err);
    if (!answer)
        return false;
    show_output(step, answer->step_started, request->label);
    return true;
}

static bool send_signal(struct step *step, int number, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StepSignal body = WIRE__STEP_SIGNAL__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = step->job;
    body.step = step->number;
    body.credential = credential(step);
    body.signal = (uint32_t)number;
    ask.body_case = WIRE__ENVELOPE__BODY_STEP_SIGNAL;
    ask.step_signal = &body;
    answer = session_ask_agent(step->session, &ask, WIRE__ENVELOPE__BODY_DONE, 0, err);
    return answer != NULL;
}

static bool wait_for_end(struct step *step, int64_t wait_us, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StepWait body = WIRE__STEP_WAIT__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = step->job;
    body.step = step->number;
    body.credential = credential(step);
    body.wait_us = wait_us;
    ask.body_case = WIRE__ENVELOPE__BODY_STEP_WAIT;
    ask.step_wait = &body;
    answer = session_ask_agent(step->session, &ask, WIRE__ENVELOPE__BODY_STEP_ENDED, wait_us, err);
    if (!answer)
        return false;
    step->ended = !answer->step_ended->timeout;
    if (step->ended) {
        step->status = (int)(answer->step_ended->exit_code & 0xff);
        step->signal = (int)(answer->step_ended->exit_code >> 8 & 0x7f);
    }
    return true;
}

/* The first Ctrl-C is passed on as it is, the second one ends the tasks. */
static bool pass_on(struct step *step, int number, struct error *err)
{
    bool again = step->interrupted;

    step->interrupted = true;
    return send_signal(step, again ? SIGKILL : number, err);
}

static bool follow(struct step *step, struct error *err)
{
    int64_t pause_us = PAUSE_LEAST_US;

    for (;;) {
        int number = interrupt_take();
        bool news;

        if (number && !step->ended && !pass_on(step, number, err))
            return false;
        if (!step_output_take(step->output, step->session, step->terminal ? TERMINAL_US : 0, &news,
                              err))
            return false;
        if (step_output_is_complete(step->output) && step->ended)
            return true;
        if (step->terminal && !step_output_is_complete(step->output))
            continue; /* it has waited */
        pause_us = news ? PAUSE_LEAST_US : 2 * pause_us;
        if (pause_us > PAUSE_MOST_US)
            pause_us = PAUSE_MOST_US;
        if (!step->ended && !wait_for_end(step, pause_us, err))
            return false;
    }
}

/* Before anything is asked. */
static bool start_typing(struct step *step, const struct job_request *request, struct error *err)
{
    const ProtobufCBinaryData known = credential(step);
    const struct typing_options wish = {.credential = &known};

    step->terminal = request->terminal;
    if (!request->terminal || request->unattended)
        return true;
    step->typing = typing_start(step->session, &wish, err);
    return step->typing != NULL;
}

bool step_run(struct session *session, const struct job_request *request, char **command,
              struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct step step = {.session = session, .arena = arena};
    bool is_carrier = getenv(STEP_CARRIER) != NULL;
    bool done;

    buffer_init(&step.credential);
    interrupt_block();
    unsetenv(STEP_CARRIER); /* what the tasks start is not the job's script */
    done = read_job(&step, err) && start_typing(&step, request, err) &&
           start(&step, request, command, err) && follow(&step, err);
    typing_end(step.typing);
    if (!done && err->code == ERROR_IO && step.number)
        send_signal(&step, SIGTERM, &(struct error){0}); /* nobody reads it any more */
    if (done)
        session_set_status(session, step.status);
    memory_wipe(step.credential.bytes, step.credential.length);
    buffer_clear(&step.credential);
    step_output_free(step.output);
    if (done && is_carrier && step.signal > 0) {
        fflush(NULL);
        child_end_alike(step.signal); /* its end is the job's, and says by which signal */
    }
    return done;
}
