/* test_audit_line.c - whom a text, and a line of the audit log, names */

#include "scheduler/audit_line.h"
#include "scheduler/erasing.h"
#include "tests/lib/runner.h"

static void test_names_are_whole(void)
{
    static const struct {
        const char *text;
        bool has;
    } cases[] = {
        {"ana",         true },
        {"key of ana.", true },
        {"ana/fisica",  true },
        {"luis,ana",    true },
        {"user=ana to", true },
        {"anabel, ana", true },
        {"anabel",      false},
        {"ana.lopez",   false},
        {"mariana",     false},
        {"ana@uni",     false},
        {"",            false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_EQUAL(text_names(cases[i].text, "ana"), cases[i].has);
}

/* Who is called as a word of the log takes no line of it along. */
static void test_lines_name_persons(void)
{
    static const struct {
        const char *who, *act, *text, *name;
        bool node_too, names;
    } cases[] = {
        {"rosa",             "user-add",        "ana to fisica uids=0",                                         "ana",              false, true },
        {"rosa",             "user-add",        "ana to fisica uids=0",                                         "to",               false, false},
        {"rosa",             "user-add",        "ana to fisica uids=0",                                         "fisica",           false, false},
        {"rosa",             "privacy-keep",    "ana reason=luis",                                              "ana",              false, true },
        {"rosa",             "privacy-keep",    "ana reason=luis",                                              "luis",             false, false},
        {"rosa",             "refund",          "job 7 amount=1 reason=for ana",                                "ana",              false, false},
        {"rosa",             "refund",          "job 7 amount=1 reason=for ana",                                "job",              false, false},
        {"rosa",             "refund",          "job 7 amount=1 reason=for ana",                                "reason",           false, false},
        {"rosa",             "refund",          "job 7 amount=1 reason=for ana",                                "rosa",             false, true },
        {"rosa",             "share-set",       "uni/ana/luis shares=1 reason=-",                               "ana",              false, false},
        {"rosa",             "share-set",       "uni/ana/luis shares=1 reason=-",                               "luis",             false, true },
        {"rosa",             "limit-set",       "member ana/luis - jobs=1 reason=",                             "luis",             false, true },
        {"rosa",             "limit-set",       "project ana - jobs=1 reason=",                                 "ana",              false, false},
        {"rosa",             "limit-set",       "user ana - jobs=1 reason=",                                    "ana",              false, true },
        {"rosa",             "register-change", "project ana project= title=",                                  "ana",              false, false},
        {"rosa",             "reservation-set", "ana cluster=ana users=eva,luis projects=ana reason=users=ana",
         "ana",                                                                                                                     false, false},
        {"rosa",             "reservation-set", "r cluster=sur users=eva,luis projects=-",                      "luis",             false, true },
        {"rosa",             "token-create",    "node ana cluster=sur",                                         "ana",              false, false},
        {"rosa",             "token-create",    "user ana cluster=sur",                                         "ana",              false, true },
        {"rosa",             "read",            "jobs user=ana project=-",                                      "ana",              false, true },
        {"rosa",             "read",            "jobs user=- project=ana",                                      "ana",              false, false},
        {"ana",              "enrol",           "key K by token of rosa",                                       "ana",              false, true },
        {"ana",              "enrol",           "key K by token of rosa",                                       "ana",              true,  false},
        {"n1",               "enrol",           "key K by token of rosa",                                       "key",              false, false},
        {"ana",              "lost-report",     "job 1 attempt 1 part 0",                                       "ana",              false, false},
        {"tequio-scheduler", "erase",           "person jobs=1 lines=2",                                        "tequio-scheduler", false, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct audit_row row = {
            .principal = cases[i].who, .act = cases[i].act, .text = cases[i].text};

        if (audit_line_names(&row, cases[i].name, cases[i].node_too) != cases[i].names)
            printf("%s: %s %s\n", cases[i].name, row.act, row.text);
        CU_ASSERT_EQUAL(audit_line_names(&row, cases[i].name, cases[i].node_too), cases[i].names);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names are found as a whole",    test_names_are_whole   },
        {"lines name persons, not words", test_lines_name_persons},
        CU_TEST_INFO_NULL,
    };

    return run_suite("audit_line", tests);
}
