/* test_job_layout.c - the options that say which cores each task is bound to */

#include "client/job_layout.h"
#include "tests/lib/runner.h"

#include <string.h>

static const struct {
    option_fn *set;
    const char *text;
    struct job_layout layout; /* without its lists */
    bool good;
} cases[] = {
    {set_cpu_bind,          "cores",          {.given = true},                                                                      true },
    {set_cpu_bind,          "none",           {.given = true, .bind = WIRE__TASK_BIND__TASK_BIND_PART},                             true },
    {set_cpu_bind,
     "v,sockets",                             {.given = true, .verbose = true, .bind = WIRE__TASK_BIND__TASK_BIND_PACKAGES},
     true                                                                                                                                },
    {set_cpu_bind,          "verbose",        {.given = true, .verbose = true},                                                     true },
    {set_cpu_bind,          "LDOMS",          {.given = true, .bind = WIRE__TASK_BIND__TASK_BIND_NUMAS},                            true },
    {set_cpu_bind,          "boards",         {0},                                                                                  false},
    {set_cpu_bind,          "map_cpu:",       {0},                                                                                  false},
    {set_cpu_bind,          "map_cpu:1,x",    {0},                                                                                  false},
    {set_cpu_bind,          "mask_cpu:0",     {0},                                                                                  false},
    {set_cpu_bind,          "map_cpu:9999",   {0},                                                                                  false},
    {set_cpu_bind,          "map_cpu:1*5000", {0},                                                                                  false},
    {set_mem_bind,          "local",          {.given = true, .memory = WIRE__TASK_MEMORY__TASK_MEMORY_LOCAL},                      true },
    {set_mem_bind,
     "verbose,prefer,local",                  {.given = true,
      .verbose = true,
      .memory_preferred = true,
      .memory = WIRE__TASK_MEMORY__TASK_MEMORY_LOCAL},
     true                                                                                                                                },
    {set_mem_bind,          "rank",           {0},                                                                                  false},
    {set_hint,              "nomultithread",  {.given = true, .threads_per_core = 1},                                               true },
    {set_hint,
     "memory_bound",                          {.given = true, .threads_per_core = 1, .order = WIRE__TASK_ORDER__TASK_ORDER_CYCLIC},
     true                                                                                                                                },
    {set_hint,              "fast",           {0},                                                                                  false},
    {set_distribution,      "block",          {.given = true},                                                                      true },
    {set_distribution,      "cyclic",         {.given = true, .plane = 1},                                                          true },
    {set_distribution,      "plane=4",        {.given = true, .plane = 4},                                                          true },
    {set_distribution,
     "*:cyclic",                              {.given = true, .order = WIRE__TASK_ORDER__TASK_ORDER_CYCLIC},
     true                                                                                                                                },
    {set_distribution,
     "cyclic:block:fcyclic,NoPack",           {.given = true, .plane = 1, .order = WIRE__TASK_ORDER__TASK_ORDER_FULL_CYCLIC},
     true                                                                                                                                },
    {set_distribution,
     "block:cyclic:block",                    {.given = true, .order = WIRE__TASK_ORDER__TASK_ORDER_CYCLIC},
     true                                                                                                                                },
    {set_distribution,      "arbitrary",      {0},                                                                                  false},
    {set_distribution,      "block:",         {0},                                                                                  false},
    {set_distribution,      "plane=0",        {0},                                                                                  false},
    {set_distribution,      "block,Folded",   {0},                                                                                  false},
    {set_tasks_per_core,    "2",              {.given = true, .tasks_per_core = 2},                                                 true },
    {set_tasks_per_package, "0",              {0},                                                                                  false},
    {set_threads_per_core,  "1",              {.given = true, .threads_per_core = 1},                                               true },
};

static void test_words(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct job_layout layout = {0};
        const struct job_layout *wanted = &cases[i].layout;
        struct error err;
        bool good = cases[i].set(&layout, cases[i].text, &err);

        if (good != cases[i].good)
            printf("# %s: %s\n", cases[i].text, good ? "taken" : err.text);
        CU_ASSERT_EQUAL(good, cases[i].good);
        if (!good)
            continue;
        CU_ASSERT_EQUAL(layout.bind, wanted->bind);
        CU_ASSERT_EQUAL(layout.order, wanted->order);
        CU_ASSERT_EQUAL(layout.memory, wanted->memory);
        CU_ASSERT_EQUAL(layout.plane, wanted->plane);
        CU_ASSERT_EQUAL(layout.verbose, wanted->verbose);
        CU_ASSERT_EQUAL(layout.memory_preferred, wanted->memory_preferred);
        CU_ASSERT_EQUAL(layout.threads_per_core, wanted->threads_per_core);
        CU_ASSERT_EQUAL(layout.tasks_per_core, wanted->tasks_per_core);
    }
}

static void test_lists_travel(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct job_layout layout = {0};
    const Wire__TaskLayout *wire;
    struct error err;

    CU_ASSERT_PTR_NULL(job_layout_wire(&layout, arena));
    CU_ASSERT_TRUE(set_cpu_bind(&layout, "mask_cpu:0x3,0xF0*2", &err));
    CU_ASSERT_TRUE(set_mem_bind(&layout, "prefer,map_mem:0,1", &err));
    wire = job_layout_wire(&layout, arena);
    CU_ASSERT_PTR_NOT_NULL_FATAL(wire);
    CU_ASSERT_EQUAL(wire->bind, WIRE__TASK_BIND__TASK_BIND_SETS);
    CU_ASSERT_EQUAL_FATAL(wire->n_sets, 3);
    CU_ASSERT_STRING_EQUAL(wire->sets[0], "0-1");
    CU_ASSERT_STRING_EQUAL(wire->sets[1], "4-7");
    CU_ASSERT_STRING_EQUAL(wire->sets[2], "4-7");
    CU_ASSERT_EQUAL(wire->memory, WIRE__TASK_MEMORY__TASK_MEMORY_SETS);
    CU_ASSERT_EQUAL_FATAL(wire->n_memory_sets, 2);
    CU_ASSERT_STRING_EQUAL(wire->memory_sets[1], "1");
    CU_ASSERT_TRUE(wire->memory_preferred);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"words of the options",      test_words       },
        {"lists as they are carried", test_lists_travel},
        CU_TEST_INFO_NULL,
    };

    return run_suite("layout of tasks", tests);
}
