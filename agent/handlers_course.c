/* handlers_course.c - what is done for a part in each of its states */

#include "agent/course.h"
#include "agent/handlers.h"
#include "agent/hook.h"
#include "agent/run.h"
#include "agent/suspend.h"
#include "base/log.h"
#include "base/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GIVE_UP_US      (30 * US_PER_SECOND) /* behind the kill-wait: then it is cleared by force */
#define RETRY_LEAST_US  (US_PER_SECOND / 10)
#define RETRY_MOST_US   (5 * US_PER_SECOND)
#define HOLD_US         US_PER_MINUTE /* so long a launch waits for the launcher to come back */
#define KEEP_US         (5 * US_PER_SECOND) /* for late asks of its steps and its output */
#define RESEND_LEAST_US US_PER_SECOND
#define RESEND_MOST_US  (30 * US_PER_SECOND)

static alarm_fn on_act, on_resend, on_lease_over;

void course_act_now(struct agent *agent, struct part *part)
{
    alarm_set(&agent->alarms, &part->act, agent_now(agent));
}

static void act_later(struct agent *agent, struct part *part)
{
    part->pause_us = part->pause_us * 2;
    if (part->pause_us < RETRY_LEAST_US)
        part->pause_us = RETRY_LEAST_US;
    if (part->pause_us > RETRY_MOST_US)
        part->pause_us = RETRY_MOST_US;
    alarm_set(&agent->alarms, &part->act, agent_now(agent) + part->pause_us);
}

/* It must be possible; the journal has it; and what follows is done in this turn. */
static void move(struct agent *agent, struct part *part, enum task_event event)
{
    bool moved = task_state_move(&part->state, event);

    assert(moved);
    part->pause_us = part->held_us = 0;
    note_state(agent, part);
    course_act_now(agent, part);
}

static void set_text(char **place, const char *text)
{
    free(*place);
    *place = memory_copy(text);
}

void part_prepare(struct part *part)
{
    part->act.fire = on_act;
    part->lease.fire = on_lease_over;
}

/* --- reports ------------------------------------------------------------------------------ */

static void send_report(struct agent *agent, struct report *report)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__PartReport wire;

    report_fill(report, &wire);
    if (agent->facts.lent && report->event == WIRE__PART_EVENT__PART_EVENT_STARTED)
        wire.ago_us = agent_wall(agent) - report->at_us;
    wire.incarnation =
        (ProtobufCBinaryData){.len = INCARNATION_SIZE, .data = agent->facts.incarnation};
    envelope.request = agent_next_request(agent);
    envelope.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    envelope.part_report = &wire;
    agent_send(agent, &envelope);
}

/* Only to the database that the part is of, and only while that one listens. */
static void on_resend(void *owner, struct alarm *alarm)
{
    struct agent *agent = owner;
    struct report *report = CONTAINER_OF(alarm, struct report, resend);

    if (agent->session != SESSION_JOINED ||
        memcmp(report->lineage, agent->lineage, LINEAGE_SIZE) != 0)
        return; /* set again when the node has joined */
    send_report(agent, report);
    report->pause_us = report->pause_us * 2;
    if (report->pause_us < RESEND_LEAST_US)
        report->pause_us = RESEND_LEAST_US;
    if (report->pause_us > RESEND_MOST_US)
        report->pause_us = RESEND_MOST_US;
    alarm_set(&agent->alarms, alarm, agent_now(agent) + agent_jitter(agent, report->pause_us));
}

void report_prepare(struct report *report)
{
    report->resend.fire = on_resend;
}

void course_report(struct agent *agent, struct part *part, Wire__PartEvent event)
{
    struct report *report = report_new();

    report->number = journal_next_number(agent->journal);
    report->key = part->key;
    memcpy(report->token, part->token, TOKEN_SIZE);
    memcpy(report->lineage, part->lineage, LINEAGE_SIZE);
    report->event = event;
    report->at_us = agent_wall(agent);
    report->turn = part->turn_done;
    if (event == WIRE__PART_EVENT__PART_EVENT_STARTED)
        report->at_us = part->started_us;
    if (event == WIRE__PART_EVENT__PART_EVENT_ENDED)
        report->end = part->end;
    if (event == WIRE__PART_EVENT__PART_EVENT_ENDED && part->end.ended_us > 0)
        report->at_us = part->end.ended_us;
    report_set_text(&report->text, part->text);
    report_set_text(&report->trouble, part->trouble);
    if (event == WIRE__PART_EVENT__PART_EVENT_ENDED)
        report_set_text(&report->samples, part->samples);
    report_set_text(&report->core_list, part->core_list);
    report_set_text(&report->cpu_list, part->cpu_list);
    report_set_text(&report->gpu_list, part->launch ? part_launch(part)->gpu_list : "");
    report_set_text(&report->output, part->output);
    report_set_text(&report->error, part->error_output);
    report_prepare(report);
    note_report(agent, report);
    list_add_last(&agent->reports, &report->of_agent);
    alarm_set(&agent->alarms, &report->resend, agent_now(agent));
}

