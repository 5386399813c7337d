/* tell_blockers.c - what keeps a job, and what could be done about it without a trial */

#include "scheduler/tell_blockers.h"

#include "scheduler/core/preemption.h"

#include <string.h>

static char *text(const char *constant)
{
    return (char *)(uintptr_t)(constant ? constant : "");
}

/* What the person could do about it, without a trial. */
static const char *advice_on(const struct blocker *blocker)
{
    switch (blocker->reason) {
    case REASON_HELD_USER:
        return "release it: tequio release JOB";
    case REASON_HELD_ADMIN:
        return "an administrator holds it: ask the institution's manager or the cluster's "
               "administrator";
    case REASON_LAUNCH_FAILED_HELD:
        return "no node would start it: mend what it said (tequio show JOB), then tequio release "
               "JOB";
    case REASON_BUDGET:
        return "the budget does not cover its time limit: ask for less time or fewer cores, or "
               "ask the institution's manager for a grant (tequio quota)";
    case REASON_PARTITION_TIME_LIMIT:
        return "ask for less time, or name a partition that allows more (tequio clusters)";
    case REASON_BAD_CONSTRAINTS:
        return "no node is like that any more: change what is asked for";
    case REASON_DEPENDENCY_NEVER:
        return "it depends on what did not happen: submit it again, with another --dependency";
    case REASON_RESERVATION:
        return *blocker->needs ? "its reservation does not last so long: ask for less time"
                               : "it starts when its reservation begins and there is room: see "
                                 "tequio reservation";
    case REASON_RESERVATION_GONE:
        return "its reservation is over: cancel it, and submit it again without --reservation";
    case REASON_RESERVED:
    case REASON_MAINTENANCE:
        return "ask for less time, so that it ends before the reservation begins (tequio "
               "reservation)";
    case REASON_ARRAY_LIMIT:
        return "as many elements run as the array's own limit allows: tequio limit array N JOB "
               "changes it";
    case REASON_NODE_NOT_AVAILABLE:
        return "the nodes that would do are away: see tequio nodes";
    default:
        return NULL;
    }
}

static void add_blocker(Wire__JobReasons *reasons, const struct blocker *from, struct arena *keep)
{
    Wire__Blocker *blocker = ARENA_NEW(keep, Wire__Blocker);

    wire__blocker__init(blocker);
    blocker->code = text(job_reason_name(from->reason));
    blocker->place = arena_copy_utf8(keep, from->place);
    blocker->needs = arena_copy_utf8(keep, from->needs);
    blocker->has = arena_copy_utf8(keep, from->has);
    blocker->free_us = from->free_us;
    blocker->tier = text(blocker_tier_name(from->tier));
    reasons->blockers[reasons->n_blockers++] = blocker;
}

/* Is that what another lane does not say, in which it waits for something else? */
static bool is_escaped(const struct explanation *explanation, enum job_reason reason)
{
    for (unsigned i = 0; i < explanation->blocker_count; i++) {
        const struct blocker *other = &explanation->blockers[i];
        const struct lane_name lane = {other->cluster, other->partition};
        bool says = !other->cluster;

        for (unsigned j = 0; j < explanation->blocker_count && !says; j++)
            says = explanation->blockers[j].reason == reason &&
                   blocker_is_of(&explanation->blockers[j], &lane);
        if (!says)
            return true;
    }
    return false;
}

static void add_advice(Wire__JobReasons *reasons, const struct explanation *explanation,
                       const struct blocker *blocker)
{
    char *advice = text(advice_on(blocker));

    if ((blocker->reason == REASON_BAD_CONSTRAINTS ||
         blocker->reason == REASON_PARTITION_TIME_LIMIT) &&
        is_escaped(explanation, blocker->reason))
        return;
    for (size_t i = 0; i < reasons->n_advice; i++)
        if (strcmp(reasons->advice[i], advice) == 0)
            return;
    if (*advice)
        reasons->advice[reasons->n_advice++] = advice;
}

void tell_blockers(Wire__JobReasons *reasons, const struct explanation *explanation,
                   struct arena *keep)
{
    unsigned count = explanation->blocker_count;

    reasons->blockers = ARENA_NEW_ARRAY(keep, Wire__Blocker *, count + 1);
    reasons->advice = ARENA_NEW_ARRAY(keep, char *, count + 2);
    for (unsigned i = 0; i < count; i++) {
        add_blocker(reasons, &explanation->blockers[i], keep);
        add_advice(reasons, explanation, &explanation->blockers[i]);
    }
}
