/* run.c - parts and task sets handed to the runtime, with all that they need */

#include "agent/run.h"

#include "agent/task_prolog.h"
#include "base/digest.h"
#include "base/file.h"
#include "proto/pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES_LIMIT (1 << 22) /* PID_MAX_LIMIT of Linux, include/linux/threads.h */

/* --- the part ----------------------------------------------------------------------------- */

/* "DIRECTORY/JOB.ATTEMPT.PART"; free() it. */
static char *part_path(const char *directory, const struct part *part)
{
    return memory_format("%s/%" PRIu64 ".%" PRIu32 ".%" PRIu32, directory, part->key.job,
                         part->key.attempt, part->key.part);
}

static char *binding_text(const struct agent *agent, const struct idset *cores)
{
    CLEANUP(idset_freep) struct idset *cpus = topology_binding(agent->facts.topology, cores);
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    idset_print(cpus, &text);
    return buffer_steal(&text);
}

/* Written anew by whoever needs it, so it need not survive a crash. */
static bool write_file(const char *path, const struct buffer *text, struct error *err)
{
    CLEANUP(file_closep)
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

    if (descriptor < 0)
        return fail_errno(err, "%s", path);
    return file_write_all(descriptor, text->bytes, text->length, err) || fail_in(err, "%s", path);
}

static bool write_hosts(const char *path, const char *tail, const struct part *part, bool hydra,
                        struct error *err)
{
    CLEANUP(memory_freep) char *whole = memory_format("%s.%s", path, tail);
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    environment_host_file(part_launch(part), hydra, &text);
    return write_file(whole, &text, err);
}

/* How the job's tasks here are bound, one line for each, for the ranks of mpirun. */
static bool write_binding(const struct agent *agent, const char *path, const struct part *part,
                          struct error *err)
{
    const struct binding_wish wish = run_job_wish(part);
    CLEANUP(memory_freep) char *whole = memory_format("%s.binding", path);
    CLEANUP(binding_freep) struct binding *binding = NULL;
    CLEANUP(buffer_clear) struct buffer text = {0};

    binding = binding_new(agent->facts.topology, &wish, err);
    if (!binding)
        return fail_in(err, "binding of its tasks");
    buffer_init(&text);
    binding_print(binding, &text);
    return write_file(whole, &text, err);
}

/* The GPUs of this node that the part was not given; free() them. */
static struct device_number *other_gpus(const struct agent *agent, const struct part *part,
                                        uint32_t *ret_count)
{
    const struct topology *topology = agent->facts.topology;
    struct device_number *others = NEW_ARRAY(struct device_number, topology->gpus);
    uint32_t count = 0;

    for (uint32_t i = 0; i < topology->gpus; i++) {
        const struct device *device = &topology->devices[i];

        if (device->has_file && !(part->gpus && idset_has(part->gpus, i)))
            others[count++] = (struct device_number){device->file_major, device->file_minor};
    }
    *ret_count = count;
    return others;
}

/* For all its cores; what is more than Linux can number needs no limit. */
static uint32_t processes_of(const struct agent *agent, const struct part *part)
{
    uint64_t most = (uint64_t)idset_count(part->cores) * agent->facts.processes_per_core;

    return most < PROCESSES_LIMIT ? (uint32_t)most : 0;
}

bool run_make_part(struct agent *agent, struct part *part, struct error *err)
{
    const Wire__PartLaunch *launch = part_launch(part);
    const struct agent_facts *facts = &agent->facts;
    CLEANUP(memory_freep) char *cpus = facts->bind ? binding_text(agent, part->cores) : NULL;
    uint32_t other_count;
    CLEANUP(memory_freep) struct device_number *others = other_gpus(agent, part, &other_count);
    const struct part_limits limits = {
        .user = launch->user,
        .denied = others,
        .denied_count = other_count,
        .node = facts->own_name ? facts->node : NULL,
        .cpus = cpus,
        .memory_bytes = launch->memory,
        .processes_most = processes_of(agent, part),
        .credential = part->credential,
        .project = launch->project,
        .parts = (uint32_t)launch->n_nodes,
        .cores = launch->cores,
        .tasks = launch->node_tasks[launch->part],
        .limit_us = launch->limit_us,
    };

    if (facts->hosts_directory) {
        CLEANUP(memory_freep) char *path = part_path(facts->hosts_directory, part);

        if (!write_hosts(path, "ompi", part, false, err) ||
            !write_hosts(path, "hydra", part, true, err) ||
            (facts->bind && !write_binding(agent, path, part, err)))
            return false;
    }
    return agent->seams.runtime->part_make(agent->seams.runtime->state, &part->key, &limits, err);
}

