/* test_foresee.c - what the present plan comes to, if nothing new happens */

#include "base/twin.h"
#include "scheduler/core/foresee.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

struct look {
    struct scene *scene;
    uint64_t job;
    enum foresee_ends ends;
    unsigned steps_most;
};

struct seen {
    enum foreseen foreseen;
    int64_t at_us;
};

static void look(void *owner, int output)
{
    struct look *asked = owner;
    CLEANUP(foresee_freep)
    struct foresight *foresight = foresee_new(asked->scene->core, asked->ends);
    struct seen seen = {0};

    seen.foreseen = foresee_run(foresight, asked->job, asked->steps_most, &seen.at_us);
    (void)twin_write(output, &seen, sizeof(seen));
}

static struct seen foresee(struct scene *scene, uint64_t job, enum foresee_ends ends)
{
    struct look asked = {scene, job, ends, 2000};
    struct seen seen = {0};
    struct error err;

    CU_ASSERT(twin_ask(look, &asked, &seen, sizeof(seen), &err));
    return seen;
}

static uint64_t submit(struct scene *scene, uint32_t nodes, uint32_t tasks, int64_t limit_us)
{
    return scene_submit(scene, (struct request){.clusters = (char *)"alpha",
                                                .nodes_least = nodes,
                                                .tasks = tasks,
                                                .limit_us = limit_us});
}

static void test_a_queue_of_limits(void)
{
    struct scene scene;
    struct seen seen;
    uint64_t first, last;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    first = submit(&scene, 2, 8, US_PER_HOUR); /* two parts */
    scene_news(&scene, EVENT_PART_READY, first, 0);
    scene_news(&scene, EVENT_PART_READY, first, 1);
    scene_news(&scene, EVENT_PART_STARTED, first, 0);
    (void)submit(&scene, 2, 8, 2 * US_PER_HOUR);
    last = submit(&scene, 1, 1, 4 * US_PER_HOUR);
    seen = foresee(&scene, last, FORESEE_LIMITS);
    CU_ASSERT_EQUAL(seen.foreseen, FORESEEN_START);
    CU_ASSERT_EQUAL(seen.at_us, SCENE_START + 3 * US_PER_HOUR);
    CU_ASSERT_EQUAL(scene_find(&scene, last)->state, JOB_PENDING);
    core_check_invariants(scene.core);
    scene_clear(&scene);
}

static void test_habits_count_where_asked(void)
{
    struct scene scene;
    struct seen seen;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    job = submit(&scene, 1, 4, US_PER_HOUR);
    scene_news(&scene, EVENT_PART_STARTED, job, 0);
    scene.now_us += 10 * US_PER_MINUTE;
    scene_end(&scene, job, 0, END_BY_ITSELF, 0);
    job = submit(&scene, 1, 4, US_PER_HOUR);
    scene_news(&scene, EVENT_PART_STARTED, job, 0);
    job = submit(&scene, 1, 4, US_PER_HOUR);
    seen = foresee(&scene, job, FORESEE_PREDICTED);
    CU_ASSERT_EQUAL(seen.foreseen, FORESEEN_START);
    /* a prediction is a round number */
    CU_ASSERT(seen.at_us <= scene.now_us + 10 * US_PER_MINUTE);
    CU_ASSERT(seen.at_us > scene.now_us + 5 * US_PER_MINUTE);
    seen = foresee(&scene, job, FORESEE_LIMITS);
    CU_ASSERT_EQUAL(seen.at_us, scene.now_us + US_PER_HOUR);
    scene_clear(&scene);
}

static void test_what_nobody_does_does_not_happen(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    job = submit(&scene, 1, 4, US_PER_HOUR);
    scene_node(&scene, EVENT_NODE_DRAINED, "a1");
    job = submit(&scene, 1, 4, US_PER_HOUR);
    CU_ASSERT_EQUAL(foresee(&scene, job, FORESEE_LIMITS).foreseen, FORESEEN_NEVER);
    scene_clear(&scene);
}

static void test_it_goes_on_where_it_stopped(void)
{
    struct look asked = {.ends = FORESEE_LIMITS, .steps_most = 1};
    struct scene scene;
    struct seen seen = {0};
    struct error err;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    for (int i = 0; i < 4; i++)
        asked.job = submit(&scene, 1, 4, US_PER_HOUR);
    asked.scene = &scene;
    CU_ASSERT(twin_ask(look, &asked, &seen, sizeof(seen), &err));
    CU_ASSERT_EQUAL(seen.foreseen, FORESEEN_MORE);
    CU_ASSERT(seen.at_us < SCENE_START + 3 * US_PER_HOUR);
    scene_clear(&scene);
}

/* A window comes each day, and nothing else: that is no start in sight.  Who only waits for a day
 * that is further off starts then. */
static void test_what_repeats_is_no_hope(void)
{
    const int64_t begin_us = SCENE_START + 600 * US_PER_DAY;
    const struct window_facts night = {.name = "night",
                                       .cluster = "alpha",
                                       .nodes = "a1",
                                       .start_us = SCENE_START + US_PER_HOUR,
                                       .end_us = SCENE_START + 2 * US_PER_HOUR,
                                       .repeat = WINDOW_DAILY,
                                       .users = "eva",
                                       .projects = "",
                                       .institutions = ""};
    struct scene scene;
    struct seen seen;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    job = submit(&scene, 1, 4, US_PER_HOUR);
    scene_node(&scene, EVENT_NODE_DRAINED, "a1");
    scene_end(&scene, job, 0, END_BY_ITSELF, 0);
    job = submit(&scene, 1, 4, US_PER_HOUR);
    scene_step(&scene, (struct event){.kind = EVENT_WINDOW_SET, .by = "root", .window = night});
    seen = foresee(&scene, job, FORESEE_LIMITS);
    CU_ASSERT_EQUAL(seen.foreseen, FORESEEN_NEVER);
    CU_ASSERT(seen.at_us < SCENE_START + 402 * US_PER_DAY);

    scene_node(&scene, EVENT_NODE_RESUMED, "a1");
    job = scene_submit(&scene, (struct request){.clusters = (char *)"alpha",
                                                .tasks = 1,
                                                .limit_us = US_PER_HOUR,
                                                .begin_us = begin_us});
    seen = foresee(&scene, job, FORESEE_LIMITS);
    CU_ASSERT_EQUAL(seen.foreseen, FORESEEN_START);
    CU_ASSERT(seen.at_us >= begin_us && seen.at_us < begin_us + US_PER_DAY);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a queue of jobs that use their limits up", test_a_queue_of_limits               },
        {"habits count where asked",                 test_habits_count_where_asked        },
        {"what nobody does does not happen",         test_what_nobody_does_does_not_happen},
        {"it goes on where it stopped",              test_it_goes_on_where_it_stopped     },
        {"what repeats is no hope",                  test_what_repeats_is_no_hope         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("foresee", tests);
}
