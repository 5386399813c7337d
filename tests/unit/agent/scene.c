/* scene.c - agents on simulated nodes, and a scheduler that does as the test says */

#include "tests/unit/agent/scene.h"

#include "agent/part.h"
#include "base/file.h"
#include "tests/lib/scratch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEARTBEAT_US (5 * SECOND)
#define KILL_WAIT_US (10 * SECOND)

enum way { TO_AGENT, TO_SCHEDULER, TO_LOCAL };

struct message {
    struct list_node of_queue;
    enum way way;
    uint32_t node;
    uint8_t *bytes;
    size_t size;
};

/* --- the network ----------------------------------------------------------------------------- */

static void add_message(struct scene *scene, enum way way, uint32_t node, const void *bytes,
                        size_t size)
{
    struct message *message = NEW(struct message);

    message->way = way;
    message->node = node;
    message->bytes = memory_copy_bytes(bytes, size);
    message->size = size;
    list_add_last(&scene->queue, &message->of_queue);
}

/* What is between a node and the scheduler may go wrong. */
static void add_through_network(struct scene *scene, enum way way, uint32_t node, const void *bytes,
                                size_t size)
{
    if (scene->nodes[node].cut || test_random_chance(&scene->random, scene->lose_percent))
        return;
    add_message(scene, way, node, bytes, size);
    if (test_random_chance(&scene->random, scene->double_percent))
        add_message(scene, way, node, bytes, size);
}

static bool to_scheduler(void *state, const void *bytes, size_t size)
{
    struct scene_node *node = state;

    add_through_network(node->scene, TO_SCHEDULER, node->index, bytes, size);
    return true;
}

static void dial_again(void *state)
{
    struct scene_node *node = state;

    node->dialled++;
}

static bool to_local(void *state, const struct sender *to, const void *bytes, size_t size)
{
    struct scene_node *node = state;

    (void)to;
    add_message(node->scene, TO_LOCAL, node->index, bytes, size);
    return true;
}

void scene_send(struct scene *scene, size_t node, Wire__Envelope *envelope)
{
    CLEANUP(buffer_clear) struct buffer bytes = {0};

    if (envelope->request == 0)
        envelope->request = ++scene->last_request;
    if (envelope->epoch == 0)
        envelope->epoch = scene->epoch;
    if (envelope->body_case == WIRE__ENVELOPE__BODY_PART_LAUNCH &&
        envelope->part_launch->session == 0)
        envelope->part_launch->session = scene->session;
    if (envelope->body_case == WIRE__ENVELOPE__BODY_PART_STOP && envelope->part_stop->session == 0)
        envelope->part_stop->session = scene->session;
    buffer_init(&bytes);
    message_encode(envelope, &bytes);
    add_through_network(scene, TO_AGENT, (uint32_t)node, bytes.bytes, bytes.length);
}

/* --- the scheduler --------------------------------------------------------------------------- */

static void answer_hello(struct scene *scene, uint32_t node, uint64_t request)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__AgentWelcome welcome = WIRE__AGENT_WELCOME__INIT;

    welcome.version = PROTOCOL_VERSION;
    welcome.lineage = (ProtobufCBinaryData){.len = 16, .data = scene->lineage};
    welcome.epoch = scene->epoch;
    welcome.session = scene->session;
    welcome.heartbeat_us = HEARTBEAT_US;
    welcome.kill_wait_us = KILL_WAIT_US;
    welcome.cluster = (char *)"norte";
    welcome.topology = true;
    envelope.request = request;
    envelope.body_case = WIRE__ENVELOPE__BODY_AGENT_WELCOME;
    envelope.agent_welcome = &welcome;
    scene_send(scene, node, &envelope);
}

static void answer_done(struct scene *scene, uint32_t node, uint64_t request)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Done done = WIRE__DONE__INIT;

    envelope.request = request;
    envelope.body_case = WIRE__ENVELOPE__BODY_DONE;
    envelope.done = &done;
    scene_send(scene, node, &envelope);
}

void scene_answer_inventory(struct scene *scene, size_t node, const Wire__Envelope *ask)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__InventoryVerdict verdict = WIRE__INVENTORY_VERDICT__INIT;
    CLEANUP(memory_freep)
    Wire__Verdict *verdicts = NEW_ARRAY(Wire__Verdict, ask->inventory->n_parts + 1);
    CLEANUP(memory_freep)
    protobuf_c_boolean *known = NEW_ARRAY(protobuf_c_boolean, ask->inventory->n_parts + 1);

    for (size_t i = 0; i < ask->inventory->n_parts; i++) {
        verdicts[i] = scene->verdict;
        known[i] = ask->inventory->parts[i]->job == scene->knows;
    }
    verdict.n_verdicts = verdict.n_known = ask->inventory->n_parts;
    verdict.verdicts = verdicts;
    verdict.known = known;
    envelope.request = ask->request;
    envelope.body_case = WIRE__ENVELOPE__BODY_INVENTORY_VERDICT;
    envelope.inventory_verdict = &verdict;
    scene_send(scene, node, &envelope);
}

