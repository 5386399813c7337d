/* federation_watch.c - did owners have what is guaranteed, and who used what of whom?
 *
 * A model that knows nothing of the planner: it counts the nodes that have work of the owners, and
 * those that their jobs wait for. */

#include "base/parse.h"
#include "scheduler/simulate/federation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NEVER INT64_MIN

/* A job that asks for its own site alone, and has not started. */
struct waiting {
    size_t index;
    int64_t since_s; /* entitled; NEVER: it is not */
    bool counted;
};

struct queue_at_home {
    size_t count, capacity;
    struct waiting *all;
};

struct federation_watch {
    struct federation *federation;
    const struct workload *workload;
    size_t seen; /* jobs that were submitted */
    struct queue_at_home *queues;
};

struct federation_watch *federation_watch_new(struct federation *federation,
                                              const struct workload *workload)
{
    struct federation_watch *watch = NEW(struct federation_watch);

    watch->federation = federation;
    watch->workload = workload;
    watch->queues = NEW_ARRAY(struct queue_at_home, federation->site_count);
    return watch;
}

void federation_watch_free(struct federation_watch *watch)
{
    if (!watch)
        return;
    for (uint32_t i = 0; i < watch->federation->site_count; i++)
        free(watch->queues[i].all);
    free(watch->queues);
    free(watch);
}

/* --- what is booked --------------------------------------------------------------------------- */

/* "s3" and "i3" are number 2. */
static uint32_t number_of(const char *name)
{
    return (uint32_t)strtoul(name + 1, NULL, 10) - 1;
}

void federation_watch_booked(void *context, const struct booking *booking)
{
    struct federation_watch *watch = context;
    const struct usage *usage = &booking->usage;

    if (booking->has_usage)
        watch->federation->rows[number_of(usage->institution)].at[number_of(usage->cluster)] +=
            usage->wall_us / US_PER_SECOND * (int64_t)usage->cores;
}

/* --- what is guaranteed ----------------------------------------------------------------------- */

static void add_waiting(struct queue_at_home *queue, size_t index)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity ? 2 * queue->capacity : 64;
        queue->all = memory_resize(queue->all, queue->capacity, sizeof(*queue->all));
    }
    queue->all[queue->count++] = (struct waiting){.index = index, .since_s = NEVER};
}

static void note_submitted(struct federation_watch *watch, int64_t now_s)
{
    const struct workload *workload = watch->workload;

    for (; watch->seen < workload->count && workload->jobs[watch->seen].submit_s <= now_s;
         watch->seen++)
        if (workload->jobs[watch->seen].at_home)
            add_waiting(&watch->queues[workload->jobs[watch->seen].site], watch->seen);
}

static uint32_t nodes_had(const struct core *core, uint32_t site)
{
    const struct inventory *inventory = core_inventory(core);
    const struct cluster *cluster;
    char name[16];
    uint32_t had = 0;

    snprintf(name, sizeof(name), "%c%" PRIu32, REPLAY_CLUSTER, site + 1);
    cluster = inventory_find_cluster(inventory, name);
    for (size_t i = 0; i < inventory_node_count(inventory); i++) {
        const struct node *node = inventory_node(inventory, i);
        bool own = false;

        if (node->cluster != cluster)
            continue;
        for (struct list_node *at = list_first(&node->parts); at && !own;
             at = list_after(&node->parts, at))
            own = number_of(CONTAINER_OF(at, struct part, of_node)->job->institution) == site;
        had += own;
    }
    return had;
}

/* Of those that wait on, if each has nodes of its own. */
static uint64_t nodes_wanted(const struct federation_watch *watch,
                             const struct queue_at_home *queue)
{
    uint32_t cores = watch->federation->settings.cores_per_node;
    uint64_t wanted = 0;

    for (size_t i = 0; i < queue->count; i++)
        wanted += (watch->workload->jobs[queue->all[i].index].processors + cores - 1) / cores;
    return wanted;
}

static void note_wait(struct federation_watch *watch, struct federation_site *site,
                      struct waiting *waiting, int64_t now_s)
{
    int64_t most_s = watch->federation->settings.guarantee_within_us / US_PER_SECOND;
    int64_t waited_s = now_s - waiting->since_s;

    if (waited_s > site->longest_s)
        site->longest_s = waited_s;
    if (waited_s > 0 && !waiting->counted) {
        waiting->counted = true;
        site->entitled++;
    }
    if (waited_s > most_s) {
        site->late++;
        waiting->since_s = now_s; /* once is enough */
    }
}

/* Who has started waits no more; it did until now. */
static void let_go(struct federation_watch *watch, uint32_t site, const struct core *core,
                   int64_t now_s)
{
    struct queue_at_home *queue = &watch->queues[site];
    size_t kept = 0;

    for (size_t i = 0; i < queue->count; i++) {
        struct waiting *waiting = &queue->all[i];
        const struct job *job = core_find_job(core, waiting->index + 1);

        if (job && job->state == JOB_PENDING)
            queue->all[kept++] = *waiting;
        else if (waiting->since_s != NEVER)
            note_wait(watch, &watch->federation->sites[site], waiting, now_s);
    }
    queue->count = kept;
}

static void look_at_site(struct federation_watch *watch, uint32_t site, const struct core *core,
                         int64_t now_s)
{
    struct queue_at_home *queue = &watch->queues[site];
    uint64_t nodes;
    bool within;

    let_go(watch, site, core, now_s);
    if (queue->count == 0)
        return;
    nodes = nodes_wanted(watch, queue);
    within = nodes <= watch->federation->settings.guarantee &&
             nodes + nodes_had(core, site) <= watch->federation->settings.guarantee;
    for (size_t i = 0; i < queue->count; i++) {
        struct waiting *waiting = &queue->all[i];

        if (!within)
            waiting->since_s = NEVER;
        else if (waiting->since_s == NEVER)
            waiting->since_s = now_s;
        else
            note_wait(watch, &watch->federation->sites[site], waiting, now_s);
    }
}

void federation_watch_rested(void *context, const struct core *core, int64_t now_s)
{
    struct federation_watch *watch = context;

    if (watch->federation->settings.guarantee == 0)
        return;
    note_submitted(watch, now_s);
    for (uint32_t i = 0; i < watch->federation->site_count; i++)
        look_at_site(watch, i, core, now_s);
}
