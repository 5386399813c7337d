/* runtime_slurm_ask.c - what is asked of Slurm about one job, and what follows from the answer */

#include "agent/gateway/handover.h"
#include "agent/gateway/runtime_slurm_inside.h"
#include "base/clock.h"
#include "base/hostlist.h"
#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define QUESTIONS_MOST 8 /* at once */
#define AGAIN_US       (10 * US_PER_SECOND)
#define END_FILE_US    (5 * US_PER_SECOND) /* until all see what the job has left */
#define SLACK_US       US_PER_MINUTE       /* Slurm's limit is so much later than the job's own */

typedef void answer_fn(struct runtime_slurm *slurm, struct lent_job *job, char *output,
                       const struct error *why);

/* A command about one job. */
struct question {
    struct list_node of_slurm;
    struct runtime_slurm *slurm;
    struct lent_job *job; /* stays while it is busy; NULL: of none */
    struct command *command;
    answer_fn *answer;
};

static void on_answer(void *owner, char *output, const struct error *why)
{
    struct question *question = owner;
    struct runtime_slurm *slurm = question->slurm;
    struct lent_job *job = question->job;

    if (job)
        job->busy = false;
    question->answer(slurm, job, output, why);
    list_remove(&slurm->questions, &question->of_slurm);
    command_free(question->command);
    free(question);
    slurm_pursue_soon(slurm);
    if (job)
        slurm_drop_if_done(slurm, job);
}

static void ask(struct runtime_slurm *slurm, struct lent_job *job, const char *program,
                const char *const *arguments, answer_fn *answer)
{
    struct question *question = NEW(struct question);

    question->slurm = slurm;
    question->job = job;
    question->answer = answer;
    if (job)
        job->busy = true;
    list_add_last(&slurm->questions, &question->of_slurm);
    question->command = slurm_call(slurm->caller, program, arguments, on_answer, question);
}

void slurm_questions_free(struct runtime_slurm *slurm)
{
    LIST_EACH(&slurm->questions, node) {
        struct question *question = CONTAINER_OF(node, struct question, of_slurm);

        list_remove(&slurm->questions, node);
        command_free(question->command);
        free(question);
    }
}

/* --- sbatch ------------------------------------------------------------------------------------------ */

/* Options with their texts, NULL-ended. */
struct options {
    char *all[24];
    size_t count;
};

static void options_clear(struct options *options)
{
    for (size_t i = 0; i < options->count; i++)
        free(options->all[i]);
}

static void add(struct options *options, char *text)
{
    options->all[options->count++] = text;
}

/* How much each task gets: of the part that needs most. */
static void add_sizes(const struct runtime_slurm *slurm, const struct lent_job *job,
                      struct options *options)
{
    uint32_t tasks = 0, cpus_each = 1, tasks_each = 1;
    bool alike = true;

    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct lent_part *part = &job->parts[i];
        const struct lent_node *node = slurm_find_node(slurm, part->node);
        uint32_t threads = node ? node->known.threads_each : 1;
        uint32_t own = part->tasks > 0 ? part->tasks : 1;
        uint32_t each = (part->cores * threads + own - 1) / own;

        tasks += own;
        cpus_each = each > cpus_each ? each : cpus_each;
        tasks_each = i == 0 ? own : tasks_each;
        alike = alike && own == tasks_each;
    }
    add(options, memory_format("--ntasks=%" PRIu32, tasks));
    add(options, memory_format("--cpus-per-task=%" PRIu32, cpus_each));
    if (alike)
        add(options, memory_format("--ntasks-per-node=%" PRIu32, tasks_each));
    if (job->memory_bytes > 0)
        add(options, memory_format("--mem=%" PRIu64 "M", ((job->memory_bytes - 1) >> 20) + 1));
}

static char *node_list(const struct lent_job *job)
{
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_new();
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error err;

    for (uint32_t i = 0; i < job->part_count; i++)
        (void)hostlist_add(list, job->parts[i].node, &err); /* names of nodes that are there */
    buffer_init(&text);
    hostlist_print(list, &text);
    return memory_format("--nodelist=%s", text.bytes);
}

