/* het.c - heterogeneous jobs: one job whose components ask for nodes of different shapes */

#include "scheduler/core/het.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/request.h"

#include <inttypes.h>
#include <stdlib.h>

struct het *het_new(uint32_t count)
{
    struct het *het = memory_get(1, sizeof(*het) + count * sizeof(*het->more));

    het->count = count;
    return het;
}

struct het *het_copy(const struct het *het)
{
    struct het *copy;

    if (!het)
        return NULL;
    copy = het_new(het->count);
    for (uint32_t i = 0; i < het->count; i++)
        request_copy(&copy->more[i], &het->more[i]);
    return copy;
}

void het_free(struct het *het)
{
    if (!het)
        return;
    for (uint32_t i = 0; i < het->count; i++)
        request_clear(&het->more[i]);
    free(het);
}

uint32_t het_size(const struct request *request)
{
    return request->het ? request->het->count + 1 : 1;
}

const struct request *het_request(const struct request *request, uint32_t component)
{
    return component == 0 ? request : &request->het->more[component - 1];
}

/* --- sums --------------------------------------------------------------------------------------- */

uint32_t het_cores_asked(const struct request *request, uint32_t component)
{
    const struct request *each = het_request(request, component);

    return each->tasks * each->cpus_per_task;
}

uint32_t het_cores(const struct request *request)
{
    uint32_t cores = 0;

    for (uint32_t i = 0; i < het_size(request); i++)
        cores += het_cores_asked(request, i);
    return cores;
}

uint32_t het_nodes(const struct request *request)
{
    uint32_t nodes = 0;

    for (uint32_t i = 0; i < het_size(request); i++)
        nodes += het_request(request, i)->nodes_least;
    return nodes;
}

uint32_t het_tasks(const struct request *request)
{
    uint32_t tasks = 0;

    for (uint32_t i = 0; i < het_size(request); i++)
        tasks += het_request(request, i)->tasks;
    return tasks;
}

uint64_t het_memory(const struct request *request)
{
    uint64_t memory_bytes = 0;

    for (uint32_t i = 0; i < het_size(request); i++) {
        const struct request *each = het_request(request, i);

        memory_bytes += each->memory_per_cpu
                            ? each->memory_per_cpu * each->tasks * each->cpus_per_task
                            : each->memory_per_node * each->nodes_least;
    }
    return memory_bytes;
}

uint32_t het_gpus(const struct request *request)
{
    uint32_t gpus = 0;

    for (uint32_t i = 0; i < het_size(request); i++) {
        const struct request *each = het_request(request, i);
        const struct constraints *constraints = each->constraints;

        if (constraints)
            gpus += constraints->gpus_per_node * each->nodes_least +
                    constraints->gpus_per_task * each->tasks;
    }
    return gpus;
}

bool het_is_exclusive(const struct request *request)
{
    for (uint32_t i = 0; i < het_size(request); i++)
        if (het_request(request, i)->exclusive)
            return true;
    return false;
}

void het_add_key(const struct het *het, struct buffer *buffer)
{
    for (uint32_t i = 0; het && i < het->count; i++) {
        buffer_add_char(buffer, ':');
        request_add_key(&het->more[i], buffer);
    }
}

/* --- checks ------------------------------------------------------------------------------------- */

/* What holds for the job as a whole, and so is said once. */
static const char *said_again(const struct request *request)
{
    const struct {
        const char *option;
        bool given;
    } said[] = {
        {"--begin",       request->begin_us != 0                                        },
        {"--deadline",    request->deadline_us != 0                                     },
        {"--time-min",    request->limit_least_us != 0                                  },
        {"--dependency",  request->dependencies != NULL                                 },
        {"--nice",        request->nice != 0                                            },
        {"--qos",         request->qos != NULL                                          },
        {"--reservation", request->reservation != NULL                                  },
        {"--clusters",    request->clusters != NULL                                     },
        {"--switches",    request->constraints && request->constraints->switches != 0   },
        {"--stage-size",  request->constraints && request->constraints->stage_bytes != 0},
        {"--licenses",    request->constraints && request->constraints->licenses != NULL},
    };

    for (size_t i = 0; i < COUNT_OF(said); i++)
        if (said[i].given)
            return said[i].option;
    return NULL;
}

static bool complete_one(struct request *request, const struct request *first,
                         const struct inventory *inventory, struct error *err)
{
    const char *again = said_again(request);

    if (request->het)
        return fail(err, ERROR_INVALID, "a component has no components");
    if (again)
        return fail(err, ERROR_INVALID, "%s holds for the whole job: give it once, before ':'",
                    again);
    if (request->limit_us != 0 && request->limit_us != first->limit_us)
        return fail(err, ERROR_INVALID, "--time holds for the whole job: give it once, before ':'");
    request->limit_us = first->limit_us;
    request->requeue = first->requeue;
    return request_complete(request, inventory, err);
}

bool het_complete(struct request *request, const struct inventory *inventory, struct error *err)
{
    uint64_t cores = (uint64_t)request->tasks * request->cpus_per_task;
    uint64_t tasks = request->tasks;
    struct het *het = request->het;

    if (!het)
        return true;
    if (het->count == 0 || het->count >= HET_SIZE_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " components; 2 to %d are possible",
                    het->count + 1, HET_SIZE_MAX);
    for (uint32_t i = 0; i < het->count; i++) {
        if (!complete_one(&het->more[i], request, inventory, err))
            return fail_in(err, "component %" PRIu32, i + 1);
        cores += (uint64_t)het->more[i].tasks * het->more[i].cpus_per_task;
        tasks += het->more[i].tasks;
    }
    if (cores > UINT32_MAX / 2 || tasks > REQUEST_TASKS_MAX)
        return fail(err, ERROR_INVALID,
                    "the components together ask for %" PRIu64 " tasks with %" PRIu64
                    " cores: too many",
                    tasks, cores);
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++)
        if (het_has_cluster(request, inventory_cluster(inventory, i)))
            return true;
    return fail(err, ERROR_INVALID,
                "no cluster has partitions for all components, which start in one");
}

bool het_has_cluster(const struct request *request, const struct cluster *cluster)
{
    for (uint32_t i = 0; i < het_size(request); i++)
        if (!request_partition(het_request(request, i), cluster))
            return false;
    return true;
}

bool het_has_id(const struct job *job, uint64_t id)
{
    return id >= job->id && id - job->id < het_size(&job->request);
}

uint32_t het_component(const struct job *job, uint64_t id)
{
    return het_has_id(job, id) ? (uint32_t)(id - job->id) : 0;
}

/* --- of a placed job ---------------------------------------------------------------------------- */

const struct partition *het_partition(const struct job *job, uint32_t component)
{
    if (component == 0 || !job->components)
        return job->partition;
    return request_partition_at(het_request(&job->request, component), job->cluster,
                                job->components[component].place);
}

uint32_t het_cores_of(const struct job *job, uint32_t component)
{
    uint32_t cores = 0;

    if (job->part_count == 0)
        return het_cores_asked(&job->request, component);
    for (uint32_t i = 0; i < job->part_count; i++)
        if (job->parts[i].component == component)
            cores += job->parts[i].cores;
    return cores;
}
