/* metrics.c - the network's figures for Prometheus */

#include "client/metrics.h"

#include "base/parse.h"
#include "base/table.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- one sample -------------------------------------------------------------------------------- */

struct label {
    const char *name, *value;
};

static void add_label(struct buffer *buffer, const struct label *label)
{
    buffer_print(buffer, "%s=\"", label->name);
    for (const char *place = label->value; *place; place++) {
        if (*place == '\\' || *place == '"')
            buffer_add_char(buffer, '\\');
        if (*place == '\n')
            buffer_add_text(buffer, "\\n");
        else
            buffer_add_char(buffer, *place);
    }
    buffer_add_char(buffer, '"');
}

static void add_name(struct buffer *buffer, const char *name, const struct label *labels,
                     size_t count)
{
    buffer_add_text(buffer, name);
    for (size_t i = 0; i < count; i++) {
        buffer_add_char(buffer, i == 0 ? '{' : ',');
        add_label(buffer, &labels[i]);
    }
    buffer_add_text(buffer, count > 0 ? "} " : " ");
}

static void add_count(struct buffer *buffer, const char *name, const struct label *labels,
                      size_t count, uint64_t value)
{
    add_name(buffer, name, labels, count);
    buffer_print(buffer, "%" PRIu64 "\n", value);
}

static void add_millionths(struct buffer *buffer, const char *name, const struct label *labels,
                           size_t count, int64_t value)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    add_name(buffer, name, labels, count);
    buffer_print(buffer, "%s%" PRIu64 ".%06" PRIu64 "\n", value < 0 ? "-" : "", size / 1000000,
                 size % 1000000);
}

/* --- families ---------------------------------------------------------------------------------- */

/* A figure at `offset` of each row of its kind: uint64_t of the status and of groups of nodes,
 * uint32_t of clusters, int64_t in millionths of quotas. */
struct family {
    const char *name, *type, *help;
    size_t offset;
};

static void add_head(struct buffer *buffer, const struct family *family)
{
    buffer_print(buffer, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
                 family->type);
}

static uint64_t u64_at(const void *row, const struct family *family)
{
    uint64_t value;

    memcpy(&value, (const char *)row + family->offset, sizeof(value));
    return value;
}

static uint32_t u32_at(const void *row, const struct family *family)
{
    uint32_t value;

    memcpy(&value, (const char *)row + family->offset, sizeof(value));
    return value;
}

static int64_t i64_at(const void *row, const struct family *family)
{
    int64_t value;

    memcpy(&value, (const char *)row + family->offset, sizeof(value));
    return value;
}

/* clang-format off */
#define STATUS(field) offsetof(Wire__Status, field)
static const struct family status_families[] = {
    {"tequio_scheduler_epoch", "gauge", "Starts of the scheduler on this database", STATUS(epoch)},
    {"tequio_jobs_pending", "gauge", "Jobs that wait", STATUS(jobs_pending)},
    {"tequio_jobs_running", "gauge", "Jobs that run", STATUS(jobs_running)},
    {"tequio_commits_total", "counter", "Groups of changes made durable", STATUS(commits)},
    {"tequio_requests_total", "counter", "Messages taken in", STATUS(requests)},
    {"tequio_requests_refused_total", "counter",
     "Messages that were malformed, unauthenticated or not admitted", STATUS(refused)},
};

#define CLUSTER(field) offsetof(Wire__ClusterView, field)
static const struct family cluster_families[] = {
    {"tequio_cluster_cores", "gauge", "Cores of the nodes that are up", CLUSTER(cores)},
    {"tequio_cluster_cores_used", "gauge", "Cores that jobs have", CLUSTER(cores_used)},
    {"tequio_cluster_jobs_pending", "gauge", "Jobs that wait and could run there",
     CLUSTER(pending)},
    {"tequio_cluster_jobs_running", "gauge", "Jobs that run there", CLUSTER(running)},
};

/* Nodes of one cluster in one state. */
struct node_group {
    const char *cluster, *state;
    uint64_t count, memory, memory_used;
};

#define GROUP(field) offsetof(struct node_group, field)
static const struct family node_families[] = {
    {"tequio_nodes", "gauge", "Nodes by state", GROUP(count)},
    {"tequio_nodes_memory_bytes", "gauge", "Memory of nodes by state", GROUP(memory)},
    {"tequio_nodes_memory_used_bytes", "gauge", "Memory that jobs have asked for on them",
     GROUP(memory_used)},
};

#define QUOTA(field) offsetof(Wire__QuotaRow, field)
static const struct family quota_families[] = {
    {"tequio_granted_service_units", "gauge", "Granted and in force", QUOTA(granted)},
    {"tequio_charged_service_units", "gauge", "Charged for work that has ended", QUOTA(charged)},
    {"tequio_held_service_units", "gauge", "Held for jobs that run", QUOTA(held)},
    {"tequio_available_service_units", "gauge", "Left for jobs to start", QUOTA(available)},
    {"tequio_queued_service_units", "gauge", "What waiting jobs would hold if they started now",
     QUOTA(queued)},
};
/* clang-format on */

