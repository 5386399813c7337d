/* test_loop.c - the event loop calls back when and as often as it promises */

#include "base/clock.h"
#include "base/loop.h"
#include "tests/lib/runner.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS       INT64_C(1000)
#define DEADLINE (10 * 1000 * MS)

/* What the callbacks of one test share. */
struct scene {
    struct loop *loop;
    struct watch *watch;
    struct watch *other;
    int calls;
    int turns;
    int stop_at; /* calls */
    bool late;   /* the deadline came first */
    char order[16];
    int pipe[2];
    pid_t pid;
    int status;
    int number;
};

static int64_t now_us(void)
{
    return clock_boot_us(&clock_real);
}

static void on_deadline(void *owner)
{
    struct scene *scene = owner;

    scene->late = true;
    loop_stop(scene->loop);
}

static struct scene scene_start(void)
{
    struct scene scene = {
        .loop = loop_new(), .stop_at = 1, .pipe = {-1, -1}
    };

    return scene;
}

/* Until loop_stop(); the deadline only ends what would never end. */
static void scene_run(struct scene *scene)
{
    struct watch *deadline;

    deadline = loop_watch_time(scene->loop, now_us() + DEADLINE, on_deadline, scene);
    loop_run(scene->loop);
    loop_unwatch(scene->loop, deadline);
    CU_ASSERT_FALSE(scene->late);
}

static void scene_end(struct scene *scene)
{
    loop_free(scene->loop);
    for (int i = 0; i < 2; i++)
        if (scene->pipe[i] >= 0)
            close(scene->pipe[i]);
}

static void on_call(void *owner)
{
    struct scene *scene = owner;

    if (++scene->calls == scene->stop_at)
        loop_stop(scene->loop);
}

static void note(struct scene *scene, char letter)
{
    size_t length = strlen(scene->order);

    if (length + 1 < sizeof(scene->order))
        scene->order[length] = letter;
}

static void on_a(void *owner)
{
    note(owner, 'a');
}

static void on_b(void *owner)
{
    note(owner, 'b');
}

static void on_c(void *owner)
{
    struct scene *scene = owner;

    note(scene, 'c');
    loop_stop(scene->loop);
}

static void test_timers_come_in_order(void)
{
    struct scene scene = scene_start();
    int64_t start_us = now_us();

    loop_watch_time(scene.loop, start_us + 20 * MS, on_c, &scene);
    loop_watch_time(scene.loop, start_us + 5 * MS, on_a, &scene);
    loop_watch_time(scene.loop, start_us + 5 * MS, on_b, &scene);
    scene_run(&scene);
    CU_ASSERT(now_us() - start_us >= 20 * MS);
    CU_ASSERT_STRING_EQUAL(scene.order, "abc");
    scene_end(&scene);
}

static void test_interval_repeats_until_removed(void)
{
    struct scene scene = scene_start();
    int64_t start_us = now_us();

    scene.stop_at = 5;
    scene.watch = loop_watch_interval(scene.loop, 2 * MS, on_call, &scene);
    scene_run(&scene);
    CU_ASSERT(now_us() - start_us >= 10 * MS);
    CU_ASSERT_EQUAL(scene.calls, 5);

    loop_unwatch(scene.loop, scene.watch);
    scene.stop_at = 0;
    loop_watch_time(scene.loop, now_us() + 10 * MS, on_c, &scene);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.calls, 5);
    scene_end(&scene);
}

static void on_slow_turn(void *owner)
{
    struct scene *scene = owner;
    int64_t until_us = now_us() + 30 * MS;

    while (scene->calls == 0 && now_us() < until_us)
        continue;
    on_call(owner);
}

static void test_late_intervals_are_not_made_up_for(void)
{
    struct scene scene = scene_start();
    int64_t start_us = now_us();

    /* The first call takes 30 intervals; three more calls must take three more. */
    scene.stop_at = 4;
    scene.watch = loop_watch_interval(scene.loop, 10 * MS, on_slow_turn, &scene);
    scene_run(&scene);
    CU_ASSERT(now_us() - start_us >= (10 + 30 + 10 + 10) * MS);
    scene_end(&scene);
}

