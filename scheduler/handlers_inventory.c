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

/* What the node had and has no more: its spool was lost. */
static void compare_expected(struct service *service, const struct greeting *greeting,
                             const Wire__Inventory *inventory)
{
    CLEANUP(memory_freep)
    struct part_name *held = NEW_ARRAY(struct part_name, inventory->n_parts + 1);

    for (size_t i = 0; i < inventory->n_parts; i++)
        held[i] = (struct part_name){inventory->parts[i]->job, inventory->parts[i]->attempt,
                                     inventory->parts[i]->part};
    qsort(held, inventory->n_parts, sizeof(*held), compare_names);
    for (size_t i = 0; i < greeting->expected_count; i++)
        if (!bsearch(&greeting->expected[i], held, inventory->n_parts, sizeof(*held),
                     compare_names))
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
    if (is_new)
        join(service, peer, ask->principal->cluster);
    verdict = ANSWER(answer, keep, Wire__InventoryVerdict, wire__inventory_verdict,
                     inventory_verdict, WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    verdict->n_verdicts = inventory->n_parts;
    verdict->verdicts = ARENA_NEW_ARRAY(keep, Wire__Verdict, inventory->n_parts + 1);
    for (size_t i = 0; i < inventory->n_parts; i++)
        verdict->verdicts[i] = verdict_on(service, peer, inventory->parts[i]);
    if (is_new)
        compare_expected(service, &peer->greeting, inventory);
    if (is_new)
        greeting_clear(&peer->greeting);
    return true;
}

const struct handler inventory_handlers[] = {
    {WIRE__ENVELOPE__BODY_INVENTORY, ROLE_AGENT, on_inventory},
    {0,                              0,          NULL        },
};
