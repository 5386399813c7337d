/* test_array.c - ids of elements, the limit, and who keeps an array alive */

#include "scheduler/core/array.h"
#include "tests/lib/runner.h"

static struct array *make(const char *text, uint32_t limit)
{
    CLEANUP(elements_clear) struct elements all = {0};
    struct error err;

    CU_ASSERT_FATAL(elements_parse(text, ELEMENTS_RUNS_MAX, &all, &err));
    return array_new(17, &all, limit);
}

static void test_ids(void)
{
    struct array *array = make("2-10:4", 0);

    CU_ASSERT_EQUAL(array_element_id(17, 2), 20);
    CU_ASSERT_EQUAL(array_element_of(array, 20), 2);
    CU_ASSERT_EQUAL(array_element_of(array, 28), 10);
    CU_ASSERT_EQUAL(array_element_of(array, 21), ELEMENT_NONE);
    CU_ASSERT_EQUAL(array_element_of(array, 17), ELEMENT_NONE);
    CU_ASSERT_EQUAL(array_element_of(array, 3), ELEMENT_NONE);
    CU_ASSERT_EQUAL(array_element_of(array, UINT64_MAX), ELEMENT_NONE);
    CU_ASSERT_EQUAL(array_id_count(&array->all), 12);
    array_leave(array);
}

static void test_limit(void)
{
    struct array *array = make("0-9", 2);

    CU_ASSERT_FALSE(array_is_full(NULL));
    CU_ASSERT_FALSE(array_is_full(array));
    array->placed = 2;
    CU_ASSERT(array_is_full(array));
    array->throttle = 0;
    CU_ASSERT_FALSE(array_is_full(array));
    array_leave(array);
}

static void test_users(void)
{
    struct array *array = array_use(make("0-9", 2));

    array_leave(array);
    CU_ASSERT_EQUAL(array->all.count, 10); /* there is one more */
    array_leave(array);
    array_leave(NULL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"an id says which element", test_ids  },
        {"as many as are placed",    test_limit},
        {"there while it is used",   test_users},
        CU_TEST_INFO_NULL,
    };

    return run_suite("array", tests);
}
