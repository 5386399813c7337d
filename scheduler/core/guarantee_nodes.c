/* guarantee_nodes.c - a cluster's nodes, as the guarantee to its owners counts them */

#include "scheduler/core/guarantee_nodes.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/node_class.h"

#include <stdlib.h>

/* --- guests ------------------------------------------------------------------------------------ */

bool guarantee_yields(const struct core *core, const struct contender *guest,
                      struct terms *ret_terms)
{
    return preemption_yields(guest, ret_terms) && ret_terms->mode != QOS_PREEMPT_SUSPEND &&
           ret_terms->exempt_us + ret_terms->grace_us + core->settings.kill_wait_us <=
               guest->cluster->guarantee_within_us;
}

bool guarantee_is_guest(const struct job *job)
{
    return limits_is_lent(job->cluster, job->institution);
}

/* Suspended, nobody knows how long it stays; warned, it stays until its grace is over. */
bool guarantee_goes_by(const struct core *core, const struct job *job, int64_t at_us)
{
    const struct contender guest = {job, job->cluster, job->partition};
    int64_t last_us = at_us - core->settings.kill_wait_us;

    if (job->state == JOB_COMPLETING)
        return true;
    if (preempt_is_leaving(job) && job->interruption->grace_until_us <= last_us)
        return true;
    return job->state != JOB_SUSPENDED && !preemption_may_suspend(&guest) &&
           job->expected_us <= last_us;
}

static bool is_firm(const struct core *core, const struct job *job)
{
    const struct contender guest = {job, job->cluster, job->partition};
    struct terms terms;

    return !guarantee_goes_by(core, job, core->now_us + job->cluster->guarantee_within_us) &&
           !guarantee_yields(core, &guest, &terms);
}

/* --- a node ------------------------------------------------------------------------------------ */

const struct part *guarantee_part_after(const struct node *node, const struct part *part)
{
    struct list_node *next =
        part ? list_after(&node->parts, &part->of_node) : list_first(&node->parts);

    return next ? CONTAINER_OF(next, struct part, of_node) : NULL;
}

static bool is_counted(const struct core *core, const struct cluster *cluster,
                       const struct node *node)
{
    return node_takes_work(node) && !windows_against(&core->plan.windows, node, NULL, core->now_us,
                                                     core->now_us + cluster->guarantee_within_us);
}

static bool is_clear(const struct core *core, const struct node *node, int64_t until_us)
{
    for (const struct part *part = NULL; (part = guarantee_part_after(node, part));)
        if (!guarantee_is_guest(part->job) || !guarantee_goes_by(core, part->job, until_us))
            return false;
    return true;
}

/* When a guest that stays will be one that goes in time, if that comes before *until_us. */
static void note_turn(const struct core *core, const struct job *job, int64_t *until_us)
{
    int64_t ahead_us = core->settings.kill_wait_us - job->cluster->guarantee_within_us;
    int64_t turns[] = {job->expected_us, preempt_is_leaving(job) && job->interruption
                                             ? job->interruption->grace_until_us
                                             : job->expected_us};

    for (size_t i = 0; i < COUNT_OF(turns); i++)
        if (turns[i] + ahead_us > core->now_us && turns[i] + ahead_us < *until_us)
            *until_us = turns[i] + ahead_us;
}

static unsigned look_at(const struct core *core, const struct cluster *cluster,
                        const struct node *node, struct guarantee_nodes *sums)
{
    unsigned marks = is_counted(core, cluster, node) ? GUARANTEE_COUNTED : 0;

    for (const struct part *part = NULL; (part = guarantee_part_after(node, part));)
        if (!guarantee_is_guest(part->job))
            marks |= GUARANTEE_OWN;
        else if (is_firm(core, part->job)) {
            marks |= GUARANTEE_FIRM;
            note_turn(core, part->job, &sums->good_until_us);
        }
    return marks | (is_clear(core, node, sums->until_us) ? GUARANTEE_CLEAR : 0);
}

/* --- sums -------------------------------------------------------------------------------------- */

static void count(struct guarantee_nodes *sums, unsigned marks, uint32_t by)
{
    if (!(marks & GUARANTEE_COUNTED))
        return;
    sums->nodes += by;
    sums->own += marks & GUARANTEE_OWN ? by : 0;
    sums->firm += marks & GUARANTEE_FIRM ? by : 0;
    sums->clear += marks & GUARANTEE_CLEAR ? by : 0;
}

typedef void mark_fn(const struct core *core, const struct cluster *cluster,
                     struct guarantee_nodes *sums, const struct node *node);

