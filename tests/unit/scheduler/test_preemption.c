/* test_preemption.c - who may push aside whom, and how, for every pair of a few jobs */

#include "scheduler/core/limits.h"
#include "scheduler/core/preemption.h"
#include "tests/lib/runner.h"

static char *names_low[] = {(char *)"low", NULL};
static char *names_high[] = {(char *)"high", NULL};

static const struct qos high = {.name = (char *)"high", .preempts = names_low};
static const struct qos low = {.name = (char *)"low",
                               .preempt_mode = QOS_PREEMPT_CANCEL,
                               .preempt_grace_us = 7,
                               .preempt_exempt_us = 8};
static const struct qos scrap = {
    .name = (char *)"scrap", .opportunistic = true, .preempt_grace_us = 9};

static const struct cluster owned = {.institution = (char *)"unam", .owners_first = true};
static const struct cluster shared = {.institution = (char *)"unam"};

static const struct partition top = {.tier = 2};
static const struct partition middle = {
    .tier = 1, .preempt = PREEMPT_CANCEL, .preempt_grace_us = 1, .preempt_exempt_us = 2};
static const struct partition bottom = {.preempt = PREEMPT_REQUEUE, .preempt_grace_us = 3};
static const struct partition plain = {0};

struct side {
    const struct qos *qos;
    const char *institution;
    const struct partition *partition;
};

static bool allows(const struct cluster *cluster, struct side by, struct side other,
                   struct terms *ret_terms)
{
    struct association associations[] = {{.qos = by.qos}, {.qos = other.qos}};
    struct job jobs[] = {
        {.institution = (char *)(uintptr_t)by.institution,    .association = &associations[0]},
        {.institution = (char *)(uintptr_t)other.institution, .association = &associations[1]},
    };

    return preemption_allows(&(struct contender){&jobs[0], cluster, by.partition},
                             &(struct contender){&jobs[1], cluster, other.partition}, ret_terms);
}

static void test_tiers(void)
{
    struct terms terms;

    CU_ASSERT(allows(&shared, (struct side){NULL, "unam", &top},
                     (struct side){NULL, "unam", &middle}, &terms));
    CU_ASSERT(terms.mode == QOS_PREEMPT_CANCEL && terms.grace_us == 1 && terms.exempt_us == 2);
    CU_ASSERT(allows(&shared, (struct side){NULL, "unam", &middle},
                     (struct side){NULL, "unam", &bottom}, &terms));
    CU_ASSERT(terms.mode == QOS_PREEMPT_REQUEUE && terms.grace_us == 3);
    CU_ASSERT_FALSE(allows(&shared, (struct side){NULL, "unam", &middle},
                           (struct side){NULL, "unam", &middle}, &terms));
    CU_ASSERT_FALSE(allows(&shared, (struct side){NULL, "unam", &top},
                           (struct side){NULL, "unam", &plain}, &terms));
    CU_ASSERT_FALSE(allows(&shared, (struct side){NULL, "unam", &bottom},
                           (struct side){NULL, "unam", &middle}, &terms));
}

static void test_qualities(void)
{
    struct terms terms;

    CU_ASSERT(allows(&shared, (struct side){&high, "unam", &plain},
                     (struct side){&low, "ipn", &plain}, &terms));
    CU_ASSERT(terms.mode == QOS_PREEMPT_CANCEL && terms.grace_us == 7 && terms.exempt_us == 8);
    CU_ASSERT_FALSE(allows(&shared, (struct side){&low, "unam", &plain},
                           (struct side){&high, "ipn", &plain}, &terms));
    CU_ASSERT_FALSE(allows(&shared, (struct side){&high, "unam", &plain},
                           (struct side){&scrap, "ipn", &plain}, &terms));
    CU_ASSERT_FALSE(allows(&shared, (struct side){&high, "unam", &plain},
                           (struct side){NULL, "ipn", &plain}, &terms));
    /* One by its quality of service, the other by its tier. */
    CU_ASSERT_FALSE(allows(&shared, (struct side){&high, "unam", &bottom},
                           (struct side){&low, "ipn", &top}, &terms));
    CU_ASSERT_FALSE(allows(&shared, (struct side){&low, "unam", &top},
                           (struct side){&high, "ipn", &bottom}, &terms));
}

static void test_owners(void)
{
    struct terms terms;

    CU_ASSERT(allows(&owned, (struct side){NULL, "unam", &plain},
                     (struct side){&scrap, "ipn", &plain}, &terms));
    CU_ASSERT(terms.grace_us == 9);
    CU_ASSERT(allows(&owned, (struct side){NULL, "unam", &plain},
                     (struct side){&scrap, "ipn", &bottom}, &terms));
    CU_ASSERT(terms.grace_us == 3);
    CU_ASSERT_FALSE(allows(&shared, (struct side){NULL, "unam", &plain},
                           (struct side){&scrap, "ipn", &plain}, &terms));
    CU_ASSERT_FALSE(allows(&owned, (struct side){NULL, "ipn", &plain},
                           (struct side){&scrap, "unam", &plain}, &terms));
    CU_ASSERT_FALSE(allows(&owned, (struct side){NULL, "unam", &plain},
                           (struct side){&scrap, "unam", &plain}, &terms));
    CU_ASSERT_FALSE(allows(&owned, (struct side){NULL, "unam", &plain},
                           (struct side){&low, "ipn", &plain}, &terms));
    CU_ASSERT_FALSE(allows(&owned, (struct side){&scrap, "unam", &plain},
                           (struct side){&scrap, "ipn", &plain}, &terms));
}

static void test_circles(void)
{
    struct qos all[] = {
        {.name = (char *)"high",  .preempts = names_low},
        {.name = (char *)"low"  },
        {.name = (char *)"scrap", .preempts = names_high                     },
    };
    const struct qos_list list = {COUNT_OF(all), all};

    CU_ASSERT_PTR_NULL(qos_find_circle(&list));
    all[1].preempts = names_high;
    CU_ASSERT_PTR_EQUAL(qos_find_circle(&list), &all[0]);
    all[1].preempts = (char *[]){(char *)"scrap", NULL};
    CU_ASSERT_PTR_NOT_NULL(qos_find_circle(&list));
    all[1].preempts = names_low;
    CU_ASSERT_PTR_NOT_NULL(qos_find_circle(&list));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a higher tier, where the other allows it",    test_tiers    },
        {"a quality of service that names the other's", test_qualities},
        {"owners, from opportunistic work of others",   test_owners   },
        {"circles are found",                           test_circles  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("preemption", tests);
}
