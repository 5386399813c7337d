/* service_save.c - the core's objects as rows */

#include "scheduler/service_inside.h"

#include "base/hostlist.h"
#include "scheduler/booking_rows.h"
#include "scheduler/core/het.h"
#include "scheduler/jobspec.h"
#include "scheduler/series_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MANY   16
#define NEVER_STORED 0xff

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* The short form of the parts' nodes, in the arena. */
const char *job_node_list(const struct job *job, struct arena *arena)
{
    CLEANUP(hostlist_freep) struct hostlist *list = NULL;
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error ignored;

    if (job->part_count == 0)
        return "";
    if (job->part_count == 1)
        return arena_copy(arena, job->parts[0].node->name);
    list = hostlist_new();
    for (uint32_t i = 0; i < job->part_count; i++)
        hostlist_add(list, job->parts[i].node->name, &ignored);
    buffer_init(&text);
    hostlist_print(list, &text);
    return arena_copy(arena, text.bytes);
}

static void save_part(const struct part *part, struct batch *batch)
{
    const struct row row = {
        .kind = ROW_PART,
        .part = {.job = (int64_t)part->job->id,
                 .part = part->number,
                 .attempt = part->job->attempt,
                 .node = part->node->name,
                 .cores = part->cores,
                 .tasks = part->tasks,
                 .memory = (int64_t)part->memory_bytes,
                 .state = (int64_t)part->state,
                 .core_list = or_empty(part->core_list),
                 .cpu_list = or_empty(part->cpu_list),
                 .cpu_used_us = part->cpu_used_us,
                 .memory_peak = (int64_t)part->memory_peak_bytes,
                 .gpus = part->gpus,
                 .gpu_type = part->gpu_type,
                 .gpu_list = or_empty(part->gpu_list)},
    };

    batch_add(batch, WRITE_PUT, &row);
}

/* What is stored of the parts of a job that has many: each report of one of them would else
 * write them all.  Nothing of a part changes without its state. */
struct shadow {
    uint32_t attempt;
    uint32_t count;
    uint8_t states[];
};

void forget_shadow(struct service *service, uint64_t job)
{
    free(table_remove_number(service->shadows, job));
}

static struct shadow *shadow_of(struct service *service, const struct job *job)
{
    struct shadow *shadow = table_get_number(service->shadows, job->id);

    if (job->part_count < PARTS_MANY) {
        if (shadow)
            forget_shadow(service, job->id);
        return NULL;
    }
    if (shadow && shadow->attempt == job->attempt)
        return shadow;
    forget_shadow(service, job->id);
    shadow = memory_get(1, sizeof(*shadow) + job->part_count);
    shadow->attempt = job->attempt;
    shadow->count = job->part_count;
    memset(shadow->states, NEVER_STORED, job->part_count);
    table_put_number(service->shadows, job->id, shadow);
    return shadow;
}

static void save_parts(struct service *service, const struct job *job, struct batch *batch)
{
    struct shadow *shadow = shadow_of(service, job);
    const struct row beyond = {
        .kind = ROW_PART,
        .part = {.job = (int64_t)job->id, .part = job->part_count},
    };

    for (uint32_t i = 0; i < job->part_count; i++) {
        uint8_t state = (uint8_t)job->parts[i].state;

        if (shadow && shadow->states[i] == state)
            continue;
        if (shadow)
            shadow->states[i] = state;
        save_part(&job->parts[i], batch);
    }
    /* An attempt before this one may have had more. */
    if (job->attempt > 1)
        batch_add(batch, WRITE_TRIM, &beyond);
}

/* A suspended job is stored as one that runs, with the time since when it does not: the store finds
 * those that have not ended by the numbers below those of the ends. */
static enum job_state stored_state(const struct job *job)
{
    return job->state == JOB_SUSPENDED ? JOB_RUNNING : job->state;
}

