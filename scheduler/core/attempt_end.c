/* attempt_end.c - what becomes of a job when the last of its parts is over */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/price.h"
#include "scheduler/core/suspend.h"

#include <assert.h>
#include <stdlib.h>

/* What an attempt ends with, from what was noted while it ended.  All of it is in the job's
 * row, so that a restart in between changes nothing. */
static enum job_event outcome_of(const struct job *job)
{
    switch (job->reason) {
    case REASON_TIME_LIMIT:
        return JOB_ON_TIMEOUT;
    case REASON_DEADLINE:
        return JOB_ON_DEADLINE;
    case REASON_OUT_OF_MEMORY:
        return JOB_ON_MEMORY;
    case REASON_NON_ZERO_EXIT:
    case REASON_EXIT_UNKNOWN:
        return JOB_ON_FAIL;
    case REASON_LAUNCH_FAILURE:
    case REASON_GIVEN_BACK:
        return job->cancelled ? JOB_ON_CANCEL : JOB_ON_REQUEUE;
    case REASON_NODE_DOWN:
        if (job->cancelled)
            return JOB_ON_CANCEL;
        return job->request.requeue || job->requeue_after ? JOB_ON_REQUEUE : JOB_ON_NODE_FAIL;
    case REASON_PREEMPTED:
        if (job->cancelled)
            return JOB_ON_CANCEL;
        return job->requeue_after ? JOB_ON_REQUEUE : JOB_ON_PREEMPT;
    default:
        if (job->cancelled)
            return JOB_ON_CANCEL;
        return job->requeue_after ? JOB_ON_REQUEUE : JOB_ON_COMPLETE;
    }
}

/* By the card of its start, whatever came later. */
static void fill_tariff(const struct core *core, const struct job *job, struct usage *usage)
{
    const struct lane_name lane = {job->cluster, job->partition};
    const struct quantities quantities = quantities_of_job(job);
    struct tariff tariff = tariff_of(core->rates, &lane, &job->request, &quantities, job->start_us);

    usage->cores = quantities.cores;
    usage->gpus = quantities.gpus;
    usage->memory_bytes = quantities.memory_bytes;
    usage->factor_ppm = tariff.factor_ppm;
    usage->card = tariff.card ? tariff.card->id : 0;
    usage->qos_ppm = (uint32_t)(1000000 + job->request.surcharge_ppm);
}

static enum settle_as settle_as(const struct core *core, const struct job *job,
                                const struct usage *usage)
{
    const struct rate *card = rates_find_id(core->rates, usage->card);

    /* A lost node is our fault, not the job's: what the attempt used is listed, not charged. */
    if (job->reason == REASON_NODE_DOWN || job->parts[0].state == PART_LOST)
        return SETTLE_WAIVE;
    return card && card->listed ? SETTLE_LIST : SETTLE_CHARGE;
}

/* Without the time for which it stood still. */
static int64_t run_time(const struct job *job)
{
    int64_t run_us = job->end_us - job->start_us - suspended_time(job, job->end_us);

    return run_us > 0 ? run_us : 0;
}

static void fill_usage(const struct job *job, enum job_event outcome, struct usage *usage)
{
    enum job_state state = JOB_COMPLETING;

    *usage = (struct usage){
        .job = job->id,
        .attempt = job->attempt,
        .submit_us = job->submit_us,
        .eligible_us = job->eligible_us,
        .start_us = job->start_us,
        .end_us = job->end_us,
        .nodes = job->part_count,
        .wall_us = run_time(job),
    };
    job_measured(job, &usage->cpu_used_us, &usage->memory_peak_bytes);
    memory_put_text(usage->user, sizeof(usage->user), job->user);
    memory_put_text(usage->cluster, sizeof(usage->cluster), job->cluster->name);
    memory_put_text(usage->partition, sizeof(usage->partition), job->partition->name);
    if (outcome == JOB_ON_REQUEUE) {
        memory_put_text(usage->state, sizeof(usage->state),
                        job->reason == REASON_NODE_DOWN   ? "NODE_FAIL"
                        : job->reason == REASON_PREEMPTED ? "PREEMPTED"
                                                          : "REQUEUED");
        return;
    }
    (void)job_state_move(&state, outcome);
    memory_put_text(usage->state, sizeof(usage->state), job_state_name(state));
}

