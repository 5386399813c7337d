/* why.c - everything that blocks a pending job */

#include "base/hostlist.h"
#include "base/parse.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <inttypes.h>

/* The answer while it is made. */
struct answer {
    const struct core *core;
    const struct job *job;
    struct blocker *blockers;
    unsigned count;
};

static struct blocker *add(struct answer *answer, enum job_reason reason)
{
    struct blocker *blocker;

    if (answer->count == BLOCKER_MAX)
        return NULL;
    blocker = &answer->blockers[answer->count++];
    *blocker = (struct blocker){.reason = reason};
    return blocker;
}

static void set_duration(char *place, size_t size, int64_t duration_us)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    print_duration(duration_us, &text);
    snprintf(place, size, "%s", text.bytes);
}

static void set_amount(char *place, size_t size, int64_t amount_micro)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    print_amount(amount_micro, &text);
    snprintf(place, size, "%s SU", text.bytes);
}

static void say_place(struct blocker *blocker, const struct cluster *cluster,
                      const struct partition *partition)
{
    snprintf(blocker->place, sizeof(blocker->place), "%.38s/%.38s", cluster->name, partition->name);
}

static void say_request(struct blocker *blocker, const struct request *request)
{
    if (request->nodes_most > 1 || request->exclusive)
        snprintf(blocker->needs, sizeof(blocker->needs),
                 "%" PRIu32 " tasks of %" PRIu32 " cores on %" PRIu32 "-%" PRIu32 "%s nodes",
                 request->tasks, request->cpus_per_task, request->nodes_least, request->nodes_most,
                 request->exclusive ? " whole" : "");
    else
        snprintf(blocker->needs, sizeof(blocker->needs), "%" PRIu32 " cores on one node",
                 request->tasks * request->cpus_per_task);
}

/* What has to become of the parent. */
static const char *awaited(enum dependency_kind kind)
{
    static const char *const texts[] = {
        [DEPENDENCY_AFTER_ANY] = "its end",
        [DEPENDENCY_AFTER] = "its start",
        [DEPENDENCY_AFTER_OK] = "its end with exit code 0",
        [DEPENDENCY_AFTER_NOT_OK] = "its failure",
        [DEPENDENCY_AFTER_CORR] = "its end with exit code 0",
        [DEPENDENCY_SINGLETON] = "the end of earlier jobs of the same name",
    };

    static_assert(COUNT_OF(texts) == DEPENDENCY_KIND_COUNT, "one text for each kind");
    return texts[kind];
}

static void say_dependency(struct answer *answer, const struct dependency *dependency)
{
    const struct job *parent = core_seek_job(answer->core, dependency->parent);
    bool never = dependency->state == DEPENDENCY_NEVER;
    struct blocker *blocker = add(answer, never ? REASON_DEPENDENCY_NEVER : REASON_DEPENDENCY);

    if (!blocker)
        return;
    if (dependency->parent)
        snprintf(blocker->place, sizeof(blocker->place), "job %" PRIu64, dependency->parent);
    snprintf(blocker->needs, sizeof(blocker->needs), "%s", awaited(dependency->kind));
    if (parent)
        snprintf(blocker->has, sizeof(blocker->has), "%s", job_state_name(parent->state));
    if (dependency->state == DEPENDENCY_MET)
        blocker->free_us = dependency->from_us;
}

static void say_dependencies(struct answer *answer)
{
    const struct dependencies *dependencies = answer->job->request.dependencies;
    int64_t from_us;
    enum dependency_state state = dependencies_state(dependencies, &from_us);

    if (state == DEPENDENCY_MET && from_us <= answer->core->now_us)
        return;
    for (uint32_t i = 0; i < dependencies->count; i++) {
        const struct dependency *dependency = &dependencies->all[i];
        bool blocks = state == DEPENDENCY_NEVER ? dependency->state == DEPENDENCY_NEVER
                                                : dependency->state != DEPENDENCY_MET ||
                                                      dependency->from_us > answer->core->now_us;

        if (blocks)
            say_dependency(answer, dependency);
    }
}

static void say_own(struct answer *answer)
{
    const struct job *job = answer->job;
    struct blocker *blocker;

    if (job->hold != HOLD_NONE && (blocker = add(answer, plan_reason(job))))
        snprintf(blocker->needs, sizeof(blocker->needs), "release by %s",
                 job->hold == HOLD_ADMIN ? "an administrator" : "its owner");
    say_dependencies(answer);
    if (job->request.begin_us > answer->core->now_us && (blocker = add(answer, REASON_BEGIN_TIME)))
        blocker->free_us = job->request.begin_us;
}

static void say_budget(struct answer *answer, const struct cluster *cluster,
                       const struct partition *partition)
{
    const struct core *core = answer->core;
    const struct job *job = answer->job;
    const char *const owners[] = {job->project, NULL};
    int64_t price_micro = attempt_price(core, partition, cluster, &job->request, job_cores(job));

    for (size_t i = 0; i < COUNT_OF(owners); i++) {
        struct blocker *blocker;
        struct balance balance;

        if (!ledger_balance(core->ledger, job->institution, owners[i], core->now_us, &balance) ||
            balance.available_micro >= price_micro)
            continue;
        blocker = add(answer, REASON_BUDGET);
        if (!blocker)
            return;
        snprintf(blocker->place, sizeof(blocker->place), "%s %.60s",
                 owners[i] ? "project" : "institution", owners[i] ? owners[i] : job->institution);
        set_amount(blocker->needs, sizeof(blocker->needs), price_micro);
        set_amount(blocker->has, sizeof(blocker->has), balance.available_micro);
    }
}

