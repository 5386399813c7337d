/* test_parse_size.c - sizes of memory as people write them */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/base/parse_cases.h"

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

    check_cases(cases, COUNT_OF(cases), size_of_megabytes);
    check_cases(bytes, COUNT_OF(bytes), size_of_bytes);
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

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"sizes",         test_sizes        },
        {"printed sizes", test_printed_sizes},
        CU_TEST_INFO_NULL,
    };

    return run_suite("parse_size", tests);
}
