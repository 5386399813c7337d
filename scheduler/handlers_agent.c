/* handlers_agent.c - what the nodes' agents say */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/core/features.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BOOT_ID_MAX      64
#define CORES_MAX        65536
#define MEMORY_MAX       (UINT64_C(1) << 50)
#define TOPOLOGY_MAX     (4u << 20)
#define CLOCK_APART_US   (60 * US_PER_SECOND) /* told when a node's clock is off by more */
#define HEALTH           "health-check"       /* who drains a node that its own check finds unfit */
#define UNKNOWN_JOBS     "unknown-jobs" /* who drains one on which another database's jobs run */
#define RESEND_WAIT_MOST (30 * US_PER_SECOND)

/* --- presence ------------------------------------------------------------------------------------ */

void peer_heard(struct service *service, struct peer *peer)
{
    peer->heard_us = service->boot_us;
    peer->heard_wall_us = service->now_us;
    if (peer->suspected)
        log_info("node=%s is heard again", peer->node);
    peer->suspected = false;
}

static bool check_facts(const Wire__AgentHello *hello, struct error *err)
{
    struct gpu_stock stock;

    if (hello->cores == 0 || hello->cores > CORES_MAX || hello->threads < hello->cores ||
        hello->threads > 64 * CORES_MAX)
        return fail(err, ERROR_INVALID,
                    "a node with %" PRIu32 " cores and %" PRIu32 " threads makes no sense",
                    hello->cores, hello->threads);
    if (hello->memory == 0 || hello->memory > MEMORY_MAX)
        return fail(err, ERROR_INVALID, "a node with %" PRIu64 " bytes of memory makes no sense",
                    hello->memory);
    if (*hello->boot_id == '\0' || strlen(hello->boot_id) > BOOT_ID_MAX)
        return fail(err, ERROR_INVALID, "the boot id is missing or too long");
    if (hello->incarnation.len != 16)
        return fail(err, ERROR_INVALID, "an incarnation has 16 bytes");
    if (hello->topology.len != DIGEST_SIZE)
        return fail(err, ERROR_INVALID, "a topology's digest has %d bytes", DIGEST_SIZE);
    if (!features_check(hello->features, err) || !gpu_stock_parse(hello->gpu_kinds, &stock, err))
        return fail_in(err, "node %.64s", hello->node);
    if (hello->lineage.len != 0 && hello->lineage.len != LINEAGE_SIZE)
        return fail(err, ERROR_INVALID, "a lineage has %d bytes", LINEAGE_SIZE);
    return true;
}

/* The agent offers what it has by its inventory: what is known here is taken over. */
static void tell_of_strangeness(struct service *service, const Wire__AgentHello *hello)
{
    int64_t apart_us = hello->wall_us - service->now_us;

    if (hello->lineage.len &&
        memcmp(hello->lineage.data, service->marks.lineage, LINEAGE_SIZE) != 0)
        log_warning("node=%s has worked for another database; its jobs of then that are not known "
                    "here run on",
                    hello->node);
    else if (hello->lineage.len && hello->epoch_seen > (uint64_t)service->marks.epoch)
        log_error("node=%s has seen epoch %" PRIu64 ", this scheduler is at %" PRIu64
                  ": was an old copy of the database started?",
                  hello->node, hello->epoch_seen, (uint64_t)service->marks.epoch);
    if (apart_us > CLOCK_APART_US || apart_us < -CLOCK_APART_US)
        log_warning("node=%s has a clock that is %" PRId64 " s off; going on with our own",
                    hello->node, apart_us / US_PER_SECOND);
}

void peer_resend(struct service *service, struct peer *peer)
{
    struct effects effects;

    effects_init(&effects);
    core_unconfirmed(service->core, peer->node, &effects);
    for (size_t i = 0; i < effects.count; i++) {
        const struct effect *effect = &effects.all[i];
        struct command command = {
            .kind = COMMAND_READY,
            .job = effect->job->id,
            .attempt = effect->job->attempt,
            .part = effect->part,
        };

        if (effect->kind == EFFECT_LAUNCH_PART &&
            effect->job->parts[effect->part].state == PART_STARTING)
            command.kind = COMMAND_START;
        /* Before a stop too: an agent that lost the launch learns from it what to end.  (The
         * core asks for both itself while the part was never ready.) */
        if (effect->kind == EFFECT_LAUNCH_PART ||
            (effect->kind == EFFECT_STOP_PART && effect->job->parts[effect->part].core_list))
            group_add_command(service->open, &command);
        if (effect->kind == EFFECT_STOP_PART || effect->kind == EFFECT_TURN_PART) {
            command.kind = effect->kind == EFFECT_STOP_PART ? COMMAND_STOP : COMMAND_TURN;
            group_add_command(service->open, &command);
        }
    }
    if (effects.count == 0) {
        peer->resend_us = 0;
    } else {
        peer->resend_us = service->boot_us + peer->resend_wait_us;
        if (peer->resend_wait_us < RESEND_WAIT_MOST)
            peer->resend_wait_us *= 2;
    }
    effects_clear(&effects);
}