static void answer_report(struct scene *scene, uint32_t node, const Wire__Envelope *report)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__PartReported reported = WIRE__PART_REPORTED__INIT;

    if (!scene->acknowledge)
        return;
    reported.sequence = report->part_report->sequence;
    envelope.request = report->request;
    envelope.body_case = WIRE__ENVELOPE__BODY_PART_REPORTED;
    envelope.part_reported = &reported;
    scene_send(scene, node, &envelope);
}

/* Part i of every job is on node i. */
static void pass_on(struct scene *scene, uint32_t node, Wire__Envelope *envelope)
{
    uint32_t to = envelope->relay->to_part;

    envelope->relay->from_part = node;
    envelope->epoch = scene->epoch;
    if (to < scene->count)
        scene_send(scene, to, envelope);
}

static void hear(struct list *list, uint32_t node, Wire__Envelope *envelope)
{
    struct heard *heard = NEW(struct heard);

    heard->node = node;
    heard->envelope = envelope;
    list_add_last(list, &heard->of_scene);
}

static void scheduler_takes(struct scene *scene, uint32_t node, Wire__Envelope *envelope)
{
    scene->heard_of[envelope->body_case]++;
    switch (envelope->body_case) {
    case WIRE__ENVELOPE__BODY_AGENT_HELLO:
        answer_hello(scene, node, envelope->request);
        break;
    case WIRE__ENVELOPE__BODY_HEARTBEAT:
    case WIRE__ENVELOPE__BODY_TOPOLOGY:
        answer_done(scene, node, envelope->request);
        break;
    case WIRE__ENVELOPE__BODY_INVENTORY:
        if (!scene->mute_inventory)
            scene_answer_inventory(scene, node, envelope);
        break;
    case WIRE__ENVELOPE__BODY_PART_REPORT:
        answer_report(scene, node, envelope);
        break;
    case WIRE__ENVELOPE__BODY_RELAY:
        pass_on(scene, node, envelope);
        break;
    default:
        break;
    }
    hear(&scene->heard, node, envelope);
}

/* --- nodes ----------------------------------------------------------------------------------- */

void scene_stop_agent(struct scene *scene, size_t node)
{
    struct scene_node *stopped = &scene->nodes[node];

    runtime_simulated_deafen(stopped->simulated);
    agent_free(stopped->agent);
    stopped->agent = NULL;
}

void scene_start_agent(struct scene *scene, size_t node)
{
    struct scene_node *started = &scene->nodes[node];
    const struct agent_seams seams = {
        .transport = {to_scheduler, to_local, dial_again, started},
        .runtime = &started->runtime,
        .clock = &scene->clock,
        .directory = started->directory,
    };
    struct error err;

    started->facts = (struct agent_facts){
        .node = started->name,
        .program = "tequio-agent test",
        .boot_id = started->boot_id,
        .topology = scene->topology,
        .memory_bytes = UINT64_C(1) << 30,
        .bind = true,
        .lent = started->lent,
        .agent = "ipc:///nowhere",
        .libexec = "/libexec",
        .hosts_directory = started->hosts,
        .incarnation = {(uint8_t)node, (uint8_t)++started->starts},
        .seed = node + 1,
    };
    started->agent = agent_new(&started->facts, &seams, &err);
    if (!started->agent) {
        printf("Bail out! agent %zu: %s\n", node, err.text);
        exit(99);
    }
}

static void make_node(struct scene *scene, size_t index, simulated_plan_fn *plan, void *owner)
{
    struct scene_node *node = &scene->nodes[index];
    char name[40];
    struct error err;

    node->scene = scene;
    node->index = (uint32_t)index;
    snprintf(node->name, sizeof(node->name), "n%zu", index);
    snprintf(node->boot_id, sizeof(node->boot_id), "first-boot-%zu", index);
    snprintf(name, sizeof(name), "node-%zu-XXXXXX", index);
    node->directory = scratch_path(name);
    if (!mkdtemp(node->directory)) {
        printf("Bail out! %s\n", node->directory);
        exit(99);
    }
    node->hosts = memory_format("%s-hosts", node->directory);
    if (!file_make_directory(node->hosts, 0755, &err)) {
        printf("Bail out! %s\n", err.text);
        exit(99);
    }
    node->simulated = runtime_simulated_new(&scene->clock, plan, owner);
    node->runtime = runtime_simulated_seam(node->simulated);
}

