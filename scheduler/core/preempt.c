/* preempt.c - jobs make room for those that may push them aside
 *
 * The first job that waits in a lane may push aside those that preemption.h lets it, on the nodes
 * that both may have: one job if one will do, the smallest and of these the youngest; else as few
 * as can be left when the smallest and oldest are spared first.  None of those that are pushed
 * aside could be spared.  They get SIGTERM, and kill-wait to end, or are warned first where they
 * have a grace; what they used is charged.  Until it starts the job is looked at before all
 * others, so that what was freed for it is kept for it. */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/guarantee.h"
#include "scheduler/core/guarantee_nodes.h"
#include "scheduler/core/het.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/request.h"
#include "scheduler/core/suspend.h"

#include <inttypes.h>
#include <stdlib.h>

/* Where it was tried in vain it is tried again so much later. */
#define RETRY_US INT64_C(1000000)

struct prey {
    struct job *job;
    struct terms terms;
};

/* Who is pushed aside for whom. */
struct hunt {
    struct core *core;
    const struct lane *lane;
    struct contender by;
    struct need need;
    uint64_t bit;
    int64_t unprotected_us; /* when the first of those may be that have not run long enough */
    bool is_begun;          /* somebody is leaving for it already */
    size_t count, capacity;
    struct prey *prey;
};

static void clear_hunt(struct hunt *hunt)
{
    free(hunt->prey);
}

int64_t preempt_exempt_until(const struct job *job, const struct terms *terms)
{
    if (terms->exempt_us == 0)
        return 0;
    return (job->state == JOB_RUNNING ? job->start_us : job->placed_us) + terms->exempt_us;
}

/* Not because of what it is; but when has it run long enough? */
static bool is_protected(struct hunt *hunt, const struct job *job, const struct terms *terms)
{
    int64_t until_us = preempt_exempt_until(job, terms);

    if (until_us <= hunt->core->now_us)
        return false;
    if (until_us < hunt->unprotected_us)
        hunt->unprotected_us = until_us;
    return true;
}

/* Of one that stands still there are the cores that it has taken back already. */
static bool is_prey(struct hunt *hunt, const struct job *job, struct terms *ret_terms)
{
    const struct contender other = {job, job->cluster, job->partition};

    if (job->state == JOB_SUSPENDED)
        return job_cores_held(job) > 0 && preemption_allows(&hunt->by, &other, ret_terms) &&
               ret_terms->mode == QOS_PREEMPT_SUSPEND;
    return (job->state == JOB_CONFIGURING || job->state == JOB_RUNNING) &&
           preemption_allows(&hunt->by, &other, ret_terms) && !is_protected(hunt, job, ret_terms);
}

static bool fits(const struct hunt *hunt)
{
    return spread_holds(&hunt->core->plan.scratch->spread, hunt->need.request);
}

static void add_prey(struct hunt *hunt, struct job *job, const struct terms *terms)
{
    if (hunt->count == hunt->capacity) {
        hunt->capacity = hunt->capacity ? 2 * hunt->capacity : 64;
        hunt->prey = memory_resize(hunt->prey, hunt->capacity, sizeof(struct prey));
    }
    hunt->prey[hunt->count++] = (struct prey){job, *terms};
}

static bool touches(const struct hunt *hunt, const struct job *job)
{
    for (uint32_t i = 0; i < job->part_count; i++)
        if (!part_is_over(&job->parts[i]) && (job->parts[i].node->partitions & hunt->bit))
            return true;
    return false;
}

bool preempt_is_leaving(const struct job *job)
{
    return job->state == JOB_COMPLETING ||
           (job->interruption && job->interruption->grace_until_us > 0);
}

static bool is_pausing(const struct job *job)
{
    for (uint32_t i = 0; job->state == JOB_SUSPENDED && i < job->part_count; i++)
        if (job->parts[i].state == PART_PAUSING)
            return true;
    return false;
}

/* What is being stopped already, or will be, counts as free. */
static void look_around(struct hunt *hunt)
{
    struct core *core = hunt->core;
    size_t cluster = inventory_cluster_index(core->inventory, hunt->lane->cluster);
    struct timeline_place place = {0};
    const struct timeline_entry *entry;
    struct terms terms;

    outlook_begin(core, &hunt->need, hunt->lane->cluster, hunt->bit,
                  core->now_us + core->settings.kill_wait_us);
    while ((entry = timeline_next(&core->timelines[cluster], &place))) {
        if (entry->job->interruption && entry->job->interruption->by == hunt->by.job->id)
            hunt->is_begun = true;
        if (preempt_is_leaving(entry->job))
            outlook_give(core->plan.scratch, &hunt->need, entry->job, hunt->bit, false);
        else if (is_pausing(entry->job))
            outlook_give(core->plan.scratch, &hunt->need, entry->job, hunt->bit, true);
        else if (touches(hunt, entry->job) && is_prey(hunt, entry->job, &terms))
            add_prey(hunt, entry->job, &terms);
    }
}

