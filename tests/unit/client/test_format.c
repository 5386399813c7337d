/* test_format.c - the two languages of --format */

#include "client/format.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <string.h>

static void cell_none(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)row;
    (void)cell;
    (void)scratch;
}

static const struct column columns[] = {
    {"jobid",    "jobidraw", "JOBID",    'i', COLUMN_RIGHT, cell_none},
    {"state",    NULL,       "STATE",    'T', 0,            cell_none},
    {"exitcode", "exit",     "EXITCODE", 0,   0,            cell_none},
    {NULL,       NULL,       NULL,       0,   0,            NULL     },
};

/* "name:width" with '.' before the width when right-justified, literals in quotes; NULL and a
 * part of the refusal where it must be refused. */
static const struct {
    const char *text;
    const char *items;
    const char *refusal;
} cases[] = {
    {"jobid",                   "jobid:.0",                                    NULL                      },
    {"JobID,State",             "jobid:.0 state:0",                            NULL                      },
    {"JobIDRaw,State%20",       "jobid:.0 state:.20",                          NULL                      },
    {"state%-30,exit",          "state:30 exitcode:0",                         NULL                      },
    {"jobid:12",                "jobid:.12",                                   NULL                      },
    {"jobid,,state,",           "jobid:.0 state:0",                            NULL                      },
    {"%i",                      "jobid:0",                                     NULL                      },
    {"%i %T",                   "jobid:0 ' ' state:0",                         NULL                      },
    {"%.18i|%9T",               "jobid:.18 '|' state:9",                       NULL                      },
    {"{\"id\": %i, \"s\": %T}", "'{\"id\": ' jobid:0 ', \"s\": ' state:0 '}'", NULL                      },
    {"100%% %i",                "'100' '%' ' ' jobid:0",                       NULL                      },
    {"%.4096i",                 "jobid:.4096",                                 NULL                      },
    {"stat",                    NULL,                                          "nearest is state"        },
    {"jobid,nosuch",            NULL,                                          "unknown field \"nosuch\""},
    {"jobid%0",                 NULL,                                          "width"                   },
    {"jobid%x",                 NULL,                                          "unknown field %x"        },
    {"jobid%4097",              NULL,                                          "4096"                    },
    {"jobid%999999999d",        NULL,                                          "4096"                    },
    {"%n",                      NULL,                                          "unknown field %n"        },
    {"%s",                      NULL,                                          "unknown field %s"        },
    {"%999999999d",             NULL,                                          "4096"                    },
    {"%99999999999999999999i",  NULL,                                          "4096"                    },
    {"%i %",                    NULL,                                          "followed by a letter"    },
    {"%.",                      NULL,                                          "followed by a letter"    },
    {"%\x01",                   NULL,                                          "followed by a letter"    },
    {"%\xc3\xa9",               NULL,                                          "followed by a letter"    },
    {"jobid state",             NULL,                                          "unknown field"           },
};

static void describe(const struct format *format, struct buffer *buffer)
{
    for (size_t i = 0; i < format->count; i++) {
        const struct format_item *item = &format->items[i];

        buffer_add_text(buffer, i ? " " : "");
        if (item->column)
            buffer_print(buffer, "%s:%s%zu", item->column->name, item->right ? "." : "",
                         item->width);
        else
            buffer_print(buffer, "'%.*s'", (int)item->text_length, item->text);
    }
}

static void test_formats(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer seen;
        struct error err = {0};
        CLEANUP(format_freep)
        struct format *format = format_parse(cases[i].text, columns, &err);

        buffer_init(&seen);
        if (format)
            describe(format, &seen);
        if (cases[i].items) {
            CU_ASSERT_STRING_EQUAL(format ? seen.bytes : err.text, cases[i].items);
        } else {
            CU_ASSERT(!format && strstr(err.text, cases[i].refusal) != NULL);
        }
        if (cases[i].refusal && !strstr(err.text, cases[i].refusal))
            printf("# %s gives %s %s\n", cases[i].text, seen.bytes, err.text);
    }
}

static void test_too_many_fields(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct error err = {0};

    buffer_init(&text);
    for (int i = 0; i <= FORMAT_ITEM_MAX; i++)
        buffer_add_text(&text, "%i");
    CU_ASSERT_PTR_NULL(format_parse(text.bytes, columns, &err));
    buffer_reset(&text);
    for (int i = 0; i <= FORMAT_ITEM_MAX; i++)
        buffer_add_text(&text, "jobid,");
    CU_ASSERT_PTR_NULL(format_parse(text.bytes, columns, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names as sacct's, letters as squeue's", test_formats        },
        {"too many fields are refused",           test_too_many_fields},
        CU_TEST_INFO_NULL,
    };

    return run_suite("format", tests);
}
