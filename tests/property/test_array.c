/* test_array.c - whatever is done to arrays, each element runs once and no limit is passed */

#include "base/parse.h"
#include "scheduler/core/dependency.h"
#include "tests/lib/runner.h"
#include "tests/property/array_model.h"
#include "tests/property/core_agents.h"

#include <stdlib.h>
#include <string.h>

#define RUNS  10
#define STEPS 400

struct trial {
    struct world *world;
    struct model *model;
};

static uint32_t below(struct trial *trial, uint32_t limit)
{
    return test_random_below(trial->world->random, limit);
}

static void step(struct trial *trial, struct event *event)
{
    world_step(trial->world, event);
    model_check(trial->model, trial->world);
}

/* Some of the numbers below the model's limit, at least one. */
static void any_elements(struct trial *trial, struct elements *elements)
{
    uint32_t first = below(trial, MODEL_ELEMENTS), number = 1 + below(trial, 3);

    *elements = (struct elements){0};
    for (uint32_t i = first; i < MODEL_ELEMENTS; i += number)
        if (i == first || below(trial, 5))
            elements_append(elements, i);
}

static struct model_array *any_array(struct trial *trial)
{
    if (trial->model->count == 0)
        return NULL;
    return &trial->model->arrays[below(trial, (uint32_t)trial->model->count)];
}

/* On an array as a whole, element by element, or on one element. */
static struct dependencies *any_dependency(struct trial *trial, uint64_t *ret_corr)
{
    static const enum dependency_kind kinds[] = {DEPENDENCY_AFTER, DEPENDENCY_AFTER_ANY,
                                                 DEPENDENCY_AFTER_OK, DEPENDENCY_AFTER_NOT_OK,
                                                 DEPENDENCY_AFTER_CORR};
    const struct model_array *array = any_array(trial);
    struct dependencies *dependencies;
    uint32_t element = below(trial, MODEL_ELEMENTS);

    *ret_corr = 0;
    if (!array || below(trial, 3) || !core_find_job(trial->world->core, array->id))
        return NULL;
    dependencies = dependencies_new(1);
    dependencies->keep = below(trial, 2);
    dependencies->all[0].kind = kinds[below(trial, COUNT_OF(kinds))];
    dependencies->all[0].parent = array->id;
    if (dependencies->all[0].kind == DEPENDENCY_AFTER_CORR)
        *ret_corr = array->id;
    else if (array->elements[element].exists && below(trial, 2))
        dependencies->all[0].parent = array_element_id(array->id, element);
    return dependencies;
}

static void submit(struct trial *trial)
{
    struct world *world = trial->world;
    CLEANUP(elements_clear) struct elements elements;
    struct request request = {
        .tasks = 1 + below(trial, 3),
        .limit_us = (1 + below(trial, 60)) * US_PER_MINUTE,
        .requeue = below(trial, 3) > 0,
    };
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = core_next_job(world->core),
                       .copies = 1,
                       .throttle = below(trial, 2) ? 0 : 1 + below(trial, 4),
                       .name = "array",
                       .user = "ana",
                       .project = "astro",
                       .hold = below(trial, 10) == 0,
                       .elements = &elements,
                       .request = &request},
    };
    struct error err;
    uint64_t corr;

    any_elements(trial, &elements);
    request.dependencies = any_dependency(trial, &corr);
    if (event.submission.first + MODEL_ELEMENTS + 2 < WORLD_JOBS &&
        trial->model->count < MODEL_ARRAYS &&
        core_check_request(world->core, &request, "ana", "astro", 1, &err) &&
        core_check_elements(world->core, &request, &elements, event.submission.user,
                            event.submission.project, &err)) {
        world_step(world, &event);
        model_add(trial->model, event.submission.first, &elements, event.submission.throttle, corr);
        model_check(trial->model, world);
    }
    free(request.dependencies);
}

