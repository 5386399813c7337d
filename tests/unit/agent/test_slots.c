/* test_slots.c - which cores a part is given */

#include "agent/core/slots.h"

#include "tests/lib/runner.h"

/* 2 packages, each of 2 NUMA nodes, each of 2 L3 caches, each of 4 cores: 32 in all. */
static struct slots *machine(void)
{
    struct core_place places[32];

    for (uint32_t i = 0; i < COUNT_OF(places); i++)
        places[i] = (struct core_place){.package = i / 16, .numa = i / 8, .l3 = i / 4};
    return slots_new(places, COUNT_OF(places));
}

static const char *text_of(const struct idset *cores, struct buffer *text)
{
    buffer_reset(text);
    idset_print(cores, text);
    return text->bytes;
}

/* One after the other on one machine; the letters of `given` name what is given back. */
static const struct {
    const char *what;
    uint32_t take;
    const char *cores; /* NULL: refused */
} cases[] = {
    {"less than an L3: the first one",               3, "0-2"  },
    {"one fits best where one is left",              1, "3"    },
    {"a whole L3",                                   4, "4-7"  },
    {"a NUMA node in place of an L3 here and there", 6, "8-13" },
    {"what is left of that one",                     2, "14-15"},
    {"a package",                                    9, "16-24"},
    {"the rest of the tight one",                    3, "25-27"},
    {"the last L3",                                  4, "28-31"},
    {"nothing is left",                              1, NULL   },
};

static void test_one_after_the_other(void)
{
    CLEANUP(slots_freep) struct slots *slots = machine();
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(idset_freep) struct idset *cores = slots_take(slots, cases[i].take);

        CU_ASSERT_EQUAL(cores == NULL, cases[i].cores == NULL);
        if (cores && cases[i].cores)
            CU_ASSERT_STRING_EQUAL(text_of(cores, &text), cases[i].cores);
    }
    CU_ASSERT_EQUAL(slots_left(slots), 0);
}

static void test_what_is_given_back_is_free(void)
{
    CLEANUP(slots_freep) struct slots *slots = machine();
    CLEANUP(idset_freep) __attribute__((unused)) struct idset *all = slots_take(slots, 32);
    CLEANUP(idset_freep) struct idset *some = idset_new();
    CLEANUP(idset_freep) struct idset *again = NULL;

    CU_ASSERT_PTR_NULL(slots_take(slots, 1));
    idset_add_range(some, 9, 12);
    slots_give(slots, some);
    CU_ASSERT_EQUAL(slots_left(slots), 4);
    again = slots_take(slots, 4);
    CU_ASSERT(again && idset_equal(again, some));
}

static void test_claim_takes_all_or_nothing(void)
{
    CLEANUP(slots_freep) struct slots *slots = machine();
    CLEANUP(idset_freep) struct idset *some = idset_new();
    CLEANUP(idset_freep) struct idset *more = idset_new();
    CLEANUP(idset_freep) struct idset *beyond = idset_new();

    idset_add_range(some, 30, 31);
    CU_ASSERT(slots_claim(slots, some));
    CU_ASSERT_EQUAL(slots_left(slots), 30);
    idset_add_range(more, 29, 30);
    CU_ASSERT_FALSE(slots_claim(slots, more));
    CU_ASSERT_EQUAL(slots_left(slots), 30);
    idset_add(beyond, 32);
    CU_ASSERT_FALSE(slots_claim(slots, beyond));
}

static void test_machine_without_domains(void)
{
    static const struct core_place places[3];
    CLEANUP(slots_freep) struct slots *slots = slots_new(places, 3);
    CLEANUP(slots_freep) struct slots *none = slots_new(NULL, 0);
    CLEANUP(idset_freep) struct idset *two = slots_take(slots, 2);

    CU_ASSERT_EQUAL(idset_count(two), 2);
    CU_ASSERT_EQUAL(slots_numa_span(slots, two), 1);
    CU_ASSERT_EQUAL(slots_count(none), 0);
    CU_ASSERT_PTR_NULL(slots_take(none, 1));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"one after the other",          test_one_after_the_other       },
        {"what is given back is free",   test_what_is_given_back_is_free},
        {"a claim takes all or nothing", test_claim_takes_all_or_nothing},
        {"a machine without domains",    test_machine_without_domains   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("slots", tests);
}
