/* test_attempt.c - an attempt from its placing to what becomes of the job */

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

static uint64_t start(struct scene *scene, struct request request)
{
    uint64_t job = scene_submit(scene, request);

    CU_ASSERT_NOT_EQUAL_FATAL(job, 0);
    for (uint32_t i = 0; i < scene_find(scene, job)->part_count; i++)
        scene_news(scene, EVENT_PART_READY, job, i);
    scene_news(scene, EVENT_PART_STARTED, job, 0);
    CU_ASSERT_EQUAL_FATAL(scene_find(scene, job)->state, JOB_RUNNING);
    return job;
}

/* What the agent says, and what becomes of a job that nobody asked to end. */
static void test_ends(void)
{
    static const struct {
        enum end_cause cause;
        uint32_t exit_code;
        enum job_state state;
        enum job_reason reason;
    } cases[] = {
        {END_BY_ITSELF, 0, JOB_COMPLETED,     REASON_NONE         },
        {END_BY_ITSELF, 7, JOB_FAILED,        REASON_NON_ZERO_EXIT},
        {END_LIMIT,     0, JOB_TIMEOUT,       REASON_TIME_LIMIT   },
        {END_MEMORY,    0, JOB_OUT_OF_MEMORY, REASON_OUT_OF_MEMORY},
        {END_UNKNOWN,   0, JOB_FAILED,        REASON_EXIT_UNKNOWN },
        {END_STOPPED,   0, JOB_NODE_FAIL,     REASON_NODE_DOWN    },
        {END_REBOOT,    0, JOB_NODE_FAIL,     REASON_NODE_DOWN    },
    };
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    CU_ASSERT_EQUAL(COUNT_OF(cases), END_CAUSE_COUNT + 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t job = start(&scene, (struct request){.tasks = 1});

        scene.now_us += US_PER_MINUTE;
        scene_end(&scene, job, 0, cases[i].cause, cases[i].exit_code);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->state, cases[i].state);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->reason, cases[i].reason);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->exit_code, cases[i].exit_code);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->charged_micro,
                        cases[i].state == JOB_NODE_FAIL ? 0 : 16667);
    }
    scene_clear(&scene);
}

/* The same after a cancel or a requeue was asked for. */
static void test_ends_after_a_cancel(void)
{
    static const struct {
        enum event_kind asked;
        enum end_cause cause;
        uint32_t exit_code;
        enum job_state state;
    } cases[] = {
        {EVENT_JOB_CANCELLED, END_STOPPED,   0, JOB_CANCELLED    },
        {EVENT_JOB_CANCELLED, END_REBOOT,    0, JOB_CANCELLED    },
        {EVENT_JOB_CANCELLED, END_BY_ITSELF, 0, JOB_COMPLETED    },
        {EVENT_JOB_CANCELLED, END_BY_ITSELF, 1, JOB_FAILED       },
        {EVENT_JOB_CANCELLED, END_LIMIT,     0, JOB_TIMEOUT      },
        {EVENT_JOB_CANCELLED, END_MEMORY,    0, JOB_OUT_OF_MEMORY},
        {EVENT_JOB_REQUEUED,  END_STOPPED,   0, JOB_CONFIGURING  },
        {EVENT_JOB_REQUEUED,  END_REBOOT,    0, JOB_CONFIGURING  },
        {EVENT_JOB_REQUEUED,  END_BY_ITSELF, 0, JOB_COMPLETED    },
        {EVENT_JOB_REQUEUED,  END_LIMIT,     0, JOB_TIMEOUT      },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene scene;
        uint64_t job;

        scene_init(&scene);
        scene_join(&scene, "a1", 4, "x");
        job = start(&scene, (struct request){.tasks = 1});
        scene_job(&scene, cases[i].asked, job, "ana");
        CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_COMPLETING);
        CU_ASSERT(scene_wants(&scene, "stop job=1 attempt=1 part=0 node=a1\n"));
        scene_end(&scene, job, 0, cases[i].cause, cases[i].exit_code);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->state, cases[i].state);
        scene_clear(&scene);
    }
}

