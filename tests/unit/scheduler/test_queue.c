/* test_queue.c - shapes and streams in order, aside, parked and open again */

#include "scheduler/core/queue.h"
#include "tests/lib/runner.h"

#define JOBS 8

static const uint32_t alpha[] = {0}, beta[] = {1}, both[] = {0, 1};

/* Jobs 1 to 7; job i asks for i tasks, but 5 for the same as 1. */
static void fill_jobs(struct job jobs[JOBS])
{
    for (uint32_t i = 0; i < JOBS; i++)
        jobs[i] = (struct job){
            .id = i,
            .project = (char *)"astro",
            .institution = (char *)(i == 4 ? "ipn" : "unam"),
            .request = {.tasks = i == 5 ? 1 : i},
        };
}

static uint64_t first(const struct queue *queue)
{
    const struct stream *stream = queue_first(queue);

    return stream ? shape_first(stream_first(stream))->id : 0;
}

static void set_first_aside(struct queue *queue, enum job_reason reason)
{
    queue_set_aside(queue, stream_first(queue_first(queue)), reason);
}

static void test_order(void)
{
    struct job jobs[JOBS];
    struct queue queue;

    fill_jobs(jobs);
    queue_init(&queue, 2);
    CU_ASSERT_EQUAL(first(&queue), 0);
    queue_add(&queue, &jobs[3], alpha, 1);
    queue_add(&queue, &jobs[2], both, 2);
    CU_ASSERT_EQUAL(first(&queue), 2);
    queue_add(&queue, &jobs[5], beta, 1);
    queue_add(&queue, &jobs[1], beta, 1);
    CU_ASSERT_PTR_EQUAL(jobs[5].shape, jobs[1].shape);
    CU_ASSERT_EQUAL(first(&queue), 1);
    CU_ASSERT_EQUAL(queue.count, 4);
    queue_remove(&queue, &jobs[1]);
    CU_ASSERT_EQUAL(first(&queue), 2);
    queue_remove(&queue, &jobs[2]);
    CU_ASSERT_EQUAL(first(&queue), 3);
    jobs[4].request.nice = -1;
    queue_add(&queue, &jobs[4], alpha, 1);
    CU_ASSERT_EQUAL(first(&queue), 4);
    queue_clear(&queue);
}

static void test_aside_and_closed(void)
{
    struct job jobs[JOBS];
    struct queue queue;

    fill_jobs(jobs);
    queue_init(&queue, 2);
    for (uint32_t i = 1; i <= 3; i++)
        queue_add(&queue, &jobs[i], alpha, 1);
    set_first_aside(&queue, REASON_RESOURCES);
    CU_ASSERT_EQUAL(first(&queue), 2);
    queue_close(&queue, queue_first(&queue));
    CU_ASSERT_EQUAL(first(&queue), 0);
    /* The same as job 1: what was found holds.  A younger shape: the stream stays closed. */
    queue_add(&queue, &jobs[5], alpha, 1);
    CU_ASSERT_EQUAL(jobs[5].shape->reason, REASON_RESOURCES);
    queue_add(&queue, &jobs[6], alpha, 1);
    CU_ASSERT_EQUAL(first(&queue), 0);
    /* One that comes before what the stream was closed at opens it. */
    jobs[7].request.nice = -1;
    queue_add(&queue, &jobs[7], alpha, 1);
    CU_ASSERT_EQUAL(first(&queue), 7);
    queue_open_aside(&queue);
    queue_remove(&queue, &jobs[7]);
    CU_ASSERT_EQUAL(first(&queue), 1);
    queue_clear(&queue);
}

static void test_parked(void)
{
    struct job jobs[JOBS];
    struct queue queue;

    fill_jobs(jobs);
    queue_init(&queue, 2);
    for (uint32_t i = 1; i <= 4; i++)
        queue_add(&queue, &jobs[i], alpha, 1);
    set_first_aside(&queue, REASON_BUDGET);             /* 1, of unam */
    set_first_aside(&queue, REASON_NODE_NOT_AVAILABLE); /* 2 */
    set_first_aside(&queue, REASON_BUDGET);             /* 3, of unam */
    set_first_aside(&queue, REASON_BUDGET);             /* 4, of ipn */
    queue_open_aside(&queue);
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
    queue_remove(&queue, &jobs[2]); /* due, and gone */
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
    queue_init(&queue, 2);
    for (uint32_t i = 1; i <= 3; i++)
        queue_add(&queue, &jobs[i], alpha, 1);
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
    queue_remove(&queue, &jobs[1]);
    jobs[1] = jobs[0];
    jobs[1].id = 1;
    jobs[1].request = jobs[3].request;
    queue_add(&queue, &jobs[1], alpha, 1);
    CU_ASSERT_PTR_EQUAL(jobs[1].shape, jobs[3].shape);
    queue_budget_changed(&queue, "unam");
    (void)queue_unpark(&queue, 1);
    CU_ASSERT_EQUAL(first(&queue), 1);
    queue_clear(&queue);
}

static void test_users(void)
{
    struct queue queue;

    queue_init(&queue, 1);
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
        {"by first jobs, over all streams",             test_order           },
        {"set aside and closed, until opened",          test_aside_and_closed},
        {"parked until the budget or the nodes change", test_parked          },
        {"parked shapes take their turns",              test_rounds          },
        {"pending jobs of users",                       test_users           },
        CU_TEST_INFO_NULL,
    };

    return run_suite("queue", tests);
}
