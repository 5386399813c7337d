/* cmd_nodes.c - tequio nodes: what the clusters have, and how it is */

#include "base/hostlist.h"
#include "base/parse.h"
#include "base/table.h"
#include "client/cells.h"
#include "client/command.h"
#include "client/filter.h"
#include "client/nodes_topology.h"
#include "client/partition.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FORMAT_LONG "node,cluster,state,cores,used,memory,free,gpus,load,partitions,reason"

struct arguments {
    const char *cluster;
    const char *partition;
    const char *states;
    struct output_options output;
    bool details, topology, svg;
};

/* Of a state the start is enough, and that a node is silent does not count: "drain" is
 * draining and drained, "idle" also idle*. */
static const char *const states[] = {"idle",      "mix",   "mixed",    "alloc",
                                     "allocated", "drain", "draining", "drained",
                                     "occupied",  "down",  "unknown",  NULL};

static bool set_states(void *place, const char *text, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    char *rest = copy, *name;

    while ((name = strsep(&rest, ","))) {
        size_t i = 0;

        while (states[i] && strcasecmp(states[i], name) != 0)
            i++;
        if (!states[i])
            return filter_fail_state(name, states, err);
    }
    *(const char **)place = text;
    return true;
}

static bool has_state(const char *state, const char *list)
{
    size_t length;

    for (const char *name = list; name; name = name[length] ? name + length + 1 : NULL) {
        length = strcspn(name, ",");
        if (strncasecmp(state, name, length) == 0)
            return true;
    }
    return !list;
}

static const struct option_rule options[] = {
    OPTION_FLAG(0, "topology", struct arguments, topology, N_("draw the topology of one node")),
    OPTION_FLAG(0, "svg", struct arguments, svg, N_("draw it as a picture, in SVG")),
    OPTION_FLAG('l', "long", struct arguments, details, N_("one line for each node")),
    OPTION_FLAG('N', "node", struct arguments, details, N_("the same")),
    OPTION_TEXT('M', "clusters", "NAME", struct arguments, cluster, N_("nodes of this cluster")),
    OPTION_TEXT('p', "partition", "NAME", struct arguments, partition,
                N_("nodes of this partition")),
    OPTION_WITH('t', "states", "STATES", struct arguments, states, set_states,
                N_("nodes in these states: idle,mixed ...")),
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

/* --- one line for each node ----------------------------------------------------------------- */

CELL_OF_TEXT(name, Wire__NodeView, name)
CELL_OF_TEXT(cluster, Wire__NodeView, cluster)
CELL_OF_TEXT(reason, Wire__NodeView, reason)
CELL_OF_TEXT(reason_by, Wire__NodeView, reason_by)
CELL_OF_TEXT(version, Wire__NodeView, version)
CELL_OF_TEXT(unknown_jobs, Wire__NodeView, unknown_jobs)
CELL_OF(cores, Wire__NodeView, CELL_NUMBER, cores)
CELL_OF(used, Wire__NodeView, CELL_NUMBER, cores_used)
CELL_OF(threads, Wire__NodeView, CELL_NUMBER, threads)
CELL_OF(packages, Wire__NodeView, CELL_NUMBER, packages)
CELL_OF(numa, Wire__NodeView, CELL_NUMBER, numa_nodes)
CELL_OF(gpus, Wire__NodeView, CELL_NUMBER, gpus)
CELL_OF_TEXT(gpu_kinds, Wire__NodeView, gpu_kinds)
CELL_OF_TEXT(features, Wire__NodeView, features)
CELL_OF_TEXT(switches, Wire__NodeView, switches)
CELL_OF(memory, Wire__NodeView, CELL_SIZE, memory)
CELL_OF(emulated, Wire__NodeView, CELL_FLAG, emulated)
CELL_OF(jobs, Wire__NodeView, CELL_NUMBER, n_jobs)
CELL_OF_OPTIONAL(boot, Wire__NodeView, CELL_TIME, boot_us)
CELL_OF_OPTIONAL(seen, Wire__NodeView, CELL_TIME, seen_us)

static enum tone tone_of(const char *state)
{
    if (strncmp(state, "idle", 4) == 0 || strncmp(state, "mix", 3) == 0 ||
        strncmp(state, "alloc", 5) == 0)
        return TONE_GOOD;
    return strncmp(state, "down", 4) == 0 ? TONE_BAD : TONE_WAIT;
}

static void cell_state(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, ((const Wire__NodeView *)row)->state);
    cell->tone = tone_of(((const Wire__NodeView *)row)->state);
}

