/* launch.c - a command of the core into the message for the node's agent
 *
 * Made when it leaves: script, arguments and environment are only then read from the store,
 * which has them, since the commit is done. */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/request.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* What the job runs; the specification of the job before is kept, for copies and other parts. */
struct runnable {
    int64_t spec;
    struct arena *arena;
    Wire__JobSpec *wire;
    struct bytes script;
};

void runnable_free(struct runnable *runnable)
{
    if (!runnable)
        return;
    if (runnable->wire)
        wire__job_spec__free_unpacked(runnable->wire, NULL);
    arena_free(runnable->arena);
    free(runnable);
}

static bool read_rows(struct service *service, struct runnable *runnable, struct row *spec,
                      struct row *script, struct error *err)
{
    struct store *store = service->outside.store;
    bool found;

    if (!store->find(store, spec, runnable->arena, &found, err))
        return false;
    if (!found)
        return fail(err, ERROR_NOT_FOUND, "no specification %" PRId64, spec->spec.id);
    script->script.id = spec->spec.script;
    if (!store->find(store, script, runnable->arena, &found, err))
        return false;
    return found || fail(err, ERROR_NOT_FOUND, "no script %" PRId64, script->script.id);
}

static struct runnable *read_runnable(struct service *service, int64_t id, struct error *err)
{
    struct runnable *runnable = NEW(struct runnable);
    struct row spec = {.kind = ROW_SPEC, .spec = {.id = id}};
    struct row script = {.kind = ROW_SCRIPT};

    runnable->spec = id;
    runnable->arena = arena_new();
    if (read_rows(service, runnable, &spec, &script, err)) {
        runnable->script = script.script.bytes;
        runnable->wire = wire__job_spec__unpack(NULL, spec.spec.bytes.size, spec.spec.bytes.bytes);
        if (runnable->wire)
            return runnable;
        fail(err, ERROR_IO, "specification %" PRId64 " cannot be read", id);
    }
    runnable_free(runnable);
    return NULL;
}

const Wire__JobSpec *runnable_of(struct service *service, uint64_t spec, struct bytes *ret_script,
                                 struct error *err)
{
    struct runnable *runnable = service->runnable;

    if (!runnable || runnable->spec != (int64_t)spec) {
        runnable = read_runnable(service, (int64_t)spec, err);
        if (!runnable)
            return NULL;
        runnable_free(service->runnable);
        service->runnable = runnable;
    }
    *ret_script = runnable->script;
    return runnable->wire;
}

static void fill_nodes(Wire__PartLaunch *launch, const struct job *job, struct arena *arena)
{
    size_t count = job->part_count;

    launch->nodes = ARENA_NEW_ARRAY(arena, char *, count);
    launch->node_cores = ARENA_NEW_ARRAY(arena, uint32_t, count);
    launch->node_tasks = ARENA_NEW_ARRAY(arena, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        launch->nodes[i] = job->parts[i].node->name;
        launch->node_cores[i] = job->parts[i].cores;
        launch->node_tasks[i] = job->parts[i].tasks;
    }
    launch->n_nodes = launch->n_node_cores = launch->n_node_tasks = count;
    if (job_gpus(job) == 0)
        return;
    launch->node_gpus = ARENA_NEW_ARRAY(arena, uint32_t, count);
    launch->n_node_gpus = count;
    for (size_t i = 0; i < count; i++)
        launch->node_gpus[i] = job->parts[i].gpus;
}

static void fill_element(Wire__PartLaunch *launch, const struct job *job, struct arena *arena)
{
    const struct elements *all;

    if (!job->array)
        return;
    all = &job->array->all;
    launch->element = ARENA_NEW(arena, Wire__ArrayElement);
    wire__array_element__init(launch->element);
    launch->element->array = job->array_id;
    launch->element->element = job->element;
    launch->element->count = all->count;
    launch->element->least = elements_first(all);
    launch->element->most = elements_last(all);
    launch->element->step = elements_step(all);
}

