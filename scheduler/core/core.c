/* core.c - the scheduler's decisions: the door, and what belongs to no noun alone */

#include "scheduler/core/core.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/guarantee_nodes.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

static event_fn *const handlers[] = {
    [EVENT_JOB_SUBMITTED] = on_job_submitted, [EVENT_JOB_CANCELLED] = on_job_cancelled,
    [EVENT_JOB_HELD] = on_job_held,           [EVENT_JOB_RELEASED] = on_job_released,
    [EVENT_JOB_REQUEUED] = on_job_requeued,   [EVENT_ARRAY_LIMITED] = on_array_limited,
    [EVENT_NODE_JOINED] = on_node_joined,     [EVENT_NODE_SILENT] = on_node_silent,
    [EVENT_NODE_LOST] = on_node_lost,         [EVENT_NODE_DRAINED] = on_node_drained,
    [EVENT_NODE_RESUMED] = on_node_resumed,   [EVENT_PART_READY] = on_part_ready,
    [EVENT_PART_STARTED] = on_part_started,   [EVENT_PART_ENDED] = on_part_ended,
    [EVENT_PART_REFUSED] = on_part_refused,   [EVENT_INSTITUTION_ADDED] = on_institution_added,
    [EVENT_PROJECT_ADDED] = on_project_added, [EVENT_GRANTED] = on_granted,
    [EVENT_GRANT_ENDED] = on_grant_ended,     [EVENT_TRANSFERRED] = on_transferred,
    [EVENT_REFUNDED] = on_refunded,           [EVENT_SHARE_SET] = on_share_set,
    [EVENT_WINDOW_SET] = on_window_set,       [EVENT_WINDOW_REMOVED] = on_window_removed,
    [EVENT_LIMIT_SET] = on_limit_set,         [EVENT_RATE_ADDED] = on_rate_added,
    [EVENT_RATE_ENDED] = on_rate_ended,       [EVENT_TIME_PASSED] = NULL,
    [EVENT_JOB_SUSPENDED] = on_job_suspended, [EVENT_JOB_RESUMED] = on_job_resumed,
    [EVENT_PART_PAUSED] = on_part_paused,     [EVENT_PART_RESUMED] = on_part_resumed,
};
static_assert(COUNT_OF(handlers) == EVENT_KIND_COUNT, "one handler for each event");

static struct job *job_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct job, of_timers);
}

static struct node *node_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct node, of_timers);
}

static bool job_timers_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct job *first = job_of(a), *second = job_of(b);

    if (first->timer_us != second->timer_us)
        return first->timer_us < second->timer_us;
    return first->id < second->id;
}

static bool node_timers_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct node *first = node_of(a), *second = node_of(b);

    if (first->timer_us != second->timer_us)
        return first->timer_us < second->timer_us;
    return strcmp(first->name, second->name) < 0;
}

struct core *core_new(const struct core_settings *settings)
{
    struct core *core = NEW(struct core);

    core->settings = *settings;
    core->settings.clusters = NULL;
    core->settings.licenses = NULL;
    if (!core->settings.policy)
        core->settings.policy = policy_find("easy");
    core->inventory = inventory_new(settings->clusters, settings->cluster_count);
    core->licenses = licenses_new(settings->licenses, settings->license_count, core->inventory);
    core->ledger = ledger_new();
    core->rates = rates_new();
    core->rates_change_us = INT64_MAX;
    core->shares = share_new(settings->priority.half_life_us);
    core->limits = limits_new();
    limits_take_settings(core, settings);
    core->settings.qoses = (struct qos_list){0}; /* the core has its own */
    core->settings.limits = NULL;
    core->timelines = NEW_ARRAY(struct timeline, settings->cluster_count);
    for (size_t i = 0; i < settings->cluster_count; i++)
        timeline_init(&core->timelines[i]);
    job_index_init(&core->jobs);
    queue_init(&core->queue, core->settings.policy);
    core->queue.core = core;
    plan_init(&core->plan, core->inventory, core->settings.policy);
    core->plan.licenses = core->licenses;
    predictions_init(&core->predictions);
    heap_init(&core->job_timers, job_timers_before);
    heap_init(&core->node_timers, node_timers_before);
    list_init(&core->forgotten);
    list_init(&core->touched);
    list_init(&core->suspended);
    core->children = table_new();
    core->namesakes = table_new();
    core->next_job = 1;
    return core;
}

