/* core_world.c - a small network around the core: agents that do what they are told, and a store */

#include "tests/property/core_world.h"

#include "base/parse.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/preemption.h"
#include "scheduler/core/request.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

struct world *world_new(struct test_random *random, const struct policy *policy, bool has_tiers)
{
    static const char *const institutions[] = {"unam", "ipn"};
    static const char *const projects[][2] = {
        {"astro", "unam"},
        {"bio",   "unam"},
        {"cfd",   "ipn" }
    };
    struct world *world = NEW(struct world);

    *world = (struct world){.random = random, .policy = policy, .has_tiers = has_tiers};
    world->core = world_make_core(world);
    world->twin = world_make_core(world);
    effects_init(&world->effects);
    effects_init(&world->twin_effects);
    buffer_init(&world->text);
    buffer_init(&world->twin_text);
    world->now_us = INT64_C(1700000000000000);
    for (size_t i = 0; i < COUNT_OF(institutions); i++)
        world_step(world, &(struct event){.kind = EVENT_INSTITUTION_ADDED,
                                          .books = {.institution = institutions[i]}});
    for (size_t i = 0; i < COUNT_OF(projects); i++)
        world_step(world,
                   &(struct event){
                       .kind = EVENT_PROJECT_ADDED, .books = {projects[i][1], projects[i][0]}
        });
    for (unsigned i = 0; i < WORLD_NODES; i++)
        world_join(world, i);
    return world;
}

static void clear_row(struct saved_job *saved)
{
    for (uint32_t i = 0; i < saved->row.part_count; i++) {
        free(saved->row.parts[i].core_list);
        free(saved->row.parts[i].cpu_list);
    }
    free(saved->row.parts);
    free(saved->row.components);
    free(saved->row.interruption);
    request_clear(&saved->row.request);
    array_leave(saved->row.array);
    if (saved->row.elements)
        elements_clear(saved->row.elements);
    free(saved->row.elements);
    free(saved->row.name);
    free(saved->row.ended_by);
    free(saved->row.output);
    free(saved->row.error_output);
}

void world_free(struct world *world)
{
    for (size_t i = 0; i < WORLD_JOBS; i++)
        if (world->jobs[i].there)
            clear_row(&world->jobs[i]);
    core_free(world->core);
    core_free(world->twin);
    effects_clear(&world->effects);
    effects_clear(&world->twin_effects);
    buffer_clear(&world->text);
    buffer_clear(&world->twin_text);
    free(world->bookings);
    free(world->held);
    free(world);
}

/* --- the store ---------------------------------------------------------------------------- */

static char *copy_text(const char *text)
{
    return text ? memory_copy(text) : NULL;
}

/* Which elements it stands for; of a head, the array as it is. */
static void copy_array(struct job *to, const struct job *from)
{
    const struct array *array = from->array;

    to->array_id = from->array_id;
    to->element = from->element;
    if (from->elements) {
        to->elements = NEW(struct elements);
        elements_copy(to->elements, from->elements);
    }
    if (!job_is_head(from))
        return;
    to->array = array_new(array->id, &array->all, array->throttle);
    to->array->good = array->good;
    to->array->failed = array->failed;
    to->array->cancelled = array->cancelled;
    to->array->too_many_bad = array->too_many_bad;
    elements_copy(&to->array->bad, &array->bad);
}

/* What a row has; the rest is made anew when the job is restored. */
static void copy_row(struct job *to, const struct job *from)
{
    *to = (struct job){
        .id = from->id,
        .spec = from->spec,
        .state = from->state,
        .reason = from->reason,
        .hold = from->hold,
        .attempt = from->attempt,
        .submit_us = from->submit_us,
        .eligible_us = from->eligible_us,
        .start_us = from->start_us,
        .end_us = from->end_us,
        .held_micro = from->held_micro,
        .charged_micro = from->charged_micro,
        .exit_code = from->exit_code,
        .exit_signal = from->exit_signal,
        .launch_failures = from->launch_failures,
        .cancelled = from->cancelled,
        .requeue_after = from->requeue_after,
        .ended_by = copy_text(from->ended_by),
        .output = copy_text(from->output),
        .error_output = copy_text(from->error_output),
        .limit_cut_us = from->limit_cut_us,
        .part_count = from->part_count,
        .parts = NEW_ARRAY(struct part, from->part_count),
    };
    job_set_names(to, from->name, from->user, from->project, from->institution);
    memcpy(to->token, from->token, sizeof(to->token));
    request_copy(&to->request, &from->request);
    copy_array(to, from);
    if (from->components)
        to->components = memory_copy_bytes(from->components,
                                           het_size(&from->request) * sizeof(*from->components));
    if (from->interruption)
        to->interruption = memory_copy_bytes(from->interruption, sizeof(*from->interruption));
    for (uint32_t i = 0; i < from->part_count; i++) {
        const struct part *part = &from->parts[i];

        to->parts[i] = (struct part){
            .number = part->number,
            .cores = part->cores,
            .tasks = part->tasks,
            .memory_bytes = part->memory_bytes,
            .gpus = part->gpus,
            .state = part->state,
            .core_list = copy_text(part->core_list),
            .cpu_list = copy_text(part->cpu_list),
            .cpu_used_us = part->cpu_used_us,
            .memory_peak_bytes = part->memory_peak_bytes,
        };
        memcpy(to->parts[i].gpu_type, part->gpu_type, sizeof(part->gpu_type));
    }
}

