/* test_output.c - rows as tables, records, JSON; what a terminal may see */

#include "base/memory.h"
#include "base/parse.h"
#include "client/cells.h"
#include "client/output.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct row {
    const char *name;
    int64_t count;
    int64_t time_us;
    uint64_t size;
    int64_t amount;
    double load;
};

CELL_OF_TEXT(name, struct row, name)
CELL_OF(count, struct row, CELL_NUMBER, count)
CELL_OF(duration, struct row, CELL_DURATION, time_us)
CELL_OF(size, struct row, CELL_SIZE, size)
CELL_OF(amount, struct row, CELL_AMOUNT, amount)

static void cell_load(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->kind = CELL_FRACTION;
    cell->fraction = ((const struct row *)row)->load;
}

static const struct column columns[] = {
    {"name",     NULL, "NAME",     'n', COLUMN_CUT,   cell_name    },
    {"count",    NULL, "COUNT",    'c', COLUMN_RIGHT, cell_count   },
    {"duration", NULL, "DURATION", 0,   COLUMN_RIGHT, cell_duration},
    {"size",     NULL, "SIZE",     0,   COLUMN_RIGHT, cell_size    },
    {"amount",   NULL, "AMOUNT",   0,   COLUMN_RIGHT, cell_amount  },
    {"load",     NULL, "LOAD",     0,   COLUMN_RIGHT, cell_load    },
    {NULL,       NULL, NULL,       0,   0,            NULL         },
};

static const struct row rows[] = {
    {"short",             1,     0,               0,                 0,        7.69},
    {"a much longer one", 12345, PARSE_UNLIMITED, UINT64_C(3) << 29, -1500000, 0.25},
};

/* What `print` writes to stdout, while it is a file. */
static char *printed(bool (*print)(const struct output_options *options, struct error *err),
                     const struct output_options *options)
{
    CLEANUP(memory_freep) char *path = scratch_path("printed");
    CLEANUP(memory_freep) char *bytes = memory_get(65536, 1);
    int saved = dup(STDOUT_FILENO), file;
    struct error err = {0};
    ssize_t size;

    fflush(stdout);
    file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(file, STDOUT_FILENO);
    if (!print(options, &err))
        printf("refused: %s", err.text);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    size = pread(file, bytes, 65535, 0);
    close(file);
    bytes[size > 0 ? size : 0] = '\0';
    return STEAL(bytes);
}

static bool print_both(const struct output_options *options, struct error *err)
{
    const void *const places[] = {&rows[0], &rows[1]};
    const struct output output = {
        .columns = columns, .standard = "name,count,duration", .rows = places, .count = 2};

    return output_print(&output, options, err);
}

static const struct {
    struct output_options options;
    const char *expected;
} tables[] = {
    {{0},
     "NAME              COUNT  DURATION\n"
     "short                 1  00:00:00\n"
     "a much longer one 12345 UNLIMITED\n"                                                                                               },
    {{.no_header = true, .format = "count,name"},                                      "    1 short\n12345 a much longer one\n"          },
    {{.no_header = true, .format = "name%8,count"},                                    "   short     1\na much + 12345\n"                },
    {{.no_header = true, .format = "name%-8,count"},                                   "short        1\na much + 12345\n"                },
    {{.no_header = true, .format = "%.8n|%3c|"},                                       "   short|1  |\na much l|123|\n"                  },
    {{.format = "%n %c"},                                                              "NAME COUNT\nshort 1\na much longer one 12345\n"  },
    {{.parsable = true, .format = "name,count"},                                       "NAME|COUNT\nshort|1\na much longer one|12345\n"  },
    {{.parsable_end = true, .no_header = true, .format = "name,count"},
     "short|1|\na much longer one|12345|\n"                                                                                              },
    {{.parsable = true, .no_header = true, .delimiter = "::", .format = "name,count"},
     "short::1\na much longer one::12345\n"                                                                                              },
    {{.no_header = true, .format = "size,amount"},                                     "   0    0\n1.5G -1.5\n"                          },
    {{.json = true, .format = "name,count,size,amount,duration"},
     "[\n {\"name\":\"short\",\"count\":1,\"size\":0,\"amount\":\"0\",\"duration\":0},\n"
     " {\"name\":\"a much longer one\",\"count\":12345,\"size\":1610612736,"
     "\"amount\":\"-1.5\",\"duration\":\"UNLIMITED\"}\n]\n"                                                                              },
    {{.json = true, .format = "name,load"},
     "[\n {\"name\":\"short\",\"load\":7.69},\n {\"name\":\"a much longer "
     "one\",\"load\":0.25}\n]\n"                                                                                                         },
    {{.format = "nmae"},                                                               "refused: unknown field \"nmae\"; nearest is name"},
};

