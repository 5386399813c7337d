/* suspend.c - jobs that stand still for a while, and go on */

#include "scheduler/core/suspend.h"

#include "base/idset.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/preemption.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

int64_t suspended_time(const struct job *job, int64_t now_us)
{
    const struct interruption *interruption = job->interruption;

    if (!interruption)
        return 0;
    return interruption->paused_us +
           (interruption->suspended_us > 0 ? now_us - interruption->suspended_us : 0);
}

static struct job *suspended_of(struct list_node *place)
{
    return CONTAINER_OF(place, struct job, of_queue);
}

static void tell(struct core *core, const struct part *part)
{
    effects_add(core->effects, (struct effect){
                                   .kind = EFFECT_TURN_PART,
                                   .job = part->job,
                                   .part = part->number,
                                   .node = part->node,
                                   .attempt = part->job->attempt,
                               });
}

/* --- cores -------------------------------------------------------------------------------------- */

static void hold(struct core *core, struct part *part, uint32_t cores)
{
    if (cores < part->cores_held)
        inventory_give(core->inventory, part->node, part->cores_held - cores, 0);
    else if (cores > part->cores_held)
        inventory_take(core->inventory, part->node, cores - part->cores_held, 0);
    part->cores_held = cores;
}

/* Its end, as far as one can tell; while it stands still, once it could go on at once. */
static int64_t expected_end(const struct core *core, const struct job *job)
{
    return job->start_us + job_limit(job) + suspended_time(job, core->now_us);
}

/* What is planned counts on what it holds: it is taken out before that changes, and put back. */
static void begin_change(struct core *core, struct job *job)
{
    plan_gone(core, job);
}

static void end_change(struct core *core, struct job *job)
{
    plan_placed(core, job, expected_end(core, job));
}

/* So many cores of each of its parts that has stopped. */
static void hold_all(struct core *core, struct job *job, const uint32_t *cores)
{
    begin_change(core, job);
    for (uint32_t i = 0; i < job->part_count; i++)
        if (job->parts[i].state == PART_PAUSED)
            hold(core, &job->parts[i], cores ? cores[i] : 0);
    end_change(core, job);
}

void suspended_yield(struct core *core, struct job *job)
{
    for (uint32_t i = 0; i < job->part_count; i++) {
        if (job->parts[i].state != PART_PAUSED || job->parts[i].cores_held == 0)
            continue;
        hold_all(core, job, NULL);
        plan_changed(core);
        return;
    }
}

/* --- to stand still ----------------------------------------------------------------------------- */

/* By when they were suspended, as they go on. */
static void enter(struct core *core, struct job *job)
{
    struct list_node *place = list_last(&core->suspended);

    while (place &&
           suspended_of(place)->interruption->suspended_us > job->interruption->suspended_us)
        place = place->previous == &core->suspended.head ? NULL : place->previous;
    if (place)
        list_add_before(&core->suspended, place->next, &job->of_queue);
    else
        list_add_first(&core->suspended, &job->of_queue);
}

void suspended_set_timer(struct core *core, struct job *job)
{
    int64_t at_us = core->now_us + CONFIRM_WAIT_US;

    if (job->request.deadline_us > 0 && job->request.deadline_us < at_us)
        at_us = job->request.deadline_us;
    core_set_job_timer(core, job, at_us);
}

void suspend_job(struct core *core, struct job *job)
{
    struct interruption *interruption = job->interruption;
    bool moved = job_state_move(&job->state, JOB_ON_SUSPEND);

    assert(moved && interruption);
    interruption->turn++;
    interruption->suspended_us = core->now_us;
    interruption->grace_until_us = 0;
    job->reason = interruption->by_hand ? REASON_NONE : REASON_PREEMPTED;
    for (uint32_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];

        if (part_is_over(part))
            continue;
        part->state = PART_PAUSING;
        tell(core, part);
    }
    enter(core, job);
    suspended_set_timer(core, job);
    core_save_job(core, job);
}

void suspended_leave(struct core *core, struct job *job)
{
    struct interruption *interruption = job->interruption;

    interruption->paused_us = suspended_time(job, core->now_us);
    interruption->suspended_us = 0;
    list_remove(&core->suspended, &job->of_queue);
}

void suspended_restore(struct core *core, struct job *job)
{
    enter(core, job);
    suspended_set_timer(core, job);
}

/* --- to go on ----------------------------------------------------------------------------------- */

static void resume_job(struct core *core, struct job *job)
{
    bool moved = job_state_move(&job->state, JOB_ON_RESUME);

    assert(moved);
    suspended_leave(core, job);
    job->interruption->turn++;
    job->reason = REASON_NONE;
    for (uint32_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];

        if (part_is_over(part))
            continue;
        part->state = PART_RESUMING;
        tell(core, part);
    }
    plan_expect(core, job, expected_end(core, job));
    limits_job_expected(core, job, expected_end(core, job));
    attempt_set_limit_timer(core, job);
    core_save_job(core, job);
}

/* What it was suspended for is to come yet; or has it, and may end at any time. */
enum other { OTHER_WAITS, OTHER_RUNS, OTHER_IS_OVER };

