/* demand.c - what waiting jobs ask for, as numbers that can be compared at once */

#include "scheduler/core/demand.h"

#include "scheduler/core/constraints.h"

/* The numbers are bounded: constraints_check() saw to it. */
static void add_constraints(struct demand *demand, const struct request *request)
{
    const struct constraints *constraints = request->constraints;

    if (!constraints)
        return;
    demand->counts[DEMAND_GPUS] = constraints->gpus_per_node * request->nodes_least +
                                  constraints->gpus_per_task * request->tasks;
    demand->counts[DEMAND_NODE_GPUS] = constraints->gpus_per_node;
    demand->counts[DEMAND_TASK_GPUS] = constraints->gpus_per_task;
    if (constraints->switches > 0)
        demand->counts[DEMAND_SWITCHES] = UINT32_MAX - constraints->switches;
}

struct demand demand_of(const struct request *request, int64_t limit_us)
{
    uint32_t nodes = request->nodes_most ? request->nodes_most : 1;
    uint32_t tasks = request->tasks / nodes + (request->tasks % nodes > 0);
    uint32_t thinness = request->tasks_per_node ? UINT32_MAX - request->tasks_per_node : 0;
    /* The product fits: request_check() saw to it. */
    struct demand demand = {
        .counts = {[DEMAND_CORES] = request->tasks * request->cpus_per_task,
                   [DEMAND_NODE_CORES] = tasks * request->cpus_per_task,
                   [DEMAND_IDLE_NODES] = request->exclusive ? request->nodes_least : 0,
                   [DEMAND_TASK_CORES] = request->cpus_per_task,
                   [DEMAND_TASKS] = request->tasks,
                   [DEMAND_NODES] = request->nodes_least,
                   [DEMAND_FEWNESS] = UINT32_MAX - nodes,
                   [DEMAND_THINNESS] = thinness},
        .amounts = {[DEMAND_NODE_MEMORY] = request->memory_per_node,
                   [DEMAND_CORE_MEMORY] = request->memory_per_cpu,
                   [DEMAND_TIME] = (uint64_t)limit_us                              }
    };

    add_constraints(&demand, request);
    return demand;
}

struct demand demand_of_job(const struct job *job, int64_t limit_us)
{
    struct demand demand = demand_of(&job->request, limit_us);

    if (job->any_switches)
        demand.counts[DEMAND_SWITCHES] = 0;
    return demand;
}

bool demand_covers(const struct demand *demand, const struct demand *other)
{
    for (unsigned i = 0; i < DEMAND_COUNT; i++)
        if (demand->counts[i] < other->counts[i])
            return false;
    for (unsigned i = 0; i < DEMAND_AMOUNT_COUNT; i++)
        if (demand->amounts[i] < other->amounts[i])
            return false;
    return true;
}

void demand_lower(struct demand *demand, const struct demand *other)
{
    for (unsigned i = 0; i < DEMAND_COUNT; i++)
        if (other->counts[i] < demand->counts[i])
            demand->counts[i] = other->counts[i];
    for (unsigned i = 0; i < DEMAND_AMOUNT_COUNT; i++)
        if (other->amounts[i] < demand->amounts[i])
            demand->amounts[i] = other->amounts[i];
}
