/* job.c - a job as the planner sees it, and the parts it has on nodes */

#include "scheduler/core/job.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/limit.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const part_states[] = {
    "launching", "ready", "starting", "running", "stopping",
    "ended",     "lost",  "pausing",  "paused",  "resuming",
};
static_assert(COUNT_OF(part_states) == PART_STATE_COUNT, "one name for each, in their order");

/* The names are Slurm's, so that people and their tools know them. */
static const char *const reasons[] = {
    [REASON_NONE] = "None",
    [REASON_PRIORITY] = "Priority",
    [REASON_RESOURCES] = "Resources",
    [REASON_BEGIN_TIME] = "BeginTime",
    [REASON_HELD_USER] = "JobHeldUser",
    [REASON_HELD_ADMIN] = "JobHeldAdmin",
    [REASON_NODE_NOT_AVAILABLE] = "ReqNodeNotAvail",
    [REASON_PARTITION_DOWN] = "PartitionDown",
    [REASON_PARTITION_TIME_LIMIT] = "PartitionTimeLimit",
    [REASON_BUDGET] = "AssocGrpBillingMinutes",
    [REASON_BAD_CONSTRAINTS] = "BadConstraints",
    [REASON_LAUNCH_FAILED_HELD] = "JobHoldMaxRequeue",
    [REASON_NON_ZERO_EXIT] = "NonZeroExitCode",
    [REASON_TIME_LIMIT] = "TimeLimit",
    [REASON_OUT_OF_MEMORY] = "OutOfMemory",
    [REASON_NODE_DOWN] = "NodeDown",
    [REASON_LAUNCH_FAILURE] = "JobLaunchFailure",
    [REASON_EXIT_UNKNOWN] = "ExitUnknown",
    [REASON_DEPENDENCY] = "Dependency",
    [REASON_DEPENDENCY_NEVER] = "DependencyNeverSatisfied",
    [REASON_RESERVATION] = "Reservation",
    [REASON_RESERVATION_GONE] = "ReservationDeleted",
    [REASON_RESERVED] = "Reserved",
    [REASON_MAINTENANCE] = "ReservedForMaintenance",
    [REASON_LICENSES] = "Licenses",
    [REASON_ARRAY_LIMIT] = "JobArrayTaskLimit",
    [REASON_DEADLINE] = "DeadLine",
    [REASON_PREEMPTED] = "Preempted",
    [REASON_INVALID_QOS] = "InvalidQOS",
    [REASON_LIMIT_LAST] = NULL, /* all of them: limit.h */
    [REASON_SWITCHES] = "Switches",
    [REASON_FINISHES_SOONER] = "FinishesSooner",
    [REASON_LENT] = "ClusterLendsNoMore",
    [REASON_GIVEN_BACK] = "GivenBack",
    [REASON_LENT_HOURS] = "ClusterLendsLater",
    [REASON_GUARANTEED] = "GuaranteedToOwners",
};
static_assert(COUNT_OF(reasons) == REASON_COUNT, "one name for each reason");

const char *job_reason_name(enum job_reason reason)
{
    assert(reason < REASON_COUNT);
    return reasons[reason] ? reasons[reason] : limit_reason_name(reason);
}

const char *part_state_name(enum part_state state)
{
    assert(state < PART_STATE_COUNT);
    return part_states[state];
}

uint32_t job_cores(const struct job *job)
{
    uint32_t cores = 0;

    if (job->part_count == 0)
        return het_cores(&job->request);
    for (uint32_t i = 0; i < job->part_count; i++)
        cores += job->parts[i].cores;
    return cores;
}

uint32_t job_cores_held(const struct job *job)
{
    uint32_t cores = 0;

    for (uint32_t i = 0; i < job->part_count; i++)
        cores += job->parts[i].cores_held;
    return cores;
}

uint64_t job_memory(const struct job *job)
{
    uint64_t memory_bytes = 0;

    if (job->part_count == 0)
        return het_memory(&job->request);
    for (uint32_t i = 0; i < job->part_count; i++)
        memory_bytes += job->parts[i].memory_bytes;
    return memory_bytes;
}