static void test_several_nodes(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    job = scene_submit(&scene, (struct request){.nodes_least = 2});
    CU_ASSERT(scene_wants(&scene, "launch job=1 attempt=1 part=0 node=a1 cores=1 tasks=1\n"));
    CU_ASSERT(scene_wants(&scene, "launch job=1 attempt=1 part=1 node=a2 cores=1 tasks=1\n"));
    scene_news(&scene, EVENT_PART_STARTED, job, 0); /* too early */
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_CONFIGURING);
    scene_news(&scene, EVENT_PART_READY, job, 0);
    CU_ASSERT_FALSE(scene_wants(&scene, "launch"));
    scene_news(&scene, EVENT_PART_READY, job, 1);
    CU_ASSERT(scene_wants(&scene, "launch job=1 attempt=1 part=0 node=a1 cores=1 tasks=1 start"));
    scene_news(&scene, EVENT_PART_STARTED, job, 1); /* only part 0 has a script */
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_CONFIGURING);
    scene_news(&scene, EVENT_PART_STARTED, job, 0);
    /* A part that goes before the script takes the job with it. */
    scene_end(&scene, job, 1, END_MEMORY, 0);
    CU_ASSERT(scene_wants(&scene, "stop job=1 attempt=1 part=0 node=a1\n"));
    scene_end(&scene, job, 0, END_STOPPED, 0);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_OUT_OF_MEMORY);
    scene_clear(&scene);
}

/* When a node is lost the ranks on the others fail: that is not the job's fault. */
static void test_failing_after_a_lost_node(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    job = start(&scene, (struct request){.nodes_least = 2, .requeue = false});
    scene_join(&scene, "a2", 4, "y");
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_COMPLETING);
    scene_end(&scene, job, 0, END_BY_ITSELF, 1);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_NODE_FAIL);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->charged_micro, 0);
    scene_clear(&scene);
}

/* A refused launch costs nothing and is tried elsewhere; too many of them hold the job. */
static void test_refused(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    job = scene_submit(&scene, (struct request){.tasks = 1});
    scene_news(&scene, EVENT_PART_REFUSED, job, 0);
    CU_ASSERT(scene_wants(&scene, "warn job=1 node=a1 refused the launch: broken"));
    CU_ASSERT(scene_wants(&scene, "launch job=1 attempt=2 part=0 node=a2"));
    CU_ASSERT_FALSE(scene_wants(&scene, "txn"));
    scene_news(&scene, EVENT_PART_REFUSED, job, 0);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->reason, REASON_LAUNCH_FAILED_HELD);
    CU_ASSERT_STRING_EQUAL(scene_find(&scene, job)->refusal, "a2: broken");
    CU_ASSERT_EQUAL(scene_find(&scene, job)->charged_micro, 0);
    scene_job(&scene, EVENT_JOB_RELEASED, job, "ana");
    CU_ASSERT_EQUAL(scene_find(&scene, job)->launch_failures, 0);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->attempt, 3);
    scene_news(&scene, EVENT_PART_READY, job, 0);
    scene_news(&scene, EVENT_PART_STARTED, job, 0);
    CU_ASSERT_PTR_NULL(scene_find(&scene, job)->refusal);
    scene_clear(&scene);
}

/* Every refusal ends its part, whatever was said of the others before: or the job never ends. */
static void test_refused_after_the_others(void)
{
    static const enum end_cause causes[] = {END_STOPPED, END_BY_ITSELF};

    for (size_t i = 0; i < COUNT_OF(causes); i++) {
        struct scene scene;
        uint64_t job;

        scene_init(&scene);
        scene_join(&scene, "a1", 4, "x");
        scene_join(&scene, "a2", 4, "x");
        job = scene_submit(&scene, (struct request){.nodes_least = 2});
        scene_news(&scene, EVENT_PART_READY, job, 0);
        scene_end(&scene, job, 0, causes[i], 0);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_COMPLETING);
        scene_news(&scene, EVENT_PART_REFUSED, job, 1);
        CU_ASSERT(scene_find(&scene, job)->state != JOB_COMPLETING);
        scene_clear(&scene);
    }
}

/* A refusal of what runs is late or not true; but what is told to stop is over then. */
static void test_refused_while_it_runs(void)
{
    for (uint32_t part = 0; part < 2; part++) {
        struct scene scene;
        uint64_t job;

        scene_init(&scene);
        scene_join(&scene, "a1", 4, "x");
        scene_join(&scene, "a2", 4, "x");
        job = start(&scene, (struct request){.nodes_least = 2});
        scene_news(&scene, EVENT_PART_REFUSED, job, part);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_RUNNING);
        scene_job(&scene, EVENT_JOB_CANCELLED, job, "ana");
        scene_news(&scene, EVENT_PART_REFUSED, job, part);
        scene_end(&scene, job, 1 - part, END_STOPPED, 0);
        CU_ASSERT(job_state_is_final(scene_find(&scene, job)->state));
        CU_ASSERT_EQUAL(scene_find(&scene, job)->launch_failures, 0);
        scene_clear(&scene);
    }
}

