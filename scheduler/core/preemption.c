/* preemption.c - who may push aside whom, and what becomes of who is */

#include "scheduler/core/preemption.h"

#include "scheduler/core/het.h"
#include "scheduler/core/limits.h"

#include <assert.h>
#include <string.h>

static const struct qos *qos_of(const struct job *job)
{
    return job->association ? job->association->qos : NULL;
}

static const struct partition *partition_at(const struct contender *contender, uint32_t component)
{
    return contender->job->components ? het_partition(contender->job, component)
                                      : contender->partition;
}

static uint32_t component_count(const struct contender *contender)
{
    return contender->job->components ? het_size(&contender->job->request) : 1;
}

static struct terms terms_of_partition(const struct partition *partition)
{
    return (struct terms){
        .mode = (enum qos_preempt)(partition->preempt - PREEMPT_REQUEUE),
        .grace_us = partition->preempt_grace_us,
        .exempt_us = partition->preempt_exempt_us,
    };
}

static struct terms terms_of_qos(const struct qos *qos)
{
    return (struct terms){
        .mode = qos->preempt_mode,
        .grace_us = qos->preempt_grace_us,
        .exempt_us = qos->preempt_exempt_us,
    };
}

/* All its components are where that is allowed. */
static bool partitions_allow(const struct contender *other)
{
    for (uint32_t i = 0; i < component_count(other); i++)
        if (partition_at(other, i)->preempt == PREEMPT_OFF)
            return false;
    return true;
}

static bool is_below(const struct contender *other, uint32_t tier)
{
    for (uint32_t i = 0; i < component_count(other); i++)
        if (partition_at(other, i)->tier >= tier)
            return false;
    return true;
}

static bool is_owner(const struct contender *contender)
{
    return contender->cluster->owners_first && contender->cluster->institution &&
           strcmp(contender->job->institution, contender->cluster->institution) == 0;
}

static bool is_opportunistic(const struct contender *contender)
{
    const struct qos *qos = qos_of(contender->job);

    return partitions_allow(contender) || (qos && qos->opportunistic);
}

bool preemption_may_suspend(const struct contender *other)
{
    const struct qos *qos = qos_of(other->job);

    return (qos && qos->preempt_mode == QOS_PREEMPT_SUSPEND) ||
           (partitions_allow(other) &&
            terms_of_partition(other->partition).mode == QOS_PREEMPT_SUSPEND);
}

bool preemption_yields(const struct contender *other, struct terms *ret_terms)
{
    const struct qos *qos = qos_of(other->job);
    bool allowed = partitions_allow(other);

    if (is_owner(other) || !is_opportunistic(other))
        return false;
    assert(allowed || qos); /* one of the two makes it opportunistic */
    *ret_terms = allowed ? terms_of_partition(other->partition) : terms_of_qos(qos);
    return true;
}

static bool may_push(const struct contender *by, const struct contender *other,
                     struct terms *ret_terms)
{
    const struct qos *qos = qos_of(other->job);
    bool allowed = partitions_allow(other);

    if (allowed && is_below(other, by->partition->tier)) {
        *ret_terms = terms_of_partition(other->partition);
        return true;
    }
    if (qos && qos_of(by->job) && qos_preempts(qos_of(by->job), qos)) {
        *ret_terms = terms_of_qos(qos);
        return true;
    }
    return is_owner(by) && !is_opportunistic(by) && preemption_yields(other, ret_terms);
}

bool preemption_allows(const struct contender *by, const struct contender *other,
                       struct terms *ret_terms)
{
    struct terms ignored;

    return may_push(by, other, ret_terms) && !may_push(other, by, &ignored);
}

bool preemption_claims(const struct contender *by)
{
    const struct qos *qos = qos_of(by->job);

    return (qos && qos->preempts && qos->preempts[0]) || (is_owner(by) && !is_opportunistic(by));
}

bool preemption_possible(const struct contender *by)
{
    return by->partition->tier > 0 || preemption_claims(by);
}
