/* test_core.c - whatever happens in whatever order, the core stays right */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/property/core_agents.h"
#include "tests/property/core_history.h"
#include "tests/property/dependency_model.h"

#include <stdlib.h>
#include <string.h>

#define RUNS  12
#define STEPS 500

static const char *const projects[] = {"astro", "bio", "cfd"};

static void give_all(struct world *world)
{
    for (size_t i = 0; i < COUNT_OF(projects); i++) {
        struct grant grant = {
            .institution = history_institution(projects[i]),
            .amount_micro = INT64_C(1000000000000),
            .start_us = world->now_us,
        };

        history_give(world, &grant);
        grant.project = projects[i];
        history_give(world, &grant);
    }
}

static void release_all(struct world *world)
{
    for (uint64_t job = 1; job < core_next_job(world->core); job++) {
        world_step(world, &(struct event){.kind = EVENT_JOB_RELEASED, .job = job, .by = "root"});
        world_step(world, &(struct event){.kind = EVENT_JOB_RESUMED, .job = job, .by = "root"});
    }
}

/* The clock may have moved on without the core. */
static void check_dependencies(struct world *world)
{
    world_step(world, &(struct event){.kind = EVENT_TIME_PASSED});
    dependency_model_check(world);
}

/* Some wait for what will never be. */
static void cancel_hopeless(struct world *world)
{
    for (uint64_t id = 1; id < core_next_job(world->core); id++) {
        const struct job *job = core_find_job(world->core, id);

        if (job && job->state == JOB_PENDING && job->obstacle == REASON_DEPENDENCY_NEVER)
            world_step(world,
                       &(struct event){.kind = EVENT_JOB_CANCELLED, .job = id, .by = "root"});
    }
}

static void say_left(const struct world *world)
{
    const struct job *job = NULL;

    while ((job = core_job_after(world->core, job ? job->id : 0))) {
        struct blocker blockers[BLOCKER_MAX];
        unsigned count = core_why(world->core, job->id, blockers);

        if (!job_state_is_final(job->state))
            printf("# job %u %s %s project %s\n", (unsigned)job->id, job_state_name(job->state),
                   job_reason_name(job->reason), job->project);
        for (unsigned i = 0; i < count; i++)
            printf("#   %s %s needs %s has %s\n", job_reason_name(blockers[i].reason),
                   blockers[i].place, blockers[i].needs, blockers[i].has);
    }
}

/* Everything is mended: each job comes to its end. */
static void finish(struct world *world)
{
    uint64_t pending = 1, running = 1;
    struct event event;

    for (unsigned i = 0; i < WORLD_NODES; i++) {
        world_step(world,
                   &(struct event){
                       .kind = EVENT_NODE_RESUMED, .node_change = {world_node_name(i), NULL}
        });
        world->broken[i] = false;
        world_join(world, i);
    }
    give_all(world);
    world->refusals = false;
    for (unsigned i = 0; i < 200000 && pending + running > 0; i++) {
        if (world->held_count == 0 || i % 64 == 0) {
            world->now_us += 60 * US_PER_SECOND;
            world_step(world, &(struct event){.kind = EVENT_TIME_PASSED});
        }
        if (i % 1024 == 0) {
            release_all(world);
            cancel_hopeless(world);
            check_dependencies(world);
        }
        world_agent_acts(world);
        core_count(world->core, &pending, &running);
    }
    say_left(world);
    CU_ASSERT_EQUAL(pending, 0);
    CU_ASSERT_EQUAL(running, 0);
    for (uint64_t job = 1; job < core_next_job(world->core); job++)
        CU_ASSERT(world->jobs[job].ended || !world->jobs[job].there);
    /* The last are forgotten. */
    world->now_us += US_PER_HOUR;
    event = (struct event){.kind = EVENT_TIME_PASSED};
    world_step(world, &event);
    CU_ASSERT_PTR_NULL(core_job_after(world->core, 0));
}

static void run(bool refusals, bool restarts, bool crashes)
{
    struct test_random random = test_random_from_environment();
    uint32_t policies = 0;
    size_t suspended = 0;

    while (policy_at(policies))
        policies++;
    for (unsigned i = 0; i < RUNS; i++) {
        const struct policy *policy = policy_at(test_random_below(&random, policies));
        struct world *world = world_new(&random, restarts ? NULL : policy, false);

        world->refusals = refusals;
        for (unsigned j = 0; j < STEPS; j++) {
            history_act(world);
            if (j % 2)
                check_dependencies(world);
            if (restarts && j % 5 == 0)
                (void)world_restart(world);
            if (crashes && test_random_chance(&random, 3))
                world_crash(world);
        }
        if (restarts || crashes)
            CU_ASSERT(world->restarts > 0);
        finish(world);
        suspended += world->suspended;
        world_free(world);
    }
    CU_ASSERT(suspended > 50);
}

static void test_any_events(void)
{
    run(true, false, false);
}

static void test_restart(void)
{
    run(false, true, false);
}

/* What it had told agents, and what they had told it, is in the store. */
static void test_crash(void)
{
    run(false, false, true);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"any events, two cores: right, alike, and every job ends", test_any_events},
        {"a core made from what was saved goes on alike",           test_restart   },
        {"made at any time, it is right, and every job ends",       test_crash     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("core", tests);
}