void save_job(struct service *service, const struct job *job, struct batch *batch)
{
    int64_t flags = (job->cancelled ? JOB_FLAG_CANCELLED : 0) |
                    (job->requeue_after ? JOB_FLAG_REQUEUE_AFTER : 0);
    struct row row = {
        .kind = ROW_JOB,
        .job = {.id = (int64_t)job->id,
                .spec = (int64_t)job->spec,
                .name = job->name,
                .user = job->user,
                .project = job->project,
                .institution = job->institution,
                .state = (int64_t)stored_state(job),
                .reason = (int64_t)job->reason,
                .hold = (int64_t)job->hold,
                .attempt = job->attempt,
                .token = {job->token, TOKEN_SIZE},
                .submit_us = job->submit_us,
                .eligible_us = job->eligible_us,
                .start_us = job->start_us,
                .end_us = job->end_us,
                .held_micro = job->held_micro,
                .charged_micro = job->charged_micro,
                .exit_code = job->exit_code,
                .exit_signal = job->exit_signal,
                .launch_failures = job->launch_failures,
                .flags = flags,
                .ended_by = or_empty(job->ended_by),
                .output = or_empty(job->output),
                .error_output = or_empty(job->error_output),
                .cluster = job->cluster ? job->cluster->name : "",
                .partition = job->partition ? job->partition->name : "",
                .nodes = job->part_count ? job->part_count : het_nodes(&job->request),
                .cores = job_cores(job),
                .tasks = het_tasks(&job->request),
                .memory = (int64_t)job_memory(job),
                .limit_us = job_limit(job),
                .node_list = job_node_list(job, batch->arena),
                .request = job_pack(job, batch->arena)},
    };
    uint64_t memory_peak;

    job_measured(job, &row.job.cpu_used_us, &memory_peak);
    row.job.memory_peak = (int64_t)memory_peak;
    batch_add(batch, WRITE_PUT, &row);
    save_parts(service, job, batch);
    save_series(job, batch);
}

static struct buffer print_stock(const struct gpu_stock *stock)
{
    struct buffer text;

    buffer_init(&text);
    gpu_stock_print(stock, &text);
    return text;
}

void save_node(struct service *service, const struct node *node, const uint8_t *topology)
{
    CLEANUP(buffer_clear) struct buffer gpus = print_stock(&node->gpu_stock);
    const struct row row = {
        .kind = ROW_NODE,
        .node = {.name = node->name,
                 .cluster = node->cluster->name,
                 .drained = node->drained,
                 .drain_reason = or_empty(node->drain_reason),
                 .drain_by = or_empty(node->drain_by),
                 .boot_id = or_empty(node->boot_id),
                 .cores = node->cores,
                 .threads = node->threads,
                 .packages = node->packages,
                 .numa_nodes = node->numa_nodes,
                 .gpus = node->gpus,
                 .memory = (int64_t)node->memory_bytes,
                 .emulated = node->emulated,
                 .boot_us = node->boot_us,
                 .topology = {topology, DIGEST_SIZE},
                 .gpu_kinds = gpus.bytes,
                 .features = or_empty(node->own_features)},
    };

    group_put(service, &row);
}

void save_booking(struct service *service, const struct booking *booking)
{
    const struct txn *txn = &booking->txn;
    const struct usage *usage = booking->has_usage ? &booking->usage : NULL;

    booking_add_row(txn, usage, ++service->marks.last_txn, &service->open->batch,
                    &service->scratch);
    if (txn->kind == TXN_CHARGE || txn->kind == TXN_REFUND)
        group_note_project(service->open, txn_project(txn));
}

void save_balance(struct service *service, const char *project, struct batch *batch)
{
    const struct ledger *ledger = core_ledger(service->core);
    const char *institution = ledger_institution_of(ledger, project);
    struct balance balance;

    if (!institution || !ledger_balance(ledger, institution, project, service->now_us, &balance))
        return;
    batch_add(batch, WRITE_PUT,
              &(struct row){
                  .kind = ROW_BALANCE,
                  .balance = {.institution = institution,
                              .project = project,
                              .charged = balance.charged_micro}
    });
}
