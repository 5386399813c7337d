/* service.c - the service as a whole: construction, time, the core's door, effects */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/queued.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_US        US_PER_SECOND
#define CLOCK_JUMP_US   (2 * US_PER_SECOND) /* more than this between both clocks is told */
#define CLOCK_SLEW_PART 20                  /* now_us follows the wall clock by 1/20 at most */

/* --- time --------------------------------------------------------------------------------------- */

static void warn_of_jump(struct service *service, int64_t apart_us)
{
    bool jumped = apart_us > CLOCK_JUMP_US || apart_us < -CLOCK_JUMP_US;

    if (jumped && !service->clock_warned)
        log_warning("the wall clock jumped by %" PRId64 " ms, following it slowly so that no "
                    "limit or lease ends early",
                    apart_us / 1000);
    service->clock_warned = jumped;
}

/* Durations must not notice when somebody sets the clock: time goes on with the boot clock and
 * drifts towards the wall clock, never back. */
void service_tick(struct service *service)
{
    int64_t boot_us = clock_boot_us(service->outside.clock);
    int64_t elapsed_us = boot_us - service->boot_us;
    int64_t most_us = elapsed_us / CLOCK_SLEW_PART;
    int64_t apart_us;

    if (elapsed_us <= 0)
        return;
    service->boot_us = boot_us;
    service->now_us += elapsed_us;
    apart_us = clock_wall_us(service->outside.clock) - service->now_us;
    warn_of_jump(service, apart_us);
    if (apart_us > most_us)
        apart_us = most_us;
    else if (apart_us < -most_us)
        apart_us = -most_us;
    service->now_us += apart_us;
}

/* --- effects -------------------------------------------------------------------------------------- */

static void on_save_job(struct service *service, const struct effect *effect)
{
    if (service->open->job_count == 0)
        service->open->begun_us = service->now_us;
    group_note_job(service->open, effect->job->id);
    if (effect->job->state == JOB_PENDING && effect->job->hold == HOLD_REQUEUED)
        answer_waits(service, effect->job); /* who waits for its end waits for nothing */
}

static void on_save_node(struct service *service, const struct effect *effect)
{
    const struct peer *peer = peers_find(service->peers, effect->node->name);
    static const uint8_t none[DIGEST_SIZE];

    save_node(service, effect->node, peer ? peer->topology : none);
}

static void put_hold(struct service *service, const struct effect *effect, enum write_verb verb)
{
    const struct row row = {
        .kind = ROW_HOLD,
        .hold = {.job = (int64_t)effect->job->id,
                 .attempt = effect->attempt,
                 .project = effect->job->project,
                 .amount = effect->amount_micro},
    };

    batch_add(&service->open->batch, verb, &row);
}

static void on_save_hold(struct service *service, const struct effect *effect)
{
    put_hold(service, effect, WRITE_PUT);
}

static void on_end_hold(struct service *service, const struct effect *effect)
{
    put_hold(service, effect, WRITE_REMOVE);
}

static void on_save_txn(struct service *service, const struct effect *effect)
{
    save_booking(service, &service->effects.bookings[effect->txn]);
}

static void add_command(struct service *service, const struct effect *effect,
                        enum command_kind kind)
{
    const struct command command = {
        .kind = kind,
        .job = effect->job->id,
        .attempt = effect->job->attempt,
        .part = effect->part,
        .signal = kind == COMMAND_SIGNAL ? SIGTERM : 0,
    };

    group_add_command(service->open, &command);
}

static void on_launch_part(struct service *service, const struct effect *effect)
{
    bool start = effect->job->parts[effect->part].state == PART_STARTING;

    add_command(service, effect, start ? COMMAND_START : COMMAND_READY);
}

static void on_tell_part(struct service *service, const struct effect *effect)
{
    add_command(service, effect,
                effect->kind == EFFECT_STOP_PART   ? COMMAND_STOP
                : effect->kind == EFFECT_TERM_PART ? COMMAND_SIGNAL
                                                   : COMMAND_TURN);
}

