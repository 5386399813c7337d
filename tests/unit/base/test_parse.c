/* test_parse.c - numbers, durations, sizes, times, amounts, names and signals */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIGITS_40 "1234567890123456789012345678901234567890"
#define SECOND    US_PER_SECOND
#define MINUTE    US_PER_MINUTE
#define HOUR      US_PER_HOUR
#define DAY       US_PER_DAY

/* A text and its value, or why not. */
struct number_case {
    const char *text;
    int64_t value;
    const char *why; /* words of the refusal; NULL: good */
};

typedef bool number_fn(const char *text, int64_t *ret_value, struct error *err);

static void check_case(const struct number_case *one, number_fn *parse)
{
    struct error err = {0};
    int64_t value = -77;
    bool good = parse(one->text, &value, &err);

    CU_ASSERT_EQUAL(good, one->why == NULL);
    CU_ASSERT_EQUAL(value, good ? one->value : -77); /* untouched when refused */
    if (one->why) {
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, one->why));
    }
    if (good != (one->why == NULL) || (good && value != one->value) ||
        (one->why && !strstr(err.text, one->why)))
        printf("# %s: %d %" PRId64 " %s\n", one->text, good, value, err.text);
}

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

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&cases[i], whole_u64);
    for (size_t i = 0; i < COUNT_OF(small); i++)
        check_case(&small[i], small_u32);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        check_case(&ids[i], job_id);
}

static void test_durations(void)
{
    static const struct number_case cases[] = {
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

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&cases[i], parse_duration);
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

static bool size_of_megabytes(const char *text, int64_t *ret_value, struct error *err)
{
    uint64_t bytes;

    if (!parse_size(text, 1 << 20, &bytes, err))
        return false;
    *ret_value = (int64_t)bytes;
    return true;
}

static bool size_of_bytes(const char *text, int64_t *ret_value, struct error *err)
{
    uint64_t bytes;

    if (!parse_size(text, 1, &bytes, err))
        return false;
    *ret_value = (int64_t)bytes;
    return true;
}

static void test_sizes(void)
{
    static const struct number_case cases[] = {
        {"0",                    0,                      NULL               },
        {"4",                    4 << 20,                NULL               },
        {"512M",                 512 << 20,              NULL               },
        {"512m",                 512 << 20,              NULL               },
        {"512MB",                512 << 20,              NULL               },
        {"512Mb",                512 << 20,              NULL               },
        {"512MiB",               512 << 20,              NULL               },
        {"1K",                   1024,                   NULL               },
        {"2G",                   INT64_C(2) << 30,       NULL               },
        {"3T",                   INT64_C(3) << 40,       NULL               },
        {"7B",                   7,                      NULL               },
        {"1.5G",                 INT64_C(3) << 29,       NULL               },
        {"0.5",                  1 << 19,                NULL               },
        {"0.1K",                 102,                    NULL               },
        {"1.000000001T",         1099511628875,          NULL               },
        {"8388607T",             INT64_C(8388607) << 40, NULL               },
        {"8388608T",             0,                      "too large"        },
        {"9223372036854775807B", INT64_MAX,              NULL               },
        {"9223372036854775808B", 0,                      "too large"        },
        {DIGITS_40,              0,                      "too large"        },
        {"",                     0,                      "not a size"       },
        {"M",                    0,                      "not a size"       },
        {"-1",                   0,                      "not a size"       },
        {"-1M",                  0,                      "not a size"       },
        {"1 M",                  0,                      "not a size"       },
        {"1X",                   0,                      "not a size"       },
        {"1KK",                  0,                      "not a size"       },
        {"1KiBB",                0,                      "not a size"       },
        {"1BB",                  0,                      "not a size"       },
        {"1.G",                  0,                      "not a size"       },
        {".5G",                  0,                      "not a size"       },
        {"1.1234567890G",        0,                      "not a size"       },
        {"1.5B",                 0,                      "no part of a byte"},
        {"1e9",                  0,                      "not a size"       },
        {"0x10",                 0,                      "not a size"       },
        {"UNLIMITED",            0,                      "not a size"       },
    };
    static const struct number_case bytes[] = {
        {"1000", 1000, NULL               },
        {"1.5",  0,    "no part of a byte"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&cases[i], size_of_megabytes);
    for (size_t i = 0; i < COUNT_OF(bytes); i++)
        check_case(&bytes[i], size_of_bytes);
}

static void test_printed_sizes(void)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0,                    "0"    },
        {1,                    "1B"   },
        {1023,                 "1023B"},
        {1024,                 "1K"   },
        {1536,                 "1.5K" },
        {1000 << 10,           "1000K"},
        {512 << 20,            "512M" },
        {UINT64_C(3) << 29,    "1.5G" },
        {UINT64_C(1000) << 20, "1000M"},
        {UINT64_C(5) << 40,    "5T"   },
        {UINT64_C(2048) << 40, "2048T"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer buffer;

        buffer_init(&buffer);
        print_size(cases[i].bytes, &buffer);
        CU_ASSERT_STRING_EQUAL(buffer.bytes, cases[i].text);
    }
}

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

/* 2026-11-01T12:34:56Z */
#define NOW_S INT64_C(1793536496)

