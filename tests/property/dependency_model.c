/* dependency_model.c - what jobs may wait for, slowly and obviously */

#include "tests/property/dependency_model.h"

#include "base/parse.h"
#include "scheduler/core/dependency.h"
#include "tests/lib/runner.h"

#include <string.h>

static uint32_t below(struct world *world, uint32_t limit)
{
    return test_random_below(world->random, limit);
}

/* What the scheduler does at a submission: what became of a job long ago is in the store. */
static void look_up(const struct world *world, struct dependency *dependency)
{
    const struct job *row = &world->jobs[dependency->parent].row;

    if (!core_find_job(world->core, dependency->parent))
        dependency_settle(dependency, row->state, row->start_us, row->end_us, world->now_us);
}

struct dependencies *dependency_model_any(struct world *world)
{
    uint32_t count = below(world, 6) ? 0 : 1 + below(world, 3);
    uint64_t jobs = core_next_job(world->core) - 1;
    struct dependencies *dependencies;

    if (count == 0 || jobs == 0)
        return NULL;
    dependencies = dependencies_new(count);
    dependencies->any = below(world, 3) == 0;
    dependencies->keep = below(world, 8) == 0;
    for (uint32_t i = 0; i < count; i++) {
        struct dependency *dependency = &dependencies->all[i];
        uint32_t back = below(world, jobs < 20 ? (uint32_t)jobs : 20);

        dependency->kind = (enum dependency_kind)below(world, DEPENDENCY_KIND_COUNT);
        if (dependency->kind == DEPENDENCY_SINGLETON)
            continue;
        if (below(world, 10) == 0)
            back = below(world, (uint32_t)jobs);
        dependency->parent = jobs - back;
        while (!world->jobs[dependency->parent].there)
            dependency->parent--; /* the number of a component: the job is meant */
        if (dependency->kind == DEPENDENCY_AFTER && below(world, 2))
            dependency->delay_us = below(world, 600) * US_PER_SECOND;
        look_up(world, dependency);
    }
    return dependencies;
}

static bool is_first_of_name(const struct world *world, const struct job *job)
{
    for (uint64_t id = 1; id < job->id; id++) {
        const struct job *other = &world->jobs[id].row;

        if (world->jobs[id].there && !job_state_is_final(other->state) &&
            strcmp(other->user, job->user) == 0 && strcmp(other->name, job->name) == 0)
            return false;
    }
    return true;
}

/* As the manual says it. */
static enum dependency_state must_be(const struct world *world, const struct job *job,
                                     const struct dependency *dependency, int64_t *ret_from_us)
{
    const struct job *parent = &world->jobs[dependency->parent].row;
    bool ended = dependency->parent && job_state_is_final(parent->state);
    bool good = ended && parent->state == JOB_COMPLETED;

    *ret_from_us = 0;
    if (dependency->kind == DEPENDENCY_SINGLETON)
        return is_first_of_name(world, job) ? DEPENDENCY_MET : DEPENDENCY_OPEN;
    if (dependency->kind == DEPENDENCY_AFTER && dependency->delay_us && parent->start_us)
        *ret_from_us = parent->start_us + dependency->delay_us;
    else if (dependency->kind == DEPENDENCY_AFTER && dependency->delay_us && ended)
        *ret_from_us = parent->end_us + dependency->delay_us;
    if (dependency->kind == DEPENDENCY_AFTER)
        return parent->start_us || ended ? DEPENDENCY_MET : DEPENDENCY_OPEN;
    if (!ended)
        return DEPENDENCY_OPEN;
    if (dependency->kind == DEPENDENCY_AFTER_ANY)
        return DEPENDENCY_MET;
    return good == (dependency->kind != DEPENDENCY_AFTER_NOT_OK) ? DEPENDENCY_MET
                                                                 : DEPENDENCY_NEVER;
}

static enum dependency_state together(const struct world *world, const struct job *job,
                                      int64_t *ret_from_us)
{
    const struct dependencies *dependencies = job->request.dependencies;
    unsigned counts[DEPENDENCY_STATE_COUNT] = {0};
    int64_t first_us = INT64_MAX, last_us = 0;

    for (uint32_t i = 0; i < dependencies->count; i++) {
        int64_t from_us;
        enum dependency_state state = must_be(world, job, &dependencies->all[i], &from_us);

        CU_ASSERT_EQUAL_FATAL(state, dependencies->all[i].state);
        CU_ASSERT_EQUAL_FATAL(from_us, dependencies->all[i].from_us);
        counts[state]++;
        if (state != DEPENDENCY_MET)
            continue;
        first_us = from_us < first_us ? from_us : first_us;
        last_us = from_us > last_us ? from_us : last_us;
    }
    *ret_from_us = dependencies->any ? first_us : last_us;
    if (dependencies->any)
        return counts[DEPENDENCY_MET]    ? DEPENDENCY_MET
               : counts[DEPENDENCY_OPEN] ? DEPENDENCY_OPEN
                                         : DEPENDENCY_NEVER;
    return counts[DEPENDENCY_NEVER]  ? DEPENDENCY_NEVER
           : counts[DEPENDENCY_OPEN] ? DEPENDENCY_OPEN
                                     : DEPENDENCY_MET;
}

static void check_pending(const struct world *world, const struct job *job,
                          enum dependency_state state, int64_t from_us)
{
    bool may_start = state == DEPENDENCY_MET && from_us <= world->now_us;

    CU_ASSERT_FATAL(state != DEPENDENCY_NEVER || job->request.dependencies->keep);
    if (job->hold != HOLD_NONE)
        return;
    if (state == DEPENDENCY_NEVER)
        CU_ASSERT_EQUAL_FATAL(job->reason, REASON_DEPENDENCY_NEVER)
    else if (!may_start)
        CU_ASSERT_EQUAL_FATAL(job->reason, REASON_DEPENDENCY)
    else
        CU_ASSERT_FATAL(job->reason != REASON_DEPENDENCY);
}

/* Was a parent requeued?  Then what was met when the job was placed may be open again. */
static bool is_reopened(const struct world *world, const struct dependencies *dependencies)
{
    for (uint32_t i = 0; i < dependencies->count; i++) {
        const struct dependency *dependency = &dependencies->all[i];
        const struct job *parent = &world->jobs[dependency->parent].row;

        if (dependency->kind == DEPENDENCY_AFTER &&
            (parent->attempt > 1 || (parent->attempt == 1 && parent->start_us == 0)))
            return true;
    }
    return false;
}

static void check_job(const struct world *world, const struct job *job)
{
    int64_t from_us;
    enum dependency_state state = together(world, job, &from_us);

    if (job->state == JOB_PENDING)
        check_pending(world, job, state, from_us);
    else if (world->restarts == 0 && job->placed_us == world->now_us &&
             job->state == JOB_CONFIGURING &&
             !is_reopened(world,
                          job->request.dependencies)) /* a restart forgets when it was placed */
        CU_ASSERT_FATAL(state == DEPENDENCY_MET && from_us <= world->now_us);
}

void dependency_model_check(const struct world *world)
{
    const struct job *job = NULL;

    while ((job = core_job_after(world->core, job ? job->id : 0))) {
        if (job->request.dependencies && !job_state_is_final(job->state))
            check_job(world, job);
        if (job->reason == REASON_DEPENDENCY_NEVER)
            CU_ASSERT_FATAL(job->request.dependencies != NULL);
    }
}