static void on_job_ended(struct service *service, const struct effect *effect)
{
    const struct job *job = effect->job;

    log_info("job=%" PRIu64 " user=%s state=%s exit=%" PRIu32 ":%" PRIu32 " ended", job->id,
             job->user, job_state_name(job->state), job->exit_code, job->exit_signal);
    answer_waits(service, job);
}

/* The store has it, unless the disk is so slow that the group in which it ended is still open. */
static void on_forget_job(struct service *service, const struct effect *effect)
{
    struct group *group = service->open;

    if (group->job_count > 0 &&
        service->now_us - group->begun_us >= service->settings->keep_ended_us)
        save_job(service, effect->job, &group->batch);
    forget_shadow(service, effect->job->id);
    log_debug("job=%" PRIu64 " forgotten: the store has it", effect->job->id);
}

static void on_warn(struct service *service, const struct effect *effect)
{
    (void)service;
    log_warning("%s", effect->text);
}

static void note_effects(struct service *service)
{
    static void (*const on_effect[EFFECT_KIND_COUNT])(struct service *, const struct effect *) = {
        [EFFECT_SAVE_JOB] = on_save_job,     [EFFECT_SAVE_NODE] = on_save_node,
        [EFFECT_SAVE_HOLD] = on_save_hold,   [EFFECT_END_HOLD] = on_end_hold,
        [EFFECT_SAVE_TXN] = on_save_txn,     [EFFECT_LAUNCH_PART] = on_launch_part,
        [EFFECT_STOP_PART] = on_tell_part,   [EFFECT_JOB_ENDED] = on_job_ended,
        [EFFECT_FORGET_JOB] = on_forget_job, [EFFECT_WARN] = on_warn,
        [EFFECT_TERM_PART] = on_tell_part,   [EFFECT_TURN_PART] = on_tell_part,
    };

    for (size_t i = 0; i < service->effects.count; i++) {
        const struct effect *effect = &service->effects.all[i];

        on_effect[effect->kind](service, effect);
    }
}

void service_step(struct service *service, struct event *event)
{
    event->at_us = service->now_us;
    effects_reset(&service->effects);
    core_step(service->core, event, &service->effects);
    note_effects(service);
}

/* --- answers ---------------------------------------------------------------------------------------- */

static void pack(struct service *service, Wire__Envelope *message, uint64_t request)
{
    message->request = request;
    message->epoch = (uint64_t)service->marks.epoch;
    buffer_reset(&service->scratch);
    message_encode(message, &service->scratch);
}

/* What a client would not even take in is refused here, with what it can do. */
static void pack_answer(struct service *service, Wire__Envelope *answer, uint64_t request)
{
    Wire__Envelope refusal = WIRE__ENVELOPE__INIT;
    Wire__Failure failure = WIRE__FAILURE__INIT;
    struct error err;

    pack(service, answer, request);
    if (service->scratch.length <= SOCKET_FRAME_MAX)
        return;
    fail(&err, ERROR_EXHAUSTED, "the answer has %zu bytes, %d are the most: ask for less at once",
         service->scratch.length, SOCKET_FRAME_MAX);
    failure_fill(&failure, &err);
    refusal.body_case = WIRE__ENVELOPE__BODY_FAILURE;
    refusal.failure = &failure;
    pack(service, &refusal, request);
}

void service_answer(struct service *service, enum door door, const struct sender *to,
                    uint64_t request, Wire__Envelope *answer)
{
    pack_answer(service, answer, request);
    group_add_letter(service->open, door, to, service->scratch.bytes, service->scratch.length);
}

void service_answer_failure(struct service *service, enum door door, const struct sender *to,
                            uint64_t request, const struct error *err)
{
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;
    Wire__Failure failure = WIRE__FAILURE__INIT;

    failure_fill(&failure, err);
    answer.body_case = WIRE__ENVELOPE__BODY_FAILURE;
    answer.failure = &failure;
    service_answer(service, door, to, request, &answer);
}

void service_send(struct service *service, enum door door, const struct sender *to,
                  uint64_t request, Wire__Envelope *message)
{
    const struct transport *transport = service->outside.transport;

    pack(service, message, request);
    transport->send(transport->state, door, to, service->scratch.bytes, service->scratch.length);
}

void answer_done(Wire__Envelope *answer, struct arena *keep)
{
    ANSWER(answer, keep, Wire__Done, wire__done, done, WIRE__ENVELOPE__BODY_DONE);
}

