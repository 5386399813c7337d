/* limits_plan.c - limits and the waiting jobs: who is kept by which, and looked at again when */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/guarantee.h"
#include "scheduler/core/guarantee_nodes.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"

#include <string.h>

static bool keeps(struct core *core, const struct shape *shape, const struct limit_wish *where,
                  struct limit_hit *ret_hit)
{
    struct limit_wish wish = *where;

    wish.association = shape_first(shape)->association;
    wish.now_us = core->now_us;
    return !limits_admit(core->limits, &wish, 0, ret_hit);
}

bool limits_keep_shape(struct core *core, const struct shape *shape, const struct cluster *cluster,
                       const struct partition *partition, struct limit_hit *ret_hit)
{
    const struct request *request = shape_request(shape);
    struct charge charge;
    struct shares shares;
    struct limit_wish wish = {
        .place = {cluster, partition},
          .charge = &charge
    };

    if (!core->limits->has_any)
        return false;
    charge = limits_charge(request, partition);
    if (request->het) {
        limits_shares(request, &wish.place, &shares);
        wish.shares = &shares;
    }
    return keeps(core, shape, &wish, ret_hit);
}

bool limits_keep_placement(struct core *core, const struct shape *shape,
                           const struct placement *placement, const struct need *need,
                           struct limit_hit *ret_hit)
{
    struct charge charge;
    struct shares shares;
    struct limit_wish wish = {
        .place = {placement->cluster, placement->partition},
          .charge = &charge
    };

    if (!core->limits->has_any)
        return false;
    charge = limits_charge_placed(placement, need);
    if (need->request->het) {
        limits_shares_placed(placement, need, &wish.place, &shares);
        wish.shares = &shares;
    }
    return keeps(core, shape, &wish, ret_hit);
}

/* --- where it waits for that -------------------------------------------------------------------- */

/* What falls when a job ends; a limit of each job does not, nor does one that is too low for it. */
static struct parking *parking_of(struct core *core, const struct limit_hit *hit)
{
    struct meter *meter = hit->meter;
    struct parking **place = &meter->parkings[hit->what];
    enum limit_form form = meter->user ? LIMIT_PER_USER : LIMIT_TOTAL;
    CLEANUP(memory_freep) char *name = NULL;

    if (hit->form == LIMIT_PER_JOB || hit->needs > hit->most)
        return &core->queue.away;
    limits_wake(core->limits, hit, core->now_us);
    if (*place)
        return *place;
    name = memory_format("/%s/%s/%s/%s", limit_of_name(meter->holder->of), meter->holder->name,
                         meter->user ? meter->user : "", limit_what_name(hit->what));
    *place = queue_parking(&core->queue, name);
    if (hit->what != LIMIT_CORE_SECONDS) {
        (*place)->used = &meter->used[hit->what];
        (*place)->most = &meter->holder->most[form][hit->what];
    }
    return *place;
}

void limits_forget_obstacles(struct shape *shape)
{
    shape->refuge = NULL;
    shape->needs_nodes = false;
}

/* Kept by several things, it is looked at again when any of them falls. */
void limits_note_obstacle(struct core *core, struct shape *shape, enum job_reason reason,
                          const struct limit_hit *hit)
{
    struct parking *parking = &core->queue.away;

    if (reason_is_limit(reason))
        parking = parking_of(core, hit);
    if (reason_is_limit(reason) && shape_request(shape)->het)
        parking = &core->queue.mixed; /* others may keep its components from other partitions */
    else if (reason == REASON_BUDGET)
        parking = queue_parking(&core->queue, shape_first(shape)->institution);
    else if (reason == REASON_GUARANTEED)
        parking = queue_parking(&core->queue, GUARANTEE_PARKING);
    shape->needs_nodes |= parking == &core->queue.away;
    if (!shape->refuge || shape->refuge == &core->queue.away)
        shape->refuge = parking;
    else if (parking != shape->refuge && parking != &core->queue.away)
        shape->refuge = &core->queue.mixed;
}

