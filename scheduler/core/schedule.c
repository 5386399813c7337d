/* schedule.c - a planned start for every waiting job (conservative backfill) */

#include "scheduler/core/schedule.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/finish.h"
#include "scheduler/core/het.h"
#include "scheduler/core/loan.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void schedule_init(struct schedule *schedule, bool is_kept, size_t lane_count)
{
    *schedule = (struct schedule){.is_kept = is_kept, .first_us = INT64_MAX};
    list_init(&schedule->new_jobs);
    if (is_kept)
        schedule_room_init(schedule, lane_count);
}

void schedule_clear(struct schedule *schedule)
{
    schedule_room_clear(schedule);
    free(schedule->planned);
}

void schedule_nodes_changed(struct schedule *schedule)
{
    schedule->is_true = false;
}

/* --- claims --------------------------------------------------------------------------------------- */

static void drop_claim(struct core *core, struct job *job)
{
    int64_t start_us = job->claim.start_us;

    if (start_us < core->now_us)
        start_us = core->now_us;
    if (job->claim.cores > 0 && core->plan.schedule.is_true)
        schedule_apply(core, job, start_us, 1);
    job->claim = (struct claim){0};
}

void schedule_expect(struct core *core, struct job *job, int64_t end_us)
{
    struct schedule *schedule = &core->plan.schedule;
    size_t cluster = inventory_cluster_index(core->inventory, job->cluster);
    const struct lane *lane = plan_lane(&core->plan, cluster, job->partition);

    if (!schedule->is_kept || (job->claim.is_placed && job->claim.end_us == end_us))
        return;
    drop_claim(core, job);
    if (end_us <= core->now_us)
        return;
    job->claim = (struct claim){
        .start_us = core->now_us,
        .end_us = end_us,
        .lane = (uint32_t)(lane - core->plan.lanes),
        .cores = job_cores(job), /* not 0, though it hold none for a while */
        .is_placed = true,
    };
    if (schedule->is_true)
        schedule_apply(core, job, core->now_us, -1);
}

/* --- the waiting jobs, by turn ------------------------------------------------------------------ */

static size_t find_planned(const struct schedule *schedule, const struct turn *turn)
{
    size_t low = 0, high = schedule->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (turn_is_before(&schedule->planned[middle].turn, turn))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct turn turn_of(const struct job *job)
{
    struct turn turn = job->shape->of_lines[TURN_QUEUE].turn;

    turn.job = job->id;
    return turn;
}

static void insert(struct schedule *schedule, struct job *job)
{
    struct planned planned = {turn_of(job), job};
    size_t place = find_planned(schedule, &planned.turn);

    if (schedule->count == schedule->capacity) {
        schedule->capacity = schedule->capacity ? 2 * schedule->capacity : 64;
        schedule->planned =
            memory_resize(schedule->planned, schedule->capacity, sizeof(*schedule->planned));
    }
    memmove(&schedule->planned[place + 1], &schedule->planned[place],
            (schedule->count - place) * sizeof(*schedule->planned));
    schedule->planned[place] = planned;
    schedule->count++;
}

static void delete_at(struct schedule *schedule, size_t place)
{
    schedule->count--;
    memmove(&schedule->planned[place], &schedule->planned[place + 1],
            (schedule->count - place) * sizeof(*schedule->planned));
}

void schedule_add(struct core *core, struct job *job)
{
    if (core->plan.schedule.is_kept)
        list_add_last(&core->plan.schedule.new_jobs, &job->of_queue);
}

void schedule_remove(struct core *core, struct job *job)
{
    struct schedule *schedule = &core->plan.schedule;
    struct turn turn;
    size_t place;

    if (!schedule->is_kept)
        return;
    if (list_has(&job->of_queue)) {
        list_remove(&schedule->new_jobs, &job->of_queue);
        return;
    }
    if (job->claim.cores == 0)
        return; /* parked */
    turn = turn_of(job);
    place = find_planned(schedule, &turn);
    assert(place < schedule->count && schedule->planned[place].job == job);
    delete_at(schedule, place);
    drop_claim(core, job);
    core->plan.changed = true;
}

/* --- planning ------------------------------------------------------------------------------------ */

/* The start over all lanes of the shape by which it is done first, before `done_us`, as a claim;
 * false: none. */
static bool seek_start(const struct core *core, const struct shape *shape, int64_t done_us,
                       struct claim *claim)
{
    uint32_t cores = het_cores(shape_request(shape));
    bool found = false;

    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        uint32_t number = shape->stream->lanes[i];
        const struct lane *lane = &core->plan.lanes[number];
        int64_t limit_us = request_limit(shape_request(shape), lane->partition);
        int64_t run_us = finish_run(core, shape, lane->cluster);
        int64_t before_us = done_us == INT64_MAX ? INT64_MAX : done_us - run_us;
        int64_t start_us;

        if (shape->possible[i] != POSSIBLE_NOW || !lane->partition->up || before_us <= core->now_us)
            continue;
        start_us = schedule_seek(core, shape, lane, limit_us, before_us);
        if (start_us >= before_us ||
            !loan_lets(lane->cluster, shape_first(shape)->institution, start_us, limit_us))
            continue;
        *claim = (struct claim){start_us, start_us + limit_us, number, cores, false};
        done_us = start_us + run_us;
        found = true;
    }
    return found;
}

