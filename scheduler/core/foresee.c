/* foresee.c - what the present plan comes to, if nothing new happens */

#include "scheduler/core/foresee.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/suspend.h"

#include <stdlib.h>
#include <string.h>

/* Where for so long nothing happens but windows and hours that come again, nothing will. */
#define QUIET_MOST_US (INT64_C(400) * 24 * 3600 * 1000000)

/* A running job, by its end. */
struct ending {
    struct heap_node of_endings;
    int64_t end_us;
    uint64_t job;
};

/* What a node was told, and will say it has done. */
struct told {
    uint64_t job;
    uint32_t part;
    enum event_kind answer;
};

struct foresight {
    struct core *core;
    enum foresee_ends ends;
    struct effects effects;
    struct heap endings;
    size_t told_count, told_capacity;
    struct told *told;
    unsigned steps;
    int64_t quiet_us; /* since when nothing was told to nodes, and nothing ended */
    uint32_t waiting; /* elements that wait with the job in question; 0: not asked yet */
    bool last;        /* of them the last is meant */
};

static struct ending *ending_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct ending, of_endings);
}

static bool ends_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct ending *first = ending_of(a), *second = ending_of(b);

    return first->end_us != second->end_us ? first->end_us < second->end_us
                                           : first->job < second->job;
}

/* --- nodes -------------------------------------------------------------------------------------- */

static void tell(struct foresight *foresight, uint64_t job, uint32_t part, enum event_kind answer)
{
    if (foresight->told_count == foresight->told_capacity) {
        foresight->told_capacity = foresight->told_capacity ? 2 * foresight->told_capacity : 64;
        foresight->told =
            memory_resize(foresight->told, foresight->told_capacity, sizeof(*foresight->told));
    }
    foresight->told[foresight->told_count++] = (struct told){job, part, answer};
    foresight->quiet_us = foresight->core->now_us;
}

static void tell_part(struct foresight *foresight, const struct part *part)
{
    static const enum event_kind answers[PART_STATE_COUNT] = {
        [PART_LAUNCHING] = EVENT_PART_READY,  [PART_STARTING] = EVENT_PART_STARTED,
        [PART_STOPPING] = EVENT_PART_ENDED,   [PART_PAUSING] = EVENT_PART_PAUSED,
        [PART_RESUMING] = EVENT_PART_RESUMED,
    };

    if (part->state == PART_LAUNCHING || part->state == PART_STARTING ||
        part->state == PART_STOPPING || part->state == PART_PAUSING || part->state == PART_RESUMING)
        tell(foresight, part->job->id, part->number, answers[part->state]);
}

static void step(struct foresight *foresight, struct event *event)
{
    event->at_us = foresight->core->now_us;
    effects_reset(&foresight->effects);
    core_step(foresight->core, event, &foresight->effects);
    foresight->steps++;
    for (size_t i = 0; i < foresight->effects.count; i++) {
        const struct effect *effect = &foresight->effects.all[i];

        if (effect->kind == EFFECT_LAUNCH_PART || effect->kind == EFFECT_STOP_PART ||
            effect->kind == EFFECT_TURN_PART)
            tell_part(foresight, &effect->job->parts[effect->part]);
    }
}

/* --- jobs --------------------------------------------------------------------------------------- */

/* One that has run longer than was thought ends at any moment. */
static int64_t end_of(const struct foresight *foresight, const struct job *job)
{
    const struct core *core = foresight->core;
    int64_t run_us = job_limit(job);
    int64_t suspended_us = suspended_time(job, core->now_us);
    int64_t predicted_us = 0;

    if (foresight->ends == FORESEE_PREDICTED)
        predicted_us = predictions_get(&core->predictions, job->user, job->request.limit_us);
    if (predicted_us > 0 && predicted_us < run_us)
        run_us = predicted_us;
    if (job->start_us + run_us + suspended_us <= core->now_us)
        return core->now_us + 1;
    return job->start_us + run_us + suspended_us;
}

static void run_on(struct foresight *foresight, const struct job *job)
{
    struct ending *ending = NEW(struct ending);

    ending->job = job->id;
    ending->end_us = end_of(foresight, job);
    heap_add(&foresight->endings, &ending->of_endings);
}

static void say(struct foresight *foresight, const struct told *told, bool more)
{
    const struct job *job = core_seek_job(foresight->core, told->job);
    uint8_t token[TOKEN_SIZE];

    if (!job || told->part >= job->part_count)
        return;
    memcpy(token, job->token, sizeof(token));
    step(foresight,
         &(struct event){
             .kind = told->answer,
             .more = more,
             .part = {.job = told->job,
                      .attempt = job->attempt,
                      .part = told->part,
                      .turn = job->interruption ? job->interruption->turn : 0,
                      .token = token,
                      .cause = END_BY_ITSELF,
                      .wall_used_us = job->start_us ? foresight->core->now_us - job->start_us : 0,
                      .core_list = "-"},
    });
    job = core_seek_job(foresight->core, told->job);
    if ((told->answer == EVENT_PART_STARTED ||
         (told->answer == EVENT_PART_RESUMED && told->part == 0)) &&
        job && job->state == JOB_RUNNING)
        run_on(foresight, job);
}

