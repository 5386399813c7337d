/* test_check.c - what must hold of the books is looked for by its name, and missed */

#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/store_scene.h"

#include <stdlib.h>

#define EDIT   "DROP TRIGGER txn_keep_update; UPDATE txn SET "
#define DELETE "DROP TRIGGER txn_keep_delete; DELETE FROM txn "

/* Each of these is done to the books of a network in which jobs ran. */
static const struct {
    const char *sql, *words;
} cases[] = {
    {"UPDATE grant_ SET amount = 1 WHERE project = ''",                        "I3: uni: "                             },
    {"INSERT INTO grant_ SELECT 77, institution, 'fisica', 1, 0, 0, '', '', 0, x'' FROM grant_"
     " LIMIT 1",                                                          "I14: uni/fisica: "                     },
    {"UPDATE job SET charged_micro = 7 WHERE id = 1",                          "I4: job 1 was charged 7 micro SU"      },
    {DELETE "WHERE job = 1",                                                   "I4: job 1 ran and ended, and the books"},
    {EDIT "job = 99 WHERE job = 1",                                            "of jobs that there are"                },
    {"DROP INDEX txn_job; CREATE TABLE twin AS SELECT * FROM txn WHERE job = 1;"
     "UPDATE twin SET id = 99, sequence = 99, place = place - sequence + 99;"
     "UPDATE twin SET sequence = 99; INSERT INTO txn SELECT * FROM twin", "I5: job 1 attempt 1 is posted twice"   },
    {EDIT "user = 'eva' WHERE job = 1",                                        "I6: job 1 attempt 1: the books"        },
    {EDIT "user = 'eva' WHERE job = 1",                                        "I16: the transactions of uni, replayed"},
    {"UPDATE seal SET seal = 'c:00'",                                          "I17: the seal of ana is not"           },
    {"UPDATE seal SET salt = x'00'",                                           "I17: the seal of ana is not"           },
    {"DELETE FROM seal",                                                       "I6: job 1 attempt 1: the books"        },
    {EDIT "user = 'ana' WHERE job = 1",                                        "I17: transaction 2 names a person"     },
    {"UPDATE balance SET charged = charged + 1",                               "I2: balance of uni/fisica"             },
};

static void test_each_is_named(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(memory_freep) char *directory = make_history();

        CU_ASSERT(tamper(directory, cases[i].sql));
        CU_ASSERT(check_finds(directory, cases[i].words));
    }
}

static void test_nothing_is_wrong(void)
{
    CLEANUP(memory_freep) char *directory = make_history();

    CU_ASSERT(check_finds(directory, NULL));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"of books as they are nothing is found", test_nothing_is_wrong},
        {"what does not hold is named",           test_each_is_named   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("check", tests);
}