/* Whoever's time has come starts, if nodes have the room that was planned; else it has their next
 * reservation. */
static bool try_start(struct core *core, struct job *job)
{
    struct shape *shape = job->shape;
    enum job_reason reason;

    if (job->claim.start_us > core->now_us)
        return false;
    reason = plan_examine(core, shape);
    if (plan_waits(reason))
        reservation_make(core, shape);
    else if (reason != REASON_NONE)
        core->plan.schedule.refused = shape;
    shape->reason = reason;
    if (reason != REASON_NONE)
        return false;
    plan_start_best(core, shape, job);
    return true;
}

/* Is there a lane in which it may push others aside, and nobody waits before it? */
static bool may_hunt(const struct core *core, const struct shape *shape)
{
    for (size_t i = 0; i < shape->stream->lane_count; i++) {
        const struct lane *lane = &core->plan.lanes[shape->stream->lanes[i]];
        const struct contender by = {shape_first(shape), lane->cluster, lane->partition};

        if (!lane->blocked && core->now_us >= lane->preempt_us && preemption_possible(&by))
            return true;
    }
    return false;
}

/* What is there sooner than what it has, if anything. */
static void claim_best(struct core *core, struct job *job)
{
    struct claim claim;

    if (!seek_start(core, job->shape, finish_planned(core, job), &claim))
        return;
    drop_claim(core, job);
    job->claim = claim;
    schedule_apply(core, job, claim.start_us, -1);
}

/* Others make room for it, if they have to: it takes the time at which they will have gone, and the
 * nodes are reserved for it. */
static void push_others(struct core *core, struct job *job)
{
    struct schedule *schedule = &core->plan.schedule;
    struct shape *shape = job->shape;
    uint64_t pushes = core->plan.pushes;

    if (job->claim.start_us <= core->now_us || !may_hunt(core, shape) ||
        plan_examine(core, shape) != REASON_RESOURCES)
        return;
    preempt_for(core, shape);
    reservation_make(core, shape);
    claim_best(core, job);
    if (core->plan.pushes == pushes || shape->stream->tier <= schedule->yield_tier)
        return;
    schedule->yield_tier = shape->stream->tier;
    core->plan.changed = true;
}

/* What is freed for those that push others aside is not for who waits below them: they would be in the
 * way with what they had planned before. */
static void yield(struct core *core)
{
    struct schedule *schedule = &core->plan.schedule;

    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->planned[i].job->shape->stream->tier < schedule->yield_tier)
            drop_claim(core, schedule->planned[i].job);
    schedule->yield_tier = 0;
}

/* Plan it for the first time, or for a better one; true when it started. */
static bool plan_one(struct core *core, struct job *job)
{
    if (job->claim.cores > 0 && job->claim.start_us < core->now_us)
        drop_claim(core, job); /* it is late */
    claim_best(core, job);
    if (job->claim.cores > 0 && try_start(core, job))
        return true;
    push_others(core, job);
    return false;
}

/* Where one of several elements started, the others are planned anew; true when all have. */
static bool plan_job(struct core *core, struct job *job)
{
    while (plan_one(core, job)) {
        if (!job->shape)
            return true;
        drop_claim(core, job);
    }
    return false;
}

static void park(struct core *core, struct shape *shape, enum job_reason reason)
{
    if (shape->reservations > 0) {
        reservations_drop(&core->plan);
        core->plan.changed = true;
    }
    for (size_t i = 1; i <= shape->jobs.count; i++)
        schedule_remove(core, CONTAINER_OF(shape->jobs.nodes[i], struct job, of_shape));
    queue_set_aside(&core->queue, shape, reason);
}

/* Somebody has more than before: who is kept by a limit now is in nobody's way. */
static void park_kept(struct core *core)
{
    struct schedule *schedule = &core->plan.schedule;
    CLEANUP(memory_freep) struct shape **kept = NULL;
    struct shape *last = NULL;
    size_t count = 0;

    if (!core->limits->touched || !core->limits->has_any)
        return;
    kept = NEW_ARRAY(struct shape *, schedule->count + 1);
    for (size_t i = 0; i < schedule->count; i++) {
        struct shape *shape = schedule->planned[i].job->shape;

        if (shape == last || !reason_is_limit(plan_obstacle(core, shape)))
            continue;
        kept[count++] = last = shape;
    }
    for (size_t i = 0; i < count; i++)
        if (kept[i]->state != SHAPE_PARKED)
            park(core, kept[i], kept[i]->reason = plan_obstacle(core, kept[i]));
}

