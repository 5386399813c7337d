/* run_vm.c - of what a job's virtual machine is made */

#include "agent/run.h"

#include "base/idset.h"

#include <inttypes.h>

/* The real cpus of each core, and so of each virtual processor: "0,4;1,5". */
static void print_cpus(const struct agent *agent, const struct idset *cores, struct buffer *text)
{
    for (uint32_t core = idset_first(cores); core != IDSET_NONE; core = idset_after(cores, core)) {
        CLEANUP(idset_freep) struct idset *one = idset_new();
        CLEANUP(idset_freep) struct idset *cpus = NULL;

        idset_add(one, core);
        cpus = agent->facts.bind ? topology_binding(agent->facts.topology, one)
                                 : idset_copy(agent->facts.topology->real_cpus);
        if (text->length > 0)
            buffer_add_char(text, ';');
        idset_print(cpus, text);
    }
}

/* NUMA nodes of a machine that is only described are none of this one's. */
static void print_nodes(const struct agent *agent, const struct idset *cores, struct buffer *text)
{
    CLEANUP(idset_freep) struct idset *nodes = NULL;

    if (!agent->facts.bind || agent->facts.topology->emulated)
        return;
    nodes = topology_numas(agent->facts.topology, cores);
    if (idset_count(nodes) > 0)
        idset_print(nodes, text);
}

/* A job without a limit has as much as its cores are of the node. */
static uint64_t memory_of(const struct agent *agent, const struct part *part)
{
    uint64_t limit = part_launch(part)->memory;

    return limit > 0 ? limit
                     : agent->facts.memory_bytes / agent->facts.topology->core_count *
                           idset_count(part->cores);
}

void run_set_vm(const struct agent *agent, const struct part *part, struct environment *environment)
{
    CLEANUP(buffer_clear) struct buffer cpus = {0};
    CLEANUP(buffer_clear) struct buffer nodes = {0};

    buffer_init(&cpus);
    buffer_init(&nodes);
    print_cpus(agent, part->cores, &cpus);
    print_nodes(agent, part->cores, &nodes);
    environment_set(environment, "TEQUIO_VM_CPUS", "%s", cpus.bytes);
    environment_set(environment, "TEQUIO_VM_NODES", "%s", nodes.bytes);
    environment_set(environment, "TEQUIO_VM_MEMORY", "%" PRIu64, memory_of(agent, part));
    environment_set(environment, "TEQUIO_VM_IMAGES", "%s",
                    agent->facts.vm_images ? agent->facts.vm_images : "");
}
