/* handlers_relay.c - asks and answers of the agents of other parts of a job */

#include "agent/handlers.h"
#include "agent/relay.h"
#include "agent/run.h"
#include "base/log.h"
#include "proto/layout.h"

#include <inttypes.h>
#include <stdlib.h>

static alarm_fn on_end_due;

/* --- tasks run here for another part ------------------------------------------------------- */

static void on_end_due(void *owner, struct alarm *alarm)
{
    struct task_set *set = CONTAINER_OF(alarm, struct task_set, resend);
    struct agent *agent = owner;

    relay_ended(agent, set);
    alarm_set(&agent->alarms, alarm, agent_now(agent) + relay_pause(agent, &set->pause_us));
}

void relay_set_news(struct agent *agent, struct task_set *set)
{
    set->resend.fire = on_end_due;
    if (set->state == SET_RUNNING)
        relay_started(agent, set);
    else if (set->state == SET_ENDED)
        alarm_set(&agent->alarms, &set->resend, agent_now(agent)); /* until it is forgotten */
}

void step_set_failed(struct agent *agent, struct task_set *set, const struct error *why)
{
    struct part *part = set->part;
    uint32_t asker = (uint32_t)(set->step >> 32);
    uint64_t step = set->step;
    struct step *own = step_find(&part->steps, step);

    run_drop_set(agent, set);
    note_set_forgotten(agent, part, step);
    if (asker != part->key.part) {
        relay_failed(agent, part, step, why);
        return;
    }
    if (own && step_find_part(own, asker))
        step_part_failed(agent, step_find_part(own, asker), why);
}

static void run_tasks(struct agent *agent, struct part *part, const Wire__TaskStart *start)
{
    const struct task_plan plan = {
        .step = start->step,
        .tasks = start->tasks,
        .first_task = start->first_task,
        .all_tasks = start->all_tasks,
        .cpus_per_task = start->cpus_per_task,
        .whole_part = start->whole_part,
        .layout = start->layout,
        .ranks = start->n_ranks > 0 ? start->ranks : NULL,
        .kill_on_failure = !start->keep_on_failure,
        .pmix = start->pmix,
        .pmix_nodes = start->pmix_nodes,
        .pmix_tasks = start->pmix_tasks,
        .pmix_count = start->n_pmix_nodes,
        .pmix_index = start->pmix_index,
        .pmix_key = start->pmix_key.len == STEP_KEY_SIZE ? start->pmix_key.data : NULL,
        .arguments = start->arguments,
        .argument_count = start->n_arguments,
        .environment = start->environment,
        .environment_count = start->n_environment,
        .directory = start->directory,
        .terminal = start->terminal,
        .rows = start->rows,
        .columns = start->columns,
        .container = start->container,
        .task_prolog = start->task_prolog,
        .task_epilog = start->task_epilog,
    };
    struct error err;

    if (start->tasks == 0 || start->tasks > STEP_TASKS_MAX || start->n_arguments == 0 ||
        (uint32_t)start->step == 0 || (uint32_t)start->step >= IDSET_MAX ||
        (start->n_ranks > 0 && start->n_ranks != start->tasks) ||
        start->n_pmix_nodes != start->n_pmix_tasks ||
        (start->pmix && start->pmix_index >= start->n_pmix_nodes) ||
        (start->n_pmix_nodes > 1 && start->pmix_key.len != STEP_KEY_SIZE)) {
        fail(&err, ERROR_INVALID, "a step with %" PRIu32 " tasks and %zu words", start->tasks,
             start->n_arguments);
        relay_failed(agent, part, start->step, &err);
        return;
    }
    if (!layout_check(start->layout, &err)) {
        relay_failed(agent, part, start->step, &err);
        return;
    }
    if (run_step(agent, part, &plan, &err))
        note_set(agent, part_add_set(part, start->step));
    else if (err.code != ERROR_UNAVAILABLE) /* else whoever asks asks again */
        relay_failed(agent, part, start->step, &err);
}

/* Asked again, it is answered again. */
static void on_task_start(struct agent *agent, struct part *part, const Wire__Relay *relay,
                          const Wire__RelayBody *body)
{
    const Wire__TaskStart *start = body->task_start;
    struct task_set *set = part_find_set(part, start->step);
    struct error err;

    if ((uint32_t)(start->step >> 32) != relay->from_part || part_has_forgotten(part, start->step))
        return; /* another part's step; or a late copy */
    if (set) {
        relay_set_news(agent, set);
        return;
    }
    if (part->state == TASK_READY || part->state == TASK_RUNNING || part->state == TASK_STARTING) {
        run_tasks(agent, part, start);
        return;
    }
    fail(&err, ERROR_CONFLICT, "job %" PRIu64 " is ending on %s", part->key.job, agent->facts.node);
    relay_failed(agent, part, start->step, &err);
}

static void on_task_forget(struct agent *agent, struct part *part, const Wire__Relay *relay,
                           const Wire__RelayBody *body)
{
    uint64_t step = body->task_forget->step;
    struct task_set *set = part_find_set(part, step);

    if ((uint32_t)(step >> 32) != relay->from_part || part_has_forgotten(part, step) ||
        (uint32_t)step >= IDSET_MAX)
        return;
    if (set && set->state != SET_ENDED)
        return; /* nobody forgets what runs */
    part_forget_step(part, step);
    note_set_forgotten(agent, part, step);
    if (set)
        run_drop_set(agent, set);
}