/* What was freed for them is theirs, whoever comes before them. */
static void look_at_preemptors(struct core *core)
{
    struct schedule *schedule = &core->plan.schedule;
    struct shape *shape;
    size_t next = 0;

    while ((shape = preempt_next(core, &next))) {
        struct job *job = shape_first(shape);
        struct turn turn = turn_of(job);
        size_t place = find_planned(schedule, &turn);

        if (place < schedule->count && schedule->planned[place].job == job && plan_job(core, job))
            delete_at(schedule, place);
    }
}

static void note_start(struct core *core, const struct job *job)
{
    if (job->claim.start_us > core->now_us && job->claim.start_us < core->plan.schedule.first_us)
        core->plan.schedule.first_us = job->claim.start_us;
}

/* Each in its turn to the first time that there is; who starts leaves the array. */
static void improve(struct core *core)
{
    struct schedule *schedule = &core->plan.schedule;
    size_t kept = 0;

    schedule->first_us = INT64_MAX;

    for (size_t i = 0; i < schedule->count; i++) {
        struct planned planned = schedule->planned[i];

        if (plan_job(core, planned.job))
            continue;
        note_start(core, planned.job);
        if (planned.job->claim.cores > 0)
            schedule->planned[kept++] = planned;
        else
            list_add_last(&schedule->new_jobs, &planned.job->of_queue);
    }
    schedule->count = kept;
}

static bool has_room(const struct core *core)
{
    uint32_t depth = core->settings.backfill_depth;

    return depth == 0 || core->plan.schedule.count < depth;
}

static void plan_new(struct core *core)
{
    struct schedule *schedule = &core->plan.schedule;

    for (size_t left = schedule->new_jobs.count; left > 0 && has_room(core); left--) {
        struct list_node *place = list_first(&schedule->new_jobs);
        struct job *job = CONTAINER_OF(place, struct job, of_queue);

        list_remove(&schedule->new_jobs, place);
        if (job->shape->state == SHAPE_PARKED || plan_job(core, job))
            continue;
        note_start(core, job);
        if (job->claim.cores > 0)
            insert(schedule, job);
        else
            list_add_last(&schedule->new_jobs, place); /* at no time, as it seems now */
    }
}

/* Nodes changed: what runs keeps what it has, all others are planned anew. */
static void begin_anew(struct core *core)
{
    struct schedule *schedule = &core->plan.schedule;

    schedule_room_begin(core);
    for (size_t i = 0; i < schedule->count; i++) {
        schedule->planned[i].job->claim = (struct claim){0};
        list_add_last(&schedule->new_jobs, &schedule->planned[i].job->of_queue);
    }
    schedule->count = 0;
}

static void note_new(struct core *core, const struct shape *shape)
{
    for (size_t i = 1; i <= shape->jobs.count; i++) {
        struct job *job = CONTAINER_OF(shape->jobs.nodes[i], struct job, of_shape);

        if (job->claim.cores == 0 && !list_has(&job->of_queue))
            list_add_last(&core->plan.schedule.new_jobs, &job->of_queue);
    }
}

/* What cannot start whatever ends is parked; what was parked and is open again is new. */
static void sort_open(struct core *core)
{
    struct shape *shape;

    while ((shape = queue_first_open(&core->queue))) {
        enum job_reason obstacle = plan_obstacle(core, shape);

        queue_checked(&core->queue, shape);
        queue_close(&core->queue, shape);
        if (obstacle == REASON_NONE)
            note_new(core, shape);
        else
            park(core, shape, obstacle);
    }
}

/* Is anything expected to end by then, so that all is looked at anyhow? */
static bool has_end_by(const struct core *core, int64_t time_us)
{
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        struct timeline_place place = {0};
        const struct timeline_entry *entry = timeline_next(&core->timelines[i], &place);

        while (entry && entry->end_us <= core->now_us)
            entry = timeline_next(&core->timelines[i], &place);
        if (entry && entry->end_us <= time_us)
            return true;
    }
    return false;
}

/* Starts are planned for ends of others.  Where one went sooner than was planned, as those do that are
 * pushed aside, or where one was late, nothing ends at the time that is next: it is waited for. */
static void wait_for_first(struct core *core)
{
    int64_t first_us = core->plan.schedule.first_us;

    if (first_us < core->plan.again_us && !has_end_by(core, first_us))
        core->plan.again_us = first_us;
}

void schedule_run(struct core *core, bool came_free)
{
    struct schedule *schedule = &core->plan.schedule;

    came_free = came_free || schedule->first_us <= core->now_us;
    if (!schedule->is_true)
        queue_open_all(&core->queue);
    sort_open(core);
    if (!schedule->is_true)
        begin_anew(core);
    schedule_room_forget(core);
    schedule->refused = NULL;
    core->plan.changed = false;
    if (came_free) {
        reservations_drop(&core->plan);
        park_kept(core);
        core->limits->touched = false;
        yield(core);
        look_at_preemptors(core);
        improve(core);
    }
    plan_new(core);
    if (schedule->refused)
        park(core, schedule->refused, schedule->refused->reason);
    wait_for_first(core);
    if (core->limits->touched && core->limits->has_any)
        core->plan.changed = true;
}