void limits_note_tried(struct core *core, struct shape *shape, enum job_reason reason)
{
    if (reason_is_limit(reason) || reason == REASON_BUDGET)
        shape->refuge = &core->queue.mixed; /* which each end wakes */
}

/* --- more and less --------------------------------------------------------------------------------- */

static void wake_meter(struct core *core, const struct meter *meter)
{
    for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++)
        if (meter->parkings[what])
            queue_parking_changed(&core->queue, meter->parkings[what]);
}

void limits_job_placed(struct core *core, struct job *job, int64_t end_us)
{
    limits_take(core->limits, job, end_us);
}

/* Some of what it had can be had by others. */
static void wake_meters_of(struct core *core, const struct job *job)
{
    struct portion portion;

    for (uint32_t i = 0; limits_portion(core->limits, job, i, &portion); i++)
        for (unsigned j = 0; j < portion.count; j++)
            wake_meter(core, portion.meters[j]);
    if (core->limits->has_any)
        queue_parking_changed(&core->queue, &core->queue.mixed);
}

/* The timers of meters know the end that it had before. */
void limits_job_expected(struct core *core, struct job *job, int64_t end_us)
{
    bool is_sooner = job->counted_end_s > 0 && end_us / 1000000 < job->counted_end_s;

    limits_expect(core->limits, job, end_us);
    if (is_sooner)
        wake_meters_of(core, job);
}

void limits_job_gone(struct core *core, struct job *job)
{
    limits_give(core->limits, job);
    wake_meters_of(core, job);
}

void limits_pass_time(struct core *core)
{
    struct meter *meter;

    limits_advance(core->limits, core->now_us);
    while ((meter = limits_due(core->limits, core->now_us))) {
        wake_meter(core, meter);
        queue_parking_changed(&core->queue, &core->queue.mixed);
    }
}

/* Somebody has more than before: whoever has a reservation must still be let start.  O(lanes). */
void limits_look_at_reservations(struct core *core)
{
    bool touched = core->limits->touched && core->limits->has_any;

    core->limits->touched = false;
    if (!touched)
        return;
    for (size_t i = 0; i < core->plan.lane_count; i++) {
        struct shape *shape = core->plan.lanes[i].blocked;

        if (!shape || !reason_is_limit(plan_obstacle(core, shape)))
            continue;
        reservations_drop(&core->plan);
        core->plan.changed = true;
        return;
    }
}

/* --- questions -------------------------------------------------------------------------------------- */

static bool fail_hit(const struct limit_hit *hit, const char *what, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer needs, most, used;
    char place[100];

    buffer_init(&needs);
    buffer_init(&most);
    buffer_init(&used);
    limit_hit_place(hit, place, sizeof(place));
    limit_amount_print(hit->what, hit->needs, &needs);
    limit_amount_print(hit->what, hit->most, &most);
    limit_amount_print(hit->what, hit->used, &used);
    if (hit->what == LIMIT_SUBMITTED)
        return fail(err, ERROR_EXHAUSTED,
                    "%s (%s): %s of at most %s jobs of %s wait or run: try again later", what,
                    job_reason_name(limit_hit_reason(hit)), used.bytes, most.bytes, place);
    return fail(err, ERROR_EXHAUSTED, "%s (%s): %s %s; %s may have %s%s", what,
                job_reason_name(limit_hit_reason(hit)), limit_what_name(hit->what), needs.bytes,
                place, most.bytes, hit->form == LIMIT_PER_JOB ? " in each job" : "");
}