static void change(struct trial *trial)
{
    static const enum event_kind kinds[] = {EVENT_JOB_CANCELLED, EVENT_JOB_HELD, EVENT_JOB_RELEASED,
                                            EVENT_JOB_REQUEUED};
    struct model_array *array = any_array(trial);
    const struct job *head = array ? core_find_job(trial->world->core, array->id) : NULL;
    CLEANUP(elements_clear) struct elements elements = {0};
    struct event event = {.kind = kinds[below(trial, COUNT_OF(kinds))], .by = "root"};
    struct error err;

    if (!head || job_state_is_final(head->state))
        return;
    any_elements(trial, &elements);
    event.job = head->id;
    if (below(trial, 4) == 0)
        event.job = array_element_id(head->id, elements_first(&elements));
    else if (below(trial, 6))
        event.elements = &elements;
    if (event.job == head->id &&
        !core_check_array(trial->world->core, event.kind, head, event.elements, true, &err))
        return;
    step(trial, &event);
}

static void limit(struct trial *trial)
{
    struct model_array *array = any_array(trial);
    struct error err;

    if (!array || !core_check_limit(trial->world->core, array->id, &err))
        return;
    array->throttle = below(trial, 3) ? 1 + below(trial, 5) : 0;
    step(trial, &(struct event){
                    .kind = EVENT_ARRAY_LIMITED, .limit = {array->id, array->throttle}
    });
}

static void pass_time(struct trial *trial)
{
    step(trial, &(struct event){.kind = EVENT_TIME_PASSED});
}

static void act(struct trial *trial)
{
    struct world *world = trial->world;
    uint32_t dice = below(trial, 100);

    if (below(trial, 3) == 0)
        world->now_us += below(trial, 200) * US_PER_SECOND;
    if (dice < 15) {
        submit(trial);
    } else if (dice < 70) {
        world_agent_acts(world);
        model_check(trial->model, world);
    } else if (dice < 85) {
        change(trial);
    } else if (dice < 90) {
        limit(trial);
    } else if (dice < 94) {
        world_crash(world);
        model_check(trial->model, world);
    } else {
        pass_time(trial);
    }
}

/* What is held goes on; what waits for what will never be is cancelled. */
static void mend(struct trial *trial)
{
    for (size_t i = 0; i < trial->model->count; i++)
        step(trial, &(struct event){.kind = EVENT_JOB_RELEASED,
                                    .job = trial->model->arrays[i].id,
                                    .by = "root"});
    for (uint64_t id = 1; id < core_next_job(trial->world->core); id++) {
        const struct job *job = core_find_job(trial->world->core, id);

        if (job && job->state == JOB_PENDING && !job_is_head(job) &&
            job->obstacle == REASON_DEPENDENCY_NEVER)
            step(trial, &(struct event){.kind = EVENT_JOB_CANCELLED, .job = id, .by = "root"});
    }
}

static void finish(struct trial *trial)
{
    struct world *world = trial->world;
    uint64_t pending = 1, running = 1;

    world->refusals = false;
    for (unsigned i = 0; i < 200000 && pending + running > 0; i++) {
        if (world->held_count == 0 || i % 64 == 0) {
            world->now_us += 60 * US_PER_SECOND;
            pass_time(trial);
        }
        if (i % 512 == 0)
            mend(trial);
        world_agent_acts(world);
        model_check(trial->model, world);
        core_count(world->core, &pending, &running);
    }
    CU_ASSERT_EQUAL(pending, 0);
    CU_ASSERT_EQUAL(running, 0);
    model_check_ended(trial->model, world);
}

static void give(struct world *world)
{
    static const char *const projects[] = {NULL, "astro"};

    for (size_t i = 0; i < COUNT_OF(projects); i++) {
        struct grant grant = {
            .id = world->next_grant++,
            .institution = "unam",
            .project = projects[i],
            .amount_micro = INT64_C(1000000000000),
            .start_us = world->now_us,
        };

        world->grants[grant.id] = grant;
        world_step(world, &(struct event){.kind = EVENT_GRANTED, .grant = grant});
    }
}

static void test_each_element_once(void)
{
    struct test_random random = test_random_from_environment();
    uint32_t policies = 0;

    while (policy_at(policies))
        policies++;
    for (unsigned i = 0; i < RUNS; i++) {
        CLEANUP(memory_freep) struct model *model = NEW(struct model);
        struct trial trial = {
            world_new(&random, policy_at(test_random_below(&random, policies)), false), model};

        trial.world->refusals = true;
        give(trial.world);
        for (unsigned j = 0; j < STEPS; j++)
            act(&trial);
        finish(&trial);
        world_free(trial.world);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each element runs once, whatever is done and wherever it crashes",
         test_each_element_once},
        CU_TEST_INFO_NULL,
    };

    return run_suite("array", tests);
}
