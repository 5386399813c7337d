/* handlers_attach.c - a job's steps as others see them, and what is typed into them
 *
 * Who may ask is checked before: by the scheduler, or by the job's credential.  Input for a part
 * on another node is passed on to it; what is lost on the way the one who types sends again, and
 * the same input at the same place counts once.  Nothing of this is in the journal. */

#include "agent/handlers.h"
#include "agent/relay.h"
#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_WITHIN_US (5 * US_PER_SECOND) /* of another part; then it is asked again */
#define TYPISTS_MOST     1024

/* Who waits for another part to take it. */
struct typist {
    struct list_node of_agent;
    struct alarm late;
    struct part *part;
    uint64_t relayed; /* number of the ask that was sent on */
    bool local;
    struct sender to; /* local */
    uint64_t request; /* to repeat in the answer */
};

/* --- which steps there are ------------------------------------------------------------------ */

static Wire__StepView *view_of(const struct step *step, struct arena *keep)
{
    const Wire__StepStart *ask = step_ask(step);
    Wire__StepView *view = ARENA_NEW(keep, Wire__StepView);
    Wire__Envelope started = WIRE__ENVELOPE__INIT;

    wire__step_view__init(view);
    step_fill_started(step, &started, keep);
    view->step = step->id;
    view->program = ask->n_arguments > 0 ? ask->arguments[0] : arena_copy(keep, "");
    view->terminal = ask->terminal;
    view->ended = step_has_ended(step);
    view->exit_code = view->ended ? step_exit_code(step) : 0;
    view->parts = started.step_started->parts;
    view->n_parts = started.step_started->n_parts;
    return view;
}

void on_step_list(struct agent *agent, const Wire__Envelope *envelope)
{
    const struct part *part = agent_find_job(agent, envelope->step_list->job);
    CLEANUP(arena_freep) struct arena *keep = arena_new();
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;
    Wire__StepListing listing = WIRE__STEP_LISTING__INIT;

    if (part && part->steps.count > 0) {
        listing.steps = ARENA_NEW_ARRAY(keep, Wire__StepView *, part->steps.count);
        LIST_EACH(&part->steps, node)
            listing.steps[listing.n_steps++] =
                view_of(CONTAINER_OF(node, struct step, of_part), keep);
    }
    answer.request = envelope->request;
    answer.body_case = WIRE__ENVELOPE__BODY_STEP_LISTING;
    answer.step_listing = &listing;
    agent_send(agent, &answer);
}

/* --- into a terminal of this node ----------------------------------------------------------- */

static bool give(struct agent *agent, struct part *part, uint64_t step,
                 const struct task_input *input, struct task_taken *ret_taken, struct error *err)
{
    const struct runtime *runtime = agent->seams.runtime;
    const struct task_key key = part_key(part, step);

    if (input->size > TASK_INPUT_MAX)
        return fail(err, ERROR_INVALID, "%zu bytes of input at once, %d are the most", input->size,
                    TASK_INPUT_MAX);
    if (!part_find_set(part, step))
        return fail(err, ERROR_CONFLICT, "step %" PRIu64 " has no tasks on %s", step,
                    agent->facts.node);
    if (!runtime->input(runtime->state, &key, input, ret_taken, err))
        return false;
    readers_wake(agent, part);
    return true;
}

static uint16_t bounded(uint32_t count)
{
    return count < UINT16_MAX ? (uint16_t)count : UINT16_MAX;
}

static void fill_taken(const struct task_taken *taken, Wire__Envelope *answer, struct arena *keep)
{
    Wire__StepTaken *wire = ARENA_NEW(keep, Wire__StepTaken);

    wire__step_taken__init(wire);
    wire->taken = taken->taken;
    wire->offset = taken->offset;
    answer->body_case = WIRE__ENVELOPE__BODY_STEP_TAKEN;
    answer->step_taken = wire;
}

/* --- into one of another node ---------------------------------------------------------------- */

static void drop_typist(struct agent *agent, struct typist *typist)
{
    alarm_clear(&agent->alarms, &typist->late);
    list_remove(&agent->typists, &typist->of_agent);
    free(typist);
}

static void fail_typist(struct agent *agent, struct typist *typist, const struct error *why)
{
    if (typist->local)
        agent_send_local_failure(agent, &typist->to, typist->request, why);
    else
        agent_send_failure(agent, typist->request, why);
    drop_typist(agent, typist);
}

static void answer_typist(struct agent *agent, struct typist *typist, const Wire__TaskTaken *taken)
{
    CLEANUP(arena_freep) struct arena *keep = arena_new();
    const struct task_taken result = {.taken = taken->taken, .offset = taken->offset};
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;
    struct error why;

    answer.request = typist->request;
    fill_taken(&result, &answer, keep);
    if (taken->code != ERROR_NONE) {
        fail(&why, (enum error_code)taken->code, "%.200s", taken->text);
        fail_typist(agent, typist, &why);
        return;
    }
    if (typist->local)
        agent_send_local(agent, &typist->to, &answer);
    else
        agent_send(agent, &answer);
    drop_typist(agent, typist);
}

static void on_late(void *owner, struct alarm *alarm)
{
    struct error why;

    fail(&why, ERROR_UNAVAILABLE, "the step's other node does not answer");
    fail_typist(owner, CONTAINER_OF(alarm, struct typist, late), &why);
}

