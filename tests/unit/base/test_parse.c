/* test_parse.c - numbers, amounts, names and signals as people write them */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/base/parse_cases.h"

#include <signal.h>
#include <string.h>

static bool whole_u64(const char *text, int64_t *ret_value, struct error *err)
{
    uint64_t value;

    if (!parse_u64(text, 1, UINT64_MAX, &value, err))
        return false;
    *ret_value = (int64_t)value;
    return true;
}

static bool small_u32(const char *text, int64_t *ret_value, struct error *err)
{
    uint32_t value;

    if (!parse_u32(text, 5, 4294967295, &value, err))
        return false;
    *ret_value = value;
    return true;
}

static bool job_id(const char *text, int64_t *ret_value, struct error *err)
{
    uint64_t value;

    if (!parse_job_id(text, &value, err))
        return false;
    *ret_value = (int64_t)value;
    return true;
}

static void test_whole_numbers(void)
{
    static const struct number_case cases[] = {
        {"1",                    1,  NULL                  },
        {"007",                  7,  NULL                  },
        {"18446744073709551615", -1, NULL                  }, /* 2^64 - 1 */
        {"18446744073709551616", 0,  "is not between 1 and"},
        {"0",                    0,  "is not between 1 and"},
        {"-5",                   0,  "is not between 1 and"},
        {DIGITS_40,              0,  "is not between 1 and"},
        {"",                     0,  "whole number"        },
        {"-",                    0,  "whole number"        },
        {"--5",                  0,  "whole number"        },
        {"+5",                   0,  "whole number"        },
        {" 5",                   0,  "whole number"        },
        {"5 ",                   0,  "whole number"        },
        {"5x",                   0,  "whole number"        },
        {"0x10",                 0,  "whole number"        },
        {"1e3",                  0,  "whole number"        },
        {"1.5",                  0,  "whole number"        },
        {"\xd9\xa3",             0,  "whole number"        }, /* an Arabic digit */
        {"inf",                  0,  "whole number"        },
        {"five",                 0,  "whole number"        },
    };
    static const struct number_case small[] = {
        {"5",          5,                   NULL                             },
        {"2147483648", INT64_C(2147483648), NULL                             },
        {"4294967295", INT64_C(4294967295), NULL                             },
        {"4294967296", 0,                   "is not between 5 and 4294967295"},
        {"4",          0,                   "is not between 5 and"           },
    };
    static const struct number_case ids[] = {
        {"1",                   1,         NULL    },
        {"9223372036854775807", INT64_MAX, NULL    },
        {"9223372036854775808", 0,         "job id"},
        {"0",                   0,         "job id"},
        {"-1",                  0,         "job id"},
        {"",                    0,         "job id"},
        {"12_3",                0,         "job id"},
        {"abc",                 0,         "job id"},
        {DIGITS_40,             0,         "job id"},
    };

    check_cases(cases, COUNT_OF(cases), whole_u64);
    check_cases(small, COUNT_OF(small), small_u32);
    check_cases(ids, COUNT_OF(ids), job_id);
}

static void test_amounts(void)
{
    static const struct number_case cases[] = {
        {"0",                    0,                            NULL    },
        {"12",                   12000000,                     NULL    },
        {"12.5",                 12500000,                     NULL    },
        {"12.345678",            12345678,                     NULL    },
        {"0.000001",             1,                            NULL    },
        {"-3.25",                -3250000,                     NULL    },
        {"9223372036853.999999", INT64_C(9223372036853999999), NULL    },
        {"9223372036854",        0,                            "amount"},
        {DIGITS_40,              0,                            "amount"},
        {"12.3456789",           0,                            "amount"},
        {"12.",                  0,                            "amount"},
        {".5",                   0,                            "amount"},
        {"",                     0,                            "amount"},
        {"-",                    0,                            "amount"},
        {"--1",                  0,                            "amount"},
        {"+1",                   0,                            "amount"},
        {"1,5",                  0,                            "amount"},
        {"1e6",                  0,                            "amount"},
        {"inf",                  0,                            "amount"},
        {"1 ",                   0,                            "amount"},
    };

    check_cases(cases, COUNT_OF(cases), parse_amount);
}

static void test_printed_amounts(void)
{
    static const struct {
        int64_t micro;
        const char *text;
    } cases[] = {
        {0,         "0"                    },
        {1,         "0.000001"             },
        {12000000,  "12"                   },
        {12500000,  "12.5"                 },
        {12345678,  "12.345678"            },
        {10010000,  "10.01"                },
        {-1,        "-0.000001"            },
        {-3250000,  "-3.25"                },
        {INT64_MAX, "9223372036854.775807" },
        {INT64_MIN, "-9223372036854.775808"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer buffer;

        buffer_init(&buffer);
        print_amount(cases[i].micro, &buffer);
        CU_ASSERT_STRING_EQUAL(buffer.bytes, cases[i].text);
    }
}

static void test_names(void)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"a",              NULL             },
        {"unam-icn",       NULL             },
        {"Ana.Ruiz@uam_x", NULL             },
        {"0",              NULL             },
        {"_x",             NULL             },
        {"12345678",       NULL             },
        {"123456789",      "at most 8 bytes"},
        {"",               "empty"          },
        {" ",              "only letters"   },
        {"-rf",            "does not start" },
        {".hidden",        "does not start" },
        {"..",             "does not start" },
        {"a/b",            "only letters"   },
        {"a b",            "only letters"   },
        {"a\tb",           "only letters"   },
        {"a'--",           "only letters"   },
        {"a\x1b[1m",       "only letters"   },
        {"\xd0\xb0",       "only letters"   }, /* a Cyrillic letter that looks like a */
        {"a\xe2\x80\x8b",  "only letters"   }, /* of no width */
        {"a\xff",          "only letters"   },
        {"a%n",            "only letters"   },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t max = strlen(cases[i].text) == 9 ? 8 : 64;
        struct error err = {0};
        bool good = parse_name(cases[i].text, "cluster name", max, &err);

        CU_ASSERT_EQUAL(good, cases[i].why == NULL);
        if (!good) {
            CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].why));
            CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cluster name"));
        }
    }
}

static void test_signals(void)
{
    static const struct {
        const char *text;
        int number;
    } cases[] = {
        {"TERM",       SIGTERM},
        {"SIGTERM",    SIGTERM},
        {"sigterm",    SIGTERM},
        {"usr1",       SIGUSR1},
        {"15",         15     },
        {"9",          9      },
        {"64",         64     },
        {"0",          0      },
        {"65",         0      },
        {"-9",         0      },
        {"",           0      },
        {"SIG",        0      },
        {"SIGSIGTERM", 0      },
        {"TERMX",      0      },
        {"9x",         0      },
        {DIGITS_40,    0      },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err;
        int number = 0;

        CU_ASSERT_EQUAL(parse_signal(cases[i].text, &number, &err), cases[i].number != 0);
        CU_ASSERT_EQUAL(number, cases[i].number);
    }
    CU_ASSERT_STRING_EQUAL(signal_name(SIGKILL), "KILL");
    CU_ASSERT_PTR_NULL(signal_name(0));
    CU_ASSERT_PTR_NULL(signal_name(-1));
    CU_ASSERT_PTR_NULL(signal_name(1000));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"whole numbers",   test_whole_numbers  },
        {"amounts",         test_amounts        },
        {"printed amounts", test_printed_amounts},
        {"names",           test_names          },
        {"signals",         test_signals        },
        CU_TEST_INFO_NULL,
    };

    return run_suite("parse", tests);
}
