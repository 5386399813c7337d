/* handlers_inventory.c - an agent tells what it has: its node joins, and learns what to do with it */

#include "scheduler/service_inside.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- verdicts --------------------------------------------------------------------------------- */

/* Of a job that is not in memory: has the store seen its end? */
static bool is_ended_in_store(struct service *service, const Wire__PartHeld *held)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct store *store = service->outside.store;
    struct row row = {.kind = ROW_JOB, .job = {.id = (int64_t)held->job}};
    struct error err;
    bool found;

    return store->find(store, &row, arena, &found, &err) && found &&
           (row.job.attempt > (int64_t)held->attempt ||
            (row.job.attempt == (int64_t)held->attempt &&
             job_state_is_final((enum job_state)row.job.state)));
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
    return verdicts[verdict];
}

/* Numbers are no proof: another network has a job 17, too, and a copy that was put back may give the
 * attempts again that came after it. */
static bool is_known(const struct service *service, const Wire__PartHeld *held,
                     Wire__Verdict verdict)
{
    return verdict != WIRE__VERDICT__VERDICT_UNKNOWN && held->token_digest.len == DIGEST_SIZE &&
           core_gave(service->core, held->job, held->attempt, held->token_digest.data);
}

static void judge(struct service *service, const struct peer *peer,
                  const Wire__Inventory *inventory, Wire__InventoryVerdict *verdict)
{
    for (size_t i = 0; i < inventory->n_parts; i++) {
        const Wire__PartHeld *held = inventory->parts[i];

        verdict->verdicts[i] = verdict_on(service, peer, held);
        verdict->known[i] = is_known(service, held, verdict->verdicts[i]);
        if (held->strange && !verdict->known[i])
            verdict->verdicts[i] = WIRE__VERDICT__VERDICT_UNKNOWN;
    }
}

/* --- what nobody here knows ---------------------------------------------------------------------- */

static void note_unknown(struct peer *peer, const Wire__Inventory *inventory,
                         const Wire__InventoryVerdict *verdict)
{
    CLEANUP(buffer_clear) struct buffer jobs = {0};

    buffer_init(&jobs);
    free(peer->unknown);
    peer->unknown = NEW_ARRAY(struct part_name, inventory->n_parts + 1);
    peer->unknown_count = 0;
    for (size_t i = 0; i < inventory->n_parts; i++) {
        const Wire__PartHeld *held = inventory->parts[i];

        if (verdict->verdicts[i] != WIRE__VERDICT__VERDICT_UNKNOWN)
            continue;
        peer->unknown[peer->unknown_count++] =
            (struct part_name){held->job, held->attempt, held->part};
        if (held->state == WIRE__PART_STATE__PART_STATE_ENDED)
            continue;
        log_warning("node=%s has part %" PRIu32 " of job=%" PRIu64 " attempt %" PRIu32
                    ", which is unknown here; it is kept until somebody decides",
                    peer->node, held->part, held->job, held->attempt);
        buffer_print(&jobs, "%s%" PRIu64, jobs.length ? "," : "", held->job);
    }
    free(peer->unknown_jobs);
    peer->unknown_jobs = buffer_steal(&jobs);
}

/* Those that have ended are forgotten by it, the others stopped first; the next inventory tells. */
void end_unknown(struct service *service, const struct peer *peer)
{
    for (size_t i = 0; i < peer->unknown_count; i++) {
        const struct part_name *name = &peer->unknown[i];
        Wire__Envelope message = WIRE__ENVELOPE__INIT;
        Wire__PartStop stop = WIRE__PART_STOP__INIT;

        stop.job = name->job;
        stop.attempt = name->attempt;
        stop.part = name->part;
        stop.session = peer->session;
        stop.unknown = true;
        message.body_case = WIRE__ENVELOPE__BODY_PART_STOP;
        message.part_stop = &stop;
        service_send(service, DOOR_AGENTS, &peer->to, 0, &message);
    }
}

/* --- what is missing ---------------------------------------------------------------------------- */

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

/* What the node had and has no more: its spool was lost.  A stranger of that name is not it. */
static void compare_expected(struct service *service, const struct greeting *greeting,
                             const Wire__Inventory *inventory,
                             const Wire__InventoryVerdict *verdict)
{
    CLEANUP(memory_freep)
    struct part_name *held = NEW_ARRAY(struct part_name, inventory->n_parts + 1);
    size_t count = 0;

    for (size_t i = 0; i < inventory->n_parts; i++)
        if (verdict->known[i] || !inventory->parts[i]->strange)
            held[count++] = (struct part_name){
                inventory->parts[i]->job, inventory->parts[i]->attempt, inventory->parts[i]->part};
    qsort(held, count, sizeof(*held), compare_names);
    for (size_t i = 0; i < greeting->expected_count; i++)
        if (!bsearch(&greeting->expected[i], held, count, sizeof(*held), compare_names))
            end_missing(service, &greeting->expected[i]);
}

