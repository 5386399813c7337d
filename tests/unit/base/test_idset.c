/* test_idset.c - sets of small numbers, and their text form */

#include "base/idset.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

static void test_new_set_is_empty(void)
{
    CLEANUP(idset_freep) struct idset *set = idset_new();

    CU_ASSERT_EQUAL(idset_count(set), 0);
    CU_ASSERT_EQUAL(idset_first(set), IDSET_NONE);
    CU_ASSERT_FALSE(idset_has(set, 0));
    CU_ASSERT_FALSE(idset_has(set, UINT32_MAX));
    idset_remove(set, 7);
    CU_ASSERT_EQUAL(idset_count(set), 0);
}

static void test_add_and_remove(void)
{
    CLEANUP(idset_freep) struct idset *set = idset_new();

    idset_add(set, 0);
    idset_add(set, 63);
    idset_add(set, 64);
    idset_add(set, IDSET_MAX - 1);
    idset_add(set, 63);
    CU_ASSERT_EQUAL(idset_count(set), 4);
    CU_ASSERT_TRUE(idset_has(set, 63) && idset_has(set, 64) && idset_has(set, IDSET_MAX - 1));
    CU_ASSERT_FALSE(idset_has(set, 62) || idset_has(set, 65) || idset_has(set, IDSET_MAX));
    idset_remove(set, 64);
    idset_remove(set, UINT32_MAX);
    CU_ASSERT_FALSE(idset_has(set, 64));
    CU_ASSERT_EQUAL(idset_count(set), 3);
}

static void test_walk(void)
{
    CLEANUP(idset_freep) struct idset *set = idset_new();

    idset_add(set, 3);
    idset_add_range(set, 127, 128);
    idset_add(set, IDSET_MAX - 1);
    CU_ASSERT_EQUAL(idset_first(set), 3);
    CU_ASSERT_EQUAL(idset_after(set, 3), 127);
    CU_ASSERT_EQUAL(idset_after(set, 127), 128);
    CU_ASSERT_EQUAL(idset_after(set, 128), IDSET_MAX - 1);
    CU_ASSERT_EQUAL(idset_after(set, IDSET_MAX - 1), IDSET_NONE);
    CU_ASSERT_EQUAL(idset_after(set, IDSET_NONE), IDSET_NONE);
}

static void test_ranges_across_words(void)
{
    static const uint32_t ends[] = {0, 1, 62, 63, 64, 65, 127, 128, 191, 192, 500};

    for (size_t i = 0; i < COUNT_OF(ends); i++)
        for (size_t k = i; k < COUNT_OF(ends); k++) {
            CLEANUP(idset_freep) struct idset *set = idset_new();

            idset_add_range(set, ends[i], ends[k]);
            CU_ASSERT_EQUAL(idset_count(set), ends[k] - ends[i] + 1);
            CU_ASSERT_EQUAL(idset_first(set), ends[i]);
            CU_ASSERT_TRUE(idset_has(set, ends[k]));
            CU_ASSERT_FALSE(idset_has(set, ends[k] + 1));
        }
}

static struct idset *parsed(const char *text)
{
    struct error err;
    struct idset *set = idset_parse(text, &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(set);
    return set;
}

static void test_sets_of_different_length(void)
{
    CLEANUP(idset_freep) struct idset *small = parsed("1-3");
    CLEANUP(idset_freep) struct idset *large = parsed("3,1000");
    CLEANUP(idset_freep) struct idset *copy = idset_copy(small);

    CU_ASSERT_TRUE(idset_equal(small, copy));
    CU_ASSERT_FALSE(idset_equal(small, large));
    CU_ASSERT_FALSE(idset_disjoint(small, large));
    idset_add_all(copy, large);
    CU_ASSERT_EQUAL(idset_count(copy), 4);
    idset_remove_all(copy, small);
    CU_ASSERT_EQUAL(idset_count(copy), 1);
    CU_ASSERT_TRUE(idset_disjoint(small, copy));
    /* Longer inside, but with the same members. */
    idset_remove(large, 1000);
    idset_remove_all(small, large);
    idset_add(small, 3);
    idset_remove(small, 1);
    idset_remove(small, 2);
    CU_ASSERT_TRUE(idset_equal(small, large));
    CU_ASSERT_TRUE(idset_equal(large, small));
}

static void test_texts(void)
{
    static const struct {
        const char *text;
        const char *printed;
    } cases[] = {
        {"0",          "0"         },
        {"0-3,7,9-11", "0-3,7,9-11"},
        {"7,0-3",      "0-3,7"     },
        {"1,2,3",      "1-3"       },
        {"5-5",        "5"         },
        {"007-010",    "7-10"      },
        {"62-65",      "62-65"     },
        {"1048575",    "1048575"   },
        {"0-1048575",  "0-1048575" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(idset_freep) struct idset *set = parsed(cases[i].text);
        CLEANUP(buffer_clear) struct buffer buffer;

        buffer_init(&buffer);
        idset_print(set, &buffer);
        CU_ASSERT_STRING_EQUAL(buffer.bytes, cases[i].printed);
    }
}

static void test_texts_that_are_refused(void)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"",                                         "not a set"         },
        {" ",                                        "not a set"         },
        {",",                                        "not a set"         },
        {"1,",                                       "not a set"         },
        {",1",                                       "not a set"         },
        {"1,,2",                                     "not a set"         },
        {"1-",                                       "not a set"         },
        {"-1",                                       "not a set"         },
        {"1-2-3",                                    "not a set"         },
        {"1--3",                                     "not a set"         },
        {"1 ,2",                                     "not a set"         },
        {"[1-3]",                                    "not a set"         },
        {"a",                                        "not a set"         },
        {"1a",                                       "not a set"         },
        {"0x10",                                     "not a set"         },
        {"1.5",                                      "not a set"         },
        {"1048576",                                  "not a set"         },
        {"4294967295",                               "not a set"         },
        {"4294967297",                               "not a set"         },
        {"18446744073709551617",                     "not a set"         },
        {"1234567890123456789012345678901234567890", "not a set"         },
        {"0-99999999",                               "not a set"         },
        {"5-1",                                      "5-1 runs backwards"},
        {"1,1",                                      "1 is given twice"  },
        {"1-5,3",                                    "3 is given twice"  },
        {"3,1-5",                                    "3 is given twice"  },
        {"1-5,4-9",                                  "4 is given twice"  },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};

        CU_ASSERT_PTR_NULL(idset_parse(cases[i].text, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].why));
    }
}

static void test_free_of_nothing(void)
{
    idset_free(NULL);
    CU_PASS("still here");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a new set is empty",       test_new_set_is_empty        },
        {"add and remove",           test_add_and_remove          },
        {"walk",                     test_walk                    },
        {"ranges across words",      test_ranges_across_words     },
        {"sets of different length", test_sets_of_different_length},
        {"texts",                    test_texts                   },
        {"texts that are refused",   test_texts_that_are_refused  },
        {"free of nothing",          test_free_of_nothing         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("idset", tests);
}
