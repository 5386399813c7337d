/* core_windows.c - windows are made, changed, removed; they begin and end */

#include "base/parse.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/loan.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A job may have its place in the queue by a window, or wait for one: find it anew.  O(jobs), at
 * each beginning and end of a window. */
static void call_jobs(struct core *core)
{
    struct job *job;
    uint64_t id = 0;

    while ((job = job_index_after(&core->jobs, id))) {
        id = job->id;
        if (job->state == JOB_PENDING && job->request.reservation && !job_is_head(job))
            job_wait_anew(core, job);
    }
    plan_nodes_changed(core, true);
}

void windows_run(struct core *core)
{
    bool late;

    if (windows_advance(&core->plan.windows, core->now_us, &late))
        call_jobs(core);
    else if (late)
        plan_changed(core);
}

void loans_run(struct core *core)
{
    if (core->now_us < core->plan.loan_us)
        return;
    core->plan.loan_us = INT64_MAX;
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        int64_t next_us = loan_next(inventory_cluster(core->inventory, i), core->now_us);

        if (next_us < core->plan.loan_us)
            core->plan.loan_us = next_us;
    }
    queue_all_changed(&core->queue);
    plan_changed(core);
}

void on_window_set(struct core *core, const struct event *event)
{
    (void)windows_put(&core->plan.windows, &event->window, core->now_us);
    call_jobs(core);
}

void on_window_removed(struct core *core, const struct event *event)
{
    struct job *job;
    uint64_t id = 0;

    /* First from the queue: there they hold on to it. */
    while ((job = job_index_after(&core->jobs, id))) {
        id = job->id;
        if (job->window && strcmp(job->request.reservation, event->window.name) == 0)
            job_leave_window(core, job);
    }
    windows_remove(&core->plan.windows, event->window.name, core->now_us);
    call_jobs(core);
}

bool core_restore_window(struct core *core, const struct window_facts *facts, int64_t now_us,
                         struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *nodes = hostlist_parse(facts->nodes, err);

    if (!nodes || facts->start_us >= facts->end_us || facts->repeat >= WINDOW_REPEAT_COUNT)
        return fail(err, ERROR_INVALID, "reservation %.64s is not as it was written", facts->name);
    (void)windows_put(&core->plan.windows, facts, now_us);
    return true;
}

const struct window *core_window(const struct core *core, const char *name)
{
    return windows_find(&core->plan.windows, name);
}

const struct window *core_window_next(const struct core *core, size_t *place)
{
    return table_next(core->plan.windows.by_name, place);
}

/* --- may it be made? ------------------------------------------------------------------------- */

static bool check_span(const struct window_facts *facts, int64_t now_us, struct error *err)
{
    int64_t period_us = window_period(facts->repeat);

    if (facts->start_us >= facts->end_us)
        return fail(err, ERROR_INVALID, "the reservation ends before it begins");
    if (period_us == 0 && facts->end_us <= now_us)
        return fail(err, ERROR_INVALID, "the reservation would be over already");
    if (facts->end_us - facts->start_us > PARSE_DURATION_MAX_US)
        return fail(err, ERROR_INVALID, "the reservation is longer than 10 years");
    if (period_us > 0 && facts->end_us - facts->start_us > period_us)
        return fail(err, ERROR_INVALID,
                    "the reservation lasts longer than the time after which "
                    "it repeats (%s)",
                    window_repeat_name(facts->repeat));
    return true;
}

static bool check_people(const struct window_facts *facts, struct error *err)
{
    bool serves = facts->users[0] || facts->projects[0] || facts->institutions[0];

    if (facts->maintenance && serves)
        return fail(err, ERROR_INVALID,
                    "a reservation for maintenance is for nobody's jobs: give "
                    "no users, projects or institutions");
    if (!facts->maintenance && !serves)
        return fail(err, ERROR_INVALID,
                    "whom is the reservation for? Give users, projects or institutions, or say "
                    "that it is for maintenance");
    if (strlen(facts->users) > WINDOW_PEOPLE_MAX || strlen(facts->projects) > WINDOW_PEOPLE_MAX ||
        strlen(facts->institutions) > WINDOW_PEOPLE_MAX)
        return fail(err, ERROR_INVALID, "the names have more than %d bytes", WINDOW_PEOPLE_MAX);
    return true;
}

/* Repeats are looked at once: what runs now, and the next time. */
static bool check_parts(const struct window_facts *facts, const struct node *node, int64_t from_us,
                        struct error *err)
{
    LIST_EACH(&node->parts, each) {
        const struct job *job = CONTAINER_OF(each, struct part, of_node)->job;

        if (job->expected_us > from_us)
            return fail(err, ERROR_CONFLICT,
                        "job %" PRIu64 " on node %s may run on when reservation %s begins: choose "
                        "other nodes or a later time",
                        job->id, node->name, facts->name);
    }
    return true;
}

