/* test_slots_take.c - cores in one NUMA node, and over all of them in turn */

#include "agent/core/slots.h"

#include "tests/lib/runner.h"

#include <string.h>

/* 2 packages, each of 2 NUMA nodes, each of 4 cores. */
static struct slots *machine(void)
{
    struct core_place places[16];

    for (uint32_t i = 0; i < COUNT_OF(places); i++)
        places[i] = (struct core_place){.package = i / 8, .numa = i / 4, .l3 = i / 4};
    return slots_new(places, COUNT_OF(places));
}

static void check_cores(const struct idset *cores, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    if (cores)
        idset_print(cores, &text);
    if (strcmp(text.bytes, expected) != 0)
        printf("# %s, not %s\n", text.bytes, expected);
    CU_ASSERT_STRING_EQUAL(text.bytes, expected);
}

static void test_one_numa_node(void)
{
    CLEANUP(slots_freep) struct slots *slots = machine();
    CLEANUP(idset_freep) struct idset *three = slots_take_in_numa(slots, 1, 3);
    CLEANUP(idset_freep) struct idset *two = slots_take_in_numa(slots, 1, 2);

    check_cores(three, "4-6");
    CU_ASSERT_PTR_NULL(two);
    CU_ASSERT_EQUAL(slots_left(slots), 13);
    CU_ASSERT_EQUAL(slots_numas(slots), 4);
    CU_ASSERT_EQUAL(slots_core_package(slots, 9), 1);
    CU_ASSERT_EQUAL(slots_numa_package(slots, 1), 0);
}

static void test_one_package_after_the_other(void)
{
    static const uint32_t turns[] = {0, 2, 1, 3, 0, 2};
    CLEANUP(slots_freep) struct slots *slots = machine();

    for (uint32_t i = 0; i < COUNT_OF(turns); i++)
        CU_ASSERT_EQUAL(slots_numa_across(slots, i), turns[i]);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"in one NUMA node or not at all", test_one_numa_node              },
        {"one package after the other",    test_one_package_after_the_other},
        CU_TEST_INFO_NULL,
    };

    return run_suite("cores chosen", tests);
}