/* Each answer may make the core tell more. */
static void answer_all(struct foresight *foresight)
{
    for (size_t i = 0; i < foresight->told_count; i++) {
        struct told told = foresight->told[i];

        say(foresight, &told, true);
    }
    foresight->told_count = 0;
}

struct foresight *foresee_new(struct core *core, enum foresee_ends ends)
{
    struct foresight *foresight = NEW(struct foresight);

    foresight->core = core;
    foresight->ends = ends;
    foresight->quiet_us = core->now_us;
    effects_init(&foresight->effects);
    heap_init(&foresight->endings, ends_before);
    for (size_t i = 0; i < core->jobs.used; i++) {
        const struct job *job = core->jobs.places[i].job;

        if (!job || job_state_is_final(job->state))
            continue;
        if (job->state == JOB_RUNNING)
            run_on(foresight, job);
        for (uint32_t j = 0; j < job->part_count; j++)
            tell_part(foresight, &job->parts[j]);
    }
    return foresight;
}

void foresee_free(struct foresight *foresight)
{
    struct heap_node *first;

    if (!foresight)
        return;
    while ((first = heap_first(&foresight->endings))) {
        heap_remove(&foresight->endings, first);
        free(ending_of(first));
    }
    heap_clear(&foresight->endings);
    effects_clear(&foresight->effects);
    free(foresight->told);
    free(foresight);
}

/* --- time --------------------------------------------------------------------------------------- */

/* One that was suspended meanwhile ends later: when it goes on, its end is noted anew. */
static bool is_due(const struct foresight *foresight, uint64_t id)
{
    const struct job *job = core_seek_job(foresight->core, id);

    return !job || !job->interruption || job->interruption->turn == 0 ||
           (job->state != JOB_SUSPENDED && end_of(foresight, job) <= foresight->core->now_us + 1);
}

static void end_jobs(struct foresight *foresight)
{
    struct heap_node *first;

    while ((first = heap_first(&foresight->endings)) &&
           ending_of(first)->end_us <= foresight->core->now_us) {
        struct told told = {.job = ending_of(first)->job, .answer = EVENT_PART_ENDED};

        heap_remove(&foresight->endings, first);
        free(ending_of(first));
        foresight->quiet_us = foresight->core->now_us;
        if (!is_due(foresight, told.job))
            continue;
        say(foresight, &told, true);
        answer_all(foresight);
    }
}

static bool pass_time(struct foresight *foresight)
{
    struct core *core = foresight->core;
    const struct heap_node *first = heap_first(&foresight->endings);
    int64_t next_us = core_next_time(core);

    if (first && ending_of(first)->end_us < next_us)
        next_us = ending_of(first)->end_us;
    if (next_us == INT64_MAX)
        return false;
    if (next_us > core->now_us)
        core->now_us = next_us;
    end_jobs(foresight);
    step(foresight, &(struct event){.kind = EVENT_TIME_PASSED});
    answer_all(foresight);
    return true;
}

/* What comes at a time of its own is waited for: an end, a grant, other rates, the job's begin. */
static bool is_over(const struct foresight *foresight, const struct job *job)
{
    const struct core *core = foresight->core;

    return !heap_first(&foresight->endings) && ledger_next_start(core->ledger) == INT64_MAX &&
           core->rates_change_us == INT64_MAX && job->request.begin_us <= core->now_us &&
           core->now_us - foresight->quiet_us > QUIET_MOST_US;
}

void foresee_last(struct foresight *foresight)
{
    foresight->last = true;
}

enum foreseen foresee_run(struct foresight *foresight, uint64_t id, unsigned steps_most,
                          int64_t *ret_at_us)
{
    answer_all(foresight);
    for (foresight->steps = 0; foresight->steps < steps_most;) {
        const struct job *job = core_seek_job(foresight->core, id);

        *ret_at_us = foresight->core->now_us;
        if (!job || job_state_is_final(job->state))
            return FORESEEN_NEVER;
        if (foresight->waiting == 0)
            foresight->waiting = job_element_count(job);
        /* Of elements that wait together, the first that starts leaves the others. */
        if (job->state != JOB_PENDING ||
            (!foresight->last && job_element_count(job) < foresight->waiting))
            return FORESEEN_START;
        if (is_over(foresight, job) || !pass_time(foresight))
            return FORESEEN_NEVER;
    }
    return FORESEEN_MORE;
}

/* An element that has left the others has been placed at this instant. */
const struct job *foresee_started(const struct foresight *foresight, uint64_t id)
{
    const struct core *core = foresight->core;
    const struct job *job = core_seek_job(core, id), *other;

    if (!job || job->part_count > 0 || job->array_id == 0)
        return job && job->part_count > 0 ? job : NULL;
    for (other = core_job_after(core, job->array_id); other && other->array_id == job->array_id;
         other = core_job_after(core, other->id))
        if (other->part_count > 0 && other->placed_us == core->now_us)
            return other;
    return NULL;
}
