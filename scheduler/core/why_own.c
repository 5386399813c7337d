/* why_own.c - what keeps a job from starting anywhere, by its own */

#include "scheduler/core/why.h"

#include <inttypes.h>

void find_hold(const struct question *question)
{
    struct blocker *blocker;

    if (question->job->hold == HOLD_NONE ||
        !(blocker = why_add(question, plan_reason(question->job))))
        return;
    snprintf(blocker->needs, sizeof(blocker->needs), "release by %s",
             question->job->hold == HOLD_ADMIN ? "an administrator" : "its owner");
}

void find_begin(const struct question *question)
{
    struct blocker *blocker;

    if (question->job->request.begin_us > question->core->now_us &&
        (blocker = why_add(question, REASON_BEGIN_TIME)))
        blocker->free_us = question->job->request.begin_us;
}

void find_array(const struct question *question)
{
    const struct array *array = question->job->array;
    struct blocker *blocker;

    if (!array_is_full(array) || !(blocker = why_add(question, REASON_ARRAY_LIMIT)))
        return;
    snprintf(blocker->place, sizeof(blocker->place), "job %" PRIu64, array->id);
    snprintf(blocker->needs, sizeof(blocker->needs), "fewer than %" PRIu32 " elements that run",
             array->throttle);
    snprintf(blocker->has, sizeof(blocker->has), "%" PRIu32, array->placed);
}