static bool knows_topology(struct service *service, const uint8_t digest[DIGEST_SIZE],
                           bool *ret_known, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct store *store = service->outside.store;
    struct row row = {.kind = ROW_TOPOLOGY, .topology = {.digest = {digest, DIGEST_SIZE}}};

    return store->find(store, &row, arena, ret_known, err);
}

static bool check_hello(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__AgentHello *hello = ask->envelope->agent_hello;
    const char *cluster = ask->principal->cluster;

    if (strcmp(hello->node, ask->principal->name) != 0)
        return deny(service, ask, err, "this key belongs to node %s, not to %.64s",
                    ask->principal->name, hello->node);
    if (!cluster || !inventory_find_cluster(core_inventory(service->core), cluster))
        return fail(err, ERROR_NOT_FOUND,
                    "node %s was enrolled for cluster %s, which is not in the scheduler's "
                    "configuration",
                    ask->principal->name, cluster ? cluster : "(none)");
    return check_facts(hello, err);
}

/* What the node must have, since it said so before. */
static void expect(const struct service *service, const struct peer *peer,
                   struct greeting *greeting)
{
    const struct node *node = inventory_find_node(core_inventory(service->core), peer->node);

    if (!node || node->parts.count == 0)
        return;
    greeting->expected = NEW_ARRAY(struct part_name, node->parts.count);
    LIST_EACH(&node->parts, each) {
        const struct part *part = CONTAINER_OF(each, struct part, of_node);

        if (part->state == PART_READY || part->state == PART_RUNNING ||
            part->state == PART_PAUSING || part->state == PART_PAUSED ||
            part->state == PART_RESUMING)
            greeting->expected[greeting->expected_count++] = (struct part_name){
                .job = part->job->id, .attempt = part->job->attempt, .part = part->number};
    }
}

static struct node_facts facts_of(const Wire__AgentHello *hello)
{
    struct node_facts facts = {
        .cores = hello->cores,
        .threads = hello->threads,
        .packages = hello->packages,
        .numa_nodes = hello->numa_nodes,
        .gpus = hello->gpus,
        .memory_bytes = hello->memory,
        .emulated = hello->emulated,
        .boot_us = hello->boot_us,
    };
    struct error ignored; /* check_facts() saw to it */

    (void)gpu_stock_parse(hello->gpu_kinds, &facts.gpu_stock, &ignored);
    return facts;
}

/* The session that there is goes on, if there is one, until this one has proved to be newer. */
static void greet(struct service *service, const struct ask *ask)
{
    const Wire__AgentHello *hello = ask->envelope->agent_hello;
    struct peer *peer = peers_get(service->peers, hello->node);
    struct greeting *greeting = &peer->greeting;

    greeting_clear(greeting);
    greeting->session = ++service->last_session;
    greeting->to = ask->to;
    greeting->version = memory_copy(hello->program);
    greeting->boot_id = memory_copy(hello->boot_id);
    greeting->facts = facts_of(hello);
    greeting->features = features_join(hello->features, "");
    greeting->facts.features = greeting->features;
    memcpy(greeting->incarnation, hello->incarnation.data, sizeof(greeting->incarnation));
    memcpy(greeting->topology, hello->topology.data, sizeof(greeting->topology));
    expect(service, peer, greeting);
    if (peer->heard_us == 0)
        peer->heard_us = service->boot_us; /* its time to join starts now */
}