static void on_past(void *owner)
{
    struct scene *scene = owner;

    if (scene->calls++ < 100)
        loop_watch_time(scene->loop, 0, on_past, scene);
}

static void on_byte(void *owner)
{
    struct scene *scene = owner;

    CU_ASSERT(scene->calls < 100);
    loop_stop(scene->loop);
}

static void test_past_timers_do_not_starve_descriptors(void)
{
    struct scene scene = scene_start();

    CU_ASSERT_EQUAL_FATAL(pipe(scene.pipe), 0);
    CU_ASSERT_EQUAL(write(scene.pipe[1], "x", 1), 1);
    loop_watch_descriptor(scene.loop, scene.pipe[0], on_byte, &scene);
    loop_watch_time(scene.loop, 0, on_past, &scene);
    scene_run(&scene);
    scene_end(&scene);
}

static void on_readable(void *owner)
{
    struct scene *scene = owner;
    char byte;

    /* One byte a call: what is left must call again. */
    if (read(scene->pipe[0], &byte, 1) == 1)
        note(scene, byte);
    else
        loop_stop(scene->loop); /* and so must the end of the pipe */
}

static void test_descriptor_is_called_while_it_can_be_read(void)
{
    struct scene scene = scene_start();

    CU_ASSERT_EQUAL_FATAL(pipe(scene.pipe), 0);
    CU_ASSERT_EQUAL(write(scene.pipe[1], "xyz", 3), 3);
    close(scene.pipe[1]);
    scene.pipe[1] = -1;
    loop_watch_descriptor(scene.loop, scene.pipe[0], on_readable, &scene);
    scene_run(&scene);
    CU_ASSERT_STRING_EQUAL(scene.order, "xyz");
    scene_end(&scene);
}

static void on_remove_other(void *owner)
{
    struct scene *scene = owner;

    scene->calls++;
    loop_unwatch(scene->loop, scene->watch);
    loop_unwatch(scene->loop, scene->other);
    loop_watch_time(scene->loop, 0, on_c, scene);
}

static void test_removed_inside_a_turn_is_not_called(void)
{
    struct scene scene = scene_start();

    /* Both are ready in one turn, whichever comes first removes both. */
    CU_ASSERT_EQUAL_FATAL(pipe(scene.pipe), 0);
    CU_ASSERT_EQUAL(write(scene.pipe[1], "x", 1), 1);
    scene.watch = loop_watch_descriptor(scene.loop, scene.pipe[0], on_remove_other, &scene);
    scene.other = loop_watch_descriptor(scene.loop, scene.pipe[0], on_remove_other, &scene);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.calls, 1);

    /* The same for timers. */
    scene.calls = 0;
    scene.watch = loop_watch_time(scene.loop, 1, on_remove_other, &scene);
    scene.other = loop_watch_time(scene.loop, 2, on_remove_other, &scene);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.calls, 1);
    scene_end(&scene);
}

static void on_signal(void *owner, int number)
{
    struct scene *scene = owner;

    scene->number = number;
    loop_stop(scene->loop);
}

static void test_signal_calls_back(void)
{
    struct scene scene = scene_start();

    loop_watch_signal(scene.loop, SIGUSR1, on_signal, &scene);
    CU_ASSERT_EQUAL(kill(getpid(), SIGUSR1), 0);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.number, SIGUSR1);

    scene.number = 0;
    CU_ASSERT_EQUAL(kill(getpid(), SIGUSR1), 0);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.number, SIGUSR1);
    scene_end(&scene);
}

static void on_child(void *owner, pid_t pid, int status)
{
    struct scene *scene = owner;

    scene->calls++;
    scene->pid = pid;
    scene->status = status;
    loop_stop(scene->loop);
}

