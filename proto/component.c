/* component.c - a component of a heterogeneous job, read and written as the JobSpec of a job */

#include "proto/component.h"

Wire__JobSpec component_to_spec(const Wire__Component *component)
{
    Wire__JobSpec spec = WIRE__JOB_SPEC__INIT;

    spec.partition = component->partition;
    spec.nodes_least = component->nodes_least;
    spec.nodes_most = component->nodes_most;
    spec.tasks = component->tasks;
    spec.cpus_per_task = component->cpus_per_task;
    spec.tasks_per_node = component->tasks_per_node;
    spec.memory_per_node = component->memory_per_node;
    spec.memory_per_cpu = component->memory_per_cpu;
    spec.exclusive = component->exclusive;
    spec.node_list = component->node_list;
    spec.node_exclude = component->node_exclude;
    spec.gpus = component->gpus;
    spec.gpus_per_node = component->gpus_per_node;
    spec.gpus_per_task = component->gpus_per_task;
    spec.gpu_type = component->gpu_type;
    spec.cpus_per_gpu = component->cpus_per_gpu;
    spec.memory_per_gpu = component->memory_per_gpu;
    spec.features = component->features;
    return spec;
}

Wire__Component component_from_spec(const Wire__JobSpec *spec)
{
    Wire__Component component = WIRE__COMPONENT__INIT;

    component.partition = spec->partition;
    component.nodes_least = spec->nodes_least;
    component.nodes_most = spec->nodes_most;
    component.tasks = spec->tasks;
    component.cpus_per_task = spec->cpus_per_task;
    component.tasks_per_node = spec->tasks_per_node;
    component.memory_per_node = spec->memory_per_node;
    component.memory_per_cpu = spec->memory_per_cpu;
    component.exclusive = spec->exclusive;
    component.node_list = spec->node_list;
    component.node_exclude = spec->node_exclude;
    component.gpus = spec->gpus;
    component.gpus_per_node = spec->gpus_per_node;
    component.gpus_per_task = spec->gpus_per_task;
    component.gpu_type = spec->gpu_type;
    component.cpus_per_gpu = spec->cpus_per_gpu;
    component.memory_per_gpu = spec->memory_per_gpu;
    component.features = spec->features;
    return component;
}
