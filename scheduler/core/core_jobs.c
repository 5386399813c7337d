/* core_jobs.c - what people do with jobs */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/het.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/request.h"
#include "scheduler/core/suspend.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Whether its window is on.  What begins and ends calls the job by itself (core_windows.c). */
static enum job_reason find_window(const struct core *core, const struct job *job,
                                   int64_t *ret_until_us)
{
    const struct window *window = windows_find(&core->plan.windows, job->request.reservation);

    *ret_until_us = INT64_MAX;
    if (!window || window->until_us == 0)
        return REASON_RESERVATION_GONE;
    if (!window_is_on(window, core->now_us) ||
        !window_serves(window, job->user, job->project, job->institution))
        return REASON_RESERVATION;
    return REASON_NONE;
}

/* What keeps it from the queue, and until when; INT64_MAX: until something happens. */
static enum job_reason find_obstacle(const struct core *core, const struct job *job,
                                     int64_t *ret_until_us)
{
    int64_t from_us;
    enum dependency_state state = dependencies_state(job->request.dependencies, &from_us);

    *ret_until_us = INT64_MAX;
    if (state == DEPENDENCY_NEVER)
        return REASON_DEPENDENCY_NEVER;
    if (state == DEPENDENCY_OPEN)
        return REASON_DEPENDENCY;
    *ret_until_us = from_us > core->now_us ? from_us : job->request.begin_us;
    if (from_us > core->now_us)
        return REASON_DEPENDENCY;
    if (job->request.begin_us > core->now_us)
        return REASON_BEGIN_TIME;
    return job->request.reservation ? find_window(core, job, ret_until_us) : REASON_NONE;
}

/* Then, or when it is too late for it. */
static void wake_at(struct core *core, struct job *job, int64_t at_us)
{
    int64_t late_us = job_too_late(job);

    core_set_job_timer(core, job, at_us < late_us ? at_us : late_us);
}

static int64_t refusal_pause(const struct job *job)
{
    int64_t pause_us = AVOID_LEAST_US;

    for (uint32_t i = 1; i < job->launch_failures && pause_us < AVOID_MOST_US; i++)
        pause_us *= 2;
    return pause_us;
}

/* When the job in the queue wants other nodes than now. */
static int64_t look_again_at(const struct core *core, struct job *job)
{
    int64_t again_us = job->avoid ? core->now_us + refusal_pause(job) : INT64_MAX;
    int64_t switches_us = job_switches_until(job);

    if (switches_us > 0 && switches_us <= core->now_us)
        job->any_switches = true;
    else if (switches_us > 0 && switches_us < again_us)
        again_us = switches_us;
    return again_us;
}

/* Where a pending job belongs: held jobs nowhere, others to the queue when their time has
 * come. */
void job_wait(struct core *core, struct job *job)
{
    int64_t until_us;

    assert(job->state == JOB_PENDING && !job->shape && !job_is_head(job));
    job->obstacle = find_obstacle(core, job, &until_us);
    job->window = NULL;
    if (job->request.reservation && job->obstacle == REASON_NONE)
        job->window = windows_find(&core->plan.windows, job->request.reservation);
    if (job->hold != HOLD_NONE || job->obstacle != REASON_NONE) {
        wake_at(core, job, job->hold == HOLD_NONE ? until_us : INT64_MAX);
    } else {
        if (job->eligible_us == 0)
            job->eligible_us = core->now_us;
        wake_at(core, job, look_again_at(core, job));
        plan_add(core, job);
    }
    job->reason = plan_reason(job);
}

static void stop_waiting(struct core *core, struct job *job)
{
    if (job->shape)
        plan_remove(core, job);
    core_set_job_timer(core, job, INT64_MAX);
}

void job_wait_anew(struct core *core, struct job *job)
{
    stop_waiting(core, job);
    job_wait(core, job);
    core_save_job(core, job);
}

void job_leave_window(struct core *core, struct job *job)
{
    if (job->state == JOB_PENDING)
        stop_waiting(core, job);
    job->window = NULL;
}

static void end_pending(struct core *core, struct job *job, enum job_event event,
                        enum job_reason reason)
{
    stop_waiting(core, job);
    core->pending--;
    queue_count_user(&core->queue, job->user, -1);
    job->reason = reason;
    job_end(core, job, event);
}

