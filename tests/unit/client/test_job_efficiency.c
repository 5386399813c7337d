/* test_job_efficiency.c - how much of what a job had it used, and what to ask for next time */

#include "client/job_efficiency.h"
#include "client/jobs.h"
#include "tests/lib/runner.h"

#include <string.h>

#define SECOND INT64_C(1000000)
#define GIBI   (UINT64_C(1) << 30)

static void check_of(const Wire__JobView *view, const Wire__JobShown *shown, const char *name,
                     const char *expected)
{
    CLEANUP(buffer_clear) struct buffer scratch = {0};
    const struct job_row row = {.view = view, .shown = shown, .now_us = 150 * SECOND};
    struct cell cell = {.kind = CELL_NONE};
    bool found = false;

    buffer_init(&scratch);
    for (size_t i = 0; i < efficiency_column_count; i++)
        if (strcmp(efficiency_columns[i].name, name) == 0) {
            efficiency_columns[i].cell(&row, &cell, &scratch);
            found = true;
        }
    CU_ASSERT(found);
    CU_ASSERT_EQUAL(cell.kind == CELL_NONE, expected == NULL);
    if (cell.kind != CELL_NONE && expected && strcmp(cell.text, expected) != 0)
        printf("# %s: %s\n", name, cell.text);
    CU_ASSERT(!expected || (cell.kind == CELL_TEXT && strcmp(cell.text, expected) == 0));
}

static void check(const Wire__JobView *view, const char *name, const char *expected)
{
    check_of(view, NULL, name, expected);
}

static Wire__JobView ended_job(void)
{
    Wire__JobView view = WIRE__JOB_VIEW__INIT;

    view.state = (char *)(uintptr_t) "COMPLETED";
    view.start_us = 100 * SECOND;
    view.end_us = 200 * SECOND;
    view.limit_us = 200 * SECOND;
    view.nodes = 2;
    view.cores = 4;
    view.cpu_used_us = 300 * SECOND;
    view.memory = 8 * GIBI;
    view.memory_peak = 3 * GIBI;
    return view;
}

static void test_what_was_used(void)
{
    Wire__JobView view = ended_job();

    check(&view, "cpuused", "75% [###############.....]");
    check(&view, "memoryused", "75% [###############.....]");
    check(&view, "timeused", "50% [##########..........]");
    check(&view, "advice", NULL);
    view.end_us = 0; /* it runs: until now */
    check(&view, "timeused", "25% [#####...............]");
    check(&view, "advice", NULL);
    view.limit_us = INT64_MAX;
    view.memory = 0;
    view.cpu_used_us = 0;
    check(&view, "timeused", NULL);
    check(&view, "memoryused", NULL);
    check(&view, "cpuused", NULL);
}

static void test_advice(void)
{
    Wire__JobView view = ended_job();

    view.cpu_used_us = 40 * SECOND;
    check(&view, "advice", "most of the cores' time was idle: fewer cores may do as well");
    view = ended_job();
    view.memory_peak = GIBI;
    check(&view, "advice", "much memory was not used: enough on each node would be 1280M");
    view = ended_job();
    view.limit_us = 1000 * SECOND;
    check(&view, "advice", "a shorter limit lets it start earlier");
    view = ended_job();
    view.state = (char *)(uintptr_t) "OUT_OF_MEMORY";
    check(&view, "advice", "memory was full: ask for more");
}

static void test_energy(void)
{
    static const struct {
        uint64_t energy_mj;
        const char *expected;
    } cases[] = {
        {0,           NULL       },
        {812500,      "812.5 J"  },
        {9999900,     "9999.9 J" },
        {10000000,    "10.0 kJ"  },
        {3600000000,  "3600.0 kJ"},
        {36000000000, "36.0 MJ"  },
    };
    Wire__JobView view = ended_job();
    Wire__JobShown shown = WIRE__JOB_SHOWN__INIT;

    check(&view, "energy", NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        shown.energy_mj = cases[i].energy_mj;
        check_of(&view, &shown, "energy", cases[i].expected);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what was used",             test_what_was_used},
        {"what to ask for next time", test_advice       },
        {"energy",                    test_energy       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("efficiency of jobs", tests);
}
