/* cmd_clusters.c - tequio clusters: who lends what to the network */

#include "base/parse.h"
#include "client/cells.h"
#include "client/command.h"
#include "client/partition.h"
#include "client/session.h"

#include <inttypes.h>
#include <string.h>

struct arguments {
    struct output_options output;
};

static const struct option_rule options[] = {
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF_TEXT(name, Wire__ClusterView, name)
CELL_OF_TEXT(institution, Wire__ClusterView, institution)
CELL_OF(nodes, Wire__ClusterView, CELL_NUMBER, nodes)
CELL_OF(up, Wire__ClusterView, CELL_NUMBER, nodes_up)
CELL_OF(cores, Wire__ClusterView, CELL_NUMBER, cores)
CELL_OF(used, Wire__ClusterView, CELL_NUMBER, cores_used)
CELL_OF(lent, Wire__ClusterView, CELL_NUMBER, cores_lent)
CELL_OF(running, Wire__ClusterView, CELL_NUMBER, running)
CELL_OF(pending, Wire__ClusterView, CELL_NUMBER, pending)
CELL_OF(idle, Wire__ClusterView, CELL_NUMBER, nodes_idle)
CELL_OF(drained, Wire__ClusterView, CELL_NUMBER, nodes_drained)
CELL_OF(silent, Wire__ClusterView, CELL_NUMBER, nodes_silent)
CELL_OF(own, Wire__ClusterView, CELL_NUMBER, nodes_own)

/* All of it, where nothing else is said. */
static void cell_lends(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ClusterView *cluster = row;

    (void)scratch;
    if (cluster->cores_lent_most != INT64_MAX)
        cell_set(cell, CELL_NUMBER, cluster->cores_lent_most);
}

static void cell_guaranteed(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ClusterView *cluster = row;

    (void)scratch;
    if (cluster->nodes_guaranteed > 0)
        cell_set(cell, CELL_NUMBER, cluster->nodes_guaranteed);
}

static void cell_within(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ClusterView *cluster = row;

    (void)scratch;
    if (cluster->nodes_guaranteed > 0)
        cell_set(cell, CELL_DURATION, cluster->guarantee_within_us);
}

static void print_hour(int64_t of_day_us, struct buffer *buffer)
{
    int64_t minutes = of_day_us / US_PER_MINUTE;

    buffer_print(buffer, "%02" PRId64 ":%02" PRId64, minutes / 60, minutes % 60);
}

/* Of the day, UTC; nothing where it is any time. */
static void cell_hours(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ClusterView *cluster = row;

    if (cluster->lend_from_us == cluster->lend_until_us)
        return;
    print_hour(cluster->lend_from_us, scratch);
    buffer_add_char(scratch, '-');
    print_hour(cluster->lend_until_us, scratch);
    cell_set_text(cell, scratch->bytes);
}

/* Of what an hour of a core costs, against the reference node. */
static void cell_price(const void *row, struct cell *cell, struct buffer *scratch)
{
    buffer_print(scratch, "%g", ((const Wire__ClusterView *)row)->factor_ppm / 1e6);
    cell_set_text(cell, scratch->bytes);
}

static void cell_partitions(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ClusterView *cluster = row;

    for (size_t i = 0; i < cluster->n_partitions; i++)
        buffer_print(scratch, "%s%s%s", i ? "," : "", cluster->partitions[i]->name,
                     cluster->partitions[i]->is_default ? "*" : "");
    cell_set_text(cell, scratch->bytes);
}

static const struct column columns[] = {
    {"cluster",     "name", "CLUSTER",     0, 0,            cell_name       },
    {"institution", NULL,   "INSTITUTION", 0, COLUMN_CUT,   cell_institution},
    {"nodes",       NULL,   "NODES",       0, COLUMN_RIGHT, cell_nodes      },
    {"up",          NULL,   "UP",          0, COLUMN_RIGHT, cell_up         },
    {"cores",       "cpus", "CORES",       0, COLUMN_RIGHT, cell_cores      },
    {"used",        NULL,   "USED",        0, COLUMN_RIGHT, cell_used       },
    {"lent",        NULL,   "LENT",        0, COLUMN_RIGHT, cell_lent       },
    {"lends",       NULL,   "LENDS",       0, COLUMN_RIGHT, cell_lends      },
    {"running",     NULL,   "RUNNING",     0, COLUMN_RIGHT, cell_running    },
    {"pending",     NULL,   "PENDING",     0, COLUMN_RIGHT, cell_pending    },
    {"partitions",  NULL,   "PARTITIONS",  0, COLUMN_CUT,   cell_partitions },
    {"guaranteed",  NULL,   "GUARANTEED",  0, COLUMN_RIGHT, cell_guaranteed },
    {"within",      NULL,   "WITHIN",      0, COLUMN_RIGHT, cell_within     },
    {"own",         NULL,   "OWN",         0, COLUMN_RIGHT, cell_own        },
    {"hours",       NULL,   "LENDS_HOURS", 0, 0,            cell_hours      },
    {"price",       NULL,   "PRICE",       0, COLUMN_RIGHT, cell_price      },
    {"idle",        NULL,   "IDLE",        0, COLUMN_RIGHT, cell_idle       },
    {"drained",     NULL,   "DRAINED",     0, COLUMN_RIGHT, cell_drained    },
    {"silent",      NULL,   "SILENT",      0, COLUMN_RIGHT, cell_silent     },
    {NULL,          NULL,   NULL,          0, 0,            NULL            },
};

#define FORMAT_TABLE "cluster,institution,nodes,up,cores,used,lent,lends,running,pending,partitions"
#define FORMAT_RECORD                                                                          \
    "cluster,institution,nodes,up,idle,drained,silent,cores,used,lent,lends,hours,guaranteed," \
    "within,own,price,running,pending,partitions"

static bool is_named(const Wire__ClusterView *cluster, char **names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], cluster->name) == 0)
            return true;
    return count == 0;
}

static bool print(const Wire__ClusterListing *listing, char **names, int count, bool one_by_one,
                  const struct output_options *how, struct error *err)
{
    CLEANUP(memory_freep) const void **rows = memory_get(listing->n_clusters + 1, sizeof(*rows));
    struct output output = {
        .columns = columns, .standard = one_by_one ? FORMAT_RECORD : FORMAT_TABLE, .rows = rows};

    for (int i = 0; i < count; i++)
        if (!cluster_check(listing, names[i], err))
            return false;
    for (size_t i = 0; i < listing->n_clusters; i++)
        if (is_named(listing->clusters[i], names, count))
            rows[output.count++] = listing->clusters[i];
    return one_by_one ? output_records(&output, how, err) : output_print(&output, how, err);
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct arguments arguments = {0};
    bool one_by_one;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    one_by_one = first < argc && strcmp(argv[first], "show") == 0;
    first += one_by_one;
    answer = session_ask_clusters(session, err);
    return answer && print(answer->cluster_listing, argv + first, argc - first, one_by_one,
                           &arguments.output, err);
}

const struct command cmd_clusters = {
    .name = "clusters",
    .summary = N_("Show the clusters of the network"),
    .operands = N_("[[show] CLUSTER...]"),
    .options = options,
    .run = run,
};
