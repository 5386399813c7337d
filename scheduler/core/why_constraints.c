/* why_constraints.c - what GPUs, features and licences have to do with a job's waiting */

#include "scheduler/core/constraints.h"
#include "scheduler/core/why.h"

#include <inttypes.h>

void why_say_gpus(const struct constraints *constraints, struct buffer *text)
{
    buffer_print(text, "%" PRIu32 " GPUs%s%s per %s", constraints_gpus(constraints, 1),
                 constraints->gpu_type ? " " : "",
                 constraints->gpu_type ? constraints->gpu_type : "",
                 constraints->gpus_per_node ? "node" : "task");
}

void why_say_constraints(const struct constraints *constraints, struct buffer *text)
{
    if (!constraints)
        return;
    if (constraints_gpus(constraints, 1) > 0) {
        buffer_add_text(text, ", ");
        why_say_gpus(constraints, text);
    }
    if (constraints->features)
        buffer_print(text, ", feature %s", constraints->features);
}

void find_licenses(const struct question *question)
{
    const struct core *core = question->core;
    const struct license_list *list = question->need->licenses;
    uint32_t wanted, left;
    const char *name =
        list ? licenses_short(core->licenses, list, question->cluster, &wanted, &left) : NULL;
    struct blocker *blocker;
    int64_t free_us;

    if (!name || question->possible == POSSIBLE_NEVER ||
        !(blocker = why_add(question, REASON_LICENSES)))
        return;
    snprintf(blocker->needs, sizeof(blocker->needs), "%" PRIu32 " of license %.40s", wanted, name);
    snprintf(blocker->has, sizeof(blocker->has), "%" PRIu32 " free", left);
    free_us = licenses_free_at(core->licenses, list, question->cluster, core->now_us);
    blocker->free_us = free_us == INT64_MAX ? 0 : free_us;
}

void lift_licenses(struct core *core, struct job *job, const struct blocker *blocker)
{
    (void)job;
    (void)blocker;
    for (size_t i = 0; i < core->jobs.used; i++) {
        const struct job *other = core->jobs.places[i].job;

        if (other && other->state != JOB_PENDING && !job_state_is_final(other->state))
            licenses_give(core->licenses, other);
    }
    plan_changed(core);
}