struct scene *scene_new(size_t count, const char *topology, simulated_plan_fn *plan, void *owner)
{
    struct scene *scene = NEW(struct scene);
    struct error err;

    clock_simulated_init(&scene->clock_state);
    scene->clock = clock_simulated_seam(&scene->clock_state);
    scene->random = test_random_from_environment();
    scene->count = count;
    scene->epoch = 7;
    scene->session = 3;
    memset(scene->lineage, 0x55, sizeof(scene->lineage));
    scene->acknowledge = true;
    list_init(&scene->queue);
    list_init(&scene->heard);
    list_init(&scene->answers);
    scene->topology = topology_read(topology, &err);
    if (!scene->topology) {
        printf("Bail out! %s\n", err.text);
        exit(99);
    }
    for (size_t i = 0; i < count; i++) {
        make_node(scene, i, plan, owner);
        scene_start_agent(scene, i);
    }
    scene_run(scene, SECOND);
    return scene;
}

static void free_heard(struct list *list)
{
    LIST_EACH(list, node) {
        struct heard *heard = CONTAINER_OF(node, struct heard, of_scene);

        message_free(heard->envelope);
        free(heard);
    }
}

static void drop_message(struct scene *scene, struct message *message)
{
    list_remove(&scene->queue, &message->of_queue);
    free(message->bytes);
    free(message);
}

void scene_free(struct scene *scene)
{
    if (!scene)
        return;
    for (size_t i = 0; i < scene->count; i++) {
        agent_free(scene->nodes[i].agent);
        runtime_simulated_free(scene->nodes[i].simulated);
        free(scene->nodes[i].directory);
        free(scene->nodes[i].hosts);
    }
    LIST_EACH(&scene->queue, node)
        drop_message(scene, CONTAINER_OF(node, struct message, of_queue));
    free_heard(&scene->heard);
    free_heard(&scene->answers);
    topology_free(scene->topology);
    free(scene);
}

/* --- time ------------------------------------------------------------------------------------ */

static void deliver(struct scene *scene, struct message *message)
{
    struct agent *agent = scene->nodes[message->node].agent;
    Wire__Envelope *envelope;
    struct error err;

    if (message->way == TO_AGENT && agent)
        agent_from_scheduler(agent, message->bytes, message->size);
    if (message->way == TO_AGENT)
        return;
    envelope = message_decode(message->bytes, message->size, &err);
    if (!envelope) {
        printf("Bail out! an agent sent what is no message: %s\n", err.text);
        exit(99);
    }
    if (message->way == TO_SCHEDULER)
        scheduler_takes(scene, message->node, envelope);
    else
        hear(&scene->answers, message->node, envelope);
}

/* One turn of each agent; *ret_next_us: when the next is due. */
static void turn_all(struct scene *scene, int64_t *ret_next_us)
{
    struct error err;

    *ret_next_us = INT64_MAX;
    for (size_t i = 0; i < scene->count; i++) {
        struct scene_node *node = &scene->nodes[i];
        int64_t next_us = INT64_MAX;

        runtime_simulated_turn(node->simulated);
        if (node->agent && !agent_turn(node->agent, &next_us, &err)) {
            printf("Bail out! agent %zu: %s\n", i, err.text);
            exit(99);
        }
        if (next_us < *ret_next_us)
            *ret_next_us = next_us;
        next_us = runtime_simulated_next_us(node->simulated);
        if (node->agent && next_us < *ret_next_us)
            *ret_next_us = next_us;
    }
}

void scene_run(struct scene *scene, int64_t time_us)
{
    int64_t end_us = scene->clock_state.boot_us + time_us;
    int64_t next_us;

    for (;;) {
        struct list_node *first;

        turn_all(scene, &next_us);
        first = list_first(&scene->queue);
        if (first) {
            struct message *message = CONTAINER_OF(first, struct message, of_queue);

            deliver(scene, message);
            drop_message(scene, message);
            continue;
        }
        if (next_us > end_us)
            break;
        if (next_us > scene->clock_state.boot_us)
            clock_simulated_pass(&scene->clock_state, next_us - scene->clock_state.boot_us);
    }
    clock_simulated_pass(&scene->clock_state, end_us - scene->clock_state.boot_us);
}