static enum other look_at_other(const struct core *core, const struct job *job)
{
    const struct job *other = core_seek_job(core, job->interruption->by);

    if (!other || job_state_is_final(other->state))
        return OTHER_IS_OVER;
    if (other->state != JOB_PENDING)
        return OTHER_RUNS;
    return other->shape && other->shape->state != SHAPE_PARKED ? OTHER_WAITS : OTHER_IS_OVER;
}

static bool overlaps(const char *one, const char *other)
{
    struct error ignored;
    CLEANUP(idset_freep) struct idset *cores = idset_parse(one, &ignored);
    CLEANUP(idset_freep) struct idset *others = idset_parse(other, &ignored);

    return cores && others && !idset_disjoint(cores, others);
}

/* Does somebody else have cores that it had?  Which ones a part has is known once it is there. */
static bool are_taken(const struct part *part)
{
    LIST_EACH(&part->node->parts, place) {
        const struct part *other = CONTAINER_OF(place, struct part, of_node);

        if (other == part || other->state == PART_PAUSED)
            continue;
        if (!other->core_list || (part->core_list && overlaps(part->core_list, other->core_list)))
            return true;
    }
    return false;
}

/* What it could hold of each node now; true: all that it had, of nodes that are there. */
static bool find_cores(const struct job *job, uint32_t *cores)
{
    bool all = true;

    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];
        const struct node *node = part->node;
        uint32_t used = node->cores_used - part->cores_held;
        uint32_t left = node->cores > used ? node->cores - used : 0;

        cores[i] = part->cores < left ? part->cores : left;
        if (part->state == PART_PAUSED &&
            (cores[i] < part->cores || node->state != NODE_UP || are_taken(part)))
            all = false;
    }
    return all;
}

static bool has_confirmed(const struct job *job)
{
    for (uint32_t i = 0; i < job->part_count; i++)
        if (job->parts[i].state == PART_PAUSING)
            return false;
    return true;
}

static bool holds(const struct job *job, const uint32_t *cores)
{
    for (uint32_t i = 0; i < job->part_count; i++)
        if (job->parts[i].state == PART_PAUSED && job->parts[i].cores_held != cores[i])
            return false;
    return true;
}

/* True: it wants cores that it has not got, and whoever comes later takes none before it. */
static bool look_at(struct core *core, struct job *job, bool is_first)
{
    CLEANUP(memory_freep) uint32_t *cores = NEW_ARRAY(uint32_t, job->part_count);
    enum other other = look_at_other(core, job);
    bool all;

    if (job->interruption->by_hand || other == OTHER_WAITS || !has_confirmed(job)) {
        suspended_yield(core, job);
        return false;
    }
    all = find_cores(job, cores);
    if (!all && (other == OTHER_RUNS || !is_first)) {
        suspended_yield(core, job);
        return false;
    }
    if (!holds(job, cores)) {
        hold_all(core, job, cores);
        reservations_drop(&core->plan);
        plan_changed(core);
    }
    if (all)
        resume_job(core, job);
    return !all;
}

void suspended_run(struct core *core)
{
    bool is_first = true;

    LIST_EACH(&core->suspended, place)
        if (look_at(core, suspended_of(place), is_first))
            is_first = false;
}

/* --- events ------------------------------------------------------------------------------------- */

bool job_may_be_suspended(const struct job *job)
{
    return job->state == JOB_RUNNING;
}

/* For another job, too, it goes on only by hand then. */
bool job_may_be_resumed(const struct job *job)
{
    return job->state == JOB_SUSPENDED;
}

static void suspend_by_hand(struct core *core, struct job *job, const struct event *event)
{
    (void)event;
    if (!job->interruption)
        job->interruption = NEW(struct interruption);
    job->interruption->by_hand = true;
    suspend_job(core, job);
}

void on_job_suspended(struct core *core, const struct event *event)
{
    each_job(core, event, job_may_be_suspended, suspend_by_hand);
}

/* As soon as there are its cores; whatever it was suspended for. */
static void resume_by_hand(struct core *core, struct job *job, const struct event *event)
{
    (void)event;
    job->interruption->by_hand = false;
    job->interruption->by = 0;
    job->reason = REASON_RESOURCES;
    core_save_job(core, job);
}

void on_job_resumed(struct core *core, const struct event *event)
{
    each_job(core, event, job_may_be_resumed, resume_by_hand);
}

void on_part_paused(struct core *core, const struct event *event)
{
    struct part *part = core_seek_part(core, &event->part);
    struct job *job = part ? part->job : NULL;

    if (!part || part->state != PART_PAUSING || event->part.turn != job->interruption->turn)
        return;
    begin_change(core, job);
    part->state = PART_PAUSED;
    hold(core, part, 0);
    end_change(core, job);
    core_save_job(core, job);
    plan_changed(core);
}

void on_part_resumed(struct core *core, const struct event *event)
{
    struct part *part = core_seek_part(core, &event->part);

    if (!part || part->state != PART_RESUMING || event->part.turn != part->job->interruption->turn)
        return;
    part->state = part->number == 0 ? PART_RUNNING : PART_READY;
    core_save_job(core, part->job);
}
