/* test_render_quality.c - waiting times and efficiency, added up by hand */

#include "accounting/render.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>

static struct report *new_report(void)
{
    struct report *report = NEW(struct report);

    report->network = memory_copy("net");
    report->institution = memory_copy("uni");
    report->title = memory_copy("");
    report->ror = memory_copy("");
    return report;
}

static void add(struct report *report, const char *cluster, int64_t wait_s, const char *state)
{
    struct usage usage = {
        .project = "p",
        .user = "u",
        .cores = 4,
        .wall_us = 100 * US_PER_SECOND,
        .cpu_used_us = 100 * US_PER_SECOND,
        .memory_bytes = UINT64_C(8) << 30,
        .memory_peak_bytes = UINT64_C(2) << 30,
        .eligible_us = 1000 * US_PER_SECOND,
        .start_us = (1000 + wait_s) * US_PER_SECOND,
        .charged_micro = 5,
    };

    snprintf(usage.cluster, sizeof(usage.cluster), "%s", cluster);
    snprintf(usage.state, sizeof(usage.state), "%s", state);
    report_add_usage(report, &usage);
}

static void test_waits(void)
{
    CLEANUP(report_freep) struct report *report = new_report();
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    for (int64_t wait_s = 100; wait_s >= 1; wait_s--) /* in no order that helps */
        add(report, "big", wait_s, "COMPLETED");
    add(report, "one", 7, "COMPLETED");
    add(report, "odd", -3, "COMPLETED"); /* a clock that went back says nothing */
    render_waits_csv(report, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes,
                           "cluster,jobs,wait_mean_us,wait_p50_us,wait_p95_us,wait_max_us\n"
                           "big,100,50500000,50000000,95000000,100000000\n"
                           "one,1,7000000,7000000,7000000,7000000\n");
}

static void test_efficiency(void)
{
    CLEANUP(report_freep) struct report *report = new_report();
    CLEANUP(buffer_clear) struct buffer text;
    struct usage nothing = {.project = "q", .user = "u", .cluster = "c", .state = "FAILED"};

    buffer_init(&text);
    add(report, "c", 1, "COMPLETED");
    add(report, "c", 1, "FAILED");
    report_add_usage(report, &nothing);
    render_efficiency_csv(report, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes,
                           "project,jobs,cpu_eff_ppm,mem_eff_ppm,billed_usu,failed_usu\n"
                           "p,2,250000,250000,10,5\n"
                           "q,1,,,0,0\n");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"waits are those of the definition", test_waits     },
        {"efficiency",                        test_efficiency},
        CU_TEST_INFO_NULL,
    };

    return run_suite("render_quality", tests);
}
