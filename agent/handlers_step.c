/* handlers_step.c - the course of a step: its tasks started, their ends gathered */

#include "agent/handlers.h"
#include "agent/relay.h"
#include "agent/run.h"
#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_ENDED_US US_PER_MINUTE /* so long its output can be read, and its end be asked for */
#define SILENT_US     (5 * US_PER_MINUTE) /* whoever asked for it is gone */
#define FAILED_CODE   127 /* of tasks that could not be started, as a shell says it */

static alarm_fn on_step_part_due, on_step_overdue, on_step_silent;

/* --- answers ------------------------------------------------------------------------------ */

void step_fill_started(const struct step *step, Wire__Envelope *answer, struct arena *keep)
{
    const Wire__PartLaunch *launch = part_launch(step->part);
    Wire__StepStarted *started = ARENA_NEW(keep, Wire__StepStarted);

    wire__step_started__init(started);
    started->step = step->id;
    started->parts = ARENA_NEW_ARRAY(keep, Wire__StepPart *, step->count);
    started->n_parts = step->count;
    for (size_t i = 0; i < step->count; i++) {
        Wire__StepPart *wire = ARENA_NEW(keep, Wire__StepPart);

        wire__step_part__init(wire);
        wire->part = step->parts[i].part;
        wire->node = arena_copy(keep, launch->nodes[wire->part]);
        wire->tasks = step->parts[i].tasks;
        wire->first_task = step->parts[i].first_task;
        started->parts[i] = wire;
    }
    answer->body_case = WIRE__ENVELOPE__BODY_STEP_STARTED;
    answer->step_started = started;
}

void step_fill_ended(const struct step *step, bool timeout, Wire__Envelope *answer,
                     struct arena *keep)
{
    Wire__StepEnded *ended = ARENA_NEW(keep, Wire__StepEnded);

    wire__step_ended__init(ended);
    ended->timeout = timeout;
    if (!timeout) {
        ended->exit_code = step_exit_code(step);
        ended->part_codes = ARENA_NEW_ARRAY(keep, uint32_t, step->count);
        ended->n_part_codes = step->count;
        for (size_t i = 0; i < step->count; i++)
            ended->part_codes[i] = step->parts[i].exit_code;
    }
    answer->body_case = WIRE__ENVELOPE__BODY_STEP_ENDED;
    answer->step_ended = ended;
}

/* Tell one who waited, and let them go. */
static void answer_asker(struct agent *agent, struct list *askers, struct step_asker *asker,
                         Wire__Envelope *answer)
{
    answer->request = asker->request;
    agent_send_local(agent, &asker->to, answer);
    list_remove(askers, &asker->of_step);
    free(asker);
}

static void answer_failure(struct agent *agent, struct list *askers, const struct error *err)
{
    LIST_EACH(askers, node) {
        struct step_asker *asker = CONTAINER_OF(node, struct step_asker, of_step);

        agent_send_local_failure(agent, &asker->to, asker->request, err);
        list_remove(askers, node);
        free(asker);
    }
}

static void answer_starters(struct agent *agent, struct step *step)
{
    CLEANUP(arena_freep) struct arena *keep = arena_new();

    LIST_EACH(&step->starters, node) {
        Wire__Envelope answer = WIRE__ENVELOPE__INIT;

        step_fill_started(step, &answer, keep);
        answer_asker(agent, &step->starters, CONTAINER_OF(node, struct step_asker, of_step),
                     &answer);
    }
}

/* Those who waited until now, or all when the step has ended. */
static void answer_waiters(struct agent *agent, struct step *step)
{
    CLEANUP(arena_freep) struct arena *keep = arena_new();
    bool ended = step_has_ended(step);

    LIST_EACH(&step->waiters, node) {
        struct step_asker *asker = CONTAINER_OF(node, struct step_asker, of_step);
        Wire__Envelope answer = WIRE__ENVELOPE__INIT;

        if (!ended && asker->until_us > agent_now(agent))
            continue;
        step_fill_ended(step, !ended, &answer, keep);
        answer_asker(agent, &step->waiters, asker, &answer);
    }
}

/* --- the course of a step ------------------------------------------------------------------ */

static void drop_step(struct agent *agent, struct step *step)
{
    struct part *part = step->part;

    for (size_t i = 0; i < step->count; i++) {
        struct task_set *set = part_find_set(part, step->id);

        alarm_clear(&agent->alarms, &step->parts[i].resend);
        if (step->parts[i].part != part->key.part)
            relay_forget(agent, part, step->parts[i].part, step->id);
        else if (set)
            run_drop_set(agent, set);
    }
    alarm_clear(&agent->alarms, &step->overdue);
    alarm_clear(&agent->alarms, &step->silent);
    list_remove(&part->steps, &step->of_part);
    step_free(step);
}

