/* handlers_binding.c - BindingAsk: where the tasks of a job are here, or would be */

#include "agent/binding.h"
#include "agent/core/ranks.h"
#include "agent/handlers.h"
#include "agent/run.h"
#include "proto/layout.h"

#include <inttypes.h>
#include <stdlib.h>

#define TASKS_MOST 65536

/* What is asked, of a part that is here or of one that might be. */
struct question {
    struct binding_wish wish;
    const uint32_t *node_tasks;
    size_t nodes;
    uint32_t part;
    bool as_idle;
};

/* The ranks of its tasks; free() them. */
static uint32_t *make_ranks(const struct question *question)
{
    const Wire__TaskLayout *layout = question->wish.layout;
    uint32_t *ranks = NEW_ARRAY(uint32_t, question->wish.tasks + 1);

    ranks_of(question->node_tasks, question->nodes, layout ? layout->plane : 0, question->part,
             ranks);
    return ranks;
}

static bool answer(struct agent *agent, uint64_t request, const struct question *question,
                   struct error *err)
{
    CLEANUP(binding_freep) struct binding *binding = NULL;
    CLEANUP(arena_freep) struct arena *keep = arena_new();
    CLEANUP(memory_freep) uint32_t *ranks = make_ranks(question);
    uint32_t tasks = question->wish.tasks;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__BindingView view = WIRE__BINDING_VIEW__INIT;

    binding = binding_new(agent->facts.topology, &question->wish, err);
    if (!binding)
        return false;
    view.node = arena_copy(keep, agent->facts.node);
    view.as_idle = question->as_idle;
    view.emulated = agent->facts.topology->emulated;
    view.unbound = !agent->facts.bind;
    view.tasks = ARENA_NEW_ARRAY(keep, Wire__TaskPlace *, tasks);
    view.n_tasks = tasks;
    for (uint32_t i = 0; i < tasks; i++)
        view.tasks[i] = binding_place(binding, i, ranks[i], keep);
    envelope.request = request;
    envelope.body_case = WIRE__ENVELOPE__BODY_BINDING_VIEW;
    envelope.binding_view = &view;
    agent_send(agent, &envelope);
    return true;
}

static bool answer_part(struct agent *agent, const Wire__Envelope *envelope, struct error *err)
{
    const struct part *part = agent_find_job(agent, envelope->binding_ask->job);
    const Wire__PartLaunch *launch = part ? part_launch(part) : NULL;
    struct question question;

    if (!part || !part->cores || task_state_is_final(part->state))
        return fail(err, ERROR_NOT_FOUND, "job %" PRIu64 " does not run on %s",
                    envelope->binding_ask->job, agent->facts.node);
    question = (struct question){
        .wish = run_job_wish(part),
        .node_tasks = launch->node_tasks,
        .nodes = launch->n_node_tasks,
        .part = part->key.part,
    };
    return answer(agent, envelope->request, &question, err);
}

/* Cores as the part would get them now; or, where they are not free, of the idle node. */
static struct idset *would_take(const struct agent *agent, uint32_t count, bool *ret_as_idle)
{
    CLEANUP(slots_freep) struct slots *idle = NULL;
    struct idset *cores = slots_take(agent->slots, count);

    *ret_as_idle = cores == NULL;
    if (cores) {
        slots_give(agent->slots, cores);
        return cores;
    }
    idle = agent_idle_slots(agent);
    return slots_take(idle, count);
}

/* The GPUs that would be given with these cores; the type is the first that has enough, if none is
 * named.  NULL: there are not as many. */
static struct idset *would_see(const struct agent *agent, const Wire__BindingAsk *ask,
                               const struct idset *cores, bool as_idle)
{
    const struct topology *topology = agent->facts.topology;
    CLEANUP(devices_freep) struct devices *idle = devices_new(topology->devices, topology->gpus);
    struct devices *devices = as_idle ? idle : agent->devices;

    for (uint32_t i = 0; i < topology->gpus; i++) {
        const char *type = *ask->gpu_type ? ask->gpu_type : topology->devices[i].type;
        struct idset *gpus = devices_take(devices, type, ask->gpus, topology->places, cores);

        if (gpus) {
            devices_give(devices, gpus);
            return gpus;
        }
    }
    return NULL;
}

static bool answer_wish(struct agent *agent, const Wire__Envelope *envelope, struct error *err)
{
    const Wire__BindingAsk *ask = envelope->binding_ask;
    CLEANUP(idset_freep) struct idset *cores = NULL;
    CLEANUP(idset_freep) struct idset *gpus = NULL;
    struct question question = {
        .wish = {.each = ask->cpus_per_task,
                 .layout = ask->layout,
                 .gpus_each = ask->gpus_per_task},
        .node_tasks = ask->node_tasks,
        .nodes = ask->n_node_tasks,
        .part = ask->part,
    };

    if (ask->part >= ask->n_node_tasks || ask->node_tasks[ask->part] > TASKS_MOST)
        return fail(err, ERROR_INVALID, "part %" PRIu32 " of %zu with too many tasks", ask->part,
                    ask->n_node_tasks);
    if (!layout_check(ask->layout, err))
        return false;
    if (ask->cores > 0)
        cores = would_take(agent, ask->cores, &question.as_idle);
    if (!cores)
        return fail(err, ERROR_EXHAUSTED, "%s does not have %" PRIu32 " cores for jobs",
                    agent->facts.node, ask->cores);
    if (ask->gpus > 0)
        gpus = would_see(agent, ask, cores, question.as_idle);
    if (ask->gpus > 0 && !gpus) {
        question.as_idle = true;
        gpus = would_see(agent, ask, cores, true);
    }
    question.wish.gpus = gpus;
    question.wish.cores = cores;
    question.wish.tasks = ask->node_tasks[ask->part];
    return answer(agent, envelope->request, &question, err);
}

void on_binding_ask(struct agent *agent, const Wire__Envelope *envelope)
{
    bool runs = envelope->binding_ask->job != 0;
    struct error err;

    if (runs ? !answer_part(agent, envelope, &err) : !answer_wish(agent, envelope, &err))
        agent_send_failure(agent, envelope->request, &err);
}
