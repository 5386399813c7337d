/* test_hostlist.c - lists of nodes as people write them, and their short form */

#include "base/hostlist.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void join(const struct hostlist *list, struct buffer *buffer)
{
    for (size_t i = 0; i < hostlist_count(list); i++)
        buffer_print(buffer, "%s%s", i ? " " : "", hostlist_at(list, i));
}

static void test_names(void)
{
    static const struct {
        const char *text;
        const char *names;
    } cases[] = {
        {"",                    ""                                               },
        {"n1",                  "n1"                                             },
        {"n1,gpu7,login",       "n1 gpu7 login"                                  },
        {"n[1-3]",              "n1 n2 n3"                                       },
        {"n[001-003,007],gpu1", "n001 n002 n003 n007 gpu1"                       },
        {"n[8-11]",             "n8 n9 n10 n11"                                  },
        {"n[08-11]",            "n08 n09 n10 n11"                                },
        {"n[0-1]",              "n0 n1"                                          },
        {"n[3,1]",              "n3 n1"                                          },
        {"n[1,01]",             "n1 n01"                                         },
        {"[1-2]",               "1 2"                                            },
        {"n[1-2]-ib0",          "n1-ib0 n2-ib0"                                  },
        {"r[1-2]n[01-02]",      "r1n01 r1n02 r2n01 r2n02"                        },
        {"r[1-2]n[1-2][5-6]",   "r1n15 r1n16 r1n25 r1n26 r2n15 r2n16 r2n25 r2n26"},
        {"a.b-c_d.mx",          "a.b-c_d.mx"                                     },
        {"n[999999999]",        "n999999999"                                     },
        {"n[000000001]",        "n000000001"                                     },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        CLEANUP(hostlist_freep) struct hostlist *list = hostlist_parse(cases[i].text, &err);
        CLEANUP(buffer_clear) struct buffer names;

        buffer_init(&names);
        CU_ASSERT_PTR_NOT_NULL_FATAL(list);
        join(list, &names);
        CU_ASSERT_STRING_EQUAL(names.bytes, cases[i].names);
    }
}

static void test_short_forms(void)
{
    static const struct {
        const char *text;
        const char *printed;
    } cases[] = {
        {"",                        ""                       },
        {"n1",                      "n1"                     },
        {"n1,n2,n3",                "n[1-3]"                 },
        {"n3,n1,n2",                "n[3,1-2]"               },
        {"n1,n3,n5",                "n[1,3,5]"               },
        {"n8,n9,n10,n11",           "n[8-11]"                },
        {"n08,n09,n10",             "n[08-10]"               },
        {"n09,n10,n99,n100",        "n[09-10,99-100]"        },
        {"n098,n099,n100",          "n[098-100]"             },
        {"n9,n010",                 "n[9,010]"               },
        {"n1,n01,n001",             "n[1,01,001]"            },
        {"n1,gpu1,gpu2,n2",         "n1,gpu[1-2],n2"         },
        {"n1-ib0,n2-ib0,n3-ib0",    "n[1-3]-ib0"             },
        {"n1-ib0,n1-ib1",           "n1-ib[0-1]"             },
        {"r1n1,r1n2,r2n1,r2n2",     "r1n[1-2],r2n[1-2]"      },
        {"r1n1,r2n2",               "r1n1,r2n2"              },
        {"a,b,c",                   "a,b,c"                  },
        {"1,2,3",                   "[1-3]"                  },
        {"n1,n12,n123",             "n[1,12,123]"            },
        {"n,n1",                    "n,n1"                   },
        {"n1234567890,n1234567891", "n1234567890,n1234567891"},
        {"n999999999,n1000000000",  "n999999999,n1000000000" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        CLEANUP(hostlist_freep) struct hostlist *list = hostlist_parse(cases[i].text, &err);
        CLEANUP(buffer_clear) struct buffer printed;

        buffer_init(&printed);
        CU_ASSERT_PTR_NOT_NULL_FATAL(list);
        hostlist_print(list, &printed);
        CU_ASSERT_STRING_EQUAL(printed.bytes, cases[i].printed);
    }
}

static void check_refused(const char *text, const char *why)
{
    struct error err = {0};

    CU_ASSERT_PTR_NULL(hostlist_parse(text, &err));
    CU_ASSERT(err.code == ERROR_INVALID || err.code == ERROR_EXHAUSTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, why));
    if (!strstr(err.text, why))
        printf("# %s: %s\n", text, err.text);
}

