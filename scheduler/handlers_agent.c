/* handlers_agent.c - what the nodes' agents say */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BOOT_ID_MAX      64
#define CORES_MAX        65536
#define MEMORY_MAX       (UINT64_C(1) << 50)
#define TOPOLOGY_MAX     (4u << 20)
#define CLOCK_APART_US   (60 * US_PER_SECOND) /* told when a node's clock is off by more */
#define RESEND_WAIT_MOST (30 * US_PER_SECOND)

/* --- presence ------------------------------------------------------------------------------------ */

static void hear(struct service *service, struct peer *peer)
{
    peer->heard_us = service->boot_us;
    peer->heard_wall_us = service->now_us;
    if (peer->suspected)
        log_info("node=%s is heard again", peer->node);
    peer->suspected = false;
}

static bool check_facts(const Wire__AgentHello *hello, struct error *err)
{
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
    if (hello->lineage.len != 0 && hello->lineage.len != LINEAGE_SIZE)
        return fail(err, ERROR_INVALID, "a lineage has %d bytes", LINEAGE_SIZE);
    return true;
}

/* The agent decides what a foreign lineage means for it: it keeps its jobs and obeys no stop. */
static void tell_of_strangeness(struct service *service, const Wire__AgentHello *hello)
{
    int64_t apart_us = hello->wall_us - service->now_us;

    if (hello->lineage.len &&
        memcmp(hello->lineage.data, service->marks.lineage, LINEAGE_SIZE) != 0)
        log_warning("node=%s has worked for another database; its jobs of then are kept by it, "
                    "and are unknown here",
                    hello->node);
    else if (hello->lineage.len && hello->epoch_seen > (uint64_t)service->marks.epoch)
        log_error("node=%s has seen epoch %" PRIu64 ", this scheduler is at %" PRIu64
                  ": was an old copy of the database started?",
                  hello->node, hello->epoch_seen, (uint64_t)service->marks.epoch);
    if (apart_us > CLOCK_APART_US || apart_us < -CLOCK_APART_US)
        log_warning("node=%s has a clock that is %" PRId64 " s off; going on with our own",
                    hello->node, apart_us / US_PER_SECOND);
}

static void join(struct service *service, const struct node_facts *facts)
{
    service_step(service, &(struct event){.kind = EVENT_NODE_JOINED, .node = *facts});
}

/* What the node must have, since it said so before. */
static void expect(struct service *service, struct peer *peer)
{
    const struct node *node = inventory_find_node(core_inventory(service->core), peer->node);

    peer->expected_count = 0;
    if (!node || node->parts.count == 0)
        return;
    peer->expected = memory_resize(peer->expected, node->parts.count, sizeof(*peer->expected));
    LIST_EACH(&node->parts, each) {
        const struct part *part = CONTAINER_OF(each, struct part, of_node);

        if (part->state == PART_READY || part->state == PART_RUNNING)
            peer->expected[peer->expected_count++] = (struct part_name){
                .job = part->job->id, .attempt = part->job->attempt, .part = part->number};
    }
}

