/* run_gpus.c - what the tasks of a part are told of its GPUs */

#include "agent/run.h"

#include "agent/task_gpus.h"

char *run_gpu_list(const struct agent *agent, const struct part *part, const struct idset *numbers,
                   enum device_maker maker)
{
    const struct topology *topology = agent->facts.topology;
    const struct devices_shown shown = {topology->devices, topology->gpus, part->gpus,
                                        agent->facts.denies_devices};
    CLEANUP(buffer_clear) struct buffer text = {0};

    if (topology->gpus == 0)
        return NULL;
    buffer_init(&text);
    if (numbers)
        device_ordinals_print(&shown, numbers, maker, &text);
    return buffer_steal(&text);
}

struct binding_wish run_job_wish(const struct part *part)
{
    const Wire__PartLaunch *launch = part_launch(part);

    return (struct binding_wish){
        .cores = part->cores,
        .tasks = launch->node_tasks[part->key.part],
        .each = launch->cpus_per_task,
        .layout = launch->layout,
        .gpus = part->gpus,
        .gpus_each = launch->gpus_per_task,
    };
}

static void set_gpus(const struct agent *agent, const struct part *part, const char *name,
                     const struct binding *binding, struct environment *environment)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    for (uint32_t i = 0; i < binding->placement->tasks; i++) {
        CLEANUP(memory_freep)
        char *cuda = run_gpu_list(agent, part, binding->gpus[i], DEVICE_OF_NVIDIA);
        CLEANUP(memory_freep)
        char *rocr = run_gpu_list(agent, part, binding->gpus[i], DEVICE_OF_AMD);

        buffer_print(&text, "%s%s/%s", i > 0 ? ";" : "", cuda, rocr);
    }
    environment_set(environment, name, "%s", text.bytes);
}

/* What starts ranks by itself (the batch script, mpirun's daemons) is told the job's own tasks. */
void run_set_gpus(const struct agent *agent, const struct part *part, const struct binding *binding,
                  struct environment *environment)
{
    const struct binding_wish wish = run_job_wish(part);
    CLEANUP(binding_freep) struct binding *whole = NULL;
    struct error ignored;

    if (wish.gpus_each == 0 || !part->gpus || !agent->facts.bind)
        return;
    if (binding) {
        set_gpus(agent, part, TASK_GPUS, binding, environment);
        return;
    }
    whole = wish.tasks > 0 ? binding_new(agent->facts.topology, &wish, &ignored) : NULL;
    if (whole)
        set_gpus(agent, part, RANK_GPUS, whole, environment);
}