static void save_job(struct world *world, const struct job *job)
{
    struct saved_job *saved = &world->jobs[job->id];

    CU_ASSERT_FATAL(job->id < WORLD_JOBS);
    CU_ASSERT_FATAL(!saved->ended);
    if (saved->there)
        clear_row(saved);
    saved->there = true;
    copy_row(&saved->row, job);
    snprintf(saved->cluster, sizeof(saved->cluster), "%s", job->cluster ? job->cluster->name : "");
    snprintf(saved->partition, sizeof(saved->partition), "%s",
             job->partition ? job->partition->name : "");
    for (uint32_t i = 0; i < job->part_count; i++)
        snprintf(saved->nodes[i], sizeof(saved->nodes[i]), "%s", job->parts[i].node->name);
}

static void save_node(struct world *world, const struct node *node)
{
    for (unsigned i = 0; i < WORLD_NODES; i++) {
        struct node_facts facts = world_facts(world, i);
        struct saved_node *saved = &world->nodes[i];

        if (strcmp(world_node_name(i), node->name) != 0)
            continue;
        saved->there = true;
        saved->row = (struct node){
            .name = (char *)(uintptr_t)world_node_name(i),
            .drained = node->drained,
            .boot_id = saved->boot,
            .cores = node->cores,
            .gpus = node->gpus,
            .gpu_stock = node->gpu_stock,
            .own_features = (char *)(uintptr_t)facts.features,
            .memory_bytes = node->memory_bytes,
        };
        CU_ASSERT(strcmp(facts.features ? facts.features : "",
                         node->own_features ? node->own_features : "") == 0);
        snprintf(saved->boot, sizeof(saved->boot), "%s", node->boot_id);
        snprintf(saved->cluster, sizeof(saved->cluster), "%s", node->cluster->name);
    }
}

static void save_booking(struct world *world, const struct booking *booking)
{
    __int128 sum_micro = 0;

    for (unsigned i = 0; i < booking->txn.entry_count; i++)
        sum_micro += booking->txn.entries[i].amount_micro;
    CU_ASSERT(sum_micro == 0);
    for (size_t i = 0; i < world->booking_count; i++)
        CU_ASSERT_FATAL(strcmp(world->bookings[i].txn.key, booking->txn.key) != 0);
    if (world->booking_count == world->booking_capacity) {
        world->booking_capacity = world->booking_capacity ? 2 * world->booking_capacity : 64;
        world->bookings =
            memory_resize(world->bookings, world->booking_capacity, sizeof(*world->bookings));
    }
    world->bookings[world->booking_count++] = *booking;
}

/* --- the agents --------------------------------------------------------------------------- */

static struct held *find_held(struct world *world, const struct effect *effect)
{
    for (size_t i = 0; i < world->held_count; i++) {
        struct held *held = &world->held[i];

        if (held->job == effect->job->id && held->attempt == effect->attempt &&
            held->part == effect->part)
            return held;
    }
    return NULL;
}

static void launch(struct world *world, const struct effect *effect)
{
    const struct part *part = &effect->job->parts[effect->part];
    struct held *held = find_held(world, effect);

    CU_ASSERT_FATAL(part->node == effect->node);
    if (!held) {
        if (world->held_count == world->held_capacity) {
            world->held_capacity = world->held_capacity ? 2 * world->held_capacity : 64;
            world->held = memory_resize(world->held, world->held_capacity, sizeof(*world->held));
        }
        held = &world->held[world->held_count++];
        *held =
            (struct held){.job = effect->job->id, .attempt = effect->attempt, .part = effect->part};
        memcpy(held->token, effect->job->token, TOKEN_SIZE);
        snprintf(held->node, sizeof(held->node), "%s", effect->node->name);
    }
    if (part->state == PART_STARTING)
        held->start = true;
}