static void test_child_is_reaped_with_its_status(void)
{
    struct scene scene = scene_start();
    pid_t pid = fork();

    if (pid == 0)
        _exit(7);
    loop_watch_child(scene.loop, pid, on_child, &scene);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.pid, pid);
    CU_ASSERT(WIFEXITED(scene.status) && WEXITSTATUS(scene.status) == 7);
    CU_ASSERT_EQUAL(waitpid(pid, NULL, WNOHANG), -1);
    CU_ASSERT_EQUAL(scene.calls, 1);
    scene_end(&scene);
}

static void test_killed_child_among_others(void)
{
    struct scene scene = scene_start();
    pid_t first = fork(), second;

    if (first == 0) {
        pause();
        _exit(0);
    }
    second = fork();
    if (second == 0) {
        pause();
        _exit(0);
    }
    loop_watch_child(scene.loop, first, on_child, &scene);
    loop_watch_child(scene.loop, second, on_child, &scene);
    kill(second, SIGKILL);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.pid, second);
    CU_ASSERT(WIFSIGNALED(scene.status) && WTERMSIG(scene.status) == SIGKILL);

    kill(first, SIGTERM);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.pid, first);
    CU_ASSERT(WIFSIGNALED(scene.status) && WTERMSIG(scene.status) == SIGTERM);
    scene_end(&scene);
}

static void test_child_is_seen_though_its_parent_ignored_children(void)
{
    struct scene scene;
    pid_t pid;

    signal(SIGCHLD, SIG_IGN); /* as a careless shell leaves it to a daemon */
    scene = scene_start();
    pid = fork();
    if (pid == 0)
        _exit(3);
    loop_watch_child(scene.loop, pid, on_child, &scene);
    scene_run(&scene);
    CU_ASSERT(WIFEXITED(scene.status) && WEXITSTATUS(scene.status) == 3);
    scene_end(&scene);
}

static void on_turn_end(void *owner)
{
    struct scene *scene = owner;

    note(scene, '|');
    if (++scene->turns == 3)
        loop_stop(scene->loop);
}

static void test_turn_end_comes_after_the_callbacks(void)
{
    struct scene scene = scene_start();

    loop_set_turn_end(scene.loop, on_turn_end, &scene);
    loop_watch_time(scene.loop, 0, on_a, &scene);
    loop_watch_time(scene.loop, 0, on_b, &scene);
    loop_watch_interval(scene.loop, MS, on_a, &scene);
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.turns, 3);
    CU_ASSERT(strncmp(scene.order, "ab", 2) == 0);
    CU_ASSERT(strchr(scene.order, '|') >= scene.order + 2);
    CU_ASSERT_EQUAL(scene.order[strlen(scene.order) - 1], '|');
    scene_end(&scene);
}

static void test_stop_before_run_returns_at_once(void)
{
    struct scene scene = scene_start();

    loop_watch_time(scene.loop, 0, on_a, &scene);
    loop_stop(scene.loop);
    loop_run(scene.loop);
    CU_ASSERT_STRING_EQUAL(scene.order, "");
    scene_end(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"timers come in order",                               test_timers_come_in_order                 },
        {"an interval repeats until removed",                  test_interval_repeats_until_removed       },
        {"late intervals are not made up for",                 test_late_intervals_are_not_made_up_for   },
        {"past timers do not starve descriptors",              test_past_timers_do_not_starve_descriptors},
        {"a descriptor is called while it can be read",
         test_descriptor_is_called_while_it_can_be_read                                                  },
        {"what is removed inside a turn is not called",        test_removed_inside_a_turn_is_not_called  },
        {"a signal calls back",                                test_signal_calls_back                    },
        {"a child is reaped with its status",                  test_child_is_reaped_with_its_status      },
        {"a killed child among others",                        test_killed_child_among_others            },
        {"a child is seen though its parent ignored children",
         test_child_is_seen_though_its_parent_ignored_children                                           },
        {"turn end comes after the callbacks",                 test_turn_end_comes_after_the_callbacks   },
        {"stop before run returns at once",                    test_stop_before_run_returns_at_once      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("loop", tests);
}
