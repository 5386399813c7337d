/* test_suspend.c - jobs that stand still: when their cores are free, and when they go on */

#include "scheduler/core/suspend.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/preemption.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

/* News with the turn of the moment, less `late`, and the cores that the part has. */
static void tell(struct scene *scene, enum event_kind kind, uint64_t id, uint32_t part,
                 uint32_t late, const char *cores)
{
    const struct job *job = scene_find(scene, id);
    uint8_t token[TOKEN_SIZE];

    memcpy(token, job->token, TOKEN_SIZE);
    scene_step(scene, (struct event){
                          .kind = kind,
                          .part = {.job = id,
                                   .attempt = job->attempt,
                                   .part = part,
                                   .turn = job->interruption ? job->interruption->turn - late : 0,
                                   .token = token,
                                   .core_list = cores},
    });
}

static uint64_t start(struct scene *scene, struct request request, const char *cores)
{
    uint64_t job = scene_submit(scene, request);

    CU_ASSERT_NOT_EQUAL_FATAL(job, 0);
    for (uint32_t i = 0; i < scene_find(scene, job)->part_count; i++)
        tell(scene, EVENT_PART_READY, job, i, 0, cores);
    tell(scene, EVENT_PART_STARTED, job, 0, 0, cores);
    CU_ASSERT_EQUAL_FATAL(scene_find(scene, job)->state, JOB_RUNNING);
    return job;
}

static uint32_t used(const struct scene *scene, const char *node)
{
    return inventory_find_node(core_inventory(scene->core), node)->cores_used;
}

static enum job_state state_of(const struct scene *scene, uint64_t job)
{
    return scene_find(scene, job)->state;
}

static void stand_still(struct scene *scene, uint64_t job)
{
    scene_job(scene, EVENT_JOB_SUSPENDED, job, "root");
    CU_ASSERT_EQUAL(state_of(scene, job), JOB_SUSPENDED);
    for (uint32_t i = 0; i < scene_find(scene, job)->part_count; i++)
        tell(scene, EVENT_PART_PAUSED, job, i, 0, NULL);
}

static void test_each_node_confirms(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    job = start(&scene, (struct request){.tasks = 8, .nodes_least = 2}, "0-3");
    scene_job(&scene, EVENT_JOB_SUSPENDED, job, "root");
    CU_ASSERT(scene_wants(&scene, "suspend job=1 attempt=1 part=1 node=a2"));
    CU_ASSERT(used(&scene, "a1") == 4 && used(&scene, "a2") == 4);
    tell(&scene, EVENT_PART_PAUSED, job, 1, 1, NULL); /* of another turn */
    CU_ASSERT_EQUAL(used(&scene, "a2"), 4);
    tell(&scene, EVENT_PART_PAUSED, job, 1, 0, NULL);
    CU_ASSERT(used(&scene, "a1") == 4 && used(&scene, "a2") == 0);
    scene_pass(&scene, CONFIRM_WAIT_US);
    CU_ASSERT(scene_wants(&scene, "suspend job=1 attempt=1 part=0 node=a1"));
    CU_ASSERT_FALSE(scene_wants(&scene, "part=1"));
    tell(&scene, EVENT_PART_PAUSED, job, 0, 0, NULL);
    CU_ASSERT_EQUAL(used(&scene, "a1"), 0);
    scene_job(&scene, EVENT_JOB_RESUMED, job, "root");
    CU_ASSERT(scene_wants(&scene, "continue job=1 attempt=1 part=0 node=a1"));
    CU_ASSERT_EQUAL(state_of(&scene, job), JOB_RUNNING);
    CU_ASSERT(used(&scene, "a1") == 4 && used(&scene, "a2") == 4);
    scene_clear(&scene);
}