static void fill_options(const struct runtime_slurm *slurm, const struct lent_job *job,
                         struct options *options)
{
    const struct gateway_settings *settings = slurm->settings;
    int64_t all_us = job->limit_us + job->kill_wait_us + SLACK_US + US_PER_MINUTE - 1;

    add(options, memory_copy("--parsable"));
    add(options, memory_format("--job-name=%s", job->name));
    add(options, memory_format("--comment=tequio job %" PRIu64 " of %s for %s", job->job, job->user,
                               job->project));
    add(options, memory_format("--partition=%s", settings->partition));
    add(options, memory_format("--nodes=%" PRIu32, job->part_count));
    add(options, node_list(job));
    add_sizes(slurm, job, options);
    add(options, memory_format("--time=%" PRId64, all_us / US_PER_MINUTE));
    add(options, memory_copy("--no-requeue")); /* what to do when a node fails, the network says */
    add(options, memory_copy("--export=ALL"));
    add(options, memory_format("--chdir=%s", job->folder));
    add(options, memory_format("--output=%s/log", job->folder));
    if (settings->account)
        add(options, memory_format("--account=%s", settings->account));
    if (settings->qos)
        add(options, memory_format("--qos=%s", settings->qos));
    add(options, memory_format("%s/batch", job->folder));
}

static void tell_failed(struct runtime_slurm *slurm, struct lent_job *job, bool given_back,
                        const char *why)
{
    job->stage = LENT_FAILED;
    job->given_back = given_back;
    lent_job_set(&job->why, why);
    if (!slurm_save(slurm, job))
        job->stage = job->id > 0 ? LENT_WAITS : LENT_SUBMITTING;
}

/* Whether it came through is not known: it is looked for before it is tried again. */
static void doubt(struct lent_job *job)
{
    job->unsure = true;
    job->trust_us = clock_boot_us(&clock_real) + TRUST_US;
}

static void on_submitted(struct runtime_slurm *slurm, struct lent_job *job, char *output,
                         const struct error *why)
{
    struct error err = *why;
    uint64_t id;

    if (job->stage != LENT_SUBMITTING)
        return; /* the list was faster */
    if (output && slurm_read_submitted(output, &id, &err)) {
        job->id = id;
        job->stage = LENT_WAITS;
        if (!slurm_save(slurm, job))
            doubt(job);
        log_info("job=%" PRIu64 " attempt=%" PRIu32 " is Slurm's job %" PRIu64, job->job,
                 job->attempt, id);
    } else if (output || slurm_is_away(err.text)) {
        log_warning("job=%" PRIu64 " is not submitted: %s; will try again", job->job, err.text);
        doubt(job);
    } else {
        log_warning("job=%" PRIu64 " is refused: %s", job->job, err.text);
        tell_failed(slurm, job, false, err.text);
    }
}

static void submit(struct runtime_slurm *slurm, struct lent_job *job)
{
    CLEANUP(options_clear) struct options options = {0};

    fill_options(slurm, job, &options);
    ask(slurm, job, "sbatch", (const char *const *)options.all, on_submitted);
}

/* --- scancel ------------------------------------------------------------------------------------------ */

static void on_cancelled(struct runtime_slurm *slurm, struct lent_job *job, char *output,
                         const struct error *why)
{
    (void)slurm;
    if (!output)
        log_warning("job=%" PRIu64 ": %s; will try again", job ? job->job : 0, why->text);
    else
        slurm_look_soon(slurm, US_PER_SECOND / 10);
}

static void cancel(struct runtime_slurm *slurm, struct lent_job *job, bool pending_only)
{
    CLEANUP(memory_freep) char *id = memory_format("%" PRIu64, job->id);
    const char *const all[] = {id, NULL};
    const char *const pending[] = {"--state=PENDING", id, NULL};

    job->signal_us = clock_boot_us(&clock_real);
    ask(slurm, job, "scancel", pending_only ? pending : all, on_cancelled);
}

