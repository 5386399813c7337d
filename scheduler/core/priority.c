/* priority.c - the factors of a waiting job's priority */

#include "scheduler/core/priority.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"

#include <assert.h>

static double age_of(const struct core *core, const struct job *job)
{
    int64_t most_us = core->settings.priority.age_most_us;
    int64_t wait_us = core->now_us - job->eligible_us;

    if (most_us <= 0 || job->eligible_us == 0 || wait_us <= 0)
        return 0;
    return wait_us >= most_us ? 1 : (double)wait_us / (double)most_us;
}

static double fair_share_of(const struct core *core, const struct job *job)
{
    struct share_place place = {job->institution, job->project, job->user};

    return share_factor(core->shares, &place);
}

static uint64_t cores_of(const struct core *core, const struct cluster *cluster)
{
    uint64_t cores = 0;

    for (size_t i = 0; i < inventory_class_count(core->inventory, cluster); i++) {
        const struct node_class *class = inventory_class(core->inventory, cluster, i);

        cores += (uint64_t) class->cores * class->members.count;
    }
    return cores;
}

/* The same for all jobs while no node comes or goes. */
static uint64_t largest_cluster(const struct core *core)
{
    struct scratch *scratch = core->plan.scratch;

    if (scratch->largest_serial == core->plan.nodes_serial)
        return scratch->largest_cores;
    scratch->largest_serial = core->plan.nodes_serial;
    scratch->largest_cores = 0;
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        uint64_t has = cores_of(core, inventory_cluster(core->inventory, i));

        if (has > scratch->largest_cores)
            scratch->largest_cores = has;
    }
    return scratch->largest_cores;
}

static double size_of(const struct core *core, const struct job *job)
{
    uint64_t cores = job_cores(job), largest = largest_cluster(core);

    return cores >= largest ? 1 : (double)cores / (double)largest;
}

/* In the queue a job's lanes are known: its request need not be read. */
static uint32_t highest_of_lanes(const struct core *core, const struct stream *stream)
{
    uint32_t highest = 0;

    for (size_t i = 0; i < stream->lane_count; i++) {
        const struct partition *partition = core->plan.lanes[stream->lanes[i]].partition;

        if (partition->priority > highest)
            highest = partition->priority;
    }
    return highest;
}

static double partition_of(const struct core *core, const struct job *job)
{
    uint32_t highest = 0;

    if (job->shape)
        return (double)highest_of_lanes(core, job->shape->stream) / PRIORITY_PARTITION_MAX;
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);
        const struct partition *partition;

        for (size_t j = 0; (partition = request_partition_at(&job->request, cluster, j)); j++)
            if (partition->priority > highest)
                highest = partition->priority;
    }
    return (double)highest / PRIORITY_PARTITION_MAX;
}

static double qos_of(const struct core *core, const struct job *job)
{
    const struct qos *qos = job->association->qos;

    (void)core;
    return qos ? (double)qos->priority / QOS_PRIORITY_MAX : 0;
}

static double nice_of(const struct core *core, const struct job *job)
{
    (void)core;
    return -(double)job->request.nice;
}

static const struct {
    const char *name;
    double (*find)(const struct core *core, const struct job *job);
} factors[] = {
    {"age",        age_of       },
    {"fair-share", fair_share_of},
    {"size",       size_of      },
    {"partition",  partition_of },
    {"qos",        qos_of       },
    {"nice",       nice_of      },
};
static_assert(COUNT_OF(factors) == PRIORITY_COUNT, "one row for each factor, in their order");

const char *priority_factor_name(enum priority_factor factor)
{
    assert(factor < PRIORITY_COUNT);
    return factors[factor].name;
}

double priority_factor(const struct core *core, const struct job *job, enum priority_factor factor)
{
    assert(factor < PRIORITY_COUNT);
    return factors[factor].find(core, job);
}

double priority_of_job(const struct core *core, const struct job *job)
{
    const uint32_t *weights = core->settings.priority.weights;
    double sum = nice_of(core, job);

    for (unsigned i = 0; i < PRIORITY_NICE; i++)
        if (weights[i] > 0)
            sum += weights[i] * factors[i].find(core, job);
    return sum;
}

void priority_view(const struct core *core, const struct job *job, struct priority_view *ret_view)
{
    const struct policy *policy = core->settings.policy;

    *ret_view = (struct priority_view){.is_ranked = job->shape != NULL};
    for (unsigned i = 0; i < PRIORITY_COUNT; i++) {
        double weight = i == PRIORITY_NICE ? 1 : core->settings.priority.weights[i];

        ret_view->factors[i] = factors[i].find(core, job);
        ret_view->weighted[i] = weight * ret_view->factors[i];
        ret_view->priority += ret_view->weighted[i];
    }
    if (!job->shape)
        return;
    ret_view->standing = queue_standing(&core->queue, job->shape, job, core->now_us);
    ret_view->rank = policy_rank(policy, policy->queue, &ret_view->standing);
}