static bool time_now(const char *text, int64_t *ret_value, struct error *err)
{
    int64_t time_us = 0;

    if (!parse_time(text, NOW_S * SECOND, &time_us, err))
        return false;
    *ret_value = time_us / SECOND;
    return true;
}

static void test_times(void)
{
    static const struct number_case cases[] = {
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
        {"yesterday",                 0,                  "not a time"      },
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

    set_zone("UTC");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&cases[i], time_now);
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
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&cases[i], time_now);
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

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&cases[i], parse_amount);
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

static void test_utf8(void)
{
    static const struct {
        const char *text;
        size_t size;
        bool valid;
    } cases[] = {
        {"",                 0, true },
        {"abc\t\n",          5, true },
        {"\xc3\xb1",         2, true },
        {"\xe2\x82\xac",     3, true },
        {"\xf0\x9f\x98\x80", 4, true },
        {"\xf4\x8f\xbf\xbf", 4, true }, /* U+10FFFF */
        {"\xed\x9f\xbf",     3, true }, /* before the surrogates */
        {"\xee\x80\x80",     3, true }, /* and after */
        {"a\0b",             3, false},
        {"\x80",             1, false},
        {"\xc3",             1, false},
        {"\xc3(",            2, false},
        {"\xe2\x82",         2, false},
        {"\xe2\x82(",        3, false},
        {"\xf0\x9f\x98",     3, false},
        {"\xc0\xaf",         2, false}, /* too long a form of '/' */
        {"\xc1\xbf",         2, false},
        {"\xe0\x80\xaf",     3, false},
        {"\xe0\x9f\xbf",     3, false},
        {"\xf0\x80\x80\xaf", 4, false},
        {"\xed\xa0\x80",     3, false}, /* a surrogate */
        {"\xf4\x90\x80\x80", 4, false}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 4, false},
        {"\xff",             1, false},
        {"\xfe\xff",         2, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_EQUAL(text_is_utf8(cases[i].text, cases[i].size), cases[i].valid);
}

static void test_nearest(void)
{
    static const char *const names[] = {"nodes", "ntasks", "time", "mem", "partition", NULL};
    static const struct {
        const char *text;
        const char *nearest;
    } cases[] = {
        {"nods",                                                                "nodes"    }, /* one left out */
        {"ndoes",                                                               "nodes"    }, /* two swapped */
        {"nodess",                                                              "nodes"    },
        {"NODES",                                                               "nodes"    },
        {"tiem",                                                                "time"     },
        {"men",                                                                 "mem"      },
        {"partitoin",                                                           "partition"},
        {"partitions",                                                          "partition"},
        {"x",                                                                   NULL       },
        {"",                                                                    NULL       },
        {"account",                                                             NULL       },
        {"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", NULL       },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *nearest = nearest_name(cases[i].text, names);

        CU_ASSERT_EQUAL(nearest == NULL, cases[i].nearest == NULL);
        if (nearest && cases[i].nearest)
            CU_ASSERT_STRING_EQUAL(nearest, cases[i].nearest);
    }
}

static void test_shown(void)
{
    char shown[TEXT_SHOWN_SIZE];
    char text[5001];

    CU_ASSERT_STRING_EQUAL(text_show("n1", shown), "\"n1\"");
    CU_ASSERT_STRING_EQUAL(text_show("", shown), "\"\"");
    CU_ASSERT_STRING_EQUAL(text_show("a\x1b[2Jb", shown), "\"a\\x1b[2Jb\"");
    CU_ASSERT_STRING_EQUAL(text_show("\xe2\x80\xae", shown), "\"\\u{202e}\"");
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    text_show(text, shown);
    CU_ASSERT(strlen(shown) < TEXT_SHOWN_SIZE);
    CU_ASSERT_STRING_EQUAL(shown + strlen(shown) - 4, "...\"");
    /* However it is cut, half a character is not shown. */
    for (size_t start = 0; start < 4; start++) {
        for (size_t i = start; i + 1 < sizeof(text) - 1; i += 2)
            memcpy(text + i, "\xc3\xb1", 2);
        text[5000 - 5000 % 2] = '\0';
        text_show(text, shown);
        CU_ASSERT_TRUE(text_is_utf8(shown, strlen(shown)));
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
        {"whole numbers",                                  test_whole_numbers                   },
        {"durations",                                      test_durations                       },
        {"printed durations",                              test_printed_durations               },
        {"sizes",                                          test_sizes                           },
        {"printed sizes",                                  test_printed_sizes                   },
        {"times",                                          test_times                           },
        {"times in a zone with summer time",               test_times_in_a_zone_with_summer_time},
        {"the next time skips a day whose clock lacks it",
         test_next_time_skips_a_day_whose_clock_lacks_it                                        },
        {"printed times",                                  test_printed_times                   },
        {"amounts",                                        test_amounts                         },
        {"printed amounts",                                test_printed_amounts                 },
        {"names",                                          test_names                           },
        {"UTF-8",                                          test_utf8                            },
        {"the nearest name",                               test_nearest                         },
        {"texts as shown",                                 test_shown                           },
        {"signals",                                        test_signals                         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("parse", tests);
}