static void resend(struct service *service, struct peer *peer)
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
        if (effect->kind == EFFECT_LAUNCH_PART || effect->job->parts[effect->part].core_list)
            group_add_command(service->open, &command);
        if (effect->kind == EFFECT_STOP_PART) {
            command.kind = COMMAND_STOP;
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

static struct peer *meet(struct service *service, const struct ask *ask, bool *ret_changed)
{
    const Wire__AgentHello *hello = ask->envelope->agent_hello;
    struct peer *peer = peers_get(service->peers, hello->node);

    *ret_changed = memcmp(peer->topology, hello->topology.data, sizeof(peer->topology)) != 0;

    if (peer->connected && memcmp(peer->incarnation, hello->incarnation.data, 16) != 0)
        log_info("node=%s has a new agent", peer->node);
    peer->to = ask->to;
    peer->connected = true;
    peer->silent = false;
    memcpy(peer->incarnation, hello->incarnation.data, sizeof(peer->incarnation));
    memcpy(peer->topology, hello->topology.data, sizeof(peer->topology));
    peer_set_version(peer, hello->program);
    peer->joined_us = service->now_us;
    peer->resend_wait_us = service->settings->resend_after_us;
    hear(service, peer);
    return peer;
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
}

/* The core saves a node when its facts change; of the digest it knows nothing. */
static void save_topology(struct service *service, const struct peer *peer)
{
    const struct node *node = inventory_find_node(core_inventory(service->core), peer->node);

    if (node)
        save_node(service, node, peer->topology);
}

static bool on_agent_hello(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    struct service *service = owner;
    const Wire__AgentHello *hello = ask->envelope->agent_hello;
    const struct node_facts facts = {
        .name = hello->node,
        .cluster = ask->principal->cluster,
        .boot_id = hello->boot_id,
        .cores = hello->cores,
        .threads = hello->threads,
        .packages = hello->packages,
        .numa_nodes = hello->numa_nodes,
        .gpus = hello->gpus,
        .memory_bytes = hello->memory,
        .emulated = hello->emulated,
        .boot_us = hello->boot_us,
    };
    struct peer *peer;
    bool known, changed;

    if (!check_hello(service, ask, err) ||
        !knows_topology(service, hello->topology.data, &known, err))
        return false;
    tell_of_strangeness(service, hello);
    peer = meet(service, ask, &changed);
    join(service, &facts);
    if (changed)
        save_topology(service, peer);
    expect(service, peer);
    resend(service, peer);
    log_info("node=%s cluster=%s cores=%" PRIu32 " joined", facts.name, facts.cluster, facts.cores);
    fill_welcome(service, ask, known, answer, keep);
    return true;
}

/* The peer that said hello on this very connection; NULL: it must do so (again). */
struct peer *peer_of(struct service *service, const struct ask *ask, struct error *err)
{
    struct peer *peer = peers_find(service->peers, ask->principal->name);

    if (!peer || peer->to.route_size != ask->to.route_size ||
        memcmp(peer->to.route, ask->to.route, ask->to.route_size) != 0) {
        fail(err, ERROR_CONFLICT, "say agent_hello before %s",
             message_name(ask->envelope->body_case));
        return NULL;
    }
    hear(service, peer);
    return peer;
}

static bool on_topology(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    struct service *service = owner;
    const Wire__Topology *topology = ask->envelope->topology;
    const struct peer *peer = peer_of(service, ask, err);
    struct digest digest;

    if (!peer)
        return false;
    if (topology->xml.len == 0 || topology->xml.len > TOPOLOGY_MAX)
        return fail(err, ERROR_INVALID, "a topology of %zu bytes; %u are the most",
                    topology->xml.len, TOPOLOGY_MAX);
    digest = digest_of(topology->xml.data, topology->xml.len);
    if (memcmp(digest.bytes, peer->topology, DIGEST_SIZE) != 0)
        return fail(err, ERROR_INVALID, "this topology is not the one that was announced");
    group_put(service, &(struct row){
                           .kind = ROW_TOPOLOGY,
                           .topology = {.digest = {digest.bytes, DIGEST_SIZE},
                                        .xml = {topology->xml.data, topology->xml.len}}
    });
    answer_done(answer, keep);
    return true;
}

/* A node that was silent and whose agent never noticed is back as it was. */
static void rejoin(struct service *service, struct peer *peer)
{
    const struct node *node = inventory_find_node(core_inventory(service->core), peer->node);

    peer->silent = false;
    peer->connected = true;
    if (!node)
        return;
    join(service, &(struct node_facts){
                      .name = node->name,
                      .cluster = node->cluster->name,
                      .boot_id = node->boot_id,
                      .cores = node->cores,
                      .threads = node->threads,
                      .packages = node->packages,
                      .numa_nodes = node->numa_nodes,
                      .gpus = node->gpus,
                      .memory_bytes = node->memory_bytes,
                      .emulated = node->emulated,
                      .boot_us = node->boot_us,
                  });
    peer->resend_wait_us = service->settings->resend_after_us;
    resend(service, peer);
    log_info("node=%s is back", peer->node);
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
    peer->load = heartbeat->load;
    peer->reports_waiting = heartbeat->reports_waiting;
    if (peer->silent)
        rejoin(service, peer);
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
            resend(service, peer);
    }
}

/* --- parts ------------------------------------------------------------------------------------------ */

/* Of a job that is not in memory: has the store seen its end? */
static bool is_ended_in_store(struct service *service, const Wire__PartHeld *held)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct store *store = service->outside.store;
    struct row row = {.kind = ROW_JOB, .job = {.id = (int64_t)held->job}};
    struct error err;
    bool found;

    return store->find(store, &row, arena, &found, &err) && found &&
           (job_state_is_final((enum job_state)row.job.state) ||
            row.job.attempt > (int64_t)held->attempt);
}

