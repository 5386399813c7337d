/* plan_obstacle.c - what keeps a job from a lane even when nothing runs there */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/loan.h"
#include "scheduler/core/price.h"
#include "scheduler/core/request.h"

enum possible plan_possible(const struct core *core, const struct need *need,
                            const struct cluster *cluster, struct spread *spread)
{
    const struct partition *partition = need_partition(need, cluster);
    size_t known;

    if (need->licenses && !licenses_possible(core->licenses, need->licenses, cluster))
        return POSSIBLE_NEVER;
    if (need->request->het)
        return het_possible(core, need, cluster);
    spread_reset(spread);
    (void)match_when_empty(core->inventory, partition, cluster, need, true, spread);
    if (spread_holds(spread, need->request))
        return POSSIBLE_NOW;
    spread_reset(spread);
    known = match_when_empty(core->inventory, partition, cluster, need, false, spread);
    /* Of a partition without nodes nobody knows what it will have. */
    if (known == 0 || spread_holds(spread, need->request))
        return POSSIBLE_LATER;
    return POSSIBLE_NEVER;
}

static const struct lane *lane_of(const struct core *core, const struct shape *shape, size_t index)
{
    return &core->plan.lanes[shape->stream->lanes[index]];
}

void plan_learn_possible(struct core *core, struct shape *shape)
{
    bool better = shape->known_nodes >= core->plan.lost_serial;
    struct need need = shape_need(shape);

    if (shape->known_nodes == core->plan.nodes_serial)
        return;
    shape->known_nodes = core->plan.nodes_serial;
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        const struct lane *lane = lane_of(core, shape, i);

        if (better && shape->possible[i] == POSSIBLE_NOW)
            continue;
        need.partition = lane->partition;
        shape->possible[i] =
            (uint8_t)plan_possible(core, &need, lane->cluster, &core->plan.scratch->spread);
    }
}

static bool is_too_long(const struct core *core, const struct shape *shape,
                        const struct partition *partition)
{
    const struct request *request = shape_request(shape);
    bool is_for_others = core->plan.lifted.partition == partition &&
                         core->plan.lifted.job->shape != shape && request->limit_us != INT64_MAX;

    return request_limit(request, partition) >
           (is_for_others ? core->plan.lifted.limit_us : partition->limit_us);
}

enum job_reason plan_obstacle_in(struct core *core, const struct shape *shape, size_t index,
                                 struct limit_hit *ret_hit)
{
    const struct lane *lane = lane_of(core, shape, index);
    const struct request *request = shape_request(shape);
    const struct lane_name name = {lane->cluster, lane->partition};
    const struct quantities asked = quantities_asked(request);

    if (shape->possible[index] == POSSIBLE_NEVER)
        return REASON_BAD_CONSTRAINTS;
    if (is_too_long(core, shape, lane->partition))
        return REASON_PARTITION_TIME_LIMIT;
    if (!lane->partition->up)
        return REASON_PARTITION_DOWN;
    /* Jobs end with their window. */
    if (shape->window &&
        core->now_us + request_limit(request, lane->partition) > shape->window->until_us)
        return REASON_RESERVATION;
    if (!loan_lets(lane->cluster, shape_first(shape)->institution, core->now_us,
                   request_limit(request, lane->partition)))
        return REASON_LENT_HOURS;
    if (shape->possible[index] == POSSIBLE_LATER)
        return REASON_NODE_NOT_AVAILABLE;
    if (request->qos && !shape_first(shape)->association->qos)
        return REASON_INVALID_QOS;
    if (limits_keep_shape(core, shape, lane->cluster, lane->partition, ret_hit))
        return limit_hit_reason(ret_hit);
    if (!price_is_there(core, shape_first(shape), &name, &asked))
        return REASON_BUDGET;
    return REASON_NONE;
}

unsigned plan_obstacle_rank(enum job_reason reason)
{
    static const enum job_reason ranks[] = {
        REASON_BAD_CONSTRAINTS,    REASON_PARTITION_TIME_LIMIT, REASON_PARTITION_DOWN,
        REASON_NODE_NOT_AVAILABLE, REASON_RESERVATION,          REASON_LENT_HOURS,
        REASON_INVALID_QOS,        REASON_GUARANTEED,           REASON_BUDGET,
    };

    if (reason_is_limit(reason))
        return COUNT_OF(ranks);
    for (unsigned i = 0; i < COUNT_OF(ranks); i++)
        if (ranks[i] == reason)
            return i;
    return 0;
}

enum job_reason plan_obstacle(struct core *core, struct shape *shape)
{
    enum job_reason reason = REASON_BAD_CONSTRAINTS;
    struct limit_hit hit;

    if (array_is_full(shape_first(shape)->array))
        return REASON_ARRAY_LIMIT;
    plan_learn_possible(core, shape);
    limits_forget_obstacles(shape);
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        enum job_reason obstacle = plan_obstacle_in(core, shape, i, &hit);

        if (obstacle == REASON_NONE)
            return REASON_NONE;
        limits_note_obstacle(core, shape, obstacle, &hit);
        if (plan_obstacle_rank(obstacle) > plan_obstacle_rank(reason))
            reason = obstacle;
    }
    return reason;
}