void course_resend_all(struct agent *agent)
{
    LIST_EACH(&agent->reports, node) {
        struct report *report = CONTAINER_OF(node, struct report, of_agent);

        report->pause_us = 0;
        alarm_set(&agent->alarms, &report->resend, agent_now(agent));
    }
}

void course_resend_part(struct agent *agent, const struct part *part)
{
    LIST_EACH(&agent->reports, node) {
        struct report *report = CONTAINER_OF(node, struct report, of_agent);

        if (part_key_equal(&report->key, &part->key))
            alarm_set(&agent->alarms, &report->resend, agent_now(agent));
    }
}

/* --- the course --------------------------------------------------------------------------- */

static void fail_part(struct agent *agent, struct part *part, const struct error *why)
{
    log_warning("job=%" PRIu64 " part=%" PRIu32 " cannot start: %s; told the scheduler",
                part->key.job, part->key.part, why->text);
    course_failed(agent, part, why->text);
}

/* Without a launcher nothing starts, but most are back in no time; and whatever it had done of the
 * request when it died, asked again it does once. */
static void hold_or_fail(struct agent *agent, struct part *part, const struct error *why)
{
    int64_t now_us = agent_now(agent);

    if (why->code == ERROR_UNAVAILABLE && part->held_us == 0) {
        log_warning("job=%" PRIu64 " part=%" PRIu32 " cannot start yet: %s; will try again",
                    part->key.job, part->key.part, why->text);
        part->held_us = now_us;
    }
    if (why->code == ERROR_UNAVAILABLE && now_us < part->held_us + HOLD_US)
        act_later(agent, part);
    else
        fail_part(agent, part, why);
}

/* Made, and its prolog has ended well; false: not (yet). */
static bool make_and_prepare(struct agent *agent, struct part *part)
{
    struct error err;

    /* A prolog is noted once the part is made. */
    if (!part_find_set(part, STEP_PROLOG) && !run_make_part(agent, part, &err)) {
        hold_or_fail(agent, part, &err);
        return false;
    }
    switch (hook_pass(agent, part, STEP_PROLOG, &err)) {
    case HOOK_PASSED:
        return true;
    case HOOK_WAITS:
        return false;
    case HOOK_HELD:
    case HOOK_FAILED:
        break;
    }
    hold_or_fail(agent, part, &err);
    return false;
}

static void make_part(struct agent *agent, struct part *part)
{
    if (!make_and_prepare(agent, part))
        return;
    part->ready_boot_us = agent_now(agent);
    move(agent, part, TASK_ON_MADE);
    /* Told to start as well, it is not told to be ready: that it has started says so. */
    if (part_launch(part)->start_batch)
        move(agent, part, TASK_ON_START);
    else
        course_report(agent, part, WIRE__PART_EVENT__PART_EVENT_READY);
    log_info("job=%" PRIu64 " part=%" PRIu32 " ready cores=%s", part->key.job, part->key.part,
             part->core_list);
}

/* The launch that made it ready said to start the script as well. */
static void start_if_told(struct agent *agent, struct part *part)
{
    if (part_launch(part)->start_batch)
        move(agent, part, TASK_ON_START);
}

static void start_batch(struct agent *agent, struct part *part)
{
    struct error err;

    if (part_find_set(part, 0))
        return; /* it was handed over, and its start will be told */
    if (!run_batch(agent, part, &err))
        hold_or_fail(agent, part, &err);
}

/* True when the launcher took all signals. */
static bool signal_sets(struct agent *agent, struct part *part)
{
    const struct runtime *runtime = agent->seams.runtime;
    bool all = true;

    LIST_EACH(&part->sets, node) {
        const struct task_set *set = CONTAINER_OF(node, struct task_set, of_part);
        struct task_key key = part_key(part, set->step);
        struct error err;

        if (set->state == SET_ENDED || runtime->signal(runtime->state, &key, 0, false, &err))
            continue;
        log_warning("job=%" PRIu64 " step=%" PRIu64 " cannot be told to end: %s; will try again",
                    key.job, key.step, err.text);
        all = false;
    }
    return all;
}

