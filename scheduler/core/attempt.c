/* attempt.c - an attempt to run a job: its parts, from placing to stopping */

#include "base/digest.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/price.h"
#include "scheduler/core/request.h"
#include "scheduler/core/suspend.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool part_is_over(const struct part *part)
{
    return part->state == PART_ENDED || part->state == PART_LOST;
}

void attempt_token(const struct core *core, uint64_t job, uint32_t attempt,
                   uint8_t ret_token[TOKEN_SIZE])
{
    uint8_t bytes[sizeof(job) + sizeof(attempt)];

    static_assert(TOKEN_SIZE == MAC_SIZE, "a token is a MAC over job and attempt");
    for (unsigned i = 0; i < sizeof(job); i++)
        bytes[i] = (uint8_t)(job >> (56 - 8 * i));
    for (unsigned i = 0; i < sizeof(attempt); i++)
        bytes[sizeof(job) + i] = (uint8_t)(attempt >> (24 - 8 * i));
    mac_of(core->settings.token_seed, bytes, sizeof(bytes), ret_token);
}

/* By job, so that the order does not tell when the core was started. */
void part_take_node(struct core *core, struct part *part)
{
    struct list *parts = &part->node->parts;
    struct list_node *place = list_last(parts);

    while (place && CONTAINER_OF(place, struct part, of_node)->job->id > part->job->id)
        place = place->previous == &parts->head ? NULL : place->previous;
    inventory_take_gpus(part->node, part->gpu_type, part->gpus);
    inventory_take(core->inventory, part->node, part->cores_held, part->memory_bytes);
    if (place)
        list_add_before(parts, place->next, &part->of_node);
    else
        list_add_first(parts, &part->of_node);
}

/* GPUs of one type, of which the node has enough: capacities say so. */
static void choose_gpus(struct part *part, const struct need *need)
{
    struct room room = room_of(part->node);
    uint32_t kind = need_gpu_kind(need, part->node, &room, part->tasks);

    if (kind == GPU_KINDS_MAX)
        return;
    part->gpus = need_gpus(need, part->tasks);
    memcpy(part->gpu_type, part->node->gpu_stock.kinds[kind].type, GPU_TYPE_SIZE);
}

static void make_components(struct job *job, const struct placement *placement)
{
    uint32_t size = het_size(&job->request);

    if (size == 1)
        return;
    job->components = NEW_ARRAY(struct component, size);
    for (uint32_t i = 0; i < size; i++)
        job->components[i].place = placement->places[i];
    for (uint32_t i = 0; i < job->part_count; i++)
        job->components[job->parts[i].component].parts++;
}

static void make_parts(struct core *core, struct job *job, const struct placement *placement,
                       const struct need *need)
{
    job->part_count = (uint32_t)placement->count;
    job->parts_left = job->part_count;
    job->parts = NEW_ARRAY(struct part, placement->count);
    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct seat *seat = &placement->seats[i];
        const struct need *own = need_of(need, seat->component);
        struct part *part = &job->parts[i];

        *part = (struct part){
            .node = seat->node,
            .job = job,
            .number = i,
            .component = seat->component,
            .tasks = seat->tasks,
            .cores = need_cores(own, seat->node, seat->tasks),
            .memory_bytes = need_memory(own, seat->node, seat->tasks),
            .state = job->part_count == 1 ? PART_STARTING : PART_LAUNCHING,
        };
        part->cores_held = part->cores;
        choose_gpus(part, own);
        part_take_node(core, part);
    }
    make_components(job, placement);
}

static void tell(struct effects *effects, enum effect_kind kind, const struct part *part)
{
    effects_add(effects, (struct effect){
                             .kind = kind,
                             .job = part->job,
                             .part = part->number,
                             .node = part->node,
                             .attempt = part->job->attempt,
                         });
}

bool attempt_ask_again(const struct part *part, struct effects *effects)
{
    switch (part->state) {
    case PART_LAUNCHING:
    case PART_STARTING:
        tell(effects, EFFECT_LAUNCH_PART, part);
        return true;
    case PART_STOPPING:
        /* A node that never got the launch cannot prove with its token that the part has
         * ended: it gets both (and no start, as the state is not STARTING). */
        if (!part->core_list)
            tell(effects, EFFECT_LAUNCH_PART, part);
        tell(effects, EFFECT_STOP_PART, part);
        return true;
    case PART_PAUSING:
    case PART_RESUMING:
        tell(effects, EFFECT_TURN_PART, part);
        return true;
    default:
        return false;
    }
}