static void cell_free_memory(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__NodeView *node = row;

    (void)scratch;
    cell_set(cell, CELL_SIZE,
             node->memory > node->memory_used ? (int64_t)(node->memory - node->memory_used) : 0);
}

static void cell_load(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->kind = CELL_FRACTION;
    cell->fraction = ((const Wire__NodeView *)row)->load;
}

static void cell_partitions(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__NodeView *node = row;

    for (size_t i = 0; i < node->n_partitions; i++)
        buffer_print(scratch, "%s%s", i ? "," : "", node->partitions[i]);
    cell_set_text(cell, scratch->bytes);
}

static const struct column node_columns[] = {
    {"node",        "nodelist",  "NODE",         'N', 0,            cell_name        },
    {"cluster",     NULL,        "CLUSTER",      0,   COLUMN_CUT,   cell_cluster     },
    {"partitions",  "partition", "PARTITIONS",   'R', COLUMN_CUT,   cell_partitions  },
    {"state",       NULL,        "STATE",        't', 0,            cell_state       },
    {"cores",       "cpus",      "CORES",        'c', COLUMN_RIGHT, cell_cores       },
    {"used",        NULL,        "USED",         0,   COLUMN_RIGHT, cell_used        },
    {"threads",     NULL,        "THREADS",      0,   COLUMN_RIGHT, cell_threads     },
    {"packages",    "sockets",   "PACKAGES",     'X', COLUMN_RIGHT, cell_packages    },
    {"numa",        NULL,        "NUMA",         0,   COLUMN_RIGHT, cell_numa        },
    {"gpus",        NULL,        "GPUS",         0,   COLUMN_RIGHT, cell_gpus        },
    {"gpukinds",    "gres",      "GPU TYPES",    'G', COLUMN_CUT,   cell_gpu_kinds   },
    {"features",    NULL,        "FEATURES",     'f', COLUMN_CUT,   cell_features    },
    {"switches",    "topology",  "SWITCHES",     0,   COLUMN_CUT,   cell_switches    },
    {"memory",      NULL,        "MEMORY",       'm', COLUMN_RIGHT, cell_memory      },
    {"free",        "freemem",   "FREE",         'e', COLUMN_RIGHT, cell_free_memory },
    {"load",        "cpusload",  "LOAD",         'O', COLUMN_RIGHT, cell_load        },
    {"jobs",        NULL,        "JOBS",         0,   COLUMN_RIGHT, cell_jobs        },
    {"unknownjobs", NULL,        "UNKNOWN JOBS", 0,   COLUMN_CUT,   cell_unknown_jobs},
    {"reason",      NULL,        "REASON",       'E', COLUMN_CUT,   cell_reason      },
    {"reasonby",    "user",      "BY",           'u', 0,            cell_reason_by   },
    {"boot",        NULL,        "BOOTED",       0,   0,            cell_boot        },
    {"seen",        NULL,        "SEEN",         0,   0,            cell_seen        },
    {"version",     NULL,        "VERSION",      0,   0,            cell_version     },
    {"emulated",    NULL,        "EMULATED",     0,   0,            cell_emulated    },
    {NULL,          NULL,        NULL,           0,   0,            NULL             },
};

/* --- nodes of a partition in the same state together ---------------------------------------- */

struct group {
    const Wire__ClusterView *cluster;
    const Wire__PartitionView *partition;
    const char *state;
    uint32_t nodes;
    uint32_t cores_least, cores_most; /* of one node */
    uint64_t memory_least, memory_most;
    uint32_t cores_used, cores_idle, cores_other, cores;
    struct hostlist *names;
};

static void cell_partition(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct group *group = row;

    buffer_print(scratch, "%s%s", group->partition->name, group->partition->is_default ? "*" : "");
    cell_set_text(cell, scratch->bytes);
}

static void cell_group_cluster(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, ((const struct group *)row)->cluster->name);
}

static void cell_available(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, ((const struct group *)row)->partition->state);
}

static void cell_limit(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set(cell, CELL_DURATION, ((const struct group *)row)->partition->limit_us);
}

static void cell_group_state(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->absent = "n/a";
    cell_set_text(cell, ((const struct group *)row)->state);
    cell->tone = tone_of(((const struct group *)row)->state);
}

static void cell_partition_name(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, ((const struct group *)row)->partition->name);
}