/* As many are free, but others. */
static void test_its_own_cores(void)
{
    struct scene scene;
    uint64_t first, other, last;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    first = start(&scene, (struct request){.tasks = 2}, "0-1");
    other = start(&scene, (struct request){.tasks = 2}, "2-3");
    stand_still(&scene, first);
    last = start(&scene, (struct request){.tasks = 2}, "0-1");
    scene_job(&scene, EVENT_JOB_RESUMED, first, "root");
    scene_end(&scene, other, 0, END_BY_ITSELF, 0);
    CU_ASSERT_EQUAL(state_of(&scene, first), JOB_SUSPENDED);
    CU_ASSERT_EQUAL(used(&scene, "a1"), 4); /* nobody else gets those that are free now */
    scene_end(&scene, last, 0, END_BY_ITSELF, 0);
    CU_ASSERT_EQUAL(state_of(&scene, first), JOB_RUNNING);
    CU_ASSERT_EQUAL(used(&scene, "a1"), 2);
    scene_clear(&scene);
}

/* Each would hold one of two nodes for ever: the first gets both. */
static void test_two_that_want_the_same(void)
{
    struct scene scene;
    uint64_t jobs[2], others[2];

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    for (unsigned i = 0; i < 2; i++) {
        jobs[i] = start(&scene, (struct request){.tasks = 8, .nodes_least = 2}, "0-3");
        stand_still(&scene, jobs[i]);
    }
    for (unsigned i = 0; i < 2; i++)
        others[i] =
            start(&scene, (struct request){.tasks = 4, .nodes_least = 1, .nodes_most = 1}, "0-3");
    for (unsigned i = 0; i < 2; i++)
        scene_job(&scene, EVENT_JOB_RESUMED, jobs[1 - i], "root");
    for (unsigned i = 0; i < 2; i++)
        scene_end(&scene, others[i], 0, END_BY_ITSELF, 0);
    CU_ASSERT_EQUAL(state_of(&scene, jobs[0]), JOB_RUNNING);
    CU_ASSERT_EQUAL(state_of(&scene, jobs[1]), JOB_SUSPENDED);
    for (uint32_t i = 0; i < 2; i++)
        tell(&scene, EVENT_PART_RESUMED, jobs[0], i, 0, NULL);
    scene_job(&scene, EVENT_JOB_CANCELLED, jobs[0], "root");
    for (uint32_t i = 2; i-- > 0;)
        scene_end(&scene, jobs[0], i, END_STOPPED, 0);
    CU_ASSERT_EQUAL(state_of(&scene, jobs[1]), JOB_RUNNING);
    scene_clear(&scene);
}

/* The limit stands still, and what is charged is the time that it ran. */
static void test_time_stands_still(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    job = start(&scene, (struct request){.tasks = 1, .limit_us = 10 * US_PER_MINUTE}, "0");
    scene_pass(&scene, 5 * US_PER_MINUTE);
    stand_still(&scene, job);
    scene_pass(&scene, 3 * US_PER_HOUR);
    CU_ASSERT_EQUAL(state_of(&scene, job), JOB_SUSPENDED);
    scene_job(&scene, EVENT_JOB_RESUMED, job, "root");
    tell(&scene, EVENT_PART_RESUMED, job, 0, 0, NULL);
    scene_pass(&scene, 4 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(state_of(&scene, job), JOB_RUNNING);
    CU_ASSERT_EQUAL(suspended_time(scene_find(&scene, job), scene.now_us), 3 * US_PER_HOUR);
    /* Its node says that it ran all the time: 9 minutes of a core, and the clocks' 2 seconds. */
    scene_end(&scene, job, 0, END_BY_ITSELF, 0);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->charged_micro, 150556);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"cores are free when their node has confirmed",        test_each_node_confirms    },
        {"it goes on with the cores that it had",               test_its_own_cores         },
        {"of two that want the same, the first gets all of it", test_two_that_want_the_same},
        {"its limit stands still, and it pays for what it ran", test_time_stands_still     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("suspend", tests);
}
