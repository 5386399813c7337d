/* step.c - tasks started inside a running job, on one or more of its nodes */

#include "agent/step.h"

#include "agent/core/ranks.h"
#include "agent/part.h"
#include "base/hostlist.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* One part of the job as the step may use it. */
struct room {
    bool chosen;
    uint32_t most;  /* tasks that fit */
    uint32_t tasks; /* given so far */
};

static uint32_t cpus_of(const Wire__StepStart *ask, const Wire__PartLaunch *launch)
{
    uint32_t each = ask->cpus_per_task > 0 ? ask->cpus_per_task : launch->cpus_per_task;

    return each > 0 ? each : 1;
}

/* How many tasks so many cores hold; several may share one if they are told to. */
static uint32_t fitting(const Wire__StepStart *ask, const Wire__PartLaunch *launch, uint32_t cores)
{
    const Wire__TaskLayout *layout = ask->layout ? ask->layout : launch->layout;
    uint64_t sharers = layout && layout->tasks_per_core > 1 ? layout->tasks_per_core : 1;
    uint64_t fit = cores * sharers / cpus_of(ask, launch);

    return fit < STEP_TASKS_MAX ? (uint32_t)fit : STEP_TASKS_MAX;
}

/* Which nodes were named; all when none was. */
static bool choose_rooms(const Wire__StepStart *ask, const Wire__PartLaunch *launch,
                         struct room *rooms, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *names = hostlist_parse(ask->nodes, err);
    size_t found = 0;

    if (!names)
        return fail_in(err, "nodes of the step");
    for (size_t i = 0; i < launch->n_nodes; i++) {
        uint32_t fit = fitting(ask, launch, launch->node_cores[i]);

        rooms[i].chosen = hostlist_count(names) == 0 || hostlist_has(names, launch->nodes[i]);
        rooms[i].most = ask->whole_part ? STEP_TASKS_MAX : fit;
        if (ask->tasks_per_node > 0 && rooms[i].most > ask->tasks_per_node)
            rooms[i].most = ask->tasks_per_node;
        found += rooms[i].chosen;
    }
    if (hostlist_count(names) > found)
        return fail(err, ERROR_INVALID, "the step names %zu nodes, but %zu of them are the job's",
                    hostlist_count(names), found);
    return true;
}

/* What is meant when no number of tasks was given. */
static uint64_t default_tasks(const Wire__StepStart *ask, const Wire__PartLaunch *launch,
                              const struct room *rooms)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < launch->n_nodes; i++) {
        if (!rooms[i].chosen)
            continue;
        if (ask->whole_part && ask->tasks_per_node == 0)
            sum += 1;
        else if (ask->tasks_per_node > 0 || ask->cpus_per_task > 0)
            sum += rooms[i].most;
        else
            sum += launch->node_tasks[i];
    }
    return sum;
}

/* As the job's own tasks are laid out, if the step asks for the same. */
static bool give_as_job(const Wire__StepStart *ask, const Wire__PartLaunch *launch, uint64_t tasks,
                        struct room *rooms)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < launch->n_nodes; i++) {
        if (!rooms[i].chosen)
            continue;
        if (launch->node_tasks[i] > rooms[i].most)
            return false;
        sum += launch->node_tasks[i];
    }
    if (sum != tasks || ask->tasks_per_node > 0 || ask->whole_part)
        return false;
    for (size_t i = 0; i < launch->n_nodes; i++)
        rooms[i].tasks = rooms[i].chosen ? launch->node_tasks[i] : 0;
    return true;
}

/* One task after the other to each chosen node that has room: as even as can be. */
static uint64_t give_evenly(size_t count, uint64_t tasks, struct room *rooms)
{
    uint64_t left = tasks, before;

    do {
        before = left;
        for (size_t i = 0; i < count && left > 0; i++) {
            if (!rooms[i].chosen || rooms[i].tasks >= rooms[i].most)
                continue;
            rooms[i].tasks++;
            left--;
        }
    } while (left > 0 && left < before);
    return tasks - left;
}

static bool lay_out(const Wire__StepStart *ask, const Wire__PartLaunch *launch, struct room *rooms,
                    struct error *err)
{
    uint64_t tasks, given;

    if (!choose_rooms(ask, launch, rooms, err))
        return false;
    tasks = ask->tasks > 0 ? ask->tasks : default_tasks(ask, launch, rooms);
    if (tasks > STEP_TASKS_MAX)
        return fail(err, ERROR_EXHAUSTED, "%" PRIu64 " tasks, at most %d are possible", tasks,
                    STEP_TASKS_MAX);
    if (tasks > 0 && give_as_job(ask, launch, tasks, rooms))
        return true;
    given = give_evenly(launch->n_nodes, tasks, rooms);
    if (given < tasks || tasks == 0)
        return fail(err, ERROR_EXHAUSTED,
                    "%" PRIu64 " tasks with %" PRIu32 " cores each do not fit: there is room for "
                    "%" PRIu64,
                    tasks, cpus_of(ask, launch), given);
    return true;
}

static Wire__Envelope *copy_ask(const Wire__StepStart *ask, struct error *err)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    CLEANUP(buffer_clear) struct buffer bytes = {0};

    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    envelope.step_start = (Wire__StepStart *)ask;
    buffer_init(&bytes);
    message_encode(&envelope, &bytes);
    return message_decode((const uint8_t *)bytes.bytes, bytes.length, err);
}

