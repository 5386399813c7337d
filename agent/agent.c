/* agent.c - the node's agent: its life, its turn, what it sends */

#include "agent/agent.h"

#include "agent/handlers.h"
#include "base/parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* So old is what a power loss takes of the news that no scheduler has heard. */
#define SETTLE_US (US_PER_SECOND / 2)

/* One message that goes out at the end of the turn. */
struct outgoing {
    struct list_node of_agent;
    bool local;
    struct sender to; /* local */
    struct buffer bytes;
};

/* What a part is found by: the key's bytes without padding. */
struct part_name {
    uint64_t job;
    uint32_t attempt;
    uint32_t part;
};

static struct part_name name_of(const struct task_key *key)
{
    return (struct part_name){.job = key->job, .attempt = key->attempt, .part = key->part};
}

int64_t agent_now(const struct agent *agent)
{
    return clock_boot_us(agent->seams.clock);
}

int64_t agent_wall(const struct agent *agent)
{
    return clock_wall_us(agent->seams.clock);
}

uint64_t agent_next_request(struct agent *agent)
{
    return ++agent->last_request;
}

/* SplitMix64: G. Steele, D. Lea, C. Flood, 2014.  Nothing secret depends on it. */
int64_t agent_jitter(struct agent *agent, int64_t pause_us)
{
    uint64_t z = agent->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return pause_us + (int64_t)(z % (uint64_t)(pause_us / 2 + 1));
}

/* --- sending ------------------------------------------------------------------------------ */

static struct outgoing *add_outgoing(struct agent *agent, Wire__Envelope *envelope)
{
    struct outgoing *outgoing = NEW(struct outgoing);

    buffer_init(&outgoing->bytes);
    message_encode(envelope, &outgoing->bytes);
    list_add_last(&agent->outbox, &outgoing->of_agent);
    return outgoing;
}

void agent_send(struct agent *agent, Wire__Envelope *envelope)
{
    envelope->epoch = agent->epoch;
    add_outgoing(agent, envelope);
}

void agent_send_bytes(struct agent *agent, const struct buffer *packed)
{
    struct outgoing *outgoing = NEW(struct outgoing);

    buffer_init(&outgoing->bytes);
    buffer_add(&outgoing->bytes, packed->bytes, packed->length);
    list_add_last(&agent->outbox, &outgoing->of_agent);
}

void agent_send_local(struct agent *agent, const struct sender *to, Wire__Envelope *envelope)
{
    struct outgoing *outgoing;

    envelope->epoch = agent->epoch;
    outgoing = add_outgoing(agent, envelope);
    outgoing->local = true;
    outgoing->to = *to;
}

static void fill_failure(Wire__Envelope *envelope, Wire__Failure *failure, uint64_t request,
                         const struct error *err)
{
    wire__envelope__init(envelope);
    wire__failure__init(failure);
    failure_fill(failure, err);
    envelope->request = request;
    envelope->body_case = WIRE__ENVELOPE__BODY_FAILURE;
    envelope->failure = failure;
}

void agent_send_failure(struct agent *agent, uint64_t request, const struct error *err)
{
    Wire__Envelope envelope;
    Wire__Failure failure;

    fill_failure(&envelope, &failure, request, err);
    agent_send(agent, &envelope);
}

void agent_send_local_failure(struct agent *agent, const struct sender *to, uint64_t request,
                              const struct error *err)
{
    Wire__Envelope envelope;
    Wire__Failure failure;

    fill_failure(&envelope, &failure, request, err);
    agent_send_local(agent, to, &envelope);
}

static void drop_outgoing(struct agent *agent, struct outgoing *outgoing)
{
    list_remove(&agent->outbox, &outgoing->of_agent);
    buffer_clear(&outgoing->bytes);
    free(outgoing);
}

/* What cannot be sent is lost: whoever needs it sends it again. */
static void send_all(struct agent *agent)
{
    const struct agent_transport *transport = &agent->seams.transport;

    LIST_EACH(&agent->outbox, node) {
        struct outgoing *outgoing = CONTAINER_OF(node, struct outgoing, of_agent);

        if (outgoing->local)
            transport->to_local(transport->state, &outgoing->to, outgoing->bytes.bytes,
                                outgoing->bytes.length);
        else
            transport->to_scheduler(transport->state, outgoing->bytes.bytes,
                                    outgoing->bytes.length);
        drop_outgoing(agent, outgoing);
    }
}

/* --- parts -------------------------------------------------------------------------------- */

struct part *agent_find_part(const struct agent *agent, const struct task_key *key)
{
    struct part_name name = name_of(key);

    return table_get(agent->part_index, &name, sizeof(name));
}

struct part *agent_find_job(const struct agent *agent, uint64_t job)
{
    struct part *found = NULL;

