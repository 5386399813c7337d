/* cmd_clusters.c - tequio clusters: who lends what to the network */

#include "client/cells.h"
#include "client/command.h"
#include "client/session.h"

#include <inttypes.h>

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

/* All of it, where nothing else is said. */
static void cell_lends(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ClusterView *cluster = row;

    (void)scratch;
    if (cluster->cores_lent_most != INT64_MAX)
        cell_set(cell, CELL_NUMBER, cluster->cores_lent_most);
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
    {NULL,          NULL,   NULL,          0, 0,            NULL            },
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct arguments arguments = {0};
    struct output output = {.columns = columns};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    answer = session_ask_clusters(session, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->cluster_listing->clusters;
    output.count = answer->cluster_listing->n_clusters;
    return output_print(&output, &arguments.output, err);
}

const struct command cmd_clusters = {
    .name = "clusters",
    .summary = N_("Show the clusters of the network"),
    .operands = "",
    .options = options,
    .run = run,
};
