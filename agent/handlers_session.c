/* handlers_session.c - hello, welcome, heartbeat, inventory; each message of the scheduler */

#include "agent/course.h"
#include "agent/handlers.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HELLO_LEAST_US     (US_PER_SECOND / 2)
#define HELLO_MOST_US      (20 * US_PER_SECOND)
#define HEARTBEAT_LEAST_US (US_PER_SECOND / 10)
#define HEARTBEAT_MOST_US  (10 * US_PER_MINUTE)
#define SILENT_BEATS       3 /* so many unanswered: say hello again */
#define KILL_WAIT_US       (30 * US_PER_SECOND)

#define INVENTORY_LEAST_US US_PER_SECOND
#define INVENTORY_MOST_US  (16 * US_PER_SECOND) /* then the session is over */

static alarm_fn on_hello_due, on_heartbeat_due;
static void send_inventory(struct agent *agent);

void session_init(struct agent *agent, const struct journal_found *found)
{
    agent->hello.fire = on_hello_due;
    agent->heartbeat.fire = on_heartbeat_due;
    agent->heartbeat_us = 5 * US_PER_SECOND;
    agent->dialled_us = agent_now(agent);
    agent->kill_wait_us = KILL_WAIT_US;
    agent->contact_us = agent_now(agent);
    if (*found->damaged)
        log_error("the journal was damaged; a copy is %s, the %" PRIu64 " good records are used",
                  found->damaged, found->records);
    else if (found->cut > 0)
        log_warning("the journal ended in the middle of a record; cut %" PRIu64 " bytes",
                    found->cut);
}

static bool has_session(const struct agent *agent)
{
    return agent->session == SESSION_WELCOMED || agent->session == SESSION_JOINED;
}

/* --- hello -------------------------------------------------------------------------------- */

static void fill_hello(struct agent *agent, Wire__AgentHello *hello)
{
    const struct agent_facts *facts = &agent->facts;
    const struct topology *topology = facts->topology;

    wire__agent_hello__init(hello);
    hello->version_least = hello->version_most = PROTOCOL_VERSION;
    hello->program = (char *)facts->program;
    hello->node = (char *)facts->node;
    if (agent->has_lineage)
        hello->lineage = (ProtobufCBinaryData){.len = LINEAGE_SIZE, .data = agent->lineage};
    hello->epoch_seen = agent->epoch;
    hello->boot_id = (char *)facts->boot_id;
    hello->incarnation =
        (ProtobufCBinaryData){.len = INCARNATION_SIZE, .data = agent->facts.incarnation};
    hello->cores = topology->core_count - facts->reserved_cores;
    hello->threads = topology->threads;
    hello->memory = facts->memory_bytes;
    hello->packages = topology->packages;
    hello->numa_nodes = topology->numa_nodes;
    hello->gpus = topology->gpus;
    hello->topology =
        (ProtobufCBinaryData){.len = DIGEST_SIZE, .data = (uint8_t *)topology->digest.bytes};
    hello->emulated = topology->emulated;
    hello->wall_us = agent_wall(agent);
    hello->boot_us = facts->boot_us;
}

static char *gpu_kinds(const struct topology *topology)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    device_kinds_print(topology->devices, topology->gpus, &text);
    return buffer_steal(&text);
}

/* What was asked before is void: only this hello is to be answered. */
static void send_hello(struct agent *agent)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    CLEANUP(memory_freep) char *gpus = gpu_kinds(agent->facts.topology);
    Wire__AgentHello hello;

    fill_hello(agent, &hello);
    hello.gpu_kinds = gpus;
    hello.features = agent->facts.features ? (char *)(uintptr_t)agent->facts.features : (char *)"";
    agent->hello_request = agent_next_request(agent);
    agent->heartbeat_request = agent->inventory_request = 0;
    agent->sent_us = agent_now(agent);
    envelope.request = agent->hello_request;
    envelope.body_case = WIRE__ENVELOPE__BODY_AGENT_HELLO;
    envelope.agent_hello = &hello;
    agent_send(agent, &envelope);
}

