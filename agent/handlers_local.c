/* handlers_local.c - asks on the local socket, of processes inside this node's jobs */

#include "agent/handlers.h"
#include "agent/relay.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/parse.h"
#include "proto/layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MOST_US    US_PER_MINUTE
#define ARGUMENTS_MAX   ((size_t)256 << 10) /* bytes */
#define ENVIRONMENT_MAX ((size_t)256 << 10)

static bool is_asking(const struct list *askers, const struct ask *ask)
{
    LIST_EACH(askers, node) {
        const struct step_asker *asker = CONTAINER_OF(node, struct step_asker, of_step);

        if (asker->request == ask->request && asker->to.uid == ask->to.uid &&
            asker->to.route_size == ask->to.route_size &&
            memcmp(asker->to.route, ask->to.route, ask->to.route_size) == 0)
            return true;
    }
    return false;
}

static void add_asker(struct list *askers, struct ask *ask, int64_t until_us)
{
    struct step_asker *asker;

    ask->later = true;
    if (is_asking(askers, ask))
        return; /* the same ask again: one answer does */
    asker = NEW(struct step_asker);
    asker->to = ask->to;
    asker->request = ask->request;
    asker->until_us = until_us;
    list_add_last(askers, &asker->of_step);
}

/* Which of the two is wrong is not told to those who guess. */
struct part *local_find_part(const struct agent *agent, uint64_t job,
                             const ProtobufCBinaryData *credential, struct error *err)
{
    struct part *part = agent_find_job(agent, job);

    if (!part || credential->len != CREDENTIAL_SIZE ||
        !bytes_equal(credential->data, part->credential, CREDENTIAL_SIZE)) {
        fail(err, ERROR_DENIED,
             "no job %" PRIu64 " with this credential on %s: steps are asked "
             "for from inside the job",
             job, agent->facts.node);
        return NULL;
    }
    return part;
}

static struct step *find_by_key(const struct part *part, const ProtobufCBinaryData *key)
{
    LIST_EACH(&part->steps, node) {
        struct step *step = CONTAINER_OF(node, struct step, of_part);

        if (memcmp(step_ask(step)->key.data, key->data, STEP_KEY_SIZE) == 0)
            return step;
    }
    return NULL;
}

static size_t bytes_of(char *const *texts, size_t count)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += strlen(texts[i]) + 1;
    return sum;
}

static bool check_start(const struct part *part, const Wire__StepStart *ask, struct error *err)
{
    if (ask->key.len != STEP_KEY_SIZE)
        return fail(err, ERROR_INVALID, "the key has %zu bytes, not %d", ask->key.len,
                    STEP_KEY_SIZE);
    if (ask->n_arguments == 0 || !*ask->arguments[0])
        return fail(err, ERROR_INVALID, "no program is named");
    if (bytes_of(ask->arguments, ask->n_arguments) > ARGUMENTS_MAX)
        return fail(err, ERROR_EXHAUSTED, "the arguments have more than %zu bytes", ARGUMENTS_MAX);
    if (bytes_of(ask->environment, ask->n_environment) > ENVIRONMENT_MAX)
        return fail(err, ERROR_EXHAUSTED, "the environment has more than %zu bytes",
                    ENVIRONMENT_MAX);
    if (!layout_check(ask->layout, err))
        return false;
    if (ask->terminal && ask->pmix)
        return fail(err, ERROR_INVALID,
                    "a terminal is for a single task: the ranks of an MPI program have none");
    if (ask->rows > UINT16_MAX || ask->columns > UINT16_MAX)
        return fail(err, ERROR_INVALID, "a terminal of %" PRIu32 " rows and %" PRIu32 " columns",
                    ask->rows, ask->columns);
    if (*part_launch(part)->vm)
        return fail(err, ERROR_INVALID,
                    "job %" PRIu64 " runs in a virtual machine, and has no steps beside it",
                    part->key.job);
    if (part->state != TASK_READY && part->state != TASK_RUNNING && part->state != TASK_STARTING)
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " is ending", part->key.job);
    if (part->steps_made >= IDSET_MAX - 1)
        return fail(err, ERROR_EXHAUSTED,
                    "the job has started %" PRIu64 " steps: no more are "
                    "possible",
                    part->steps_made);
    return true;
}

static struct step *make_step(struct agent *agent, struct part *part, const struct ask *ask,
                              struct error *err)
{
    const Wire__StepStart *start = ask->envelope->step_start;
    uint64_t id = (uint64_t)part->key.part << 32 | (part->steps_made + 1);
    struct step *step = step_new(part, id, start, ask->to.uid, err);