/* Has each component that may choose a partition where no limit is too low for it? */
static bool check_choices(const struct core *core, const struct request *request,
                          const struct limit_wish *least, bool per_job, struct limit_hit *ret_hit)
{
    const struct limit_place *place = &least->place;

    for (uint32_t i = 1; i < het_size(request); i++) {
        const struct request *own = het_request(request, i);
        const struct partition *partition;
        bool found = !request_partition_at(own, place->cluster, 1);

        for (size_t j = 0; !found && (partition = request_partition_at(own, place->cluster, j));
             j++) {
            struct shares shares = *least->shares;
            struct limit_wish wish = *least;

            wish.shares = &shares;
            limits_share_choice(request, place, i, partition, &shares);
            found = limits_admit_alone(core->limits, &wish, per_job, ret_hit);
        }
        if (!found)
            return false;
    }
    return true;
}

/* Is there one place at least where no limit is too low for it? */
static bool check_places(const struct core *core, const struct association *association,
                         const struct request *request, bool per_job, struct limit_hit *ret_hit)
{
    bool found = false;

    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);
        struct limit_place place = {.cluster = cluster};

        if (!het_has_cluster(request, cluster))
            continue;
        for (size_t j = 0; (place.partition = request_partition_at(request, cluster, j)); j++) {
            const struct charge charge = limits_charge(request, place.partition);
            struct shares shares;
            struct limit_wish wish = {association, place, &charge, core->now_us, &shares};

            found = true;
            limits_shares(request, &place, &shares);
            if (limits_admit_alone(core->limits, &wish, per_job, ret_hit) &&
                check_choices(core, request, &wish, per_job, ret_hit))
                return true;
        }
    }
    return !found;
}

/* With what the configuration says of its QOS now. */
static struct association *associate(const struct core *core, const char *institution,
                                     const char *project, const char *user, const char *qos)
{
    struct association *association =
        limits_associate(core->limits, institution, project, user, qos);

    association->qos = qos ? qos_find(&core->qoses, qos) : NULL;
    return association;
}

bool limits_check_request(const struct core *core, const struct request *request, const char *user,
                          const char *project, uint32_t copies, struct error *err)
{
    static const char violates[] = "Job violates accounting/QOS policy";
    const struct association *association;
    struct limit_hit hit;

    if (!core->limits->has_any)
        return true;
    association =
        associate(core, ledger_institution_of(core->ledger, project), project, user, request->qos);
    if (!limits_admit_submission(core->limits, association, copies, &hit))
        return fail_hit(&hit, violates, err);
    return check_places(core, association, request,
                        !association->qos || !association->qos->deny_on_limit, &hit) ||
           fail_hit(&hit, violates, err);
}

bool qos_check_request(const struct core *core, struct request *request, const char *user,
                       const char *project, struct error *err)
{
    struct qos_user who = {user, project, ledger_institution_of(core->ledger, project)};
    const struct qos *qos;

    if (!qos_choose(&core->qoses, request->qos, &who, &qos, err))
        return false;
    if (!request->qos && qos)
        request->qos = memory_copy(qos->name);
    request->surcharge_ppm = qos ? qos->surcharge_ppm : 0;
    return true;
}

/* --- the core's settings ------------------------------------------------------------------------------ */

void limits_join(struct core *core, struct job *job)
{
    job->association =
        limits_associate(core->limits, job->institution, job->project, job->user, job->request.qos);
    job->association->qos = job->request.qos ? qos_find(&core->qoses, job->request.qos) : NULL;
}

void limits_take_settings(struct core *core, const struct core_settings *settings)
{
    struct association *association;

    guarantee_nodes_doubt_all(core);
    qos_list_clear(&core->qoses);
    qos_list_copy(&core->qoses, &settings->qoses);
    limits_drop_source(core->limits, LIMIT_CONFIGURED);
    for (size_t i = 0; i < settings->limit_count; i++)
        limits_set(core->limits, LIMIT_CONFIGURED, &settings->limits[i]);
    for (size_t place = 0; (association = limits_next_association(core->limits, &place));)
        association->qos =
            association->qos_name ? qos_find(&core->qoses, association->qos_name) : NULL;
}

void on_limit_set(struct core *core, const struct event *event)
{
    limits_set(core->limits, LIMIT_GIVEN, &event->limit_set);
    queue_all_changed(&core->queue);
    plan_changed(core);
}