void run_take_samples(struct agent *agent, struct part *part)
{
    const struct runtime *runtime = agent->seams.runtime;
    CLEANUP(buffer_clear) struct buffer text;
    struct series series;

    buffer_init(&text);
    if (!runtime->measured || !runtime->measured(runtime->state, &part->key, &series))
        return;
    series_print(&series, &text);
    free(part->samples);
    part->samples = buffer_steal(&text);
}

void run_remove_hosts(struct agent *agent, const struct part *part)
{
    static const char *const tails[] = {"ompi", "hydra", "binding"};
    const char *directory = agent->facts.hosts_directory;

    for (size_t i = 0; directory && i < COUNT_OF(tails); i++) {
        CLEANUP(memory_freep) char *path = part_path(directory, part);
        CLEANUP(memory_freep) char *whole = memory_format("%s.%s", path, tails[i]);

        unlink(whole);
    }
}

/* --- task sets ---------------------------------------------------------------------------- */

static struct environment *make_environment(const struct agent *agent, const struct part *part,
                                            const struct task_plan *plan)
{
    const struct agent_facts *facts = &agent->facts;
    CLEANUP(memory_freep)
    char *hosts = part_path(facts->hosts_directory ? facts->hosts_directory : "", part);
    CLEANUP(memory_freep) char *cpus = facts->bind ? binding_text(agent, part->cores) : NULL;
    CLEANUP(memory_freep) char *cuda = run_gpu_list(agent, part, part->gpus, DEVICE_OF_NVIDIA);
    CLEANUP(memory_freep) char *rocr = run_gpu_list(agent, part, part->gpus, DEVICE_OF_AMD);
    const struct environment_facts known = {
        .launch = part_launch(part),
        .cuda_list = cuda,
        .rocr_list = rocr,
        .real_cpus = cpus,
        .core_list = part->core_list,
        .cpu_list = part->cpu_list,
        .agent = facts->agent,
        .host_file = hosts,
        .libexec = facts->libexec,
        .start_us = plan->step ? part->started_us : agent_wall(agent),
        .emulated = facts->topology->emulated,
        .as_root = facts->as_root,
        .lent = facts->lent,
        .step = plan->step,
        .step_tasks = plan->all_tasks,
        .step_cpus_per_task = plan->cpus_per_task,
        .own_cores =
            facts->bind && plan->step && !plan->whole_part && !(plan->layout && plan->layout->bind),
    };

    return environment_of_tasks(&known, plan->environment, plan->environment_count);
}

/* How its tasks are bound; *ret_binding NULL: they may use all of the part. */
static bool bind_tasks(const struct agent *agent, const struct part *part,
                       const struct task_plan *plan, struct binding **ret_binding,
                       struct error *err)
{
    const struct binding_wish wish = {
        .cores = part->cores,
        .tasks = plan->tasks,
        .each = plan->cpus_per_task,
        .layout = plan->layout,
        .gpus = part->gpus,
        .gpus_each = part_launch(part)->gpus_per_task,
    };

    *ret_binding = NULL;
    if (!agent->facts.bind || plan->whole_part)
        return true;
    *ret_binding = binding_new(agent->facts.topology, &wish, err);
    return *ret_binding != NULL;
}