static void fill_het(Wire__PartLaunch *launch, const struct job *job, struct arena *arena)
{
    uint32_t size = het_size(&job->request);

    if (size == 1)
        return;
    launch->n_het = size;
    launch->het = ARENA_NEW_ARRAY(arena, Wire__HetGroup *, size);
    for (uint32_t i = 0; i < size; i++) {
        const struct request *request = het_request(&job->request, i);
        Wire__HetGroup *group = ARENA_NEW(arena, Wire__HetGroup);

        wire__het_group__init(group);
        group->job = job->id + i;
        group->parts = job->components[i].parts;
        group->tasks = request->tasks;
        group->cpus_per_task = request->cpus_per_task;
        group->partition = het_partition(job, i)->name;
        launch->het[i] = group;
    }
}

static void fill_job(Wire__PartLaunch *launch, const struct job *job, uint32_t component)
{
    const struct request *request = het_request(&job->request, component);
    const struct partition *partition = het_partition(job, component);

    launch->job = job->id;
    launch->attempt = job->attempt;
    launch->token = (ProtobufCBinaryData){TOKEN_SIZE, (uint8_t *)(uintptr_t)job->token};
    launch->user = job->user;
    launch->name = job->name;
    launch->project = job->project;
    launch->institution = job->institution;
    launch->partition = partition->name;
    launch->cluster = job->cluster->name;
    launch->tasks = request->tasks;
    launch->cpus_per_task = request->cpus_per_task;
    launch->tasks_per_node = request->tasks_per_node;
    launch->exclusive = request->exclusive;
    launch->limit_us = job_limit(job);
    launch->submit_us = job->submit_us;
    launch->restarts = job->attempt - 1;
    launch->lease_us = partition->contact == CONTACT_LEASE ? partition->lease_us : 0;
}

static void fill_batch(Wire__PartLaunch *launch, const Wire__JobSpec *spec, struct bytes script)
{
    launch->start_batch = true;
    launch->script = (ProtobufCBinaryData){script.size, (uint8_t *)(uintptr_t)script.bytes};
    launch->arguments = spec->arguments;
    launch->n_arguments = spec->n_arguments;
    launch->environment = spec->environment;
    launch->n_environment = spec->n_environment;
    launch->directory = spec->directory;
    launch->output = spec->output;
    launch->error = spec->error;
    launch->input = spec->input;
    launch->container = spec->container;
    launch->vm = spec->vm;
    launch->stage_in = spec->stage_in;
    launch->n_stage_in = spec->n_stage_in;
    launch->stage_out = spec->stage_out;
    launch->n_stage_out = spec->n_stage_out;
    launch->append = spec->append;
}

/* As if its node had refused it: whoever waits for the job is told, and it is held. */
static void refuse_launch(struct service *service, const struct job *job,
                          const struct command *command, const char *why)
{
    struct event event = {
        .kind = EVENT_PART_REFUSED,
        .part = {.job = job->id,
                 .attempt = job->attempt,
                 .part = command->part,
                 .token = job->token,
                 .never = true,
                 .text = why}
    };

    if (job->state == JOB_CONFIGURING) /* once for all of its parts */
        log_error("job=%" PRIu64 " cannot be launched: %s", job->id, why);
    service_step(service, &event);
}

/* What no agent would take in must not leave: nobody would ever answer it.  The batch step is counted
 * from the first message on, or a node would be readied for what never comes. */
static bool check_size(const Wire__Envelope *message, const Wire__JobSpec *spec,
                       struct bytes script, struct error *err)
{
    size_t size = wire__envelope__get_packed_size(message) + wire__job_spec__get_packed_size(spec) +
                  script.size;

    if (size <= SOCKET_FRAME_MAX)
        return true;
    return fail(err, ERROR_EXHAUSTED,
                "its launch has %zu bytes, %d are the most: use a smaller script or environment, "
                "or fewer nodes",
                size, SOCKET_FRAME_MAX);
}