static Wire__Verdict verdict_on(struct service *service, const struct peer *peer,
                                const Wire__PartHeld *held)
{
    static const Wire__Verdict verdicts[] = {
        [VERDICT_TO_KEEP] = WIRE__VERDICT__VERDICT_KEEP,
        [VERDICT_TO_STOP] = WIRE__VERDICT__VERDICT_STOP,
        [VERDICT_TO_FORGET] = WIRE__VERDICT__VERDICT_FORGET,
        [VERDICT_TO_ASK] = WIRE__VERDICT__VERDICT_UNKNOWN,
    };
    enum verdict verdict = VERDICT_TO_ASK;

    if (held->token_digest.len == DIGEST_SIZE)
        verdict = core_verdict(service->core, held->job, held->attempt, held->part,
                               held->token_digest.data, peer->node);
    if (verdict == VERDICT_TO_ASK && !core_find_job(service->core, held->job) &&
        is_ended_in_store(service, held))
        verdict = VERDICT_TO_FORGET;
    if (verdict == VERDICT_TO_ASK)
        log_warning("node=%s has part %" PRIu32 " of job=%" PRIu64 " attempt %" PRIu32
                    ", which is unknown here; it is kept until somebody decides",
                    peer->node, held->part, held->job, held->attempt);
    return verdicts[verdict];
}

static int compare_names(const void *a, const void *b)
{
    const struct part_name *first = a, *second = b;

    if (first->job != second->job)
        return first->job < second->job ? -1 : 1;
    if (first->attempt != second->attempt)
        return first->attempt < second->attempt ? -1 : 1;
    return (first->part > second->part) - (first->part < second->part);
}

static void end_missing(struct service *service, const struct part_name *name)
{
    const struct job *job = core_find_job(service->core, name->job);

    if (!job || job->attempt != name->attempt || name->part >= job->part_count)
        return;
    log_warning("job=%" PRIu64 " part %" PRIu32 " is gone from node=%s without a word; its end "
                "is unknown",
                name->job, name->part, job->parts[name->part].node->name);
    service_step(service, &(struct event){
                              .kind = EVENT_PART_ENDED,
                              .part = {.job = name->job,
                                       .attempt = name->attempt,
                                       .part = name->part,
                                       .token = job->token,
                                       .cause = END_UNKNOWN,
                                       .text = "the node's agent knows nothing of it",
                                       .core_list = "",
                                       .cpu_list = "",
                                       .output = "",
                                       .error_output = ""},
    });
}

/* What the node had and has no more: its spool was lost. */
static void compare_expected(struct service *service, struct peer *peer,
                             const Wire__Inventory *inventory)
{
    CLEANUP(memory_freep)
    struct part_name *held = NEW_ARRAY(struct part_name, inventory->n_parts + 1);
    size_t count = peer->expected_count;

    for (size_t i = 0; i < inventory->n_parts; i++)
        held[i] = (struct part_name){inventory->parts[i]->job, inventory->parts[i]->attempt,
                                     inventory->parts[i]->part};
    qsort(held, inventory->n_parts, sizeof(*held), compare_names);
    peer->expected_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!bsearch(&peer->expected[i], held, inventory->n_parts, sizeof(*held), compare_names))
            end_missing(service, &peer->expected[i]);
}

static bool on_inventory(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__Inventory *inventory = ask->envelope->inventory;
    struct peer *peer = peer_of(service, ask, err);
    Wire__InventoryVerdict *verdict;

    if (!peer)
        return false;
    if (inventory->incarnation.len != 16 ||
        memcmp(inventory->incarnation.data, peer->incarnation, 16) != 0)
        return fail(err, ERROR_CONFLICT, "another incarnation of this agent has said hello");
    verdict = ANSWER(answer, keep, Wire__InventoryVerdict, wire__inventory_verdict,
                     inventory_verdict, WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    verdict->n_verdicts = inventory->n_parts;
    verdict->verdicts = ARENA_NEW_ARRAY(keep, Wire__Verdict, inventory->n_parts + 1);
    for (size_t i = 0; i < inventory->n_parts; i++)
        verdict->verdicts[i] = verdict_on(service, peer, inventory->parts[i]);
    compare_expected(service, peer, inventory);
    return true;
}

const struct handler agent_handlers[] = {
    {WIRE__ENVELOPE__BODY_AGENT_HELLO, ROLE_AGENT, on_agent_hello},
    {WIRE__ENVELOPE__BODY_TOPOLOGY,    ROLE_AGENT, on_topology   },
    {WIRE__ENVELOPE__BODY_HEARTBEAT,   ROLE_AGENT, on_heartbeat  },
    {WIRE__ENVELOPE__BODY_INVENTORY,   ROLE_AGENT, on_inventory  },
    {0,                                0,          NULL          },
};
