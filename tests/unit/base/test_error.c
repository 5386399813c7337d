/* test_error.c - codes, texts, and what is put in front of them */

#include "base/error.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <errno.h>
#include <string.h>

static void test_fail_fills_and_says_false(void)
{
    struct error err = {0};

    CU_ASSERT_FALSE(fail(&err, ERROR_NOT_FOUND, "no job %d at %s", 17, "here"));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(err.text, "no job 17 at here");
}

static void test_errno_is_explained(void)
{
    struct error err = {0};

    errno = ENOENT;
    CU_ASSERT_FALSE(fail_errno(&err, "open %s", "/x"));
    CU_ASSERT_EQUAL(err.code, ERROR_IO);
    CU_ASSERT_STRING_EQUAL(err.text, "open /x: No such file or directory");
}

static void test_an_errno_that_nobody_knows(void)
{
    struct error err = {0};

    errno = 99999;
    CU_ASSERT_FALSE(fail_errno(&err, "open"));
    CU_ASSERT_STRING_EQUAL(err.text, "open: error 99999");
}

static void test_words_in_front_keep_the_code(void)
{
    struct error err = {0};

    fail(&err, ERROR_DENIED, "not yours");
    CU_ASSERT_FALSE(fail_in(&err, "cancel %d", 3));
    CU_ASSERT_FALSE(fail_in(&err, "batch"));
    CU_ASSERT_EQUAL(err.code, ERROR_DENIED);
    CU_ASSERT_STRING_EQUAL(err.text, "batch: cancel 3: not yours");
}

static void test_a_text_may_quote_itself(void)
{
    struct error err = {0};

    fail(&err, ERROR_IO, "disk full");
    fail(&err, ERROR_UNAVAILABLE, "store: %s", err.text);
    CU_ASSERT_STRING_EQUAL(err.text, "store: disk full");
}

static void test_long_texts_are_cut(void)
{
    struct error err = {0};
    char text[1000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    fail(&err, ERROR_INVALID, "%s", text);
    CU_ASSERT_EQUAL(strlen(err.text), sizeof(err.text) - 1);
    fail_in(&err, "name");
    CU_ASSERT_EQUAL(strncmp(err.text, "name: xxx", 9), 0);
    CU_ASSERT_EQUAL(strlen(err.text), sizeof(err.text) - 1);
}

/* The numbers are in the protocol and in exit statuses: they never change. */
static const struct {
    int number;
    const char *name;
} codes[] = {
    {0,   "none"       },
    {1,   "invalid"    },
    {2,   "not-found"  },
    {3,   "denied"     },
    {4,   "conflict"   },
    {5,   "exhausted"  },
    {6,   "unavailable"},
    {7,   "io"         },
    {8,   "internal"   },
    {9,   "unknown"    },
    {-1,  "unknown"    },
    {255, "unknown"    },
};

static void test_every_code_has_its_name(void)
{
    size_t known = 0;

#define X(name, number) known++;
    ERROR_CODES(X)
#undef X
    CU_ASSERT_EQUAL(known, 8);
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        CU_ASSERT_STRING_EQUAL(error_code_name((enum error_code)codes[i].number), codes[i].name);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"fail fills and says false",    test_fail_fills_and_says_false   },
        {"errno is explained",           test_errno_is_explained          },
        {"an errno that nobody knows",   test_an_errno_that_nobody_knows  },
        {"words in front keep the code", test_words_in_front_keep_the_code},
        {"a text may quote itself",      test_a_text_may_quote_itself     },
        {"long texts are cut",           test_long_texts_are_cut          },
        {"every code has its name",      test_every_code_has_its_name     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("error", tests);
}
