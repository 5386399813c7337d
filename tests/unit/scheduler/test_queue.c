/* test_queue.c - shapes in order, aside, parked and open again, and walks over them */

#include "scheduler/core/queue.h"
#include "tests/lib/runner.h"

#define JOBS 8

#define HOUR_US INT64_C(3600000000)

static const uint32_t numbers[] = {0, 1};
static const struct lanes alpha = {.count = 1, .numbers = numbers, .limit_us = HOUR_US},
                          beta = {.count = 1, .numbers = numbers + 1, .limit_us = HOUR_US},
                          both = {.count = 2, .numbers = numbers, .limit_us = HOUR_US};

/* Jobs 1 to 7; job i asks for i tasks, but 5 for the same as 1. */
static void fill_jobs(struct job jobs[JOBS])
{
    for (uint32_t i = 0; i < JOBS; i++)
        jobs[i] = (struct job){
            .id = i,
            .user = (char *)"ana",
            .project = (char *)"astro",
            .institution = (char *)(i == 4 ? "ipn" : "unam"),
            .request = {.tasks = i == 5 ? 1 : i, .cpus_per_task = 1},
        };
}

static void make_queue(struct queue *queue)
{
    queue_init(queue, policy_find("easy"));
}

static uint64_t first(const struct queue *queue)
{
    const struct shape *shape = queue_first_open(queue);

    return shape ? shape_first(shape)->id : 0;
}

static void add(struct queue *queue, struct job *job, struct lanes lanes)
{
    queue_add(queue, job, &lanes, 0);
}

static void set_first_aside(struct queue *queue, enum job_reason reason)
{
    queue_set_aside(queue, queue_first_open(queue), reason);
}

static bool admits_fewer(const struct stream *stream, const struct demand *demand,
                         const void *context)
{
    const uint64_t *most = context;

    (void)stream;
    return demand->counts[DEMAND_TASKS] <= *most;
}

/* The jobs that a walk meets, as digits. */
static uint64_t walk(struct queue *queue, enum turn_of order, uint64_t most_tasks)
{
    struct walk walk;
    struct shape *shape;
    uint64_t met = 0;

    walk_begin(&walk, queue, order, admits_fewer, &most_tasks);
    while ((shape = walk_next(&walk)))
        met = 10 * met + shape_first(shape)->id;
    walk_end(&walk);
    return met;
}

static void test_order(void)
{
    struct job jobs[JOBS];
    struct queue queue;

    fill_jobs(jobs);
    make_queue(&queue);
    CU_ASSERT_EQUAL(first(&queue), 0);
    add(&queue, &jobs[3], alpha);
    add(&queue, &jobs[2], both);
    CU_ASSERT_EQUAL(first(&queue), 2);
    add(&queue, &jobs[5], beta);
    add(&queue, &jobs[1], beta);
    CU_ASSERT_PTR_EQUAL(jobs[5].shape, jobs[1].shape);
    CU_ASSERT_EQUAL(first(&queue), 1);
    CU_ASSERT_EQUAL(queue.count, 4);
    queue_remove(&queue, &jobs[1], 0);
    CU_ASSERT_EQUAL(first(&queue), 2);
    queue_remove(&queue, &jobs[2], 0);
    CU_ASSERT_EQUAL(first(&queue), 3);
    jobs[4].request.nice = -1;
    add(&queue, &jobs[4], alpha);
    CU_ASSERT_EQUAL(first(&queue), 4);
    queue_clear(&queue);
}