/* How long nothing is heard before it is a silence. */
static int64_t patience_us(const struct agent *agent)
{
    return SILENT_BEATS * agent->heartbeat_us + US_PER_SECOND;
}

/* What is in between may have forgotten the connection. */
static void dial_again_if_silent(struct agent *agent, int64_t now)
{
    const struct agent_transport *transport = &agent->seams.transport;
    int64_t since_us =
        agent->answered_us > agent->dialled_us ? agent->answered_us : agent->dialled_us;

    if (!transport->dial_again || now - since_us <= patience_us(agent))
        return;
    agent->dialled_us = now;
    transport->dial_again(transport->state);
}

static void on_hello_due(void *owner, struct alarm *alarm)
{
    struct agent *agent = owner;

    dial_again_if_silent(agent, agent_now(agent));
    send_hello(agent);
    agent->hello_pause_us = agent->hello_pause_us * 2;
    if (agent->hello_pause_us < HELLO_LEAST_US)
        agent->hello_pause_us = HELLO_LEAST_US;
    if (agent->hello_pause_us > HELLO_MOST_US)
        agent->hello_pause_us = HELLO_MOST_US;
    alarm_set(&agent->alarms, alarm, agent_now(agent) + agent_jitter(agent, agent->hello_pause_us));
}

void session_start(struct agent *agent)
{
    agent->session = SESSION_NONE;
    agent->hello_pause_us = 0;
    alarm_clear(&agent->alarms, &agent->heartbeat);
    alarm_set(&agent->alarms, &agent->hello, agent_now(agent));
}

/* --- heartbeat ---------------------------------------------------------------------------- */

/* Verdicts may take longer than answers. */
static bool session_is_over(const struct agent *agent, int64_t now)
{
    int64_t silent_us = now - agent->answered_us;

    if (agent->session == SESSION_WELCOMED)
        return silent_us > 2 * SILENT_BEATS * agent->heartbeat_us ||
               agent->inventory_pause_us > INVENTORY_MOST_US;
    return silent_us > patience_us(agent);
}

static void on_heartbeat_due(void *owner, struct alarm *alarm)
{
    struct agent *agent = owner;
    int64_t now = agent_now(agent);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Heartbeat beat = WIRE__HEARTBEAT__INIT;

    if (session_is_over(agent, now)) {
        log_warning("no answer from the scheduler for %" PRId64 " s; saying hello again, jobs "
                    "run on",
                    (now - agent->answered_us) / US_PER_SECOND);
        session_start(agent);
        return;
    }
    if (agent->session == SESSION_WELCOMED) {
        send_inventory(agent); /* it was lost, or the verdicts were */
        return;
    }
    beat.incarnation =
        (ProtobufCBinaryData){.len = INCARNATION_SIZE, .data = agent->facts.incarnation};
    beat.health = agent->health;
    if (agent->trouble)
        beat.trouble = agent->trouble;
    if (agent->occupied)
        beat.occupied = agent->occupied;
    beat.lent = agent->facts.lent;
    beat.load = agent->load;
    beat.memory_free = agent->memory_free;
    beat.reports_waiting = agent->reports.count;
    agent->heartbeat_request = agent_next_request(agent);
    agent->sent_us = now;
    envelope.request = agent->heartbeat_request;
    envelope.body_case = WIRE__ENVELOPE__BODY_HEARTBEAT;
    envelope.heartbeat = &beat;
    agent_send(agent, &envelope);
    alarm_set(&agent->alarms, alarm, now + agent->heartbeat_us);
}

/* An ask was answered: leases count from when it was sent. */
static void on_contact(struct agent *agent)
{
    agent->contact_us = agent->sent_us;
    agent->answered_us = agent_now(agent);
    LIST_EACH(&agent->parts, node) {
        struct part *part = CONTAINER_OF(node, struct part, of_agent);

        if (!lineage_is_strange(agent, part))
            course_lease(agent, part);
    }
}

