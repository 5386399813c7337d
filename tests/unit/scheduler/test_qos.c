/* test_qos.c - which quality of service a job has, and who may use it */

#include "scheduler/core/qos.h"
#include "tests/lib/runner.h"

#include <string.h>

static char *bio[] = {(char *)"bio", NULL};
static char *ana[] = {(char *)"ana", NULL};
static char *nobody[] = {NULL};

static struct qos all[] = {
    {.name = (char *)"normal", .is_default = true, .priority = 10},
    {.name = (char *)"high",
     .users = ana,
     .projects = nobody,
     .institutions = nobody,
     .priority = 100,
     .surcharge_ppm = 1000000},
    {.name = (char *)"lab",          .default_for = bio,                     .projects = bio                                  },
};
static const struct qos_list list = {3, all};

static const char *chosen(const char *asked, const char *user, const char *project)
{
    struct qos_user who = {user, project, "uni"};
    const struct qos *qos = NULL;
    struct error err = {0};

    if (!qos_choose(&list, asked, &who, &qos, &err))
        return err.code == ERROR_DENIED ? "denied" : "unknown";
    return qos ? qos->name : "none";
}

static void test_which(void)
{
    CU_ASSERT_STRING_EQUAL(chosen(NULL, "eva", "cfd"), "normal");
    CU_ASSERT_STRING_EQUAL(chosen(NULL, "eva", "bio"), "lab");
    CU_ASSERT_STRING_EQUAL(chosen("high", "ana", "cfd"), "high");
    CU_ASSERT_STRING_EQUAL(chosen("high", "eva", "cfd"), "denied");
    CU_ASSERT_STRING_EQUAL(chosen("lab", "eva", "cfd"), "denied");
    CU_ASSERT_STRING_EQUAL(chosen("lowest", "eva", "cfd"), "unknown");
}

static void test_without_any(void)
{
    const struct qos_user who = {"ana", "bio", "uni"};
    const struct qos_list empty = {0};
    const struct qos *qos = &all[0];
    struct error err;

    CU_ASSERT(qos_choose(&empty, NULL, &who, &qos, &err) && !qos);
    CU_ASSERT_FALSE(qos_choose(&empty, "high", &who, &qos, &err));
    CU_ASSERT(strncmp(err.text, "Invalid qos specification", 25) == 0);
}

static void test_copies(void)
{
    struct qos_list copy;

    qos_list_copy(&copy, &list);
    CU_ASSERT_EQUAL(copy.count, 3);
    CU_ASSERT(qos_find(&copy, "high") && qos_find(&copy, "high")->surcharge_ppm == 1000000);
    CU_ASSERT_STRING_EQUAL(qos_find(&copy, "lab")->projects[0], "bio");
    CU_ASSERT_PTR_NOT_EQUAL(qos_find(&copy, "lab")->projects[0], bio[0]);
    qos_list_clear(&copy);
}

static void test_modes(void)
{
    struct error err;

    for (unsigned i = 0; i < QOS_PREEMPT_COUNT; i++) {
        enum qos_preempt mode = QOS_PREEMPT_COUNT;

        CU_ASSERT(qos_preempt_parse(qos_preempt_name(i), &mode, &err) && mode == i);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"which one a job has",           test_which      },
        {"without any nothing is needed", test_without_any},
        {"copies are whole",              test_copies     },
        {"names of modes come back",      test_modes      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("qos", tests);
}