static void test_texts_that_are_refused(void)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {",",                           "is empty"           },
        {"a,",                          "is empty"           },
        {",a",                          "is empty"           },
        {"a,,b",                        "is empty"           },
        {" ",                           "only letters"       },
        {"a b",                         "only letters"       },
        {"a, b",                        "only letters"       },
        {"n[1-]",                       "expected a number"  },
        {"n[-1]",                       "expected a number"  },
        {"n[]",                         "expected a number"  },
        {"n[1,]",                       "expected a number"  },
        {"n[,1]",                       "expected a number"  },
        {"n[a-b]",                      "expected a number"  },
        {"n[1-3][a-b]",                 "expected a number"  },
        {"n[ 1]",                       "expected a number"  },
        {"n[[1]]",                      "expected a number"  },
        {"n[1234567890]",               "up to nine digits"  },
        {"n[0000000001]",               "up to nine digits"  },
        {"n[1-9999999999999999999999]", "up to nine digits"  },
        {"n[1",                         "expected ',' or ']'"},
        {"n[1-2",                       "expected ',' or ']'"},
        {"n[1;2]",                      "expected ',' or ']'"},
        {"n[1-2-3]",                    "expected ',' or ']'"},
        {"n[1[2]]",                     "expected ',' or ']'"},
        {"n1]",                         "unexpected ']'"     },
        {"n[1]]",                       "unexpected ']'"     },
        {"n[5-1]",                      "runs backwards"     },
        {"n[001-10]",                   "different widths"   },
        {"n[1-010]",                    "different widths"   },
        {"n[01-1]",                     "different widths"   },
        {"n[1,1]",                      "named twice"        },
        {"n1,n1",                       "named twice"        },
        {"n[1-3],n2",                   "named twice"        },
        {"n[1-99999999]",               "more than 65536"    },
        {"n[1-300][1-300]",             "more than 65536"    },
        {"n[1-65536],m",                "more than 65536"    },
        {"-rf",                         "does not start"     },
        {"..",                          "does not start"     },
        {"a/b",                         "only letters"       },
        {"a:b",                         "only letters"       },
        {"a\nb",                        "only letters"       },
        {"a;reboot",                    "only letters"       },
        {"$(id)",                       "only letters"       },
        {"n\xc3\xb1",                   "only letters"       },
        {"n\xff",                       "only letters"       },
        {"\xe2\x80\xaegpj",             "only letters"       },
        {"^file",                       "only letters"       },
        {"n*4",                         "only letters"       },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i].text, cases[i].why);
}

static void test_limits(void)
{
    struct error err;
    CLEANUP(hostlist_freep) struct hostlist *full = hostlist_parse("n[1-65536]", &err);
    CLEANUP(memory_freep) char *name = NEW_ARRAY(char, HOSTLIST_NAME_MAX + 2);
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_new();
    CLEANUP(hostlist_freep) struct hostlist *eight = NULL;
    CLEANUP(buffer_clear) struct buffer brackets;

    CU_ASSERT_PTR_NOT_NULL_FATAL(full);
    CU_ASSERT_EQUAL(hostlist_count(full), HOSTLIST_MAX);
    CU_ASSERT_FALSE(hostlist_add(full, "one-more", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_EXHAUSTED);
    memset(name, 'a', HOSTLIST_NAME_MAX);
    CU_ASSERT_TRUE(hostlist_add(list, name, &err));
    name[HOSTLIST_NAME_MAX] = 'a';
    CU_ASSERT_FALSE(hostlist_add(list, name, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "too long"));
    CU_ASSERT_EQUAL(hostlist_count(list), 1);

    buffer_init(&brackets);
    for (int i = 0; i < 8; i++)
        buffer_add_text(&brackets, "[1-4]");
    eight = hostlist_parse(brackets.bytes, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(eight);
    CU_ASSERT_EQUAL(hostlist_count(eight), HOSTLIST_MAX);
    buffer_add_text(&brackets, "[1]");
    check_refused(brackets.bytes, "more brackets in one name than 8");
}

static void test_membership(void)
{
    struct error err;
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_parse("n[1-100]", &err);

    CU_ASSERT_TRUE(hostlist_has(list, "n1"));
    CU_ASSERT_TRUE(hostlist_has(list, "n100"));
    CU_ASSERT_FALSE(hostlist_has(list, "n101"));
    CU_ASSERT_FALSE(hostlist_has(list, "n01"));
    CU_ASSERT_FALSE(hostlist_has(list, ""));
    CU_ASSERT_FALSE(hostlist_add(list, "n50", &err));
    CU_ASSERT_TRUE(hostlist_add(list, "n101", &err));
    CU_ASSERT_TRUE(hostlist_has(list, "n101"));
    hostlist_free(NULL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names",                  test_names                 },
        {"short forms",            test_short_forms           },
        {"texts that are refused", test_texts_that_are_refused},
        {"limits",                 test_limits                },
        {"membership",             test_membership            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("hostlist", tests);
}
