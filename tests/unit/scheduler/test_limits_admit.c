/* test_limits_admit.c - who may have more, and what is in the way */

#include "scheduler/core/limits.h"
#include "tests/lib/runner.h"

#define NOWHERE ((struct limit_place){0})

static void set(struct limits *limits, enum limit_of of, const char *name, enum limit_form form,
                enum limit_what what, int64_t amount)
{
    limits_set(limits, LIMIT_CONFIGURED, &(struct limit){of, name, form, what, amount});
}

static struct charge cores(int64_t count)
{
    return (struct charge){
        .amounts = {[LIMIT_JOBS] = 1, [LIMIT_CORES] = count, [LIMIT_CORE_SECONDS] = count * 60}
    };
}

static bool admits(struct limits *limits, const struct association *association,
                   const struct charge *charge, unsigned nth, struct limit_hit *ret_hit)
{
    return limits_admit(limits, &(struct limit_wish){association, NOWHERE, charge, 0, NULL}, nth,
                        ret_hit);
}

static bool admits_alone(struct limits *limits, const struct association *association,
                         const struct charge *charge, bool per_job, struct limit_hit *ret_hit)
{
    return limits_admit_alone(limits,
                              &(struct limit_wish){.association = association, .charge = charge},
                              per_job, ret_hit);
}

static bool admits_at(struct limits *limits, const struct association *association,
                      const struct charge *charge, int64_t now_us, struct limit_hit *ret_hit)
{
    return limits_admit(limits, &(struct limit_wish){association, NOWHERE, charge, now_us, NULL}, 0,
                        ret_hit);
}

static void test_all_ancestors_apply(void)
{
    struct limits *limits = limits_new();
    struct association *ana = limits_associate(limits, "uni", "bio", "ana", NULL);
    struct association *eva = limits_associate(limits, "uni", "cfd", "eva", NULL);
    struct charge four = cores(4), nine = cores(9);
    struct limit_hit hit;

    CU_ASSERT(admits(limits, ana, &nine, 0, &hit));
    set(limits, LIMIT_OF_INSTITUTION, "uni", LIMIT_TOTAL, LIMIT_CORES, 8);
    CU_ASSERT_FALSE(admits(limits, ana, &nine, 0, &hit));
    CU_ASSERT(hit.needs == 9 && hit.most == 8 && hit.used == 0);
    CU_ASSERT_STRING_EQUAL(job_reason_name(limit_hit_reason(&hit)), "AssocGrpCpuLimit");
    CU_ASSERT(admits(limits, ana, &four, 0, &hit));
    ana->meters[7]->used[LIMIT_CORES] = 5; /* somebody of uni has them */
    CU_ASSERT_FALSE(admits(limits, ana, &four, 0, &hit));
    CU_ASSERT_FALSE(admits(limits, eva, &four, 0, &hit));
    CU_ASSERT(admits_alone(limits, eva, &four, false, &hit));
    CU_ASSERT_FALSE(admits_alone(limits, eva, &nine, false, &hit));
    CU_ASSERT(admits_alone(limits, eva, &nine, true, &hit));
    limits_free(limits);
}

/* Hits are counted on, one after the other. */
static void test_each_hit_is_told(void)
{
    struct limits *limits = limits_new();
    struct association *ana = limits_associate(limits, "uni", "bio", "ana", "high");
    struct charge nine = cores(9);
    struct limit_hit hit;
    char place[100];

    set(limits, LIMIT_OF_QOS, "high", LIMIT_PER_USER, LIMIT_CORES, 4);
    set(limits, LIMIT_OF_QOS, "high", LIMIT_PER_JOB, LIMIT_CORES, 6);
    set(limits, LIMIT_OF_NETWORK, "", LIMIT_PER_USER, LIMIT_JOBS, 0);
    CU_ASSERT_FALSE(admits(limits, ana, &nine, 0, &hit));
    CU_ASSERT_STRING_EQUAL(job_reason_name(limit_hit_reason(&hit)), "QOSMaxCpuPerUserLimit");
    limit_hit_place(&hit, place, sizeof(place));
    CU_ASSERT_STRING_EQUAL(place, "qos high, user ana");
    CU_ASSERT_FALSE(admits(limits, ana, &nine, 1, &hit));
    CU_ASSERT_STRING_EQUAL(job_reason_name(limit_hit_reason(&hit)), "QOSMaxCpuPerJobLimit");
    CU_ASSERT_FALSE(admits(limits, ana, &nine, 2, &hit));
    CU_ASSERT_STRING_EQUAL(job_reason_name(limit_hit_reason(&hit)), "AssocMaxJobsLimit");
    CU_ASSERT(admits(limits, ana, &nine, 3, &hit));
    limits_free(limits);
}

