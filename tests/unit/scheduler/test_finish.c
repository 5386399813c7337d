/* test_finish.c - where a job would be done first */

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/core.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

struct world {
    uint32_t speed_ppm;
    int64_t gain_us;
    int64_t limit_us; /* of the fast cluster's partition */
    const char *policy;
};

/* A slow cluster of the usual speed, and a fast one; each with nodes of four cores. */
static void begin_in(struct scene *scene, const struct world *world)
{
    struct partition batch = {.name = (char *)"batch",
                              .is_default = true,
                              .up = true,
                              .limit_us = US_PER_DAY,
                              .default_limit_us = US_PER_HOUR};
    struct partition other = batch;
    struct cluster clusters[] = {
        {.name = (char *)"slow",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .partition_count = 1,
         .partitions = &batch},
        { .name = (char *)"fast",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .speed_ppm = world->speed_ppm,
         .partition_count = 1,
         .partitions = &other},
    };
    const struct core_settings settings = {.clusters = clusters,
                                           .cluster_count = COUNT_OF(clusters),
                                           .kill_wait_us = US_PER_SECOND,
                                           .keep_ended_us = US_PER_HOUR,
                                           .launch_failures_most = 3,
                                           .pending_most = 100,
                                           .pending_most_per_user = 100,
                                           .policy = policy_find(world->policy),
                                           .finish_gain_us = world->gain_us};
    const struct event books[] = {
        {.kind = EVENT_INSTITUTION_ADDED, .books = {.institution = "unam"}             },
        {.kind = EVENT_PROJECT_ADDED,     .books = {"unam", "astro"}                   },
        {.kind = EVENT_GRANTED,
         .grant = {.id = 1, .institution = "unam", .amount_micro = INT64_C(1000000000)}},
    };

    other.limit_us = world->limit_us;
    *scene = (struct scene){.core = core_new(&settings), .now_us = SCENE_START};
    effects_init(&scene->effects);
    buffer_init(&scene->text);
    for (size_t i = 0; i < COUNT_OF(books); i++)
        scene_step(scene, books[i]);
    for (unsigned i = 0; i < 2; i++)
        scene_step(scene, (struct event){
                              .kind = EVENT_NODE_JOINED,
                              .node = {.name = i ? "f1" : "s1",
                                       .cluster = i ? "fast" : "slow",
                                       .boot_id = "x",
                                       .cores = 4,
                                       .memory_bytes = UINT64_C(4) << 30}
        });
}

static void begin(struct scene *scene, uint32_t speed_ppm, int64_t gain_us)
{
    begin_in(scene, &(struct world){speed_ppm, gain_us, US_PER_DAY, "default"});
}

static uint64_t submit(struct scene *scene, int64_t limit_us)
{
    return scene_submit(scene, (struct request){.tasks = 4, .limit_us = limit_us});
}

static const char *cluster_of(const struct scene *scene, uint64_t job)
{
    const struct job *found = scene_find(scene, job);

    return found->cluster ? found->cluster->name : job_reason_name(found->reason);
}

/* What the second job does, while the first has the fast cluster for an hour. */
static void test_it_is_done_first(void)
{
    static const struct {
        uint32_t speed_ppm;
        int64_t gain_us, limit_us;
        const char *where;
    } cases[] = {
        {2000000, 10 * US_PER_MINUTE, 4 * US_PER_HOUR,     "FinishesSooner"}, /* 3:00 is before 4:00 */
        {2000000, 10 * US_PER_MINUTE, US_PER_HOUR,         "slow"          }, /* 1:30 is not before 1:00 */
        {2000000, 10 * US_PER_MINUTE, 130 * US_PER_MINUTE, "slow"          }, /* by five minutes */
        {2000000, US_PER_MINUTE,      130 * US_PER_MINUTE, "FinishesSooner"},
        {1000000, US_PER_MINUTE,      4 * US_PER_HOUR,     "fast"          }, /* the first is in slow */
        {0,       US_PER_MINUTE,      4 * US_PER_HOUR,     "fast"          },
        {500000,  US_PER_MINUTE,      4 * US_PER_HOUR,     "FinishesSooner"}, /* slow is faster */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene scene;
        uint64_t job;

        begin(&scene, cases[i].speed_ppm, cases[i].gain_us);
        (void)submit(&scene, US_PER_HOUR);
        job = submit(&scene, cases[i].limit_us);
        CU_ASSERT_STRING_EQUAL(cluster_of(&scene, job), cases[i].where);
        if (strcmp(cluster_of(&scene, job), cases[i].where) != 0)
            printf("# case %zu: %s\n", i, cluster_of(&scene, job));
        core_check_invariants(scene.core);
        scene_clear(&scene);
    }
}