void job_look_again(struct core *core, struct job *job)
{
    const struct dependencies *dependencies = job->request.dependencies;
    int64_t from_us;

    if (job->state != JOB_PENDING)
        return;
    if (!dependencies->keep && dependencies_state(dependencies, &from_us) == DEPENDENCY_NEVER) {
        end_pending(core, job, JOB_ON_CANCEL, REASON_DEPENDENCY_NEVER);
        return;
    }
    stop_waiting(core, job);
    job_wait(core, job);
    core_save_job(core, job);
}

bool job_is_queued(const struct job *job)
{
    return job->shape != NULL;
}

static struct job *make_job(struct core *core, const struct submission *submission, uint64_t id)
{
    const char *institution = ledger_institution_of(core->ledger, submission->project);
    struct job *job = NEW(struct job);

    assert(institution); /* core_check_request() */
    job->id = id;
    job->spec = submission->spec;
    job_set_names(job, submission->name ? submission->name : "", submission->user,
                  submission->project, institution);
    request_copy(&job->request, submission->request);
    job->hold = submission->hold_admin ? HOLD_ADMIN : submission->hold ? HOLD_USER : HOLD_NONE;
    job->submit_us = core->now_us;
    job->predicted_us = submission->predicted_us;
    if (core->settings.policy->predicts && job->predicted_us == 0)
        job->predicted_us = predictions_get(&core->predictions, job->user, job->request.limit_us);
    return job;
}

static void begin_to_wait(struct core *core, struct job *job)
{
    job_index_add(&core->jobs, job);
    core->pending++;
    queue_count_user(&core->queue, job->user, 1);
    limits_join(core, job);
    limits_submit(job->association, job_element_count(job));
    dependencies_begin(core, job);
    job_wait(core, job);
    core_save_job(core, job);
}

/* The head waits for nothing: what its elements wait for is theirs. */
static void submit_array(struct core *core, const struct submission *submission)
{
    struct job *head = make_job(core, submission, submission->first);
    struct job *job = make_job(core, submission, submission->first);

    array_begin(head, job, submission);
    head->hold = HOLD_NONE;
    free(head->request.dependencies);
    head->request.dependencies = NULL;
    job_index_add(&core->jobs, head);
    limits_join(core, head);
    dependencies_begin(core, head);
    core_save_job(core, head);
    core->next_job += array_id_count(submission->elements);
    begin_to_wait(core, job);
    dependencies_correlate(core, job);
}

void on_job_submitted(struct core *core, const struct event *event)
{
    const struct submission *submission = &event->submission;
    uint64_t size = het_size(submission->request);

    assert(submission->first == core->next_job);
    if (submission->elements) {
        submit_array(core, submission);
        return;
    }
    for (uint32_t i = 0; i < submission->copies; i++)
        begin_to_wait(core, make_job(core, submission, submission->first + i * size));
    core->next_job += submission->copies * size;
}

static void note_by(struct job *job, const struct event *event)
{
    free(job->ended_by);
    job->ended_by = event->by ? memory_copy(event->by) : NULL;
}

bool job_may_be_cancelled(const struct job *job)
{
    return !job_state_is_final(job->state);
}

static void cancel(struct core *core, struct job *job, const struct event *event)
{
    if (job->state == JOB_COMPLETING && !job->requeue_after && job->reason != REASON_NODE_DOWN &&
        job->reason != REASON_LAUNCH_FAILURE && job->reason != REASON_GIVEN_BACK)
        return; /* it ends anyway, and for another reason */
    if (job->cancelled)
        return;
    job->cancelled = true;
    job->requeue_after = false;
    note_by(job, event);
    if (job->state != JOB_PENDING) {
        attempt_stop(core, job, REASON_NONE);
        return;
    }
    end_pending(core, job, JOB_ON_CANCEL, REASON_NONE);
}

/* One that has ended lost the race. */
void on_job_cancelled(struct core *core, const struct event *event)
{
    each_job(core, event, job_may_be_cancelled, cancel);
}

bool job_may_be_held(const struct job *job)
{
    return job->state == JOB_PENDING;
}