    LIST_EACH(&agent->parts, node) {
        struct part *part = CONTAINER_OF(node, struct part, of_agent);

        if (part->key.job == job && (!found || part->key.attempt > found->key.attempt))
            found = part;
    }
    return found;
}

void agent_add_part(struct agent *agent, struct part *part)
{
    struct part_name name = name_of(&part->key);

    list_add_last(&agent->parts, &part->of_agent);
    table_put(agent->part_index, &name, sizeof(name), part);
}

void agent_drop_set(struct agent *agent, struct task_set *set)
{
    alarm_clear(&agent->alarms, &set->resend);
    alarm_clear(&agent->alarms, &set->signal);
    if (set->step)
        meetings_drop(agent, set->part, set->step);
    part_remove_set(set->part, set);
}

void agent_drop_part(struct agent *agent, struct part *part)
{
    struct part_name name = name_of(&part->key);

    readers_drop_part(agent, part);
    meetings_drop(agent, part, 0);
    typists_drop_part(agent, part);
    steps_drop_part(agent, part);
    LIST_EACH(&part->sets, node)
        agent_drop_set(agent, CONTAINER_OF(node, struct task_set, of_part));
    alarm_clear(&agent->alarms, &part->act);
    alarm_clear(&agent->alarms, &part->lease);
    alarm_clear(&agent->alarms, &part->turning);
    table_remove(agent->part_index, &name, sizeof(name));
    list_remove(&agent->parts, &part->of_agent);
    part_free(part);
}

bool agent_is_gone(const struct agent *agent, const struct task_key *key)
{
    struct part_name name = name_of(key);

    return table_get(agent->gone_index, &name, sizeof(name)) != NULL;
}

void agent_add_gone(struct agent *agent, const struct task_key *key)
{
    struct part_name name = name_of(key);
    struct task_key *place = &agent->gone[agent->gone_next];

    if (agent_is_gone(agent, key))
        return;
    if (agent->gone_count == GONE_MAX) {
        struct part_name oldest = name_of(place);

        table_remove(agent->gone_index, &oldest, sizeof(oldest));
    } else {
        agent->gone_count++;
    }
    *place = *key;
    table_put(agent->gone_index, &name, sizeof(name), place);
    agent->gone_next = (agent->gone_next + 1) % GONE_MAX;
}

void agent_clear_gone(struct agent *agent)
{
    table_free(agent->gone_index);
    agent->gone_index = table_new();
    agent->gone_count = agent->gone_next = 0;
}

/* --- life --------------------------------------------------------------------------------- */

/* The last cores are the system's. */
static void reserve_cores(struct slots *slots, uint32_t count)
{
    CLEANUP(idset_freep) struct idset *reserved = idset_new();
    uint32_t all = slots_count(slots);

    if (count == 0)
        return;
    idset_add_range(reserved, all - count, all - 1);
    slots_claim(slots, reserved);
}

struct slots *agent_idle_slots(const struct agent *agent)
{
    const struct topology *topology = agent->facts.topology;
    struct slots *slots = slots_new(topology->places, topology->core_count);

    reserve_cores(slots, agent->facts.reserved_cores);
    return slots;
}

static alarm_fn on_settle;

static void init(struct agent *agent)
{
    list_init(&agent->parts);
    list_init(&agent->reports);
    list_init(&agent->outbox);
    list_init(&agent->readers);
    list_init(&agent->meetings);
    list_init(&agent->typists);
    alarms_init(&agent->alarms, agent);
    buffer_init(&agent->inventory_bytes);
    agent->part_index = table_new();
    agent->gone_index = table_new();
    agent->gone = NEW_ARRAY(struct task_key, GONE_MAX);
    agent->identities = identities_new();
    agent->local = dispatcher_new(local_handlers, agent->identities, on_local_welcome, agent);
    agent->slots = slots_new(agent->facts.topology->places, agent->facts.topology->core_count);
    agent->devices = devices_new(agent->facts.topology->devices, agent->facts.topology->gpus);
    agent->random = agent->facts.seed;
    agent->settle.fire = on_settle;
}

struct agent *agent_new(const struct agent_facts *facts, const struct agent_seams *seams,
                        struct error *err)
{
    CLEANUP(agent_freep) struct agent *agent = NEW(struct agent);
    const struct task_news news = {
        .on_started = on_task_started,
        .on_ended = on_task_ended,
        .on_failed = on_task_failed,
        .on_given_back = on_task_given_back,
        .owner = agent,
    };
    struct journal_found found;

