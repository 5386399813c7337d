/* demand.c - what waiting jobs ask for, as numbers that can be compared at once */

#include "scheduler/core/demand.h"

struct demand demand_of(const struct request *request, int64_t limit_us)
{
    uint64_t cores = (uint64_t)request->tasks * request->cpus_per_task;
    uint32_t nodes = request->nodes_most ? request->nodes_most : 1;
    uint64_t most_tasks = (request->tasks + (uint64_t)nodes - 1) / nodes;

    return (struct demand){
        .least = {[DEMAND_CORES] = cores,
                  [DEMAND_NODE_CORES] = most_tasks * request->cpus_per_task,
                  [DEMAND_IDLE_NODES] = request->exclusive ? request->nodes_least : 0,
                  [DEMAND_TASK_CORES] = request->cpus_per_task,
                  [DEMAND_TASKS] = request->tasks,
                  [DEMAND_NODES] = request->nodes_least,
                  [DEMAND_FEWNESS] = UINT32_MAX - nodes,
                  [DEMAND_THINNESS] =
                      request->tasks_per_node ? UINT32_MAX - request->tasks_per_node : 0,
                  [DEMAND_NODE_MEMORY] = request->memory_per_node,
                  [DEMAND_CORE_MEMORY] = request->memory_per_cpu,
                  [DEMAND_TIME] = (uint64_t)limit_us}
    };
}

bool demand_covers(const struct demand *demand, const struct demand *other)
{
    for (unsigned i = 0; i < DEMAND_COUNT; i++)
        if (demand->least[i] < other->least[i])
            return false;
    return true;
}

void demand_lower(struct demand *demand, const struct demand *other)
{
    for (unsigned i = 0; i < DEMAND_COUNT; i++)
        if (other->least[i] < demand->least[i])
            demand->least[i] = other->least[i];
}
