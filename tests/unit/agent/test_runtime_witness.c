/* test_runtime_witness.c - what is told of a job's use agrees with a program whose use is known */

#include "tests/lib/runner.h"
#include "tests/unit/agent/launched.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>

enum { CPU_MS = 1000, MEMORY_MB = 256 };

static void check_near(int64_t told, int64_t known)
{
    int64_t apart = told > known ? told - known : known - told;

    CU_ASSERT(apart <= known / 50);
    if (apart > known / 50)
        printf("# told %" PRId64 ", known %" PRId64 "\n", told, known);
}

/* Over its time, and no longer than the part is there.  Processes that share memory have it both, where no
 * cgroup counts. */
static void check_series(struct launched *launched, uint64_t job, const struct task_end *end,
                         bool memory_counted)
{
    struct task_key key = launched_key(job, 0);
    struct runtime *runtime = &launched->runtime;
    struct series series = {0};
    struct series_step total;

    CU_ASSERT(runtime->measured(runtime->state, &key, &series));
    CU_ASSERT(series.count >= CPU_MS * 1000 / SERIES_STEP_US && series.count <= SERIES_MOST);
    total = series_total(&series);
    check_near((int64_t)total.cpu_us, CPU_MS * INT64_C(1000));
    CU_ASSERT(total.memory_bytes >= UINT64_C(1048576) * MEMORY_MB);
    if (memory_counted)
        check_near((int64_t)total.memory_bytes, INT64_C(1048576) * MEMORY_MB);
    check_near(series_span(&series), end->wall_used_us);
    CU_ASSERT(launched_remove(launched, job));
    CU_ASSERT_FALSE(runtime->measured(runtime->state, &key, &series));
}

static void check_use(struct launched *launched, uint64_t job, uint64_t memory_limit, bool groups)
{
    const char *build = getenv("TEQUIO_BUILD");
    CLEANUP(memory_freep)
    char *script = memory_format("#!/bin/sh\nexec %s/tests/unit/agent/witness %d %d\n",
                                 build ? build : ".", CPU_MS, MEMORY_MB);
    const struct part_limits limits = {.user = "ana",
                                       .memory_bytes = memory_limit,
                                       .credential = (const uint8_t *)"0123456789abcdef"};
    struct task_start start = launched_script(launched, job, script);
    struct task_key key = launched_key(job, 0);
    const struct outcome *outcome;
    struct error err = {.text = ""};

    CU_ASSERT(launched->runtime.part_make(launched->runtime.state, &key, &limits, &err));
    CU_ASSERT(launched_start(launched, &start, &err));
    CU_ASSERT_STRING_EQUAL(err.text, "");
    outcome = launched_wait(launched, job, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.exit_code, 0);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_BY_ITSELF);
    check_near(outcome->end.cpu_used_us, CPU_MS * INT64_C(1000));
    check_near((int64_t)outcome->end.memory_peak_bytes, INT64_C(1048576) * MEMORY_MB);
    check_series(launched, job, &outcome->end, groups && launched->root && memory_limit > 0);
}

/* With cgroups or without, with a limit or without. */
static void test_use_is_told_to_two_percent(void)
{
    static const char *const configurations[] = {NULL, "cgroups = no\n"};

    for (size_t i = 0; i < COUNT_OF(configurations); i++) {
        struct launched launched;

        launched_open(&launched, configurations[i]);
        check_use(&launched, 1, 0, configurations[i] == NULL);
        check_use(&launched, 2, UINT64_C(512) << 20, configurations[i] == NULL);
        launched_clear(&launched);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"use is told to two percent", test_use_is_told_to_two_percent},
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_witness", tests);
}
