/* test_features.c - expressions of features mean what they say */

#include "scheduler/core/features.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

static void test_rules(void)
{
    static const struct {
        const char *rule, *features;
        bool admits;
    } cases[] = {
        {"ib",           "avx512,ib", true },
        {"i",            "avx512,ib", false},
        {"avx",          "avx512,ib", false},
        {"!gpu",         "avx512,ib", true },
        {"!!ib",         "ib",        true },
        {"ib&avx512",    "avx512,ib", true },
        {"ib & amd",     "avx512,ib", false},
        {"amd|ib",       "avx512,ib", true },
        {"amd|arm",      "avx512,ib", false},
        {"a|b&c",        "a",         true }, /* & binds closer */
        {"(a|b)&c",      "a",         false},
        {"(a|b)&c",      "b,c",       true },
        {"!(a|b)",       "c",         true },
        {"!a&b",         "b",         true },
        {"a&(b|(c&!d))", "a,c",       true },
        {"a&(b|(c&!d))", "a,c,d",     false},
        {"a",            "",          false},
        {"!a",           "",          true },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(feature_rule_freep) struct feature_rule *rule = NULL;
        struct error err;

        rule = feature_rule_parse(cases[i].rule, &err);
        CU_ASSERT_PTR_NOT_NULL(rule);
        if (!rule)
            continue;
        CU_ASSERT_EQUAL(feature_rule_admits(rule, cases[i].features), cases[i].admits);
        for (unsigned again = 0; again < 2; again++) /* what is remembered is the same */
            CU_ASSERT_EQUAL(feature_rule_admits_class(rule, 40, cases[i].features),
                            cases[i].admits);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *rule, *says;
    } cases[] = {
        {"",      "missing at the end"     },
        {"a&",    "missing at the end"     },
        {"&a",    "should be"              },
        {"a b",   "after the end"          },
        {"(a",    "without its )"          },
        {"a)",    "after the end"          },
        {"a*2",   "counts of nodes"        },
        {"[a|b]", "the same feature on all"},
        {"a,b",   "after the end"          },
        {"-x",    "does not start"         },
        {"a|%",   "only letters"           },
    };
    char many[400] = "";
    struct error err;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT_PTR_NULL(feature_rule_parse(cases[i].rule, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
    }
    memset(many, '(', sizeof(many) - 1); /* nothing that deep is read */
    CU_ASSERT_PTR_NULL(feature_rule_parse(many, &err));
    memset(many, '!', sizeof(many) - 1);
    CU_ASSERT_PTR_NULL(feature_rule_parse(many, &err));
}

static void test_lists(void)
{
    CLEANUP(memory_freep) char *joined = features_join("ib,avx512", "ib,rack1");
    CLEANUP(memory_freep) char *none = features_join("", "");
    struct error err;

    CU_ASSERT_STRING_EQUAL(joined, "avx512,ib,rack1");
    CU_ASSERT_STRING_EQUAL(none, "");
    CU_ASSERT(features_check("", &err));
    CU_ASSERT(features_check("a,b-2", &err));
    CU_ASSERT(!features_check("a,,b", &err));
    CU_ASSERT(!features_check("a&b", &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"rules",                 test_rules  },
        {"what cannot be a rule", test_refused},
        {"lists",                 test_lists  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("features", tests);
}