static void fill_welcome(struct service *service, const struct ask *ask, bool topology_known,
                         Wire__Envelope *answer, struct arena *keep)
{
    Wire__AgentWelcome *welcome = ANSWER(answer, keep, Wire__AgentWelcome, wire__agent_welcome,
                                         agent_welcome, WIRE__ENVELOPE__BODY_AGENT_WELCOME);

    welcome->lineage = (ProtobufCBinaryData){LINEAGE_SIZE, service->marks.lineage};
    welcome->epoch = (uint64_t)service->marks.epoch;
    welcome->heartbeat_us = service->settings->heartbeat_us;
    welcome->topology = !topology_known;
    welcome->kill_wait_us = service->settings->kill_wait_us;
    welcome->cluster = ask->principal->cluster;
    welcome->network = service->settings->network;
    welcome->session = service->last_session;
}

/* The node joins at the inventory that follows. */
static bool on_agent_hello(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    struct service *service = owner;
    const Wire__AgentHello *hello = ask->envelope->agent_hello;
    bool known;

    if (!check_hello(service, ask, err) ||
        !knows_topology(service, hello->topology.data, &known, err))
        return false;
    tell_of_strangeness(service, hello);
    greet(service, ask);
    fill_welcome(service, ask, known, answer, keep);
    return true;
}

bool is_same_way(const struct sender *a, const struct sender *b)
{
    return a->route_size == b->route_size && memcmp(a->route, b->route, a->route_size) == 0;
}

/* The peer that joined on this very connection; NULL: it must do so (again). */
struct peer *peer_of(struct service *service, const struct ask *ask, struct error *err)
{
    struct peer *peer = peers_find(service->peers, ask->principal->name);

    if (!peer || peer->session == 0 || !is_same_way(&peer->to, &ask->to)) {
        fail(err, ERROR_CONFLICT, "say agent_hello and send an inventory before %s",
             message_name(ask->envelope->body_case));
        return NULL;
    }
    peer_heard(service, peer);
    return peer;
}

/* It comes before the inventory or after it. */
static const uint8_t *announced_topology(struct service *service, const struct ask *ask,
                                         struct error *err)
{
    const struct peer *peer = peers_find(service->peers, ask->principal->name);

    if (peer && peer->greeting.session != 0 && is_same_way(&peer->greeting.to, &ask->to))
        return peer->greeting.topology;
    peer = peer_of(service, ask, err);
    return peer ? peer->topology : NULL;
}

static bool on_topology(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    struct service *service = owner;
    const Wire__Topology *topology = ask->envelope->topology;
    const uint8_t *announced = announced_topology(service, ask, err);
    struct digest digest;

    if (!announced)
        return false;
    if (topology->xml.len == 0 || topology->xml.len > TOPOLOGY_MAX)
        return fail(err, ERROR_INVALID, "a topology of %zu bytes; %u are the most",
                    topology->xml.len, TOPOLOGY_MAX);
    digest = digest_of(topology->xml.data, topology->xml.len);
    if (memcmp(digest.bytes, announced, DIGEST_SIZE) != 0)
        return fail(err, ERROR_INVALID, "this topology is not the one that was announced");
    group_put(service, &(struct row){
                           .kind = ROW_TOPOLOGY,
                           .topology = {.digest = {digest.bytes, DIGEST_SIZE},
                                        .xml = {topology->xml.data, topology->xml.len}}
    });
    answer_done(answer, keep);
    return true;
}

/* What a node says of itself, with which it takes no new work, or does again. */
struct word {
    const char *by; /* who drains it then */
    const char *bad, *good;
    bool is_bad, is_good; /* neither: it does not know */
    enum log_level level;
};

/* What an administrator has said of it, or it for another cause, stands. */
static void take_word(struct service *service, const struct peer *peer, const struct word *word)
{
    const struct node *node = inventory_find_node(core_inventory(service->core), peer->node);
    bool ours = node && node->drained && node->drain_by && strcmp(node->drain_by, word->by) == 0;
    struct event event = {.by = word->by};
    char trouble[201];

    if (!node || (node->drained && !ours))
        return;
    event.node_change.name = node->name;
    snprintf(trouble, sizeof(trouble), "%s", word->bad);
    if (word->is_bad && (!node->drained || strcmp(node->drain_reason, trouble) != 0)) {
        event.kind = EVENT_NODE_DRAINED;
        event.node_change.reason = trouble;
    } else if (word->is_good && ours) {
        event.kind = EVENT_NODE_RESUMED;
    } else {
        return;
    }
    log_line(word->level, "node=%s %s: %s; %s", node->name, word->by,
             event.kind == EVENT_NODE_DRAINED ? event.node_change.reason : word->good,
             event.kind == EVENT_NODE_DRAINED ? "drained" : "resumed");
    service_step(service, &event);
}

