/* test_heap.c - the heap's first is what a look at every member finds */

#include "base/heap.h"

#include "base/memory.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdint.h>

enum { MEMBERS = 200, ROUNDS = 40000 };

struct member {
    uint32_t key;
    struct heap_node node;
};

static uint32_t key_of(const struct heap_node *node)
{
    const char *place = (const char *)node - offsetof(struct member, node);

    return ((const struct member *)(const void *)place)->key;
}

static bool key_before(const struct heap_node *a, const struct heap_node *b)
{
    return key_of(a) < key_of(b);
}

/* The model: which members are in, found one by one. */
static void compare(const struct heap *heap, const struct member *members, const bool *in)
{
    uint32_t least = UINT32_MAX;
    size_t count = 0;

    for (size_t i = 0; i < MEMBERS; i++) {
        CU_ASSERT_EQUAL_FATAL(heap_has(&members[i].node), in[i]);
        if (in[i] && members[i].key < least)
            least = members[i].key;
        count += in[i];
    }
    CU_ASSERT_EQUAL_FATAL(heap->count, count);
    CU_ASSERT_EQUAL_FATAL(heap_first(heap) != NULL, count > 0);
    if (count > 0)
        CU_ASSERT_EQUAL_FATAL(key_of(heap_first(heap)), least);
}

static void test_agrees_with_a_search(void)
{
    struct test_random random = test_random_from_environment();
    struct member members[MEMBERS] = {0};
    bool in[MEMBERS] = {false};
    struct heap heap;

    heap_init(&heap, key_before);
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = test_random_below(&random, MEMBERS);
        /* few keys, so that equal ones are common */
        uint32_t key = test_random_below(&random, round % 2 ? 20 : 100000);

        if (!in[i]) {
            members[i].key = key;
            heap_add(&heap, &members[i].node);
            in[i] = true;
        } else if (test_random_chance(&random, 50)) {
            members[i].key = key;
            heap_move(&heap, &members[i].node);
        } else {
            heap_remove(&heap, &members[i].node);
            in[i] = false;
        }
        compare(&heap, members, in);
    }
    heap_clear(&heap);
}

static void test_comes_out_sorted(void)
{
    struct test_random random = test_random_from_environment();
    struct member *members = NEW_ARRAY(struct member, 5000);
    uint32_t last = 0;
    struct heap heap;

    heap_init(&heap, key_before);
    for (size_t i = 0; i < 5000; i++) {
        members[i].key = test_random_below(&random, 3000);
        heap_add(&heap, &members[i].node);
    }
    while (heap_first(&heap)) {
        struct heap_node *first = heap_first(&heap);

        CU_ASSERT_FATAL(key_of(first) >= last);
        last = key_of(first);
        heap_remove(&heap, first);
    }
    heap_clear(&heap);
    memory_freep(&members);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"agrees with a search", test_agrees_with_a_search},
        {"comes out sorted",     test_comes_out_sorted    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("heap against its model", tests);
}