    if (!step)
        return NULL;
    part->steps_made++;
    step_prepare(agent, step);
    list_add_last(&part->steps, &step->of_part);
    note_step(agent, step);
    for (size_t i = 0; i < step->count; i++)
        alarm_set(&agent->alarms, &step->parts[i].resend, agent_now(agent));
    return step;
}

static bool on_step_start(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                          struct error *err)
{
    const Wire__StepStart *start = ask->envelope->step_start;
    struct part *part = local_find_part(owner, start->job, &start->credential, err);
    struct step *step;

    if (!part || !check_start(part, start, err))
        return false;
    step = find_by_key(part, &start->key);
    if (!step)
        step = make_step(owner, part, ask, err);
    if (!step)
        return false;
    if (step->failure.code != ERROR_NONE)
        return fail(err, step->failure.code, "%s", step->failure.text);
    if (step_has_started(step))
        step_fill_started(step, answer, keep);
    else
        add_asker(&step->starters, ask, INT64_MAX);
    return true;
}

static bool on_step_wait(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    const Wire__StepWait *wait = ask->envelope->step_wait;
    struct part *part = local_find_part(owner, wait->job, &wait->credential, err);
    struct step *step = part ? step_find(&part->steps, wait->step) : NULL;
    int64_t wait_us = wait->wait_us;

    if (!part)
        return false;
    if (!step)
        return fail(err, ERROR_NOT_FOUND, "no step %" PRIu64 " of job %" PRIu64 " (any more)",
                    wait->step, wait->job);
    if (wait_us < 0 || wait_us > WAIT_MOST_US)
        wait_us = WAIT_MOST_US;
    step_heard(owner, step);
    if (step_has_ended(step)) {
        step_fill_ended(step, false, answer, keep);
        return true;
    }
    add_asker(&step->waiters, ask, agent_now(owner) + wait_us);
    step_set_overdue(owner, step);
    return true;
}

static void signal_step(struct agent *agent, struct step *step, uint32_t number)
{
    const struct runtime *runtime = agent->seams.runtime;

    for (size_t i = 0; i < step->count; i++) {
        const struct step_part *step_part = &step->parts[i];
        struct task_key key = part_key(step->part, step->id);
        struct error err;

        if (step_part->state == STEP_PART_ENDED)
            continue;
        if (step_part->part != step->part->key.part)
            relay_signal(agent, step_part, number);
        else if (!runtime->signal(runtime->state, &key, (int)number, false, &err))
            log_warning("job=%" PRIu64 " step=%" PRIu64 " signal %" PRIu32 ": %s; it is lost",
                        key.job, key.step, number, err.text);
    }
}

static bool on_step_signal(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    const Wire__StepSignal *signal = ask->envelope->step_signal;
    struct part *part = local_find_part(owner, signal->job, &signal->credential, err);
    struct step *step = part ? step_find(&part->steps, signal->step) : NULL;

    if (!part)
        return false;
    if (!step)
        return fail(err, ERROR_NOT_FOUND, "no step %" PRIu64 " of job %" PRIu64 " (any more)",
                    signal->step, signal->job);
    if (signal->signal > 64)
        return fail(err, ERROR_INVALID, "%" PRIu32 " is no signal", signal->signal);
    if (signal->signal == 0)
        step_end(owner, step);
    else
        signal_step(owner, step, signal->signal);
    answer->body_case = WIRE__ENVELOPE__BODY_DONE;
    answer->done = ARENA_NEW(keep, Wire__Done);
    wire__done__init(answer->done);
    return true;
}

bool on_local_welcome(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                      struct error *err)
{
    const struct agent *agent = owner;

    (void)ask;
    (void)err;
    answer->welcome->program = arena_copy(keep, agent->facts.program);
    answer->welcome->wall_us = agent_wall(agent);
    answer->welcome->epoch = agent->epoch;
    return true;
}

/* Anybody on the machine may ask; what counts is the job's credential. */
const struct handler local_handlers[] = {
    {WIRE__ENVELOPE__BODY_STEP_START,  ROLE_ANYBODY, on_step_start       },
    {WIRE__ENVELOPE__BODY_STEP_WAIT,   ROLE_ANYBODY, on_step_wait        },
    {WIRE__ENVELOPE__BODY_STEP_SIGNAL, ROLE_ANYBODY, on_step_signal      },
    {WIRE__ENVELOPE__BODY_STEP_MEET,   ROLE_ANYBODY, on_step_meet        },
    {WIRE__ENVELOPE__BODY_STEP_INPUT,  ROLE_ANYBODY, on_local_step_input },
    {WIRE__ENVELOPE__BODY_OUTPUT_READ, ROLE_ANYBODY, on_local_output_read},
    {WIRE__ENVELOPE__BODY__NOT_SET,    0,            NULL                },
};