static void each_node(const struct core *core, const struct cluster *cluster,
                      struct guarantee_nodes *sums, mark_fn *mark)
{
    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        for (size_t j = 0; j < class->members.count; j++)
            mark(core, cluster, sums, class->members.nodes[j]);
    }
}

static void mark_all(const struct core *core, const struct cluster *cluster,
                     struct guarantee_nodes *sums, const struct node *node)
{
    uint8_t *marks = &core->plan.guaranteed.marks[node->index];

    *marks = (uint8_t)look_at(core, cluster, node, sums);
    count(sums, *marks, 1);
}

static void mark_clear(const struct core *core, const struct cluster *cluster,
                       struct guarantee_nodes *sums, const struct node *node)
{
    uint8_t *marks = &core->plan.guaranteed.marks[node->index];

    (void)cluster;
    *marks &= (uint8_t)~GUARANTEE_CLEAR;
    if (is_clear(core, node, sums->until_us))
        *marks |= GUARANTEE_CLEAR;
    sums->clear += (*marks & GUARANTEE_COUNTED) && (*marks & GUARANTEE_CLEAR);
}

static bool is_good(const struct core *core, const struct cluster *cluster,
                    const struct guarantee_nodes *sums)
{
    return core->plan.guaranteed.is_running && sums->is_made &&
           sums->changes == inventory_changes(core->inventory, cluster) &&
           core->now_us < sums->good_until_us;
}

struct guarantee_nodes *guarantee_nodes(const struct core *core, const struct cluster *cluster,
                                        int64_t until_us)
{
    size_t number = inventory_cluster_index(core->inventory, cluster);
    struct guarantee_nodes *sums = &core->plan.guaranteed.clusters[number];

    if (!is_good(core, cluster, sums)) {
        *sums = (struct guarantee_nodes){.is_made = true,
                                         .until_us = until_us,
                                         .good_until_us = INT64_MAX,
                                         .changes = inventory_changes(core->inventory, cluster)};
        each_node(core, cluster, sums, mark_all);
    } else if (until_us != 0 && sums->until_us != until_us) {
        sums->until_us = until_us;
        sums->is_exhausted = false;
        sums->clear = 0;
        each_node(core, cluster, sums, mark_clear);
    }
    return sums;
}

unsigned guarantee_marks(const struct core *core, const struct node *node)
{
    return core->plan.guaranteed.marks[node->index];
}

static struct guarantee_nodes *sums_of(const struct core *core, const struct job *job)
{
    return &core->plan.guaranteed.clusters[inventory_cluster_index(core->inventory, job->cluster)];
}

void guarantee_nodes_note(struct core *core, const struct job *job)
{
    struct guarantee_nodes *sums;

    if (!core->plan.has_guarantees || !core->plan.guaranteed.is_running)
        return;
    sums = sums_of(core, job);
    if (!sums->is_made)
        return;
    sums->is_exhausted = false;
    sums->changes = inventory_changes(core->inventory, job->cluster);
    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct node *node = job->parts[i].node;
        uint8_t *marks = &core->plan.guaranteed.marks[node->index];

        count(sums, *marks, UINT32_MAX); /* less one */
        *marks = (uint8_t)look_at(core, job->cluster, node, sums);
        count(sums, *marks, 1);
    }
}

void guarantee_nodes_doubt(struct core *core, const struct job *job)
{
    if (core->plan.has_guarantees && !core->plan.guaranteed.is_running && job->part_count > 0)
        sums_of(core, job)->is_made = false;
}

void guarantee_nodes_doubt_all(struct core *core)
{
    for (size_t i = 0; core->plan.has_guarantees && i < inventory_cluster_count(core->inventory);
         i++)
        core->plan.guaranteed.clusters[i].is_made = false;
}

/* --- the planner's ----------------------------------------------------------------------------- */

void guarantee_nodes_init(struct plan *plan, size_t clusters)
{
    plan->guaranteed.clusters = NEW_ARRAY(struct guarantee_nodes, clusters + 1);
}

void guarantee_nodes_clear(struct plan *plan)
{
    free(plan->guaranteed.clusters);
    free(plan->guaranteed.marks);
}

/* Reservations come nearer: with them nothing is kept. */
void guarantee_nodes_begin(struct core *core)
{
    core->plan.guaranteed.is_running = true;
    if (table_count(core->plan.windows.by_name) > 0)
        guarantee_nodes_doubt_all(core);
    for (size_t i = 0; core->plan.has_guarantees && i < inventory_cluster_count(core->inventory);
         i++)
        core->plan.guaranteed.clusters[i].is_exhausted = false;
}

void guarantee_nodes_end(struct core *core)
{
    core->plan.guaranteed.is_running = false;
}