void steps_drop_part(struct agent *agent, struct part *part)
{
    struct error gone;

    fail(&gone, ERROR_CONFLICT, "job %" PRIu64 " has ended on this node", part->key.job);
    LIST_EACH(&part->steps, node) {
        struct step *step = CONTAINER_OF(node, struct step, of_part);

        answer_failure(agent, &step->starters, &gone);
        answer_failure(agent, &step->waiters, &gone);
        drop_step(agent, step);
    }
}

/* The earliest that somebody must be told that it still runs. */
void step_set_overdue(struct agent *agent, struct step *step)
{
    int64_t first = INT64_MAX;

    LIST_EACH(&step->waiters, node) {
        const struct step_asker *asker = CONTAINER_OF(node, struct step_asker, of_step);

        if (asker->until_us < first)
            first = asker->until_us;
    }
    if (first < INT64_MAX)
        alarm_set(&agent->alarms, &step->overdue, first);
}

static void on_step_overdue(void *owner, struct alarm *alarm)
{
    struct step *step = CONTAINER_OF(alarm, struct step, overdue);
    struct agent *agent = owner;

    if (step_has_ended(step) && !list_first(&step->waiters)) {
        note_step_forgotten(agent, step);
        drop_step(agent, step);
        return;
    }
    answer_waiters(agent, step);
    step_set_overdue(agent, step);
}

/* Ask all that still run to end; asked again until they have. */
void step_end(struct agent *agent, struct step *step)
{
    step->ending = true;
    for (size_t i = 0; i < step->count; i++) {
        if (step->parts[i].state == STEP_PART_ENDED)
            continue;
        step->parts[i].pause_us = 0;
        alarm_set(&agent->alarms, &step->parts[i].resend, agent_now(agent));
    }
}

void step_part_news(struct agent *agent, struct step_part *step_part, enum step_part_state state,
                    uint32_t exit_code)
{
    struct step *step = step_part ? step_part->step : NULL;

    if (!step || state <= step_part->state)
        return;
    step_part->state = state;
    step_part->exit_code = exit_code;
    note_step_part(agent, step_part);
    if (state == STEP_PART_ENDED || !step->ending)
        alarm_clear(&agent->alarms, &step_part->resend);
    if (step_has_started(step) && step->failure.code == ERROR_NONE) {
        answer_starters(agent, step);
        step_slim(step);
    }
    if (state == STEP_PART_ENDED && exit_code != 0 && !step_ask(step)->keep_on_failure &&
        !step->ending)
        step_end(agent, step);
    if (step_has_ended(step)) {
        answer_waiters(agent, step);
        alarm_set(&agent->alarms, &step->overdue, agent_now(agent) + KEEP_ENDED_US);
    }
}

void step_part_failed(struct agent *agent, struct step_part *step_part, const struct error *why)
{
    struct step *step = step_part->step;

    if (step_part->state != STEP_PART_ASKED)
        return;
    log_info("job=%" PRIu64 " step=%" PRIu64 " part=%" PRIu32 " cannot start: %s",
             step->part->key.job, step->id, step_part->part, why->text);
    step->failure = *why;
    answer_failure(agent, &step->starters, why);
    step_part_news(agent, step_part, STEP_PART_ENDED, FAILED_CODE);
    if (!step->ending)
        step_end(agent, step);
}

static void start_own(struct agent *agent, struct step_part *step_part)
{
    const struct step *step = step_part->step;
    const Wire__StepStart *ask = step_ask(step);
    CLEANUP(memory_freep) uint32_t *ranks = step_ranks(step_part);
    CLEANUP(memory_freep) char **nodes = step_nodes(step);
    CLEANUP(memory_freep) uint32_t *tasks = step_tasks(step);
    const struct task_plan plan = {
        .step = step->id,
        .tasks = step_part->tasks,
        .first_task = step_part->first_task,
        .all_tasks = step_all_tasks(step),
        .cpus_per_task = step_cpus_per_task(step),
        .whole_part = ask->whole_part,
        .layout = step_layout(step),
        .ranks = ranks,
        .kill_on_failure = !ask->keep_on_failure,
        .pmix = ask->pmix,
        .pmix_nodes = nodes,
        .pmix_tasks = tasks,
        .pmix_count = step->count,
        .pmix_index = (uint32_t)(step_part - step->parts),
        .pmix_key = step->count > 1 ? ask->key.data : NULL,
        .arguments = ask->arguments,
        .argument_count = ask->n_arguments,
        .environment = ask->environment,
        .environment_count = ask->n_environment,
        .directory = ask->directory,
        .terminal = ask->terminal,
        .rows = ask->rows,
        .columns = ask->columns,
        .container = ask->container,
        .task_prolog = ask->task_prolog,
        .task_epilog = ask->task_epilog,
    };
    struct error err;

    if (part_find_set(step->part, step->id))
        return; /* its news will come */
    if (run_step(agent, step->part, &plan, &err))
        note_set(agent, part_add_set(step->part, step->id));
    else if (err.code != ERROR_UNAVAILABLE) /* else it is tried again when it is due again */
        step_part_failed(agent, step_part, &err);
}