void core_change_settings(struct core *core, const struct core_settings *settings)
{
    core->settings.keep_ended_us = settings->keep_ended_us;
    core->settings.launch_failures_most = settings->launch_failures_most;
    core->settings.backfill_depth = settings->backfill_depth;
    core->settings.switch_wait_us = settings->switch_wait_us;
    core->settings.finish_gain_us = settings->finish_gain_us;
    core->settings.pending_most = settings->pending_most;
    core->settings.pending_most_per_user = settings->pending_most_per_user;
    limits_take_settings(core, settings);
    inventory_change_partitions(core->inventory, settings->clusters, settings->cluster_count);
    plan_limits_changed(core);
    plan_nodes_changed(core, true);
}

static void free_forgotten(struct core *core)
{
    LIST_EACH(&core->forgotten, place) {
        list_remove(&core->forgotten, place);
        job_free(CONTAINER_OF(place, struct job, of_queue));
    }
}

void core_free(struct core *core)
{
    if (!core)
        return;
    free_forgotten(core);
    queue_clear(&core->queue);
    for (size_t i = 0; i < core->jobs.used; i++)
        job_free(core->jobs.places[i].job);
    job_index_clear(&core->jobs);
    dependencies_clear(core);
    for (size_t i = 0; i < core->settings.cluster_count; i++)
        timeline_clear(&core->timelines[i]);
    free(core->timelines);
    plan_clear(&core->plan);
    predictions_clear(&core->predictions);
    heap_clear(&core->job_timers);
    heap_clear(&core->node_timers);
    ledger_free(core->ledger);
    rates_free(core->rates);
    share_free(core->shares);
    licenses_free(core->licenses);
    limits_free(core->limits);
    qos_list_clear(&core->qoses);
    inventory_free(core->inventory);
    memory_wipe(&core->settings, sizeof(core->settings));
    free(core);
}

struct job *core_seek_job(const struct core *core, uint64_t id)
{
    return job_index_find(&core->jobs, id);
}

struct timeline *core_timeline(const struct core *core, const struct job *job)
{
    return &core->timelines[inventory_cluster_index(core->inventory, job->cluster)];
}

static void set_timer(struct heap *timers, struct heap_node *node, int64_t *place, int64_t at_us)
{
    bool waits = heap_has(node);

    *place = at_us;
    if (at_us == INT64_MAX && waits)
        heap_remove(timers, node);
    else if (at_us != INT64_MAX && waits)
        heap_move(timers, node);
    else if (at_us != INT64_MAX)
        heap_add(timers, node);
}

void core_set_job_timer(struct core *core, struct job *job, int64_t at_us)
{
    set_timer(&core->job_timers, &job->of_timers, &job->timer_us, at_us);
}

void core_set_node_timer(struct core *core, struct node *node, int64_t at_us)
{
    set_timer(&core->node_timers, &node->of_timers, &node->timer_us, at_us);
}

void core_save_job(struct core *core, struct job *job)
{
    guarantee_nodes_doubt(core, job);
    if (job->saved_step == core->step)
        return; /* the row is read when the step is done */
    job->saved_step = core->step;
    effects_add(core->effects, (struct effect){
                                   .kind = EFFECT_SAVE_JOB,
                                   .job = job,
                                   .attempt = job->attempt,
                               });
}

void core_save_node(struct core *core, const struct node *node)
{
    effects_add(core->effects, (struct effect){.kind = EFFECT_SAVE_NODE, .node = node});
}

void core_warn(struct core *core, const struct job *job, const struct node *node,
               const char *format, ...)
{
    struct effect effect = {.kind = EFFECT_WARN, .job = job, .node = node};
    char *place = effect.text, *end = effect.text + sizeof(effect.text);
    va_list arguments;

    if (job)
        place += snprintf(place, (size_t)(end - place), "job=%" PRIu64 " ", job->id);
    if (node)
        place += snprintf(place, (size_t)(end - place), "node=%.40s ", node->name);
    va_start(arguments, format);
    vsnprintf(place, (size_t)(end - place), format, arguments);
    va_end(arguments);
    effects_add(core->effects, effect);
}

