/* test_parse_duration.c - time limits as people write them */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/base/parse_cases.h"

#define SECOND US_PER_SECOND
#define MINUTE US_PER_MINUTE
#define HOUR   US_PER_HOUR
#define DAY    US_PER_DAY

static const struct number_case durations[] = {
    {"1",                    MINUTE,                                   NULL                   },
    {"90",                   90 * MINUTE,                              NULL                   },
    {"1:30",                 90 * SECOND,                              NULL                   },
    {"0:01",                 SECOND,                                   NULL                   },
    {"100:00",               100 * MINUTE,                             NULL                   },
    {"1:2:3",                HOUR + 2 * MINUTE + 3 * SECOND,           NULL                   },
    {"25:00:00",             25 * HOUR,                                NULL                   },
    {"48:00:00",             48 * HOUR,                                NULL                   },
    {"1-0",                  DAY,                                      NULL                   },
    {"1-12",                 DAY + 12 * HOUR,                          NULL                   },
    {"2-12:30",              2 * DAY + 12 * HOUR + 30 * MINUTE,        NULL                   },
    {"7-00:00:01",           7 * DAY + SECOND,                         NULL                   },
    {"0-00:00:01",           SECOND,                                   NULL                   },
    {"3653-0",               PARSE_DURATION_MAX_US,                    NULL                   },
    {"90s",                  90 * SECOND,                              NULL                   },
    {"15m",                  15 * MINUTE,                              NULL                   },
    {"2h",                   2 * HOUR,                                 NULL                   },
    {"1d",                   DAY,                                      NULL                   },
    {"1h30m",                90 * MINUTE,                              NULL                   },
    {"1d2h3m4s",             DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND, NULL                   },
    {"UNLIMITED",            PARSE_UNLIMITED,                          NULL                   },
    {"infinite",             PARSE_UNLIMITED,                          NULL                   },
    {"0",                    0,                                        "at least"             },
    {"0:00",                 0,                                        "at least"             },
    {"0-0",                  0,                                        "at least"             },
    {"0s",                   0,                                        "at least"             },
    {"",                     0,                                        "not a duration"       },
    {" ",                    0,                                        "not a duration"       },
    {"-5",                   0,                                        "not a duration"       },
    {"+5",                   0,                                        "not a duration"       },
    {"1:60",                 0,                                        "seconds after"        },
    {"1:60:00",              0,                                        "minutes after"        },
    {"1:00:60",              0,                                        "seconds after"        },
    {"1-24",                 0,                                        "hours after"          },
    {"1-00:60",              0,                                        "minutes after"        },
    {"1-00:00:60",           0,                                        "seconds after"        },
    {"99999999-00:00:00",    0,                                        "longer than 3653 days"},
    {"3653-00:00:01",        0,                                        "longer than"          },
    {"18446744073709551615", 0,                                        "longer than"          },
    {"99999999999d",         0,                                        "longer than"          },
    {DIGITS_40,              0,                                        "not a duration"       },
    {"1-",                   0,                                        "not a duration"       },
    {"1-2-3",                0,                                        "not a duration"       },
    {"-1-2",                 0,                                        "not a duration"       },
    {"1:2:3:4",              0,                                        "not a duration"       },
    {"1-1:2:3:4",            0,                                        "not a duration"       },
    {"1:",                   0,                                        "not a duration"       },
    {":1",                   0,                                        "not a duration"       },
    {"1::2",                 0,                                        "not a duration"       },
    {"inf",                  0,                                        "not a duration"       },
    {"nan",                  0,                                        "not a duration"       },
    {"1.5",                  0,                                        "not a duration"       },
    {"1.5h",                 0,                                        "not a duration"       },
    {"h",                    0,                                        "not a duration"       },
    {"30m1h",                0,                                        "not a duration"       },
    {"1h1h",                 0,                                        "not a duration"       },
    {"1h30",                 0,                                        "not a duration"       },
    {"1w",                   0,                                        "not a duration"       },
    {"10 minutes",           0,                                        "not a duration"       },
    {"1:30pm",               0,                                        "not a duration"       },
    {"UNLIMITEDX",           0,                                        "not a duration"       },
};

static void test_durations(void)
{
    check_cases(durations, COUNT_OF(durations), parse_duration);
}

static void test_printed_durations(void)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0,                      "00:00:00"   },
        {SECOND,                 "00:00:01"   },
        {SECOND - 1,             "00:00:00"   },
        {HOUR + MINUTE + SECOND, "01:01:01"   },
        {DAY - SECOND,           "23:59:59"   },
        {DAY,                    "1-00:00:00" },
        {12 * DAY + 3 * HOUR,    "12-03:00:00"},
        {-SECOND,                "-00:00:01"  },
        {PARSE_UNLIMITED,        "UNLIMITED"  },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer buffer;

        buffer_init(&buffer);
        print_duration(cases[i].us, &buffer);
        CU_ASSERT_STRING_EQUAL(buffer.bytes, cases[i].text);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"durations",         test_durations        },
        {"printed durations", test_printed_durations},
        CU_TEST_INFO_NULL,
    };

    return run_suite("parse_duration", tests);
}
