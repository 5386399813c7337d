/* handlers_nodes.c - nodes and clusters, listed and changed; the scheduler's own state */

#include "scheduler/service_inside.h"

#include "base/hostlist.h"
#include "base/log.h"
#include "scheduler/authority.h"
#include "scheduler/core/request.h"
#include "scheduler/view.h"

#include <inttypes.h>
#include <string.h>

#define REASON_MAX 256

static char *text(const char *from)
{
    return (char *)(uintptr_t)(from ? from : "");
}

/* --- NodeList ----------------------------------------------------------------------------------------- */

static void show_partitions(const struct node *node, Wire__NodeView *view, struct arena *keep)
{
    const struct cluster *cluster = node->cluster;

    view->partitions = ARENA_NEW_ARRAY(keep, char *, cluster->partition_count + 1);
    for (size_t i = 0; i < cluster->partition_count && i < PARTITIONS_MAX; i++)
        if (node->partitions & UINT64_C(1) << i)
            view->partitions[view->n_partitions++] = cluster->partitions[i].name;
}

/* Each job has at most one part on a node. */
static void show_jobs(const struct node *node, Wire__NodeView *view, struct arena *keep)
{
    view->jobs = ARENA_NEW_ARRAY(keep, uint64_t, node->parts.count + 1);
    LIST_EACH(&node->parts, each)
        view->jobs[view->n_jobs++] = CONTAINER_OF(each, struct part, of_node)->job->id;
}

static char *show_gpus(const struct node *node, struct arena *keep)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    gpu_stock_print(&node->gpu_stock, &text);
    return arena_copy(keep, text.bytes);
}

/* Of a node that is made on demand there may be more to tell than the core knows. */
static void show_state(const struct service *service, const struct node *node, Wire__NodeView *view)
{
    struct node_note note = {0};
    bool has_note =
        service->node_note && service->node_note(service->node_note_owner, node->name, &note);

    view->state = text(has_note ? note.state : node_state_text(node));
    view->reason = text(node->drain_reason);
    view->reason_by = text(node->drain_by);
    if (has_note && *note.reason && !*view->reason) {
        view->reason = text(note.reason);
        view->reason_by = text(note.by);
    }
}

static Wire__NodeView *show_node(const struct service *service, const struct node *node,
                                 struct arena *keep)
{
    const struct peer *peer = peers_find(service->peers, node->name);
    Wire__NodeView *view = ARENA_NEW(keep, Wire__NodeView);

    wire__node_view__init(view);
    view->name = node->name;
    view->cluster = node->cluster->name;
    show_state(service, node, view);
    view->cores = node->cores;
    view->cores_used = node->cores_used;
    view->threads = node->threads;
    view->memory = node->memory_bytes;
    view->memory_used = node->memory_used_bytes;
    view->packages = node->packages;
    view->numa_nodes = node->numa_nodes;
    view->gpus = node->gpus;
    view->gpu_kinds = show_gpus(node, keep);
    view->features = node->features;
    view->switches = node_switches(node, keep);
    view->boot_us = node->boot_us;
    view->emulated = node->emulated;
    if (peer) {
        view->seen_us = peer->heard_wall_us;
        view->version = peer->version;
        view->load = peer->load;
        view->unknown_jobs = peer->unknown_jobs;
    }
    show_partitions(node, view, keep);
    show_jobs(node, view, keep);
    return view;
}

/* As its agent sent it. */
static bool show_topology(struct service *service, const char *name, Wire__NodeListing *listing,
                          struct arena *keep, struct error *err)
{
    const struct peer *peer = peers_find(service->peers, name);
    struct store *store = service->outside.store;
    struct row row = {.kind = ROW_TOPOLOGY};
    bool found = false;

    if (!peer)
        return true;
    row.topology.digest = (struct bytes){peer->topology, DIGEST_SIZE};
    if (!store->find(store, &row, keep, &found, err))
        return false;
    if (found)
        listing->topology = (ProtobufCBinaryData){row.topology.xml.size,
                                                  (uint8_t *)(uintptr_t)row.topology.xml.bytes};
    return true;
}