/* --- topology and inventory ----------------------------------------------------------------- */

static void send_topology(struct agent *agent)
{
    const struct topology *topology = agent->facts.topology;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Topology wire = WIRE__TOPOLOGY__INIT;

    wire.digest =
        (ProtobufCBinaryData){.len = DIGEST_SIZE, .data = (uint8_t *)topology->digest.bytes};
    wire.xml = (ProtobufCBinaryData){.len = topology->xml_size, .data = (uint8_t *)topology->xml};
    envelope.request = agent_next_request(agent);
    envelope.body_case = WIRE__ENVELOPE__BODY_TOPOLOGY;
    envelope.topology = &wire;
    agent_send(agent, &envelope);
}

/* Parts whose end the scheduler has are not told again. */
static size_t fill_inventory(struct agent *agent, Wire__PartHeld **held, struct arena *keep)
{
    size_t count = 0;

    LIST_EACH(&agent->parts, node) {
        const struct part *part = CONTAINER_OF(node, struct part, of_agent);
        struct digest *digest = ARENA_NEW(keep, struct digest);

        if (part->state == TASK_REPORTED || count == MESSAGE_ITEM_MAX)
            continue;
        *digest = digest_of(part->token, TOKEN_SIZE);
        held[count] = ARENA_NEW(keep, Wire__PartHeld);
        wire__part_held__init(held[count]);
        held[count]->job = part->key.job;
        held[count]->attempt = part->key.attempt;
        held[count]->part = part->key.part;
        held[count]->token_digest =
            (ProtobufCBinaryData){.len = DIGEST_SIZE, .data = digest->bytes};
        held[count]->state = part_wire_state(part);
        held[count]->strange = lineage_is_strange(agent, part);
        agent->inventory[count++] = part->key;
    }
    return count;
}

/* As it is now.  It is kept: the same is sent again, so that an answer that takes long is still the
 * answer to it.  (What came later is none of this inventory's business.) */
static void take_inventory(struct agent *agent)
{
    CLEANUP(arena_freep) struct arena *keep = arena_new();
    Wire__PartHeld **held = ARENA_NEW_ARRAY(keep, Wire__PartHeld *, agent->parts.count + 1);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Inventory inventory = WIRE__INVENTORY__INIT;

    free(agent->inventory);
    agent->inventory = NEW_ARRAY(struct task_key, agent->parts.count + 1);
    agent->inventory_count = fill_inventory(agent, held, keep);
    inventory.session = agent->session_number;
    inventory.incarnation =
        (ProtobufCBinaryData){.len = INCARNATION_SIZE, .data = agent->facts.incarnation};
    inventory.n_parts = agent->inventory_count;
    inventory.parts = held;
    agent->inventory_request = agent_next_request(agent);
    agent->inventory_pause_us = INVENTORY_LEAST_US;
    agent->sent_us = agent_now(agent);
    envelope.request = agent->inventory_request;
    envelope.epoch = agent->epoch;
    envelope.body_case = WIRE__ENVELOPE__BODY_INVENTORY;
    envelope.inventory = &inventory;
    buffer_reset(&agent->inventory_bytes);
    message_encode(&envelope, &agent->inventory_bytes);
}

static void send_inventory(struct agent *agent)
{
    agent_send_bytes(agent, &agent->inventory_bytes);
    alarm_set(&agent->alarms, &agent->heartbeat,
              agent_now(agent) + agent_jitter(agent, agent->inventory_pause_us));
    agent->inventory_pause_us *= 2;
}