static void hold(struct core *core, struct job *job, const struct event *event)
{
    stop_waiting(core, job);
    if (job->hold != HOLD_ADMIN)
        job->hold = event->by && strcmp(event->by, job->user) == 0 ? HOLD_USER : HOLD_ADMIN;
    job_wait(core, job);
    core_save_job(core, job);
}

void on_job_held(struct core *core, const struct event *event)
{
    each_job(core, event, job_may_be_held, hold);
}

bool job_may_be_released(const struct job *job)
{
    return job->state == JOB_PENDING && job->hold != HOLD_NONE;
}

static void release(struct core *core, struct job *job, const struct event *event)
{
    (void)event;
    if (job->hold == HOLD_REQUEUED)
        job->launch_failures = 0;
    job->hold = HOLD_NONE;
    job_wait(core, job);
    core_save_job(core, job);
}

void on_job_released(struct core *core, const struct event *event)
{
    each_job(core, event, job_may_be_released, release);
}

bool job_may_be_requeued(const struct job *job)
{
    return job->state == JOB_CONFIGURING || job->state == JOB_RUNNING ||
           job->state == JOB_SUSPENDED;
}

static void requeue(struct core *core, struct job *job, const struct event *event)
{
    (void)event;
    job->requeue_after = true;
    attempt_stop(core, job, REASON_NONE);
}

void on_job_requeued(struct core *core, const struct event *event)
{
    each_job(core, event, job_may_be_requeued, requeue);
}

/* What was asked of nodes is asked again, and somebody should know. */
static void ask_again(struct core *core, struct job *job, const char *what)
{
    for (uint32_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];

        if (part_is_over(part) || part->node->state != NODE_UP)
            continue;
        if (attempt_ask_again(part, core->effects))
            core_warn(core, job, part->node, "%s", what);
    }
    core_set_job_timer(core, job, core->now_us + CONFIRM_WAIT_US);
}

/* The shepherd should have ended it; from a node that is away we shall hear later. */
static void over_limit(struct core *core, struct job *job)
{
    int64_t deadline_us = job->request.deadline_us;
    int64_t grace_until_us = job->interruption ? job->interruption->grace_until_us : 0;

    if (grace_until_us > 0 && grace_until_us <= core->now_us) {
        preempt_end_warned(core, job);
        return;
    }
    if (deadline_us > 0 && deadline_us <= core->now_us) {
        attempt_stop(core, job, REASON_DEADLINE);
        return;
    }
    if (job->parts[0].node->state != NODE_UP) {
        core_set_job_timer(core, job, core->now_us + CONFIRM_WAIT_US);
        return;
    }
    core_warn(core, job, job->parts[0].node, "no end was reported after the time limit");
    attempt_stop(core, job, REASON_TIME_LIMIT);
}

static void still_suspended(struct core *core, struct job *job)
{
    int64_t deadline_us = job->request.deadline_us;

    if (deadline_us > 0 && deadline_us <= core->now_us) {
        attempt_stop(core, job, REASON_DEADLINE);
        return;
    }
    ask_again(core, job, "that it is suspended was not confirmed: sent again");
    suspended_set_timer(core, job);
}

/* Its time has come, or that of the node which refused it, or that of waiting for few switches. */
static void wait_is_over(struct core *core, struct job *job)
{
    if (job_too_late(job) <= core->now_us) {
        end_pending(core, job, JOB_ON_DEADLINE, REASON_DEADLINE);
        return;
    }
    if (job->shape)
        plan_remove(core, job);
    job->avoid = NULL;
    job_wait(core, job);
    core_save_job(core, job);
}

void on_job_timer(struct core *core, struct job *job)
{
    switch (job->state) {
    case JOB_PENDING:
        wait_is_over(core, job);
        break;
    case JOB_CONFIGURING:
        ask_again(core, job, "the launch was not confirmed: sent again");
        break;
    case JOB_RUNNING:
        over_limit(core, job);
        break;
    case JOB_SUSPENDED:
        still_suspended(core, job);
        break;
    case JOB_COMPLETING:
        ask_again(core, job, "the stop was not confirmed: sent again");
        break;
    default:
        core_set_job_timer(core, job, INT64_MAX);
        job_index_remove(&core->jobs, job);
        list_add_last(&core->forgotten, &job->of_queue);
        effects_add(core->effects, (struct effect){.kind = EFFECT_FORGET_JOB, .job = job});
        break;
    }
}
