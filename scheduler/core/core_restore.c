/* core_restore.c - put back what the store has, before the first step */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/suspend.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

struct ledger *core_ledger_to_restore(struct core *core)
{
    return core->ledger;
}

void core_restore_limit(struct core *core, const struct limit *limit)
{
    limits_set(core->limits, LIMIT_GIVEN, limit);
}

void core_restore_place(struct core *core, const struct share_place *place)
{
    share_plant(core->shares, place);
}

void core_restore_shares(struct core *core, const struct share_place *place, uint32_t shares)
{
    share_set(core->shares, place, shares);
}

void core_restore_usage(struct core *core, const struct share_place *place, int64_t amount_micro,
                        int64_t at_us)
{
    share_add_usage(core->shares, place, amount_micro, at_us);
}

static char *copy_text(const char *text)
{
    return text ? memory_copy(text) : NULL;
}

/* A node is silent until its agent says hello: its jobs are kept, and it gets no new ones. */
bool core_restore_node(struct core *core, const struct node *row, const char *cluster,
                       struct error *err)
{
    struct node *node;

    if (inventory_seek_node(core->inventory, row->name))
        return fail(err, ERROR_CONFLICT, "node %s is there already", row->name);
    if (row->cores > NODE_CORES_MAX)
        return fail(err, ERROR_INVALID, "node %s has %" PRIu32 " cores", row->name, row->cores);
    node = inventory_get_node(core->inventory, row->name, cluster, err);
    if (!node)
        return fail_in(err, "node %s", row->name);
    node->state = NODE_SILENT;
    node->drained = row->drained;
    node->drain_reason = copy_text(row->drain_reason);
    node->drain_by = copy_text(row->drain_by);
    node->boot_id = copy_text(row->boot_id);
    node->cores = row->cores;
    node->threads = row->threads;
    node->packages = row->packages;
    node->numa_nodes = row->numa_nodes;
    node->gpus = row->gpus;
    inventory_set_gpus(node, &row->gpu_stock);
    node->own_features = copy_text(row->own_features);
    node->memory_bytes = row->memory_bytes;
    node->emulated = row->emulated;
    node->boot_us = row->boot_us;
    inventory_file_node(core->inventory, node);
    return true;
}

static bool find_place(const struct core *core, struct job *job, const char *cluster,
                       const char *partition, struct error *err)
{
    job->cluster = cluster ? inventory_find_cluster(core->inventory, cluster) : NULL;
    if (!job->cluster)
        return fail(err, ERROR_NOT_FOUND, "no cluster %s", cluster ? cluster : "given");
    job->partition = partition ? cluster_find_partition(job->cluster, partition) : NULL;
    if (!job->partition)
        return fail(err, ERROR_NOT_FOUND, "cluster %s has no partition %s", cluster,
                    partition ? partition : "given");
    return true;
}

/* Which of the parts are whose. */
static bool find_components(struct job *job, struct error *err)
{
    uint32_t size = het_size(&job->request), part = 0;

    if (size == 1)
        return true;
    if (!job->components)
        return fail(err, ERROR_INVALID, "nothing is known of its components");
    for (uint32_t i = 0; i < size; i++) {
        if (job->components[i].parts > job->part_count - part)
            return fail(err, ERROR_INVALID, "its components have more parts than it has");
        for (uint32_t j = 0; j < job->components[i].parts; j++)
            job->parts[part++].component = i;
        if (!het_partition(job, i))
            return fail(err, ERROR_NOT_FOUND, "the partition of its component %" PRIu32 " is gone",
                        i);
    }
    return part == job->part_count ||
           fail(err, ERROR_INVALID, "some of its parts are of no component");
}

static bool find_nodes(const struct core *core, struct job *job, const char *const *part_nodes,
                       struct error *err)
{
    for (uint32_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];

        if (part->number != i || part->state >= PART_STATE_COUNT)
            return fail(err, ERROR_INVALID, "part %" PRIu32 " is not as it was written", i);
        part->job = job;
        part->node = inventory_seek_node(core->inventory, part_nodes[i]);
        if (!part->node)
            return fail(err, ERROR_NOT_FOUND, "no node %s", part_nodes[i]);
        if (!part_is_over(part))
            job->parts_left++;
    }
    return true;
}

/* What was stopped out of its suspension ends without its cores, too. */
static uint32_t restored_cores(const struct part *part)
{
    const struct interruption *interruption = part->job->interruption;
    bool still = interruption && interruption->turn % 2 == 1;

    return part->state == PART_PAUSED || (part->state == PART_STOPPING && still) ? 0 : part->cores;
}

static void take_nodes(struct core *core, struct job *job)
{
    for (uint32_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];

        if (part_is_over(part))
            continue;
        part->cores_held = restored_cores(part);
        part_take_node(core, part);
    }
}

static bool restore_placed(struct core *core, struct job *job, const char *cluster,
                           const char *partition, const char *const *part_nodes, struct error *err)
{
    if (!find_place(core, job, cluster, partition, err) || !find_components(job, err) ||
        !find_nodes(core, job, part_nodes, err))
        return false;
    if (job_state_is_final(job->state))
        return true;
    if (job->parts_left == 0)
        return fail(err, ERROR_INVALID, "%s without a part", job_state_name(job->state));
    take_nodes(core, job);
    licenses_take(core->licenses, job);
    core->running++;
    job->counted_end_s = 0;
    return true;
}