static void free_texts(char **texts, uint32_t count)
{
    for (uint32_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

/* --- ranks started directly --------------------------------------------------------------- */

static void join(struct buffer *text, const char *word, char separator)
{
    if (text->length > 0)
        buffer_add_char(text, separator);
    buffer_add_text(text, word);
}

/* What pmix_job.h reads. */
static void set_pmix(struct environment *environment, const struct task_plan *plan,
                     const struct binding *binding)
{
    CLEANUP(buffer_clear) struct buffer nodes = {0};
    CLEANUP(buffer_clear) struct buffer tasks = {0};
    CLEANUP(buffer_clear) struct buffer cpus = {0};
    char **lists = binding ? binding_cpus(binding) : NULL;

    buffer_init(&nodes);
    buffer_init(&tasks);
    buffer_init(&cpus);
    for (size_t i = 0; i < plan->pmix_count; i++) {
        char number[16];

        snprintf(number, sizeof(number), "%" PRIu32, plan->pmix_tasks[i]);
        join(&nodes, plan->pmix_nodes[i], ',');
        join(&tasks, number, ',');
    }
    for (uint32_t i = 0; lists && i < plan->tasks; i++)
        join(&cpus, lists[i], ';');
    free_texts(lists, plan->tasks);
    environment_set(environment, "TEQUIO_PMIX_NODES", "%s", nodes.bytes);
    environment_set(environment, "TEQUIO_PMIX_TASKS", "%s", tasks.bytes);
    environment_set(environment, "TEQUIO_PMIX_CPUS", "%s", cpus.bytes);
    environment_set(environment, "TEQUIO_PMIX_PLANE", "%" PRIu32,
                    plan->layout ? plan->layout->plane : 0);
    environment_set(environment, "TEQUIO_PMIX_INDEX", "%" PRIu32, plan->pmix_index);
    if (plan->pmix_key) {
        CLEANUP(buffer_clear) struct buffer key = {0};

        buffer_init(&key);
        hex_print(plan->pmix_key, STEP_KEY_SIZE, &key);
        environment_set(environment, "TEQUIO_PMIX_KEY", "%s", key.bytes);
    }
    if (!plan->kill_on_failure)
        environment_set(environment, "TEQUIO_PMIX_KEEP", "1");
}

/* --- both kinds --------------------------------------------------------------------------- */

static bool is_there(const char *text)
{
    return text && *text;
}

/* The plan's words, NULL-ended, behind the programs that start them (NULL: there is none). */
static const char **words_of(const char *stage, const char *server, const char *task,
                             const char *around, const struct task_plan *plan)
{
    const char **all = NEW_ARRAY(const char *, plan->argument_count + 6);
    size_t at = 0;

    if (stage)
        all[at++] = stage;
    if (server)
        all[at++] = server;
    if (task)
        all[at++] = task;
    if (around) {
        all[at++] = around;
        all[at++] = is_there(plan->vm) ? plan->vm : plan->container;
    }
    for (size_t i = 0; i < plan->argument_count; i++)
        all[at++] = plan->arguments[i];
    return all;
}

/* For tequio-task; NULL when no task has a prolog or epilog. */
static char *set_task_hooks(const struct agent *agent, const struct task_plan *plan,
                            struct environment *environment)
{
    if (!is_there(plan->task_prolog) && !is_there(plan->task_epilog))
        return NULL;
    environment_set(environment, TASK_PROLOG, "%s", plan->task_prolog);
    environment_set(environment, TASK_EPILOG, "%s", plan->task_epilog);
    return memory_format("%s/tequio-task", agent->facts.libexec);
}

/* What runs them inside an image; NULL: nothing does. */
static char *set_image(const struct agent *agent, const struct part *part,
                       const struct task_plan *plan, struct environment *environment)
{
    if (is_there(plan->vm)) {
        run_set_vm(agent, part, environment);
        return memory_format("%s/tequio-vm", agent->facts.libexec);
    }
    return is_there(plan->container) ? memory_format("%s/tequio-container", agent->facts.libexec)
                                     : NULL;
}

static void fill_layout(const struct agent *agent, const struct task_plan *plan,
                        const struct binding *binding, struct task_start *start)
{
    start->tasks = plan->tasks;
    start->first_task = plan->first_task;
    if (binding && !agent->facts.topology->emulated) /* else they are no NUMA nodes of ours */
        start->task_memory = (const char *const *)binding->memory;
    start->task_ranks = plan->ranks;
    start->memory_preferred = plan->layout && plan->layout->memory_preferred;
    start->tell_binding = plan->layout && plan->layout->verbose;
}

/* Fill what both kinds of sets have in common, and start. */
static bool start_set(struct agent *agent, struct part *part, const struct task_plan *plan,
                      struct task_start *start, struct error *err)
{
    const struct runtime *runtime = agent->seams.runtime;
    CLEANUP(environment_freep)
    struct environment *environment = make_environment(agent, part, plan);
    CLEANUP(memory_freep)
    char *server = plan->pmix ? memory_format("%s/tequio-pmix", agent->facts.libexec) : NULL;
    CLEANUP(memory_freep) char *task = set_task_hooks(agent, plan, environment);
    CLEANUP(memory_freep) char *around = set_image(agent, part, plan, environment);
    CLEANUP(memory_freep) char *stage = run_set_stages(agent, plan->stages, environment);
    CLEANUP(memory_freep) const char **arguments = words_of(stage, server, task, around, plan);
    CLEANUP(binding_freep) struct binding *binding = NULL;
    char **cpus = NULL;
    bool started;

    if (!bind_tasks(agent, part, plan, &binding, err))
        return false;
    run_set_gpus(agent, part, binding, environment);
    if (plan->pmix) {
        set_pmix(environment, plan, binding);
        start->tasks = 1; /* which starts the others */
    } else {
        cpus = binding ? binding_cpus(binding) : NULL;
        fill_layout(agent, plan, binding, start);
    }
    start->key = part_key(part, plan->step);
    start->task_cpus = (const char *const *)cpus;
    start->arguments = arguments;
    start->words_before = start->script ? (stage ? 1U : 0U) + (around ? 2U : 0U) : 0;
    start->tasks_alone = is_there(plan->vm);
    start->environment = environment_all(environment);
    start->directory = *plan->directory ? plan->directory : "/";
    start->kill_on_failure = plan->kill_on_failure;
    start->kill_wait_us = agent->kill_wait_us;
    started = runtime->start(runtime->state, start, err);
    free_texts(cpus, plan->tasks);
    return started;
}

static const char *output_pattern(const Wire__PartLaunch *launch)
{
    if (*launch->output)
        return launch->output;
    return launch->element ? "slurm-%A_%a.out" : "slurm-%j.out";
}

static bool expand_file(const struct agent *agent, const struct part *part, const char *pattern,
                        char **ret_path, struct error *err)
{
    const Wire__PartLaunch *launch = part_launch(part);
    const struct pattern_facts facts = {
        .job = part->key.job,
        .array = launch->element ? launch->element->array : 0,
        .element = launch->element ? launch->element->element : 0,
        .name = launch->name,
        .user = launch->user,
        .node = agent->facts.node,
        .node_number = part->key.part,
    };
    CLEANUP(buffer_clear) struct buffer path = {0};

    buffer_init(&path);
    if (*pattern &&
        !pattern_path(pattern, *launch->directory ? launch->directory : "/", &facts, &path, err))
        return false;
    free(*ret_path);
    *ret_path = buffer_steal(&path);
    return true;
}

bool run_batch(struct agent *agent, struct part *part, struct error *err)
{
    const Wire__PartLaunch *launch = part_launch(part);
    CLEANUP(memory_freep) char *input = NULL;
    const struct task_plan plan = {
        .tasks = 1,
        .whole_part = true,
        .arguments = launch->arguments,
        .argument_count = launch->n_arguments,
        .environment = launch->environment,
        .environment_count = launch->n_environment,
        .directory = launch->directory,
        .container = launch->container,
        .vm = launch->vm,
        .stages = launch,
    };
    struct task_start start = {
        .script = launch->script.data,
        .script_size = launch->script.len,
        .append = launch->append,
        .limit_us = launch->limit_us,
        .warning_signal = launch->warning_signal,
        .warning_us = launch->warning_us,
        .warning_batch_only = launch->warning_batch_only,
    };

    if (is_there(launch->container) && is_there(launch->vm))
        return fail(err, ERROR_INVALID, "it names two images, of a container and of a machine");
    if (!expand_file(agent, part, output_pattern(launch), &part->output, err) ||
        !expand_file(agent, part, launch->error, &part->error_output, err) ||
        !expand_file(agent, part, launch->input, &input, err))
        return false;
    start.output = part->output;
    start.error = *part->error_output ? part->error_output : NULL;
    start.input = *input ? input : NULL;
    if (!start_set(agent, part, &plan, &start, err))
        return false;
    part_add_set(part, 0);
    return true;
}

bool run_step(struct agent *agent, struct part *part, const struct task_plan *plan,
              struct error *err)
{
    struct task_start start = {
        .limit_us = INT64_MAX,
        .terminal = plan->terminal,
        .rows = (uint16_t)plan->rows,
        .columns = (uint16_t)plan->columns,
    };

    return start_set(agent, part, plan, &start, err);
}

void run_drop_set(struct agent *agent, struct task_set *set)
{
    const struct runtime *runtime = agent->seams.runtime;
    struct task_key key = part_key(set->part, set->step);

    if (set->step != 0)
        runtime->forget(runtime->state, &key);
    agent_drop_set(agent, set);
}

void run_slim_launch(struct agent *agent, struct part *part)
{
    Wire__PartLaunch slim = *part_launch(part);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    Wire__Envelope *copy;
    struct error err;

    (void)agent;
    slim.script = (ProtobufCBinaryData){0};
    slim.n_arguments = slim.n_environment = slim.n_stage_in = slim.n_stage_out = 0;
    envelope.body_case = WIRE__ENVELOPE__BODY_PART_LAUNCH;
    envelope.part_launch = &slim;
    buffer_init(&bytes);
    message_encode(&envelope, &bytes);
    copy = message_decode((const uint8_t *)bytes.bytes, bytes.length, &err);
    if (!copy)
        return; /* then the large one stays */
    message_free(part->launch);
    part->launch = copy;
}