/* Of each node; "16+": of the smallest. */
static void cell_group_cores(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct group *group = row;

    buffer_print(scratch, "%" PRIu32 "%s", group->cores_least,
                 group->cores_most > group->cores_least ? "+" : "");
    cell_set_text(cell, scratch->bytes);
}

static void cell_group_memory(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct group *group = row;
    const struct cell least = {.kind = CELL_SIZE, .number = (int64_t)group->memory_least};

    output_cell(&least, scratch);
    if (group->memory_most > group->memory_least)
        buffer_add_char(scratch, '+');
    cell_set_text(cell, scratch->bytes);
}

static void cell_group_use(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct group *group = row;

    buffer_print(scratch, "%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32, group->cores_used,
                 group->cores_idle, group->cores_other, group->cores);
    cell_set_text(cell, scratch->bytes);
}

CELL_OF(group_nodes, struct group, CELL_NUMBER, nodes)

static void cell_names(const void *row, struct cell *cell, struct buffer *scratch)
{
    hostlist_print(((const struct group *)row)->names, scratch);
    cell_set_text(cell, scratch->bytes);
}

static const struct column group_columns[] = {
    {"partition",     NULL,        "PARTITION",      'P', 0,            cell_partition     },
    {"cluster",       NULL,        "CLUSTER",        'V', COLUMN_CUT,   cell_group_cluster },
    {"avail",         NULL,        "AVAIL",          'a', 0,            cell_available     },
    {"timelimit",     "time",      "TIMELIMIT",      'l', COLUMN_RIGHT, cell_limit         },
    {"nodes",         NULL,        "NODES",          'D', COLUMN_RIGHT, cell_group_nodes   },
    {"state",         NULL,        "STATE",          't', 0,            cell_group_state   },
    {"nodelist",      NULL,        "NODELIST",       'N', COLUMN_CUT,   cell_names         },
    {"partitionname", NULL,        "PARTITION",      'R', 0,            cell_partition_name},
    {"statelong",     NULL,        "STATE",          'T', 0,            cell_group_state   },
    {"cores",         "cpus",      "CORES",          'c', COLUMN_RIGHT, cell_group_cores   },
    {"memory",        NULL,        "MEMORY",         'm', COLUMN_RIGHT, cell_group_memory  },
    {"use",           "cpusstate", "CORES(A/I/O/T)", 'C', 0,            cell_group_use     },
    {NULL,            NULL,        NULL,             0,   0,            NULL               },
};

#define FORMAT_ONE_CLUSTER "partition,avail,timelimit,nodes,state,nodelist"
#define FORMAT_MANY        "partition,cluster,avail,timelimit,nodes,state,nodelist"

struct groups {
    size_t count;
    struct group **list;
    struct table *by_key;
};

static struct group *find_group(struct groups *groups, const Wire__ClusterView *cluster,
                                const Wire__PartitionView *partition, const char *state)
{
    CLEANUP(memory_freep)
    char *key = memory_format("%s/%s/%s", cluster->name, partition->name, state);
    struct group *group = table_get_text(groups->by_key, key);

    if (group)
        return group;
    group = NEW(struct group);
    *group = (struct group){
        .cluster = cluster, .partition = partition, .state = state, .names = hostlist_new()};
    groups->list = memory_resize(groups->list, groups->count + 1, sizeof(*groups->list));
    groups->list[groups->count++] = group;
    table_put_text(groups->by_key, key, group);
    return group;
}

static void groups_clear(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        hostlist_free(groups->list[i]->names);
        free(groups->list[i]);
    }
    free(groups->list);
    table_free(groups->by_key);
}