    agent->facts = *facts;
    agent->seams = *seams;
    init(agent);
    if (facts->reserved_cores >= facts->topology->core_count) {
        fail(err, ERROR_INVALID, "%u cores are to be reserved, but the node has %u",
             facts->reserved_cores, facts->topology->core_count);
        return NULL;
    }
    reserve_cores(agent->slots, facts->reserved_cores);
    agent->replaying = true;
    agent->journal = journal_open(seams->directory, note_read, agent, &found, err);
    agent->replaying = false;
    if (!agent->journal)
        return NULL;
    session_init(agent, &found);
    seams->runtime->listen(seams->runtime->state, &news);
    restore_parts(agent);
    session_start(agent);
    return STEAL(agent);
}

static void free_reports(struct agent *agent)
{
    LIST_EACH(&agent->reports, node)
        report_free(CONTAINER_OF(node, struct report, of_agent));
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    LIST_EACH(&agent->parts, node)
        agent_drop_part(agent, CONTAINER_OF(node, struct part, of_agent));
    free_reports(agent);
    LIST_EACH(&agent->outbox, node)
        drop_outgoing(agent, CONTAINER_OF(node, struct outgoing, of_agent));
    alarms_clear(&agent->alarms);
    table_free(agent->part_index);
    table_free(agent->gone_index);
    free(agent->gone);
    free(agent->inventory);
    buffer_clear(&agent->inventory_bytes);
    dispatcher_free(agent->local);
    identities_free(agent->identities);
    slots_free(agent->slots);
    devices_free(agent->devices);
    free(agent->trouble);
    free(agent->occupied);
    journal_free(agent->journal);
    free(agent);
}

/* --- its turn ----------------------------------------------------------------------------- */

void agent_from_scheduler(struct agent *agent, const uint8_t *bytes, size_t size)
{
    session_message(agent, bytes, size);
}

void agent_from_local(struct agent *agent, const struct sender *from, const uint8_t *bytes,
                      size_t size)
{
    CLEANUP(buffer_clear) struct buffer answer = {0};
    struct outgoing *outgoing;

    buffer_init(&answer);
    dispatcher_set_epoch(agent->local, agent->epoch);
    if (!dispatch(agent->local, from, bytes, size, agent_now(agent), &answer))
        return;
    outgoing = NEW(struct outgoing);
    outgoing->local = true;
    outgoing->to = *from;
    buffer_init(&outgoing->bytes);
    buffer_add(&outgoing->bytes, answer.bytes, answer.length);
    list_add_last(&agent->outbox, &outgoing->of_agent);
}

void agent_set_load(struct agent *agent, double load, uint64_t memory_free)
{
    agent->load = load;
    agent->memory_free = memory_free;
}

void agent_set_health(struct agent *agent, bool fit, const char *trouble)
{
    agent->health = fit ? WIRE__NODE_HEALTH__NODE_HEALTH_GOOD : WIRE__NODE_HEALTH__NODE_HEALTH_BAD;
    free(agent->trouble);
    agent->trouble = fit ? NULL : memory_copy(trouble);
}

void agent_set_occupied(struct agent *agent, const char *why)
{
    const char *before = agent->occupied ? agent->occupied : "";

    if (strcmp(before, why ? why : "") == 0)
        return;
    free(agent->occupied);
    agent->occupied = why ? memory_copy(why) : NULL;
    if (agent->session == SESSION_JOINED)
        alarm_set(&agent->alarms, &agent->heartbeat, agent_now(agent));
}

static void settle_later(struct agent *agent)
{
    if (journal_is_unsettled(agent->journal) && !alarm_is_set(&agent->settle))
        alarm_set(&agent->alarms, &agent->settle, agent_now(agent) + SETTLE_US);
}

static void on_settle(void *owner, struct alarm *alarm)
{
    struct agent *agent = owner;

    (void)alarm;
    agent->settling = true;
}

/* Alarms act on what is in the journal already; what a round of them adds is written before the
 * next round acts, and before anything is sent. */
bool agent_turn(struct agent *agent, int64_t *ret_next_us, struct error *err)
{
    do {
        if (!journal_sync(agent->journal, err))
            return false;
    } while (alarms_fire(&agent->alarms, agent_now(agent)));
    if (agent->settling && !journal_settle(agent->journal, err))
        return false;
    agent->settling = false;
    if (journal_wants_rewrite(agent->journal) &&
        !journal_rewrite(agent->journal, note_all, agent, err))
        return false;
    send_all(agent);
    settle_later(agent);
    *ret_next_us = alarms_next(&agent->alarms);
    return true;
}

size_t agent_part_count(const struct agent *agent)
{
    size_t count = 0;

    LIST_EACH(&agent->parts, node)
        count += !task_state_is_final(CONTAINER_OF(node, struct part, of_agent)->state);
    return count;
}

uint32_t agent_cores_left(const struct agent *agent)
{
    return slots_left(agent->slots);
}

size_t agent_reports_waiting(const struct agent *agent)
{
    return agent->reports.count;
}