static bool on_node_list(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__NodeList *wire = ask->envelope->node_list;
    const struct inventory *inventory = core_inventory(service->core);
    size_t count = inventory_node_count(inventory);
    CLEANUP(hostlist_freep) struct hostlist *wanted = hostlist_parse(wire->nodes, err);
    Wire__NodeListing *listing;

    if (!wanted || !service_paces(service, ask, PACE_QUERY, err))
        return false;
    if (*wire->cluster && !inventory_find_cluster(inventory, wire->cluster))
        return fail(err, ERROR_NOT_FOUND, "no cluster %.64s", wire->cluster);
    for (size_t i = 0; i < hostlist_count(wanted); i++)
        if (!inventory_find_node(inventory, hostlist_at(wanted, i)))
            return fail(err, ERROR_NOT_FOUND, "no node %s", hostlist_at(wanted, i));
    listing = ANSWER(answer, keep, Wire__NodeListing, wire__node_listing, node_listing,
                     WIRE__ENVELOPE__BODY_NODE_LISTING);
    listing->nodes = ARENA_NEW_ARRAY(keep, Wire__NodeView *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = inventory_node(inventory, i);

        if ((*wire->nodes && !hostlist_has(wanted, node->name)) ||
            (*wire->cluster && strcmp(node->cluster->name, wire->cluster) != 0))
            continue;
        listing->nodes[listing->n_nodes++] = show_node(service, node, keep);
    }
    if (!wire->topology)
        return true;
    if (hostlist_count(wanted) != 1)
        return fail(err, ERROR_INVALID, "the topology is shown of one node, not of %zu",
                    hostlist_count(wanted));
    return show_topology(service, hostlist_at(wanted, 0), listing, keep, err);
}

/* --- NodeChange ---------------------------------------------------------------------------------------- */

static const struct {
    Wire__NodeVerb verb;
    enum event_kind event;
    const char *name;
} verbs[] = {
    {WIRE__NODE_VERB__NODE_VERB_DRAIN,       EVENT_NODE_DRAINED, "drain"    },
    {WIRE__NODE_VERB__NODE_VERB_RESUME,      EVENT_NODE_RESUMED, "resume"   },
    {WIRE__NODE_VERB__NODE_VERB_LOST,        EVENT_NODE_LOST,    "node-lost"},
    {WIRE__NODE_VERB__NODE_VERB_END_UNKNOWN, EVENT_TIME_PASSED,
     "end-unknown"                                                          }, /* the core has none */
};

static bool check_unknown(const struct service *service, const char *name, struct error *err)
{
    const struct peer *peer = peers_find(service->peers, name);

    if (!peer || !peer->connected)
        return fail(err, ERROR_UNAVAILABLE, "node %s does not answer", name);
    return peer->unknown_count > 0 ||
           fail(err, ERROR_CONFLICT, "node %s has no job that is not known here", name);
}

static bool check_node(struct service *service, const struct ask *ask, const char *name,
                       struct error *err)
{
    const Wire__NodeChange *wire = ask->envelope->node_change;
    const struct node *node = inventory_find_node(core_inventory(service->core), name);

    if (!node)
        return fail(err, ERROR_NOT_FOUND, "no node %s", name);
    if (!may_manage_cluster(ask->principal, node->cluster->name))
        return deny(service, ask, err,
                    "node %s belongs to cluster %s, which you do not "
                    "administer",
                    name, node->cluster->name);
    if (wire->verb == WIRE__NODE_VERB__NODE_VERB_RESUME && !node->drained)
        return fail(err, ERROR_CONFLICT, "node %s is not drained", name);
    if (wire->verb == WIRE__NODE_VERB__NODE_VERB_LOST && node->state == NODE_UP)
        return fail(err, ERROR_CONFLICT,
                    "node %s answers: only a node that is silent can be declared lost", name);
    return wire->verb != WIRE__NODE_VERB__NODE_VERB_END_UNKNOWN ||
           check_unknown(service, name, err);
}

static bool check_node_change(struct service *service, const struct ask *ask,
                              const struct hostlist *nodes, struct error *err)
{
    const Wire__NodeChange *wire = ask->envelope->node_change;

    if (hostlist_count(nodes) == 0)
        return fail(err, ERROR_INVALID, "no node given");
    if (wire->verb == WIRE__NODE_VERB__NODE_VERB_DRAIN && *wire->reason == '\0')
        return fail(err, ERROR_INVALID, "give a reason for the drain: others will ask");
    if (strlen(wire->reason) > REASON_MAX)
        return fail(err, ERROR_INVALID, "the reason has %zu bytes; %d are the most",
                    strlen(wire->reason), REASON_MAX);
    for (size_t i = 0; i < hostlist_count(nodes); i++)
        if (!check_node(service, ask, hostlist_at(nodes, i), err))
            return false;
    return true;
}