void slurm_end_twin(struct runtime_slurm *slurm, uint64_t id)
{
    CLEANUP(memory_freep) char *text = memory_format("%" PRIu64, id);
    const char *const arguments[] = {text, NULL};

    log_warning("Slurm's job %" PRIu64 " is the twin of another of ours: it is ended", id);
    ask(slurm, NULL, "scancel", arguments, on_cancelled);
}

static void on_signalled(struct runtime_slurm *slurm, struct lent_job *job, char *output,
                         const struct error *why)
{
    (void)slurm;
    if (!output)
        log_warning("job=%" PRIu64 " was not signalled: %s", job->job, why->text);
}

/* To all of its processes; of these tequio-slurm-job passes on what is marked (handover.h). */
void slurm_signal(struct runtime_slurm *slurm, struct lent_job *job, int number, bool batch_only)
{
    CLEANUP(memory_freep) char *id = memory_format("%" PRIu64, job->id);
    CLEANUP(memory_freep) char *signal = memory_format("--signal=%d", number);
    const char *const arguments[] = {signal, batch_only ? "--batch" : "--full", id, NULL};

    ask(slurm, job, "scancel", arguments, on_signalled);
}

/* --- its end ------------------------------------------------------------------------------------------- */

/* The job's own measure where there is one: Slurm counts whole seconds. */
static void fill_end(struct lent_job *job, const struct slurm_end *slurms,
                     const struct task_end *own)
{
    struct task_end *end = &job->end;

    *end = own ? *own : (struct task_end){.cause = TASK_UNKNOWN};
    if (slurms && !own) {
        end->exit_code = slurms->exit_code;
        end->exit_signal = slurms->exit_signal;
        end->ended_us = slurms->end_us;
        if (slurms->start_us > 0 && slurms->end_us > slurms->start_us)
            end->wall_used_us = slurms->end_us - slurms->start_us;
    }
    if (slurms && (slurms->state->cause != TASK_BY_ITSELF || !own))
        end->cause = slurms->state->cause;
    if (end->ended_us == 0)
        end->ended_us = clock_wall_us(&clock_real);
    if (slurms && slurms->start_us > 0 && job->started_us == 0)
        job->started_us = slurms->start_us;
    if (job->started_us == 0)
        job->started_us = end->ended_us - end->wall_used_us;
}

static bool has_waited(const struct runtime_slurm *slurm, const struct lent_job *job)
{
    return clock_wall_us(&clock_real) - job->submitted_us > slurm->settings->wait_us;
}

static void tell_never_ran(struct runtime_slurm *slurm, struct lent_job *job)
{
    bool back = !job->stop && has_waited(slurm, job);
    CLEANUP(buffer_clear) struct buffer waited = {0};
    CLEANUP(memory_freep) char *why = NULL;

    buffer_init(&waited);
    print_duration(slurm->settings->wait_us, &waited);
    why = back ? memory_format("has waited in the site's Slurm for %s", waited.bytes)
          : job->stop
              ? memory_copy("it was told to end before the site's Slurm had started it")
              : memory_format("the site's Slurm has ended its job %" PRIu64 " before it ran",
                              job->id);
    tell_failed(slurm, job, back, why);
}

void slurm_finish(struct runtime_slurm *slurm, struct lent_job *job, const struct slurm_end *end)
{
    enum lent_stage before = job->stage;
    struct task_end own = {0};
    struct error err;
    bool has_own = handover_read_end(job->folder, &own, &err);

    if (!has_own && job->stage != LENT_RUNS && !handover_has_begun(job->folder)) {
        tell_never_ran(slurm, job);
        return;
    }
    fill_end(job, end, has_own ? &own : NULL);
    job->stage = LENT_ENDED;
    if (!slurm_save(slurm, job))
        job->stage = before;
    log_info("job=%" PRIu64 " Slurm's job %" PRIu64 " has ended cause=%d code=%" PRIu32
             " signal=%" PRIu32,
             job->job, job->id, (int)job->end.cause, job->end.exit_code, job->end.exit_signal);
}

