/* test_placement.c - which cores and hardware threads of a part each task is bound to */

#include "agent/core/placement.h"

#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

/* 2 packages of 1 NUMA node, each with 2 L3 caches of 4 cores of 2 hardware threads: core c has
 * the cpus c and 16 + c. */
struct sixteen {
    struct core_place places[16];
    struct idset *cpus[16];
};

static struct placement_machine machine_of(struct sixteen *sixteen)
{
    for (uint32_t i = 0; i < 16; i++) {
        sixteen->places[i] = (struct core_place){.package = i / 8, .numa = i / 8, .l3 = i / 4};
        sixteen->cpus[i] = idset_new();
        idset_add(sixteen->cpus[i], i);
        idset_add(sixteen->cpus[i], 16 + i);
    }
    return (struct placement_machine){sixteen->places, sixteen->cpus, 16};
}

static void sixteen_clear(struct sixteen *sixteen)
{
    for (uint32_t i = 0; i < 16; i++)
        idset_free(sixteen->cpus[i]);
}

/* The sets, separated by blanks. */
static void print_sets(struct idset *const *sets, uint32_t count, struct buffer *text)
{
    buffer_reset(text);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(text, ' ');
        idset_print(sets[i], text);
    }
}

static const struct {
    const char *part;
    struct placement_wish wish;
    const char *cores; /* of the tasks, separated by blanks */
    const char *cpus;  /* NULL: not looked at */
} cases[] = {
  /* in blocks */
    {"0-7",      {.tasks = 4, .each = 2},                                 "0-1 2-3 4-5 6-7",   "0-1,16-17 2-3,18-19 4-5,20-21 6-7,22-23"},
    {"0-7",      {.tasks = 2, .each = 4},                                 "0-3 4-7",           NULL                                     },
    {"0-15",     {.tasks = 2, .each = 8},                                 "0-7 8-15",          NULL                                     },
    {"2-9",      {.tasks = 2, .each = 4},                                 "4-7 2-3,8-9",       NULL                                     },
    {"4-11",     {.tasks = 4, .each = 2},                                 "4-5 6-7 8-9 10-11", NULL                                     },
    {"0,2,8,10", {.tasks = 2, .each = 2},                                 "0,2 8,10",          NULL                                     },
    {"0-3",      {.tasks = 1, .each = 99},                                "0-3",               NULL                                     },
    {"0-1",      {.tasks = 4, .each = 1},                                 "0 1 0 1",           NULL                                     },
    {"0-2",      {.tasks = 3, .each = 2},                                 "0-1 0-1 0-1",       NULL                                     },
    {"5",        {.tasks = 3, .each = 1},                                 "5 5 5",             NULL                                     },
 /* one NUMA node after the other */
    {"0-15",     {.tasks = 4, .each = 2, .order = PLACEMENT_CYCLIC},      "0-1 8-9 2-3 10-11", NULL                                     },
    {"0-9",      {.tasks = 4, .each = 2, .order = PLACEMENT_CYCLIC},      "0-1 8-9 2-3 4-5",   NULL                                     },
    {"0-15",     {.tasks = 2, .each = 4, .order = PLACEMENT_FULL_CYCLIC}, "0-1,8-9 2-3,10-11", NULL                                     },
 /* not all in one package */
    {"0-15",     {.tasks = 4, .each = 1, .tasks_per_package = 2},         "0 1 8 9",           NULL                                     },
    {"0-15",     {.tasks = 6, .each = 1, .tasks_per_package = 2},         "0 1 8 9 2 3",       NULL                                     },
 /* hardware threads */
    {"0-1",      {.tasks = 2, .each = 1, .threads_per_core = 1},          "0 1",               "0 1"                                    },
    {"0-1",      {.tasks = 4, .each = 1, .tasks_per_core = 2},            "0 0 1 1",           "0 16 1 17"                              },
    {"0-3",      {.tasks = 4, .each = 1, .tasks_per_core = 2},            "0 1 2 3",           NULL                                     },
    {"0-3",      {.tasks = 2, .each = 1, .bind = PLACEMENT_TO_THREADS},   "0 1",               "0 1"                                    },
    {"0-1",      {.tasks = 4, .each = 1, .bind = PLACEMENT_TO_THREADS},   "0 0 1 1",           "0 16 1 17"                              },
 /* wider than its own */
    {"6-9",      {.tasks = 2, .each = 1, .bind = PLACEMENT_TO_PACKAGES},  "6-7 6-7",           NULL                                     },
    {"2-9",      {.tasks = 3, .each = 4, .bind = PLACEMENT_TO_NUMAS},     "2-7 2-9 2-7",       NULL                                     },
    {"6-9",      {.tasks = 2, .each = 1, .bind = PLACEMENT_TO_PART},      "6-9 6-9",           "6-9,22-25 6-9,22-25"                    },
    {"0-1",      {.tasks = 5, .each = 1, .bind = PLACEMENT_TO_RANK},      "0 1 0 1 0",         "0 1 16 17 0"                            },
};

static void test_tasks_lie_as_wished(void)
{
    CLEANUP(sixteen_clear) struct sixteen sixteen;
    struct placement_machine machine = machine_of(&sixteen);
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(placement_freep) struct placement *placement = NULL;
        CLEANUP(idset_freep) struct idset *part = NULL;
        struct error err;

        part = idset_parse(cases[i].part, &err);
        placement = placement_new(&machine, part, &cases[i].wish, &err);
        print_sets(placement->cores, placement->tasks, &text);
        if (strcmp(text.bytes, cases[i].cores) != 0)
            printf("# case %zu: %s, not %s\n", i, text.bytes, cases[i].cores);
        CU_ASSERT_STRING_EQUAL(text.bytes, cases[i].cores);
        print_sets(placement->cpus, placement->tasks, &text);
        if (cases[i].cpus && strcmp(text.bytes, cases[i].cpus) != 0)
            printf("# case %zu: %s, not %s\n", i, text.bytes, cases[i].cpus);
        CU_ASSERT(!cases[i].cpus || strcmp(text.bytes, cases[i].cpus) == 0);
    }
}

static void test_given_sets(void)
{
    CLEANUP(sixteen_clear) struct sixteen sixteen;
    struct placement_machine machine = machine_of(&sixteen);
    CLEANUP(placement_freep) struct placement *placement = NULL;
    CLEANUP(idset_freep) struct idset *part = NULL;
    CLEANUP(idset_freep) struct idset *first = NULL;
    CLEANUP(idset_freep) struct idset *second = NULL;
    struct error err;

    part = idset_parse("2-3", &err);
    first = idset_parse("18", &err);
    second = idset_parse("2-3", &err);
    struct idset *sets[] = {first, second};
    struct placement_wish wish = {
        .tasks = 3, .each = 1, .bind = PLACEMENT_TO_SETS, .sets = sets, .set_count = 2};

    placement = placement_new(&machine, part, &wish, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(placement);
    CU_ASSERT(idset_equal(placement->cpus[0], first));
    CU_ASSERT(idset_equal(placement->cpus[1], second));
    CU_ASSERT(idset_equal(placement->cpus[2], first));
    CU_ASSERT_EQUAL(idset_first(placement->cores[0]), 2);
    CU_ASSERT_EQUAL(idset_count(placement->cores[0]), 1);
    idset_add(second, 4); /* of somebody else */
    CU_ASSERT_PTR_NULL(placement_new(&machine, part, &wish, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cpu 4"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "2-3,18-19"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"tasks lie as they are wished to", test_tasks_lie_as_wished},
        {"sets that are given, in turn",    test_given_sets         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("placement", tests);
}