/* The others are busy: after a while the node that refused is asked again. */
static void test_refused_while_others_are_busy(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene_join(&scene, "a2", 4, "x");
    (void)start(&scene, (struct request){.tasks = 4, .node_list = (char *)"a2", .nodes_least = 1});
    job = scene_submit(&scene, (struct request){.tasks = 1});
    scene_news(&scene, EVENT_PART_REFUSED, job, 0);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_PENDING);
    scene_pass(&scene, US_PER_MINUTE);
    CU_ASSERT(scene_wants(&scene, "launch job=2 attempt=2 part=0 node=a1"));
    scene_clear(&scene);
}

/* The only node refused: it must do all the same, but not at once, and later each time. */
static void test_refused_by_the_only_node(void)
{
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    scene.core->settings.launch_failures_most = 5;
    job = scene_submit(&scene, (struct request){.tasks = 1});
    for (uint32_t i = 1; i <= 3; i++) {
        int64_t pause_us = 15 * US_PER_SECOND << (i - 1);

        scene_news(&scene, EVENT_PART_REFUSED, job, 0);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->attempt, i);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->reason, REASON_LAUNCH_FAILURE);
        scene_pass(&scene, pause_us - US_PER_SECOND);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->attempt, i);
        scene_pass(&scene, US_PER_SECOND);
        CU_ASSERT_EQUAL(scene_find(&scene, job)->attempt, i + 1);
    }
    scene_clear(&scene);
}

/* The agent's clock counts, as far as ours allows. */
static void test_wall(void)
{
    static const struct {
        int64_t said_us, wall_us;
    } cases[] = {
        {10 * US_PER_SECOND, 10 * US_PER_SECOND},
        {62 * US_PER_SECOND, 62 * US_PER_SECOND},
        {90 * US_PER_SECOND, 62 * US_PER_SECOND},
        {INT64_MAX,          62 * US_PER_SECOND},
        {0,                  0                 },
        {-5,                 0                 },
    };
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t id = start(&scene, (struct request){.tasks = 4});
        const struct job *job = scene_find(&scene, id);
        uint8_t token[TOKEN_SIZE];

        memcpy(token, job->token, sizeof(token));
        scene.now_us += US_PER_MINUTE;
        scene_step(
            &scene,
            (struct event){
                .kind = EVENT_PART_ENDED,
                .part = {
                         .job = id, .attempt = 1, .token = token, .wall_used_us = cases[i].said_us}
        });
        job = scene_find(&scene, id);
        CU_ASSERT_EQUAL(job->end_us - job->start_us, cases[i].wall_us);
        CU_ASSERT_EQUAL(job->charged_micro, ledger_price(4, cases[i].wall_us, 1000000));
    }
    scene_clear(&scene);
}

static void test_tokens(void)
{
    uint8_t first[TOKEN_SIZE], other[TOKEN_SIZE];
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    job = scene_submit(&scene, (struct request){.tasks = 1});
    attempt_token(scene.core, job, 1, first);
    CU_ASSERT(memcmp(first, scene_find(&scene, job)->token, TOKEN_SIZE) == 0);
    attempt_token(scene.core, job, 2, other);
    CU_ASSERT(memcmp(first, other, TOKEN_SIZE) != 0);
    attempt_token(scene.core, job + 1, 1, other);
    CU_ASSERT(memcmp(first, other, TOKEN_SIZE) != 0);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"how it ends by itself",               test_ends                         },
        {"how it ends when it was asked to",    test_ends_after_a_cancel          },
        {"on several nodes",                    test_several_nodes                },
        {"ranks that fail when a node is lost", test_failing_after_a_lost_node    },
        {"a refused launch",                    test_refused                      },
        {"refused after the others ended",      test_refused_after_the_others     },
        {"refused while it runs",               test_refused_while_it_runs        },
        {"refused while others are busy",       test_refused_while_others_are_busy},
        {"refused by the only node",            test_refused_by_the_only_node     },
        {"what is charged for",                 test_wall                         },
        {"each attempt has its own token",      test_tokens                       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("attempt", tests);
}
