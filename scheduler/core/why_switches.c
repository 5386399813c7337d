/* why_switches.c - nodes enough are free, but under too many switches */

#include "scheduler/core/het_seek.h"
#include "scheduler/core/why.h"

#include <inttypes.h>

/* Would so few switches keep it if all else were out of its way: from the nodes as they are where
 * there is room, else from empty ones?  Windows are in its way where it could do without their
 * nodes. */
static bool is_scattered(const struct question *question, uint32_t most)
{
    const struct core *core = question->core;
    const struct request *request = question->need->request;
    struct placement *trial = &core->plan.scratch->trial;

    if (most == 0 || !question->cluster->tree || question->possible == POSSIBLE_NEVER)
        return false;
    if (request->het && question->fits && question->possible == POSSIBLE_NOW)
        return !het_place(core, question->need, question->cluster,
                          &(struct moment){.kind = MOMENT_FREE,
                                           .at_us = core->now_us,
                                           .few_switches = true,
                                           .beside_windows = question->until_us > 0},
                          trial);
    if (!request->het && request->nodes_least <= 1 && why_place(question, true, 0, trial))
        return false;
    return !why_place(question, false, most, trial);
}

/* Of the nodes that the job would get if it asked for nothing of the kind; each that is under none
 * counts for one. */
static uint32_t count_leaves(const struct question *question)
{
    const struct core *core = question->core;
    struct placement *trial = &core->plan.scratch->trial;
    struct need any = *question->need;
    uint32_t leaves = 0;

    any.switches_until_us = 0;
    if (!seek_nodes(core, &any, question->cluster, 0, trial))
        return 0;
    for (size_t i = 0; i < trial->count; i++) {
        uint32_t leaf = trial->seats[i].node->leaf;
        size_t before = 0;

        while (before < i && (leaf == SWITCH_NONE || trial->seats[before].node->leaf != leaf))
            before++;
        leaves += before == i;
    }
    return leaves;
}

void find_switches(const struct question *question)
{
    const struct core *core = question->core;
    uint32_t most = need_switches(question->need, core->now_us);
    struct blocker *blocker;

    if (!is_scattered(question, most) || !(blocker = why_add(question, REASON_SWITCHES)))
        return;
    snprintf(blocker->needs, sizeof(blocker->needs),
             "nodes under at most %" PRIu32 " leaf switch%s", most, most > 1 ? "es" : "");
    if (count_leaves(question) > 0)
        snprintf(blocker->has, sizeof(blocker->has), "free ones under %" PRIu32,
                 count_leaves(question));
    else
        snprintf(blocker->has, sizeof(blocker->has), "never so many");
    blocker->free_us = why_free_at(question, question->need);
}

void lift_switches(struct core *core, struct job *job, const struct blocker *blocker)
{
    (void)blocker;
    if (job->shape)
        plan_remove(core, job);
    job->any_switches = true;
    job_wait(core, job);
}