static bool check_node(const struct core *core, const struct window_facts *facts, const char *name,
                       int64_t from_us, struct error *err)
{
    const struct node *node = inventory_find_node(core->inventory, name);

    if (!node)
        return fail(err, ERROR_NOT_FOUND, "no node %s", name);
    if (strcmp(node->cluster->name, facts->cluster) != 0)
        return fail(err, ERROR_INVALID, "node %s is of cluster %s, not of %s", name,
                    node->cluster->name, facts->cluster);
    return facts->maintenance || check_parts(facts, node, from_us, err);
}

static bool shares_node(const struct hostlist *a, const struct hostlist *b)
{
    for (size_t i = 0; i < hostlist_count(a); i++)
        if (hostlist_has(b, hostlist_at(a, i)))
            return true;
    return false;
}

static bool check_others(const struct core *core, const struct window_facts *facts,
                         const struct hostlist *nodes, struct error *err)
{
    const struct window *other;
    size_t place = 0;

    while (!facts->maintenance && (other = core_window_next(core, &place)))
        if (strcmp(other->facts.name, facts->name) != 0 && !other->facts.maintenance &&
            window_meets(other, facts) && shares_node(nodes, other->nodes))
            return fail(err, ERROR_CONFLICT,
                        "reservation %s has some of these nodes in that time already",
                        other->facts.name);
    return true;
}

bool core_check_window(const struct core *core, const struct window_facts *facts, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *nodes = NULL;
    struct window span = {.facts = *facts};
    int64_t from_us = 0, until_us = 0;

    if (!parse_name(facts->name, "reservation name", WINDOW_NAME_MAX, err))
        return false;
    if (!inventory_find_cluster(core->inventory, facts->cluster))
        return fail(err, ERROR_NOT_FOUND, "no cluster %.64s", facts->cluster);
    if (!core_window(core, facts->name) &&
        table_count(core->plan.windows.by_name) >= WINDOW_COUNT_MAX)
        return fail(err, ERROR_EXHAUSTED, "there are %d reservations already: delete some",
                    WINDOW_COUNT_MAX);
    nodes = hostlist_parse(facts->nodes, err);
    if (!nodes || !check_span(facts, core->now_us, err) || !check_people(facts, err))
        return false;
    if (hostlist_count(nodes) == 0)
        return fail(err, ERROR_INVALID, "the reservation has no nodes");
    (void)window_span(&span, core->now_us, &from_us, &until_us);
    for (size_t i = 0; i < hostlist_count(nodes); i++)
        if (!check_node(core, facts, hostlist_at(nodes, i), from_us, err))
            return false;
    return check_others(core, facts, nodes, err);
}

/* --- which nodes, where only their number is given ------------------------------------------- */

/* Neither another window's nor a running job's in that time. */
static bool is_to_be_had(const struct core *core, const struct window_facts *facts,
                         const struct node *node, int64_t from_us)
{
    const struct window *other;
    struct error ignored;
    size_t place = 0;

    while ((other = core_window_next(core, &place)))
        if (strcmp(other->facts.name, facts->name) != 0 && hostlist_has(other->nodes, node->name) &&
            window_meets(other, facts))
            return false;
    return facts->maintenance || check_parts(facts, node, from_us, &ignored);
}

static int compare_names(const void *a, const void *b)
{
    const struct node *const *first = a, *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

static void print_nodes(const struct node **nodes, size_t count, struct buffer *ret_list)
{
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_new();
    struct error ignored;

    qsort(nodes, count, sizeof(*nodes), compare_names);
    for (size_t i = 0; i < count; i++)
        (void)hostlist_add(list, nodes[i]->name, &ignored);
    hostlist_print(list, ret_list);
}

bool core_choose_nodes(const struct core *core, const struct window_facts *facts,
                       const char *partition, uint32_t count, struct buffer *ret_list,
                       struct error *err)
{
    const struct cluster *cluster = inventory_find_cluster(core->inventory, facts->cluster);
    const struct partition *of = cluster ? cluster_find_partition(cluster, partition) : NULL;
    size_t nodes = inventory_node_count(core->inventory), found = 0;
    CLEANUP(memory_freep) const struct node **chosen = NEW_ARRAY(const struct node *, nodes + 1);
    struct window span = {.facts = *facts};
    int64_t from_us = 0, until_us = 0;

    if (!cluster)
        return fail(err, ERROR_NOT_FOUND, "no cluster %.64s", facts->cluster);
    if (!of)
        return fail(err, ERROR_NOT_FOUND, "cluster %s has no partition %.64s", cluster->name,
                    partition ? partition : "by default");
    (void)window_span(&span, core->now_us, &from_us, &until_us);
    for (size_t i = 0; i < nodes && (count == 0 || found < count); i++) {
        const struct node *node = inventory_node(core->inventory, i);

        if (node->cluster == cluster && (node->partitions & partition_bit(cluster, of)) &&
            (count == 0 || (node_takes_work(node) && is_to_be_had(core, facts, node, from_us))))
            chosen[found++] = node;
    }
    if (found < count || found == 0)
        return fail(err, ERROR_EXHAUSTED,
                    "%zu nodes of %s/%s are to be had in that time, of the %" PRIu32 " asked for",
                    found, cluster->name, of->name, count);
    print_nodes(chosen, found, ret_list);
    return true;
}
