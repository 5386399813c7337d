/* test_schedule.c - under conservative backfill everybody who waits has a start that holds */

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

static struct request ask(uint32_t tasks, int64_t minutes)
{
    return (struct request){
        .tasks = tasks,
        .nodes_least = 1,
        .clusters = (char *)"alpha",
        .limit_us = minutes * US_PER_MINUTE,
    };
}

static void set_up(struct scene *scene)
{
    scene_init_with(scene, policy_find("conservative"), (struct priority_settings){0});
    scene_join(scene, "a1", 4, "x");
}

static int64_t minutes_until(const struct scene *scene, uint64_t job)
{
    return (scene_find(scene, job)->planned_us - SCENE_START) / US_PER_MINUTE;
}

static void test_everybody_has_a_start(void)
{
    struct scene scene;
    uint64_t all, half, more;

    set_up(&scene);
    (void)scene_submit(&scene, ask(3, 60));
    all = scene_submit(&scene, ask(4, 30));
    half = scene_submit(&scene, ask(2, 20));
    more = scene_submit(&scene, ask(3, 20)); /* not beside `half` */
    CU_ASSERT_EQUAL(minutes_until(&scene, all), 60);
    CU_ASSERT_EQUAL(minutes_until(&scene, half), 90);
    CU_ASSERT_EQUAL(minutes_until(&scene, more), 110);
    scene_clear(&scene);
}

/* EASY would let it pass: it delays not the first that waits, but the second. */
static void test_nobody_is_delayed(void)
{
    struct scene scene;
    uint64_t second, later;

    set_up(&scene);
    (void)scene_submit(&scene, ask(2, 60));
    (void)scene_submit(&scene, ask(3, 60));
    second = scene_submit(&scene, ask(4, 60));
    later = scene_submit(&scene, ask(1, 150));
    CU_ASSERT_EQUAL(minutes_until(&scene, second), 120);
    CU_ASSERT_EQUAL(scene_find(&scene, later)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(minutes_until(&scene, later), 180);
    scene_clear(&scene);
}

static void test_what_fits_between_starts(void)
{
    struct scene scene;
    uint64_t small;

    set_up(&scene);
    (void)scene_submit(&scene, ask(3, 60));
    (void)scene_submit(&scene, ask(4, 30));
    small = scene_submit(&scene, ask(1, 60));
    CU_ASSERT_EQUAL(scene_find(&scene, small)->state, JOB_CONFIGURING);
    scene_clear(&scene);
}

/* An early end: all move up, in order. */
static void test_early_end(void)
{
    struct scene scene;
    uint64_t first, all, half;

    set_up(&scene);
    first = scene_submit(&scene, ask(3, 60));
    all = scene_submit(&scene, ask(4, 30));
    half = scene_submit(&scene, ask(2, 20));
    scene_news(&scene, EVENT_PART_READY, first, 0);
    scene_news(&scene, EVENT_PART_STARTED, first, 0);
    scene.now_us += 10 * US_PER_MINUTE;
    scene_end(&scene, first, 0, END_BY_ITSELF, 0);
    CU_ASSERT_EQUAL(scene_find(&scene, all)->state, JOB_CONFIGURING);
    CU_ASSERT_EQUAL(minutes_until(&scene, half), 40);
    scene_clear(&scene);
}

/* Who leaves the queue leaves his time to the others. */
static void test_cancelled(void)
{
    struct scene scene;
    uint64_t all, half;

    set_up(&scene);
    (void)scene_submit(&scene, ask(3, 60));
    all = scene_submit(&scene, ask(4, 30));
    half = scene_submit(&scene, ask(2, 20));
    scene_job(&scene, EVENT_JOB_CANCELLED, all, "ana");
    CU_ASSERT_EQUAL(minutes_until(&scene, half), 60);
    scene_clear(&scene);
}

/* From so many minutes on, for so many. */
static void reserve(struct scene *scene, const char *nodes, int64_t from, int64_t minutes,
                    const char *users)
{
    int64_t start_us = SCENE_START + from * US_PER_MINUTE;

    scene_step(scene, (struct event){
                          .kind = EVENT_WINDOW_SET,
                          .window = {.name = users[0] ? "course" : "fans",
                                     .cluster = "alpha",
                                     .nodes = nodes,
                                     .start_us = start_us,
                                     .end_us = start_us + minutes * US_PER_MINUTE,
                                     .maintenance = !users[0],
                                     .users = users,
                                     .projects = "",
                                     .institutions = ""}
    });
}

static void test_nobody_is_planned_over_a_window(void)
{
    struct scene scene;
    uint64_t early, over, beside;

    set_up(&scene);
    scene_join(&scene, "a2", 2, "x");
    reserve(&scene, "a1", 120, 60, "");
    (void)scene_submit(&scene, ask(4, 60));
    over = scene_submit(&scene, ask(4, 90));
    early = scene_submit(&scene, ask(4, 60));
    beside = scene_submit(&scene, ask(2, 300)); /* on a2 */
    CU_ASSERT_EQUAL(minutes_until(&scene, over), 180);
    CU_ASSERT_EQUAL(minutes_until(&scene, early), 60);
    CU_ASSERT_EQUAL(scene_find(&scene, beside)->state, JOB_CONFIGURING);
    scene_clear(&scene);
}

/* Two windows of one node are one where they meet. */
static void test_windows_that_meet(void)
{
    struct scene scene;
    uint64_t after;

    set_up(&scene);
    reserve(&scene, "a1", 60, 60, "ana");
    reserve(&scene, "a1", 90, 60, "");
    after = scene_submit(&scene, ask(4, 90));
    CU_ASSERT_EQUAL(minutes_until(&scene, after), 150);
    CU_ASSERT_EQUAL(scene.core->plan.schedule.profiles[0].blocks[0]->least, 0);
    scene_clear(&scene);
}

static void test_jobs_are_planned_in_their_window(void)
{
    struct request course = ask(3, 30);
    struct scene scene;
    uint64_t outside, first, second, late;

    set_up(&scene);
    scene_join(&scene, "a2", 4, "x");
    reserve(&scene, "a2", 10, 60, "ana");
    (void)scene_submit(&scene, ask(4, 600));
    outside = scene_submit(&scene, ask(4, 60));
    CU_ASSERT_EQUAL(minutes_until(&scene, outside), 70);
    scene_pass(&scene, 10 * US_PER_MINUTE);
    course.reservation = (char *)"course";
    first = scene_submit(&scene, course);
    second = scene_submit(&scene, course);
    late = scene_submit(&scene, course);
    CU_ASSERT_EQUAL(scene_find(&scene, first)->state, JOB_CONFIGURING);
    CU_ASSERT_EQUAL(minutes_until(&scene, second), 40);
    CU_ASSERT_EQUAL(scene_find(&scene, late)->planned_us, 0); /* it would end after the window */
    CU_ASSERT_EQUAL(minutes_until(&scene, outside), 70);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"everybody who waits has a start",  test_everybody_has_a_start           },
        {"nobody is delayed",                test_nobody_is_delayed               },
        {"what fits between starts",         test_what_fits_between_starts        },
        {"an early end",                     test_early_end                       },
        {"a cancelled job's time",           test_cancelled                       },
        {"nobody is planned over a window",  test_nobody_is_planned_over_a_window },
        {"windows that meet",                test_windows_that_meet               },
        {"jobs are planned in their window", test_jobs_are_planned_in_their_window},
        CU_TEST_INFO_NULL
    };

    return run_suite("schedule", tests);
}