bool core_restore_job(struct core *core, struct job *given, const char *cluster,
                      const char *partition, const char *const *part_nodes, struct error *err)
{
    CLEANUP(job_freep) struct job *job = given;
    uint64_t id = job->id;

    job->parts_left = 0;
    if (job->state == JOB_SUSPENDED && (!job->interruption || job->interruption->suspended_us <= 0))
        return fail(err, ERROR_INVALID, "job %" PRIu64 ": suspended, but since when?", id);
    if (job->state >= JOB_STATE_COUNT || job->reason >= REASON_COUNT || job->hold > HOLD_REQUEUED)
        return fail(err, ERROR_INVALID, "job %" PRIu64 ": state, reason or hold out of range", id);
    if (id == 0 || job_index_find(&core->jobs, id))
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " is there already", id);
    if (!array_restore(core, job, err))
        return fail_in(err, "job %" PRIu64, id);
    if (job->state == JOB_PENDING || (job_state_is_final(job->state) && job->part_count == 0)) {
        /* Parts of an attempt that is over may still be in the store. */
        job_drop_parts(job);
    } else if (!restore_placed(core, job, cluster, partition, part_nodes, err)) {
        return fail_in(err, "job %" PRIu64, id);
    }
    limits_join(core, job);
    if (job->state == JOB_PENDING && !job_is_head(job)) {
        core->pending++;
        queue_count_user(&core->queue, job->user, 1);
    }
    if (!job_state_is_final(job->state) && !job_is_head(job))
        limits_submit(job->association, job_element_count(job));
    if (id + het_size(&job->request) > core->next_job)
        core->next_job = id + het_size(&job->request);
    if (job_is_head(job) && id + array_id_count(&job->array->all) > core->next_job)
        core->next_job = id + array_id_count(&job->array->all);
    job_index_add(&core->jobs, STEAL(job));
    return true;
}

static void resume_job(struct core *core, struct job *job)
{
    int64_t kill_us = core->settings.kill_wait_us;
    int64_t limit_us = job_limit(job);

    job->placed_us = core->now_us;
    switch (job->state) {
    case JOB_PENDING:
        if (!job_is_head(job))
            job_wait(core, job);
        break;
    case JOB_CONFIGURING:
        limits_job_placed(core, job, core->now_us + limit_us);
        plan_placed(core, job, core->now_us + limit_us);
        core_set_job_timer(core, job, core->now_us + CONFIRM_WAIT_US);
        break;
    case JOB_RUNNING:
    case JOB_SUSPENDED:
        limit_us += suspended_time(job, core->now_us);
        limits_job_placed(core, job, job->start_us + limit_us);
        plan_placed(core, job, job->start_us + limit_us);
        if (job->state == JOB_SUSPENDED)
            suspended_restore(core, job);
        else
            attempt_set_limit_timer(core, job);
        break;
    case JOB_COMPLETING:
        limits_job_placed(core, job, core->now_us + kill_us);
        plan_placed(core, job, core->now_us + kill_us);
        core_set_job_timer(core, job, core->now_us + kill_us + CONFIRM_WAIT_US);
        break;
    default:
        core_set_job_timer(core, job, job->end_us + core->settings.keep_ended_us);
        break;
    }
}

/* What is still known of jobs that have ended is the history of their users. */
static void restore_predictions(struct core *core)
{
    for (size_t i = 0; i < core->jobs.used; i++) {
        const struct job *job = core->jobs.places[i].job;

        if (job && job_state_is_final(job->state) && job->start_us != 0)
            predictions_note(&core->predictions, job->user, job->end_us - job->start_us);
    }
    for (size_t i = 0; i < core->jobs.used && core->settings.policy->predicts; i++) {
        struct job *job = core->jobs.places[i].job;

        if (job && job->state == JOB_PENDING && job->predicted_us == 0)
            job->predicted_us =
                predictions_get(&core->predictions, job->user, job->request.limit_us);
    }
}

void core_restore_series(struct core *core, uint64_t id, uint32_t attempt,
                         const struct series *series)
{
    struct job *job = core_seek_job(core, id);

    if (!job || job->attempt != attempt || job->part_count == 0)
        return;
    free(job->series);
    job->series = NEW(struct series);
    *job->series = *series;
}

void core_restore_done(struct core *core, uint64_t next_job, int64_t now_us)
{
    core->now_us = now_us;
    if (next_job > core->next_job)
        core->next_job = next_job;
    ledger_advance(core->ledger, now_us);
    plan_nodes_changed(core, true);
    restore_predictions(core);
    for (size_t i = 0; i < core->jobs.used; i++)
        if (!job_state_is_final(core->jobs.places[i].job->state))
            dependencies_begin(core, core->jobs.places[i].job);
    for (size_t i = 0; i < core->jobs.used; i++)
        resume_job(core, core->jobs.places[i].job);
    for (size_t i = 0; i < inventory_node_count(core->inventory); i++) {
        const struct node *node = inventory_node(core->inventory, i);
        struct node *own = inventory_seek_node(core->inventory, node->name);

        own->silent_us = now_us;
        node_watch_leases(core, own);
    }
}