static void run_timers(struct core *core)
{
    struct heap_node *first;

    books_advance(core);
    windows_run(core);
    loans_run(core);
    limits_pass_time(core);
    while ((first = heap_first(&core->node_timers)) && node_of(first)->timer_us <= core->now_us)
        on_node_timer(core, node_of(first));
    while ((first = heap_first(&core->job_timers)) && job_of(first)->timer_us <= core->now_us)
        on_job_timer(core, job_of(first));
}

/* Reasons are known by shape; the jobs that are written say their own. */
static void note_reasons(struct core *core)
{
    for (size_t i = 0; i < core->effects->count; i++)
        if (core->effects->all[i].kind == EFFECT_SAVE_JOB)
            (void)core_find_job(core, core->effects->all[i].job->id);
}

void core_step(struct core *core, const struct event *event, struct effects *effects)
{
    assert(event->kind < EVENT_KIND_COUNT);
    assert(event->at_us >= core->now_us);

    core->now_us = event->at_us;
    core->step++;
    core->effects = effects;
    free_forgotten(core);
    run_timers(core);
    if (handlers[event->kind])
        handlers[event->kind](core, event);
    dependencies_run(core);
    if (!event->more)
        plan_run(core);
    note_reasons(core);
    core->effects = NULL;
}

int64_t core_next_time(const struct core *core)
{
    const struct heap_node *job = heap_first(&core->job_timers);
    const struct heap_node *node = heap_first(&core->node_timers);
    int64_t next_us = ledger_next_start(core->ledger);

    if (core->rates_change_us < next_us)
        next_us = core->rates_change_us;
    if (core->plan.loan_us < next_us)
        next_us = core->plan.loan_us;
    if (windows_next_time(&core->plan.windows) < next_us)
        next_us = windows_next_time(&core->plan.windows);
    if (limits_next_time(core->limits) < next_us)
        next_us = limits_next_time(core->limits);
    if (core->plan.again_us < next_us)
        next_us = core->plan.again_us;
    if (core->plan.unprotected_us < next_us)
        next_us = core->plan.unprotected_us;
    if (job && job_of(job)->timer_us < next_us)
        next_us = job_of(job)->timer_us;
    if (node && node_of(node)->timer_us < next_us)
        next_us = node_of(node)->timer_us;
    return next_us;
}

int64_t core_now(const struct core *core)
{
    return core->now_us;
}

uint64_t core_next_job(const struct core *core)
{
    return core->next_job;
}

/* A reader sees the reason of the moment: whole shapes change theirs at once. */
static const struct job *with_reason(const struct core *core, struct job *job)
{
    if (job && job->state == JOB_PENDING && !job_is_head(job)) {
        job->reason = plan_reason(job);
        job->planned_us = plan_start(core, job);
    }
    return job;
}

const struct job *core_find_job(const struct core *core, uint64_t id)
{
    return with_reason(core, job_index_find(&core->jobs, id));
}

const struct job *core_find_element(const struct core *core, uint64_t id)
{
    return with_reason(core, array_seek_job(core, id));
}

const struct job *core_job_after(const struct core *core, uint64_t after)
{
    struct job *job = job_index_after(&core->jobs, after);

    while (job && job_is_head(job))
        job = job_index_after(&core->jobs, job->id);
    return with_reason(core, job);
}

const struct inventory *core_inventory(const struct core *core)
{
    return core->inventory;
}

const struct rates *core_rates(const struct core *core)
{
    return core->rates;
}

const struct limits *core_limits(const struct core *core)
{
    return core->limits;
}

const struct qos_list *core_qoses(const struct core *core)
{
    return &core->qoses;
}

struct share_tree *core_shares(const struct core *core)
{
    return core->shares;
}

const struct core_settings *core_settings(const struct core *core)
{
    return &core->settings;
}

bool core_has_priorities(const struct core *core)
{
    const struct policy *policy = core->settings.policy;

    return policy->queue->has_priorities || policy->candidates->has_priorities;
}

const struct ledger *core_ledger(const struct core *core)
{
    return core->ledger;
}

void core_count(const struct core *core, uint64_t *ret_pending, uint64_t *ret_running)
{
    *ret_pending = core->pending;
    *ret_running = core->running;
}