/* When the job would find a place if it were the next in turn. */
static int64_t free_at(const struct answer *answer, const struct need *need,
                       const struct cluster *cluster)
{
    struct node *ignored;
    int64_t free_us = reservation_find(answer->core, need, cluster, &ignored);

    return free_us == INT64_MAX ? 0 : free_us;
}

/* What of the partition is free, and when enough of it will be. */
static void say_resources(struct answer *answer, const struct need *need,
                          const struct cluster *cluster, const struct partition *partition)
{
    struct blocker *blocker = add(answer, REASON_RESOURCES);

    if (!blocker)
        return;
    say_place(blocker, cluster, partition);
    say_request(blocker, need->request);
    snprintf(blocker->has, sizeof(blocker->has), "%" PRIu64 " cores free",
             inventory_free_cores(answer->core->inventory, cluster));
    blocker->free_us = free_at(answer, need, cluster);
}

static void say_turn(struct answer *answer, const struct cluster *cluster,
                     const struct partition *partition)
{
    const struct inventory *inventory = answer->core->inventory;
    const struct lane *lane =
        plan_lane(&answer->core->plan, inventory_cluster_index(inventory, cluster), partition);
    struct blocker *blocker = add(answer, REASON_PRIORITY);

    if (!blocker)
        return;
    say_place(blocker, cluster, partition);
    if (lane->blocked) {
        snprintf(blocker->needs, sizeof(blocker->needs), "the turn of job %" PRIu64,
                 shape_first(lane->blocked)->id);
        blocker->free_us = lane->start_us;
    } else {
        snprintf(blocker->needs, sizeof(blocker->needs), "its turn");
    }
}

static void say_nodes(struct answer *answer, const struct need *need, const struct cluster *cluster,
                      enum possible possible)
{
    const struct partition *partition = request_partition(need->request, cluster);
    struct blocker *blocker = add(answer, possible == POSSIBLE_NEVER ? REASON_BAD_CONSTRAINTS
                                                                     : REASON_NODE_NOT_AVAILABLE);

    if (!blocker)
        return;
    say_place(blocker, cluster, partition);
    say_request(blocker, need->request);
    snprintf(blocker->has, sizeof(blocker->has), "%s",
             possible == POSSIBLE_NEVER ? "no such nodes" : "nodes that are down or drained");
}

static void say_limits(struct answer *answer, const struct cluster *cluster,
                       const struct partition *partition)
{
    int64_t limit_us = request_limit(&answer->job->request, partition);
    struct blocker *blocker;

    if (limit_us > partition->limit_us && (blocker = add(answer, REASON_PARTITION_TIME_LIMIT))) {
        say_place(blocker, cluster, partition);
        set_duration(blocker->needs, sizeof(blocker->needs), limit_us);
        set_duration(blocker->has, sizeof(blocker->has), partition->limit_us);
    }
    if (!partition->up && (blocker = add(answer, REASON_PARTITION_DOWN)))
        say_place(blocker, cluster, partition);
}

static void say_cluster(struct answer *answer, const struct cluster *cluster,
                        const struct need *need)
{
    const struct partition *partition = request_partition(need->request, cluster);
    struct scratch *scratch = answer->core->plan.scratch;
    enum possible possible;

    if (!partition)
        return;
    say_limits(answer, cluster, partition);
    possible = plan_possible(answer->core->inventory, need, cluster, &scratch->spread);
    if (possible != POSSIBLE_NOW)
        say_nodes(answer, need, cluster, possible);
    else if (!seek_now(answer->core, need, cluster, 0, &scratch->trial))
        say_resources(answer, need, cluster, partition);
    else if (answer->job->shape)
        say_turn(answer, cluster, partition);
}

/* Clusters differ in price; the first that the job may run on stands for all. */
static void say_budgets(struct answer *answer, const struct need *need)
{
    const struct inventory *inventory = answer->core->inventory;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);
        const struct partition *partition = request_partition(need->request, cluster);

        if (partition) {
            say_budget(answer, cluster, partition);
            return;
        }
    }
}

unsigned core_why(const struct core *core, uint64_t id, struct blocker *ret_blockers)
{
    const struct job *job = core_find_job(core, id);
    struct answer answer = {.core = core, .job = job, .blockers = ret_blockers};
    CLEANUP(hostlist_freep) struct hostlist *only = NULL;
    CLEANUP(hostlist_freep) struct hostlist *except = NULL;
    struct need need;
    struct error ignored;

    if (!job)
        return 0;
    if (job->state != JOB_PENDING) {
        if (job->reason == REASON_DEPENDENCY_NEVER)
            say_dependencies(&answer);
        return answer.count;
    }
    if (job->request.node_list)
        only = hostlist_parse(job->request.node_list, &ignored);
    if (job->request.node_exclude)
        except = hostlist_parse(job->request.node_exclude, &ignored);
    need = (struct need){&job->request, only, except, job->avoid};
    say_own(&answer);
    say_budgets(&answer, &need);
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++)
        say_cluster(&answer, inventory_cluster(core->inventory, i), &need);
    return answer.count;
}