static void change_node(struct service *service, const struct ask *ask, enum event_kind event,
                        const char *name)
{
    struct peer *peer = peers_find(service->peers, name);

    if (ask->envelope->node_change->verb == WIRE__NODE_VERB__NODE_VERB_END_UNKNOWN) {
        peer->end_unknown = true; /* asked again at each inventory, until nothing of them is left */
        end_unknown(service, peer);
        return;
    }
    service_step(service,
                 &(struct event){
                     .kind = event,
                     .by = ask->principal->name,
                     .node_change = {.name = name, .reason = ask->envelope->node_change->reason}
    });
}

static bool on_node_change(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    struct service *service = owner;
    const Wire__NodeChange *wire = ask->envelope->node_change;
    CLEANUP(hostlist_freep) struct hostlist *nodes = NULL;
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    nodes = hostlist_parse(wire->nodes, err);
    if (!nodes || !check_node_change(service, ask, nodes, err))
        return false;
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (verbs[i].verb != wire->verb)
            continue;
        for (size_t n = 0; n < hostlist_count(nodes); n++)
            change_node(service, ask, verbs[i].event, hostlist_at(nodes, n));
        audit(service, ask->principal->name, verbs[i].name, "nodes %s reason=%s", wire->nodes,
              wire->reason);
        log_info("nodes=%s %s by=%s", wire->nodes, verbs[i].name, ask->principal->name);
        answer_done(answer, keep);
        keyed_end(service, ask, wire->key, answer);
        return true;
    }
    return fail(err, ERROR_INVALID, "no verb %d", (int)wire->verb);
}

/* --- ClusterList ----------------------------------------------------------------------------------------- */

static bool has_own(const struct node *node, const struct cluster *cluster)
{
    LIST_EACH(&node->parts, place) {
        const struct part *part = CONTAINER_OF(place, struct part, of_node);

        if (cluster->institution && strcmp(part->job->institution, cluster->institution) == 0)
            return true;
    }
    return false;
}

static void count_node(const struct node *node, Wire__ClusterView *view)
{
    view->nodes++;
    view->nodes_up += node->state == NODE_UP;
    view->nodes_silent += node->state == NODE_SILENT;
    view->nodes_drained += node->drained;
    view->nodes_idle += node_takes_work(node) && node->cores_used == 0;
    view->nodes_own += has_own(node, node->cluster);
    view->cores += node->cores;
    view->cores_used += node->cores_used;
    for (size_t p = 0; p < view->n_partitions && p < PARTITIONS_MAX; p++)
        view->partitions[p]->node_count += node->partitions >> p & 1;
}

static void count_nodes(const struct inventory *inventory, const struct cluster *cluster,
                        Wire__ClusterView *view)
{
    for (size_t i = 0; i < inventory_node_count(inventory); i++) {
        const struct node *node = inventory_node(inventory, i);

        if (node->cluster == cluster)
            count_node(node, view);
    }
}

static Wire__ClusterView *show_cluster(const struct cluster *cluster, struct arena *keep)
{
    Wire__ClusterView *view = ARENA_NEW(keep, Wire__ClusterView);

    wire__cluster_view__init(view);
    view->name = cluster->name;
    view->institution = text(cluster->institution);
    view->nodes_guaranteed = cluster->guarantee;
    view->guarantee_within_us = cluster->guarantee_within_us;
    view->lend_from_us = cluster->lend_from_us;
    view->lend_until_us = cluster->lend_until_us;
    view->factor_ppm = cluster->factor_ppm;
    view->n_partitions = cluster->partition_count;
    view->partitions = ARENA_NEW_ARRAY(keep, Wire__PartitionView *, cluster->partition_count + 1);
    for (size_t i = 0; i < cluster->partition_count; i++) {
        const struct partition *partition = &cluster->partitions[i];
        Wire__PartitionView *part = ARENA_NEW(keep, Wire__PartitionView);

        wire__partition_view__init(part);
        part->name = partition->name;
        part->is_default = partition->is_default;
        part->limit_us = partition->limit_us;
        part->default_limit_us = partition->default_limit_us;
        part->nodes = text(partition->nodes);
        part->state = text(partition->up ? "up" : "down");
        view->partitions[i] = part;
    }
    return view;
}