static void print_status(const Wire__Status *status, struct buffer *buffer)
{
    static const struct family info = {"tequio_scheduler_info", "gauge",
                                       "Always 1; what the scheduler is is in the labels", 0};
    static const struct family start = {"tequio_scheduler_start_time_seconds", "gauge",
                                        "When the scheduler was started, in Unix time", 0};
    const struct label labels[] = {
        {"version", status->version},
        {"state",   status->state  }
    };

    add_head(buffer, &info);
    add_count(buffer, info.name, labels, COUNT_OF(labels), 1);
    add_head(buffer, &start);
    add_millionths(buffer, start.name, NULL, 0, status->started_us);
    for (size_t i = 0; i < COUNT_OF(status_families); i++) {
        add_head(buffer, &status_families[i]);
        add_count(buffer, status_families[i].name, NULL, 0, u64_at(status, &status_families[i]));
    }
}

static void print_clusters(const Wire__ClusterListing *listing, struct buffer *buffer)
{
    for (size_t i = 0; i < COUNT_OF(cluster_families); i++) {
        const struct family *family = &cluster_families[i];

        add_head(buffer, family);
        for (size_t j = 0; j < listing->n_clusters; j++) {
            const Wire__ClusterView *cluster = listing->clusters[j];
            const struct label labels[] = {
                {"cluster",     cluster->name       },
                {"institution", cluster->institution}
            };

            add_count(buffer, family->name, labels, COUNT_OF(labels), u32_at(cluster, family));
        }
    }
}

/* In the order in which the first of each was listed; free() them. */
static struct node_group *group_nodes(const Wire__NodeListing *listing, size_t *ret_count)
{
    struct node_group *groups = NEW_ARRAY(struct node_group, listing->n_nodes);
    struct table *by_key = table_new();
    size_t count = 0;

    for (size_t i = 0; i < listing->n_nodes; i++) {
        const Wire__NodeView *node = listing->nodes[i];
        CLEANUP(memory_freep) char *key = memory_format("%s/%s", node->cluster, node->state);
        struct node_group *group = table_get_text(by_key, key);

        if (!group) {
            group = &groups[count++];
            *group = (struct node_group){.cluster = node->cluster, .state = node->state};
            table_put_text(by_key, key, group);
        }
        group->count++;
        group->memory += node->memory;
        group->memory_used += node->memory_used;
    }
    table_free(by_key);
    *ret_count = count;
    return groups;
}

static void print_nodes(const Wire__NodeListing *listing, struct buffer *buffer)
{
    size_t count;
    CLEANUP(memory_freep) struct node_group *groups = group_nodes(listing, &count);

    for (size_t i = 0; i < COUNT_OF(node_families); i++) {
        const struct family *family = &node_families[i];

        add_head(buffer, family);
        for (size_t j = 0; j < count; j++) {
            const struct label labels[] = {
                {"cluster", groups[j].cluster},
                {"state",   groups[j].state  }
            };

            add_count(buffer, family->name, labels, COUNT_OF(labels), u64_at(&groups[j], family));
        }
    }
}

static void print_quotas(const Wire__QuotaTable *table, struct buffer *buffer)
{
    for (size_t i = 0; i < COUNT_OF(quota_families); i++) {
        const struct family *family = &quota_families[i];

        add_head(buffer, family);
        for (size_t j = 0; j < table->n_rows; j++) {
            const struct label labels[] = {
                {"institution", table->rows[j]->institution},
                {"project",     table->rows[j]->project    }
            };

            add_millionths(buffer, family->name, labels, COUNT_OF(labels),
                           i64_at(table->rows[j], family));
        }
    }
}

void metrics_print(const struct metrics_source *source, struct buffer *buffer)
{
    print_status(source->status, buffer);
    print_clusters(source->clusters, buffer);
    print_nodes(source->nodes, buffer);
    print_quotas(source->quotas, buffer);
}

/* --- asking ------------------------------------------------------------------------------------ */

static Wire__Envelope *ask_nodes(struct session *session, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__NodeList body = WIRE__NODE_LIST__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_NODE_LIST;
    ask.node_list = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_NODE_LISTING, err);
}

static Wire__Envelope *ask_quotas(struct session *session, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__QuotaAsk body = WIRE__QUOTA_ASK__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_QUOTA_ASK;
    ask.quota_ask = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_QUOTA_TABLE, err);
}

bool metrics_ask(struct session *session, struct buffer *buffer, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *status = session_ask_status(session, err);
    CLEANUP(message_freep) Wire__Envelope *clusters = NULL;
    CLEANUP(message_freep) Wire__Envelope *nodes = NULL;
    CLEANUP(message_freep) Wire__Envelope *quotas = NULL;

    clusters = status ? session_ask_clusters(session, err) : NULL;
    nodes = clusters ? ask_nodes(session, err) : NULL;
    quotas = nodes ? ask_quotas(session, err) : NULL;
    if (!quotas)
        return false;
    metrics_print(&(struct metrics_source){status->status, clusters->cluster_listing,
                                           nodes->node_listing, quotas->quota_table},
                  buffer);
    return true;
}