/* A budget may be below zero, but no hold takes it there. */
static void check_budget(const struct world *world, const struct job *job)
{
    struct balance balance;

    CU_ASSERT_FATAL(
        ledger_balance(core_ledger(world->core), job->institution, NULL, world->now_us, &balance));
    CU_ASSERT(balance.available_micro >= 0);
    CU_ASSERT_FATAL(ledger_balance(core_ledger(world->core), job->institution, job->project,
                                   world->now_us, &balance));
    CU_ASSERT(balance.available_micro >= 0);
}

static void do_effect(struct world *world, const struct effect *effect)
{
    struct held *held;

    switch (effect->kind) {
    case EFFECT_SAVE_JOB:
        save_job(world, effect->job);
        break;
    case EFFECT_SAVE_NODE:
        save_node(world, effect->node);
        break;
    case EFFECT_SAVE_HOLD:
        check_budget(world, effect->job);
        break;
    case EFFECT_SAVE_TXN:
        save_booking(world, &world->effects.bookings[effect->txn]);
        break;
    case EFFECT_LAUNCH_PART:
        launch(world, effect);
        break;
    case EFFECT_STOP_PART:
        held = find_held(world, effect);
        if (held)
            held->stop = true;
        break;
    case EFFECT_TURN_PART:
        held = find_held(world, effect);
        world->suspended += effect->job->state == JOB_SUSPENDED;
        if (held)
            held->turn = effect->job->interruption->turn;
        break;
    case EFFECT_JOB_ENDED:
        CU_ASSERT_FATAL(!world->jobs[effect->job->id].ended);
        CU_ASSERT(job_state_is_final(effect->job->state));
        world->jobs[effect->job->id].ended = true;
        break;
    default:
        break;
    }
}

/* --- both cores --------------------------------------------------------------------------- */

/* After a restart one of them has forgotten what had ended before. */
static void print_effects(const struct effects *effects, struct buffer *text)
{
    buffer_reset(text);
    for (size_t i = 0; i < effects->count; i++)
        if (effects->all[i].kind != EFFECT_FORGET_JOB)
            effect_print(effects, &effects->all[i], text);
}

void world_step(struct world *world, struct event *event)
{
    event->at_us = world->now_us;
    effects_reset(&world->effects);
    core_step(world->core, event, &world->effects);
    core_check_invariants(world->core);
    world_check_licenses(world->core);
    effects_reset(&world->twin_effects);
    core_step(world->twin, event, &world->twin_effects);
    core_check_invariants(world->twin);

    world->next_job = core_next_job(world->core);
    print_effects(&world->effects, &world->text);
    print_effects(&world->twin_effects, &world->twin_text);
    if (strcmp(world->text.bytes, world->twin_text.bytes) != 0) {
        printf("# restarts %u, core:\n%s# twin:\n%s", (unsigned)world->restarts, world->text.bytes,
               world->twin_text.bytes);
        CU_FAIL_FATAL("two cores want different things done");
    }
    if (world->record) {
        event_print(event, world->record);
        buffer_add(world->record, world->text.bytes, world->text.length);
    }
    for (size_t i = 0; i < world->effects.count; i++)
        do_effect(world, &world->effects.all[i]);
}

void world_join(struct world *world, unsigned node)
{
    struct node_facts facts = world_facts(world, node);
    char boot[8];

    snprintf(boot, sizeof(boot), "%u", world->boot[node]);
    world->up[node] = true;
    facts.boot_id = boot;
    world_step(world, &(struct event){.kind = EVENT_NODE_JOINED, .node = facts});
}

/* --- restart ------------------------------------------------------------------------------ */

static void restore_books(const struct world *world, struct ledger *ledger)
{
    struct error err;

    for (size_t i = 0; i < world->booking_count; i++) {
        const struct txn *txn = &world->bookings[i].txn;
        bool is_grant = txn->kind <= TXN_GRANT_PROJECT;
        uint64_t id = is_grant ? strtoull(txn->key + strlen("GRT/"), NULL, 10) : 0;

        CU_ASSERT_FATAL(
            ledger_restore_txn(ledger, txn, is_grant ? &world->grants[id] : NULL, &err));
    }
}

