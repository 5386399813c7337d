/* preempt.c - jobs of a lower tier make room for those of a higher one
 *
 * The first job that waits in a partition with a tier may end jobs of partitions that allow
 * it (preempt) and have a lower tier, on the nodes that both share: one job if one will do,
 * the smallest and of these the youngest; else as few as can be left when the smallest and
 * oldest are spared first.  None of those that are ended could be spared.  They
 * get SIGTERM, and kill-wait to end; what they used is charged.  Until it starts the job is
 * looked at before all others, so that what was freed for it is kept for it. */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"

#include <inttypes.h>
#include <stdlib.h>

/* Where it was tried in vain it is tried again so much later. */
#define RETRY_US INT64_C(1000000)

/* Who is ended for whom. */
struct hunt {
    struct core *core;
    const struct lane *lane;
    struct need need;
    uint64_t bit;
    size_t count, capacity;
    struct job **prey;
};

static void clear_hunt(struct hunt *hunt)
{
    free(hunt->prey);
}

static bool is_prey(const struct lane *lane, const struct job *job)
{
    for (uint32_t i = 0; i < het_size(&job->request); i++) {
        const struct partition *partition = het_partition(job, i);

        if (partition->preempt == PREEMPT_OFF || partition->tier >= lane->partition->tier)
            return false;
    }
    return job->state == JOB_CONFIGURING || job->state == JOB_RUNNING;
}

static bool fits(const struct hunt *hunt)
{
    return spread_holds(&hunt->core->plan.scratch->spread, hunt->need.request);
}

static void add_prey(struct hunt *hunt, struct job *job)
{
    if (hunt->count == hunt->capacity) {
        hunt->capacity = hunt->capacity ? 2 * hunt->capacity : 64;
        hunt->prey = memory_resize(hunt->prey, hunt->capacity, sizeof(struct job *));
    }
    hunt->prey[hunt->count++] = job;
}

static bool touches(const struct hunt *hunt, const struct job *job)
{
    for (uint32_t i = 0; i < job->part_count; i++)
        if (!part_is_over(&job->parts[i]) && (job->parts[i].node->partitions & hunt->bit))
            return true;
    return false;
}

/* What is being stopped already counts as free. */
static void look_around(struct hunt *hunt)
{
    struct core *core = hunt->core;
    size_t cluster = inventory_cluster_index(core->inventory, hunt->lane->cluster);
    struct timeline_place place = {0};
    const struct timeline_entry *entry;

    outlook_begin(core, &hunt->need, hunt->lane->cluster, hunt->bit,
                  core->now_us + core->settings.kill_wait_us);
    while ((entry = timeline_next(&core->timelines[cluster], &place))) {
        if (entry->job->state == JOB_COMPLETING)
            outlook_give(core->plan.scratch, &hunt->need, entry->job, hunt->bit);
        else if (is_prey(hunt->lane, entry->job) && touches(hunt, entry->job))
            add_prey(hunt, entry->job);
    }
}

/* Who is spared first: the smaller; of equals the older. */
static int compare_prey(const void *a, const void *b)
{
    const struct job *const *first = a, *const *second = b;
    uint32_t cores = job_cores(*first), others = job_cores(*second);

    if (cores != others)
        return cores < others ? -1 : 1;
    if ((*first)->placed_us != (*second)->placed_us)
        return (*first)->placed_us < (*second)->placed_us ? -1 : 1;
    return (*first)->id < (*second)->id ? -1 : (*first)->id > (*second)->id;
}

static void give(const struct hunt *hunt, const struct job *job)
{
    outlook_give(hunt->core->plan.scratch, &hunt->need, job, hunt->bit);
}

static void take(const struct hunt *hunt, const struct job *job)
{
    outlook_take(hunt->core->plan.scratch, &hunt->need, job, hunt->bit);
}

/* The smallest that will do alone, and of these the youngest; NULL: none will. */
static struct job *find_one(const struct hunt *hunt)
{
    struct job *best = NULL;

    for (size_t i = 0; i < hunt->count; i++) {
        struct job *job = hunt->prey[i];

        if (best && job_cores(job) > job_cores(best))
            break;
        give(hunt, job);
        if (fits(hunt))
            best = job;
        take(hunt, job);
    }
    return best;
}

/* Those that cannot be spared are left in the list; none: all together are not enough. */
static void find_some(struct hunt *hunt)
{
    size_t kept = 0;

    for (size_t i = 0; i < hunt->count; i++)
        give(hunt, hunt->prey[i]);
    if (!fits(hunt)) {
        hunt->count = 0;
        return;
    }
    for (size_t i = 0; i < hunt->count; i++) {
        take(hunt, hunt->prey[i]);
        if (fits(hunt))
            continue;
        give(hunt, hunt->prey[i]);
        hunt->prey[kept++] = hunt->prey[i];
    }
    hunt->count = kept;
}

static void choose(struct hunt *hunt)
{
    struct job *one;

    qsort(hunt->prey, hunt->count, sizeof(struct job *), compare_prey);
    one = find_one(hunt);
    if (one) {
        hunt->prey[0] = one;
        hunt->count = 1;
        return;
    }
    find_some(hunt);
}

static void end_for(struct core *core, struct job *job, const struct job *other)
{
    job->requeue_after = job->partition->preempt == PREEMPT_REQUEUE && job->request.requeue;
    core_warn(core, job, NULL, "makes room for job %" PRIu64, other->id);
    attempt_stop(core, job, REASON_PREEMPTED);
}

static void note_preemptor(struct plan *plan, uint64_t job)
{
    for (size_t i = 0; i < plan->preemptor_count; i++)
        if (plan->preemptors[i] == job)
            return;
    plan->preemptors = memory_resize(plan->preemptors, plan->preemptor_count + 1, sizeof(job));
    plan->preemptors[plan->preemptor_count++] = job;
}

/* False: nobody can be ended for it there. */
static bool preempt_in(struct core *core, const struct shape *shape, struct lane *lane)
{
    CLEANUP(clear_hunt)
    struct hunt hunt = {
        .core = core,
        .lane = lane,
        .need = shape_need(shape),
        .bit = partition_bit(lane->cluster, lane->partition),
    };

    hunt.need.partition = lane->partition;
    look_around(&hunt);
    if (!fits(&hunt)) {
        if (hunt.count > 0)
            choose(&hunt);
        if (hunt.count == 0)
            return false;
        for (size_t i = 0; i < hunt.count; i++)
            end_for(core, hunt.prey[i], shape_first(shape));
        lane->found_job = 0; /* what was reserved for it before is later than need be */
    }
    note_preemptor(&core->plan, shape_first(shape)->id);
    return true;
}

/* For components that compete with each other nobody knows whom to end. */
void preempt_for(struct core *core, const struct shape *shape)
{
    if (shape->more)
        return;
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        struct lane *lane = &core->plan.lanes[shape->stream->lanes[i]];

        if (lane->blocked || !core->plan.scratch->waits[i] || lane->partition->tier == 0 ||
            core->now_us < lane->preempt_us)
            continue;
        if (preempt_in(core, shape, lane))
            return;
        lane->preempt_us = core->now_us + RETRY_US;
    }
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
