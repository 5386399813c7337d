/* test_parse_time.c - points in time as people write them */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/base/parse_cases.h"

#include <stdlib.h>
#include <time.h>

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

/* 2026-11-01T12:34:56Z */
#define NOW_S  INT64_C(1793536496)
#define SECOND US_PER_SECOND

static bool time_now(const char *text, int64_t *ret_value, struct error *err)
{
    int64_t time_us = 0;

    if (!parse_time(text, NOW_S * SECOND, &time_us, err))
        return false;
    *ret_value = time_us / SECOND;
    return true;
}

static const struct number_case times[] = {
    {"now",                       NOW_S,              NULL              },
    {"now+60",                    NOW_S + 60,         NULL              },
    {"now-90",                    NOW_S - 90,         NULL              },
    {"now+2hours",                NOW_S + 7200,       NULL              },
    {"now+1hour",                 NOW_S + 3600,       NULL              },
    {"now+3days",                 NOW_S + 3 * 86400,  NULL              },
    {"now+1week",                 NOW_S + 7 * 86400,  NULL              },
    {"now+5min",                  NOW_S + 300,        NULL              },
    {"NOW",                       NOW_S,              NULL              },
    {"today",                     1793491200,         NULL              },
    {"yesterday",                 1793404800,         NULL              },
    {"tomorrow",                  1793577600,         NULL              },
    {"midnight",                  1793577600,         NULL              },
    {"noon",                      1793620800,         NULL              }, /* today's is over */
    {"teatime",                   1793548800,         NULL              },
    {"12:34",                     1793536440 + 86400, NULL              }, /* a moment ago */
    {"12:34:57",                  NOW_S + 1,          NULL              },
    {"13:00",                     1793538000,         NULL              },
    {"2026-11-01",                1793491200,         NULL              },
    {"2026-11-01T12:34",          1793536440,         NULL              },
    {"2026-11-01T12:34:56",       NOW_S,              NULL              },
    {"2026-11-01T12:34:56Z",      NOW_S,              NULL              },
    {"2026-11-01T06:34:56-06:00", NOW_S,              NULL              },
    {"2026-11-01T18:04:56+05:30", NOW_S,              NULL              },
    {"2028-02-29",                1835395200,         NULL              },
    {"1970-01-01T00:00:00Z",      0,                  NULL              },
    {"9999-12-31T23:59:59Z",      253402300799,       NULL              },
    {"",                          0,                  "not a time"      },
    {"someday",                   0,                  "not a time"      },
    {"nowish",                    0,                  "not a time"      },
    {"now+",                      0,                  "not a time"      },
    {"now+hours",                 0,                  "not a time"      },
    {"now+1fortnight",            0,                  "not a time"      },
    {"now+1 hour",                0,                  "not a time"      },
    {"now+-1",                    0,                  "not a time"      },
    {"now+99999999weeks",         0,                  "ten years"       },
    {"now+" DIGITS_40,            0,                  "not a time"      },
    {"1:00",                      0,                  "not a time"      },
    {"24:00",                     0,                  "not on the clock"},
    {"12:60",                     0,                  "not on the clock"},
    {"12:00:60",                  0,                  "not on the clock"},
    {"12:00:00:00",               0,                  "not a time"      },
    {"2026-11-1",                 0,                  "not a time"      },
    {"26-11-01",                  0,                  "not a time"      },
    {"2026-11-01 12:00",          0,                  "not a time"      },
    {"2026-11-01T",               0,                  "not a time"      },
    {"2026-11-01T12",             0,                  "not a time"      },
    {"2026-11-01T12:00x",         0,                  "not a time"      },
    {"2026-11-01T12:00+0600",     0,                  "not a time"      },
    {"2026-11-01T12:00+15:00",    0,                  "not a time"      },
    {"2026-02-29",                0,                  "calendar"        },
    {"2026-13-01",                0,                  "calendar"        },
    {"2026-00-01",                0,                  "calendar"        },
    {"2026-01-00",                0,                  "calendar"        },
    {"2026-01-32",                0,                  "calendar"        },
    {"1969-12-31",                0,                  "calendar"        },
    {"10000-01-01",               0,                  "not a time"      },
    {"1970-01-01T00:00:00+01:00", 0,                  "before 1970"     },
    {"2026-11-01T25:00",          0,                  "not on the clock"},
    {"99999999999",               0,                  "not a time"      },
};

static void test_times(void)
{
    set_zone("UTC");
    check_cases(times, COUNT_OF(times), time_now);
}

/* Clocks go forward on the last Sunday of March and back on that of October: the zone is
 * written out, so that no time zone files are needed. */
static void test_times_in_a_zone_with_summer_time(void)
{
    static const struct number_case cases[] = {
        {"2026-01-15T12:00",       1768474800, NULL                   }, /* +01:00 */
        {"2026-07-15T12:00",       1784109600, NULL                   }, /* +02:00 */
        {"2026-03-29T01:59:59",    1774745999, NULL                   },
        {"2026-03-29T02:00",       0,          "skipped by the clocks"},
        {"2026-03-29T02:30",       0,          "skipped by the clocks"},
        {"2026-03-29T03:00",       1774746000, NULL                   },
        {"2026-03-29T02:30+01:00", 1774747800, NULL                   }, /* says which zone */
        {"tomorrow",               1793574000, NULL                   },
        {"today",                  1793487600, NULL                   },
    };

    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    check_cases(cases, COUNT_OF(cases), time_now);
    set_zone("UTC");
}

static void test_next_time_skips_a_day_whose_clock_lacks_it(void)
{
    int64_t time_us = 0;
    struct error err;

    /* From 2026-03-28T12:00+01:00 the next 02:30 is that of the 30th, at +02:00. */
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    CU_ASSERT_TRUE(parse_time("02:30", 1774695600 * SECOND, &time_us, &err));
    CU_ASSERT_EQUAL(time_us / SECOND, 1774830600);
    set_zone("UTC");
}

static void test_printed_times(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    set_zone("CST6");
    print_time(NOW_S * SECOND + 999999, &buffer);
    CU_ASSERT_STRING_EQUAL(buffer.bytes, "2026-11-01T06:34:56-06:00");
    buffer_reset(&buffer);
    set_zone("IST-5:30");
    print_time(NOW_S * SECOND, &buffer);
    CU_ASSERT_STRING_EQUAL(buffer.bytes, "2026-11-01T18:04:56+05:30");
    buffer_reset(&buffer);
    print_time_utc(NOW_S * SECOND, &buffer);
    CU_ASSERT_STRING_EQUAL(buffer.bytes, "2026-11-01T12:34:56Z");
    set_zone("UTC");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"times",                                          test_times                           },
        {"times in a zone with summer time",               test_times_in_a_zone_with_summer_time},
        {"the next time skips a day whose clock lacks it",
         test_next_time_skips_a_day_whose_clock_lacks_it                                        },
        {"printed times",                                  test_printed_times                   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("parse_time", tests);
}