/* Of a stranger nobody has a say who cannot name its launch. */
static void on_verdict(struct agent *agent, const struct task_key *key, Wire__Verdict verdict,
                       bool known)
{
    struct part *part = agent_find_part(agent, key);

    if (!part)
        return;
    if (lineage_is_strange(agent, part) && !known)
        verdict = WIRE__VERDICT__VERDICT_UNKNOWN;
    else if (lineage_is_strange(agent, part))
        lineage_take_over(agent, part);
    if (verdict == WIRE__VERDICT__VERDICT_STOP)
        course_stop(agent, part, "the scheduler wants it no longer");
    else if (verdict == WIRE__VERDICT__VERDICT_FORGET && part->state == TASK_ENDED)
        course_forget_reports(agent, part);
    else if (verdict == WIRE__VERDICT__VERDICT_FORGET)
        course_stop(agent, part, "the scheduler has counted it as ended");
    else if (verdict == WIRE__VERDICT__VERDICT_KEEP)
        course_confirm(agent, part);
    else if (verdict == WIRE__VERDICT__VERDICT_UNKNOWN)
        log_warning("job=%" PRIu64 " attempt=%" PRIu32 " part=%" PRIu32 " is not known to the "
                    "scheduler; kept, its user or an operator must end it",
                    key->job, key->attempt, key->part);
}

/* The scheduler knows what is here: now it hears the rest. */
static void on_joined(struct agent *agent)
{
    agent->session = SESSION_JOINED;
    alarm_set(&agent->alarms, &agent->heartbeat,
              agent_now(agent) + (agent->facts.lent ? 0 : agent->heartbeat_us));
    on_contact(agent);
    course_resend_all(agent);
    LIST_EACH(&agent->parts, node)
        steps_resend(agent, CONTAINER_OF(node, struct part, of_agent));
}

static void on_inventory_verdict(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__InventoryVerdict *wire = envelope->inventory_verdict;

    if (agent->inventory_request == 0 || envelope->request != agent->inventory_request)
        return;
    if (wire->n_verdicts != agent->inventory_count) {
        log_error("%zu parts were told and %zu verdicts came; none is followed",
                  agent->inventory_count, wire->n_verdicts);
        return;
    }
    agent->inventory_request = 0;
    for (size_t i = 0; i < wire->n_verdicts; i++)
        on_verdict(agent, &agent->inventory[i], wire->verdicts[i],
                   i < wire->n_known && wire->known[i]);
    on_joined(agent);
}

/* --- welcome ------------------------------------------------------------------------------ */

static void take_welcome(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__AgentWelcome *welcome = envelope->agent_welcome;

    agent->heartbeat_us = welcome->heartbeat_us;
    if (agent->heartbeat_us < HEARTBEAT_LEAST_US || agent->heartbeat_us > HEARTBEAT_MOST_US)
        agent->heartbeat_us = 5 * US_PER_SECOND;
    if (welcome->kill_wait_us >= 0 && welcome->kill_wait_us <= US_PER_HOUR)
        agent->kill_wait_us = welcome->kill_wait_us;
    if (envelope->epoch > agent->epoch) {
        agent->epoch = envelope->epoch;
        note_identity(agent);
    }
    agent->session = SESSION_WELCOMED;
    agent->session_number = welcome->session;
    alarm_clear(&agent->alarms, &agent->hello);
    on_contact(agent);
    log_info("node=%s cluster=%s epoch=%" PRIu64 " welcomed; parts=%zu reports=%zu",
             agent->facts.node, welcome->cluster, agent->epoch, agent->parts.count,
             agent->reports.count);
    if (welcome->topology)
        send_topology(agent);
    take_inventory(agent);
    send_inventory(agent);
}

static void on_welcome(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__AgentWelcome *welcome = envelope->agent_welcome;

    if (envelope->request != agent->hello_request || has_session(agent))
        return;
    if (welcome->lineage.len != LINEAGE_SIZE || envelope->epoch == 0) {
        log_error("a welcome without lineage or epoch; ignored");
        return;
    }
    lineage_follow(agent, welcome->lineage.data);
    if (envelope->epoch < agent->epoch)
        log_error("a welcome of epoch %" PRIu64 ", but %" PRIu64 " was seen: a scheduler that was "
                  "replaced; ignored",
                  envelope->epoch, agent->epoch);
    else
        take_welcome(agent, envelope);
}

/* --- each message --------------------------------------------------------------------------- */