static bool has_partition(const Wire__NodeView *node, const char *name)
{
    for (size_t i = 0; i < node->n_partitions; i++)
        if (strcmp(node->partitions[i], name) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct arguments *arguments, const Wire__NodeView *node)
{
    return has_state(node->state, arguments->states) &&
           (!arguments->partition || has_partition(node, arguments->partition));
}

static void add_node(struct group *group, const Wire__NodeView *node)
{
    uint32_t left = node->cores > node->cores_used ? node->cores - node->cores_used : 0;

    if (group->nodes == 0 || node->cores < group->cores_least)
        group->cores_least = node->cores;
    if (group->nodes == 0 || node->memory < group->memory_least)
        group->memory_least = node->memory;
    if (node->cores > group->cores_most)
        group->cores_most = node->cores;
    if (node->memory > group->memory_most)
        group->memory_most = node->memory;
    *(tone_of(node->state) == TONE_GOOD ? &group->cores_idle : &group->cores_other) += left;
    group->cores_used += node->cores_used;
    group->cores += node->cores;
    group->nodes++;
}

/* All nodes of one partition; a partition without any still has its line. */
static bool add_partition(struct groups *groups, const struct arguments *arguments,
                          const Wire__ClusterView *cluster, const Wire__PartitionView *partition,
                          const Wire__NodeListing *nodes, struct error *err)
{
    bool any = false;

    for (size_t i = 0; i < nodes->n_nodes; i++) {
        const Wire__NodeView *node = nodes->nodes[i];
        struct group *group;

        if (strcmp(node->cluster, cluster->name) != 0 || !has_partition(node, partition->name) ||
            !is_wanted(arguments, node))
            continue;
        any = true;
        group = find_group(groups, cluster, partition, node->state);
        add_node(group, node);
        if (!hostlist_add(group->names, node->name, err))
            return false;
    }
    if (!any && !arguments->states)
        find_group(groups, cluster, partition, "");
    return true;
}

static Wire__Envelope *ask_nodes(struct session *session, const struct arguments *arguments,
                                 const char *names, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__NodeList body = WIRE__NODE_LIST__INIT;

    body.nodes = (char *)(names ? names : "");
    body.cluster = (char *)(arguments->cluster ? arguments->cluster : "");
    ask.body_case = WIRE__ENVELOPE__BODY_NODE_LIST;
    ask.node_list = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_NODE_LISTING, err);
}

static bool print_groups(const struct arguments *arguments, const Wire__ClusterListing *listing,
                         const Wire__NodeListing *nodes, struct error *err)
{
    CLEANUP(groups_clear) struct groups groups = {.by_key = table_new()};
    struct output output = {.columns = group_columns, .standard = FORMAT_ONE_CLUSTER};

    for (size_t i = 0; i < listing->n_clusters; i++) {
        const Wire__ClusterView *cluster = listing->clusters[i];

        if (arguments->cluster && strcmp(arguments->cluster, cluster->name) != 0)
            continue;
        for (size_t j = 0; j < cluster->n_partitions; j++) {
            if (arguments->partition &&
                strcmp(cluster->partitions[j]->name, arguments->partition) != 0)
                continue;
            if (!add_partition(&groups, arguments, cluster, cluster->partitions[j], nodes, err))
                return false;
        }
    }
    if (listing->n_clusters > 1 && !arguments->cluster)
        output.standard = FORMAT_MANY;
    output.rows = (const void *const *)groups.list;
    output.count = groups.count;
    return output_print(&output, &arguments->output, err);
}

static bool print_nodes(const struct arguments *arguments, const Wire__NodeListing *nodes,
                        struct error *err)
{
    CLEANUP(memory_freep) const void **rows = memory_get(nodes->n_nodes + 1, sizeof(*rows));
    struct output output = {.columns = node_columns, .standard = FORMAT_LONG, .rows = rows};

    for (size_t i = 0; i < nodes->n_nodes; i++)
        if (is_wanted(arguments, nodes->nodes[i]))
            rows[output.count++] = nodes->nodes[i];
    return output_print(&output, &arguments->output, err);
}

static bool check_names(const char *names, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *list = names ? hostlist_parse(names, err) : NULL;

    return !names || list;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *clusters = NULL;
    CLEANUP(message_freep) Wire__Envelope *nodes = NULL;
    struct arguments arguments = {0};
    const char *names;
    bool single;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    names = first < argc ? argv[first] : NULL;
    single = arguments.details || names || arguments.output.json;
    if (!command_no_operands(argc, argv, first + (names != NULL), err) ||
        !check_names(names, err) ||
        !output_check(single ? node_columns : group_columns, &arguments.output, err))
        return false;
    if (arguments.topology || arguments.svg)
        return nodes_show_topology(session, names, arguments.svg, err);
    nodes = ask_nodes(session, &arguments, names, err);
    clusters = nodes ? session_ask_clusters(session, err) : NULL;
    if (!clusters ||
        !partition_check(clusters->cluster_listing, arguments.cluster, arguments.partition, err))
        return false;
    return single ? print_nodes(&arguments, nodes->node_listing, err)
                  : print_groups(&arguments, clusters->cluster_listing, nodes->node_listing, err);
}

const struct command cmd_nodes = {
    .name = "nodes",
    .summary = N_("Show the nodes and partitions of the clusters"),
    .operands = N_("[NODES]"),
    .options = options,
    .run = run,
};