/* Who is spared first: the smaller; of equals the older. */
static int compare_prey(const void *a, const void *b)
{
    const struct job *first = ((const struct prey *)a)->job;
    const struct job *second = ((const struct prey *)b)->job;
    uint32_t cores = job_cores(first), others = job_cores(second);

    if (cores != others)
        return cores < others ? -1 : 1;
    if (first->placed_us != second->placed_us)
        return first->placed_us < second->placed_us ? -1 : 1;
    return first->id < second->id ? -1 : first->id > second->id;
}

/* What has not started yet gives up all, as it loses nothing. */
static bool is_to_stand_still(const struct prey *prey)
{
    return prey->terms.mode == QOS_PREEMPT_SUSPEND && prey->job->state != JOB_CONFIGURING;
}

static void give(const struct hunt *hunt, const struct prey *prey)
{
    outlook_give(hunt->core->plan.scratch, &hunt->need, prey->job, hunt->bit,
                 is_to_stand_still(prey));
}

static void take(const struct hunt *hunt, const struct prey *prey)
{
    outlook_take(hunt->core->plan.scratch, &hunt->need, prey->job, hunt->bit,
                 is_to_stand_still(prey));
}

/* The smallest that will do alone, and of these the youngest; NULL: none will. */
static const struct prey *find_one(const struct hunt *hunt)
{
    const struct prey *best = NULL;

    for (size_t i = 0; i < hunt->count; i++) {
        const struct prey *prey = &hunt->prey[i];

        if (best && job_cores(prey->job) > job_cores(best->job))
            break;
        give(hunt, prey);
        if (fits(hunt))
            best = prey;
        take(hunt, prey);
    }
    return best;
}

/* Those that cannot be spared are left in the list; none: all together are not enough. */
static void find_some(struct hunt *hunt)
{
    size_t kept = 0;

    for (size_t i = 0; i < hunt->count; i++)
        give(hunt, &hunt->prey[i]);
    if (!fits(hunt)) {
        hunt->count = 0;
        return;
    }
    for (size_t i = 0; i < hunt->count; i++) {
        take(hunt, &hunt->prey[i]);
        if (fits(hunt))
            continue;
        give(hunt, &hunt->prey[i]);
        hunt->prey[kept++] = hunt->prey[i];
    }
    hunt->count = kept;
}

static void choose(struct hunt *hunt)
{
    const struct prey *one;

    qsort(hunt->prey, hunt->count, sizeof(struct prey), compare_prey);
    one = find_one(hunt);
    if (one) {
        hunt->prey[0] = *one;
        hunt->count = 1;
        return;
    }
    find_some(hunt);
}

static void end_job(struct core *core, struct job *job)
{
    job->requeue_after = job->interruption->mode != QOS_PREEMPT_CANCEL && job->request.requeue;
    job->interruption->grace_until_us = 0;
    attempt_stop(core, job, REASON_PREEMPTED);
}

/* What has not started yet has nothing to save. */
static void warn_job(struct core *core, struct job *job, int64_t grace_us)
{
    int64_t until_us = core->now_us + grace_us;

    job->interruption->grace_until_us = until_us;
    for (uint32_t i = 0; i < job->part_count; i++)
        if (!part_is_over(&job->parts[i]))
            effects_add(core->effects, (struct effect){
                                           .kind = EFFECT_TERM_PART,
                                           .job = job,
                                           .part = i,
                                           .node = job->parts[i].node,
                                           .attempt = job->attempt,
                                       });
    if (until_us + core->settings.kill_wait_us < job->expected_us)
        plan_expect(core, job, until_us + core->settings.kill_wait_us);
    attempt_set_limit_timer(core, job);
    core_save_job(core, job);
}

void preempt_end_warned(struct core *core, struct job *job)
{
    end_job(core, job);
}

void preempt_push(struct core *core, struct job *job, const struct terms *terms,
                  const struct job *other)
{
    const struct prey prey = {job, *terms};

    if (!job->interruption)
        job->interruption = NEW(struct interruption);
    core->plan.pushes++;
    job->interruption->by = other->id;
    job->interruption->at_us = core->now_us;
    job->interruption->mode = terms->mode;
    core_warn(core, job, NULL, "makes room for job %" PRIu64, other->id);
    if (job->state == JOB_SUSPENDED)
        suspended_yield(core, job);
    else if (is_to_stand_still(&prey))
        suspend_job(core, job);
    else if (job->state == JOB_RUNNING && terms->grace_us > 0)
        warn_job(core, job, terms->grace_us);
    else
        end_job(core, job);
    guarantee_nodes_note(core, job);
}