static void on_done(struct agent *agent, const Wire__Envelope *envelope)
{
    if (envelope->request == agent->heartbeat_request && agent->heartbeat_request != 0)
        on_contact(agent);
}

static void on_failure(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__Failure *failure = envelope->failure;

    /* Not what was sent in a session before this one: that is over anyway. */
    if (failure->hello && has_session(agent) && envelope->request > agent->hello_request) {
        log_info("the scheduler does not know this session any more; saying hello");
        session_start(agent);
    } else if (envelope->request == agent->hello_request) {
        log_warning("the scheduler refuses this node: %s; will ask again", failure->text);
    } else if (!failure->hello) {
        log_warning("the scheduler refused something: %s", failure->text);
    }
}

typedef void message_fn(struct agent *agent, const Wire__Envelope *envelope);

/* `command`: changes something here, so it must come from this session's scheduler. */
static const struct {
    Wire__Envelope__BodyCase kind;
    bool command;
    message_fn *handle;
} rows[] = {
    {WIRE__ENVELOPE__BODY_FAILURE,           false, on_failure          },
    {WIRE__ENVELOPE__BODY_DONE,              false, on_done             },
    {WIRE__ENVELOPE__BODY_AGENT_WELCOME,     false, on_welcome          },
    {WIRE__ENVELOPE__BODY_INVENTORY_VERDICT, true,  on_inventory_verdict},
    {WIRE__ENVELOPE__BODY_PART_LAUNCH,       true,  on_part_launch      },
    {WIRE__ENVELOPE__BODY_PART_STOP,         true,  on_part_stop        },
    {WIRE__ENVELOPE__BODY_PART_REPORTED,     true,  on_part_reported    },
    {WIRE__ENVELOPE__BODY_RELAY,             true,  on_relay            },
    {WIRE__ENVELOPE__BODY_OUTPUT_READ,       true,  on_output_read      },
    {WIRE__ENVELOPE__BODY_BINDING_ASK,       true,  on_binding_ask      },
    {WIRE__ENVELOPE__BODY_STEP_LIST,         true,  on_step_list        },
    {WIRE__ENVELOPE__BODY_STEP_INPUT,        true,  on_step_input       },
};

/* A launch for the agent before this one, or even for the boot before this one, comes again if it
 * is still wanted. */
static bool is_of_session(const struct agent *agent, const Wire__Envelope *envelope)
{
    switch (envelope->body_case) {
    case WIRE__ENVELOPE__BODY_PART_LAUNCH:
        return envelope->part_launch->session == agent->session_number;
    case WIRE__ENVELOPE__BODY_PART_STOP:
        return envelope->part_stop->session == agent->session_number;
    default:
        return true;
    }
}

/* A scheduler that was replaced may still send: its epoch is lower. */
static bool is_current(struct agent *agent, const Wire__Envelope *envelope)
{
    const char *name = message_name(envelope->body_case);

    if (!has_session(agent)) {
        log_debug("%s before the welcome; ignored", name);
        return false;
    }
    if (envelope->epoch < agent->epoch) {
        log_warning("%s of epoch %" PRIu64 ", but %" PRIu64 " was seen: a scheduler that was "
                    "replaced; ignored",
                    name, envelope->epoch, agent->epoch);
        return false;
    }
    if (envelope->epoch > agent->epoch) { /* restarted, and our session with it */
        session_start(agent);
        return false;
    }
    if (!is_of_session(agent, envelope)) {
        log_debug("%s of another session; ignored", name);
        return false;
    }
    return true;
}

void session_message(struct agent *agent, const uint8_t *bytes, size_t size)
{
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    struct error err;

    envelope = message_decode(bytes, size, &err);
    if (!envelope) {
        log_warning("the scheduler sent what is not understood: %s; ignored", err.text);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].kind != envelope->body_case)
            continue;
        if (!rows[i].command || is_current(agent, envelope))
            rows[i].handle(agent, envelope);
        return;
    }
    log_warning("%s is not for an agent; ignored", message_name(envelope->body_case));
}