static void count_running(const struct job *job, Wire__ClusterView *view)
{
    view->running++;
    if (view->institution[0] && strcmp(view->institution, job->institution) != 0)
        view->cores_lent += job_cores_held(job);
}

static void count_jobs(const struct core *core, const struct inventory *inventory,
                       Wire__ClusterListing *listing)
{
    for (const struct job *job = core_job_after(core, 0); job; job = core_job_after(core, job->id))
        for (size_t i = 0; i < listing->n_clusters; i++) {
            const struct cluster *cluster = inventory_cluster(inventory, i);

            if (job->state == JOB_PENDING)
                listing->clusters[i]->pending += request_admits_cluster(&job->request, cluster);
            else if (!job_state_is_final(job->state) && job->cluster == cluster)
                count_running(job, listing->clusters[i]);
        }
}

/* What each lends at most. */
static void show_loans(const struct core *core, Wire__ClusterListing *listing)
{
    const struct holder *holder;
    size_t place = 0;

    for (size_t i = 0; i < listing->n_clusters; i++)
        listing->clusters[i]->cores_lent_most = LIMIT_NONE;
    while ((holder = limits_next(core_limits(core), &place)))
        for (size_t i = 0; holder->of == LIMIT_OF_LENT && i < listing->n_clusters; i++)
            if (strcmp(holder->name, listing->clusters[i]->name) == 0)
                listing->clusters[i]->cores_lent_most = holder->most[LIMIT_TOTAL][LIMIT_CORES];
}

static bool on_cluster_list(void *owner, struct ask *ask, Wire__Envelope *answer,
                            struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const struct inventory *inventory = core_inventory(service->core);
    size_t count = inventory_cluster_count(inventory);
    Wire__ClusterListing *listing;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    listing = ANSWER(answer, keep, Wire__ClusterListing, wire__cluster_listing, cluster_listing,
                     WIRE__ENVELOPE__BODY_CLUSTER_LISTING);
    listing->n_clusters = count;
    listing->clusters = ARENA_NEW_ARRAY(keep, Wire__ClusterView *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        listing->clusters[i] = show_cluster(cluster, keep);
        count_nodes(inventory, cluster, listing->clusters[i]);
    }
    count_jobs(service->core, inventory, listing);
    show_loans(service->core, listing);
    return true;
}

/* --- Status ------------------------------------------------------------------------------------------------ */

static bool on_status(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                      struct error *err)
{
    struct service *service = owner;
    const struct inventory *inventory = core_inventory(service->core);
    Wire__Status *status =
        ANSWER(answer, keep, Wire__Status, wire__status, status, WIRE__ENVELOPE__BODY_STATUS);

    (void)ask;
    (void)err;
    status->state = text(service_state(service));
    status->version = text(PACKAGE_VERSION);
    status->epoch = (uint64_t)service->marks.epoch;
    status->lineage = (ProtobufCBinaryData){LINEAGE_SIZE, service->marks.lineage};
    status->started_us = service->started_us;
    core_count(service->core, &status->jobs_pending, &status->jobs_running);
    status->nodes = inventory_node_count(inventory);
    for (size_t i = 0; i < status->nodes; i++)
        status->nodes_up += inventory_node(inventory, i)->state == NODE_UP;
    status->commits = service->commits;
    for (int door = 0; door < DOOR_COUNT; door++) {
        status->requests += dispatcher_requests(service->dispatchers[door]);
        status->refused += dispatcher_refused(service->dispatchers[door]);
    }
    status->store = text(service->outside.store->name);
    return true;
}

const struct handler node_handlers[] = {
    {WIRE__ENVELOPE__BODY_NODE_LIST,    ROLE_PEOPLE | ROLE_ACCOUNTING, on_node_list   },
    {WIRE__ENVELOPE__BODY_NODE_CHANGE,  ROLE_CLUSTER | ROLE_OPERATOR,  on_node_change },
    {WIRE__ENVELOPE__BODY_CLUSTER_LIST, ROLE_PEOPLE | ROLE_ACCOUNTING, on_cluster_list},
    {WIRE__ENVELOPE__BODY_STATUS_ASK,   ROLE_PEOPLE | ROLE_ACCOUNTING, on_status      },
    {0,                                 0,                             NULL           },
};