struct step *step_new(struct part *part, uint64_t id, const Wire__StepStart *ask, uid_t uid,
                      struct error *err)
{
    const Wire__PartLaunch *launch = part_launch(part);
    CLEANUP(memory_freep) struct room *rooms = NEW_ARRAY(struct room, launch->n_nodes);
    CLEANUP(step_freep) struct step *step = NEW(struct step);
    uint32_t first = 0;

    step->part = part;
    step->id = id;
    step->uid = uid;
    list_init(&step->starters);
    list_init(&step->waiters);
    step->parts = NEW_ARRAY(struct step_part, launch->n_nodes);
    if (!lay_out(ask, launch, rooms, err))
        return NULL;
    step->ask = copy_ask(ask, err);
    if (!step->ask)
        return NULL;
    for (uint32_t i = 0; i < launch->n_nodes; i++) {
        if (rooms[i].tasks == 0)
            continue;
        step->parts[step->count++] = (struct step_part){
            .step = step, .part = i, .tasks = rooms[i].tasks, .first_task = first};
        first += rooms[i].tasks;
    }
    return STEAL(step);
}

static void free_askers(struct list *askers)
{
    LIST_EACH(askers, node)
        free(CONTAINER_OF(node, struct step_asker, of_step));
}

void step_free(struct step *step)
{
    if (!step)
        return;
    free_askers(&step->starters);
    free_askers(&step->waiters);
    message_free(step->ask);
    free(step->parts);
    free(step);
}

struct step *step_find(const struct list *steps, uint64_t id)
{
    LIST_EACH(steps, node) {
        struct step *step = CONTAINER_OF(node, struct step, of_part);

        if (step->id == id)
            return step;
    }
    return NULL;
}

const Wire__StepStart *step_ask(const struct step *step)
{
    return step->ask->step_start;
}

struct step_part *step_find_part(const struct step *step, uint32_t part)
{
    for (size_t i = 0; i < step->count; i++)
        if (step->parts[i].part == part)
            return &step->parts[i];
    return NULL;
}

bool step_has_started(const struct step *step)
{
    for (size_t i = 0; i < step->count; i++)
        if (step->parts[i].state == STEP_PART_ASKED)
            return false;
    return true;
}

bool step_has_ended(const struct step *step)
{
    for (size_t i = 0; i < step->count; i++)
        if (step->parts[i].state != STEP_PART_ENDED)
            return false;
    return true;
}

/* How much a code tells of why the step failed: those whom the failure of another part has ended
 * have ended by one of these signals. */
static uint32_t weight(uint32_t code)
{
    uint32_t status = code & 0xff;

    if (status == 128 + SIGTERM)
        return 1;
    if (status == 128 + SIGKILL)
        return 2;
    return status == 0 ? 0 : status + 2;
}

uint32_t step_exit_code(const struct step *step)
{
    uint32_t code = 0;

    for (size_t i = 0; i < step->count; i++)
        if (weight(step->parts[i].exit_code) > weight(code))
            code = step->parts[i].exit_code;
    return code;
}

uint32_t step_all_tasks(const struct step *step)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < step->count; i++)
        sum += step->parts[i].tasks;
    return sum;
}

uint32_t step_cpus_per_task(const struct step *step)
{
    const Wire__StepStart *ask = step_ask(step);

    return ask->cpus_per_task > 0 ? ask->cpus_per_task : part_launch(step->part)->cpus_per_task;
}

const Wire__TaskLayout *step_layout(const struct step *step)
{
    const Wire__TaskLayout *own = step_ask(step)->layout;

    return own ? own : part_launch(step->part)->layout;
}

char **step_nodes(const struct step *step)
{
    const Wire__PartLaunch *launch = part_launch(step->part);
    char **nodes = NEW_ARRAY(char *, step->count);

    for (size_t i = 0; i < step->count; i++)
        nodes[i] = launch->nodes[step->parts[i].part];
    return nodes;
}

uint32_t *step_tasks(const struct step *step)
{
    uint32_t *tasks = NEW_ARRAY(uint32_t, step->count);

    for (size_t i = 0; i < step->count; i++)
        tasks[i] = step->parts[i].tasks;
    return tasks;
}

uint32_t *step_ranks(const struct step_part *step_part)
{
    const struct step *step = step_part->step;
    const Wire__TaskLayout *layout = step_layout(step);
    CLEANUP(memory_freep) uint32_t *tasks = NULL;
    uint32_t *ranks;

    if (!layout || layout->plane == 0 || step_ask(step)->whole_part)
        return NULL;
    tasks = step_tasks(step);
    ranks = NEW_ARRAY(uint32_t, step_part->tasks);
    ranks_of(tasks, step->count, layout->plane, (size_t)(step_part - step->parts), ranks);
    return ranks;
}

void step_slim(struct step *step)
{
    Wire__StepStart slim = *step_ask(step);
    Wire__Envelope *copy;
    struct error err;

    slim.n_arguments = slim.n_arguments > 0; /* its name, for those who ask what runs */
    slim.n_environment = 0;
    copy = copy_ask(&slim, &err);
    if (!copy)
        return; /* then the large one stays */
    message_free(step->ask);
    step->ask = copy;
}
