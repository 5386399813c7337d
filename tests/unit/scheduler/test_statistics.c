/* test_statistics.c - the worth of a schedule that can be reckoned by hand */

#include "scheduler/simulate/picture.h"
#include "scheduler/simulate/statistics.h"
#include "tests/lib/runner.h"

#include <math.h>
#include <string.h>

static bool is_near(double value, double wanted)
{
    return fabs(value - wanted) < 1e-9;
}

static void test_three_jobs(void)
{
    static const struct work jobs[] = {
        {.number = 1, .submit_s = 10, .run_s = 100, .limit_s = 100, .processors = 2},
        {.number = 2, .submit_s = 20, .run_s = 2,   .limit_s = 9,   .processors = 1},
        {.number = 3, .submit_s = 30, .run_s = 40,  .limit_s = 60,  .processors = 2},
    };
    static const int64_t starts_s[] = {10, 50, 110};
    struct statistics all = statistics_of(jobs, starts_s, COUNT_OF(jobs), 4);

    CU_ASSERT(is_near(all.wait_s, (0 + 30 + 80) / 3.0));
    CU_ASSERT(is_near(all.wait_max_s, 80));
    CU_ASSERT(is_near(all.wait_p95_s, 80));
    /* 1, (30 + 2) / 10 for the short one, (80 + 40) / 40 */
    CU_ASSERT(is_near(all.slowdown, (1 + 3.2 + 3) / 3));
    CU_ASSERT(is_near(all.makespan_s, 140));
    CU_ASSERT(is_near(all.utilization, (200 + 2 + 80) / (140.0 * 4)));
}

static void test_percentile(void)
{
    struct work jobs[40] = {0};
    int64_t starts_s[COUNT_OF(jobs)];

    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        jobs[i].run_s = 1;
        jobs[i].processors = 1;
        starts_s[i] = (int64_t)(COUNT_OF(jobs) - i);
    }
    CU_ASSERT(is_near(statistics_of(jobs, starts_s, COUNT_OF(jobs), 1).wait_p95_s, 38));
    CU_ASSERT(is_near(statistics_of(jobs, starts_s, 1, 1).wait_p95_s, 40));
}

static void test_means(void)
{
    struct statistics sum = {0};

    statistics_add(&sum, &(struct statistics){1, 2, 3, 4, 5, 6, 7, 8});
    statistics_add(&sum, &(struct statistics){3, 4, 5, 6, 7, 8, 9, 10});
    statistics_divide(&sum, 2);
    CU_ASSERT(is_near(sum.wait_s, 2) && is_near(sum.wait_p95_s, 3) && is_near(sum.wait_max_s, 4));
    CU_ASSERT(is_near(sum.slowdown, 5) && is_near(sum.utilization, 6));
    CU_ASSERT(is_near(sum.makespan_s, 7) && is_near(sum.cpu_s, 8));
    CU_ASSERT(is_near(sum.decisions_per_s, 9));
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;

    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

/* A job that finds no hole wide enough is drawn in pieces, together as many processors. */
static void test_picture(void)
{
    static const struct work jobs[] = {
        {.number = 1, .run_s = 10, .processors = 1},
        {.number = 2, .run_s = 30, .processors = 1},
        {.number = 3, .run_s = 10, .processors = 1},
        {.number = 4, .run_s = 10, .processors = 2},
    };
    static const int64_t starts_s[] = {0, 0, 0, 10};
    struct picture picture = {"a <log> & more", jobs, starts_s, COUNT_OF(jobs), 3};
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    picture_print(&picture, &text);
    CU_ASSERT_EQUAL(count_of(text.bytes, "<title>"), 5);
    CU_ASSERT_EQUAL(count_of(text.bytes, "<title>4: 2 x 10 s</title>"), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "a &#60;log&#62; &#38; more"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"three jobs, reckoned by hand", test_three_jobs},
        {"the 95th percentile",          test_percentile},
        {"the mean of runs",             test_means     },
        {"the picture",                  test_picture   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("statistics", tests);
}
