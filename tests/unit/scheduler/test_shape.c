/* test_shape.c - jobs that ask for the same are one shape */

#include "scheduler/core/shape.h"
#include "tests/lib/runner.h"

#include <string.h>

static bool same_key(const struct job *a, const struct job *b)
{
    struct shape_key first = shape_key_of(a), second = shape_key_of(b);

    return memcmp(first.bytes, second.bytes, sizeof(first.bytes)) == 0;
}

static void test_keys(void)
{
    struct node node = {.index = 0};
    struct job job = {
        .id = 1, .user = (char *)"ana", .project = (char *)"astro", .request = {.tasks = 2}};
    struct job other = job;

    other.id = 2;
    CU_ASSERT(same_key(&job, &other));
    other.avoid = &node;
    CU_ASSERT_FALSE(same_key(&job, &other));
    other = job;
    other.user = (char *)"eva";
    CU_ASSERT_FALSE(same_key(&job, &other));
    other = job;
    other.predicted_us = 5;
    CU_ASSERT_FALSE(same_key(&job, &other));
    other = job;
    other.project = (char *)"bio";
    CU_ASSERT_FALSE(same_key(&job, &other));
    other = job;
    other.request.tasks = 3;
    CU_ASSERT_FALSE(same_key(&job, &other));
}

static void test_need(void)
{
    CLEANUP(shape_freep) struct shape *shape = NULL;
    struct job job = {
        .id = 1,
        .user = (char *)"ana",
        .project = (char *)"astro",
        .institution = (char *)"unam",
        .request = {.tasks = 2, .node_list = (char *)"n[1-2]"}
    };
    struct node node = {.name = (char *)"n3"};
    struct need need;

    shape = shape_new(&job, 3, 1);
    CU_ASSERT_PTR_EQUAL(shape_first(shape), &job);
    need = shape_need(shape);
    CU_ASSERT_EQUAL(need.request->tasks, 2);
    CU_ASSERT_FALSE(need_admits(&need, &node));
    heap_remove(&shape->jobs, &job.of_shape);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what makes a shape",      test_keys},
        {"a shape knows its nodes", test_need},
        CU_TEST_INFO_NULL,
    };

    return run_suite("shape", tests);
}