static void test_tables(void)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        CLEANUP(memory_freep) char *text = printed(print_both, &tables[i].options);

        CU_ASSERT_STRING_EQUAL(text, tables[i].expected);
        if (strcmp(text, tables[i].expected) != 0)
            fprintf(stderr, "# case %zu:\n%s", i, text);
    }
}

static bool print_hostile(const struct output_options *options, struct error *err)
{
    static const struct row hostile = {.name = "a\033[31mb\n\xe2\x80\xae|\xff\t\xe2\x80\x8bz"};
    const void *const places[] = {&hostile};
    const struct output output = {
        .columns = columns, .standard = "name", .rows = places, .count = 1};

    return output_print(&output, options, err);
}

static void test_sizes_are_rounded(void)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } sizes[] = {
        {0,                       "0"    },
        {1,                       "0K"   },
        {512,                     "0.5K" },
        {UINT64_C(6121676) << 10, "5.8G" },
        {UINT64_C(2) << 30,       "2G"   },
        {(UINT64_C(1) << 40) - 1, "1T"   },
        {UINT64_C(1023) << 20,    "1023M"},
        {UINT64_C(16383) << 50,   "16E"  },
    };

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const struct cell cell = {.kind = CELL_SIZE, .number = (int64_t)sizes[i].bytes};
        CLEANUP(buffer_clear) struct buffer text = {0};

        buffer_init(&text);
        output_cell(&cell, &text);
        CU_ASSERT_STRING_EQUAL(text.bytes, sizes[i].text);
    }
}

static void test_control_characters_are_escaped(void)
{
    static const struct output_options options = {.no_header = true};
    CLEANUP(memory_freep) char *text = printed(print_hostile, &options);

    CU_ASSERT_STRING_EQUAL(text, "a\\x1b[31mb\\x0a\\u{202e}|\\xff\\x09\\u{200b}z\n");
}

static void test_parsable_rows_stay_parsable(void)
{
    static const struct output_options options = {.no_header = true, .parsable = true};
    CLEANUP(memory_freep) char *text = printed(print_hostile, &options);

    CU_ASSERT_PTR_NULL(strchr(text, '|'));
    CU_ASSERT_EQUAL(strlen(text), strcspn(text, "\n") + 1);
}

static void test_json_is_json_whatever_the_bytes(void)
{
    static const struct output_options options = {.json = true, .format = "name"};
    CLEANUP(memory_freep) char *text = printed(print_hostile, &options);

    CU_ASSERT(strncmp(text, "[\n {\"name\":\"", 12) == 0);
    CU_ASSERT_PTR_NULL(strchr(text, '\033'));
    CU_ASSERT_PTR_NULL(memchr(text, 0xff, strlen(text)));
}

static bool print_nothing(const struct output_options *options, struct error *err)
{
    const struct output output = {.columns = columns, .standard = "name,count"};

    return output_print(&output, options, err);
}

static void test_no_rows(void)
{
    static const struct output_options plain = {0}, json = {.json = true};
    CLEANUP(memory_freep) char *text = printed(print_nothing, &plain);
    CLEANUP(memory_freep) char *array = printed(print_nothing, &json);

    CU_ASSERT_STRING_EQUAL(text, "NAME COUNT\n");
    CU_ASSERT_STRING_EQUAL(array, "[]\n");
}

static void test_widths(void)
{
    CU_ASSERT_EQUAL(output_width(""), 0);
    CU_ASSERT_EQUAL(output_width("abc"), 3);
    CU_ASSERT_EQUAL(output_width("\xc3\xa1rbol"), 5);
    CU_ASSERT_EQUAL(output_prefix("abc", 2), 2);
    CU_ASSERT_EQUAL(output_prefix("abc", 9), 3);
    CU_ASSERT_EQUAL(output_prefix("\xc3\xa1rbol", 1), 2);
    CU_ASSERT_EQUAL(output_prefix("\xc3\xa1rbol", 0), 0);
}

/* Descriptors that the caller closed are opened, and writing to that stdout fails. */
static void test_closed_descriptors(void)
{
    int saved = dup(STDOUT_FILENO);

    fflush(stdout);
    close(STDOUT_FILENO);
    output_begin();
    CU_ASSERT(fcntl(STDOUT_FILENO, F_GETFD) >= 0);
    CU_ASSERT_EQUAL(write(STDOUT_FILENO, "x", 1), -1);
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"tables, by names and letters, parsable, JSON", test_tables                         },
        {"sizes are rounded",                            test_sizes_are_rounded              },
        {"control characters are escaped",               test_control_characters_are_escaped },
        {"parsable rows stay parsable",                  test_parsable_rows_stay_parsable    },
        {"JSON is JSON, whatever the bytes",             test_json_is_json_whatever_the_bytes},
        {"no rows at all",                               test_no_rows                        },
        {"widths on a terminal",                         test_widths                         },
        {"closed descriptors do not become sockets",     test_closed_descriptors             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("output", tests);
}
