/* test_layout.c - what is no layout of tasks is refused */

#include "proto/layout.h"
#include "tests/lib/runner.h"

static bool passes(const Wire__TaskLayout *layout)
{
    struct error err;

    return layout_check(layout, &err);
}

static void test_layouts(void)
{
    char *good[] = {(char[]){"0-3"}, (char[]){"5,8191"}};
    char *bad[] = {(char[]){"0-3"}, (char[]){"8192"}};
    Wire__TaskLayout layout = WIRE__TASK_LAYOUT__INIT;

    CU_ASSERT(passes(NULL));
    CU_ASSERT(passes(&layout));
    layout.bind = WIRE__TASK_BIND__TASK_BIND_SETS;
    CU_ASSERT(!passes(&layout)); /* of no sets */
    layout.sets = good;
    layout.n_sets = 2;
    CU_ASSERT(passes(&layout));
    layout.sets = bad;
    CU_ASSERT(!passes(&layout));
    layout.sets = good;
    layout.n_sets = LAYOUT_SETS_MAX + 1;
    CU_ASSERT(!passes(&layout));
    layout.n_sets = 2;
    layout.bind = (Wire__TaskBind)7;
    CU_ASSERT(!passes(&layout));
    layout.bind = (Wire__TaskBind)-1;
    CU_ASSERT(!passes(&layout));
    layout = (Wire__TaskLayout)WIRE__TASK_LAYOUT__INIT;
    layout.order = (Wire__TaskOrder)3;
    CU_ASSERT(!passes(&layout));
    layout = (Wire__TaskLayout)WIRE__TASK_LAYOUT__INIT;
    layout.plane = 65537;
    CU_ASSERT(!passes(&layout));
    layout = (Wire__TaskLayout)WIRE__TASK_LAYOUT__INIT;
    layout.memory = WIRE__TASK_MEMORY__TASK_MEMORY_SETS;
    CU_ASSERT(!passes(&layout));
    layout.memory_sets = bad;
    layout.n_memory_sets = 1;
    CU_ASSERT(passes(&layout));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is none is refused", test_layouts},
        CU_TEST_INFO_NULL,
    };

    return run_suite("layouts", tests);
}