/* --- messages ----------------------------------------------------------------------------------------- */

void service_receive(struct service *service, enum door door, const struct sender *sender,
                     const uint8_t *bytes, size_t size)
{
    struct buffer *answer = &service->answer;
    uint64_t refused = dispatcher_refused(service->dispatchers[door]);

    if (service->stopping || service->failure.code != ERROR_NONE)
        return;
    service_tick(service);
    people_set_time(service->people, service->now_us);
    service->door = door;
    if (dispatch(service->dispatchers[door], sender, bytes, size, service->boot_us, answer))
        group_add_letter(service->open, door, sender, answer->bytes, answer->length);
    if (dispatcher_refused(service->dispatchers[door]) != refused)
        audit_refused(service, sender, bytes, size);
}

bool service_paces(struct service *service, struct ask *ask, enum pace_kind kind, struct error *err)
{
    uint32_t rate = kind == PACE_SUBMISSION ? service->settings->submissions_per_second
                                            : service->settings->queries_per_second;
    int64_t wait_us = pace_take(service->pace, kind, ask->principal->name, rate, service->boot_us);

    if (wait_us == 0)
        return true;
    ask->retry_after_us = (uint64_t)wait_us;
    return fail(err, ERROR_EXHAUSTED, "more than %" PRIu32 " requests a second: ask again", rate);
}

bool service_admits(const struct service *service, const char *key)
{
    return identities_admit(service->identities, key);
}

/* --- timers --------------------------------------------------------------------------------------------- */

int64_t service_next_time(const struct service *service)
{
    int64_t next_us = service->next_sweep_us;
    int64_t core_us = core_next_time(service->core);
    int64_t other_us = waits_next_time(service->waits);

    if (other_us < next_us)
        next_us = other_us;
    other_us = forwards_next_time(service->forwards);
    if (other_us < next_us)
        next_us = other_us;
    if (core_us < INT64_MAX && core_us - service->now_us + service->boot_us < next_us)
        next_us = core_us - service->now_us + service->boot_us;
    return next_us;
}

static void end_late_forwards(struct service *service)
{
    struct forward *forward;

    while ((forward = forwards_take_late(service->forwards, service->boot_us))) {
        struct error err;

        fail(&err, ERROR_UNAVAILABLE, "node %s does not answer: try again", forward->node);
        service_answer_failure(service, forward->door, &forward->to, forward->request, &err);
        forward_free(forward);
    }
}

void service_pass_time(struct service *service)
{
    if (service->stopping || service->failure.code != ERROR_NONE)
        return;
    service_tick(service);
    if (core_next_time(service->core) <= service->now_us)
        service_step(service, &(struct event){.kind = EVENT_TIME_PASSED});
    answer_late_waits(service);
    end_late_forwards(service);
    if (service->next_sweep_us <= service->boot_us) {
        service->next_sweep_us = service->boot_us + SWEEP_US;
        sweep_peers(service);
        trim_requests(service);
        look_for_room(service);
    }
}

/* --- life ------------------------------------------------------------------------------------------------- */

static struct core *make_core(const struct settings *settings, const uint8_t token_seed[32])
{
    struct core_settings core_settings = {
        .clusters = settings->clusters,
        .licenses = settings->licenses,
        .license_count = settings->license_count,
        .cluster_count = settings->cluster_count,
        .kill_wait_us = settings->kill_wait_us,
        .keep_ended_us = settings->keep_ended_us,
        .launch_failures_most = settings->launch_failures_most,
        .policy = settings->policy,
        .priority = settings->priority,
        .backfill_depth = settings->backfill_depth,
        .switch_wait_us = settings->switch_wait_us,
        .finish_gain_us = settings->finish_gain_us,
        .pending_most = settings->pending_most,
        .pending_most_per_user = settings->pending_most_per_user,
        .qoses = settings->qoses,
        .limits = settings->limits,
        .limit_count = settings->limit_count,
    };
    struct core *core;

    memcpy(core_settings.token_seed, token_seed, sizeof(core_settings.token_seed));
    core = core_new(&core_settings);
    memory_wipe(core_settings.token_seed, sizeof(core_settings.token_seed));
    return core;
}