void tell_of_unknown(struct service *service, const struct peer *peer)
{
    CLEANUP(memory_freep)
    char *text = memory_format("jobs run there that are not known here: %s", peer->unknown_jobs);
    const struct word word = {
        .by = UNKNOWN_JOBS,
        .bad = text,
        .good = "they have ended",
        .is_bad = *peer->unknown_jobs,
        .is_good = !*peer->unknown_jobs,
        .level = LOG_WARNING,
    };

    take_word(service, peer, &word);
}

static void take_words(struct service *service, const struct peer *peer,
                       const Wire__Heartbeat *heartbeat)
{
    const struct word health = {
        .by = HEALTH,
        .bad = *heartbeat->trouble ? heartbeat->trouble : "not fit",
        .good = "well again",
        .is_bad = heartbeat->health == WIRE__NODE_HEALTH__NODE_HEALTH_BAD,
        .is_good = heartbeat->health == WIRE__NODE_HEALTH__NODE_HEALTH_GOOD,
        .level = LOG_WARNING,
    };
    const struct word lender = {
        .by = NODE_LENDER,
        .bad = heartbeat->occupied,
        .good = "there is room again",
        .is_bad = heartbeat->lent && *heartbeat->occupied,
        .is_good = heartbeat->lent && !*heartbeat->occupied,
        .level = LOG_INFO,
    };

    take_word(service, peer, &health);
    take_word(service, peer, &lender);
    tell_of_unknown(service, peer);
}

/* Answered at once, whatever the disk does: leases count on it. */
static bool on_heartbeat(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__Heartbeat *heartbeat = ask->envelope->heartbeat;
    struct peer *peer = peer_of(service, ask, err);

    if (!peer)
        return false;
    if (heartbeat->incarnation.len != 16 ||
        memcmp(heartbeat->incarnation.data, peer->incarnation, 16) != 0)
        return fail(err, ERROR_CONFLICT, "another incarnation of this agent has said hello");
    if (peer->silent) { /* its agent never noticed; its parts may have been given up meanwhile */
        ask->hello = true;
        return fail(err, ERROR_CONFLICT, "node %s was silent for too long: say agent_hello",
                    peer->node);
    }
    log_debug("node=%s beats at=%" PRId64, peer->node, service->boot_us);
    take_words(service, peer, heartbeat);
    peer->load = heartbeat->load;
    peer->reports_waiting = heartbeat->reports_waiting;
    answer_done(answer, keep);
    service_send(service, service->door, &ask->to, ask->request, answer);
    ask->later = true;
    return true;
}

void sweep_peers(struct service *service)
{
    const struct settings *settings = service->settings;
    struct peer *peer;

    for (size_t place = 0; (peer = peers_next(service->peers, &place));) {
        int64_t quiet_us = service->boot_us - peer->heard_us;

        if (!peer->silent && quiet_us > settings->silent_after_us) {
            log_warning("node=%s says nothing for %" PRId64 " s; no new jobs go there", peer->node,
                        quiet_us / US_PER_SECOND);
            peer->silent = true;
            peer->connected = false;
            service_step(service, &(struct event){.kind = EVENT_NODE_SILENT,
                                                  .node_change = {.name = peer->node}});
        } else if (!peer->suspected && !peer->silent && quiet_us > settings->suspect_after_us) {
            log_warning("node=%s says nothing for %" PRId64 " s; waiting", peer->node,
                        quiet_us / US_PER_SECOND);
            peer->suspected = true;
        }
        if (peer->connected && peer->resend_us && peer->resend_us <= service->boot_us)
            peer_resend(service, peer);
    }
}

const struct handler agent_handlers[] = {
    {WIRE__ENVELOPE__BODY_AGENT_HELLO, ROLE_AGENT, on_agent_hello},
    {WIRE__ENVELOPE__BODY_TOPOLOGY,    ROLE_AGENT, on_topology   },
    {WIRE__ENVELOPE__BODY_HEARTBEAT,   ROLE_AGENT, on_heartbeat  },
    {0,                                0,          NULL          },
};