static void restore_job(struct core *core, const struct saved_job *saved, struct error *err)
{
    const char *nodes[WORLD_NODES];
    struct job *job = NEW(struct job);

    copy_row(job, &saved->row);
    for (uint32_t i = 0; i < job->part_count; i++)
        nodes[i] = saved->nodes[i];
    if (job->held_micro > 0)
        CU_ASSERT_FATAL(ledger_restore_hold(core_ledger_to_restore(core), job->id, job->attempt,
                                            job->project, job->held_micro, err));
    CU_ASSERT_FATAL(core_restore_job(core, job, saved->cluster[0] ? saved->cluster : NULL,
                                     saved->partition[0] ? saved->partition : NULL, nodes, err));
}

static struct core *make_from_store(const struct world *world)
{
    static const char *const projects[][2] = {
        {"astro", "unam"},
        {"bio",   "unam"},
        {"cfd",   "ipn" }
    };
    struct core *core = world_make_core(world);
    struct ledger *ledger = core_ledger_to_restore(core);
    struct error err;

    (void)ledger_add_institution(ledger, "unam", &err);
    (void)ledger_add_institution(ledger, "ipn", &err);
    for (size_t i = 0; i < COUNT_OF(projects); i++)
        (void)ledger_add_project(ledger, projects[i][0], projects[i][1], &err);
    restore_books(world, ledger);
    for (size_t i = 0; i < world->limit_count; i++)
        core_restore_limit(core, &world->limits[i]);
    for (unsigned i = 0; i < WORLD_NODES; i++)
        CU_ASSERT_FATAL(
            core_restore_node(core, &world->nodes[i].row, world->nodes[i].cluster, &err));
    for (size_t i = 0; i < WORLD_JOBS; i++)
        if (world->jobs[i].there && !world->jobs[i].ended)
            restore_job(core, &world->jobs[i], &err);
    core_restore_done(core, world->next_job, world->now_us);
    core_check_invariants(core);
    return core;
}

static void change_all(struct world *world, enum event_kind kind)
{
    for (unsigned i = 0; i < WORLD_NODES; i++)
        world_step(world, &(struct event){
                              .kind = kind, .node_change = {world_node_name(i), "test"}
        });
}

static bool is_quiet(const struct world *world)
{
    for (size_t i = 0; i < WORLD_JOBS; i++)
        if (world->jobs[i].there && (world->jobs[i].row.state == JOB_CONFIGURING ||
                                     world->jobs[i].row.state == JOB_SUSPENDED ||
                                     world->jobs[i].row.state == JOB_COMPLETING))
            return false;
    return true;
}

/* All agents say hello to the new core alone. */
static void join_all(struct world *world, struct core *core)
{
    CLEANUP(effects_clear) struct effects effects;

    effects_init(&effects);
    for (unsigned i = 0; i < WORLD_NODES; i++) {
        struct event event = {
            .kind = EVENT_NODE_JOINED, .at_us = world->now_us, .node = world_facts(world, i)};

        event.node.boot_id = world->nodes[i].row.boot_id;

        core_step(core, &event, &effects);
    }
    CU_ASSERT(effects.count == 0);
}

void world_crash(struct world *world)
{
    core_free(world->twin);
    core_free(world->core);
    world->core = make_from_store(world);
    world->twin = make_from_store(world);
    world->restarts++;
    for (unsigned i = 0; i < WORLD_NODES; i++)
        world_join(world, i);
}

bool world_restart(struct world *world)
{
    bool quiet;

    for (unsigned i = 0; i < WORLD_NODES; i++)
        world_join(world, i);
    /* Nothing may start while some nodes are back and others are not. */
    change_all(world, EVENT_NODE_DRAINED);
    /* Parked jobs are looked at in rounds; a new core begins with a new one. */
    while (core_next_time(world->core) <= world->now_us + US_PER_SECOND) {
        world->now_us = core_next_time(world->core) > world->now_us ? core_next_time(world->core)
                                                                    : world->now_us;
        world_step(world, &(struct event){.kind = EVENT_TIME_PASSED});
    }
    quiet = is_quiet(world);
    if (quiet) {
        core_free(world->twin);
        world->twin = make_from_store(world);
        world->restarts++;
        join_all(world, world->twin);
    }
    change_all(world, EVENT_NODE_RESUMED);
    return quiet;
}
