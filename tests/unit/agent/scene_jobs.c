/* scene_jobs.c - what the scheduler and the jobs of a scene say, and what was heard of it */

#include "tests/unit/agent/scene.h"

#include <string.h>

static const char script[] = "#!/bin/sh\nexit 0\n";

/* --- asks ------------------------------------------------------------------------------------ */

static void ask_local(struct scene *scene, size_t node, Wire__Envelope *envelope)
{
    const struct sender sender = {.uid = 1000, .route_size = 3, .route = "abc"};
    CLEANUP(buffer_clear) struct buffer bytes = {0};

    if (envelope->request == 0)
        envelope->request = ++scene->last_request;
    buffer_init(&bytes);
    message_encode(envelope, &bytes);
    agent_from_local(scene->nodes[node].agent, &sender, (const uint8_t *)bytes.bytes, bytes.length);
}

void scene_ask(struct scene *scene, size_t node, Wire__Envelope *envelope)
{
    Wire__Envelope hello_envelope = WIRE__ENVELOPE__INIT;
    Wire__Hello hello = WIRE__HELLO__INIT;

    hello.version_least = hello.version_most = PROTOCOL_VERSION;
    hello_envelope.body_case = WIRE__ENVELOPE__BODY_HELLO;
    hello_envelope.hello = &hello;
    ask_local(scene, node, &hello_envelope);
    ask_local(scene, node, envelope);
}

/* --- jobs ------------------------------------------------------------------------------------ */

struct task_key scene_key(uint64_t job, uint32_t part, uint64_t step)
{
    return (struct task_key){.job = job, .attempt = 1, .part = part, .step = step};
}

void scene_fill_launch(struct scene *scene, Wire__PartLaunch *launch, uint64_t job, size_t nodes,
                       uint32_t part, uint32_t cores)
{
    static uint8_t token[16] = "0123456789abcde";
    static char *names[SCENE_NODES_MAX];
    static uint32_t core_counts[SCENE_NODES_MAX];

    for (size_t i = 0; i < SCENE_NODES_MAX; i++) {
        names[i] = i < scene->count ? scene->nodes[i].name : (char *)"n9";
        core_counts[i] = cores;
    }
    wire__part_launch__init(launch);
    launch->job = job;
    launch->attempt = 1;
    launch->part = part;
    launch->token = (ProtobufCBinaryData){.len = sizeof(token), .data = token};
    launch->user = (char *)"ana";
    launch->name = (char *)"calor";
    launch->project = (char *)"fisica";
    launch->partition = (char *)"general";
    launch->cluster = (char *)"norte";
    launch->institution = (char *)"unam";
    launch->n_nodes = launch->n_node_cores = launch->n_node_tasks = nodes;
    launch->nodes = names;
    launch->node_cores = launch->node_tasks = core_counts;
    launch->cores = cores;
    launch->tasks = cores * (uint32_t)nodes;
    launch->limit_us = INT64_MAX;
    launch->lease_us = scene->lease_us;
}

static void send_launch(struct scene *scene, Wire__PartLaunch *launch)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;

    envelope.body_case = WIRE__ENVELOPE__BODY_PART_LAUNCH;
    envelope.part_launch = launch;
    scene_send(scene, launch->part, &envelope);
}

void scene_launch(struct scene *scene, uint64_t job, size_t nodes, uint32_t cores)
{
    for (uint32_t part = 0; part < nodes; part++) {
        Wire__PartLaunch launch;

        scene_fill_launch(scene, &launch, job, nodes, part, cores);
        send_launch(scene, &launch);
    }
}

void scene_start(struct scene *scene, uint64_t job, size_t nodes, uint32_t cores)
{
    char *environment[] = {(char[]){"HOME=/home/ana"}, (char[]){"SLURM_JOB_ID=999"}};
    Wire__PartLaunch launch;

    scene_fill_launch(scene, &launch, job, nodes, 0, cores);
    launch.start_batch = true;
    launch.script = (ProtobufCBinaryData){.len = sizeof(script) - 1, .data = (uint8_t *)script};
    launch.directory = (char *)"/home/ana";
    launch.output = (char *)"salida-%j.txt";
    launch.n_environment = COUNT_OF(environment);
    launch.environment = environment;
    send_launch(scene, &launch);
}

void scene_part_stop(struct scene *scene, size_t node, uint64_t job, uint32_t part, uint32_t signal)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__PartStop stop = WIRE__PART_STOP__INIT;

    stop.job = job;
    stop.attempt = 1;
    stop.part = part;
    stop.signal = signal;
    envelope.body_case = WIRE__ENVELOPE__BODY_PART_STOP;
    envelope.part_stop = &stop;
    scene_send(scene, node, &envelope);
}

void scene_stop_unknown(struct scene *scene, size_t node, uint64_t job)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__PartStop stop = WIRE__PART_STOP__INIT;

    stop.job = job;
    stop.attempt = 1;
    stop.unknown = true;
    envelope.body_case = WIRE__ENVELOPE__BODY_PART_STOP;
    envelope.part_stop = &stop;
    scene_send(scene, node, &envelope);
}

/* --- what was heard -------------------------------------------------------------------------- */

static bool is_report(const struct heard *heard, uint64_t job, uint32_t part, Wire__PartEvent event)
{
    const Wire__Envelope *envelope = heard->envelope;

    return envelope->body_case == WIRE__ENVELOPE__BODY_PART_REPORT &&
           envelope->part_report->job == job && envelope->part_report->part == part &&
           envelope->part_report->event == event;
}

const Wire__PartReport *scene_report(const struct scene *scene, uint64_t job, uint32_t part,
                                     Wire__PartEvent event)
{
    const Wire__PartReport *found = NULL;

    LIST_EACH(&scene->heard, node) {
        const struct heard *heard = CONTAINER_OF(node, struct heard, of_scene);

        if (is_report(heard, job, part, event))
            found = heard->envelope->part_report;
    }
    return found;
}

size_t scene_reports(const struct scene *scene, uint64_t job, uint32_t part, Wire__PartEvent event)
{
    size_t count = 0;

    LIST_EACH(&scene->heard, node)
        count += is_report(CONTAINER_OF(node, struct heard, of_scene), job, part, event);
    return count;
}

static const Wire__Envelope *last_of(const struct list *list, Wire__Envelope__BodyCase kind)
{
    const Wire__Envelope *found = NULL;

    LIST_EACH(list, node) {
        const struct heard *heard = CONTAINER_OF(node, struct heard, of_scene);

        if (heard->envelope->body_case == kind)
            found = heard->envelope;
    }
    return found;
}

const Wire__Envelope *scene_answer(const struct scene *scene, Wire__Envelope__BodyCase kind)
{
    return last_of(&scene->answers, kind);
}

const Wire__Envelope *scene_last(const struct scene *scene, Wire__Envelope__BodyCase kind)
{
    return last_of(&scene->heard, kind);
}
