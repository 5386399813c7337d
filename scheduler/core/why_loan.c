/* why_loan.c - the cluster lends its nodes at other hours, or not for so long */

#include "base/parse.h"
#include "scheduler/core/loan.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

static void say_hours(const struct cluster *cluster, char *place, size_t size)
{
    int64_t from_min = cluster->lend_from_us / US_PER_MINUTE;
    int64_t until_min = cluster->lend_until_us / US_PER_MINUTE;

    snprintf(place, size, "lent %02d:%02d-%02d:%02d UTC", (int)(from_min / 60),
             (int)(from_min % 60), (int)(until_min / 60), (int)(until_min % 60));
}

void find_loan(const struct question *question)
{
    const struct core *core = question->core;
    const struct cluster *cluster = question->cluster;
    const char *institution = question->job->institution;
    int64_t limit_us = request_limit(question->need->request, question->partition);
    int64_t at_us = core->now_us, from_us, until_us;
    struct blocker *blocker;

    if (loan_lets(cluster, institution, at_us, limit_us) ||
        !(blocker = why_add(question, REASON_LENT_HOURS)))
        return;
    why_say_duration(blocker->needs, sizeof(blocker->needs), limit_us);
    say_hours(cluster, blocker->has, sizeof(blocker->has));
    /* The time that is, is too short by now: then it is the next, if that is long enough. */
    for (unsigned i = 0; i < 2 && loan_span(cluster, at_us, &from_us, &until_us); i++) {
        at_us = until_us;
        if (from_us > core->now_us && loan_lets(cluster, institution, from_us, limit_us)) {
            blocker->free_us = from_us;
            return;
        }
    }
}

/* At any time. */
void lift_loan(struct core *core, struct job *job, const struct blocker *blocker)
{
    struct cluster *cluster = (struct cluster *)(uintptr_t)blocker->cluster;

    (void)job;
    cluster->lend_from_us = cluster->lend_until_us = 0;
    queue_all_changed(&core->queue);
}
