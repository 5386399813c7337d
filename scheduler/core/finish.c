/* finish.c - where a job would be done first */

#include "scheduler/core/finish.h"

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"

#define PPM 1000000

int64_t finish_stage(const struct shape *shape, const struct cluster *cluster)
{
    const struct constraints *constraints = shape_request(shape)->constraints;

    unsigned __int128 stage_us;

    if (!constraints || cluster->stage_rate == 0)
        return 0;
    stage_us = (unsigned __int128)constraints->stage_bytes * 1000000 / cluster->stage_rate;
    return stage_us > PARSE_DURATION_MAX_US ? PARSE_DURATION_MAX_US : (int64_t)stage_us;
}

/* Where it is as long as a partition allows, the longest of those that it names, in all of them: a
 * shorter one would end it sooner, but not have it done sooner. */
static int64_t limit_of(const struct core *core, const struct shape *shape)
{
    const struct request *request = shape_request(shape);
    int64_t most_us = 0;

    if (request->limit_us != INT64_MAX)
        return request->limit_us;
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        const struct lane *lane = &core->plan.lanes[shape->stream->lanes[i]];

        if (lane->partition->limit_us > most_us)
            most_us = lane->partition->limit_us;
    }
    return most_us;
}

int64_t finish_run(const struct core *core, const struct shape *shape,
                   const struct cluster *cluster)
{
    int64_t run_us = limit_of(core, shape);
    int64_t predicted_us = shape_first(shape)->predicted_us;

    if (predicted_us > 0 && predicted_us < run_us)
        run_us = predicted_us;
    return finish_stage(shape, cluster) +
           (int64_t)((__int128)run_us * PPM / cluster_speed(cluster));
}

int64_t finish_in(const struct core *core, const struct shape *shape, const struct lane *lane,
                  int64_t *ret_start_us)
{
    struct need need = shape_need(shape);
    struct node *ignored;

    need.partition = lane->partition;
    *ret_start_us = reservation_find(core, &need, lane->cluster, &ignored);
    if (*ret_start_us == INT64_MAX)
        return INT64_MAX;
    return *ret_start_us + finish_run(core, shape, lane->cluster);
}

int64_t finish_planned(const struct core *core, const struct job *job)
{
    const struct lane *lane = &core->plan.lanes[job->claim.lane];

    if (job->claim.cores == 0)
        return INT64_MAX;
    return job->claim.start_us + finish_run(core, job->shape, lane->cluster);
}

int64_t finish_expected(const struct core *core, const struct job *job)
{
    int64_t done_us = finish_planned(core, job);

    if (!job->shape || shape_first(job->shape) != job)
        return done_us;
    for (size_t i = 0; i < job->shape->stream->lane_count; i++) {
        const struct lane *lane = &core->plan.lanes[job->shape->stream->lanes[i]];
        int64_t run_us = finish_run(core, job->shape, lane->cluster);

        if (lane->blocked == job->shape && lane->start_us + run_us < done_us)
            done_us = lane->start_us + run_us;
    }
    return done_us;
}

/* Of many alike one at most would wait well: they take what there is.  So does a job of several
 * requests. */
static bool is_alone(const struct shape *shape)
{
    return shape->jobs.count == 1 && job_element_count(shape_first(shape)) == 1 &&
           het_size(shape_request(shape)) == 1;
}

/* Could it have a reservation there, before all others? */
static bool may_reserve(const struct core *core, const struct shape *shape, const struct lane *lane)
{
    const struct qos *qos = shape_first(shape)->association->qos;

    return !(qos && qos->no_reserve) && !shape->window && !shape->licenses &&
           core->settings.policy->backfill != BACKFILL_NONE &&
           (!lane->blocked || lane->blocked == shape);
}

bool finish_is_sooner(struct core *core, struct shape *shape)
{
    struct scratch *scratch = core->plan.scratch;
    int64_t here_us = finish_run(core, shape, scratch->best.cluster);
    int64_t most_us = core->now_us + here_us - core->settings.finish_gain_us;
    size_t sooner = SIZE_MAX;

    if (!is_alone(shape))
        return false;
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        const struct lane *lane = &core->plan.lanes[shape->stream->lanes[i]];
        int64_t start_us, end_us;

        if (!scratch->waits[i] || !may_reserve(core, shape, lane) ||
            finish_run(core, shape, lane->cluster) >= here_us)
            continue;
        end_us = finish_in(core, shape, lane, &start_us);
        if (end_us >= most_us)
            continue;
        most_us = end_us;
        sooner = i;
    }
    if (sooner == SIZE_MAX)
        return false;
    for (size_t i = 0; i < shape->stream->lane_count; i++)
        scratch->waits[i] = i == sooner;
    shape->sooner = shape->stream->lanes[sooner];
    return true;
}

/* Of equal ones that with more cores free. */
bool finish_prefers(const struct core *core, const struct shape *shape,
                    const struct placement *place, const struct placement *other)
{
    int64_t run_us = finish_run(core, shape, place->cluster);
    int64_t other_us = finish_run(core, shape, other->cluster);

    if (run_us != other_us)
        return run_us < other_us;
    return inventory_free_cores(core->inventory, place->cluster) >
           inventory_free_cores(core->inventory, other->cluster);
}
