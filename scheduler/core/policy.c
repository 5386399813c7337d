/* policy.c - in which order waiting jobs are looked at, and who may go ahead of whom */

#include "scheduler/core/policy.h"

#include "base/memory.h"

#include <float.h>
#include <string.h>

#define MINUTE_US   INT64_C(60000000)
#define DUE_SPAN_US (2.0 * 24 * 60 * (double)MINUTE_US)

/* Shortest job first: the least mean wait where all is known and nobody is wide. */
static double rank_shortest(const struct standing *standing)
{
    return (double)standing->run_us;
}

/* Smallest area first: what costs the others least. */
static double rank_area(const struct standing *standing)
{
    return (double)standing->run_us * standing->cores;
}

/* WFP3: (wait / limit)^3 times cores, largest first.  W. Tang, Z. Lan, N. Desai, D. Buettner:
 * "Fault-aware, utility-based job scheduling on Blue Gene/P systems", 2009. */
static double rank_wfp(const struct standing *standing)
{
    double share = (double)standing->wait_us / (double)standing->run_us;

    return -(share * share * share * standing->cores);
}

/* Tequio's own; docs/scheduling.md tells how it was chosen.  A job is due when it came, and
 * the larger it is among the jobs of late, the later: up to three times the time in which all
 * that waits could be done, and at most two days.  Whoever comes later than that cannot be due
 * before it.  The cube leaves jobs of the middle near their turn: to let the small ones go
 * ahead costs the others little, since they are little of the work. */
static double rank_due(const struct standing *standing)
{
    double span_us = 3 * standing->backlog_us;
    double place = standing->place;

    if (span_us > DUE_SPAN_US)
        span_us = DUE_SPAN_US;
    return (double)standing->since_us + span_us * place * place * place;
}

static double rank_priority(const struct standing *standing)
{
    return -standing->priority;
}

static const struct order by_arrival = {"arrival", NULL, false, false,
                                        "who could start first is first"};
static const struct order by_shortest = {"shortest", rank_shortest, false, false,
                                         "the run time: the limit, or what is predicted"};
static const struct order by_area = {"area", rank_area, false, false,
                                     "the run time times the cores"};
static const struct order by_wfp = {"wfp", rank_wfp, true, false,
                                    "(wait / run time)^3 times the cores, the most first"};
static const struct order by_due = {
    "due", rank_due, true, false,
    "when it is due: its arrival, and up to two days later the larger it is among recent jobs"};
static const struct order by_priority = {"priority", rank_priority, true, true,
                                         "the sum of weighted factors, the most first"};

/* clang-format off */
static const struct policy policies[] = {
    {"default", "small ones soon, none much later than its turn, with EASY backfill",
     &by_due, BACKFILL_EASY, &by_due, true, 0, 0, MINUTE_US},
    {"fcfs", "first come, first served, and nobody passes",
     &by_arrival, BACKFILL_NONE, &by_arrival, false, 0, 0, MINUTE_US},
    {"easy", "first come, first served, with EASY backfill",
     &by_arrival, BACKFILL_EASY, &by_arrival, false, 0, 0, MINUTE_US},
    {"easy-sjbf", "EASY, the shortest of the others first",
     &by_arrival, BACKFILL_EASY, &by_shortest, false, 0, 0, MINUTE_US},
    {"easy-predicted", "EASY, the shortest by prediction of the others first",
     &by_arrival, BACKFILL_EASY, &by_shortest, true, 0, 0, MINUTE_US},
    {"conservative", "a planned start for every job, kept",
     &by_arrival, BACKFILL_CONSERVATIVE, &by_arrival, false, 0, 0, MINUTE_US},
    {"wfp", "long waits in relation to the limit first, with EASY backfill",
     &by_wfp, BACKFILL_EASY, &by_wfp, false, 0, 0, MINUTE_US},
    {"sjf", "the shortest first, with EASY backfill",
     &by_shortest, BACKFILL_EASY, &by_shortest, false, 0, 0, MINUTE_US},
    {"saf", "the smallest area first, with EASY backfill",
     &by_area, BACKFILL_EASY, &by_area, false, 0, 0, MINUTE_US},
    {"multifactor", "by priority of many factors, with EASY backfill",
     &by_priority, BACKFILL_EASY, &by_priority, false, 0, 0, MINUTE_US},
};
/* clang-format on */

/* Has it waited so long that nobody may come before it any more? */
static bool is_guarded(const struct policy *policy, const struct standing *standing)
{
    return policy->guard_limits > 0 && standing->wait_us > policy->guard_wait_us &&
           standing->wait_us / policy->guard_limits > standing->limit_us;
}

double policy_rank(const struct policy *policy, const struct order *order,
                   const struct standing *standing)
{
    if (is_guarded(policy, standing))
        return -DBL_MAX;
    return order->rank ? order->rank(standing) : 0;
}

const struct policy *policy_at(size_t index)
{
    return index < COUNT_OF(policies) ? &policies[index] : NULL;
}

const struct policy *policy_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(policies); i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}

const struct policy *policy_default(void)
{
    return &policies[0];
}

void policy_print_names(struct buffer *buffer)
{
    for (size_t i = 0; i < COUNT_OF(policies); i++)
        buffer_print(buffer, "%s%s", i ? ", " : "", policies[i].name);
}