static void make_dispatchers(struct service *service)
{
    for (int door = 0; door < DOOR_COUNT; door++) {
        service->handlers[door] = door_handlers((enum door)door);
        service->dispatchers[door] =
            dispatcher_new(service->handlers[door], service->identities, on_welcome, service);
        dispatcher_set_epoch(service->dispatchers[door], (uint64_t)service->marks.epoch);
    }
}

struct service *service_new(const struct settings *settings, const struct outside *outside,
                            struct error *err)
{
    CLEANUP(service_freep) struct service *service = NEW(struct service);

    service->settings = settings;
    service->outside = *outside;
    effects_init(&service->effects);
    service->people = people_new();
    service->queued = queued_new();
    service->given = given_new();
    service->identities = identities_new();
    service->peers = peers_new();
    service->waits = waits_new();
    service->forwards = forwards_new();
    service->pace = pace_new();
    service->denials = quota_new();
    service->reads = reads_new();
    service->recent = table_new();
    service->scripts = table_new();
    service->shadows = table_new();
    service->refundable = table_new();
    buffer_init(&service->scratch);
    buffer_init(&service->answer);
    group_init(&service->groups[0]);
    group_init(&service->groups[1]);
    service->open = &service->groups[0];
    service->room = ROOM_ENOUGH;
    service->boot_us = clock_boot_us(outside->clock);
    service->now_us = clock_wall_us(outside->clock);
    service->started_us = service->now_us;
    service->next_sweep_us = service->boot_us + SWEEP_US;
    if (!outside->store->marks(outside->store, &service->marks, err))
        return NULL;
    service->core =
        make_core(settings, outside->token_seed ? outside->token_seed : service->marks.token_seed);
    memory_wipe(service->marks.token_seed, sizeof(service->marks.token_seed));
    if (!service_load(service, err))
        return NULL;
    service->last_session = (uint64_t)service->marks.epoch << 32;
    make_dispatchers(service);
    return STEAL(service);
}

static void free_refundable(struct service *service)
{
    int64_t *left;

    for (size_t place = 0; (left = table_next(service->refundable, &place));)
        free(left);
    table_free(service->refundable);
}

static void free_shadows(struct service *service)
{
    void *shadow;

    for (size_t place = 0; (shadow = table_next(service->shadows, &place));)
        free(shadow);
    table_free(service->shadows);
}

void service_free(struct service *service)
{
    if (!service)
        return;
    for (int door = 0; door < DOOR_COUNT; door++) {
        dispatcher_free(service->dispatchers[door]);
        free(service->handlers[door]);
    }
    table_free(service->recent);
    table_free(service->scripts);
    free_shadows(service);
    free_refundable(service);
    runnable_free(service->runnable);
    group_clear(&service->groups[0]);
    group_clear(&service->groups[1]);
    buffer_clear(&service->scratch);
    buffer_clear(&service->answer);
    pace_free(service->pace);
    quota_free(service->denials);
    reads_free(service->reads);
    forwards_free(service->forwards);
    waits_free(service->waits);
    peers_free(service->peers);
    identities_free(service->identities);
    people_free(service->people);
    queued_free(service->queued);
    given_free(service->given);
    effects_clear(&service->effects);
    core_free(service->core);
    free(service);
}

void service_stop(struct service *service)
{
    service->stopping = true;
}

bool service_has_ended(const struct service *service)
{
    return service->failure.code != ERROR_NONE || (service->stopping && service_is_idle(service));
}

const struct error *service_failure(const struct service *service)
{
    return service->failure.code == ERROR_NONE ? NULL : &service->failure;
}

const struct core *service_core(const struct service *service)
{
    return service->core;
}

/* Recovering: nodes that were there before the start have time to come back. */
const char *service_state(const struct service *service)
{
    const struct peer *peer;

    if (service->stopping)
        return "stopping";
    for (size_t place = 0; (peer = peers_next(service->peers, &place));)
        if (!peer->connected && !peer->silent)
            return "recovering";
    return room_name(service->room);
}

uint64_t service_epoch(const struct service *service)
{
    return (uint64_t)service->marks.epoch;
}