static void hold_price(struct core *core, struct job *job)
{
    const struct lane_name lane = {job->cluster, job->partition};
    const struct quantities quantities = quantities_of_job(job);
    int64_t price_micro = price_to_hold(core, &lane, &job->request, &quantities, job_limit(job));
    struct error err;
    bool held = ledger_hold(core->ledger, job->id, job->attempt, job->project, price_micro,
                            core->now_us, &err);

    assert(held); /* the plan asked the ledger before */
    job->held_micro = price_micro;
    effects_add(core->effects, (struct effect){
                                   .kind = EFFECT_SAVE_HOLD,
                                   .job = job,
                                   .attempt = job->attempt,
                                   .amount_micro = price_micro,
                               });
}

void attempt_begin(struct core *core, struct job *job, const struct placement *placement,
                   const struct need *need)
{
    bool moved = job_state_move(&job->state, JOB_ON_PLACE);

    assert(moved);
    core->pending--;
    core->running++;
    array_placed(job);
    queue_count_user(&core->queue, job->user, -1);
    job->attempt++;
    job->cluster = placement->cluster;
    job->partition = placement->partition;
    job->reason = REASON_NONE;
    job->planned_us = 0;
    job->placed_us = core->now_us;
    if (job->interruption)
        *job->interruption = (struct interruption){
            .by = job->interruption->by,
            .at_us = job->interruption->at_us,
            .mode = job->interruption->mode,
        }; /* the rest is of an attempt before */
    attempt_token(core, job->id, job->attempt, job->token);
    make_parts(core, job, placement, need);
    plan_placed(core, job, core->now_us + job_limit(job));
    licenses_take(core->licenses, job);
    limits_job_placed(core, job, core->now_us + job_limit(job));
    core_set_job_timer(core, job, core->now_us + CONFIRM_WAIT_US);
    core_save_job(core, job);
    hold_price(core, job);
    for (uint32_t i = 0; i < job->part_count; i++)
        tell(core->effects, EFFECT_LAUNCH_PART, &job->parts[i]);
}

void attempt_part_ready(struct core *core, struct part *part)
{
    struct job *job = part->job;

    if (part->state != PART_LAUNCHING)
        return;
    part->state = PART_READY;
    for (uint32_t i = 0; i < job->part_count; i++)
        if (job->parts[i].state != PART_READY)
            return;
    job->parts[0].state = PART_STARTING;
    tell(core->effects, EFFECT_LAUNCH_PART, &job->parts[0]);
}

void attempt_started(struct core *core, struct job *job, int64_t start_us)
{
    int64_t limit_us = job_limit(job);

    if (job->start_us == 0)
        array_started(core, job);
    job->start_us = start_us;
    free(job->refusal);
    job->refusal = NULL;
    dependencies_follow(core, job);
    if (!job_state_move(&job->state, JOB_ON_START))
        return; /* being stopped already */
    job->parts[0].state = PART_RUNNING;
    plan_expect(core, job, start_us + limit_us);
    limits_job_expected(core, job, start_us + limit_us);
    attempt_set_limit_timer(core, job);
}

void attempt_set_limit_timer(struct core *core, struct job *job)
{
    int64_t over_us = job->start_us + job_limit(job) + suspended_time(job, core->now_us) +
                      core->settings.kill_wait_us + CONFIRM_WAIT_US;
    int64_t deadline_us = job->request.deadline_us;
    int64_t grace_until_us = job->interruption ? job->interruption->grace_until_us : 0;

    if (deadline_us > 0 && deadline_us < over_us)
        over_us = deadline_us;
    if (grace_until_us > 0 && grace_until_us < over_us)
        over_us = grace_until_us;
    core_set_job_timer(core, job, over_us);
}

void attempt_stop(struct core *core, struct job *job, enum job_reason reason)
{
    int64_t gone_us = core->now_us + core->settings.kill_wait_us;

    if (job->state == JOB_SUSPENDED)
        suspended_leave(core, job);
    if (job_state_move(&job->state, JOB_ON_STOP))
        job->reason = reason;
    core_save_job(core, job);
    if (job->parts_left == 0) {
        attempt_end(core, job);
        return;
    }
    for (uint32_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];

        if (part_is_over(part) || part->state == PART_STOPPING)
            continue;
        part->state = PART_STOPPING;
        tell(core->effects, EFFECT_STOP_PART, part);
    }
    if (gone_us < job->expected_us) {
        plan_expect(core, job, gone_us);
        limits_job_expected(core, job, gone_us);
    }
    core_set_job_timer(core, job, gone_us + CONFIRM_WAIT_US);
}

void attempt_part_over(struct core *core, struct part *part, enum part_state state)
{
    struct job *job = part->job;

    assert(!part_is_over(part) && job->parts_left > 0);
    part->state = state;
    job->parts_left--;
    list_remove(&part->node->parts, &part->of_node);
    inventory_give_gpus(part->node, part->gpu_type, part->gpus);
    inventory_give(core->inventory, part->node, part->cores_held, part->memory_bytes);
    plan_changed(core);
}