void job_measured(const struct job *job, int64_t *ret_cpu_used_us, uint64_t *ret_memory_peak)
{
    *ret_cpu_used_us = 0;
    *ret_memory_peak = 0;
    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];

        if (__builtin_add_overflow(*ret_cpu_used_us, part->cpu_used_us, ret_cpu_used_us))
            *ret_cpu_used_us = INT64_MAX;
        if (part->memory_peak_bytes > *ret_memory_peak)
            *ret_memory_peak = part->memory_peak_bytes;
    }
}

uint32_t job_gpus(const struct job *job)
{
    uint32_t gpus = 0;

    if (job->part_count == 0)
        return het_gpus(&job->request);
    for (uint32_t i = 0; i < job->part_count; i++)
        gpus += job->parts[i].gpus;
    return gpus;
}

static char *put_text(char **place, const char *text)
{
    size_t size = strlen(text) + 1;
    char *put = memcpy(*place, text, size);

    *place += size;
    return put;
}

/* Each alone would have more around it than it is long. */
void job_set_names(struct job *job, const char *name, const char *user, const char *project,
                   const char *institution)
{
    char *place =
        memory_get(strlen(name) + strlen(user) + strlen(project) + strlen(institution) + 4, 1);

    job->name = put_text(&place, name);
    job->user = put_text(&place, user);
    job->project = put_text(&place, project);
    job->institution = put_text(&place, institution);
}

bool job_is_head(const struct job *job)
{
    return job->array_id == job->id;
}

void job_print_name(const struct job *job, struct buffer *buffer)
{
    if (job->array_id == 0 || job_is_head(job)) {
        buffer_print(buffer, "%" PRIu64, job->id);
        return;
    }
    buffer_print(buffer, "%" PRIu64 "_", job->array_id);
    if (!job->elements) {
        buffer_print(buffer, "%" PRIu32, job->element);
        return;
    }
    buffer_add_char(buffer, '[');
    elements_print(job->elements, buffer);
    buffer_add_char(buffer, ']');
}

uint32_t job_element_count(const struct job *job)
{
    return job->elements ? job->elements->count : 1;
}

bool job_has_element(const struct job *job, uint32_t element)
{
    return job->elements ? elements_has(job->elements, element) : job->element == element;
}

int64_t job_switches_until(const struct job *job)
{
    const struct constraints *constraints = job->request.constraints;

    if (!constraints || constraints->switches == 0 || job->any_switches)
        return 0;
    if (job->eligible_us == 0)
        return INT64_MAX; /* it has not begun to wait */
    return job->eligible_us + constraints->switches_us;
}

int64_t job_too_late(const struct job *job)
{
    if (job->request.deadline_us == 0)
        return INT64_MAX;
    return job->request.deadline_us - request_limit_least(&job->request) + 1;
}

int64_t job_limit(const struct job *job)
{
    if (job->limit_cut_us > 0)
        return job->limit_cut_us;
    if (job->partition && job->request.limit_us > job->partition->limit_us)
        return job->partition->limit_us;
    return job->request.limit_us;
}

void job_drop_parts(struct job *job)
{
    for (uint32_t i = 0; i < job->part_count; i++) {
        free(job->parts[i].core_list);
        free(job->parts[i].cpu_list);
        free(job->parts[i].gpu_list);
    }
    free(job->parts);
    free(job->components);
    free(job->series);
    job->parts = NULL;
    job->components = NULL;
    job->series = NULL;
    job->part_count = 0;
}

void job_free(struct job *job)
{
    if (!job)
        return;
    job_drop_parts(job);
    free(job->interruption);
    request_clear(&job->request);
    array_leave(job->array);
    if (job->elements)
        elements_clear(job->elements);
    free(job->elements);
    free(job->name);
    free(job->ended_by);
    free(job->refusal);
    free(job->output);
    free(job->error_output);
    memory_wipe(job->token, sizeof(job->token));
    free(job);
}
