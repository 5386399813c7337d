/* test_heap.c - the first comes first, and members may leave or change */

#include "base/heap.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <stddef.h>

struct number {
    int value;
    struct heap_node node;
};

static int value_of(const struct heap_node *node)
{
    const char *place = (const char *)node - offsetof(struct number, node);

    return ((const struct number *)(const void *)place)->value;
}

static bool number_before(const struct heap_node *a, const struct heap_node *b)
{
    return value_of(a) < value_of(b);
}

static int take_first(struct heap *heap)
{
    struct heap_node *first = heap_first(heap);

    heap_remove(heap, first);
    return value_of(first);
}

static void test_an_empty_heap(void)
{
    CLEANUP(heap_clear) struct heap heap;

    heap_init(&heap, number_before);
    CU_ASSERT_PTR_NULL(heap_first(&heap));
    CU_ASSERT_EQUAL(heap.count, 0);
}

static void test_smallest_first(void)
{
    CLEANUP(heap_clear) struct heap heap;
    struct number numbers[101] = {0};

    heap_init(&heap, number_before);
    for (int i = 0; i < 101; i++) {
        numbers[i].value = i * 37 % 101;
        heap_add(&heap, &numbers[i].node);
        CU_ASSERT_TRUE(heap_has(&numbers[i].node));
    }
    CU_ASSERT_EQUAL(heap.count, 101);
    for (int i = 0; i < 101; i++)
        CU_ASSERT_EQUAL(take_first(&heap), i);
    CU_ASSERT_PTR_NULL(heap_first(&heap));
    for (int i = 0; i < 101; i++)
        CU_ASSERT_FALSE(heap_has(&numbers[i].node));
}

static void test_equal_keys_all_come(void)
{
    CLEANUP(heap_clear) struct heap heap;
    struct number numbers[50] = {0};

    heap_init(&heap, number_before);
    for (int i = 0; i < 50; i++)
        heap_add(&heap, &numbers[i].node);
    for (int i = 0; i < 50; i++)
        CU_ASSERT_EQUAL(take_first(&heap), 0);
    CU_ASSERT_EQUAL(heap.count, 0);
}

/* Each of the members in turn, so that every position is removed from once. */
static void test_any_member_may_leave(void)
{
    for (int gone = 0; gone < 31; gone++) {
        CLEANUP(heap_clear) struct heap heap;
        struct number numbers[31] = {0};

        heap_init(&heap, number_before);
        for (int i = 0; i < 31; i++) {
            numbers[i].value = i * 12 % 31;
            heap_add(&heap, &numbers[i].node);
        }
        heap_remove(&heap, &numbers[gone].node);
        CU_ASSERT_FALSE(heap_has(&numbers[gone].node));
        for (int i = 0; i < 31; i++)
            if (i != numbers[gone].value)
                CU_ASSERT_EQUAL(take_first(&heap), i);
        CU_ASSERT_EQUAL(heap.count, 0);
    }
}

static void test_a_changed_key_moves_both_ways(void)
{
    CLEANUP(heap_clear) struct heap heap;
    struct number numbers[10] = {0};

    heap_init(&heap, number_before);
    for (int i = 0; i < 10; i++) {
        numbers[i].value = i;
        heap_add(&heap, &numbers[i].node);
    }
    numbers[9].value = -1;
    heap_move(&heap, &numbers[9].node);
    CU_ASSERT_PTR_EQUAL(heap_first(&heap), &numbers[9].node);
    numbers[9].value = 100;
    heap_move(&heap, &numbers[9].node);
    CU_ASSERT_PTR_EQUAL(heap_first(&heap), &numbers[0].node);
    for (int i = 0; i < 9; i++)
        CU_ASSERT_EQUAL(take_first(&heap), i);
    CU_ASSERT_EQUAL(take_first(&heap), 100);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"an empty heap",                 test_an_empty_heap                },
        {"smallest first",                test_smallest_first               },
        {"equal keys all come",           test_equal_keys_all_come          },
        {"any member may leave",          test_any_member_may_leave         },
        {"a changed key moves both ways", test_a_changed_key_moves_both_ways},
        CU_TEST_INFO_NULL,
    };

    return run_suite("heap", tests);
}