static void note_preemptor(struct plan *plan, uint64_t job)
{
    for (size_t i = 0; i < plan->preemptor_count; i++)
        if (plan->preemptors[i] == job)
            return;
    plan->preemptors = memory_resize(plan->preemptors, plan->preemptor_count + 1, sizeof(job));
    plan->preemptors[plan->preemptor_count++] = job;
}

/* Where it was in vain it may not be, later. */
static void wait_for_protected(struct core *core, const struct hunt *hunt)
{
    int64_t again_us = core->now_us + RETRY_US;

    if (hunt->unprotected_us == INT64_MAX)
        return;
    if (hunt->unprotected_us > again_us)
        again_us = hunt->unprotected_us;
    if (again_us < core->plan.unprotected_us)
        core->plan.unprotected_us = again_us;
}

static void offer_once(struct placement *freed, struct node *node)
{
    for (size_t i = 0; i < freed->offered; i++)
        if (freed->seats[i].node == node)
            return;
    placement_offer(freed, node, 1, 1);
}

/* What is guaranteed to the cluster's institution would keep it from the nodes of those that go. */
static bool is_in_vain(const struct hunt *hunt)
{
    const struct job *job = hunt->by.job;
    CLEANUP(placement_clear) struct placement freed = {0};

    if (hunt->lane->cluster->guarantee == 0)
        return false;
    placement_init(&freed);
    freed.cluster = hunt->lane->cluster;
    freed.partition = hunt->lane->partition;
    for (size_t i = 0; i < hunt->count; i++)
        for (uint32_t j = 0; j < hunt->prey[i].job->part_count; j++)
            offer_once(&freed, hunt->prey[i].job->parts[j].node);
    freed.count = freed.offered;
    return guarantee_keeps(hunt->core, job, &freed,
                           request_limit(&job->request, hunt->lane->partition));
}

/* False: nobody can be pushed aside for it there. */
static bool preempt_in(struct core *core, const struct shape *shape, struct lane *lane)
{
    CLEANUP(clear_hunt)
    struct hunt hunt = {
        .core = core,
        .lane = lane,
        .by = {shape_first(shape), lane->cluster, lane->partition},
        .need = shape_need(shape),
        .bit = partition_bit(lane->cluster, lane->partition),
        .unprotected_us = INT64_MAX,
    };

    hunt.need.partition = lane->partition;
    look_around(&hunt);
    if (!fits(&hunt)) {
        if (hunt.count > 0)
            choose(&hunt);
        if (hunt.count == 0) {
            wait_for_protected(core, &hunt);
            return false;
        }
        if (is_in_vain(&hunt))
            return false;
        for (size_t i = 0; i < hunt.count; i++)
            preempt_push(core, hunt.prey[i].job, &hunt.prey[i].terms, shape_first(shape));
        lane->found_job = 0; /* what was reserved for it before is later than need be */
        hunt.is_begun = true;
    }
    /* Not who counts on what is freed for another one. */
    if (hunt.is_begun)
        note_preemptor(&core->plan, shape_first(shape)->id);
    return true;
}

/* For components that compete with each other nobody knows whom to push aside. */
void preempt_for(struct core *core, const struct shape *shape)
{
    if (shape->more)
        return;
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        struct lane *lane = &core->plan.lanes[shape->stream->lanes[i]];
        const struct contender by = {shape_first(shape), lane->cluster, lane->partition};

        if (lane->blocked || !core->plan.scratch->waits[i] || !preemption_possible(&by) ||
            core->now_us < lane->preempt_us)
            continue;
        if (preempt_in(core, shape, lane))
            return;
        lane->preempt_us = core->now_us + RETRY_US;
    }
}

/* An owner's job that may go elsewhere waits with all the others. */
bool preempt_claims(const struct core *core, const struct job *job)
{
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);
        const struct partition *partition;

        if (!het_has_cluster(&job->request, cluster))
            continue;
        for (size_t j = 0; (partition = request_partition_at(&job->request, cluster, j)); j++)
            if (!preemption_claims(&(struct contender){job, cluster, partition}))
                return false;
    }
    return true;
}

struct shape *preempt_next(struct core *core, size_t *place)
{
    struct plan *plan = &core->plan;

    while (*place < plan->preemptor_count) {
        const struct job *job = core_seek_job(core, plan->preemptors[*place]);

        if (job && job->state == JOB_PENDING && job->shape && job->shape->state != SHAPE_PARKED) {
            ++*place;
            return job->shape;
        }
        plan->preemptors[*place] = plan->preemptors[--plan->preemptor_count];
    }
    return NULL;
}
