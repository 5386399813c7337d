/* binding.c - the tasks of a part on its cores: what is bound, and what is told of it */

#include "agent/binding.h"

#include "proto/layout.h"

#include <inttypes.h>
#include <stdlib.h>

static char *text_of(const struct idset *set)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    idset_print(set, &text);
    return buffer_steal(&text);
}

static void free_sets(struct idset **sets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        idset_free(sets[i]);
    free(sets);
}

/* --- where the tasks are ---------------------------------------------------------------------- */

static bool place(struct binding *binding, const struct binding_wish *wish, struct error *err)
{
    static const Wire__TaskLayout plain = WIRE__TASK_LAYOUT__INIT;
    const Wire__TaskLayout *layout = wish->layout ? wish->layout : &plain;
    const struct placement_machine machine = topology_machine(binding->topology);
    struct idset **sets = NEW_ARRAY(struct idset *, layout->n_sets + 1);
    uint32_t each = wish->each;
    struct placement_wish wanted = {
        .tasks = wish->tasks,
        .bind = (enum placement_bind)layout->bind,
        .order = (enum placement_order)layout->order,
        .threads_per_core = layout->threads_per_core,
        .tasks_per_core = layout->tasks_per_core,
        .tasks_per_package = layout->tasks_per_package,
        .sets = sets,
    };

    if (each == 0 && wish->tasks > 0)
        each = idset_count(wish->cores) / wish->tasks;
    wanted.each = each > 0 ? each : 1;
    while (wanted.set_count < layout->n_sets) {
        sets[wanted.set_count] = layout_set(layout->sets[wanted.set_count], err);
        if (!sets[wanted.set_count])
            break;
        wanted.set_count++;
    }
    if (wanted.set_count == layout->n_sets)
        binding->placement = placement_new(&machine, wish->cores, &wanted, err);
    free_sets(sets, wanted.set_count);
    return binding->placement != NULL;
}

/* --- whose memory they use ---------------------------------------------------------------------- */

static bool check_numas(const struct binding *binding, const struct idset *set, struct error *err)
{
    const struct topology *topology = binding->topology;

    for (uint32_t id = idset_first(set); id != IDSET_NONE; id = idset_after(set, id)) {
        bool known = false;

        for (uint32_t i = 0; i < topology->numa_nodes; i++)
            known = known || topology->numa_numbers[i] == id;
        if (!known)
            return fail(err, ERROR_INVALID, "there is no NUMA node %" PRIu32 " on this machine",
                        id);
    }
    return true;
}

static bool choose_memory(struct binding *binding, const Wire__TaskLayout *layout,
                          struct error *err)
{
    const struct placement *placement = binding->placement;

    if (!layout || layout->memory == WIRE__TASK_MEMORY__TASK_MEMORY_ANY)
        return true;
    binding->memory = NEW_ARRAY(char *, placement->tasks);
    for (uint32_t i = 0; i < placement->tasks; i++) {
        CLEANUP(idset_freep) struct idset *numas = NULL;

        if (layout->memory == WIRE__TASK_MEMORY__TASK_MEMORY_LOCAL)
            numas = topology_numas(binding->topology, placement->cores[i]);
        else
            numas = layout_set(layout->memory_sets[i % layout->n_memory_sets], err);
        if (!numas || !check_numas(binding, numas, err))
            return false;
        binding->memory[i] = text_of(numas);
    }
    return true;
}

/* --- life ------------------------------------------------------------------------------------------ */

static void deal_gpus(struct binding *binding, const struct binding_wish *wish)
{
    const struct topology *topology = binding->topology;
    const struct devices_wish dealt = {wish->gpus, wish->gpus_each, binding->placement->tasks,
                                       binding->placement->cores};

    binding->gpus = NEW_ARRAY(struct idset *, dealt.tasks);
    devices_deal(topology->devices, topology->places, &dealt, binding->gpus);
}

struct binding *binding_new(const struct topology *topology, const struct binding_wish *wish,
                            struct error *err)
{
    CLEANUP(binding_freep) struct binding *binding = NEW(struct binding);

    binding->topology = topology;
    if (!place(binding, wish, err) || !choose_memory(binding, wish->layout, err))
        return NULL;
    deal_gpus(binding, wish);
    return STEAL(binding);
}

void binding_free(struct binding *binding)
{
    if (!binding)
        return;
    for (uint32_t i = 0; binding->memory && i < binding->placement->tasks; i++)
        free(binding->memory[i]);
    free(binding->memory);
    if (binding->gpus)
        free_sets(binding->gpus, binding->placement->tasks);
    placement_free(binding->placement);
    free(binding);
}

/* --- as it is used ---------------------------------------------------------------------------------- */

static char *real_text(const struct binding *binding, uint32_t task)
{
    CLEANUP(idset_freep)
    struct idset *real = topology_real_cpus(binding->topology, binding->placement->cpus[task]);

    return text_of(real);
}

char **binding_cpus(const struct binding *binding)
{
    uint32_t tasks = binding->placement->tasks;
    char **cpus = NEW_ARRAY(char *, tasks);

    for (uint32_t i = 0; i < tasks; i++)
        cpus[i] = real_text(binding, i);
    return cpus;
}

void binding_print(const struct binding *binding, struct buffer *buffer)
{
    /* NUMA nodes of a description are not this machine's. */
    bool memory = binding->memory && !binding->topology->emulated;

    for (uint32_t i = 0; i < binding->placement->tasks; i++) {
        CLEANUP(memory_freep) char *cpus = real_text(binding, i);

        buffer_print(buffer, "%s %s\n", cpus, memory ? binding->memory[i] : "-");
    }
}

static char *packages_text(const struct binding *binding, const struct idset *cores,
                           struct arena *keep)
{
    CLEANUP(idset_freep) struct idset *packages = topology_packages(binding->topology, cores);
    CLEANUP(memory_freep) char *text = text_of(packages);

    return arena_copy(keep, text);
}

Wire__TaskPlace *binding_place(const struct binding *binding, uint32_t task, uint32_t rank,
                               struct arena *keep)
{
    const struct placement *placement = binding->placement;
    CLEANUP(idset_freep)
    struct idset *numas = topology_numas(binding->topology, placement->cores[task]);
    CLEANUP(memory_freep) char *cores = text_of(placement->cores[task]);
    CLEANUP(memory_freep) char *cpus = text_of(placement->cpus[task]);
    CLEANUP(memory_freep) char *numa = text_of(numas);
    CLEANUP(memory_freep) char *gpus = text_of(binding->gpus[task]);
    Wire__TaskPlace *wire = ARENA_NEW(keep, Wire__TaskPlace);

    wire__task_place__init(wire);
    wire->rank = rank;
    wire->cores = arena_copy(keep, cores);
    wire->cpus = arena_copy(keep, cpus);
    wire->packages = packages_text(binding, placement->cores[task], keep);
    wire->numas = arena_copy(keep, numa);
    wire->gpus = arena_copy(keep, gpus);
    wire->memory = arena_copy(keep, binding->memory ? binding->memory[task] : "");
    return wire;
}
