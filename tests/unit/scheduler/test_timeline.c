/* test_timeline.c - the order of expected ends, and what is free by then */

#include "scheduler/core/inventory.h"
#include "scheduler/core/timeline.h"
#include "tests/lib/runner.h"

static uint64_t job_at(const struct timeline *timeline, unsigned number)
{
    struct timeline_place place = {0};
    const struct timeline_entry *entry = NULL;

    for (unsigned i = 0; i <= number; i++)
        entry = timeline_next(timeline, &place);
    return entry ? entry->job->id : 0;
}

static void test_order(void)
{
    struct job jobs[] = {{.id = 3}, {.id = 1}, {.id = 2}};
    struct timeline timeline;

    timeline_init(&timeline);
    timeline_add(&timeline, &jobs[0], 50);
    timeline_add(&timeline, &jobs[1], 50);
    timeline_add(&timeline, &jobs[2], 20);
    CU_ASSERT_EQUAL(job_at(&timeline, 0), 2);
    CU_ASSERT_EQUAL(job_at(&timeline, 1), 1);
    CU_ASSERT_EQUAL(job_at(&timeline, 2), 3);
    timeline_move(&timeline, &jobs[2], 70);
    CU_ASSERT_EQUAL(job_at(&timeline, 2), 2);
    CU_ASSERT_EQUAL(jobs[2].expected_us, 70);
    timeline_remove(&timeline, &jobs[1]);
    CU_ASSERT_EQUAL(timeline.count, 2);
    CU_ASSERT_EQUAL(job_at(&timeline, 0), 3);
    timeline_clear(&timeline);
}

static void test_when_so_many_are_free(void)
{
    struct part parts[] = {{.cores_held = 2}, {.cores_held = 3}, {.cores_held = 4}};
    struct job jobs[] = {
        {.id = 1, .parts = &parts[0], .part_count = 1},
        {.id = 2, .parts = &parts[1], .part_count = 1},
        {.id = 3, .parts = &parts[2], .part_count = 1},
    };
    struct timeline timeline;
    uint64_t cores = 0;

    timeline_init(&timeline);
    CU_ASSERT_EQUAL(timeline_seek(&timeline, 1, 0, &cores), INT64_MAX);
    timeline_add(&timeline, &jobs[0], 10);
    timeline_add(&timeline, &jobs[1], 20);
    timeline_add(&timeline, &jobs[2], 20);
    CU_ASSERT_EQUAL(timeline_seek(&timeline, 2, 0, &cores), 10);
    CU_ASSERT_EQUAL(cores, 2);
    CU_ASSERT_EQUAL(timeline_seek(&timeline, 3, 0, &cores), 20);
    CU_ASSERT_EQUAL(cores, 9); /* who ends at the same time counts too */
    CU_ASSERT_EQUAL(timeline_seek(&timeline, 1, 15, &cores), 15);
    CU_ASSERT_EQUAL(cores, 2);
    CU_ASSERT_EQUAL(timeline_seek(&timeline, 1, 30, &cores), 30);
    CU_ASSERT_EQUAL(cores, 9);
    CU_ASSERT_EQUAL(timeline_seek(&timeline, 10, 0, &cores), INT64_MAX);
    timeline_clear(&timeline);
}

static void test_free(void)
{
    struct node node = {.cores = 8, .memory_bytes = 100};
    struct job jobs[] = {
        {.id = 1, .expected_us = 10},
        {.id = 2, .expected_us = 20}
    };
    struct part parts[] = {
        {.job = &jobs[0], .cores_held = 3, .memory_bytes = 60},
        {.job = &jobs[1], .cores_held = 6, .memory_bytes = 50},
    };

    list_init(&node.parts);
    CU_ASSERT_EQUAL(timeline_free_cores(&node, 0), 8);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        list_add_last(&node.parts, &parts[i].of_node);
    CU_ASSERT_EQUAL(timeline_free_cores(&node, 9), 0); /* more in use than there is */
    CU_ASSERT_EQUAL(timeline_free_memory(&node, 9), 0);
    CU_ASSERT_EQUAL(timeline_free_cores(&node, 10), 2);
    CU_ASSERT_EQUAL(timeline_free_memory(&node, 10), 50);
    CU_ASSERT_EQUAL(timeline_free_cores(&node, 20), 8);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"by expected end, then by job", test_order                },
        {"when so many cores are free",  test_when_so_many_are_free},
        {"what is free by then",         test_free                 },
        CU_TEST_INFO_NULL,
    };

    return run_suite("timeline", tests);
}
