/* test_core.c - questions, timers, the outbox, and the way back from the store */

#include "base/digest.h"
#include "scheduler/core/core.h"
#include "scheduler/core/policy.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

static void test_who_may_submit(void)
{
    struct scene scene;
    struct error err;
    struct request request = {.tasks = 1};

    scene_init(&scene);
    CU_ASSERT_FALSE(core_check_request(scene.core, &request, "ana", "none", 1, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT_FALSE(core_check_request(scene.core, &request, "ana", NULL, 1, &err));
    CU_ASSERT_FALSE(core_check_request(scene.core, &request, "", "astro", 1, &err));
    CU_ASSERT_FALSE(core_check_request(scene.core, &request, "ana", "astro", 0, &err));
    CU_ASSERT_FALSE(core_check_request(scene.core, &request, "ana", "astro", 16, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_EXHAUSTED);
    for (int i = 0; i < 15; i++)
        CU_ASSERT(scene_submit(&scene, (struct request){.tasks = 1}) != 0);
    CU_ASSERT_EQUAL(scene_submit(&scene, (struct request){.tasks = 1}), 0);
    CU_ASSERT(core_check_request(scene.core, &request, "eva", "astro", 5, &err));
    CU_ASSERT_FALSE(core_check_request(scene.core, &request, "eva", "astro", 6, &err));
    scene_job(&scene, EVENT_JOB_CANCELLED, 3, "ana");
    CU_ASSERT(core_check_request(scene.core, &request, "ana", "astro", 1, &err));
    scene_clear(&scene);
}

static void test_checks(void)
{
    struct scene scene;
    struct error err;
    uint64_t job;

    scene_init(&scene);
    CU_ASSERT_FALSE(core_check_cancel(scene.core, 1, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    job = scene_submit(&scene, (struct request){.tasks = 1});
    CU_ASSERT(core_check_cancel(scene.core, job, &err));
    CU_ASSERT(core_check_hold(scene.core, job, &err));
    CU_ASSERT_FALSE(core_check_release(scene.core, job, true, &err));
    CU_ASSERT_FALSE(core_check_requeue(scene.core, job, &err));
    scene_job(&scene, EVENT_JOB_HELD, job, "root");
    CU_ASSERT_FALSE(core_check_release(scene.core, job, false, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_DENIED);
    CU_ASSERT(core_check_release(scene.core, job, true, &err));
    scene_job(&scene, EVENT_JOB_RELEASED, job, "root");
    scene_join(&scene, "a1", 4, "x");
    CU_ASSERT_FALSE(core_check_hold(scene.core, job, &err));
    CU_ASSERT(core_check_requeue(scene.core, job, &err));
    scene_job(&scene, EVENT_JOB_CANCELLED, job, "ana");
    scene_end(&scene, job, 0, END_STOPPED, 0);
    CU_ASSERT_FALSE(core_check_cancel(scene.core, job, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT_STRING_EQUAL(scene_find(&scene, job)->ended_by, "ana");
    scene_clear(&scene);
}

static void test_timers(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    CU_ASSERT_EQUAL(core_next_time(scene.core), INT64_MAX);
    job =
        scene_submit(&scene, (struct request){.tasks = 1, .begin_us = SCENE_START + US_PER_MINUTE});
    CU_ASSERT_EQUAL(core_next_time(scene.core), SCENE_START + US_PER_MINUTE);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->reason, REASON_BEGIN_TIME);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->eligible_us, 0);
    scene_pass(&scene, US_PER_MINUTE);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->eligible_us, SCENE_START + US_PER_MINUTE);
    scene_job(&scene, EVENT_JOB_CANCELLED, job, "ana");
    scene_pass(&scene, 5 * US_PER_MINUTE);
    CU_ASSERT(scene_wants(&scene, "forget job 1 CANCELLED"));
    CU_ASSERT_PTR_NULL(scene_find(&scene, job));
    CU_ASSERT_EQUAL(core_next_time(scene.core), INT64_MAX);
    CU_ASSERT_EQUAL(core_next_job(scene.core), 2);
    scene_clear(&scene);
}

static bool node_wants(struct scene *scene, const char *node, const char *expected)
{
    CLEANUP(effects_clear) struct effects effects;
    CLEANUP(buffer_clear) struct buffer text;

    effects_init(&effects);
    buffer_init(&text);
    core_unconfirmed(scene->core, node, &effects);
    for (size_t i = 0; i < effects.count; i++)
        effect_print(&effects, &effects.all[i], &text);
    return strcmp(text.bytes, expected) == 0;
}

static void test_outbox(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    CU_ASSERT(node_wants(&scene, "a1", ""));
    CU_ASSERT(node_wants(&scene, "a9", ""));
    job = scene_submit(&scene, (struct request){.tasks = 1});
    CU_ASSERT(
        node_wants(&scene, "a1", "launch job=1 attempt=1 part=0 node=a1 cores=1 tasks=1 start\n"));
    scene_news(&scene, EVENT_PART_STARTED, job, 0);
    CU_ASSERT(node_wants(&scene, "a1", ""));
    scene_job(&scene, EVENT_JOB_CANCELLED, job, "ana");
    CU_ASSERT(node_wants(&scene, "a1", "stop job=1 attempt=1 part=0 node=a1\n"));
    scene_end(&scene, job, 0, END_STOPPED, 0);
    CU_ASSERT(node_wants(&scene, "a1", ""));

    /* Stopped before the launch was confirmed: the node gets the token with it, but no start. */
    job = scene_submit(&scene, (struct request){.tasks = 1});
    scene_job(&scene, EVENT_JOB_CANCELLED, job, "ana");
    CU_ASSERT(node_wants(&scene, "a1",
                         "launch job=2 attempt=1 part=0 node=a1 cores=1 tasks=1\n"
                         "stop job=2 attempt=1 part=0 node=a1\n"));
    scene_clear(&scene);
}

static enum verdict verdict(const struct scene *scene, uint64_t job, uint32_t attempt,
                            const uint8_t *token, const char *node)
{
    struct digest digest = digest_of(token, TOKEN_SIZE);

    return core_verdict(scene->core, job, attempt, 0, digest.bytes, node);
}

static void test_verdicts(void)
{
    uint8_t first[TOKEN_SIZE], wrong[TOKEN_SIZE] = {1}, second[TOKEN_SIZE];
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    job = scene_submit(&scene, (struct request){.tasks = 1, .requeue = true});
    memcpy(first, scene_find(&scene, job)->token, TOKEN_SIZE);
    CU_ASSERT_EQUAL(verdict(&scene, job, 1, first, "a1"), VERDICT_TO_KEEP);
    CU_ASSERT_EQUAL(verdict(&scene, job, 1, first, "a2"), VERDICT_TO_ASK);
    CU_ASSERT_EQUAL(verdict(&scene, job, 1, wrong, "a1"), VERDICT_TO_ASK);
    CU_ASSERT_EQUAL(verdict(&scene, job, 2, first, "a1"), VERDICT_TO_ASK);
    CU_ASSERT_EQUAL(verdict(&scene, job, 0, first, "a1"), VERDICT_TO_ASK);
    CU_ASSERT_EQUAL(verdict(&scene, 99, 1, first, "a1"), VERDICT_TO_ASK);
    scene_news(&scene, EVENT_PART_STARTED, job, 0);
    scene_node(&scene, EVENT_NODE_LOST, "a1"); /* it goes on elsewhere */
    memcpy(second, scene_find(&scene, job)->token, TOKEN_SIZE);
    CU_ASSERT_EQUAL(verdict(&scene, job, 1, first, "a1"), VERDICT_TO_STOP);
    CU_ASSERT_EQUAL(verdict(&scene, job, 2, second, "a2"), VERDICT_TO_KEEP);
    scene_job(&scene, EVENT_JOB_CANCELLED, job, "ana");
    CU_ASSERT_EQUAL(verdict(&scene, job, 2, second, "a2"), VERDICT_TO_STOP);
    scene_end(&scene, job, 0, END_STOPPED, 0);
    CU_ASSERT_EQUAL(verdict(&scene, job, 2, second, "a2"), VERDICT_TO_FORGET);
    scene_clear(&scene);
}

static void test_restore_refuses(void)
{
    const struct node row = {.name = (char *)"a1", .cores = 4};
    const struct {
        struct job job;
        const char *cluster, *partition;
    } cases[] = {
        {{.id = 0},                           NULL,    NULL   },
        {{.id = 5, .state = JOB_STATE_COUNT}, NULL,    NULL   },
        {{.id = 5, .state = JOB_RUNNING},     NULL,    NULL   },
        {{.id = 5, .state = JOB_RUNNING},     "none",  "batch"},
        {{.id = 5, .state = JOB_RUNNING},     "alpha", "none" },
        {{.id = 5, .state = JOB_RUNNING},     "alpha", "batch"}, /* without parts */
    };
    struct scene scene;
    struct error err;

    scene_init(&scene);
    CU_ASSERT(core_restore_node(scene.core, &row, "alpha", &err));
    CU_ASSERT_FALSE(core_restore_node(scene.core, &row, "alpha", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct job *job = NEW(struct job);

        *job = cases[i].job;
        CU_ASSERT_FALSE(
            core_restore_job(scene.core, job, cases[i].cluster, cases[i].partition, NULL, &err));
    }
    CU_ASSERT_EQUAL(core_next_job(scene.core), 1);
    scene_clear(&scene);
}

static struct job *make_row(uint64_t id, enum job_state state)
{
    struct job *job = NEW(struct job);

    *job = (struct job){
        .id = id,
        .state = state,
        .request = {.nodes_least = 1,
                    .nodes_most = 1,
                    .tasks = 1,
                    .cpus_per_task = 1,
                    .limit_us = US_PER_HOUR},
    };
    job_set_names(job, "fit", "ana", "astro", "unam");
    return job;
}

/* Jobs that have ended and are still known are what predictions are made of. */
static void test_restore_predicts(void)
{
    struct partition batch = {.name = (char *)"batch",
                              .is_default = true,
                              .up = true,
                              .limit_us = US_PER_DAY,
                              .default_limit_us = US_PER_HOUR};
    struct cluster alpha = {.name = (char *)"alpha",
                            .institution = (char *)"unam",
                            .factor_ppm = 1000000,
                            .partition_count = 1,
                            .partitions = &batch};
    struct core_settings settings = {
        .clusters = &alpha, .cluster_count = 1, .policy = policy_default()};
    struct core *core = core_new(&settings);
    struct job *ended = make_row(1, JOB_COMPLETED);
    struct error err;
    int64_t predicted_us;

    ended->start_us = SCENE_START;
    ended->end_us = SCENE_START + 80 * US_PER_SECOND;
    CU_ASSERT(core_restore_job(core, ended, NULL, NULL, NULL, &err));
    CU_ASSERT(core_restore_job(core, make_row(2, JOB_PENDING), NULL, NULL, NULL, &err));
    core_restore_done(core, 3, SCENE_START + US_PER_MINUTE * 2);
    predicted_us = core_find_job(core, 2)->predicted_us;
    CU_ASSERT(predicted_us > 60 * US_PER_SECOND && predicted_us <= 80 * US_PER_SECOND);
    core_free(core);
}

/* The store may still have the parts of an attempt that was given up. */
static void test_restore_drops_old_parts(void)
{
    struct job *job = NEW(struct job);
    struct scene scene;
    struct error err;

    scene_init(&scene);
    *job = (struct job){
        .id = 9,
        .request = {.nodes_least = 1,
                    .nodes_most = 1,
                    .tasks = 1,
                    .cpus_per_task = 1,
                    .limit_us = US_PER_HOUR},
        .attempt = 1,
        .part_count = 1,
        .parts = NEW_ARRAY(struct part, 1),
    };
    job_set_names(job, "test", "ana", "astro", "unam");
    job->parts[0] = (struct part){.cores = 1, .tasks = 1, .core_list = memory_copy("0")};
    CU_ASSERT(core_restore_job(scene.core, job, NULL, NULL, NULL, &err));
    core_restore_done(scene.core, 5, SCENE_START);
    core_check_invariants(scene.core);
    CU_ASSERT_EQUAL(scene_find(&scene, 9)->part_count, 0);
    CU_ASSERT_EQUAL(core_next_job(scene.core), 10);
    scene_join(&scene, "a1", 4, "x");
    CU_ASSERT(scene_wants(&scene, "launch job=9 attempt=2 part=0 node=a1"));
    scene_clear(&scene);
}

/* Events about what is not there change nothing. */
static void test_late_events(void)
{
    static const enum event_kind of_jobs[] = {EVENT_JOB_CANCELLED, EVENT_JOB_HELD,
                                              EVENT_JOB_RELEASED, EVENT_JOB_REQUEUED};
    static const enum event_kind of_nodes[] = {EVENT_NODE_SILENT, EVENT_NODE_LOST,
                                               EVENT_NODE_DRAINED, EVENT_NODE_RESUMED};
    struct scene scene;

    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(of_jobs); i++) {
        scene_job(&scene, of_jobs[i], 7, "ana");
        CU_ASSERT_EQUAL(scene.effects.count, 0);
    }
    for (size_t i = 0; i < COUNT_OF(of_nodes); i++) {
        scene_node(&scene, of_nodes[i], "a7");
        CU_ASSERT_EQUAL(scene.effects.count, 0);
    }
    scene_step(&scene, (struct event){
                           .kind = EVENT_NODE_JOINED,
                           .node = {.name = "c1", .cluster = "gamma", .boot_id = "x"}
    });
    CU_ASSERT(scene_wants(&scene, "warn node c1: no cluster gamma"));
    scene_join(&scene, "a1", NODE_CORES_MAX + 1, "x");
    CU_ASSERT(scene_wants(&scene, "too many to be true"));
    CU_ASSERT_EQUAL(inventory_node_count(core_inventory(scene.core)), 0);
    scene_clear(&scene);
}

/* Two jobs fill the node and end in one instant; the first that waits needs all of it, and
 * a short one behind it would fit as soon as either has ended. */
static bool wide_starts(bool together)
{
    struct scene scene;
    uint64_t jobs[2], wide;
    bool started;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    for (unsigned i = 0; i < 2; i++) {
        jobs[i] = scene_submit(&scene, (struct request){.tasks = 2});
        scene_news(&scene, EVENT_PART_STARTED, jobs[i], 0);
    }
    wide = scene_submit(&scene, (struct request){.tasks = 4});
    (void)scene_submit(&scene, (struct request){.tasks = 2, .limit_us = US_PER_MINUTE});
    for (unsigned i = 0; i < 2; i++) {
        uint8_t token[TOKEN_SIZE];

        memcpy(token, scene_find(&scene, jobs[i])->token, sizeof(token));
        scene_step(&scene, (struct event){
                               .kind = EVENT_PART_ENDED,
                               .more = together && i == 0,
                               .part = {.job = jobs[i], .attempt = 1, .token = token}
        });
    }
    started = scene_find(&scene, wide)->state != JOB_PENDING;
    scene_clear(&scene);
    return started;
}

static void test_one_instant(void)
{
    CU_ASSERT(wide_starts(true));
    CU_ASSERT(!wide_starts(false));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"who may submit how many",               test_who_may_submit         },
        {"checks before events",                  test_checks                 },
        {"timers, and when a job is forgotten",   test_timers                 },
        {"what a node must still be told",        test_outbox                 },
        {"what a node shall do with what it has", test_verdicts               },
        {"rows that make no sense",               test_restore_refuses        },
        {"parts of an attempt that is over",      test_restore_drops_old_parts},
        {"events that come too late",             test_late_events            },
        {"predictions after a restart",           test_restore_predicts       },
        {"what ends in one instant",              test_one_instant            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("core", tests);
}