/* --- joining ------------------------------------------------------------------------------------ */

/* The core saves a node when its facts change; of the digest it knows nothing. */
static void save_topology(struct service *service, const struct peer *peer)
{
    const struct node *node = inventory_find_node(core_inventory(service->core), peer->node);

    if (node)
        save_node(service, node, peer->topology);
}

static void take_over(struct service *service, struct peer *peer)
{
    const struct greeting *greeting = &peer->greeting;

    if (peer->connected &&
        memcmp(peer->incarnation, greeting->incarnation, sizeof(peer->incarnation)) != 0)
        log_info("node=%s has a new agent", peer->node);
    peer->session = greeting->session;
    peer->to = greeting->to;
    peer->connected = true;
    peer->silent = false;
    memcpy(peer->incarnation, greeting->incarnation, sizeof(peer->incarnation));
    memcpy(peer->topology, greeting->topology, sizeof(peer->topology));
    peer_set_version(peer, greeting->version);
    peer->joined_us = service->now_us;
    peer->resend_wait_us = service->settings->resend_after_us;
}

static void join(struct service *service, struct peer *peer, const char *cluster)
{
    struct greeting *greeting = &peer->greeting;
    bool changed = memcmp(peer->topology, greeting->topology, sizeof(peer->topology)) != 0;
    struct event event = {.kind = EVENT_NODE_JOINED, .node = greeting->facts};

    take_over(service, peer);
    event.node.name = peer->node;
    event.node.cluster = cluster;
    event.node.boot_id = greeting->boot_id;
    service_step(service, &event);
    if (changed)
        save_topology(service, peer);
    peer_resend(service, peer);
    log_info("node=%s cluster=%s cores=%" PRIu32 " joined", peer->node, cluster,
             greeting->facts.cores);
}

/* The peer whose inventory this is: of the last hello, or once more of the session that there is
 * (the verdicts were lost). */
static struct peer *sender_of(struct service *service, struct ask *ask, bool *ret_new,
                              struct error *err)
{
    const Wire__Inventory *inventory = ask->envelope->inventory;
    struct peer *peer = peers_find(service->peers, ask->principal->name);
    const struct greeting *greeting = peer ? &peer->greeting : NULL;

    if (inventory->incarnation.len != sizeof(peer->incarnation)) {
        fail(err, ERROR_INVALID, "an incarnation has 16 bytes");
        return NULL;
    }
    *ret_new = greeting && greeting->session != 0 && greeting->session == inventory->session;
    if (*ret_new && is_same_way(&greeting->to, &ask->to) &&
        memcmp(greeting->incarnation, inventory->incarnation.data, 16) == 0)
        return peer;
    if (peer && peer->session != 0 && peer->session == inventory->session && !peer->silent &&
        is_same_way(&peer->to, &ask->to) &&
        memcmp(peer->incarnation, inventory->incarnation.data, 16) == 0)
        return peer;
    ask->hello = true;
    fail(err, ERROR_CONFLICT, "this inventory does not follow the last agent_hello: say it again");
    return NULL;
}

static bool on_inventory(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__Inventory *inventory = ask->envelope->inventory;
    bool is_new;
    struct peer *peer = sender_of(service, ask, &is_new, err);
    Wire__InventoryVerdict *verdict;

    if (!peer)
        return false;
    peer_heard(service, peer);
    verdict = ANSWER(answer, keep, Wire__InventoryVerdict, wire__inventory_verdict,
                     inventory_verdict, WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    verdict->n_verdicts = verdict->n_known = inventory->n_parts;
    verdict->verdicts = ARENA_NEW_ARRAY(keep, Wire__Verdict, inventory->n_parts + 1);
    verdict->known = ARENA_NEW_ARRAY(keep, protobuf_c_boolean, inventory->n_parts + 1);
    if (is_new) {
        judge(service, peer, inventory, verdict);
        note_unknown(peer, inventory, verdict);
        tell_of_unknown(service, peer); /* before anything is placed there */
        join(service, peer, ask->principal->cluster);
        tell_of_unknown(service, peer); /* a node that is new here can be drained only now */
    }
    judge(service, peer, inventory, verdict); /* joining may have ended some */
    if (is_new)
        compare_expected(service, &peer->greeting, inventory, verdict);
    if (is_new)
        greeting_clear(&peer->greeting);
    peer->end_unknown = peer->end_unknown && peer->unknown_count > 0;
    if (peer->end_unknown)
        end_unknown(service, peer);
    return true;
}

const struct handler inventory_handlers[] = {
    {WIRE__ENVELOPE__BODY_INVENTORY, ROLE_AGENT, on_inventory},
    {0,                              0,          NULL        },
};