static void note_usage(struct core *core, const struct job *job, const struct usage *usage)
{
    struct share_place place = {usage->institution, usage->project, job->user};

    share_add_usage(core->shares, &place, usage->charged_micro, usage->end_us);
}

static void settle(struct core *core, struct job *job, enum job_event outcome)
{
    struct booking booking = {.has_usage = true};
    struct error err;
    bool done;

    if (job->start_us == 0) {
        done = ledger_release(core->ledger, job->id, job->attempt, &err);
    } else {
        if (job->end_us < job->start_us)
            job->end_us = job->start_us;
        fill_usage(job, outcome, &booking.usage);
        fill_tariff(core, job, &booking.usage);
        done = ledger_settle(core->ledger, &booking.usage, settle_as(core, job, &booking.usage),
                             core->now_us, &booking.txn, &err);
        if (done) {
            effects_add_booking(core->effects, &booking);
            note_usage(core, job, &booking.usage);
        }
        job->charged_micro += booking.usage.charged_micro;
    }
    if (!done)
        core_warn(core, job, NULL, "%.100s", err.text);
    job->held_micro = 0;
    effects_add(core->effects, (struct effect){
                                   .kind = EFFECT_END_HOLD,
                                   .job = job,
                                   .attempt = job->attempt,
                               });
    queue_budget_changed(&core->queue, job->institution);
}

static bool needs_part(const struct effect *effect)
{
    return effect->kind == EFFECT_LAUNCH_PART || effect->kind == EFFECT_TURN_PART;
}

/* Some of this step name parts that are gone now. */
static void drop_effects(struct effects *effects, const struct job *job)
{
    size_t kept = 0;

    for (size_t i = 0; i < effects->count; i++)
        if (!needs_part(&effects->all[i]) || effects->all[i].job != job)
            effects->all[kept++] = effects->all[i];
    effects->count = kept;
}

static void clear_attempt(struct core *core, struct job *job)
{
    drop_effects(core->effects, job);
    job_drop_parts(job);
    free(job->output);
    free(job->error_output);
    job->output = job->error_output = NULL;
    job->cluster = NULL;
    job->partition = NULL;
    job->start_us = job->end_us = job->limit_cut_us = 0;
    job->exit_code = job->exit_signal = 0;
    job->requeue_after = false;
}

static void wait_again(struct core *core, struct job *job)
{
    if (job->reason == REASON_LAUNCH_FAILURE &&
        job->launch_failures >= core->settings.launch_failures_most)
        job->hold = HOLD_REQUEUED;
    if (job->start_us != 0)
        array_waits_again(core, job);
    clear_attempt(core, job);
    dependencies_follow(core, job);
    core->pending++;
    queue_count_user(&core->queue, job->user, 1);
    job->eligible_us = 0;
    job->any_switches = false;
    job_wait(core, job);
    core_save_job(core, job);
}

void job_end(struct core *core, struct job *job, enum job_event event)
{
    bool moved = job_state_move(&job->state, event);
    int64_t keep_us = core->settings.keep_ended_us;

    assert(moved && job_state_is_final(job->state));
    if (job->end_us == 0)
        job->end_us = core->now_us;
    job->planned_us = 0;
    /* Not forgotten in this step: a job that is submitted in it may depend on this one. */
    core_set_job_timer(core, job, core->now_us + (keep_us > 0 ? keep_us : 1));
    core_save_job(core, job);
    dependencies_end(core, job);
    if (!job_is_head(job))
        limits_submit(job->association, -(int64_t)job_element_count(job));
    effects_add(core->effects, (struct effect){.kind = EFFECT_JOB_ENDED, .job = job});
    array_element_ended(core, job);
}

void attempt_end(struct core *core, struct job *job)
{
    enum job_event outcome = outcome_of(job);
    bool moved;

    assert(job->state == JOB_COMPLETING && job->parts_left == 0);
    plan_gone(core, job);
    licenses_give(core->licenses, job);
    limits_job_gone(core, job);
    core_set_job_timer(core, job, INT64_MAX);
    core->running--;
    array_unplaced(core, job);
    settle(core, job, outcome);
    if (job->start_us != 0 && outcome != JOB_ON_REQUEUE)
        predictions_note(&core->predictions, job->user, run_time(job));
    plan_changed(core);
    if (outcome != JOB_ON_REQUEUE) {
        job_end(core, job, outcome);
        return;
    }
    moved = job_state_move(&job->state, outcome);
    assert(moved);
    wait_again(core, job);
}