void typists_drop_part(struct agent *agent, const struct part *part)
{
    LIST_EACH(&agent->typists, node) {
        struct typist *typist = CONTAINER_OF(node, struct typist, of_agent);

        if (typist->part == part)
            drop_typist(agent, typist);
    }
}

static bool pass_on(struct agent *agent, const struct typist *like, uint32_t to,
                    const Wire__StepInput *input, struct error *err)
{
    struct relay_ask ask = {.part = to};
    struct typist *typist;

    if (agent->typists.count >= TYPISTS_MOST)
        return fail(err, ERROR_EXHAUSTED, "%d others type on %s: ask again later", TYPISTS_MOST,
                    agent->facts.node);
    typist = memory_copy_bytes(like, sizeof(*like));
    typist->late.fire = on_late;
    typist->relayed = ask.request = agent_next_request(agent);
    list_add_last(&agent->typists, &typist->of_agent);
    alarm_set(&agent->alarms, &typist->late, agent_now(agent) + ANSWER_WITHIN_US);
    relay_input(agent, typist->part, &ask, input);
    return true;
}

void on_task_input(struct agent *agent, struct part *part, const Wire__Relay *relay,
                   const Wire__RelayBody *body)
{
    const Wire__TaskInput *wire = body->task_input;
    const struct relay_ask asker = {.part = relay->from_part, .request = body->request};
    const struct task_input input = {
        .offset = wire->offset,
        .writer = wire->writer,
        .rows = bounded(wire->rows),
        .columns = bounded(wire->columns),
        .bytes = wire->bytes.data,
        .size = wire->bytes.len,
    };
    Wire__TaskTaken answer = WIRE__TASK_TAKEN__INIT;
    struct task_taken taken = {0};
    struct error err;

    if ((uint32_t)(wire->step >> 32) != relay->from_part)
        return;
    answer.step = wire->step;
    if (!give(agent, part, wire->step, &input, &taken, &err)) {
        answer.code = err.code;
        answer.text = err.text;
    }
    answer.taken = taken.taken;
    answer.offset = taken.offset;
    relay_taken(agent, part, &asker, &answer);
}

void on_task_taken(struct agent *agent, struct part *part, const Wire__Relay *relay,
                   const Wire__RelayBody *body)
{
    const Wire__TaskTaken *taken = body->task_taken;
    const struct step *step = step_find(&part->steps, taken->step);

    if (!step || step->parts[0].part != relay->from_part)
        return;
    LIST_EACH(&agent->typists, node) {
        struct typist *typist = CONTAINER_OF(node, struct typist, of_agent);

        if (typist->part == part && typist->relayed == body->request) {
            answer_typist(agent, typist, taken);
            return;
        }
    }
}

/* --- asks ----------------------------------------------------------------------------------- */

/* *ret_later: the answer comes from another part. */
static bool take_input(struct agent *agent, const struct typist *like, const Wire__StepInput *ask,
                       struct task_taken *ret_taken, bool *ret_later, struct error *err)
{
    const struct task_input input = {
        .offset = ask->offset,
        .writer = ask->writer,
        .rows = bounded(ask->rows),
        .columns = bounded(ask->columns),
        .bytes = ask->bytes.data,
        .size = ask->bytes.len,
    };
    const struct step *step = step_find(&like->part->steps, ask->step);

    *ret_later = false;
    if (!step)
        return fail(err, ERROR_NOT_FOUND, "no step %" PRIu64 " of job %" PRIu64 " (any more)",
                    ask->step, ask->job);
    if (!step_ask(step)->terminal)
        return fail(err, ERROR_INVALID, "step %" PRIu64 " of job %" PRIu64 " has no terminal",
                    ask->step, ask->job);
    if (step_has_ended(step))
        return fail(err, ERROR_CONFLICT, "step %" PRIu64 " of job %" PRIu64 " has ended", ask->step,
                    ask->job);
    if (step->parts[0].state == STEP_PART_ASKED)
        return fail(err, ERROR_UNAVAILABLE, "step %" PRIu64 " of job %" PRIu64 " is just starting",
                    ask->step, ask->job);
    *ret_later = step->parts[0].part != like->part->key.part;
    if (*ret_later)
        return pass_on(agent, like, step->parts[0].part, ask, err);
    return give(agent, like->part, ask->step, &input, ret_taken, err);
}

void on_step_input(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__StepInput *ask = envelope->step_input;
    const struct typist like = {
        .part = agent_find_job(agent, ask->job),
        .request = envelope->request,
    };
    CLEANUP(arena_freep) struct arena *keep = arena_new();
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;
    struct task_taken taken;
    struct error err;
    bool later = false;

    if (!like.part)
        fail(&err, ERROR_NOT_FOUND, "job %" PRIu64 " is not on %s", ask->job, agent->facts.node);
    if (!like.part || !take_input(agent, &like, ask, &taken, &later, &err)) {
        agent_send_failure(agent, envelope->request, &err);
        return;
    }
    if (later)
        return;
    answer.request = envelope->request;
    fill_taken(&taken, &answer, keep);
    agent_send(agent, &answer);
}

bool on_local_step_input(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    const Wire__StepInput *input = ask->envelope->step_input;
    struct typist like = {
        .part = local_find_part(owner, input->job, &input->credential, err),
        .local = true,
        .to = ask->to,
        .request = ask->request,
    };
    struct task_taken taken;

    if (!like.part || !take_input(owner, &like, input, &taken, &ask->later, err))
        return false;
    if (!ask->later)
        fill_taken(&taken, answer, keep);
    return true;
}
