/* relay.c - what agents of one job say to each other, through the scheduler */

#include "agent/relay.h"

void relay_send(struct agent *agent, const struct part *part, uint32_t to, Wire__RelayBody *body)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Relay relay = WIRE__RELAY__INIT;
    CLEANUP(buffer_clear) struct buffer bytes = {0};

    if (agent->session != SESSION_JOINED)
        return;
    buffer_init(&bytes);
    bytes.length = wire__relay_body__pack(
        body, (uint8_t *)buffer_reserve(&bytes, wire__relay_body__get_packed_size(body)));
    relay.job = part->key.job;
    relay.attempt = part->key.attempt;
    relay.from_part = part->key.part;
    relay.to_part = to;
    relay.body = (ProtobufCBinaryData){.len = bytes.length, .data = (uint8_t *)bytes.bytes};
    envelope.request = agent_next_request(agent);
    envelope.body_case = WIRE__ENVELOPE__BODY_RELAY;
    envelope.relay = &relay;
    agent_send(agent, &envelope);
}

int64_t relay_pause(struct agent *agent, int64_t *pause_us)
{
    *pause_us *= 2;
    if (*pause_us < RELAY_LEAST_US)
        *pause_us = RELAY_LEAST_US;
    if (*pause_us > RELAY_MOST_US)
        *pause_us = RELAY_MOST_US;
    return agent_jitter(agent, *pause_us);
}

/* --- to the part that runs the tasks ------------------------------------------------------ */

void relay_start(struct agent *agent, const struct step_part *step_part)
{
    const struct step *step = step_part->step;
    const Wire__StepStart *ask = step_ask(step);
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskStart start = WIRE__TASK_START__INIT;
    CLEANUP(memory_freep) uint32_t *ranks = step_ranks(step_part);
    CLEANUP(memory_freep) char **nodes = step_nodes(step);
    CLEANUP(memory_freep) uint32_t *tasks = step_tasks(step);

    start.step = step->id;
    start.tasks = step_part->tasks;
    start.first_task = step_part->first_task;
    start.all_tasks = step_all_tasks(step);
    start.cpus_per_task = step_cpus_per_task(step);
    start.n_arguments = ask->n_arguments;
    start.arguments = ask->arguments;
    start.n_environment = ask->n_environment;
    start.environment = ask->environment;
    start.directory = ask->directory;
    start.whole_part = ask->whole_part;
    start.keep_on_failure = ask->keep_on_failure;
    start.terminal = ask->terminal;
    start.rows = ask->rows;
    start.columns = ask->columns;
    start.container = ask->container;
    start.task_prolog = ask->task_prolog;
    start.task_epilog = ask->task_epilog;
    start.layout = (Wire__TaskLayout *)(uintptr_t)step_layout(step);
    start.ranks = ranks;
    start.n_ranks = ranks ? step_part->tasks : 0;
    start.pmix = ask->pmix;
    start.pmix_nodes = nodes;
    start.pmix_tasks = tasks;
    start.n_pmix_nodes = start.n_pmix_tasks = ask->pmix ? step->count : 0;
    start.pmix_index = (uint32_t)(step_part - step->parts);
    if (ask->pmix)
        start.pmix_key = ask->key;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_START;
    body.task_start = &start;
    relay_send(agent, step->part, step_part->part, &body);
}

void relay_signal(struct agent *agent, const struct step_part *step_part, uint32_t signal)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskSignal wire = WIRE__TASK_SIGNAL__INIT;

    wire.step = step_part->step->id;
    wire.signal = signal;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_SIGNAL;
    body.task_signal = &wire;
    relay_send(agent, step_part->step->part, step_part->part, &body);
}

void relay_forget(struct agent *agent, const struct part *part, uint32_t to, uint64_t step)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskForget forget = WIRE__TASK_FORGET__INIT;

    forget.step = step;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_FORGET;
    body.task_forget = &forget;
    relay_send(agent, part, to, &body);
}

void relay_read(struct agent *agent, const struct part *part, const struct relay_ask *ask,
                const struct stream_place *place)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskRead wire = WIRE__TASK_READ__INIT;

    wire.step = place->step;
    wire.error_stream = place->error_stream;
    wire.offset = place->offset;
    wire.most = place->most;
    wire.wait_us = place->wait_us;
    body.request = ask->request;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_READ;
    body.task_read = &wire;
    relay_send(agent, part, ask->part, &body);
}

void relay_input(struct agent *agent, const struct part *part, const struct relay_ask *ask,
                 const Wire__StepInput *input)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskInput wire = WIRE__TASK_INPUT__INIT;

    wire.step = input->step;
    wire.offset = input->offset;
    wire.writer = input->writer;
    wire.rows = input->rows;
    wire.columns = input->columns;
    wire.bytes = input->bytes;
    body.request = ask->request;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_INPUT;
    body.task_input = &wire;
    relay_send(agent, part, ask->part, &body);
}

/* --- back to the part that asked ---------------------------------------------------------- */

static uint32_t asker_of(uint64_t step)
{
    return (uint32_t)(step >> 32);
}

void relay_started(struct agent *agent, const struct task_set *set)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskStarted started = WIRE__TASK_STARTED__INIT;

    started.step = set->step;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_STARTED;
    body.task_started = &started;
    relay_send(agent, set->part, asker_of(set->step), &body);
}

void relay_ended(struct agent *agent, const struct task_set *set)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskEnded ended = WIRE__TASK_ENDED__INIT;

    ended.step = set->step;
    ended.exit_code = task_end_code(&set->end);
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_ENDED;
    body.task_ended = &ended;
    relay_send(agent, set->part, asker_of(set->step), &body);
}

void relay_failed(struct agent *agent, const struct part *part, uint64_t step,
                  const struct error *why)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskFailure failure = WIRE__TASK_FAILURE__INIT;

    failure.step = step;
    failure.code = why->code;
    failure.text = (char *)why->text;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_FAILURE;
    body.task_failure = &failure;
    relay_send(agent, part, asker_of(step), &body);
}

void relay_bytes(struct agent *agent, const struct part *part, const struct relay_ask *ask,
                 const struct stream_place *place, const struct buffer *bytes, bool end)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskBytes wire = WIRE__TASK_BYTES__INIT;

    wire.step = place->step;
    wire.error_stream = place->error_stream;
    wire.offset = place->offset;
    wire.bytes = (ProtobufCBinaryData){.len = bytes->length, .data = (uint8_t *)bytes->bytes};
    wire.end = end;
    body.request = ask->request;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_BYTES;
    body.task_bytes = &wire;
    relay_send(agent, part, ask->part, &body);
}

void relay_taken(struct agent *agent, const struct part *part, const struct relay_ask *ask,
                 Wire__TaskTaken *taken)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;

    body.request = ask->request;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_TAKEN;
    body.task_taken = taken;
    relay_send(agent, part, ask->part, &body);
}
