/* machine_check.c - what must hold on a node between two turns of its agent */

#include "agent/agent_inside.h"
#include "agent/core/slots.h"
#include "tests/simulation/machine.h"

#include <inttypes.h>

/* Its cores are its own, and counted. */
static void check_cores(const struct machine *machine, const struct part *part, struct idset *taken)
{
    if (!idset_disjoint(taken, part->cores))
        findings_add(machine->findings,
                     "%s: job %" PRIu64 " attempt %" PRIu32 " has cores of another part",
                     machine->is.name, part->key.job, part->key.attempt);
    idset_add_all(taken, part->cores);
}

void machine_check(const struct machine *machine)
{
    const struct agent *agent = machine->agent;
    CLEANUP(idset_freep) struct idset *taken = NULL;

    if (!agent)
        return;
    taken = idset_new();
    LIST_EACH(&agent->parts, node) {
        const struct part *part = CONTAINER_OF(node, struct part, of_agent);

        if (!task_state_is_final(part->state))
            check_cores(machine, part, taken);
    }
    if (idset_count(taken) + slots_left(agent->slots) != slots_count(agent->slots))
        findings_add(machine->findings,
                     "%s: %" PRIu32 " cores are taken and %" PRIu32 " left, of %" PRIu32,
                     machine->is.name, idset_count(taken), slots_left(agent->slots),
                     slots_count(agent->slots));
}

bool machine_is_clean(const struct machine *machine)
{
    return machine->agent && agent_part_count(machine->agent) == 0 &&
           agent_reports_waiting(machine->agent) == 0 &&
           runtime_simulated_parts(machine->simulated) == 0 &&
           runtime_simulated_live(machine->simulated) == 0;
}

void machine_tell_rest(const struct machine *machine)
{
    const struct agent *agent = machine->agent;

    findings_add(machine->findings,
                 "%s is never clean: %zu parts, %zu reports, %zu parts and %zu "
                 "task sets of the runtime",
                 machine->is.name, agent ? agent_part_count(agent) : 0,
                 agent ? agent_reports_waiting(agent) : 0,
                 runtime_simulated_parts(machine->simulated),
                 runtime_simulated_live(machine->simulated));
    if (!agent)
        return;
    LIST_EACH(&agent->parts, node) {
        const struct part *part = CONTAINER_OF(node, struct part, of_agent);

        trace_say(machine->trace, machine->is.name,
                  "has job %" PRIu64 " attempt %" PRIu32 " part %" PRIu32
                  ": %s, cores %s, alarm %s",
                  part->key.job, part->key.attempt, part->key.part, task_state_name(part->state),
                  part->core_list, alarm_is_set(&part->act) ? "set" : "not set");
    }
}
