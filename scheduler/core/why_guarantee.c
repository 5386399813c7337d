/* why_guarantee.c - the cluster's nodes are guaranteed to its owners */

#include "base/parse.h"
#include "scheduler/core/guarantee.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

#include <inttypes.h>

/* On the nodes that it would get; where there is no room yet, that is a guess. */
void find_guarantee(const struct question *question)
{
    const struct cluster *cluster = question->cluster;
    int64_t limit_us = request_limit(question->need->request, question->partition);
    const struct placement *placement;
    struct blocker *blocker;
    char within[24], limit[24];

    if (cluster->guarantee == 0 || question->possible != POSSIBLE_NOW ||
        !(placement = why_placement(question)) ||
        !guarantee_keeps(question->core, question->job, placement, limit_us) ||
        !(blocker = why_add(question, REASON_GUARANTEED)))
        return;
    why_say_duration(limit, sizeof(limit), limit_us);
    why_say_duration(within, sizeof(within), cluster->guarantee_within_us);
    snprintf(blocker->needs, sizeof(blocker->needs), "%zu node%s for %s", placement->count,
             placement->count > 1 ? "s" : "", limit);
    snprintf(blocker->has, sizeof(blocker->has), "%" PRIu32 " node%s %.20s's within %s",
             cluster->guarantee, cluster->guarantee > 1 ? "s are" : " is", cluster->institution,
             within);
    blocker->guess = !question->fits;
}

void lift_guarantee(struct core *core, struct job *job, const struct blocker *blocker)
{
    struct cluster *cluster = (struct cluster *)(uintptr_t)blocker->cluster;

    (void)job;
    cluster->guarantee = 0;
    queue_all_changed(&core->queue);
}