static void on_used(struct runtime_slurm *slurm, struct lent_job *job, char *output,
                    const struct error *why)
{
    struct error err = *why;
    struct slurm_use use;

    if (!output || !slurm_read_use(output, &use, &err)) {
        log_warning("job=%" PRIu64 ": %s; what its script has used counts", job->job, err.text);
        return;
    }
    if (use.cpu_us > job->end.cpu_used_us)
        job->end.cpu_used_us = use.cpu_us;
    if (use.memory_peak_bytes > job->end.memory_peak_bytes)
        job->end.memory_peak_bytes = use.memory_peak_bytes;
    slurm_save(slurm, job);
}

static void ask_use(struct runtime_slurm *slurm, struct lent_job *job)
{
    CLEANUP(memory_freep) char *id = memory_format("--jobs=%" PRIu64, job->id);
    const char *const arguments[] = {
        "--noheader", "--parsable2", "--noconvert", "--format=" SLURM_USE_FORMAT, id, NULL,
    };

    ask(slurm, job, "sacct", arguments, on_used);
}

static void on_shown(struct runtime_slurm *slurm, struct lent_job *job, char *output,
                     const struct error *why)
{
    struct error err = *why;
    struct slurm_end end;
    struct task_end own;

    if (!output || !slurm_read_end(output, &end, &err)) {
        log_warning("job=%" PRIu64 " how it ended is not known yet: %s; will ask again", job->job,
                    err.text);
        job->over = false; /* the next look says so again, or that Slurm has forgotten it */
        return;
    }
    /* A file that was written over there is seen here a little later. */
    if (end.state->cause == TASK_BY_ITSELF && !handover_read_end(job->folder, &own, &err) &&
        clock_wall_us(&clock_real) < end.end_us + END_FILE_US) {
        job->over = false;
        return;
    }
    if (end.state->phase != SLURM_ENDED) {
        job->over = false;
        return;
    }
    slurm_finish(slurm, job, &end);
    if (slurm->settings->sacct && job->stage == LENT_ENDED)
        ask_use(slurm, job);
}

static void ask_end(struct runtime_slurm *slurm, struct lent_job *job)
{
    CLEANUP(memory_freep) char *id = memory_format("%" PRIu64, job->id);
    const char *const arguments[] = {"--oneliner", "show", "job", id, NULL};

    ask(slurm, job, "scontrol", arguments, on_shown);
}

/* --- news, and what is next --------------------------------------------------------------------------------- */

static void tell_news(struct runtime_slurm *slurm, struct lent_job *job)
{
    const struct lent_node *node = slurm_find_node(slurm, job->parts[0].node);
    const struct task_key key = {.job = job->job, .attempt = job->attempt};
    const struct task_news *news = node ? &node->news : NULL;
    struct error why;

    if (!job->asked || job->told_end || job->busy || !news || !news->owner)
        return;
    if (!job->told_start && (job->stage == LENT_RUNS || job->stage == LENT_ENDED)) {
        job->told_start = true;
        news->on_started(news->owner, &key, job->started_us);
    }
    if (!lent_job_is_over(job))
        return;
    job->told_end = true;
    fail(&why, ERROR_CONFLICT, "%s", job->why);
    if (job->stage == LENT_ENDED)
        news->on_ended(news->owner, &key, &job->end);
    else if (job->given_back)
        news->on_given_back(news->owner, &key, &why);
    else
        news->on_failed(news->owner, &key, &why);
}

/* Not in Slurm, as far as can be known. */
static void pursue_submission(struct runtime_slurm *slurm, struct lent_job *job)
{
    if (job->unsure)
        return;
    if (job->stop || has_waited(slurm, job))
        tell_never_ran(slurm, job);
    else
        submit(slurm, job);
}

void slurm_pursue(struct runtime_slurm *slurm, struct lent_job *job)
{
    bool again = clock_boot_us(&clock_real) >= job->signal_us + AGAIN_US || job->signal_us == 0;

    if (!job->busy && lent_job_is_live(job) && slurm->questions.count < QUESTIONS_MOST) {
        if (job->id == 0)
            pursue_submission(slurm, job);
        else if (job->over)
            ask_end(slurm, job);
        else if (job->stop && again)
            cancel(slurm, job, false);
        else if (job->stage == LENT_WAITS && has_waited(slurm, job) && again)
            cancel(slurm, job, true);
    }
    tell_news(slurm, job);
}