static void send_launch(struct service *service, const struct peer *peer, const struct job *job,
                        const struct command *command)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    Wire__PartLaunch launch = WIRE__PART_LAUNCH__INIT;
    const struct part *part = &job->parts[command->part];
    const Wire__JobSpec *spec;
    struct bytes script;
    struct error err;

    spec = runnable_of(service, job->spec, &script, &err);
    if (!spec) {
        log_error("job=%" PRIu64 " cannot be launched: %s; it stays where it is", job->id,
                  err.text);
        return;
    }
    fill_job(&launch, job, part->component);
    fill_het(&launch, job, arena);
    fill_nodes(&launch, job, arena);
    fill_element(&launch, job, arena);
    launch.session = peer->session;
    launch.part = command->part;
    launch.cores = part->cores;
    launch.memory = part->memory_bytes;
    launch.gpus = part->gpus;
    launch.gpu_type = (char *)(uintptr_t)part->gpu_type;
    launch.gpus_per_task = job->request.constraints ? job->request.constraints->gpus_per_task : 0;
    launch.warning_signal = spec->warning_signal;
    launch.warning_us = spec->warning_us;
    launch.warning_batch_only = spec->warning_batch_only;
    launch.layout = spec->layout;
    message.body_case = WIRE__ENVELOPE__BODY_PART_LAUNCH;
    message.part_launch = &launch;
    if (!check_size(&message, spec, script, &err)) {
        refuse_launch(service, job, command, err.text);
        return;
    }
    if (part->state == PART_STARTING)
        fill_batch(&launch, spec, script);
    service_send(service, DOOR_AGENTS, &peer->to, 0, &message);
}

static void send_stop(struct service *service, const struct peer *peer, const struct job *job,
                      const struct command *command)
{
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    Wire__PartStop stop = WIRE__PART_STOP__INIT;

    stop.session = peer->session;
    stop.job = command->job;
    stop.attempt = command->attempt;
    stop.part = command->part;
    stop.signal = command->kind == COMMAND_SIGNAL ? command->signal : 0;
    if (command->kind == COMMAND_TURN) {
        stop.signal = SIGCONT; /* harmless where turns are not known */
        stop.turn = job->interruption->turn;
    }
    stop.batch_only = command->batch_only;
    message.body_case = WIRE__ENVELOPE__BODY_PART_STOP;
    message.part_stop = &stop;
    service_send(service, DOOR_AGENTS, &peer->to, 0, &message);
}

/* Is it still wanted?  Since the command was noted, the part may have been confirmed, or lost with
 * its node: to launch it then would be to run it twice. */
static bool is_due(const struct job *job, const struct command *command)
{
    if (!job || job->attempt != command->attempt || command->part >= job->part_count)
        return false;
    switch (job->parts[command->part].state) {
    case PART_LAUNCHING:
    case PART_STARTING:
        return true;
    case PART_READY:
    case PART_RUNNING:
        return command->kind == COMMAND_SIGNAL;
    case PART_PAUSING:
    case PART_RESUMING:
        return command->kind == COMMAND_TURN;
    case PART_STOPPING: /* a launch before the stop, but not of the batch script */
        return command->kind != COMMAND_START || !job->parts[command->part].core_list;
    default:
        return false;
    }
}

void launch_send(struct service *service, const struct command *command)
{
    const struct job *job = core_find_job(service->core, command->job);
    struct peer *peer;

    if (!is_due(job, command))
        return;
    peer = peers_find(service->peers, job->parts[command->part].node->name);
    if (!peer || !peer->connected)
        return; /* it comes again when the agent does */
    if (command->kind == COMMAND_READY || command->kind == COMMAND_START)
        send_launch(service, peer, job, command);
    else
        send_stop(service, peer, job, command);
    if (command->kind != COMMAND_SIGNAL && peer->resend_us == 0) {
        peer->resend_wait_us = service->settings->resend_after_us;
        peer->resend_us = service->boot_us + peer->resend_wait_us;
    }
}