static void stop_part(struct agent *agent, struct part *part)
{
    int64_t last_us = part->told_boot_us + agent->kill_wait_us + GIVE_UP_US;

    hook_give_up(agent, part);

    if (!part_has_live_set(part) || agent_now(agent) >= last_us)
        move(agent, part, TASK_ON_OVER);
    else if (signal_sets(agent, part))
        alarm_set(&agent->alarms, &part->act, last_us);
    else
        act_later(agent, part);
}

/* What the runtime said of its own end stands; a part that ran none has what we know. */
static void complete_end(struct agent *agent, struct part *part)
{
    if (part->end.ended_us > 0)
        return;
    part->end.ended_us = agent_wall(agent);
    /* A batch script that was never started has not run for any time. */
    if (part->ready_boot_us > 0 && (part->key.part != 0 || part->started_us > 0))
        part->end.wall_used_us = agent_now(agent) - part->ready_boot_us;
    if (part->end.cause == TASK_BY_ITSELF)
        part->end.cause = TASK_STOPPED;
}

static bool epilog_is_over(struct agent *agent, struct part *part)
{
    struct error err;
    enum hook_look look = hook_pass(agent, part, STEP_EPILOG, &err);

    if (look == HOOK_HELD) {
        if (part->pause_us >= RETRY_MOST_US)
            log_warning("job=%" PRIu64 " part=%" PRIu32 " its epilog cannot start yet: %s; will "
                        "try again",
                        part->key.job, part->key.part, err.text);
        act_later(agent, part);
    }
    return look == HOOK_PASSED || look == HOOK_FAILED;
}

static void clear_part(struct agent *agent, struct part *part)
{
    const struct runtime *runtime = agent->seams.runtime;
    struct error err;

    if (!epilog_is_over(agent, part))
        return;
    run_take_samples(agent, part); /* before they go with the part */
    if (!runtime->part_remove(runtime->state, &part->key, &err) && err.code != ERROR_NOT_FOUND) {
        if (part->pause_us >= RETRY_MOST_US)
            log_warning("job=%" PRIu64 " part=%" PRIu32 " is not gone yet: %s; will try again",
                        part->key.job, part->key.part, err.text);
        act_later(agent, part);
        return;
    }
    readers_end_part(agent, part); /* before what they read is dropped */
    steps_drop_part(agent, part);
    set_text(&part->trouble, hook_trouble(part));
    LIST_EACH(&part->sets, node)
        run_drop_set(agent, CONTAINER_OF(node, struct task_set, of_part));
    run_remove_hosts(agent, part);
    if (!part_is_suspended(part))
        slots_give(agent->slots, part->cores);
    if (part->gpus)
        devices_give(agent->devices, part->gpus);
    complete_end(agent, part);
    move(agent, part, TASK_ON_CLEARED);
    course_report(agent, part,
                  !part->refused     ? WIRE__PART_EVENT__PART_EVENT_ENDED
                  : part->given_back ? WIRE__PART_EVENT__PART_EVENT_GIVEN_BACK
                                     : WIRE__PART_EVENT__PART_EVENT_REFUSED);
    log_info("job=%" PRIu64 " part=%" PRIu32 " ended cause=%d code=%" PRIu32 " signal=%" PRIu32
             " %s",
             part->key.job, part->key.part, (int)part->end.cause, part->end.exit_code,
             part->end.exit_signal, part->text);
    if (lineage_is_strange(agent, part))
        session_start(agent); /* its cores are free: the inventory tells of that */
}

void course_forget(struct agent *agent, struct part *part)
{
    agent->seams.runtime->forget(agent->seams.runtime->state, &part->key);
    note_forgotten(agent, part);
    agent_add_gone(agent, &part->key);
    agent_drop_part(agent, part);
}

void course_forget_reported(struct agent *agent)
{
    LIST_EACH(&agent->parts, node) {
        struct part *part = CONTAINER_OF(node, struct part, of_agent);

        if (part->state == TASK_REPORTED)
            course_forget(agent, part);
    }
}

static void on_act(void *owner, struct alarm *alarm)
{
    static void (*const actions[TASK_STATE_COUNT])(struct agent *, struct part *) = {
        [TASK_RECEIVED] = make_part, [TASK_READY] = start_if_told, [TASK_STARTING] = start_batch,
        [TASK_STOPPING] = stop_part, [TASK_CLEARING] = clear_part, [TASK_REPORTED] = course_forget,
    };
    struct part *part = CONTAINER_OF(alarm, struct part, act);

    if (part->unsure && part->state < TASK_RUNNING)
        return; /* a verdict will come */
    if (actions[part->state])
        actions[part->state](owner, part);
}

