/* test_worker.c - work is done elsewhere, in order, and its results come back here */

#include "base/clock.h"
#include "base/worker.h"
#include "tests/lib/runner.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT 1000

struct scene;

struct item {
    struct scene *scene;
    int index;
    pthread_t worked_on;
};

struct scene {
    struct loop *loop;
    struct worker *worker;
    struct item items[COUNT];
    int worked; /* by the worker's thread only, until the worker is freed */
    int done;
    bool in_order;
    bool late;
    pthread_t here;
};

static void on_deadline(void *owner)
{
    struct scene *scene = owner;

    scene->late = true;
    loop_stop(scene->loop);
}

static void scene_start(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    scene->loop = loop_new();
    scene->worker = worker_new(scene->loop);
    scene->in_order = true;
    scene->here = pthread_self();
    for (int i = 0; i < COUNT; i++)
        scene->items[i] = (struct item){.scene = scene, .index = i};
    loop_watch_time(scene->loop, clock_boot_us(&clock_real) + 10000000, on_deadline, scene);
}

static void scene_end(struct scene *scene)
{
    worker_free(scene->worker);
    loop_free(scene->loop);
    CU_ASSERT_FALSE(scene->late);
}

static void work(void *owner)
{
    struct item *item = owner;

    item->worked_on = pthread_self();
    if (item->scene->worked++ != item->index)
        item->scene->in_order = false;
}

static void on_done(void *owner)
{
    struct item *item = owner;
    struct scene *scene = item->scene;

    if (scene->done++ != item->index || !pthread_equal(pthread_self(), scene->here))
        scene->in_order = false;
    if (scene->done == COUNT)
        loop_stop(scene->loop);
}

static void test_results_come_back_in_order(void)
{
    static struct scene scene;

    scene_start(&scene);
    for (int i = 0; i < COUNT; i++)
        worker_give(scene.worker, work, on_done, &scene.items[i]);
    loop_run(scene.loop);
    CU_ASSERT_EQUAL(scene.done, COUNT);
    CU_ASSERT_TRUE(scene.in_order);
    for (int i = 0; i < COUNT; i++)
        CU_ASSERT_FALSE(pthread_equal(scene.items[i].worked_on, scene.here));
    scene_end(&scene);
}

static void on_done_give_next(void *owner)
{
    struct item *item = owner;

    on_done(item);
    if (item->index + 1 < COUNT)
        worker_give(item->scene->worker, work, on_done_give_next, item + 1);
}

static void test_a_callback_gives_more_work(void)
{
    static struct scene scene;

    scene_start(&scene);
    worker_give(scene.worker, work, on_done_give_next, &scene.items[0]);
    loop_run(scene.loop);
    CU_ASSERT_EQUAL(scene.done, COUNT);
    CU_ASSERT_TRUE(scene.in_order);
    scene_end(&scene);
}

static void test_free_finishes_what_was_given(void)
{
    static struct scene scene;

    scene_start(&scene);
    for (int i = 0; i < COUNT / 2; i++)
        worker_give(scene.worker, work, on_done, &scene.items[i]);
    worker_give(scene.worker, work, on_done_give_next, &scene.items[COUNT / 2]);
    scene_end(&scene); /* without one turn of the loop */
    CU_ASSERT_EQUAL(scene.worked, COUNT);
    CU_ASSERT_EQUAL(scene.done, COUNT);
    CU_ASSERT_TRUE(scene.in_order);
}

static void on_signal(void *owner, int number)
{
    struct scene *scene = owner;

    CU_ASSERT_EQUAL(number, SIGUSR2);
    scene->done++;
    loop_stop(scene->loop);
}

static void test_signals_are_the_loops_also_when_watched_later(void)
{
    static struct scene scene;

    /* The worker's thread is there before the signal is blocked here, and would die of it. */
    scene_start(&scene);
    loop_watch_signal(scene.loop, SIGUSR2, on_signal, &scene);
    CU_ASSERT_EQUAL(kill(getpid(), SIGUSR2), 0);
    loop_run(scene.loop);
    CU_ASSERT_EQUAL(scene.done, 1);
    scene_end(&scene);
}

static void test_free_of_nothing(void)
{
    worker_free(NULL);
    CU_PASS("still here");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"results come back in order",                      test_results_come_back_in_order  },
        {"a callback gives more work",                      test_a_callback_gives_more_work  },
        {"free finishes what was given",                    test_free_finishes_what_was_given},
        {"signals are the loop's, also when watched later",
         test_signals_are_the_loops_also_when_watched_later                                  },
        {"free of nothing",                                 test_free_of_nothing             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("worker", tests);
}
