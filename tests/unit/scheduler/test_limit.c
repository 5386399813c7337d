/* test_limit.c - limits as words, and the reasons that follow from them */

#include "scheduler/core/limit.h"
#include "tests/lib/runner.h"

#include <string.h>

static void test_names_come_back(void)
{
    struct error err;

    for (unsigned i = 0; i < LIMIT_OF_COUNT; i++) {
        enum limit_of of = LIMIT_OF_COUNT;

        CU_ASSERT(limit_of_parse(limit_of_name(i), &of, &err) && of == i);
    }
    for (unsigned i = 0; i < LIMIT_FORM_COUNT; i++) {
        enum limit_form form = LIMIT_FORM_COUNT;

        CU_ASSERT(limit_form_parse(limit_form_name(i), &form, &err) && form == i);
    }
    for (unsigned i = 0; i < LIMIT_WHAT_COUNT; i++) {
        enum limit_what what = LIMIT_WHAT_COUNT;

        CU_ASSERT(limit_what_parse(limit_what_name(i), &what, &err) && what == i);
    }
}

static const struct {
    const char *text;
    enum limit_what what;
    int64_t amount;
} amounts[] = {
    {"cores=100",         LIMIT_CORES,        100                     },
    {"jobs=0",            LIMIT_JOBS,         0                       },
    {"memory=64G",        LIMIT_MEMORY,       INT64_C(64) << 30       },
    {"memory=100",        LIMIT_MEMORY,       INT64_C(100) << 20      },
    {"wall=1-00:00:00",   LIMIT_WALL,         INT64_C(86400) * 1000000},
    {"core-minutes=1000", LIMIT_CORE_SECONDS, 60000                   },
};

static void test_amounts(void)
{
    static const char *const wrong[] = {"cores", "cores=", "cores=-1", "cores=x",
                                        "=5",    "disk=5", "wall=",    "memory=12Q"};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(amounts); i++) {
        enum limit_what what = LIMIT_WHAT_COUNT;
        int64_t amount = -1;

        CU_ASSERT(limit_read(amounts[i].text, &what, &amount, &err));
        CU_ASSERT(what == amounts[i].what && amount == amounts[i].amount);
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        enum limit_what what;
        int64_t amount;

        CU_ASSERT_FALSE(limit_read(wrong[i], &what, &amount, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    }
}

static const struct {
    struct limit limit;
    bool good;
} limits[] = {
    {{LIMIT_OF_NETWORK, "", LIMIT_TOTAL, LIMIT_JOBS, 1},               true },
    {{LIMIT_OF_NETWORK, "x", LIMIT_TOTAL, LIMIT_JOBS, 1},              false},
    {{LIMIT_OF_PROJECT, "", LIMIT_TOTAL, LIMIT_JOBS, 1},               false},
    {{LIMIT_OF_PROJECT, "bio", LIMIT_PER_USER, LIMIT_CORES, 1},        true },
    {{LIMIT_OF_USER, "ana", LIMIT_PER_USER, LIMIT_CORES, 1},           false},
    {{LIMIT_OF_MEMBER, "bio/ana", LIMIT_PER_USER, LIMIT_CORES, 1},     false},
    {{LIMIT_OF_QOS, "high", LIMIT_PER_JOB, LIMIT_WALL, 1},             true },
    {{LIMIT_OF_QOS, "high", LIMIT_TOTAL, LIMIT_WALL, 1},               false},
    {{LIMIT_OF_QOS, "high", LIMIT_PER_JOB, LIMIT_JOBS, 1},             false},
    {{LIMIT_OF_CLUSTER, "alpha", LIMIT_TOTAL, LIMIT_SUBMITTED, 1},     false},
    {{LIMIT_OF_LENT, "alpha", LIMIT_TOTAL, LIMIT_SUBMITTED, 1},        false},
    {{LIMIT_OF_LENT, "alpha", LIMIT_TOTAL, LIMIT_CORES, 0},            true },
    {{LIMIT_OF_PARTITION, "alpha/batch", LIMIT_TOTAL, LIMIT_NODES, 1}, true },
};

static void test_what_can_be_counted(void)
{
    struct error err;

    for (size_t i = 0; i < COUNT_OF(limits); i++)
        CU_ASSERT_EQUAL(limit_check(&limits[i].limit, &err), limits[i].good);
}

static const struct {
    enum limit_of of;
    enum limit_form form;
    enum limit_what what;
    const char *name;
} reasons[] = {
    {LIMIT_OF_PROJECT,     LIMIT_TOTAL,    LIMIT_CORES,        "AssocGrpCpuLimit"               },
    {LIMIT_OF_INSTITUTION, LIMIT_TOTAL,    LIMIT_JOBS,         "AssocGrpJobsLimit"              },
    {LIMIT_OF_USER,        LIMIT_TOTAL,    LIMIT_JOBS,         "AssocMaxJobsLimit"              },
    {LIMIT_OF_MEMBER,      LIMIT_TOTAL,    LIMIT_JOBS,         "AssocMaxJobsLimit"              },
    {LIMIT_OF_PROJECT,     LIMIT_PER_USER, LIMIT_JOBS,         "AssocMaxJobsLimit"              },
    {LIMIT_OF_PROJECT,     LIMIT_PER_JOB,  LIMIT_WALL,         "AssocMaxWallDurationPerJobLimit"},
    {LIMIT_OF_QOS,         LIMIT_TOTAL,    LIMIT_NODES,        "QOSGrpNodeLimit"                },
    {LIMIT_OF_LENT,        LIMIT_TOTAL,    LIMIT_NODES,        "ClusterLendsNoMore"             },
    {LIMIT_OF_QOS,         LIMIT_PER_USER, LIMIT_CORES,        "QOSMaxCpuPerUserLimit"          },
    {LIMIT_OF_QOS,         LIMIT_PER_JOB,  LIMIT_CORES,        "QOSMaxCpuPerJobLimit"           },
    {LIMIT_OF_NETWORK,     LIMIT_TOTAL,    LIMIT_CORE_SECONDS, "AssocGrpCPURunMinutesLimit"     },
};

static void test_reasons_are_spelled_as_slurm_does(void)
{
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        enum job_reason reason = limit_reason(reasons[i].of, reasons[i].form, reasons[i].what);

        CU_ASSERT(reason_is_limit(reason));
        CU_ASSERT_STRING_EQUAL(job_reason_name(reason), reasons[i].name);
    }
    CU_ASSERT_FALSE(reason_is_limit(REASON_BUDGET));
    for (int reason = REASON_LIMIT_FIRST; reason <= REASON_LIMIT_LAST; reason++)
        CU_ASSERT_PTR_NOT_NULL(job_reason_name((enum job_reason)reason));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names come back",                   test_names_come_back                  },
        {"amounts",                           test_amounts                          },
        {"what can be counted, and what not", test_what_can_be_counted              },
        {"reasons are spelled as Slurm does", test_reasons_are_spelled_as_slurm_does},
        CU_TEST_INFO_NULL,
    };

    return run_suite("limit", tests);
}