static void test_submissions(void)
{
    struct limits *limits = limits_new();
    struct association *ana = limits_associate(limits, "uni", "bio", "ana", NULL);
    struct limit_hit hit;

    set(limits, LIMIT_OF_USER, "ana", LIMIT_TOTAL, LIMIT_SUBMITTED, 5);
    limits_submit(ana, 3);
    CU_ASSERT(limits_admit_submission(limits, ana, 2, &hit));
    CU_ASSERT_FALSE(limits_admit_submission(limits, ana, 3, &hit));
    CU_ASSERT(hit.used == 3 && hit.most == 5);
    limits_free(limits);
}

/* 10 cores up to second 1000: 4000 core seconds at second 600; 1000 fit below 3000 from 800 on. */
static void test_core_seconds_fall_by_themselves(void)
{
    struct limits *limits = limits_new();
    struct association *ana = limits_associate(limits, "uni", "bio", "ana", NULL);
    struct charge charge = {.amounts = {[LIMIT_CORE_SECONDS] = 1000}};
    const int64_t second_us = 1000000;
    struct limit_hit hit;

    set(limits, LIMIT_OF_PROJECT, "bio", LIMIT_TOTAL, LIMIT_CORE_SECONDS, 3000);
    ana->meters[5]->cores = 10;
    ana->meters[5]->ends = 10 * 1000;
    CU_ASSERT_FALSE(admits_at(limits, ana, &charge, 600 * second_us, &hit));
    CU_ASSERT_EQUAL(hit.used, 4000);
    CU_ASSERT_EQUAL(limits_next_time(limits), INT64_MAX);
    limits_wake(limits, &hit, 600 * second_us);
    CU_ASSERT_EQUAL(limits_next_time(limits), 840 * second_us); /* the next full minute */
    CU_ASSERT_PTR_NULL(limits_due(limits, 839 * second_us));
    CU_ASSERT_PTR_EQUAL(limits_due(limits, 840 * second_us), ana->meters[5]);
    CU_ASSERT(admits_at(limits, ana, &charge, 800 * second_us, &hit));
    CU_ASSERT_EQUAL(limits_next_time(limits), INT64_MAX);
    limits_free(limits);
}

static void test_nodes_left(void)
{
    struct limits *limits = limits_new();
    struct association *ana = limits_associate(limits, "uni", "bio", "ana", NULL);

    CU_ASSERT_EQUAL(limits_nodes_left(limits, ana, NOWHERE), LIMIT_NONE);
    set(limits, LIMIT_OF_PROJECT, "bio", LIMIT_TOTAL, LIMIT_NODES, 10);
    ana->meters[5]->used[LIMIT_NODES] = 7;
    CU_ASSERT_EQUAL(limits_nodes_left(limits, ana, NOWHERE), 3);
    set(limits, LIMIT_OF_NETWORK, "", LIMIT_PER_JOB, LIMIT_NODES, 2);
    CU_ASSERT_EQUAL(limits_nodes_left(limits, ana, NOWHERE), 2);
    limits_free(limits);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"all ancestors apply",             test_all_ancestors_apply            },
        {"each hit is told",                test_each_hit_is_told               },
        {"submissions",                     test_submissions                    },
        {"core seconds fall by themselves", test_core_seconds_fall_by_themselves},
        {"nodes that are left",             test_nodes_left                     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("limits_admit", tests);
}