static void set_rate(const struct scene *scene, size_t cluster, uint64_t stage_rate)
{
    const struct cluster *found = inventory_cluster(core_inventory(scene->core), cluster);

    ((struct cluster *)(uintptr_t)found)->stage_rate = stage_rate;
}

/* Where it fetches its data counts like the time that it runs; where that is not known, not. */
static void test_stage_in_counts(void)
{
    static const struct {
        uint64_t stage_bytes, slow_rate, fast_rate;
        const char *where;
    } cases[] = {
        {UINT64_C(36) << 20, 1 << 20, 1 << 10, "slow"}, /* 36 s, and ten hours */
        {UINT64_C(36) << 20, 1 << 20, 1 << 20, "fast"},
        {UINT64_C(36) << 20, 1 << 20, 0,       "fast"},
        {0,                  1 << 20, 1 << 10, "fast"},
        {UINT64_C(1) << 40,  1 << 30, 1,       "slow"}, /* for ever, as far as it is counted */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct constraints constraints = {.stage_bytes = cases[i].stage_bytes};
        struct request request = {.tasks = 4,
                                  .limit_us = US_PER_HOUR,
                                  .constraints = cases[i].stage_bytes ? &constraints : NULL};
        struct scene scene;

        begin(&scene, 2000000, US_PER_MINUTE);
        set_rate(&scene, 0, cases[i].slow_rate);
        set_rate(&scene, 1, cases[i].fast_rate);
        CU_ASSERT_STRING_EQUAL(cluster_of(&scene, scene_submit(&scene, request)), cases[i].where);
        scene_clear(&scene);
    }
}

/* The time is reserved; it is kept when others come, and the limit is as it was asked for. */
static void test_it_keeps_its_time(void)
{
    struct scene scene;
    uint64_t waits, other;

    begin(&scene, 2000000, 10 * US_PER_MINUTE);
    (void)submit(&scene, US_PER_HOUR);
    waits = submit(&scene, 4 * US_PER_HOUR);
    CU_ASSERT_EQUAL(scene_find(&scene, waits)->planned_us, SCENE_START + US_PER_HOUR);
    other = submit(&scene, 5 * US_PER_HOUR);
    CU_ASSERT_STRING_EQUAL(cluster_of(&scene, other), "slow");
    scene_news(&scene, EVENT_PART_STARTED, 1, 0);
    scene_end(&scene, 1, 0, END_BY_ITSELF, 0);
    CU_ASSERT_STRING_EQUAL(cluster_of(&scene, waits), "fast");
    CU_ASSERT_EQUAL(job_limit(scene_find(&scene, waits)), 4 * US_PER_HOUR);
    scene_clear(&scene);
}

/* Of many alike one at most would wait well. */
static void test_many_alike_take_what_there_is(void)
{
    struct scene scene;
    uint64_t first, second;

    begin(&scene, 2000000, 10 * US_PER_MINUTE);
    (void)submit(&scene, US_PER_HOUR);
    first = submit(&scene, 4 * US_PER_HOUR);
    second = submit(&scene, 4 * US_PER_HOUR);
    scene_step(&scene, (struct event){
                           .kind = EVENT_GRANTED,
                           .grant = {.id = 2, .institution = "unam", .amount_micro = 1}
    });
    CU_ASSERT_STRING_EQUAL(cluster_of(&scene, first), "slow");
    CU_ASSERT_STRING_EQUAL(cluster_of(&scene, second), "Resources");
    scene_clear(&scene);
}

/* It takes as long as it may: where that is less, it is not done sooner.  What it names first is
 * full for an hour, and ends it after an hour; the other is free. */
static void test_no_limit_is_no_reason_to_wait(void)
{
    static const char *const policies[] = {"default", "easy", "conservative"};

    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        struct scene scene;
        uint64_t job;

        begin_in(&scene, &(struct world){1000000, US_PER_MINUTE, US_PER_HOUR, policies[i]});
        job = scene_submit(
            &scene,
            (struct request){.tasks = 4, .limit_us = US_PER_HOUR, .clusters = (char *)"fast"});
        CU_ASSERT_STRING_EQUAL(cluster_of(&scene, job), "fast");
        job = submit(&scene, INT64_MAX);
        CU_ASSERT_STRING_EQUAL(cluster_of(&scene, job), "slow");
        CU_ASSERT_EQUAL(job_limit(scene_find(&scene, job)), US_PER_DAY);
        scene_clear(&scene);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a job runs where it is done first",  test_it_is_done_first             },
        {"what waits for that keeps its time", test_it_keeps_its_time            },
        {"data to fetch count as well",        test_stage_in_counts              },
        {"many alike take what there is",      test_many_alike_take_what_there_is},
        {"no limit is no reason to wait",      test_no_limit_is_no_reason_to_wait},
        CU_TEST_INFO_NULL,
    };

    return run_suite("finish", tests);
}