static void test_aside(void)
{
    struct job jobs[JOBS];
    struct queue queue;

    fill_jobs(jobs);
    make_queue(&queue);
    for (uint32_t i = 2; i <= 5; i++)
        add(&queue, &jobs[i], alpha);
    set_first_aside(&queue, REASON_RESOURCES);
    CU_ASSERT_EQUAL(first(&queue), 3);
    queue_close(&queue, queue_first_open(&queue));
    queue_close(&queue, queue_first_open(&queue));
    set_first_aside(&queue, REASON_RESOURCES); /* 5 */
    CU_ASSERT_EQUAL(first(&queue), 0);
    /* The same as job 5, but older: what was found may not hold for it. */
    add(&queue, &jobs[1], alpha);
    CU_ASSERT_PTR_EQUAL(jobs[5].shape, jobs[1].shape);
    CU_ASSERT_EQUAL(first(&queue), 1);
    set_first_aside(&queue, REASON_RESOURCES);
    /* The same, and younger: it does. */
    jobs[6].request = jobs[1].request;
    add(&queue, &jobs[6], alpha);
    CU_ASSERT_EQUAL(jobs[6].shape->reason, REASON_RESOURCES);
    CU_ASSERT_EQUAL(first(&queue), 0);
    queue_clear(&queue);
}

static void test_walks(void)
{
    struct job jobs[JOBS];
    struct queue queue;

    fill_jobs(jobs);
    make_queue(&queue);
    CU_ASSERT_EQUAL(walk(&queue, TURN_QUEUE, 9), 0);
    add(&queue, &jobs[3], alpha);
    add(&queue, &jobs[2], both);
    add(&queue, &jobs[7], beta);
    add(&queue, &jobs[1], beta);
    add(&queue, &jobs[5], beta);
    add(&queue, &jobs[6], both);
    CU_ASSERT_EQUAL(walk(&queue, TURN_QUEUE, 9), 12367);
    CU_ASSERT_EQUAL(walk(&queue, TURN_CANDIDATES, 9), 12367);
    CU_ASSERT_EQUAL(walk(&queue, TURN_QUEUE, 3), 123);
    set_first_aside(&queue, REASON_BUDGET);
    queue_remove(&queue, &jobs[3], 0);
    CU_ASSERT_EQUAL(walk(&queue, TURN_QUEUE, 9), 267);
    queue_clear(&queue);
}

/* Ranks decide, and may change with time. */
static void test_ranks(void)
{
    struct job jobs[JOBS];
    struct queue queue;

    fill_jobs(jobs);
    queue_init(&queue, policy_find("wfp"));
    jobs[1].eligible_us = jobs[6].eligible_us = 2 * HOUR_US;
    for (uint32_t i = 1; i < 4; i++)
        queue_add(&queue, &jobs[i], &alpha, 2 * HOUR_US);
    queue_add(&queue, &jobs[6], &alpha, 2 * HOUR_US);
    CU_ASSERT_EQUAL(walk(&queue, TURN_QUEUE, 9), 3216);
    CU_ASSERT_EQUAL(first(&queue), 3);
    queue_reorder(&queue, 60 * HOUR_US, 8);
    CU_ASSERT_EQUAL(walk(&queue, TURN_QUEUE, 9), 6321);
    CU_ASSERT_EQUAL(first(&queue), 6);
    queue_clear(&queue);
    fill_jobs(jobs);
    queue_init(&queue, policy_find("easy-sjbf"));
    for (uint32_t i = 1; i < 4; i++)
        queue_add(&queue, &jobs[i],
                  &(struct lanes){.count = 1, .numbers = numbers, .limit_us = HOUR_US - i}, 0);
    CU_ASSERT_EQUAL(walk(&queue, TURN_QUEUE, 9), 123);
    CU_ASSERT_EQUAL(walk(&queue, TURN_CANDIDATES, 9), 321);
    queue_clear(&queue);
}

