/* test_queue_parking.c - shapes that wait for a limit are let in when it falls */

#include "scheduler/core/queue.h"
#include "tests/lib/runner.h"

#define JOBS    6
#define HOUR_US INT64_C(3600000000)

static const uint32_t numbers[] = {0};
static const struct lanes lane = {.count = 1, .numbers = numbers, .limit_us = HOUR_US};

struct scene {
    struct queue queue;
    struct job jobs[JOBS];
    struct parking *parking;
    int64_t used, most;
};

/* Jobs 1 to 5, each of a shape of its own, all parked for one limit. */
static void scene_init(struct scene *scene)
{
    *scene = (struct scene){.used = 3, .most = 3};
    queue_init(&scene->queue, policy_find("easy"));
    scene->parking = queue_parking(&scene->queue, "/project/bio//jobs");
    scene->parking->used = &scene->used;
    scene->parking->most = &scene->most;
    for (uint32_t i = 1; i < JOBS; i++) {
        scene->jobs[i] = (struct job){
            .id = i,
            .user = (char *)"ana",
            .project = (char *)"bio",
            .institution = (char *)"uni",
            .request = {.tasks = i, .cpus_per_task = 1},
        };
        queue_add(&scene->queue, &scene->jobs[i], &lane, 0);
        scene->jobs[i].shape->refuge = scene->parking;
        queue_set_aside(&scene->queue, scene->jobs[i].shape, REASON_LIMIT_FIRST);
    }
}

static uint64_t first_open(const struct scene *scene)
{
    const struct shape *shape = queue_first_open(&scene->queue);

    return shape ? shape_first(shape)->id : 0;
}

static void park_again(struct scene *scene)
{
    struct shape *shape = queue_first_open(&scene->queue);

    shape->refuge = scene->parking;
    queue_set_aside(&scene->queue, shape, REASON_LIMIT_FIRST);
}

/* As long as nothing is left nobody is let in; then the first are. */
static void test_nobody_for_nothing(void)
{
    struct scene scene;

    scene_init(&scene);
    queue_parking_changed(&scene.queue, scene.parking);
    CU_ASSERT_FALSE(queue_unpark(&scene.queue, 64));
    CU_ASSERT_EQUAL(scene.queue.open.count, 0);
    scene.used--;
    queue_parking_changed(&scene.queue, scene.parking);
    CU_ASSERT(queue_unpark(&scene.queue, 2));
    CU_ASSERT_EQUAL(scene.queue.open.count, 2);
    CU_ASSERT_EQUAL(first_open(&scene), 1);
    scene.used++; /* it starts */
    queue_remove(&scene.queue, &scene.jobs[1], 0);
    CU_ASSERT_FALSE(queue_unpark(&scene.queue, 64));
    CU_ASSERT_EQUAL(scene.queue.open.count, 1);
    queue_clear(&scene.queue);
}

/* A round that was cut short goes on, with those that were looked at in vain in their turns. */
static void test_rounds_go_on(void)
{
    struct scene scene;

    scene_init(&scene);
    scene.used = 1;
    queue_parking_changed(&scene.queue, scene.parking);
    (void)queue_unpark(&scene.queue, 2);
    CU_ASSERT_EQUAL(scene.queue.open.count, 2);
    park_again(&scene); /* 1, and */
    park_again(&scene); /* 2 need more than is left */
    scene.used = 3;
    CU_ASSERT_FALSE(queue_unpark(&scene.queue, 64));
    CU_ASSERT_EQUAL(scene.queue.open.count, 0);
    scene.used = 2;
    queue_parking_changed(&scene.queue, scene.parking);
    (void)queue_unpark(&scene.queue, 3);
    CU_ASSERT_EQUAL(first_open(&scene), 1);
    queue_clear(&scene.queue);
}

/* A few in each step, in the end all. */
static void test_all_come_in(void)
{
    struct scene scene;
    unsigned steps = 1;

    scene_init(&scene);
    scene.used = 2;
    queue_parking_changed(&scene.queue, scene.parking);
    for (; steps < 20 && queue_unpark(&scene.queue, 2); steps++)
        ;
    CU_ASSERT_EQUAL(scene.queue.open.count, 5);
    CU_ASSERT_EQUAL(steps, 3);
    queue_clear(&scene.queue);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nobody is let in for nothing",       test_nobody_for_nothing},
        {"a round that was cut short goes on", test_rounds_go_on      },
        {"in the end all come in",             test_all_come_in       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("queue_parking", tests);
}