void course_catch_up(struct agent *agent, struct part *part)
{
    if (part->state == TASK_RECEIVED) {
        part->ready_boot_us = agent_now(agent);
        move(agent, part, TASK_ON_MADE);
    }
    if (part->state == TASK_READY)
        move(agent, part, TASK_ON_START);
}

void course_confirm(struct agent *agent, struct part *part)
{
    if (!part->unsure)
        return;
    part->unsure = false;
    course_act_now(agent, part);
}

void course_stop(struct agent *agent, struct part *part, const char *why)
{
    if (part->state >= TASK_STOPPING)
        return;
    part->told_boot_us = agent_now(agent);
    set_text(&part->text, why);
    log_info("job=%" PRIu64 " part=%" PRIu32 " told to end: %s", part->key.job, part->key.part,
             why);
    move(agent, part, TASK_ON_STOP);
}

void course_over(struct agent *agent, struct part *part)
{
    if (part->state < TASK_CLEARING)
        move(agent, part, TASK_ON_OVER);
}

/* Where its output lies is said once, and without links: it will be read again long after. */
static void fix_file(struct agent *agent, const struct part *part, bool error_stream, char **path)
{
    const struct runtime *runtime = agent->seams.runtime;
    struct task_key key = part_key(part, 0);
    CLEANUP(buffer_clear) struct buffer found = {0};

    buffer_init(&found);
    if (**path && runtime->find_file(runtime->state, &key, error_stream, &found))
        set_text(path, found.bytes);
}

static void fix_files(struct agent *agent, struct part *part)
{
    fix_file(agent, part, false, &part->output);
    fix_file(agent, part, true, &part->error_output);
}

void course_started(struct agent *agent, struct part *part, int64_t at_us)
{
    if (part->started_us > 0 || part->state >= TASK_CLEARING)
        return;
    part->started_us = at_us > 0 ? at_us : agent_wall(agent);
    fix_files(agent, part);
    move(agent, part, TASK_ON_STARTED);
    course_report(agent, part, WIRE__PART_EVENT__PART_EVENT_STARTED);
    run_slim_launch(agent, part);
    log_info("job=%" PRIu64 " part=%" PRIu32 " started cpus=%s", part->key.job, part->key.part,
             part->cpu_list);
}

void course_ended(struct agent *agent, struct part *part, const struct task_end *end)
{
    if (part->state >= TASK_CLEARING)
        return;
    if (part->started_us == 0) /* its start was lost on the way */
        course_started(agent, part, 0);
    part_take_end(part, end);
    if (part->state != TASK_STOPPING || !part_has_live_set(part))
        move(agent, part, TASK_ON_OVER);
}

void course_failed(struct agent *agent, struct part *part, const char *why)
{
    if (part->state >= TASK_CLEARING)
        return;
    part->refused = part->started_us == 0;
    part->end.cause = TASK_UNKNOWN;
    set_text(&part->text, why);
    move(agent, part, TASK_ON_OVER);
}

void course_reported(struct agent *agent, struct part *part)
{
    if (part->state != TASK_ENDED)
        return;
    move(agent, part, TASK_ON_REPORTED);
    alarm_clear(&agent->alarms, &part->lease);
    alarm_set(&agent->alarms, &part->act, agent_now(agent) + KEEP_US);
}

void course_forget_reports(struct agent *agent, struct part *part)
{
    LIST_EACH(&agent->reports, node) {
        struct report *report = CONTAINER_OF(node, struct report, of_agent);

        if (!part_key_equal(&report->key, &part->key))
            continue;
        note_reported(agent, report);
        alarm_clear(&agent->alarms, &report->resend);
        list_remove(&agent->reports, node);
        report_free(report);
    }
    course_reported(agent, part);
}

/* --- leases ------------------------------------------------------------------------------- */

static void on_lease_over(void *owner, struct alarm *alarm)
{
    struct part *part = CONTAINER_OF(alarm, struct part, lease);

    course_stop(owner, part, "no word from the scheduler for as long as its lease");
}

void course_lease(struct agent *agent, struct part *part)
{
    int64_t lease_us = part_launch(part)->lease_us;

    if (lease_us > 0 && part->state < TASK_STOPPING)
        alarm_set(&agent->alarms, &part->lease, agent->contact_us + lease_us);
}