static void test_parked(void)
{
    struct job jobs[JOBS];
    struct queue queue;

    fill_jobs(jobs);
    make_queue(&queue);
    for (uint32_t i = 1; i <= 4; i++)
        add(&queue, &jobs[i], alpha);
    set_first_aside(&queue, REASON_BUDGET);             /* 1, of unam */
    set_first_aside(&queue, REASON_NODE_NOT_AVAILABLE); /* 2 */
    set_first_aside(&queue, REASON_BUDGET);             /* 3, of unam */
    set_first_aside(&queue, REASON_BUDGET);             /* 4, of ipn */
    CU_ASSERT_EQUAL(walk(&queue, TURN_QUEUE, 9), 0);
    CU_ASSERT_FALSE(queue_unpark(&queue, 10));
    CU_ASSERT_EQUAL(first(&queue), 0);

    queue_budget_changed(&queue, "uam");
    queue_budget_changed(&queue, "unam");
    CU_ASSERT(queue_unpark(&queue, 1));
    CU_ASSERT_EQUAL(first(&queue), 1);
    CU_ASSERT_FALSE(queue_unpark(&queue, 1));
    set_first_aside(&queue, REASON_BUDGET);
    CU_ASSERT_EQUAL(first(&queue), 3);
    set_first_aside(&queue, REASON_BUDGET);
    CU_ASSERT_EQUAL(first(&queue), 0);

    queue_all_changed(&queue);
    queue_remove(&queue, &jobs[2], 0); /* due, and gone */
    CU_ASSERT_FALSE(queue_unpark(&queue, 10));
    CU_ASSERT_EQUAL(first(&queue), 1);
    CU_ASSERT_EQUAL(queue.count, 3);
    queue_clear(&queue);
}

/* A change in the middle of a round does not begin it anew: the last are reached. */
static void test_rounds(void)
{
    struct job jobs[JOBS];
    struct queue queue;
    unsigned seen[JOBS] = {0};

    fill_jobs(jobs);
    make_queue(&queue);
    for (uint32_t i = 1; i <= 3; i++)
        add(&queue, &jobs[i], alpha);
    for (uint32_t i = 1; i <= 3; i++)
        set_first_aside(&queue, REASON_BUDGET);
    for (uint32_t i = 0; i < 12; i++) {
        queue_budget_changed(&queue, "unam");
        (void)queue_unpark(&queue, 1);
        if (i < 3)
            CU_ASSERT_EQUAL(first(&queue), i + 1);
        seen[first(&queue)]++;
        set_first_aside(&queue, REASON_BUDGET);
    }
    for (uint32_t i = 1; i <= 3; i++)
        CU_ASSERT(seen[i] >= 3);

    /* An older job makes its shape come first, also where it is parked. */
    while (queue_unpark(&queue, 1))
        set_first_aside(&queue, REASON_BUDGET);
    set_first_aside(&queue, REASON_BUDGET);
    queue_remove(&queue, &jobs[1], 0);
    jobs[1] = jobs[0];
    jobs[1].id = 1;
    jobs[1].request = jobs[3].request;
    add(&queue, &jobs[1], alpha);
    CU_ASSERT_PTR_EQUAL(jobs[1].shape, jobs[3].shape);
    queue_budget_changed(&queue, "unam");
    (void)queue_unpark(&queue, 1);
    CU_ASSERT_EQUAL(first(&queue), 1);
    queue_clear(&queue);
}

static void test_users(void)
{
    struct queue queue;

    make_queue(&queue);
    CU_ASSERT_EQUAL(queue_user_count(&queue, "ana"), 0);
    queue_count_user(&queue, "ana", 1);
    queue_count_user(&queue, "ana", 1);
    queue_count_user(&queue, "eva", 1);
    CU_ASSERT_EQUAL(queue_user_count(&queue, "ana"), 2);
    queue_count_user(&queue, "ana", -1);
    queue_count_user(&queue, "eva", -1);
    CU_ASSERT_EQUAL(queue_user_count(&queue, "ana"), 1);
    CU_ASSERT_EQUAL(queue_user_count(&queue, "eva"), 0);
    queue_clear(&queue);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"by first jobs, over all streams",               test_order },
        {"set aside until it has another first job",      test_aside },
        {"walks over all streams, and past the hopeless", test_walks },
        {"by rank, and by rank anew",                     test_ranks },
        {"parked until the budget or the nodes change",   test_parked},
        {"parked shapes take their turns",                test_rounds},
        {"pending jobs of users",                         test_users },
        CU_TEST_INFO_NULL,
    };

    return run_suite("queue", tests);
}