static void end_own(struct agent *agent, struct step_part *step_part)
{
    const struct runtime *runtime = agent->seams.runtime;
    struct task_key key = part_key(step_part->step->part, step_part->step->id);
    struct error err;

    if (!runtime->signal(runtime->state, &key, 0, false, &err))
        log_warning("job=%" PRIu64 " step=%" PRIu64 " cannot be told to end: %s; will try again",
                    key.job, key.step, err.text);
}

/* Start it, or end it; done again until news of it comes. */
static void on_step_part_due(void *owner, struct alarm *alarm)
{
    struct step_part *step_part = CONTAINER_OF(alarm, struct step_part, resend);
    struct step *step = step_part->step;
    struct agent *agent = owner;
    bool own = step_part->part == step->part->key.part;
    int64_t pause = relay_pause(agent, &step_part->pause_us);

    alarm_set(&agent->alarms, alarm, agent_now(agent) + pause);
    if (own && !step->ending)
        start_own(agent, step_part);
    else if (own)
        end_own(agent, step_part);
    else if (!step->ending)
        relay_start(agent, step_part);
    else
        relay_signal(agent, step_part, 0);
}

static void on_step_silent(void *owner, struct alarm *alarm)
{
    struct step *step = CONTAINER_OF(alarm, struct step, silent);
    struct agent *agent = owner;

    if (step_has_ended(step) || step->ending)
        return;
    if (agent_now(agent) < step->heard_us + SILENT_US) {
        alarm_set(&agent->alarms, alarm, step->heard_us + SILENT_US);
        return;
    }
    log_info("job=%" PRIu64 " step=%" PRIu64 " whoever asked for it is gone; ending it",
             step->part->key.job, step->id);
    step_end(agent, step);
}

void step_heard(struct agent *agent, struct step *step)
{
    step->heard_us = agent_now(agent);
    if (!alarm_is_set(&step->silent))
        alarm_set(&agent->alarms, &step->silent, step->heard_us + SILENT_US);
}

void step_prepare(struct agent *agent, struct step *step)
{
    step->overdue.fire = on_step_overdue;
    step->silent.fire = on_step_silent;
    step_heard(agent, step);
    for (size_t i = 0; i < step->count; i++)
        step->parts[i].resend.fire = on_step_part_due;
}

static void resend_now(struct agent *agent, struct alarm *alarm, int64_t *pause_us)
{
    if (!alarm_is_set(alarm))
        return;
    *pause_us = 0;
    alarm_set(&agent->alarms, alarm, agent_now(agent));
}

/* What was asked of other parts, or told them, while there was no session is lost. */
void steps_resend(struct agent *agent, struct part *part)
{
    LIST_EACH(&part->steps, node) {
        struct step *step = CONTAINER_OF(node, struct step, of_part);

        for (size_t i = 0; i < step->count; i++)
            resend_now(agent, &step->parts[i].resend, &step->parts[i].pause_us);
    }
    LIST_EACH(&part->sets, node) {
        struct task_set *set = CONTAINER_OF(node, struct task_set, of_part);

        resend_now(agent, &set->resend, &set->pause_us);
    }
}

void steps_restore(struct agent *agent, struct part *part)
{
    LIST_EACH(&part->steps, node) {
        struct step *step = CONTAINER_OF(node, struct step, of_part);

        step_prepare(agent, step);
        for (size_t i = 0; i < step->count; i++)
            if (step->parts[i].state == STEP_PART_ASKED)
                alarm_set(&agent->alarms, &step->parts[i].resend, agent_now(agent));
        if (step_has_ended(step))
            alarm_set(&agent->alarms, &step->overdue, agent_now(agent) + KEEP_ENDED_US);
    }
}
