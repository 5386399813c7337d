/* effect.c - what the core wants done */

#include "scheduler/core/effect.h"

#include "scheduler/core/inventory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

void effects_init(struct effects *effects)
{
    *effects = (struct effects){0};
}

void effects_clear(struct effects *effects)
{
    free(effects->all);
    free(effects->bookings);
    *effects = (struct effects){0};
}

void effects_reset(struct effects *effects)
{
    effects->count = 0;
    effects->booking_count = 0;
}

void effects_add(struct effects *effects, struct effect effect)
{
    assert(effect.kind < EFFECT_KIND_COUNT);
    if (effects->count == effects->capacity) {
        effects->capacity = effects->capacity ? 2 * effects->capacity : 16;
        effects->all = memory_resize(effects->all, effects->capacity, sizeof(*effects->all));
    }
    effects->all[effects->count++] = effect;
}

void effects_add_booking(struct effects *effects, const struct booking *booking)
{
    if (effects->booking_count == effects->booking_capacity) {
        effects->booking_capacity = effects->booking_capacity ? 2 * effects->booking_capacity : 4;
        effects->bookings =
            memory_resize(effects->bookings, effects->booking_capacity, sizeof(*effects->bookings));
    }
    effects->bookings[effects->booking_count++] = *booking;
    effects_add(effects, (struct effect){
                             .kind = EFFECT_SAVE_TXN,
                             .txn = (uint32_t)(effects->booking_count - 1),
                         });
}

static void print_save_job(const struct effects *effects, const struct effect *effect,
                           struct buffer *buffer)
{
    const struct job *job = effect->job;

    (void)effects;
    buffer_add_text(buffer, "save job ");
    job_print_name(job, buffer);
    buffer_print(buffer, " %s", job_state_name(job->state));
    if (job->reason != REASON_NONE)
        buffer_print(buffer, " reason=%s", job_reason_name(job->reason));
    if (job->attempt > 0)
        buffer_print(buffer, " attempt=%" PRIu32, job->attempt);
    if (job->exit_code || job->exit_signal)
        buffer_print(buffer, " exit=%" PRIu32 ":%" PRIu32, job->exit_code, job->exit_signal);
}

static void print_save_node(const struct effects *effects, const struct effect *effect,
                            struct buffer *buffer)
{
    (void)effects;
    buffer_print(buffer, "save node %s %s cores=%" PRIu32, effect->node->name,
                 node_state_text(effect->node), effect->node->cores);
    if (effect->node->gpu_stock.kind_count > 0) {
        buffer_add_text(buffer, " gpus=");
        gpu_stock_print(&effect->node->gpu_stock, buffer);
    }
    if (effect->node->features && *effect->node->features)
        buffer_print(buffer, " features=%s", effect->node->features);
}

static void print_hold(const struct effects *effects, const struct effect *effect,
                       struct buffer *buffer)
{
    (void)effects;
    buffer_print(buffer, "%s hold job=", effect->kind == EFFECT_SAVE_HOLD ? "save" : "end");
    job_print_name(effect->job, buffer);
    buffer_print(buffer, " attempt=%" PRIu32, effect->attempt);
    if (effect->kind == EFFECT_SAVE_HOLD)
        buffer_print(buffer, " amount=%" PRId64, effect->amount_micro);
}

static void print_txn(const struct effects *effects, const struct effect *effect,
                      struct buffer *buffer)
{
    const struct booking *booking = &effects->bookings[effect->txn];

    buffer_print(buffer, "save txn %s %s/%" PRIu64, booking->txn.key, booking->txn.institution,
                 booking->txn.sequence);
    for (unsigned i = 0; i < booking->txn.entry_count; i++)
        buffer_print(buffer, " %s%+" PRId64, booking->txn.entries[i].account,
                     booking->txn.entries[i].amount_micro);
    if (booking->has_usage)
        buffer_print(buffer, " wall_us=%" PRId64 " state=%s", booking->usage.wall_us,
                     booking->usage.state);
}

static void print_launch(const struct effects *effects, const struct effect *effect,
                         struct buffer *buffer)
{
    const struct part *part = &effect->job->parts[effect->part];

    (void)effects;
    buffer_add_text(buffer, "launch job=");
    job_print_name(effect->job, buffer);
    buffer_print(buffer,
                 " attempt=%" PRIu32 " part=%" PRIu32 " node=%s cores=%" PRIu32 " tasks=%" PRIu32
                 "%s",
                 effect->attempt, effect->part, effect->node->name, part->cores, part->tasks,
                 part->state == PART_STARTING ? " start" : "");
    if (part->gpus > 0)
        buffer_print(buffer, " gpus=%s:%" PRIu32, part->gpu_type, part->gpus);
}

static const char *name_of(const struct effect *effect)
{
    if (effect->kind == EFFECT_STOP_PART)
        return "stop";
    if (effect->kind == EFFECT_TERM_PART)
        return "term";
    return effect->job->parts[effect->part].state == PART_PAUSING ? "suspend" : "continue";
}

static void print_stop(const struct effects *effects, const struct effect *effect,
                       struct buffer *buffer)
{
    (void)effects;
    buffer_print(buffer, "%s job=", name_of(effect));
    job_print_name(effect->job, buffer);
    buffer_print(buffer, " attempt=%" PRIu32 " part=%" PRIu32 " node=%s", effect->attempt,
                 effect->part, effect->node->name);
}

static void print_end(const struct effects *effects, const struct effect *effect,
                      struct buffer *buffer)
{
    (void)effects;
    buffer_add_text(buffer, effect->kind == EFFECT_JOB_ENDED ? "ended job " : "forget job ");
    job_print_name(effect->job, buffer);
    buffer_print(buffer, " %s", job_state_name(effect->job->state));
}

static void print_warning(const struct effects *effects, const struct effect *effect,
                          struct buffer *buffer)
{
    (void)effects;
    buffer_add_text(buffer, "warn ");
    buffer_add_escaped(buffer, effect->text);
}

typedef void print_fn(const struct effects *effects, const struct effect *effect,
                      struct buffer *buffer);

static print_fn *const printers[] = {
    [EFFECT_SAVE_JOB] = print_save_job, [EFFECT_SAVE_NODE] = print_save_node,
    [EFFECT_SAVE_HOLD] = print_hold,    [EFFECT_END_HOLD] = print_hold,
    [EFFECT_SAVE_TXN] = print_txn,      [EFFECT_LAUNCH_PART] = print_launch,
    [EFFECT_STOP_PART] = print_stop,    [EFFECT_JOB_ENDED] = print_end,
    [EFFECT_FORGET_JOB] = print_end,    [EFFECT_WARN] = print_warning,
    [EFFECT_TERM_PART] = print_stop,    [EFFECT_TURN_PART] = print_stop,
};
static_assert(COUNT_OF(printers) == EFFECT_KIND_COUNT, "each effect can be printed");

void effect_print(const struct effects *effects, const struct effect *effect, struct buffer *buffer)
{
    assert(effect->kind < EFFECT_KIND_COUNT);
    printers[effect->kind](effects, effect, buffer);
    buffer_add_char(buffer, '\n');
}