static void on_task_signal(struct agent *agent, struct part *part, const Wire__Relay *relay,
                           const Wire__RelayBody *body)
{
    const struct runtime *runtime = agent->seams.runtime;
    const Wire__TaskSignal *ask = body->task_signal;
    const struct task_set *set = part_find_set(part, ask->step);
    struct task_key key = part_key(part, ask->step);
    struct error err;

    if ((uint32_t)(ask->step >> 32) != relay->from_part || ask->signal > 64)
        return;
    if (!set && ask->signal == 0) { /* ended before it came here: then it never starts */
        fail(&err, ERROR_CONFLICT, "the step was ended before its tasks started");
        part_forget_step(part, ask->step);
        note_set_forgotten(agent, part, ask->step);
        relay_failed(agent, part, ask->step, &err);
        return;
    }
    if (!set || set->state == SET_ENDED)
        return;
    if (!runtime->signal(runtime->state, &key, (int)ask->signal, false, &err))
        log_warning("job=%" PRIu64 " step=%" PRIu64 " signal %" PRIu32 ": %s; it is lost", key.job,
                    key.step, ask->signal, err.text);
}

/* --- answers to a step that was asked for here --------------------------------------------- */

static struct step_part *find_step_part(const struct part *part, const Wire__Relay *relay,
                                        uint64_t id)
{
    const struct step *step = step_find(&part->steps, id);

    return step ? step_find_part(step, relay->from_part) : NULL;
}

static void on_task_running(struct agent *agent, struct part *part, const Wire__Relay *relay,
                            const Wire__RelayBody *body)
{
    step_part_news(agent, find_step_part(part, relay, body->task_started->step), STEP_PART_RUNNING,
                   0);
}

static void on_task_over(struct agent *agent, struct part *part, const Wire__Relay *relay,
                         const Wire__RelayBody *body)
{
    uint64_t id = body->task_ended->step;

    if (!step_find(&part->steps, id) && (uint32_t)(id >> 32) == part->key.part)
        relay_forget(agent, part, relay->from_part, id);
    else
        step_part_news(agent, find_step_part(part, relay, id), STEP_PART_ENDED,
                       body->task_ended->exit_code);
}

static void on_task_failure(struct agent *agent, struct part *part, const Wire__Relay *relay,
                            const Wire__RelayBody *body)
{
    struct step_part *step_part = find_step_part(part, relay, body->task_failure->step);
    struct error why;

    if (!step_part)
        return;
    fail(&why, (enum error_code)body->task_failure->code, "%s: %.180s",
         part_launch(part)->nodes[step_part->part], body->task_failure->text);
    step_part_failed(agent, step_part, &why);
}

/* --- which is which ------------------------------------------------------------------------ */

typedef void relay_fn(struct agent *agent, struct part *part, const Wire__Relay *relay,
                      const Wire__RelayBody *body);

static const struct {
    Wire__RelayBody__BodyCase kind;
    relay_fn *handle;
} rows[] = {
    {WIRE__RELAY_BODY__BODY_TASK_START,   on_task_start  },
    {WIRE__RELAY_BODY__BODY_TASK_STARTED, on_task_running},
    {WIRE__RELAY_BODY__BODY_TASK_ENDED,   on_task_over   },
    {WIRE__RELAY_BODY__BODY_TASK_FORGET,  on_task_forget },
    {WIRE__RELAY_BODY__BODY_TASK_SIGNAL,  on_task_signal },
    {WIRE__RELAY_BODY__BODY_TASK_READ,    on_task_read   },
    {WIRE__RELAY_BODY__BODY_TASK_BYTES,   on_task_bytes  },
    {WIRE__RELAY_BODY__BODY_TASK_FAILURE, on_task_failure},
    {WIRE__RELAY_BODY__BODY_TASK_MEET,    on_task_meet   },
    {WIRE__RELAY_BODY__BODY_TASK_MET,     on_task_met    },
    {WIRE__RELAY_BODY__BODY_TASK_INPUT,   on_task_input  },
    {WIRE__RELAY_BODY__BODY_TASK_TAKEN,   on_task_taken  },
};

void on_relay(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__Relay *relay = envelope->relay;
    const struct task_key key = {
        .job = relay->job, .attempt = relay->attempt, .part = relay->to_part};
    struct part *part = agent_find_part(agent, &key);
    CLEANUP(message_free_relayp) Wire__RelayBody *body = NULL;
    struct error err;

    if (!part || part->state >= TASK_ENDED)
        return; /* it has ended; whoever asks sees that too */
    body = message_decode_relay(relay->body.data, relay->body.len, &err);
    if (!body) {
        log_warning("job=%" PRIu64 " a message of part %" PRIu32 " is not understood: %s; ignored",
                    relay->job, relay->from_part, err.text);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].kind == body->body_case)
            rows[i].handle(agent, part, relay, body);
}
