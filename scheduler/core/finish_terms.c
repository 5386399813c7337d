/* finish_terms.c - what comes to a job's being done in each cluster, for people */

#include "scheduler/core/finish_terms.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/finish.h"
#include "scheduler/core/request.h"

static int64_t start_in(const struct core *core, const struct shape *shape, const struct lane *lane)
{
    struct need need = shape_need(shape);
    int64_t start_us;

    need.partition = lane->partition;
    need.windows_us = core->now_us + request_limit(shape_request(shape), lane->partition);
    if (plan_possible(core, &need, lane->cluster, &core->plan.scratch->spread) != POSSIBLE_NOW)
        return INT64_MAX;
    if (seek_now(core, &need, lane->cluster, 0, &core->plan.scratch->trial))
        return core->now_us;
    (void)finish_in(core, shape, lane, &start_us);
    return start_us;
}

static bool may_run_in(const struct core *core, const struct shape *shape, const struct lane *lane)
{
    struct need need = shape_need(shape);

    need.partition = lane->partition;
    return lane->partition->up &&
           request_limit(shape_request(shape), lane->partition) <= lane->partition->limit_us &&
           plan_possible(core, &need, lane->cluster, &core->plan.scratch->spread) != POSSIBLE_NEVER;
}

/* Lanes of one cluster stand together. */
unsigned finish_list(const struct core *core, const struct job *job, unsigned most,
                     struct finish_terms *ret_terms)
{
    const struct shape *shape = job->shape;
    unsigned count = 0;

    for (size_t i = 0; shape && i < shape->stream->lane_count; i++) {
        const struct lane *lane = &core->plan.lanes[shape->stream->lanes[i]];
        bool is_new = count == 0 || ret_terms[count - 1].cluster != lane->cluster;
        int64_t start_us, stage_us;

        if ((is_new && count == most) || !may_run_in(core, shape, lane))
            continue;
        start_us = start_in(core, shape, lane);
        stage_us = finish_stage(shape, lane->cluster);
        if (is_new)
            ret_terms[count++] =
                (struct finish_terms){lane->cluster, start_us, stage_us,
                                      finish_run(core, shape, lane->cluster) - stage_us};
        else if (start_us < ret_terms[count - 1].start_us)
            ret_terms[count - 1].start_us = start_us;
    }
    return count;
}
